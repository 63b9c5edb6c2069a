"""What curves show: each sick one by its name, and nothing of curves as they should be."""

import keras
import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.errors import ArgumentError

EPOCHS = np.arange(20)
FALLING = 0.1 + 0.9 * np.exp(-EPOCHS / 4)
NOISE = np.random.default_rng(0).normal(scale=0.004, size=20)

SICK = {
    "NaN": ("diverged", {"loss": [1.0, 3.0, float("nan"), float("nan")]}),
    "None, as a run keeps it": ("diverged", {"loss": [1.0, None]}),
    "infinite": ("diverged", {"loss": [1.0, float("inf"), float("inf")]}),
    "blown up": ("diverged", {"loss": [1.0, 20.0, 4e5]}),
    "flat": ("flat loss", {"loss": 2.303 + NOISE}),
    "rising": ("flat loss", {"loss": 1 + 0.05 * EPOCHS}),
    "up and down": ("oscillating loss", {"loss": 1.0 + 0.5 * (-1.0) ** EPOCHS - 0.005 * EPOCHS}),
    "still falling": ("stopped too early", {"loss": 1 - 0.02 * EPOCHS}),
    "validation still falling": (
        "stopped too early", {"loss": FALLING, "val_loss": 1 - 0.02 * EPOCHS}),
    "by heart": (
        "overfitting", {"loss": FALLING, "val_loss": 0.5 + 0.02 * np.abs(EPOCHS - 5) + NOISE}),
    "never better on validation": (
        "overfitting", {"loss": FALLING - 0.09, "val_loss": np.where(EPOCHS == 1, 1.0, 1.1)}),
    "stuck after an epoch": ("flat loss", {"loss": [1.7, 1.586, 1.586, 1.586, 1.586]}),
    "hardly falling, at chance": (
        "flat loss", {"loss": 1.1 - 0.002 * EPOCHS, "accuracy": 0.33 + 0.002 * EPOCHS}),
    "a rate that fell to nothing": (
        "learning rate", {"loss": np.maximum(2 - 0.2 * EPOCHS, 1.5), "learning_rate": 0.1**EPOCHS}),
    "one class": (
        "one answer", {"loss": FALLING, "accuracy": [0.8] * 20, "val_accuracy": [0.9] * 20}),
}  # fmt: skip


@pytest.mark.parametrize("case", SICK)
def test_sick(case):
    name, curves = SICK[case]
    assert [one.name for one in dlr.check_history(curves)] == [name]
    assert name in dlr.diagnose.HISTORY_CHECKS


HEALTHY = {
    "as it should be": {"loss": FALLING, "val_loss": FALLING + 0.02 + NOISE},
    "noisy": {"loss": FALLING + 3 * NOISE, "val_loss": FALLING + 0.05 + 5 * NOISE},
    "validation better than training": {"loss": FALLING + 0.1, "val_loss": FALLING},
    "a loss below zero": {"loss": FALLING - 3.0},
    "flat at last": {"loss": FALLING, "val_loss": np.maximum(FALLING, 0.3) + NOISE},
    "perfect in every epoch": {"loss": FALLING, "accuracy": np.ones(20)},
    "a flat metric of values": {"loss": FALLING, "rate": np.full(20, 0.01)},
    "a rate that fell on the level": {
        "loss": np.maximum(FALLING, 0.45),
        "learning_rate": np.where(EPOCHS > 7, 1e-4, 0.1),
    },
    "a rate that rises and falls": {
        "loss": FALLING,
        "learning_rate": np.sin(np.pi * EPOCHS / 19) + 1e-9,
    },
    "one epoch": {"loss": [0.4]},
    "a bump in both losses": {
        "loss": [1.0, 0.5, 0.3, 0.25, 0.2, 0.15, 0.12, 0.106, 0.08, 0.09, 0.1],
        "val_loss": [0.8, 0.5, 0.4, 0.3, 0.2, 0.18, 0.17, 0.14, 0.19, 0.2, 0.26]},
}  # fmt: skip


@pytest.mark.parametrize("case", HEALTHY)
def test_healthy(case):
    assert [one.verdict for one in dlr.check_history(HEALTHY[case])] == []


def test_few_epochs_are_read_as_information():
    turned = {"loss": [1.0, 0.6, 0.4, 0.3], "val_loss": [1.0, 0.75, 0.70, 0.74]}
    together = {"loss": [1.0, 0.7, 0.5, 0.45], "val_loss": [0.95, 0.68, 0.5, 0.46]}
    apart = {"loss": [1.0, 0.6, 0.4, 0.35], "val_loss": [1.0, 0.8, 0.7, 0.69]}
    (one,), (other,) = dlr.check_history(turned), dlr.check_history(together)
    assert (one.name, one.severity) == (other.name, other.severity) == ("early reading", "info")
    assert "has turned (0.7 in epoch 3, 0.74 now)" in one.verdict
    assert "both losses fall together (0.45 and 0.46)" in other.verdict
    assert dlr.check_history(apart) == ()
    longer = {name: [*curve, *[curve[-1]] * 6] for name, curve in together.items()}
    assert dlr.check_history(longer) == ()


