import keras
import numpy as np
import pytest

from dlrecipes.errors import ArgumentError
from dlrecipes.layers import OneHot


def test_as_rows_of_the_identity():
    sizes = (3, 1, 300)
    generator = np.random.default_rng(0)
    x = np.stack([generator.integers(0, size, 50) for size in sizes], axis=1)
    expected = np.concatenate([np.eye(size)[x[:, at]] for at, size in enumerate(sizes)], axis=1)
    layer = OneHot(sizes)
    for dtype in ("int32", "float32"):
        np.testing.assert_array_equal(layer(x.astype(dtype)), expected)
    assert layer.compute_output_shape((None, 3)) == (None, 304)
    np.testing.assert_array_equal(OneHot([2])(np.array([[2.0], [-1.0]])), np.zeros((2, 2)))


def test_exact_under_mixed_precision_and_saved(tmp_path):
    x = np.arange(290, 300, dtype="float32")[:, None]
    keras.config.set_dtype_policy("mixed_bfloat16")
    inputs = keras.Input((1,))
    model = keras.Model(inputs, OneHot([300], name="kinds")(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(x), np.eye(300)[290:])
    assert not loaded.weights


@pytest.mark.parametrize("sizes", [[], [0], [2.0]])
def test_wrong_sizes(sizes):
    with pytest.raises(ArgumentError, match=r"sizes"):
        OneHot(sizes)
