"""The `.keras` file of a run is what was tested, byte by byte."""

import keras
import numpy as np

from dlrecipes.export import export_keras, load_model, predict_keras


def test_it_is_copied_and_predicts_as_before(tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="softmax")])
    checkpoint, path = tmp_path / "tested.keras", tmp_path / "exported.keras"
    model.save(checkpoint)
    export_keras(checkpoint, path)
    assert path.read_bytes() == checkpoint.read_bytes()
    x = np.random.default_rng(0).normal(size=(7, 3)).astype("float32")
    np.testing.assert_array_equal(predict_keras(path, x), model(x))
    np.testing.assert_array_equal(load_model(path)(x), model(x))
