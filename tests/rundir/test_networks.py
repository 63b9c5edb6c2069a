"""What is kept of a network: its weights, its predictions."""

import ml_dtypes
import numpy as np
import pytest

from dlrecipes.errors import RunError
from dlrecipes.results import Calibration, CalibrationScores
from dlrecipes.rundir import RunDirectory


@pytest.fixture
def networks(tmp_path):
    made = RunDirectory.create(tmp_path / "run", "x").networks("refit-fine-0")
    made.create()
    return made


def test_weights_come_back_in_their_order_and_types(networks):
    generator = np.random.default_rng(0)
    weights = [generator.normal(size=(2, at)).astype("float32") for at in range(12)]
    weights += [np.float64(0.1) * np.ones(3), np.array(7, "int64"), np.zeros((0, 2), "float32")]
    assert not networks.has_weights(3)
    networks.write_weights(3, weights)
    assert networks.has_weights(3)
    assert not networks.has_weights(2)
    again = networks.read_weights(3)
    for before, after in zip(weights, again, strict=True):
        assert before.dtype == after.dtype
        np.testing.assert_array_equal(before, after)


def test_half_precision_that_numpy_does_not_know_loses_nothing(networks):
    before = np.array([0.1, -3.0, 1e30]).astype(ml_dtypes.bfloat16)
    networks.write_weights(0, [before])
    (after,) = networks.read_weights(0)
    assert after.dtype == np.float32
    np.testing.assert_array_equal(after.astype(ml_dtypes.bfloat16), before)


def test_kept_predictions(networks):
    predictions = np.random.default_rng(0).random((5, 3)).astype("float32")
    assert networks.kept_predictions(1) is None
    networks.keep_predictions(1, predictions)
    np.testing.assert_array_equal(networks.kept_predictions(1), predictions)


def test_kept_calibration(networks):
    scores = CalibrationScores(0.7, 0.5, 0.2, 0.1)
    assert networks.kept_calibration(1) is None
    networks.keep_calibration(1, Calibration(1.25, "less sure", scores))
    assert networks.kept_calibration(1) == Calibration(1.25, "less sure", scores)
    (file,) = networks.folder.glob("*.json")
    file.write_text(file.read_text()[:20])
    with pytest.raises(RunError, match=r"refit-1.*must hold a Calibration"):
        networks.kept_calibration(1)


@pytest.mark.parametrize("kept", ["weights", "predictions"])
def test_a_damaged_file_is_named(networks, kept):
    networks.write_weights(0, [np.ones(100)])
    networks.keep_predictions(0, np.ones(100))
    for file in networks.folder.glob("*.npz"):
        file.write_bytes(file.read_bytes()[:60])
    read = networks.read_weights if kept == "weights" else networks.kept_predictions
    with pytest.raises(RunError, match=r"must be whole\. Received: .*refit-0"):
        read(0)
