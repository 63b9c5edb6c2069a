"""Builders without an input shape, runs that move, storages that are shared, other splits."""

import keras
import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.data import from_arrays
from dlrecipes.errors import ExportError, RunError
from dlrecipes.results import RunSettings
from dlrecipes.search import Listener


class Count(Listener):
    """Counts the trials that are trained."""

    def __init__(self):
        self.trials = 0

    def on_trial(self, record):
        self.trials += 1


@keras.saving.register_keras_serializable(package="tests")
class Small(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.hidden = keras.layers.Dense(4, activation="relu")
        self.answer = keras.layers.Dense(1, activation="sigmoid")

    def call(self, inputs):
        return self.answer(self.hidden(inputs))


def sequential():
    return keras.Sequential(
        [keras.layers.Dense(4, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
    )


@pytest.mark.slow
@pytest.mark.parametrize("make", [sequential, Small])
def test_builder_without_an_input_shape(splits, plan, settings, make):
    class Hyper:  # like a keras_tuner.HyperModel
        def build(self, hp):
            model = make()
            rate = hp.Float("learning_rate", 1e-3, 1e-1, sampling="log")
            model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
            return model

    run = dlr.tune(Hyper(), splits, plan=plan(), settings=settings())
    network = run.predict(np.asarray(splits.validation.x))
    assert network.shape == (len(splits.validation), 2)


@pytest.mark.slow
def test_model_that_keras_cannot_load_has_no_file_of_it(splits, plan, settings):
    class Unknown(Small):
        pass

    def build(hp):
        model = Unknown()
        model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
        return model

    run = dlr.tune(build, splits, plan=plan(), settings=settings())
    assert run.predict(np.zeros((3, 4))).shape == (3, 2)
    with pytest.raises(ExportError, match="where Keras can read it back.*refit-0.keras"):
        run.export("keras")


def test_moved_run_is_not_searched_again(splits, build, tuned_copy):
    moved = tuned_copy("elsewhere")
    count = Count()
    again = dlr.resume(moved, build, splits, listener=count)
    assert count.trials == 0
    assert again.result.best == dlr.Run(moved).result.best


@pytest.mark.slow
def test_runs_of_one_name_in_one_storage_are_two(splits, build, plan, tmp_path):
    storage = f"sqlite:///{tmp_path / 'study.db'}"
    for folder in ("a", "b"):
        count = Count()
        settings = RunSettings(out=tmp_path / folder / "run", storage=storage)
        dlr.tune(build, splits, plan=plan(), settings=settings, listener=count)
        assert count.trials == 2  # one of the search, one refit


def test_another_splits_test_set_is_refused(tuned):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(120, 4))
    other = from_arrays(x, np.where(x[:, 0] + x[:, 1] > 0, "yes", "no"), split_seed=1)
    with pytest.raises(RunError, match="the test set that was sealed when it began"):
        dlr.Run(tuned, other).open_test_set("final score")
    assert dlr.Run(tuned).result.test is None


def test_other_training_data_is_refused(splits, build, tuned):
    other = splits.with_preprocess(keras.layers.Rescaling(2.0))
    with pytest.raises(RunError, match="resumed with the data .* a training data with"):
        dlr.resume(tuned, build, other)


def test_resumed_run_keeps_its_plan(splits, build, plan, tuned):
    with pytest.raises(RunError, match="keeps its plan; only `trials` and `refit_seeds`"):
        dlr.resume(tuned, build, splits, plan=plan("tpe"))
