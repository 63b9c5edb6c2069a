"""Boosted trees: scikit-learn's, and LightGBM's and CatBoost's where they are installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.baselines import grow_trees as program
from dlrecipes.baselines.budget import SECONDS, Budget
from dlrecipes.baselines.grow_trees import (
    CATBOOST,
    HELD_OUT,
    LIGHTGBM,
    SCIKIT_LEARN,
    GrownTrees,
    NativeTrees,
    TreeSettings,
    grow_trees,
    unpack,
)
from dlrecipes.baselines.predictor import (
    Choice,
    Estimator,
    FittedModel,
    Predictor,
    calm_threads,
    flatten,
    free_cores,
    join_notes,
    rows_note,
    validation_cost,
)
from dlrecipes.checks import check_choice
from dlrecipes.data import Development
from dlrecipes.errors import ArgumentError
from dlrecipes.quiet import hush_many_classes
from dlrecipes.results import plural
from dlrecipes.targets import TargetKind, kind_of

TREES = "boosted trees"
LIBRARIES = {TREES: SCIKIT_LEARN, LIGHTGBM: LIGHTGBM, CATBOOST: CATBOOST}
"""What grows the trees of a baseline, by its name."""
_PACKAGES = {LIGHTGBM: "lightgbm", CATBOOST: "catboost"}
LEARNING_RATES = (0.05, 0.2)
MOST_TREES = 300
MOST_OF_LIBRARIES = 1000
_RATES = {LIGHTGBM: (0.04, 0.05), CATBOOST: (0.08, 0.09)}
"""Learning rates of LightGBM and CatBoost, of classes and of values: defaults that were tuned on
many tables (Holzmüller et al. 2024), as are the other numbers in `grow_trees`."""
# scikit-learn's own limit for a column of categories.
_MOST_CATEGORIES = 255
_QUICK = 1.0
"""Seconds that trees may be expected to take where they are grown at once, in this process."""
_BINS, _SECONDS_A_BIN, _SECONDS_A_VALUE = 16_000, 1e-9, 5e-9
"""Splits to be weighed a column and tree, whatever the rows; and what the parts of a tree cost."""
_LEAST_ROUNDS = 100
_LEAST_ROWS, _LEAST_COLUMNS = 2000, 50
_MOST_VALUES = 40_000_000
_SECONDS_SILENT = 3.0
_GRACE = 1.0


def tree_baselines() -> tuple[str, ...]:
    """Return the names of the boosted trees that can be grown here.

    LightGBM and CatBoost are among them where they are installed.

    Example:
        >>> dlr.baselines.tree_baselines()[0]
        'boosted trees'
    """
    return tuple(name for name in LIBRARIES if name not in lacking())


def lacking() -> dict[str, str]:
    """Return the boosted trees whose library is not installed, `{name: its package}`."""
    return {name: package for name, package in _PACKAGES.items() if find_spec(package) is None}


@dataclass(frozen=True)
class TreeJob:
    """Trees that are to be grown.

    Args:
        development: Training and validation part.
        settings: How they are grown.
        rows: Which training rows they see; None for all.
        columns: Which columns; None for all.
        x: Their inputs, `(rows, columns)`.
        y: Their targets, `(rows,)`.
        seconds: What they are expected to take with nothing else to do.
    """

    development: Development
    settings: TreeSettings
    rows: NDArray[np.int64] | None
    columns: NDArray[np.int64] | None
    x: NDArray[Any]
    y: NDArray[Any]
    seconds: float

    @property
    def quick(self) -> bool:
        """Whether they are not worth a process of their own.

        Those of other libraries are, which take a second to import.
        """
        return self.seconds < _QUICK and self.settings.library == SCIKIT_LEARN


def fit_gradient_boosting(
    development: Development,
    *,
    name: str = TREES,
    seed: int = 0,
    budget: Budget | None = None,
    choice: Choice | None = None,
) -> FittedModel:
    """Return gradient-boosted trees, the strongest simple model for most tables.

    Categories are categories. The number of trees is chosen by early stopping on a tenth of the
    training part, or by the budget. The learning rate of scikit-learn's is chosen on the validation
    part; LightGBM and CatBoost have settings that were tuned on many tables. They see all training
    rows and columns, where that is affordable.

    Args:
        development: Training and validation part of a table.
        name: `"boosted trees"` for scikit-learn's; `"LightGBM"` or `"CatBoost"`, where it is
            installed (`pip install dlrecipes[trees]`).
        seed: Seed of the trees, at least 0.
        budget: What the search for them may take; None for the usual.
        choice: What was chosen before: nothing is searched; None to choose.

    Raises:
        ArgumentError: If the name is none of these, or its library is not installed.

    Reference:
        Holzmüller et al. 2024, Better by Default: Strong Pre-Tuned MLPs and Boosted Trees on
        Tabular Data.
    """
    check_choice("name", name, tuple(LIBRARIES))
    if name in lacking():
        raise ArgumentError(
            "Trees are grown by a library that is installed.",
            received=f"name={name!r}",
            fix="pip install dlrecipes[trees]",
        )
    budget = budget or Budget(SECONDS)
    job = tree_job(development, name=name, seed=seed, seconds=SECONDS, choice=choice)
    with calm_threads(job.x.size), hush_many_classes():
        grown = grow_trees(job.x, job.y, job.settings, left=budget.left)
        return choose_trees(job, {trees.rate: trees for trees in grown})


def tree_job(
    development: Development,
    *,
    seed: int,
    seconds: float,
    choice: Choice | None = None,
    name: str = TREES,
) -> TreeJob:
    """Return the trees to be grown, with fewer rows and then columns where all would cost too much.

    Columns are those whose values differ most between classes, or go most with the values.

    Args:
        development: Training and validation part of a table.
        seed: Seed of rows and trees.
        seconds: What they may take.
        choice: What was chosen before; None or empty to choose.
        name: What they are called among the baselines.
    """
    spec, train = development.model_spec, development.train
    choice, library = choice or {}, LIBRARIES[name]
    categories = np.array(
        [
            feature.kind == "category"
            and (feature.size <= _MOST_CATEGORIES or library != SCIKIT_LEARN)
            for feature in spec.features
        ],
        dtype=bool,
    )
    wide = int(np.prod(train.array.shape[1:]))
    kind = kind_of(spec.target)
    outputs = kind.scores_an_example
    most_rows, most_columns = _affordable(len(train), wide, outputs, seconds)
    most_rows = round(choice.get("rows", most_rows))
    most_columns = round(choice.get("columns", most_columns))
    x, y = train.array.reshape(len(train), -1), train.y
    rows = columns = None
    if most_rows < len(train):
        rows = np.sort(np.random.default_rng(seed).choice(len(train), most_rows, replace=False))
        x, y = x[rows], y[rows]
    if most_columns < wide:
        columns = _telling_columns(x, y, most_columns, kind)
        x = x[:, columns]
        categories = categories[columns] if len(categories) else categories
    a_round = outputs * x.shape[1] * (_SECONDS_A_VALUE * len(x) + _BINS * _SECONDS_A_BIN)
    expected = 2 * MOST_TREES * a_round
    known, stops = "rounds" in choice, len(x) >= 100 and kind.can_hold_out(y, HELD_OUT)
    if library == SCIKIT_LEARN:
        # The larger one gets somewhere sooner.
        rates, most = sorted(LEARNING_RATES, reverse=True), MOST_TREES
        first = MOST_TREES if expected < _QUICK else 1
    else:
        of_classes, of_values = _RATES[library]
        rates, first = [of_classes if kind.trees_loss == "log_loss" else of_values], 1
        most = MOST_OF_LIBRARIES if stops else MOST_TREES
    settings = TreeSettings(
        loss=kind.trees_loss,
        early_stopping=stops,
        categories=categories.tolist() if categories.any() else None,
        seed=seed,
        rates=[choice["learning rate"]] if known else rates,
        rounds=round(choice.get("rounds", most)),
        first=round(choice["rounds"]) if known else first,
        library=library,
        threads=round(choice.get("threads", _free_threads())),
    )
    return TreeJob(development, settings, rows, columns, x, y, expected)


def _free_threads() -> int:
    """Return how many threads leave a core to the search."""
    return max(1, free_cores() - 1)


def choose_trees(job: TreeJob, grown: Mapping[float, GrownTrees], why: str = "") -> FittedModel:
    """Return the trees that are best on the validation part, and say what was cut.

    Args:
        job: What was to be grown.
        grown: What has grown, `{learning rate: trees}`, at least one.
        why: Why it was not let grow on.
    """
    train = job.development.train
    estimators = {rate: _estimator(grown[rate].model) for rate in sorted(grown)}
    predictors = {rate: _predictor(job, estimator) for rate, estimator in estimators.items()}
    best = min(predictors, key=lambda rate: validation_cost(predictors[rate], job.development))
    trees, wide = grown[best], int(np.prod(train.array.shape[1:]))
    untried = [rate for rate in job.settings.rates if rate not in grown]
    return FittedModel(
        predictors[best],
        {
            "learning rate": best,
            "rounds": trees.rounds,
            "rows": len(job.x),
            "columns": job.x.shape[1],
            **({} if job.settings.library == SCIKIT_LEARN else {"threads": job.settings.threads}),
        },
        join_notes(
            rows_note(len(job.x), train),
            "" if job.columns is None else f"{job.x.shape[1]:,} of {plural(wide, 'column')}",
            ""
            if trees.ended
            else f"{trees.rounds} of up to {plural(job.settings.rounds, 'round')}",
            f"learning rate {untried[0]:g} not tried" if untried else "",
            why,
        ),
        Estimator((("model", estimators[best]),), columns=job.columns),
    )


def _estimator(model: Any) -> Any:  # noqa: ANN401  (of scikit-learn)
    """Return trees as one of scikit-learn's estimators."""
    if not isinstance(model, NativeTrees):
        return model
    from dlrecipes.baselines.native_trees import NativeEstimator

    return NativeEstimator(model)


