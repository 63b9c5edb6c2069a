import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.data import Split, from_arrays, keras_targets
from dlrecipes.data.parts.sealed_split import _peek
from dlrecipes.errors import ArgumentError, DataError

N = 30
X = np.arange(N * 2.0).reshape(N, 2)
LABELS = np.arange(N) % 3
VALUES = np.linspace(0, 1, N)


def parts(splits):
    return splits.train, splits.validation, _peek(splits.test)


@settings(deadline=None, max_examples=30)
@given(st.integers(18, 80), st.integers(2, 5), st.integers(0, 1000), st.booleans())
def test_rows_keep_their_targets_and_ids(size, classes, seed, regression):
    x = np.arange(size * 2.0).reshape(size, 2)
    y = np.arange(size) + 0.5 if regression else np.arange(size) % classes
    splits = from_arrays(x, y, split_seed=seed)
    assert sum(len(part) for part in parts(splits)) == size
    for part in parts(splits):
        np.testing.assert_array_equal(part.x, x[part.ids])
        np.testing.assert_array_equal(part.y, y[part.ids])
        assert part.x.base is None
    assert splits.split_seed == seed
    assert splits.raw_spec.train_size == len(splits.train)


def test_spec_of_classes():
    splits = from_arrays(X, np.repeat(["b", "a"], [20, 10]), name="letters")
    spec = splits.raw_spec
    assert (spec.name, spec.task, spec.target.class_names) == ("letters", "binary", ("a", "b"))
    assert spec.target.priors == pytest.approx((1 / 3, 2 / 3))
    assert (spec.input_shape, spec.input_dtype, spec.kind) == ((2,), "float32", "table")
    assert (spec.target.mean, spec.target.std, spec.outputs) == (0, 1, 1)
    assert splits.train.x.dtype == np.float32
    assert splits.train.y.dtype == np.int32


def test_spec_of_values():
    splits = from_arrays(X, VALUES)
    assert splits.raw_spec.task == "regression"
    assert splits.raw_spec.target.class_names == splits.raw_spec.target.priors == ()
    assert splits.raw_spec.target.mean == pytest.approx(splits.train.y.mean())
    assert splits.raw_spec.target.std == pytest.approx(splits.train.y.std())
    assert splits.train.y.dtype == np.float32
    assert splits.train.y.shape == (18,)


@pytest.mark.parametrize(
    ("shape", "kind", "expected"),
    [
        ((N, 2), "table", (2,)),
        ((N, 4, 5), "sequence", (4, 5)),
        ((N, 4, 5, 3), "image", (4, 5, 3)),
        ((N, 2, 4, 5, 3), "array", (2, 4, 5, 3)),
    ],
)
def test_kinds(shape, kind, expected):
    spec = from_arrays(np.zeros(shape, dtype=np.uint8), LABELS).raw_spec
    assert (spec.kind, spec.input_shape, spec.input_dtype) == (kind, expected, "float32")


@pytest.mark.parametrize(
    ("y", "arguments", "task", "classes"),
    [
        (LABELS, {}, "multiclass", ("0", "1", "2")),
        (LABELS * 10 - 5, {}, "multiclass", ("-5", "5", "15")),
        (LABELS > 0, {}, "binary", ("False", "True")),
        (LABELS[:, None], {}, "multiclass", ("0", "1", "2")),
        (LABELS.astype(float), {"task": "classification"}, "multiclass", ("0", "1", "2")),
        (LABELS.astype(float), {"task": "regression"}, "regression", ()),
        (LABELS, {"task": "regression"}, "regression", ()),
        (np.arange(N), {}, "regression", ()),
        (VALUES, {}, "regression", ()),
        (LABELS, {"classes": ["x", "y", "z"]}, "multiclass", ("x", "y", "z")),
        (np.array(["u", "v"])[LABELS % 2], {"classes": ["v", "u"]}, "binary", ("v", "u")),
        (pd.Series(LABELS).map({0: "a", 1: "b", 2: "c"}), {}, "multiclass", ("a", "b", "c")),
        (pd.Series(LABELS, dtype="category"), {}, "multiclass", ("0", "1", "2")),
        (LABELS.astype(object), {}, "multiclass", ("0", "1", "2")),
        ((LABELS > 0).astype(object), {}, "binary", ("False", "True")),
        (list(VALUES), {}, "regression", ()),
    ],
)
def test_tasks(y, arguments, task, classes):
    spec = from_arrays(pd.DataFrame(X), y, **arguments).raw_spec
    assert (spec.task, spec.target.class_names) == (task, classes)


