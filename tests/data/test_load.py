import numpy as np
import pytest

from dlrecipes.data import load
from dlrecipes.errors import DataError


@pytest.mark.parametrize(
    ("name", "shape", "sizes", "task", "classes"),
    [
        ("digits", (8, 8, 1), (1079, 359, 359), "multiclass", tuple("0123456789")),
        ("breast_cancer", (30,), (341, 114, 114), "binary", ("malignant", "benign")),
        ("wine", (13,), (106, 36, 36), "multiclass", ("class_0", "class_1", "class_2")),
        ("iris", (4,), (90, 30, 30), "multiclass", ("setosa", "versicolor", "virginica")),
        ("diabetes", (10,), (266, 88, 88), "regression", ()),
    ],
)
def test_bundled(name, shape, sizes, task, classes):
    splits = load(name)
    assert splits.raw_spec.input_shape == shape
    assert (len(splits.train), len(splits.validation), len(splits.test)) == sizes
    assert (splits.raw_spec.name, splits.raw_spec.task) == (name, task)
    assert splits.raw_spec.target.class_names == classes


def test_values_and_seed():
    digits = load("digits")
    assert (digits.train.x.min(), digits.train.x.max()) == (0, 16)
    np.testing.assert_array_equal(digits.train.ids, load("digits").train.ids)
    assert load("digits", split_seed=1).test.fingerprint != digits.test.fingerprint
    assert load("digits").test.fingerprint == digits.test.fingerprint
    assert load("diabetes").train.x[:, 0].max() > 50  # years, not the scaled version


def test_unknown():
    with pytest.raises(DataError, match="breast_cancer, diabetes, digits.*Received: name='mnist'"):
        load("mnist")
