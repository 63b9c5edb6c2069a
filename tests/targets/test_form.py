"""Targets keep the form that they were handed in, in all parts and whatever is made of the data."""

import numpy as np
import pytest
import tensorflow as tf

from dlrecipes.data import (
    TablePreprocess,
    balance_classes,
    draw_folds,
    from_arrays,
    from_dataset,
    keras_targets,
    start_small,
    weigh_classes,
)

X = np.random.default_rng(0).normal(size=(120, 2)).astype("float32")
VALUES = 2 * X[:, :1] + 1
YES = X[:, :1] > 0


def forms(splits):
    """The shape of an example's target and the dtype, in training and validation."""
    data = splits.development()
    given = [keras_targets(part.y, data.model_spec) for part in (data.train, data.validation)]
    found = {(one.shape[1:], one.dtype.name) for one in given}
    assert all(
        np.array_equal(one.ravel(), part.y)
        for one, part in zip(given, (data.train, data.validation), strict=True)
    )
    (form,) = found
    return form


@pytest.mark.parametrize(
    ("y", "form"),
    [
        (VALUES, ((1,), "float32")),
        (VALUES.astype("float64"), ((1,), "float32")),
        (VALUES[:, 0], ((), "float32")),
        (YES, ((1,), "bool")),
        (YES.astype(object), ((1,), "bool")),
        (YES.astype("float64"), ((1,), "float32")),
        (YES.astype("int64"), ((1,), "int32")),
        (np.where(YES, "yes", "no"), ((1,), "int32")),
        (YES[:, 0], ((), "bool")),
        (YES[:, 0].astype("float64"), ((), "float32")),
    ],
)
def test_form_of_arrays(y, form):
    task = "regression" if y.dtype.kind == "f" and len(np.unique(y)) > 2 else "classification"
    splits = from_arrays(X, y, task=task)
    assert splits.train.y.ndim == 1
    assert forms(splits) == form
    # Given parts follow `y`, whatever form they have themselves.
    for other in (y, y.reshape(-1), y.reshape(-1, 1)):
        assert forms(from_arrays(X, y, test=(X, other), validation=(X, other), task=task)) == form


def test_form_of_several():
    y = {"a": VALUES, "b": VALUES[:, 0]}
    for splits in (
        from_arrays(X, y),
        from_arrays(X, y, test=(X, {"a": VALUES[:, 0], "b": VALUES})),
        from_dataset(tf.data.Dataset.from_tensor_slices((X, y))),
        start_small(from_arrays(X, y), 0.5),
    ):
        given = keras_targets(splits.train.y, splits.raw_spec)
        assert {name: one.shape[1:] for name, one in given.items()} == {"a": (1,), "b": ()}


def test_form_of_data_sets():
    assert forms(from_dataset(tf.data.Dataset.from_tensor_slices((X, VALUES)))) == ((1,), "float32")
    columns = {"p": X[:, 0], "q": X[:, 1]}
    for y, form in ((YES, ((1,), "bool")), (VALUES, ((1,), "float32"))):
        splits = from_dataset(tf.data.Dataset.from_tensor_slices((columns, y)).batch(32))
        prepared = splits.with_preprocess(TablePreprocess(splits.raw_spec.columns))
        assert forms(prepared) == form


def test_what_is_made_of_the_data_keeps_the_form():
    splits = from_arrays(X, YES.astype("float32"), task="classification")
    for made in (weigh_classes(splits), balance_classes(splits), start_small(splits, 0.5)):
        assert forms(made) == ((1,), "float32")
    for fold in draw_folds(splits, 3):
        assert keras_targets(fold.held_out.y, fold.development.model_spec).shape[1:] == (1,)


def test_another_form_is_other_data():
    column, flat = (from_arrays(X, y).development() for y in (VALUES, VALUES[:, 0]))
    assert np.array_equal(column.train.y, flat.train.y)
    assert column.fingerprint != flat.fingerprint
