"""The tables of `tables.py`, chosen before the networks that they compare."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

ROWS, NOISE_SEED = 5_000, 0
_ADULT = [
    "age",
    "workclass",
    "fnlwgt",
    "education",
    "education_num",
    "marital_status",
    "occupation",
    "relationship",
    "race",
    "sex",
    "capital_gain",
    "capital_loss",
    "hours_per_week",
    "native_country",
    "income",
]
_WINE = [
    "fixed_acidity",
    "volatile_acidity",
    "citric_acid",
    "residual_sugar",
    "chlorides",
    "free_sulfur_dioxide",
    "total_sulfur_dioxide",
    "density",
    "pH",
    "sulphates",
    "alcohol",
    "quality",
]
_ABALONE = [
    "sex",
    "length",
    "diameter",
    "height",
    "whole_weight",
    "shucked_weight",
    "viscera_weight",
    "shell_weight",
    "rings",
]


@dataclass(frozen=True)
class ComparedTable:
    """A table, how it is read and split, and what is compared.

    Args:
        metric: The score, a name of `dlrecipes.metrics`.
        split_seeds: How many seeds split it; of an official test part the seed splits off the
            validation part alone.
        file: Its file below `$DLRECIPES_DATA`; empty if scikit-learn has or makes it.
        options: Of the recipe `tabular`, beside `--data`; `test` is a file below the same.
        make: Returns it as a data frame with the target in the last column; None with a file.
    """

    metric: str
    split_seeds: int
    file: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    make: Callable[[], pd.DataFrame] | None = None

    @property
    def there(self) -> bool:
        """Whether its file can be read here."""
        return not self.file or ("DLRECIPES_DATA" in os.environ and _place(self.file).is_file())

    def source(self) -> dict[str, Any]:
        """Return the arguments of the recipe's `load`, without the seed of the split."""
        if self.make is not None:
            return {"data": self.make(), "target": "target", **self.options}
        found = {"data": str(_place(self.file)), **self.options}
        if "test" in found:
            found["test"] = str(_place(found["test"]))
        return found


def _place(file: str) -> Path:
    return Path(os.environ["DLRECIPES_DATA"], file)


def _made(function: str, **arguments: object) -> Callable[[], pd.DataFrame]:
    def make() -> pd.DataFrame:
        from sklearn import datasets

        x, y = getattr(datasets, function)(**arguments)
        frame = pd.DataFrame(x, columns=[f"x{at}" for at in range(x.shape[1])])
        return frame.assign(target=y)

    return make


def _friedman(number: int, noise: float) -> Callable[[], pd.DataFrame]:
    return _made(f"make_friedman{number}", n_samples=ROWS, noise=noise, random_state=NOISE_SEED)


TABLES = {
    "adult": ComparedTable(
        "accuracy",
        3,
        "adult/adult-train.csv",
        {"test": "adult/adult-test.csv", "target": "income", "columns": _ADULT},
    ),
    "california_housing": ComparedTable(
        "rmse", 3, "california_housing/housing.csv", {"target": "median_house_value"}
    ),
    "bike_sharing": ComparedTable(
        "rmse",
        3,
        "bike_sharing/hour.csv",
        {
            "target": "cnt",
            "time": ["dteday", "hr"],
            "drop": ["casual", "registered", "instant"],
            "kinds": dict.fromkeys(("season", "mnth", "hr", "weekday", "weathersit"), "category"),
        },
    ),
    "thyroid": ComparedTable(
        "pr_auc",
        3,
        "thyroid_sick/sick.csv",
        {"target": "Class", "missing": ["?"], "positive": "sick"},
    ),
    "wine_quality": ComparedTable(
        "rmse",
        3,
        "wine_quality/winequality-white.csv",
        {"target": "quality", "columns": _WINE, "task": "regression"},
    ),
    "abalone": ComparedTable(
        "rmse",
        3,
        "abalone/abalone.csv",
        {"target": "rings", "columns": _ABALONE, "task": "regression"},
    ),
    "german_credit": ComparedTable(
        "roc_auc", 3, "german_credit/german.csv", {"header": False, "task": "classification"}
    ),
    "classification": ComparedTable(
        "accuracy",
        1,
        make=_made(
            "make_classification",
            n_samples=ROWS,
            n_features=30,
            n_informative=10,
            n_redundant=5,
            n_classes=3,
            n_clusters_per_class=4,
            flip_y=0.05,
            random_state=NOISE_SEED,
        ),
        options={"task": "classification"},
    ),
    "friedman1": ComparedTable("rmse", 1, make=_friedman(1, 1.0)),
    "friedman2": ComparedTable("rmse", 1, make=_friedman(2, 100.0)),
    "friedman3": ComparedTable("rmse", 1, make=_friedman(3, 0.1)),
    "digits": ComparedTable(
        "accuracy",
        1,
        make=_made("load_digits", return_X_y=True),
        options={"task": "classification"},
    ),
    "breast_cancer": ComparedTable(
        "roc_auc",
        1,
        make=_made("load_breast_cancer", return_X_y=True),
        options={"task": "classification"},
    ),
}
"""`{name: table}`. Noise and sizes of what scikit-learn makes are ordinary ones: about as much
noise as in its own examples, rows as in a small table."""

WITH_NETWORK_PEERS = (
    "adult",
    "california_housing",
    "wine_quality",
    "thyroid",
    "classification",
)
"""Where AutoGluon and pytabkit are asked, too."""