def _predictor(job: TreeJob, trees: Any) -> Predictor:  # noqa: ANN401  (of scikit-learn)
    kind, columns = kind_of(job.development.model_spec.target), job.columns

    def predict(inputs: NDArray[Any]) -> NDArray[np.float64]:
        x = flatten(inputs) if columns is None else flatten(inputs)[:, columns]
        return kind.estimate(trees, x)

    return predict


def _affordable(rows: int, columns: int, outputs: int, seconds: float) -> tuple[int, int]:
    """Return how many rows and columns leave time for a hundred rounds in half of the seconds."""
    a_round = seconds / 2 / _LEAST_ROUNDS
    most = a_round / (outputs * columns) - _BINS * _SECONDS_A_BIN
    fewer = round(min(most / _SECONDS_A_VALUE, _MOST_VALUES / columns))
    rows = min(rows, max(_LEAST_ROWS, fewer))
    a_column = outputs * (_SECONDS_A_VALUE * rows + _BINS * _SECONDS_A_BIN)
    return rows, min(columns, max(_LEAST_COLUMNS, round(a_round / a_column)))


def _telling_columns(
    x: NDArray[Any], y: NDArray[Any], number: int, kind: TargetKind[Any]
) -> NDArray[np.int64]:
    """Return the columns that tell most by themselves, in their order."""
    spread = x.std(axis=0, dtype=np.float64)
    told = kind.telling(y, x - x.mean(axis=0, dtype=np.float64))
    strength = np.divide(told, spread, out=np.zeros_like(spread), where=spread > 0)
    return np.sort(np.argsort(-strength, kind="stable")[:number])


