"""Boosted trees that grow as long as there is time; also run as a program of its own.

    python -P grow_trees.py FOLDER < a pipe that ends with the caller

The program imports NumPy and the library that grows trees only, so that it costs little beside a
search. It reads `0.json`, which names the arrays, then `1.json`, …, and keeps the trees as they are
after every few rounds in `0-0.2.pickle`; what an installed library failed of stands in `0.failed`.
`ends.json` says when its time is up; it may be changed meanwhile.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SCIKIT_LEARN, LIGHTGBM, CATBOOST = "scikit-learn", "LightGBM", "CatBoost"
HELD_OUT = 0.1
"""Share of the rows that says when to stop; scikit-learn's own."""
_SECOND_ROUNDS = 4
_RATE_SHARE = 0.6
_PATIENCE = 300
"""Rounds of LightGBM and CatBoost without a better held-out loss, before they stop."""
_LEAST_IN_LEAF, _LEAST_OF_GROUP = 40, 100
"""Rows in a leaf, and of the categories that one may have of its own, at most: of small tables
fewer, or LightGBM would have no tree, and no category, at all."""


@dataclass(frozen=True)
class TreeSettings:
    """What trees are to be grown.

    Args:
        loss: `"log_loss"` for classes, or what values are grown for, as scikit-learn calls it.
        early_stopping: Whether a tenth of the rows says when to stop.
        categories: Which columns are categories, or None.
        seed: Seed of the trees.
        rates: Learning rates in the order in which they are tried.
        rounds: Most rounds; with several classes each is a tree a class.
        first: Rounds that are grown before the clock is looked at; all of them where it is known
            how many there shall be.
        library: Which library grows them.
        threads: How many threads of LightGBM and CatBoost: CatBoost's trees of values are others
            with another number.
    """

    loss: str
    early_stopping: bool
    categories: list[bool] | None
    seed: int
    rates: list[float]
    rounds: int
    first: int = 1
    library: str = SCIKIT_LEARN
    threads: int = 1

    @property
    def known(self) -> bool:
        """Whether it is known how many rounds there shall be."""
        return self.first >= self.rounds


@dataclass(frozen=True)
class NativeTrees:
    """Trees in the format of the library that has grown them.

    Args:
        library: `"LightGBM"` or `"CatBoost"`.
        loss: As in `TreeSettings`.
        data: The text of a LightGBM model, or the bytes of a CatBoost model (`cbm`).
        classes: What the columns of their probabilities stand for; None of values.
        categories: As in `TreeSettings`.
    """

    library: str
    loss: str
    data: str | bytes
    classes: list[int] | None
    categories: list[bool] | None


@dataclass(frozen=True)
class GrownTrees:
    """Trees as they are now: `ended` when more rounds would not be grown whatever the time.

    `model` is one of scikit-learn's estimators, or `NativeTrees`.
    """

    rate: float
    rounds: int
    ended: bool
    model: Any


