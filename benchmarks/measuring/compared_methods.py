"""A table, learned once by one method: what a fresh process does for `tables.py`.

All methods get the same rows and columns. They are fitted on the training part; who chooses
something chooses it on the validation part; the test part is scored by the same function. The clock
runs from the parts in memory to the test predictions.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from keras.ops import convert_to_numpy
from numpy.typing import NDArray

import dlrecipes as dlr
from dlrecipes.data import Columns, Split, Splits
from dlrecipes.data.parts.split import fingerprint
from dlrecipes.data.tables.date_parts import DateParts
from dlrecipes.errors import DataError
from dlrecipes.results import ClassTarget, Column, TimePlan
from dlrecipes.search import Listener
from dlrecipes.targets import kind_of, score_predictions
from measuring.compared_tables import TABLES

PEER_PROGRAM = Path(__file__).with_name("table_peers.py")
TARGET = "target"
"""Column of the target in the files that peers read."""
_ROUNDS, _PATIENCE = 1000, 300


def run_dlrecipes(*, table: str, split: int, minutes: float) -> dict[str, Any]:
    """Carry a whole run of the recipe `tabular` out.

    Args:
        table: A name of `TABLES`.
        split: Seed of the split, and of the study.
        minutes: What the run is to take.

    Returns:
        The `score` of what the run exports, the `exported` refit or ensemble;
        those of `refits` and `ensemble`, seconds of the `phases`, and what `run_trees` returns.
    """
    recipe = dlr.load_recipe("tabular")
    splits = _load(table, split)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        run = dlr.tune(
            recipe.builder(splits),
            splits,
            recipe.objective,
            recipe.plan,
            dlr.RunSettings(out=Path(folder) / "run", seed=split, minutes=minutes),
            listener=Listener(),
            time_plan=TimePlan(),
        )
        run.finish(sealed=False)
        took = time.perf_counter() - start
        result = run.result
    refits = [refit.test for refit in result.refits]
    ensemble = {} if result.ensemble is None else result.ensemble.test
    return {
        **_measured(splits, result.exported_model.test, table, took, ("tensorflow", "keras")),
        "refits": refits,
        "ensemble": ensemble,
        "exported": result.exported,
        "phases": result.seconds,
        "trials": sum(stage.trials.completed for stage in result.stages),
    }


def run_trees(*, table: str, split: int, library: str, tuned: bool = False) -> dict[str, Any]:
    """Fit boosted trees, which take as long as they take.

    Args:
        table: A name of `TABLES`.
        split: Seed of the split, and of the trees.
        library: `"scikit-learn"`, `"lightgbm"` or `"catboost"`.
        tuned: Whether they have pytabkit's tuned defaults, and early stopping on the validation
            part, instead of the library's defaults.

    Returns:
        `score` on the test part and all `scores`, the `seconds` of fitting and predicting, the
        `versions` of the library, and fingerprints of the `parts`.
    """
    splits = _load(table, split)
    test = _opened(splits)
    frames = make_frames(splits, test)
    target = splits.raw_spec.target
    task = TreeTask(frames, splits, isinstance(target, ClassTarget), split)
    module, fit = _TREES[library]
    import_module(module)  # before the clock starts
    start = time.perf_counter()
    predictions = kind_of(target).estimate(*fit(task, tuned))
    took = time.perf_counter() - start
    scores = score_predictions(test.y, predictions, splits.raw_spec)
    return _measured(splits, scores, table, took, (library,))


def run_peer(
    *, table: str, split: int, method: str, minutes: float, python: str, seconds: float
) -> dict[str, Any]:
    """Let a Python with the peer installed learn from files, and score what it predicts.

    Args:
        table: A name of `TABLES`.
        split: Seed of the split, and of the peer.
        method: A name of `measuring.table_peers`.
        minutes: The peer's time limit, where it takes one.
        python: Its Python's path.
        seconds: After which it is stopped, with a time limit or not.

    Returns:
        What `run_trees` returns.
    """
    splits = _load(table, split)
    test = _opened(splits)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_exchange(
            folder,
            make_frames(splits, test),
            splits,
            {"method": method, "metric": TABLES[table].metric, "minutes": minutes, "seed": split},
        )
        _run_program(python, folder, seconds)
        predictions = np.load(folder / "predictions.npy").astype(np.float64)
        answer = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    scores = score_predictions(test.y, predictions, splits.raw_spec)
    measured = _measured(splits, scores, table, answer["seconds"], ())
    return {**measured, "versions": answer["versions"]}


# ---- the same rows for all


def _load(table: str, split: int) -> Splits:
    return dlr.load_recipe("tabular").load(**TABLES[table].source(), split_seed=split)


def _opened(splits: Splits) -> Split:
    with tempfile.TemporaryDirectory() as folder:
        return splits.test.open("comparison of methods", ledger=Path(folder) / "test_sets.jsonl")


def _measured(
    splits: Splits, scores: dict[str, float], table: str, seconds: float, packages: tuple[str, ...]
) -> dict[str, Any]:
    train, validation = splits.train, splits.validation
    return {
        "score": scores[TABLES[table].metric],
        "scores": scores,
        "seconds": seconds,
        "versions": {name: metadata.version(name) for name in packages},
        "parts": [
            fingerprint(train.x, train.y),
            fingerprint(validation.x, validation.y),
            splits.test.fingerprint,
        ],
    }


def make_frames(splits: Splits, test: Split) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the inputs of the three parts as libraries for tables take them.

    Numbers stay as they are, with NaN where missing; a category is of the dtype of that name, with
    the values that training has, all others missing; a date becomes what the recipe makes of it,
    years since the first one and the calendar's cycles (`DateParts`). Columns are called
    `column_0`, `column_1`, …, for LightGBM refuses names with marks of JSON.

    Args:
        splits: A raw table.
        test: Its test part.

    Raises:
        DataError: If a column is of another kind: a text, a list, DNA.
    """
    parts = [part.x for part in (splits.train, splits.validation, test)]
    made: list[dict[str, Any]] = [{}, {}, {}]
    for at, column in enumerate(splits.raw_spec.columns):
        for values, frame in zip(_columns_of(column, parts), made, strict=True):
            frame |= {f"column_{at}{suffix}": one for suffix, one in values.items()}
    train, validation, test_frame = map(pd.DataFrame, made)
    return train, validation, test_frame


