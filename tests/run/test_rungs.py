"""A network on more and more of the examples."""

import keras
import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.data import from_arrays
from dlrecipes.errors import ArgumentError, RunError
from dlrecipes.report import write_learning_curve
from dlrecipes.run.rungs import _rungs
from dlrecipes.search import Listener

PLAN = dlr.Plan((dlr.Stage("only", 1, 4, "random", "none"),), batch_size=16)
FIT = dlr.RunSettings(engine="resident")


@pytest.fixture
def splits():
    generator = np.random.default_rng(0)
    x = generator.normal(3, 5, size=(200, 4))
    return from_arrays(x, np.where(x[:, 0] + x[:, 1] > 6, "yes", "no"), name="rows")


class _Notes(Listener):
    def __init__(self):
        self.lines = []

    def on_note(self, line):
        self.lines.append(line)


def test_rungs_learn_their_own_preprocessing(splits):
    scaled = splits.with_preprocess(dlr.layers.Standardization())
    rungs = _rungs(scaled, None, 0)
    assert [len(rung.train) for rung in rungs] == [10, 20, 40, 80, 120]
    for rung in rungs:
        np.testing.assert_allclose(rung.development().train.x.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(
        rungs[-1].development().validation.x, scaled.development().validation.x, atol=1e-6
    )
    assert rungs[0].test.fingerprint == splits.test.fingerprint
    with pytest.raises(ArgumentError, match=r"three rungs.*120 training examples.*--first"):
        _rungs(splits, 100, 0)


def test_a_curve_of_a_run_has_its_winner(splits, tuned, build, tmp_path):
    run, heard = dlr.Run(tuned), _Notes()
    generator = np.random.default_rng(0)
    x = generator.normal(size=(120, 4))
    data = from_arrays(x, np.where(x[:, 0] + x[:, 1] > 0, "yes", "no"), name="rows")
    before = (tuned / "result.json").read_bytes()
    curve = dlr.learning_curve(
        build, data, run=run, plan=PLAN, settings=FIT, seeds=2, first=18, listener=heard
    )
    assert [rung.examples for rung in curve.rungs] == [18, 36, 72]
    assert all(len(rung.validation) == len(rung.train) == 2 for rung in curve.rungs)
    assert curve.error == "error rate"
    assert curve.scale == run.result.fit.errors.scale
    assert (tuned / "result.json").read_bytes() == before
    assert heard.lines[0].startswith("18 training examples: error rate 0.")
    page = write_learning_curve(curve, tmp_path / "curve.html", "rows").read_text()
    assert curve.sentence.split(":")[0] in page
    assert '"twice the data, with its 95 % interval"' in page
    assert ">18</td>" in page
    assert "http" not in page.split("data-packed")[0].replace("http-equiv", "")


def test_a_run_on_other_data_is_refused(tuned, build):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(120, 4))
    y = np.where(x[:, 0] + x[:, 1] > 0, "yes", "no")
    same = from_arrays(x, y, name="rows")
    fewer = dlr.data.start_small(same, 60)  # with the test set of the run
    moons = from_arrays(x + 1, y, name="rows")
    for data, part in ((moons, "test set"), (fewer, "training data")):
        with pytest.raises(RunError, match=f"drawn on its own data.*{part} with fingerprint"):
            dlr.learning_curve(build, data, run=tuned, listener=Listener())


def _regression(hp):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.1), "mse", metrics=["mae"])
    return model


@pytest.mark.slow
def test_values_and_the_same_seed_twice():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(150, 4))
    data = from_arrays(x, x @ [1.0, 2.0, 3.0, 4.0] + generator.normal(size=150), task="regression")
    curves = [
        dlr.learning_curve(
            _regression,
            data,
            "val_loss",
            plan=PLAN,
            settings=FIT,
            seeds=1,
            first=20,
            listener=Listener(),
        )
        for _ in range(2)
    ]
    assert curves[0] == curves[1]
    curve = curves[0]
    assert curve.error == "RMSE"
    assert curve.scale == pytest.approx(data.validation.y.std(), rel=0.2)
    # As many steps for each: few examples are learned by heart.
    assert curve.rungs[0].gap > curve.rungs[-1].gap
    assert curve.rungs[-1].validation[0] < 0.9 * curve.scale


def _broken(hp):
    model = _regression(hp)
    model.compile(keras.optimizers.SGD(1e9), "mse", metrics=["mae"])
    return model


def test_no_training_with_a_score():
    x = np.random.default_rng(0).normal(size=(150, 4))
    data = from_arrays(x, x[:, 0], task="regression")
    with pytest.raises(RunError, match=r"each rung must end with a score.*10 examples: div"):
        dlr.learning_curve(
            _broken, data, "val_loss", plan=PLAN, settings=FIT, seeds=1, listener=Listener()
        )
    with pytest.raises(ArgumentError, match="`splits` must be a `Splits`"):
        dlr.learning_curve(_broken, x, "val_loss")
    with pytest.raises(RunError, match="nowhere"):
        dlr.learning_curve(_broken, data, run="nowhere")
    with pytest.raises(ArgumentError, match="seeds"):
        dlr.learning_curve(_broken, data, "val_loss", seeds=0)
