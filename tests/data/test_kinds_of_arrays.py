import numpy as np
import pytest

from dlrecipes.data import from_arrays, load
from dlrecipes.errors import ArgumentError

X = np.random.default_rng(0).normal(size=(40, 24, 3))
Y = np.arange(40) % 2


@pytest.mark.parametrize(
    ("x", "kind", "found", "shape"),
    [
        (X[:, 0], None, "table", (3,)),
        (X, None, "sequence", (24, 3)),
        (X, "sequence", "sequence", (24, 3)),
        (X, "image", "image", (24, 3, 1)),
        (X[..., None], None, "image", (24, 3, 1)),
        (X[..., None], "array", "array", (24, 3, 1)),
        (X[:, :, None, :, None], None, "array", (24, 1, 3, 1)),
    ],
)
def test_axes_tell_what_an_example_is_unless_it_is_said(x, kind, found, shape):
    splits = from_arrays(x, Y, kind=kind, test=(x[:6], Y[:6]))
    assert (splits.raw_spec.kind, splits.raw_spec.input_shape) == (found, shape)
    assert splits.model_spec.kind == found
    assert splits.train.x.shape[1:] == shape
    np.testing.assert_allclose(splits.train.x[0].ravel(), x[splits.train.ids[0]].ravel(), rtol=1e-6)


@pytest.mark.parametrize(
    ("x", "kind", "message"),
    [
        (X[:, 0], "image", r"axes of `x`.*kind='image' and x\.shape=\(40, 3\)"),
        (X[..., None], "sequence", r"axes of `x`.*kind='sequence'"),
        (X, "film", r"`kind` must be one of 'array', 'image', 'sequence', 'table'"),
    ],
)
def test_a_kind_with_other_axes(x, kind, message):
    with pytest.raises(ArgumentError, match=message):
        from_arrays(x, Y, kind=kind)


def test_bundled_digits_are_images():
    assert (load("digits").raw_spec.kind, load("iris").raw_spec.kind) == ("image", "table")