def _columns_of(column: Column, parts: list[Columns]) -> list[dict[str, Any]]:
    """Return what becomes of a column in each part, by what is added to its name."""
    values = [part[column.name] for part in parts]
    if column.kind == "number":
        return [{"": one} for one in values]
    if column.kind == "category":
        known = pd.Index(sorted(set(values[0]) - {""}), dtype=object)
        dtype = pd.CategoricalDtype(known)
        return [
            {"": pd.Categorical.from_codes(known.get_indexer(one), dtype=dtype)} for one in values
        ]
    if column.kind == "date":
        dates = DateParts(date_format=column.date_format, offsets=column.offsets)
        dates.adapt(values[0])
        return [
            {f"_{at}": one for at, one in enumerate(convert_to_numpy(dates(part.astype(str))).T)}
            for part in values
        ]
    raise DataError(
        "Compared tables have numbers, categories and dates.",
        received=f"{column.name!r}, a {column.kind}",
    )


def category_names(frame: pd.DataFrame) -> list[str]:
    """Return the names of the columns that hold categories."""
    return list(frame.select_dtypes("category").columns)


# ---- trees


@dataclass(frozen=True)
class TreeTask:
    """What trees are fitted to.

    Args:
        frames: Inputs of training, validation and test part.
        splits: The parts, for their targets.
        of_classes: Whether classes are predicted.
        seed: Of the trees.
    """

    frames: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]
    splits: Splits
    of_classes: bool
    seed: int


def _scikit_learn(task: TreeTask, tuned: bool) -> tuple[Any, Any]:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingClassifier if task.of_classes else HistGradientBoostingRegressor
    trees = kind(categorical_features="from_dtype", random_state=task.seed)
    x, _, test = task.frames
    return trees.fit(x, task.splits.train.y), test


_LIGHTGBM_DEFAULTS: dict[bool, dict[str, Any]] = {
    True: {"learning_rate": 0.04, "num_leaves": 50, "subsample": 0.75, "min_child_samples": 40},
    False: {"learning_rate": 0.05, "num_leaves": 100, "subsample": 0.7, "min_child_samples": 3},
}
_CATBOOST_DEFAULTS: dict[bool, dict[str, Any]] = {
    True: {
        "learning_rate": 0.08,
        "depth": 7,
        "random_strength": 0.8,
        "one_hot_max_size": 15,
        "leaf_estimation_iterations": 1,
    },
    False: {
        "learning_rate": 0.09,
        "depth": 9,
        "random_strength": 0.0,
        "one_hot_max_size": 20,
        "leaf_estimation_iterations": 20,
    },
}
"""`{of classes: tuned defaults}`, Holzmüller, Grinsztajn & Steinwart, Better by Default,
arXiv:2407.04491, as their package pytabkit has them."""


