"""There is a `.keras` file where it loads again and answers as the model did, else a reason."""

import keras
import numpy as np

from dlrecipes.export import load_model, predict_keras, write_keras

X = np.random.default_rng(0).normal(size=(7, 3)).astype("float32")


def network(*layers):
    return keras.Sequential([keras.Input((3,)), *layers, keras.layers.Dense(2)])


def test_it_answers_as_before(tmp_path):
    model, path = network(), tmp_path / "model.keras"
    assert write_keras(model, path, X, policy="float32") == ""
    np.testing.assert_allclose(predict_keras(path, X), model(X), rtol=1e-6)
    np.testing.assert_allclose(load_model(path)(X), model(X), rtol=1e-6)


def test_what_keras_does_not_read_back_leaves_no_file(tmp_path):
    model, path = network(keras.layers.Lambda(lambda x: x + 1.0)), tmp_path / "model.keras"
    reason = write_keras(model, path, X, policy="float32")
    assert "ambda" in reason
    assert str(tmp_path / "unchecked") not in reason
    assert not list(tmp_path.iterdir())


def test_what_comes_back_as_another_leaves_no_file(tmp_path):
    @keras.saving.register_keras_serializable("test_keras_file")
    class Times(keras.layers.Layer):
        def __init__(self, by=1.0, **options):
            super().__init__(**options)
            self.by = by

        def call(self, x):
            return self.by * x

        def get_config(self):
            return super().get_config()

    model, path = network(Times(3.0, name="times")), tmp_path / "model.keras"
    for predicted in (None, np.asarray(model(X))):
        reason = write_keras(model, path, X, predicted=predicted, policy="float32")
        assert "Return `by` in `get_config` of Times" in reason
        assert not list(tmp_path.iterdir())
