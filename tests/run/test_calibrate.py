"""The temperature of a run's probabilities: chosen, in the model, tested, taken up again."""

import json
import shutil
from types import SimpleNamespace

import keras
import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.data import from_arrays
from dlrecipes.diagnose import choose_temperature, choose_threshold
from dlrecipes.diagnose.probabilities import at_temperature
from dlrecipes.export import build_inference_model, predict_saved_model
from dlrecipes.results import RunSettings
from dlrecipes.run.calibrate import calibrate, calibrated, predicted_and_calibrated
from dlrecipes.rundir import RunDirectory
from dlrecipes.search import build_with
from dlrecipes.targets import score_predictions


def _build(hp):
    """Build a network that is far too sure: its logits are those of a model, times four."""
    model = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(1, kernel_initializer=keras.initializers.Constant(1.0)),
            keras.layers.Rescaling(4.0),
        ]
    )
    rate = hp.Float("learning_rate", 1e-6, 1e-5, sampling="log")
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(rate), loss, metrics=["accuracy"])
    return model


def _splits():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(900, 2))
    sure = 1 / (1 + np.exp(-x.sum(axis=1)))
    return from_arrays(x, np.where(generator.random(900) < sure, "yes", "no"), name="noisy")


@pytest.fixture(scope="module")
def run(tmp_path_factory, plan):
    folder = tmp_path_factory.mktemp("calibrated")
    settings = RunSettings(out=folder / "run", threshold="f1", engine="fit")
    run = dlr.tune(_build, _splits(), plan=plan(), settings=settings)
    run.finish()
    return run


def _own(run):
    """What the network says without a temperature."""
    file = str(run.directory / run.result.refits[0].checkpoint) + ".validation.npz"
    with np.load(file) as saved:
        return saved["predictions"]


def test_what_is_tested_exported_and_asked_is_the_calibrated_model(run):
    splits, result, own = _splits(), run.result, _own(run)
    found = result.refits[0].calibration
    chosen = choose_temperature(splits.validation.y, own).temperature
    assert found.temperature == pytest.approx(chosen)
    assert chosen > 1.5
    expected = at_temperature(own.astype(float), found.temperature)
    x = splits.validation.x
    np.testing.assert_allclose(run.predict(x), expected, rtol=2e-5, atol=1e-7)
    for file, ask in (("saved_model", predict_saved_model), ("model.keras", dlr.load_model)):
        path = run.directory / file
        answer = ask(path, x) if file == "saved_model" else ask(path).predict(x, verbose=0)
        np.testing.assert_allclose(answer, expected, rtol=2e-5, atol=1e-7)
    spec, y = run.info.spec, splits.validation.y
    before, after = (score_predictions(y, p, spec) for p in (own, expected))
    scores = result.refits[0].validation
    assert scores["log_loss"] == pytest.approx(after["log_loss"], rel=1e-5)
    assert found.validation.log_loss == pytest.approx(before["log_loss"], rel=1e-5)
    same = ("accuracy", "roc_auc", "pr_auc")
    assert [scores[name] for name in same] == pytest.approx([before[name] for name in same])


def test_the_threshold_is_one_of_calibrated_probabilities(run):
    splits, found = _splits(), run.result.refits[0].calibration
    calibrated_ones = at_temperature(_own(run).astype(float), found.temperature)
    chosen = choose_threshold(splits.validation.y, calibrated_ones[:, 1], "f1")
    assert run.result.threshold.threshold == pytest.approx(chosen.threshold, rel=1e-5)
    assert run.result.threshold.value == pytest.approx(chosen.value)


def test_the_opening_says_what_it_has_done(run):
    refit = run.result.refits[0]
    tested = refit.calibration.test
    assert tested.calibrated_log_loss == pytest.approx(refit.test["log_loss"], rel=1e-6)
    assert tested.calibrated_log_loss < tested.log_loss
    assert tested.calibrated_error < tested.error
    page = (run.directory / "report.html").read_text()
    assert "Calibrated probabilities" in page
    assert refit.calibration.sentence in page


def test_a_run_is_taken_up_again_as_it_was(run, tmp_path, plan):
    copy = shutil.copytree(run.directory, tmp_path / "run")
    before = dlr.Run(copy).result
    again = dlr.resume(copy, _build, _splits())
    assert again.result.refits == before.refits
    # A run that was saved before there were temperatures.
    text = json.loads((copy / "result.json").read_text())
    for refit in text["refits"]:
        del refit["calibration"]
    (copy / "result.json").write_text(json.dumps(text))
    for file in copy.glob("checkpoints/*/*.calibration.json"):
        file.unlink()
    old = dlr.Run(copy)
    assert old.result.refits[0].calibration is None
    assert "Calibrated probabilities" not in old.report().read_text()
    assert calibrated(_own(old), None) is not None


@pytest.mark.parametrize("kept", ["predictions", "model"])
def test_a_network_of_an_earlier_version_gets_no_temperature(tmp_path, kept):
    splits = _splits()
    directory, record = RunDirectory.create(tmp_path / "run", "x"), SimpleNamespace()
    record.stage, record.number = "refit-only-0", 0
    networks, part = directory.networks(record.stage), splits.validation
    networks.create()
    model = build_with(_build, {"learning_rate": 1e-6})
    model = build_inference_model(model, None, splits.raw_spec, splits.model_spec)
    given = model, record, directory, (part.x, part.y), splits.model_spec
    own, calibration = predicted_and_calibrated(*given)
    assert calibration.temperature > 1.5
    assert networks.kept_calibration(0) == calibration
    # ---- without a temperature beside them, they are those of an earlier version
    next(networks.folder.glob("*.json")).unlink()
    if kept == "model":
        next(networks.folder.glob("*.npz")).unlink()
        networks.model(0).mkdir()
    again, none = predicted_and_calibrated(*given)
    np.testing.assert_array_equal(again, own)
    assert none is None
    assert networks.kept_calibration(0) is None


def test_values_and_several_targets_have_none():
    x = np.zeros((100, 1))
    spec = from_arrays(x, np.linspace(0, 1, 100)).model_spec
    assert calibrate(np.linspace(0, 1, 100), np.linspace(0, 1, 100), spec) is None
    both = {"a": np.arange(100) % 2, "b": np.linspace(0, 1, 100)}
    several = from_arrays(x, both).model_spec
    y = np.stack(list(both.values()), axis=1)
    assert calibrate(y, np.full((100, 3), 0.5), several) is None