def _lightgbm(task: TreeTask, tuned: bool) -> tuple[Any, Any]:
    import lightgbm

    kind = lightgbm.LGBMClassifier if task.of_classes else lightgbm.LGBMRegressor
    x, validation, test = task.frames
    options: dict[str, Any] = {}
    stopping: dict[str, Any] = {}
    if tuned:
        options = {
            **_LIGHTGBM_DEFAULTS[task.of_classes],
            "n_estimators": _ROUNDS,
            "min_child_weight": 1e-7,
            "subsample_freq": 1,  # without it no rows are drawn
        }
        stopping = {
            "eval_X": validation,
            "eval_y": task.splits.validation.y,
            "callbacks": [lightgbm.early_stopping(_PATIENCE, verbose=False)],
        }
    trees = kind(random_state=task.seed, verbosity=-1, **options)
    return trees.fit(x, task.splits.train.y, **stopping), test


def _catboost(task: TreeTask, tuned: bool) -> tuple[Any, Any]:
    import catboost

    kind = catboost.CatBoostClassifier if task.of_classes else catboost.CatBoostRegressor
    x, validation, test = map(_with_texts, task.frames)
    options: dict[str, Any] = {}
    stopping: dict[str, Any] = {}
    if tuned:
        options = {
            **_CATBOOST_DEFAULTS[task.of_classes],
            "iterations": _ROUNDS,
            "early_stopping_rounds": _PATIENCE,
            "boosting_type": "Plain",
            "bootstrap_type": "Bernoulli",
            "subsample": 0.9,
            "l2_leaf_reg": 1e-5,
            "max_bin": 254,
        }
        stopping = {"eval_set": (validation, task.splits.validation.y)}
    trees = kind(
        random_seed=task.seed,
        cat_features=category_names(task.frames[0]),
        verbose=False,
        allow_writing_files=False,
        **options,
    )
    return trees.fit(x, task.splits.train.y, **stopping), test


def _with_texts(frame: pd.DataFrame) -> pd.DataFrame:
    """Return categories as text, as CatBoost takes them; a missing one is a text, too."""
    texts = {name: frame[name].astype(object).fillna("") for name in category_names(frame)}
    return frame.assign(**texts)


_TREES: dict[str, tuple[str, Callable[[TreeTask, bool], tuple[Any, Any]]]] = {
    "scikit-learn": ("sklearn.ensemble", _scikit_learn),
    "lightgbm": ("lightgbm", _lightgbm),
    "catboost": ("catboost", _catboost),
}
"""`{library: (its module, what fits its trees and returns them with the test inputs)}`."""


# ---- peers in a Python of their own


def write_exchange(
    folder: Path,
    frames: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
    splits: Splits,
    task: dict[str, Any],
) -> None:
    """Write what a peer needs: a Parquet file a part, the test part without targets, `task.json`.

    Args:
        folder: Where to.
        frames: Inputs of the three parts.
        splits: The parts, for their targets.
        task: Method, metric, minutes and seed.
    """
    targets: list[NDArray[Any] | None] = [splits.train.y, splits.validation.y, None]
    for name, frame, y in zip(("train", "validation", "test"), frames, targets, strict=True):
        whole = _as_plain_text(frame)
        whole = whole if y is None else whole.assign(**{TARGET: y})
        whole.to_parquet(folder / f"{name}.parquet", index=False)
    target = splits.raw_spec.target
    classes = len(target.class_names) if isinstance(target, ClassTarget) else 0
    task = {**task, "target": TARGET, "classes": classes, "categories": category_names(frames[0])}
    (folder / "task.json").write_text(json.dumps(task), encoding="utf-8")


def _as_plain_text(frame: pd.DataFrame) -> pd.DataFrame:
    # Another version of pandas reads them.
    return frame.astype(dict.fromkeys(category_names(frame), object))


def _run_program(python: str, folder: Path, seconds: float) -> None:
    # `-I`: neither the variables of this process nor the modules beside the program.
    command = [python, "-I", str(PEER_PROGRAM), str(folder)]
    ended = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )
    if ended.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{ended.stderr[-3000:]}")
