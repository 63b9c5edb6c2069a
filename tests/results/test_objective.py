"""What is better: told from a name, or said."""

import math
import re
from types import SimpleNamespace

import keras
import keras_tuner
import pytest

from dlrecipes.errors import ArgumentError
from dlrecipes.results import Objective

_OF_NO_DIRECTION = {"Metric", "Mean", "MeanMetricWrapper", "Sum", "MeanTensor"}
# KerasTuner takes all it does not list for something to be minimised.
_WRONG_THERE = {"F1Score", "FBetaScore", "R2Score", "CosineSimilarity", "IoU", "BinaryIoU"}
_WRONG_THERE |= {"MeanIoU", "OneHotIoU", "OneHotMeanIoU", "PrecisionAtRecall", "RecallAtPrecision"}
_WRONG_THERE |= {"PearsonCorrelation", "ConcordanceCorrelation"}


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
        ("val_mean_io_u", "max"),
        ("val_binary_io_u", "max"),
        ("val_auc_1", "max"),
        ("val_grade_accuracy", "max"),
        ("val_specificity_at_sensitivity", "max"),
        ("val_pearson_correlation", "max"),
        ("val_true_positives", "max"),
        ("val_false_negatives", "min"),
        ("val_kl_divergence", "min"),
        ("val_squared_hinge", "min"),
        ("val_logcosh", "min"),
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
        SimpleNamespace(name="val_loss", direction="down"),
        SimpleNamespace(name=3, direction="min"),
    ],
)
def test_nothing_of_the_kind(given):
    with pytest.raises(ArgumentError, match=r"name or an `Objective.*Received: objective="):
        Objective.parse(given)


def test_every_metric_of_keras_has_the_direction_that_keras_tuner_gives_it():
    known = [one for one in vars(keras.metrics).values() if isinstance(one, type)]
    named = [one for one in known if one.__name__ not in _OF_NO_DIRECTION]
    assert len(named) > 30
    for metric in named:
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", metric.__name__).lower()
        theirs = keras_tuner.engine.metrics_tracking.infer_metric_direction(metric)
        expected = "max" if metric.__name__ in _WRONG_THERE else theirs
        assert Objective.parse(f"val_{name}").direction == expected, metric


@pytest.mark.parametrize(
    "given",
    [
        ["val_loss", "val_accuracy"],
        [keras_tuner.Objective("val_loss", "min"), keras_tuner.Objective("val_accuracy", "max")],
        keras_tuner.oracles.RandomSearchOracle(["val_loss", "val_accuracy"]).objective,
    ],
)
def test_several_objectives(given):
    with pytest.raises(
        ArgumentError, match=r"one objective\. Received: 2 of them: val_loss, val_ac"
    ):
        Objective.parse(given)


def test_comparisons():
    higher, lower = Objective("val_accuracy", "max"), Objective("val_loss", "min")
    assert higher.better(2.0, 1.0)
    assert lower.better(1.0, 2.0)
    assert not higher.better(1.0, 1.0)
    assert not lower.better(1.0, 1.0)
    assert (higher.worst, lower.worst) == (-math.inf, math.inf)
    assert (higher.metric, Objective("loss", "min").metric) == ("accuracy", "loss")