def _same_arrays(one: TreeJob, other: TreeJob) -> bool:
    """Whether two jobs have the same rows and columns of the same data."""
    same = [
        np.array_equal(mine, others) if mine is not None and others is not None else mine is others
        for mine, others in ((one.rows, other.rows), (one.columns, other.columns))
    ]
    return one.development is other.development and all(same)


class TreesBeside:
    """A process that grows trees, with a low priority and no more threads than nobody needs.

    Its death costs nothing but the rounds it was at, and it dies with this process.

    Args:
        jobs: What is to be grown, one after the other: each may have an equal part of the time that
            is left for it and those behind it.
        seconds: After how many it is stopped.

    Attributes:
        failures: `{number of a job: what its library failed of}`, known when they are collected.

    Raises:
        OSError: If there is no place for the data or no process to be had.
    """

    def __init__(self, jobs: Sequence[TreeJob], seconds: float) -> None:
        self._jobs, self._ends = jobs, time.monotonic() + seconds
        self.failures: dict[int, str] = {}
        # Nobody else may write into it: what the process leaves here is unpickled.
        self._folder = Path(tempfile.mkdtemp(prefix="dlrecipes-trees-"))
        try:
            self._process = self._start()
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    def _start(self) -> subprocess.Popen[bytes]:
        if not sys.executable:  # Python inside of another program
            raise OSError("this Python has no program of its own")
        for number, job in enumerate(self._jobs):
            # Libraries that see the same rows of the same target share a file of them.
            same = (at for at, one in enumerate(self._jobs[:number]) if _same_arrays(one, job))
            arrays = next(same, number)
            if arrays == number:
                np.save(self._folder / f"{number}.x.npy", job.x)
                np.save(self._folder / f"{number}.y.npy", job.y)
            text = json.dumps({"arrays": arrays, "settings": asdict(job.settings)})
            (self._folder / f"{number}.json").write_text(text, encoding="utf-8")
        self._tell()
        # The search has the cores; threads that wait must not spin.
        threads = str(_free_threads())
        limits = {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
        with (self._folder / "errors.txt").open("wb") as errors:
            return subprocess.Popen(
                [sys.executable, "-P", str(Path(program.__file__)), str(self._folder)],
                env={**os.environ, **limits, "OMP_WAIT_POLICY": "PASSIVE"},
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                # Ctrl-C is for this process: the first one ends the search and not the trees.
                start_new_session=True,
            )

    @property
    def growing(self) -> bool:
        """Whether the process is at work."""
        return self._process.poll() is None

    def collect(
        self, more: float | None = None, on_step: Callable[[str], None] | None = None
    ) -> list[tuple[dict[float, GrownTrees], str]]:
        """Wait for the trees, at most until their time is up, and return what has grown.

        Args:
            more: Seconds that they may have from now on; None for what they began with.
            on_step: Is told every few seconds how long it may take.

        Returns:
            For each job `{learning rate: trees}`, which may be empty, and why it was not let
            grow on.
        """
        if more is not None:
            self._ends = min(self._ends, time.monotonic() + more)
        self._tell()
        said = time.monotonic() - _SECONDS_SILENT
        while self._process.poll() is None and time.monotonic() < self._ends:
            if on_step is not None and time.monotonic() - said >= _SECONDS_SILENT:
                said = time.monotonic()
                on_step(f"boosted trees, at most {max(1.0, self._ends - said):.0f} s more")
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(min(0.2, max(0.0, self._ends - time.monotonic())))
        status = self._process.poll()
        self._kill()
        why = ""
        if status:
            cause = f"signal {-status}" if status < 0 else f"status {status}"
            why = f"their process died ({cause})"
        return [self._grown(number, why) for number in range(len(self._jobs))]

    def close(self) -> None:
        """End the process, whatever it does, and remove its files."""
        self._kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _grown(self, number: int, why: str) -> tuple[dict[float, GrownTrees], str]:
        settings, found = self._jobs[number].settings, {}
        for rate in settings.rates:
            file = self._folder / f"{number}-{rate}.pickle"
            if file.exists():
                found[rate] = unpack(rate, file.read_bytes())
        failed = self._folder / f"{number}.failed"
        if failed.exists():
            self.failures[number] = failed.read_text(encoding="utf-8")
        done = len(found) == len(settings.rates) and all(trees.ended for trees in found.values())
        return found, "" if done else why

    def _tell(self) -> None:
        """Tell the process when its time is up: a little before it is killed."""
        left = self._ends - time.monotonic() - _GRACE
        partial = self._folder / "ends.partial"
        partial.write_text(json.dumps(time.time() + left), encoding="utf-8")
        partial.replace(self._folder / "ends.json")

    def _kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