def test_a_history_and_its_file(tmp_path):
    x = np.random.default_rng(0).normal(size=(64, 3))
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(1e-12), "mse")
    log = keras.callbacks.CSVLogger(tmp_path / "log.csv")
    history = model.fit(x, x[:, 0], epochs=5, verbose=0, callbacks=[log])
    for form in (history, history.history, tmp_path / "log.csv", str(tmp_path / "log.csv")):
        assert [one.name for one in dlr.check_history(form)] == ["flat loss"]


def test_early_stopping_that_ends_at_once():
    x = np.random.default_rng(0).normal(size=(64, 3))
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.05), "mse")
    stop = keras.callbacks.EarlyStopping("loss", min_delta=9.0, patience=1)
    history = model.fit(x, x[:, 0] + 1, epochs=20, verbose=0, callbacks=[stop])
    (one,) = dlr.check_history(history)
    assert one.name == "stopped too early"
    assert "after 2 epochs of 20" in one.verdict


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (3, "must have a `loss`.*int"),
        ({"accuracy": [1.0]}, "must have a `loss`.*accuracy"),
        ({"loss": []}, "at least one"),
        ({"loss": ["a", "b"]}, "one number for each epoch"),
        ({"loss": [1.0, 2.0], "val_loss": [1.0]}, "loss: 2, val_loss: 1"),
        ("nowhere.csv", "that CSVLogger wrote"),
    ],
)
def test_what_is_no_history(given, message):
    with pytest.raises(ArgumentError, match=message):
        dlr.check_history(given)


def test_a_flat_loss_beside_a_rising_accuracy_is_information():
    for prefix in ("", "val_"):
        falling = [0.7, 0.6, 0.5, 0.45, 0.43]
        curves = {"loss": falling, "val_loss": falling}
        curves[f"{prefix}loss"] = [0.69, 0.692, 0.691, 0.693, 0.69]
        curves[f"{prefix}accuracy"] = [0.5, 0.58, 0.64, 0.7, 0.72]
        found = {one.name: one.severity for one in dlr.check_history(curves)}
        assert found.pop("loss and score") == "info"
        assert "flat loss" not in found
        curves[f"{prefix}accuracy"] = [0.5, 0.5, 0.51, 0.5, 0.5]
        assert "loss and score" not in {one.name for one in dlr.check_history(curves)}


def test_an_accuracy_of_values():
    curves = {"loss": [9.0, 4.0, 1.0, 0.5], "accuracy": [0.0, 0.0, 0.002, 0.0]}
    (found,) = dlr.check_history(curves)
    assert (found.name, found.severity) == ("metric", "info")


@pytest.mark.slow
def test_the_curves_of_a_run(tmp_path):
    splits = dlr.data.load("iris")

    def build(hp):
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "softmax")])
        rate = hp.Float("learning_rate", 1e-3, 1e-1, sampling="log")
        model.compile(
            keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
        )
        return model

    plan = dlr.CoarseToFine(trials=2, epochs=3, refit_seeds=1)
    settings = dlr.RunSettings(out=tmp_path / "run")
    run = dlr.tune(build, splits, "val_accuracy", plan, settings, listener=dlr.search.Listener())
    curves = run.result.refits[0].history
    assert dlr.check_history(tmp_path / "run") == dlr.check_history(curves)
    with pytest.raises(dlr.errors.RunError):
        dlr.check_history(tmp_path)


@pytest.mark.parametrize(
    "curves",
    [
        {
            "loss": [0.5, 0.3, 0.2, 0.1],
            "val_loss": [0.5, 0.3, 0.2, 0.15],
            "val_accuracy": [0.98] * 4,
        },
        {"loss": [0.5, 0.3, 0.2, 0.1], "accuracy": [0.6, 0.7, 0.8, 0.9], "val_accuracy": [0.8] * 4},
        {"loss": [0.5, 0.3, 0.2, 0.1], "vaccine": [0.2] * 4},
        {"loss": [0.0] * 5},
        {"loss": [1e-9] * 10, "accuracy": [1.0] * 10},
        {"loss": [0.5, 0.3, 0.2, 0.15, 0.14], "accuracy": []},
    ],
)
def test_nothing_is_wrong_with_what_is_good_already(curves):
    assert [one.name for one in dlr.check_history(curves) if one.severity != "info"] == []


def test_a_rising_validation_loss_beside_as_many_right_answers_is_information():
    curves = {
        "loss": [1.0, 0.6, 0.4, 0.2, 0.1],
        "val_loss": [1.0, 0.7, 0.6, 0.8, 1.1],
        "val_accuracy": [0.5, 0.7, 0.8, 0.81, 0.81],
    }
    (found,) = [one for one in dlr.check_history(curves) if one.name == "overfitting"]
    assert found.severity == "info"
    curves["val_AUC"] = curves.pop("val_accuracy")
    (found,) = [one for one in dlr.check_history(curves) if one.name == "overfitting"]
    assert found.severity == "info"
    curves["val_accuracy"] = [0.5, 0.7, 0.81, 0.78, 0.75]
    (found,) = [one for one in dlr.check_history(curves) if one.name == "overfitting"]
    assert found.severity == "warning"
