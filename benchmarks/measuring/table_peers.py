"""AutoGluon and pytabkit on a table from files: what a Python of their own runs for `tables.py`.

    /path/to/venv/bin/python -I table_peers.py FOLDER

The folder has `task.json`, `train.parquet`, `validation.parquet` and, without targets,
`test.parquet`. What is predicted for the last becomes `predictions.npy`: probabilities
`(examples, classes)` or values `(examples,)`. `answer.json` has the seconds of fitting and
predicting, and the versions. The program imports nothing but what that Python has.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

_OF_RANKS = ("roc_auc", "pr_auc")


@dataclass(frozen=True)
class Task:
    """What is to be learned.

    Args:
        folder: Where models may be kept.
        train: The training part, with the target.
        validation: What models are chosen on, likewise.
        test: The test part, without.
        target: The target's column.
        classes: How many classes there are, numbered from 0; 0 for values.
        metric: What it is scored by: `"accuracy"`, `"roc_auc"`, `"pr_auc"` or `"rmse"`.
        minutes: The time limit.
        seed: Of everything random.
    """

    folder: Path
    train: pd.DataFrame
    validation: pd.DataFrame
    test: pd.DataFrame
    target: str
    classes: int
    metric: str
    minutes: float
    seed: int


def main() -> None:
    """Read a task, learn, predict, write."""
    folder = Path(sys.argv[1])
    asked = json.loads((folder / "task.json").read_text(encoding="utf-8"))
    task = Task(
        folder,
        *(_read(folder, part, asked) for part in ("train", "validation", "test")),
        **{name: asked[name] for name in ("target", "classes", "metric", "minutes", "seed")},
    )
    predict, packages = METHODS[asked["method"]]
    predictions, seconds = predict(task)
    np.save(folder / "predictions.npy", np.asarray(predictions, dtype=np.float64))
    answer = {"seconds": seconds, "versions": {name: metadata.version(name) for name in packages}}
    (folder / "answer.json").write_text(json.dumps(answer), encoding="utf-8")


def _read(folder: Path, part: str, asked: dict[str, Any]) -> pd.DataFrame:
    """Return a part, its categories as such."""
    frame = pd.read_parquet(folder / f"{part}.parquet")
    return frame.astype(dict.fromkeys(asked["categories"], "category"))


def _predict_by_autogluon(task: Task) -> tuple[Any, float]:
    from autogluon.tabular import TabularPredictor

    problem = "binary" if task.classes == 2 else "multiclass" if task.classes else "regression"
    names = {"pr_auc": "average_precision", "rmse": "root_mean_squared_error"}
    start = time.perf_counter()
    predictor = TabularPredictor(
        label=task.target,
        problem_type=problem,
        eval_metric=names.get(task.metric, task.metric),
        path=str(task.folder / "models"),
        verbosity=1,
    ).fit(
        task.train,
        tuning_data=task.validation,
        presets="medium_quality",
        time_limit=60 * task.minutes,
    )
    if task.classes:
        found = predictor.predict_proba(task.test)[list(range(task.classes))]
    else:
        found = predictor.predict(task.test)
    return found.to_numpy(), time.perf_counter() - start


def _predict_by_realmlp(task: Task) -> tuple[Any, float]:
    import pytabkit

    if not task.classes:
        return _predict_by_pytabkit(task, pytabkit.RealMLP_TD_Regressor)
    # As its authors advise where ranks count.
    options = {"use_ls": False} if task.metric in _OF_RANKS else {}
    return _predict_by_pytabkit(task, pytabkit.RealMLP_TD_Classifier, **options)


def _predict_by_tabm(task: Task) -> tuple[Any, float]:
    import pytabkit

    kind = pytabkit.TabM_D_Classifier if task.classes else pytabkit.TabM_D_Regressor
    return _predict_by_pytabkit(task, kind)


def _predict_by_pytabkit(
    task: Task, kind: Callable[..., Any], **options: object
) -> tuple[Any, float]:
    if task.metric in _OF_RANKS:
        options = {**options, "val_metric_name": "1-auc_ovr"}
    start = time.perf_counter()
    x, x_validation, x_test = _without_gaps(
        task.train.drop(columns=task.target), task.validation.drop(columns=task.target), task.test
    )
    model = kind(device="cpu", random_state=task.seed, **options)
    y, y_validation = (part[task.target].to_numpy() for part in (task.train, task.validation))
    model.fit(x, y, X_val=x_validation, y_val=y_validation)
    if task.classes:
        found = model.predict_proba(x_test)
    else:
        found = np.asarray(model.predict(x_test)).reshape(-1)
    return found, time.perf_counter() - start


def _without_gaps(train: pd.DataFrame, *others: pd.DataFrame) -> list[pd.DataFrame]:
    """Return missing numbers as the training median, marked: pytabkit refuses NaN."""
    numbers = train.select_dtypes("number")
    medians = numbers.median()
    gaps = [name for name in numbers if numbers[name].isna().any()]
    filled = []
    for part in (train, *others):
        marks = {f"{name} missing": part[name].isna().astype("float32") for name in gaps}
        filled.append(part.fillna(medians).assign(**marks))
    return filled


METHODS: dict[str, tuple[Callable[[Task], tuple[Any, float]], tuple[str, ...]]] = {
    "autogluon": (_predict_by_autogluon, ("autogluon.tabular",)),
    "pytabkit-realmlp-td": (_predict_by_realmlp, ("pytabkit", "torch")),
    "pytabkit-tabm-d": (_predict_by_tabm, ("pytabkit", "torch")),
}
"""`{name: (what learns and predicts, the packages that it stands on)}`."""


if __name__ == "__main__":
    main()
