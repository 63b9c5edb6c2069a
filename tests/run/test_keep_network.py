"""What is saved is what was trained: the file, and the network that was built again for it."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from dlrecipes.data import from_arrays
from dlrecipes.errors import BuilderError, ExportError
from dlrecipes.export import build_inference_model, load_model, load_tested, predict
from dlrecipes.results import TrialRecord
from dlrecipes.run.keep_network import check_score_as_trained, save_as_trained


@keras.saving.register_keras_serializable("test_keep_network")
class Times(keras.layers.Layer):
    def __init__(self, by=1.0, **options):
        super().__init__(**options)
        self.by = by

    def call(self, values):
        return self.by * values

    def get_config(self):
        return super().get_config()


def network(by=1.0, activation="softmax", from_logits=False):
    last = keras.layers.Dense(3, activation=activation)
    model = keras.Sequential([keras.Input((3,)), Times(by), last])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits)
    model.compile("sgd", loss, jit_compile=False)
    return model


@pytest.fixture(scope="module")
def data():
    x = np.random.default_rng(0).normal(size=(90, 3)).astype("float32")
    return from_arrays(x, np.digitize(x[:, 0], [-0.5, 0.5])).development()


def record(model, data):
    part = data.validation
    loss = model.evaluate(part.x, part.y, verbose=0)
    history = {"val_loss": [9.0, loss]}
    values = {"by": 2}
    return TrialRecord(
        "refit", 0, values, "completed", -loss, best_epoch=1, history=history, policy="float32"
    )


def test_a_network_that_was_built_again(data):
    trained = network(2.0)
    ended = record(trained, data)
    for by in (2.0, 3.0):
        again = network(by)
        again.set_weights(trained.get_weights())
        if by == 2.0:
            check_score_as_trained(again, ended, 8, data.validation, data.model_spec)
        else:
            with pytest.raises(BuilderError, match=r"same network at each call.*'by': 2"):
                check_score_as_trained(again, ended, 8, data.validation, data.model_spec)


def test_no_file_is_left_that_answers_otherwise(data, tmp_path):
    x, spec = data.validation.array, data.model_spec
    info = SimpleNamespace(policy="float32", spec=spec, raw_spec=spec)
    good = build_inference_model(network(1.0), None, spec, spec)
    save_as_trained(good, tmp_path / "good", x, predict(good, x), info)
    np.testing.assert_array_equal(load_model(tmp_path / "good.keras")(x), good(x))
    np.testing.assert_allclose(load_tested(tmp_path / "good")(x), good(x), rtol=1e-6)
    # ---- a layer that its file forgets an argument of: the SavedModel has it
    bad = build_inference_model(network(3.0), None, spec, spec)
    save_as_trained(bad, tmp_path / "bad", x, predict(bad, x), info)
    np.testing.assert_allclose(load_tested(tmp_path / "bad")(x), bad(x), rtol=1e-6)
    why = (tmp_path / "bad.keras.txt").read_text()
    assert "by is 3.0 as trained, 1.0 as loaded" in why
    # ---- predictions of another network
    with pytest.raises(ExportError, match="must reproduce the saved predictions"):
        save_as_trained(good, tmp_path / "other", x, predict(bad, x), info)
    names = {"good", "good.keras", "bad", "bad.keras.txt", "other.keras"}
    assert {path.name for path in tmp_path.iterdir()} == names


@pytest.mark.filterwarnings("ignore:.*from_logits")
def test_a_softmax_that_keras_looks_through_is_applied_once(data):
    trained, x = network(from_logits=True), data.validation.array
    model = build_inference_model(trained, None, data.model_spec, data.model_spec)
    np.testing.assert_allclose(model(x), trained(x), rtol=1e-6)