def grow_trees(
    x: NDArray[Any],
    y: NDArray[Any],
    settings: TreeSettings,
    left: Callable[[], float],
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[GrownTrees]:
    """Yield the trees after every few rounds; another rate only where the last one got through.

    Args:
        x: Inputs, `(rows, columns)`.
        y: Classes or values, `(rows,)`.
        settings: What is to be grown.
        left: Returns how many seconds are left; it may change its mind.
        clock: Returns the time in seconds.
    """
    if settings.library != SCIKIT_LEARN:
        yield _grow_native(x, y, settings, left, clock)
        return
    whole = left()
    for place, rate in enumerate(settings.rates):
        if place and left() < (1 - _RATE_SHARE) * whole:
            return
        ended = False
        for grown in _grow(x, y, settings, rate, left, clock):
            ended = grown.ended
            yield grown
        if not ended:
            return


def _grow(
    x: NDArray[Any],
    y: NDArray[Any],
    settings: TreeSettings,
    rate: float,
    left: Callable[[], float],
    clock: Callable[[], float],
) -> Iterator[GrownTrees]:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = (
        HistGradientBoostingClassifier
        if settings.loss == "log_loss"
        else HistGradientBoostingRegressor
    )
    trees = kind(
        loss=settings.loss,
        learning_rate=rate,
        early_stopping=settings.early_stopping,
        categorical_features=settings.categories,
        random_state=settings.seed,
        warm_start=True,
    )
    # Each call bins the columns anew, which takes a while: there are few of them.
    began, done, wanted, call = clock(), 0, min(settings.first, settings.rounds), 0.0
    while wanted > done:
        start = clock()
        trees.set_params(max_iter=wanted).fit(x, y)
        took, grown = clock() - start, int(trees.n_iter_)
        ended = grown < wanted or grown >= settings.rounds or _stopped(trees)
        yield GrownTrees(rate, grown, ended, trees)
        if ended:
            return
        if not done:
            call = took
            more = _SECOND_ROUNDS if left() > 2 * call else 0
        else:
            each = max(took - 0.8 * call, took / 10) / (grown - done)
            # What is growing when the time is up is lost: at most as much as there is already.
            spend = min(0.6 * left(), max(2 * call, clock() - began))
            more = max(int((spend - call) / each), int(left() > 2 * (call + each)))
        done, wanted = grown, min(settings.rounds, grown + more)


def _stopped(trees: Any) -> bool:  # noqa: ANN401  (of scikit-learn, which is imported late)
    """Return whether early stopping ends the trees here, by scikit-learn's rule."""
    patience, scores = trees.n_iter_no_change, trees.validation_score_
    if len(scores) < patience + 1:
        return False
    return not any(scores[-patience:] > scores[-patience - 1] + trees.tol)


def _grow_native(
    x: NDArray[Any],
    y: NDArray[Any],
    settings: TreeSettings,
    left: Callable[[], float],
    clock: Callable[[], float],
) -> GrownTrees:
    """Grow trees with LightGBM or CatBoost, the best round on the held-out rows the last."""
    classes = None
    if settings.loss == "log_loss":
        classes, y = np.unique(y, return_inverse=True)
    grown_on, held_out = _hold_out(y, settings)
    held_out = held_out[:0] if settings.known else held_out
    watch = _Watch(settings, left, clock)
    grow = _grow_lightgbm if settings.library == LIGHTGBM else _grow_catboost
    data = grow(x, y, settings, (grown_on, held_out), watch)
    model = NativeTrees(
        settings.library,
        settings.loss,
        data,
        None if classes is None else classes.tolist(),
        settings.categories,
    )
    return GrownTrees(settings.rates[0], watch.best, not watch.late, model)


def _hold_out(
    y: NDArray[Any], settings: TreeSettings
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows that trees grow on, and those that say when to stop, which may be none."""
    rows = np.arange(len(y))
    if not settings.early_stopping:
        return rows, rows[:0]
    from sklearn.model_selection import train_test_split

    grown_on, held_out = train_test_split(
        rows,
        test_size=HELD_OUT,
        random_state=settings.seed,
        stratify=y if settings.loss == "log_loss" else None,
    )
    return np.sort(grown_on), np.sort(held_out)


class _Watch:
    """Says after each round whether there is another: while it may help and there is time."""

    def __init__(
        self, settings: TreeSettings, left: Callable[[], float], clock: Callable[[], float]
    ) -> None:
        self.best, self.late = 0, False
        self._settings, self._left, self._clock = settings, left, clock
        self._lowest, self._slowest, self._began = np.inf, 0.0, clock()

    def goes_on(self, rounds: int, loss: float | None) -> bool:
        """Return whether to grow on.

        Args:
            rounds: How many there are.
            loss: That of the held-out rows; None where none are held out.
        """
        now = self._clock()
        # The first one bins the columns, too.
        self._slowest = 0.0 if rounds <= 1 else max(self._slowest, now - self._began)
        self._began = now
        if loss is None:
            self.best = rounds
        elif not self.best or loss < self._lowest:
            self.best, self._lowest = rounds, loss
        if rounds >= self._settings.rounds or rounds - self.best >= _PATIENCE:
            return False
        self.late = rounds >= self._settings.first and self._left() <= 2 * self._slowest
        return not self.late


Rows = tuple[NDArray[np.int64], NDArray[np.int64]]


def _grow_lightgbm(
    x: NDArray[Any], y: NDArray[Any], settings: TreeSettings, rows: Rows, watch: _Watch
) -> str:
    import lightgbm

    grown_on, held_out = rows
    count = len(np.unique(y)) if settings.loss == "log_loss" else 0
    objectives = {
        "log_loss": "multiclass" if count > 2 else "binary",
        "poisson": "poisson",
        "squared_error": "regression",
    }
    parameters = {
        "objective": objectives[settings.loss],
        **({"num_class": count} if count > 2 else {}),
        "learning_rate": settings.rates[0],
        "num_leaves": 50 if count else 100,
        "bagging_fraction": 0.75 if count else 0.7,
        "bagging_freq": 1,
        "min_data_in_leaf": max(1, min(_LEAST_IN_LEAF, len(grown_on) // 10)) if count else 3,
        "min_data_per_group": max(1, min(_LEAST_OF_GROUP, len(grown_on) // 20)),
        "min_sum_hessian_in_leaf": 1e-7,
        "seed": settings.seed,
        "deterministic": True,
        "force_col_wise": True,
        "num_threads": settings.threads,
        "verbosity": -1,
    }
    categories = np.flatnonzero(settings.categories or []).tolist()
    data = lightgbm.Dataset(
        x[grown_on], y[grown_on], categorical_feature=categories, params=parameters
    )
    held = [data.create_valid(x[held_out], y[held_out])] if len(held_out) else []

    def look(state: Any) -> None:  # noqa: ANN401  (of LightGBM)
        losses = state.evaluation_result_list
        if not watch.goes_on(state.iteration + 1, losses[0][2] if losses else None):
            raise lightgbm.callback.EarlyStopException(state.iteration, losses)

    trees = lightgbm.train(
        parameters,
        data,
        settings.rounds,
        valid_sets=held,
        callbacks=[look],
        keep_training_booster=True,
    )
    text: str = trees.model_to_string(num_iteration=watch.best)
    return text


def _grow_catboost(
    x: NDArray[Any], y: NDArray[Any], settings: TreeSettings, rows: Rows, watch: _Watch
) -> bytes:
    import catboost

    grown_on, held_out = rows
    count = len(np.unique(y)) if settings.loss == "log_loss" else 0
    losses = {
        "log_loss": "MultiClass" if count > 2 else "Logloss",
        "poisson": "Poisson",
        "squared_error": "RMSE",
    }
    loss = losses[settings.loss]
    trees = catboost.CatBoost(
        {
            "loss_function": loss,
            "iterations": settings.rounds,
            "learning_rate": settings.rates[0],
            "depth": 7 if count else 9,
            "l2_leaf_reg": 1e-5,
            "boosting_type": "Plain",
            "bootstrap_type": "Bernoulli",
            "subsample": 0.9,
            "random_strength": 0.8 if count else 0.0,
            "one_hot_max_size": 15 if count else 20,
            "leaf_estimation_iterations": 1 if count else 20,
            "border_count": 254,
            "random_seed": settings.seed,
            "thread_count": settings.threads,
            "allow_writing_files": False,
            "logging_level": "Silent",
        }
    )

    class Look:
        def after_iteration(self, state: Any) -> bool:  # noqa: ANN401  (of CatBoost)
            held = state.metrics.get("validation")
            return watch.goes_on(state.iteration, held[loss][-1] if held else None)

    trees.fit(
        catboost_pool(x[grown_on], settings.categories, y[grown_on]),
        eval_set=catboost_pool(x[held_out], settings.categories, y[held_out])
        if len(held_out)
        else None,
        use_best_model=False,
        callbacks=[Look()],
    )
    if watch.best < trees.tree_count_:
        trees.shrink(watch.best)
    with tempfile.TemporaryDirectory(prefix="dlrecipes-catboost-") as folder:
        file = Path(folder) / "trees.cbm"
        trees.save_model(str(file))
        return file.read_bytes()


def catboost_pool(
    x: NDArray[Any], categories: list[bool] | None, y: NDArray[Any] | None = None
) -> Any:  # noqa: ANN401  (of CatBoost)
    """Return rows as CatBoost takes them: their categories are whole numbers.

    Args:
        x: Inputs, `(rows, columns)`.
        categories: Which columns are categories, or None.
        y: Targets, `(rows,)`; None to predict.
    """
    import catboost
    import pandas

    x = np.ascontiguousarray(x, dtype=np.float32)
    if not categories:
        return catboost.Pool(x, y)
    frame = pandas.DataFrame(
        {
            at: x[:, at].astype(np.int32) if is_category else x[:, at]
            for at, is_category in enumerate(categories)
        }
    )
    return catboost.Pool(frame, y, cat_features=np.flatnonzero(categories).tolist())


def main() -> None:
    """Grow the trees of a folder's jobs, one after the other."""
    folder = Path(sys.argv[1])
    threading.Thread(target=_end_with_parent, args=(folder,), daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(10)
    jobs = sorted(folder.glob("*.json"))
    jobs = sorted((file for file in jobs if file.stem.isdigit()), key=lambda file: int(file.stem))
    for place, file in enumerate(jobs):
        ends = time.time() + _left(folder) / (len(jobs) - place)
        job = json.loads(file.read_text(encoding="utf-8"))
        x, y = (np.load(folder / f"{job['arrays']}.{name}.npy", mmap_mode="r") for name in "xy")
        settings = TreeSettings(**job["settings"])

        def left(ends: float = ends) -> float:
            return min(ends - time.time(), _left(folder))

        try:
            for grown in grow_trees(x, y, settings, left):
                kept = folder / f"{file.stem}-{grown.rate}.pickle"
                partial = kept.with_suffix(".partial")
                partial.write_bytes(_packed(grown))
                partial.replace(kept)
        except Exception as error:  # whatever a library raises that this one does not need
            if settings.library == SCIKIT_LEARN:
                raise
            lines = str(error).strip().splitlines() or [""]
            said = f"{type(error).__name__}: {lines[0]}"
            file.with_suffix(".failed").write_text(said, encoding="utf-8")


def _packed(grown: GrownTrees) -> bytes:
    """Return trees as `unpack` takes them; a class of this program would be `__main__`'s."""
    model = vars(grown.model) if isinstance(grown.model, NativeTrees) else grown.model
    return pickle.dumps((grown.rounds, grown.ended, model))


def unpack(rate: float, packed: bytes) -> GrownTrees:
    """Return the trees that the program has kept.

    Args:
        rate: Their learning rate.
        packed: The content of its file.
    """
    rounds, ended, model = pickle.loads(packed)
    return GrownTrees(
        rate, rounds, ended, NativeTrees(**model) if isinstance(model, dict) else model
    )


def _left(folder: Path) -> float:
    ends: float = json.loads((folder / "ends.json").read_text(encoding="utf-8"))
    return max(0.0, ends - time.time())


def _end_with_parent(folder: Path) -> None:
    """Leave nothing behind when the caller is gone, however it went."""
    while os.read(0, 1):  # not by `sys.stdin`, whose lock would be held when this process ends
        pass
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


if __name__ == "__main__":
    main()