def test_order_of_text_classes_is_the_given_one():
    y = np.array(["low", "high"])[np.arange(N) % 2]
    train = from_arrays(X, y, classes=["low", "high"]).train
    np.testing.assert_array_equal(train.y == 0, y[train.ids] == "low")


def spoiled(array, value):
    changed = array.astype(float)
    changed.flat[7] = value
    return changed


@pytest.mark.parametrize(
    ("x", "y", "arguments", "message"),
    [
        (spoiled(X, np.nan), LABELS, {}, "`x` must hold finite.*1 of 30 rows, first in row 3"),
        (spoiled(X, np.inf), LABELS, {}, "`x` must hold finite"),
        (spoiled(X, 1e300), LABELS, {}, "`x` must hold finite float32"),
        (X.astype(object), LABELS, {}, "`x` must be an array of numbers.*object"),
        (X.astype(str), LABELS, {}, "`x` must be an array of numbers"),
        (X.astype("datetime64[s]"), LABELS, {}, "`x` must be an array of numbers"),
        (X[:, 0], LABELS, {}, "one column a feature.*reshape"),
        (X[:0], LABELS[:0], {}, "`x` must have at least one example"),
        (X[:, :0], LABELS, {}, "at least one feature"),
        ([[1, 2], [3]], [0, 1], {}, "rows have the same shape"),
        ({"a": X, "b": X[1:]}, LABELS, {}, "same number of examples.*a: 30.*b: 29"),
        ([X, X[1:]], LABELS, {}, "same number of examples.*input_0: 30.*input_1: 29"),
        ({"a": X}, LABELS[1:], {}, r"same number of examples.*y\.shape=\(29,\)"),
        ({"a": spoiled(X, np.nan)}, LABELS, {}, "'a' must hold finite.*row 3"),
        ({"a": np.array(["x", None] * 15)}, LABELS, {}, "'a' must hold.*text only.*NoneType"),
        ({"a": X}, LABELS, {"test": ({"b": X}, LABELS)}, "without 'a' and with 'b'"),
        ({"a": X}, LABELS, {"test": ({"a": X[:, :1]}, LABELS)}, r"shape \(2,\).*\(1,\)"),
        ({"a": X}, LABELS, {"test": (X, LABELS)}, "same inputs.*test with one"),
        (X, LABELS[:-1], {}, r"same number of examples.*\(30, 2\).*\(29,\)"),
        (X, np.ones((30, 3)), {}, r"'y0' cannot be learned.*only '1' in 30 examples"),
        (X, [], {}, "`y` must have at least one example"),
        (X, spoiled(VALUES, np.nan), {}, "finite value for every example.*1 of 30.*row 7"),
        (X, spoiled(VALUES, np.inf), {}, "finite value for every example"),
        (X, np.array(["a", None] * 15, dtype=object), {}, "15 of 30 missing.*row 1"),
        (X, np.array(["a", 1] * 15, dtype=object), {}, "all be text.*int and str"),
        (X, np.zeros(N, dtype="datetime64[s]"), {}, "text or numbers"),
        (X, np.zeros(N, dtype=int), {}, "at least two classes.*only '0'"),
        (X, ["a"] * N, {}, "at least two classes.*only 'a'"),
        (X, ["a"] * 28 + ["b"] * 2, {}, "at least 3 examples.*2 of class 'b'"),
        (X, [f"row {i}" for i in range(N)], {}, "at least 3 examples.*30 classes in 30 examples"),
        (X, LABELS.astype(float), {}, "clear whether a target holds classes or values.*Pass task="),
        (X, ["a", "b"] * 15, {"task": "regression"}, "must be numbers.*text such as 'a'"),
        (X, np.full(N, 2.5), {}, "must not be constant.*2.5 in 30 examples"),
        (X, np.full(N, 2), {"task": "regression"}, "must not be constant"),
        (X, VALUES * 1e300, {}, "fit into float32"),
        (X, VALUES, {"task": "classification"}, "whole numbers.*with fractions"),
        (X, VALUES, {"classes": ["a"]}, "no classes"),
        (X, LABELS, {"classes": ["a", "b"]}, "name each class once.*2 names for the 3 labels"),
        (X, LABELS, {"classes": ["a", "b", "b"]}, "name each class once"),
        (X, ["a", "b"] * 15, {"classes": ["a", "c"]}, "labels of a text target"),
        (X[:5], VALUES[:5], {}, "at least 6 examples"),
    ],
)
def test_malformed_data(x, y, arguments, message):
    with pytest.raises(DataError, match=message):
        from_arrays(x, y, **arguments)


