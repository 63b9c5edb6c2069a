"""What is better: told from a name, or said."""

import math
from types import SimpleNamespace

import pytest

from dlrecipes.errors import ArgumentError
from dlrecipes.results import Objective


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("val_accuracy", "max"),
        ("accuracy", "max"),
        ("val_acc", "max"),
        ("val_binary_accuracy", "max"),
        ("val_sparse_top_k_categorical_accuracy", "max"),
        ("val_auc", "max"),
        ("val_pr_auc", "max"),
        ("val_macro_f1", "max"),
        ("val_f1_score", "max"),
        ("val_precision", "max"),
        ("val_recall", "max"),
        ("val_r2_score", "max"),
        ("val_mean_io_u", None),
        ("val_iou", "max"),
        ("val_cosine_similarity", "max"),
        ("val_loss", "min"),
        ("val_log_loss", "min"),
        ("val_auc_loss", "min"),
        ("val_rmse", "min"),
        ("val_root_mean_squared_error", "min"),
        ("val_mae", "min"),
        ("val_binary_crossentropy", "min"),
        ("val_poisson", "min"),
        ("val_goodness", None),
        ("", None),
    ],
)
def test_direction(name, direction):
    if direction is None:
        with pytest.raises(ArgumentError, match=r"direction of an objective must be known"):
            Objective.parse(name)
        return
    assert Objective.parse(name) == Objective(name, direction)


@pytest.mark.parametrize("direction", ["max", "min"])
def test_anything_with_a_name_and_a_direction(direction):
    given = SimpleNamespace(name="val_goodness", direction=direction)
    assert Objective.parse(given) == Objective("val_goodness", direction)


@pytest.mark.parametrize(
    "given",
    [
        None,
        3,
        ["val_loss"],
        SimpleNamespace(name="val_loss", direction="down"),
        SimpleNamespace(name=3, direction="min"),
    ],
)
def test_nothing_of_the_kind(given):
    with pytest.raises(ArgumentError, match=r"name or an `Objective.*Received: objective="):
        Objective.parse(given)


def test_comparisons():
    higher, lower = Objective("val_accuracy", "max"), Objective("val_loss", "min")
    assert higher.better(2.0, 1.0)
    assert lower.better(1.0, 2.0)
    assert not higher.better(1.0, 1.0)
    assert not lower.better(1.0, 1.0)
    assert (higher.worst, lower.worst) == (-math.inf, math.inf)
    assert (higher.metric, Objective("loss", "min").metric) == ("accuracy", "loss")