def test_malformed_task():
    known = "`task` must be one of 'classification', 'count', 'ordinal', 'regression'"
    with pytest.raises(ArgumentError, match=known):
        from_arrays(X, LABELS, task="binary")


def test_official_parts():
    test = (X[:6] + 0.5, LABELS[:6])
    splits = from_arrays(X, LABELS, test=test, ids=[f"row {row}" for row in range(N)])
    assert [len(part) for part in parts(splits)] == [24, 6, 6]
    np.testing.assert_array_equal(_peek(splits.test).x, test[0])
    assert _peek(splits.test).ids[0] == "test 0"
    assert set(splits.train.ids) | set(splits.validation.ids) == {f"row {row}" for row in range(N)}
    validation = Split(x=X[:3] - 0.5, y=LABELS[:3], ids=["a", "b", "c"])
    splits = from_arrays(X, LABELS, test=test, validation=validation)
    np.testing.assert_array_equal(splits.train.x, X)
    assert splits.validation.ids.tolist() == ["a", "b", "c"]
    assert splits.split_seed is None
    splits = from_arrays(X, VALUES, validation=(X[:4], VALUES[:4]), test_fraction=0.4)
    assert [len(part) for part in parts(splits)] == [18, 4, 12]


def test_official_parts_own_their_memory():
    x, y = X.astype(np.float32), LABELS.astype(np.int32)
    splits = from_arrays(x, y, test=(x, y), validation=(x, y))
    x[:], y[:] = 0, 0
    for part in parts(splits):
        np.testing.assert_array_equal(part.x, X)
        np.testing.assert_array_equal(part.y, LABELS)


def test_labels_of_official_parts_are_those_of_training():
    names = np.array(["c", "a", "b"])
    splits = from_arrays(X, names[LABELS], test=(X[:2], ["b", "c"]), classes=["b", "c", "a"])
    assert _peek(splits.test).y.tolist() == [0, 1]


def test_groups():
    splits = from_arrays(X, LABELS, groups=np.arange(N) // 3)
    held = [set(part.groups) for part in parts(splits)]
    assert sum(map(len, held)) == len(set.union(*held)) == 10
    splits = from_arrays(X, LABELS, groups=np.arange(N) // 3, test=(X, LABELS))
    assert not set(splits.train.groups) & set(splits.validation.groups)
    assert len(splits.train) + len(splits.validation) == N


@pytest.mark.parametrize(
    ("dtype", "shape", "expected"),
    [
        (np.uint8, (N, 4, 5, 1), True),
        (np.float32, (N, 4, 5, 1), False),
        (np.uint8, (N, 4), False),
    ],
)
def test_bytes_of_images(dtype, shape, expected):
    assert from_arrays(np.zeros(shape, dtype), LABELS).raw_spec.eight_bit is expected


@pytest.mark.parametrize(
    ("test", "message"),
    [
        ((X[:3], LABELS[:2]), "same number of examples. Received: x: 3 rows, test: 2 rows"),
        ((X[:3, :1], LABELS[:3]), r"shape of the training part.*\(1,\), in training \(2,\)"),
        ((X[:3], [7, 7, 7]), "classes of the test part must occur in training.*'7'"),
        ((X[:3], ["0", "1", "2"]), "all be numbers"),
        ((X[:3], np.ones((3, 3))), "one value an example"),
        (X[:3], r"inputs and targets, \(x, y\)"),
        ((X[:0], LABELS[:0]), "at least one example"),
    ],
)
def test_malformed_official_part(test, message):
    with pytest.raises(DataError, match=message):
        from_arrays(X, LABELS, test=test)


def test_a_list_of_targets_is_one_for_each_output():
    x = np.random.default_rng(0).normal(size=(60, 4))
    y = [x[:, 0], (x[:, 1:2] > 0).astype("float32"), np.eye(3)[np.arange(60) % 3]]
    part = (x[:12], [one[:12] for one in y])
    splits = from_arrays(x, y, validation=part)
    assert [target.name for target in splits.raw_spec.targets] == ["y0", "y1", "y2"]
    handed = keras_targets(splits.validation.y, splits.raw_spec)
    assert isinstance(handed, list)
    for got, before in zip(handed, part[1], strict=True):
        assert got.shape == before.shape
        np.testing.assert_allclose(got, before, rtol=1e-6)
    alone = from_arrays(x, [y[0]]).raw_spec
    assert (alone.task, alone.target_list) == ("regression", False)
    rows = from_arrays(x, [np.array([0.5, 1.5]) + at for at in range(60)]).raw_spec
    assert (rows.joint, rows.target_list) == (True, False)
