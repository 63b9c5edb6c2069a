import keras
import numpy as np
import pytest
import tensorflow as tf

from dlrecipes.data import from_arrays, from_dataset, keras_targets
from dlrecipes.data.parts.sealed_split import _peek
from dlrecipes.errors import DataError

ROWS = 60


def arrays(rows=ROWS, seed=0):
    generator = np.random.default_rng(seed)
    return generator.normal(size=(rows, 4)).astype("float32"), np.arange(rows) % 3


@pytest.mark.parametrize("batch", [None, 7, 60])
def test_as_from_arrays(batch):
    x, y = arrays()
    dataset = tf.data.Dataset.from_tensor_slices((x, y))
    dataset = dataset if batch is None else dataset.batch(batch)
    splits, expected = from_dataset(dataset, name="rows"), from_arrays(x, y, name="rows")
    assert splits.raw_spec == expected.raw_spec
    assert splits.test.fingerprint == expected.test.fingerprint
    np.testing.assert_array_equal(splits.train.x, expected.train.x)


def test_given_parts_and_images():
    generator = np.random.default_rng(0)
    parts = []
    for rows in (30, 12, 9):
        x = generator.integers(0, 255, (rows, 5, 4, 1), dtype=np.uint8)
        parts.append((x, np.array(["cat", "dog", "ant"])[np.arange(rows) % 3]))
    sets = [tf.data.Dataset.from_tensor_slices(part).batch(4) for part in parts]
    splits = from_dataset(*sets)
    assert splits.raw_spec.target.class_names == ("ant", "cat", "dog")
    assert (splits.raw_spec.kind, splits.raw_spec.eight_bit) == ("image", True)
    for (x, y), part in zip(
        parts, (splits.train, splits.validation, _peek(splits.test)), strict=True
    ):
        np.testing.assert_array_equal(part.x, x.astype("float32"))
        np.testing.assert_array_equal(np.array(splits.raw_spec.target.class_names)[part.y], y)


def test_one_number_an_example_and_targets_as_a_column():
    x, _ = arrays()
    dataset = tf.data.Dataset.from_tensor_slices((x[:, :1], x[:, :1] * 3)).batch(8)
    splits = from_dataset(dataset)
    assert splits.raw_spec.task == "regression"
    np.testing.assert_allclose(splits.train.y, splits.train.array[:, 0] * 3)


@pytest.mark.parametrize("given", [("train",), ("train", "test"), ("train", "validation", "test")])
def test_columns_with_weights(given):
    def dataset(rows):
        age = np.arange(rows, dtype="float32")
        features = {"age": age, "job": np.where(age % 2 == 0, "cook", "clerk")}
        return tf.data.Dataset.from_tensor_slices((features, age % 2 == 0, age / 10)).batch(16)

    splits = from_dataset(**{part: dataset(60) for part in given}, target="left")
    assert splits.raw_spec.task == "binary"
    assert {column.name: column.kind for column in splits.raw_spec.columns} == {
        "age": "number",
        "job": "category",
    }
    parts = splits.train, splits.validation
    sizes = {1: (36, 12), 2: (48, 12), 3: (60, 60)}[len(given)]
    assert tuple(map(len, parts)) == sizes
    for part in parts:
        np.testing.assert_allclose(part.sample_weight, part.x["age"] / 10, rtol=1e-6)
        np.testing.assert_array_equal(part.y, part.x["age"] % 2 == 0)


@pytest.mark.parametrize("given", [("train",), ("train", "validation")])
def test_arrays_with_weights(given):
    x, y = arrays()
    dataset = tf.data.Dataset.from_tensor_slices((x, y, np.abs(x[:, :1])))
    splits = from_dataset(**dict.fromkeys(given, dataset))
    for part in (splits.train, splits.validation):
        np.testing.assert_array_equal(part.sample_weight, np.abs(part.array[:, 0]))
    if "validation" in given:  # one without weights counts each example once
        splits = from_dataset(dataset, tf.data.Dataset.from_tensor_slices((x, y)))
        np.testing.assert_array_equal(splits.validation.sample_weight, np.ones(len(x)))
        train = splits.train
        np.testing.assert_array_equal(train.sample_weight, np.abs(train.array[:, 0]))


def test_a_validation_part_and_columns_without_a_test_part():
    features = {"age": np.arange(40, dtype="float32")}
    dataset = tf.data.Dataset.from_tensor_slices((features, np.arange(40) % 2))
    splits = from_dataset(dataset, dataset, classes=["no", "yes"], test_fraction=0.25)
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (30, 40, 10)
    assert splits.raw_spec.target.class_names == ("no", "yes")


def test_texts():
    words = [f"number {at} of many words" for at in range(60)]
    dataset = tf.data.Dataset.from_tensor_slices((words, np.arange(60) % 2))
    splits = from_dataset(dataset, kinds={"text": "text"})
    assert sorted([*splits.train.x["text"], *splits.validation.x["text"]])[0].startswith("number")
    assert splits.raw_spec.columns[0].kind == "text"
    plain = from_dataset(dataset)  # for a network that takes text
    assert (plain.raw_spec.kind, plain.raw_spec.input_dtype) == ("array", "string")
    assert plain.train.x[0].startswith("number")


@pytest.mark.parametrize("x", ["an array", "columns"])
def test_a_tuple_of_targets_is_one_for_each_output(x):
    number = np.arange(60, dtype="float32")
    inputs = number[:, None] if x == "an array" else {"age": number, "job": number.astype(str)}
    y = (number * 2, (number[:, None] % 2))
    given = tf.data.Dataset.from_tensor_slices((inputs, y)).batch(16)
    splits = from_dataset(given, given)
    assert [target.name for target in splits.raw_spec.targets] == ["y0", "y1"]
    first, second = keras_targets(splits.validation.y, splits.raw_spec)
    np.testing.assert_array_equal(first, y[0])
    np.testing.assert_array_equal(second, y[1])


def test_lists_of_targets_in_a_generator():
    x = np.arange(60, dtype="float32")[:, None]
    batches = ((x[at : at + 20], [x[at : at + 20, 0], x[at : at + 20] * 3]) for at in (0, 20, 40))
    splits = from_dataset(batches)
    first, second = keras_targets(splits.train.y, splits.raw_spec)
    np.testing.assert_array_equal(second, first[:, None] * 3)


def endless():
    while True:
        yield np.zeros(1000, "float32"), 1


def ragged():
    for at in range(6):
        yield np.zeros(3 + at, "float32"), at % 2


def broken():
    yield np.zeros(3, "float32"), 1
    raise ValueError("the disk is gone")


def generated(function, shape=(None,)):
    signature = tf.TensorSpec(shape, tf.float32), tf.TensorSpec((), tf.int64)
    return tf.data.Dataset.from_generator(function, output_signature=signature)


X, Y = arrays()
NUMBER = np.arange(ROWS)
WORD = np.array(["one", "two"])[NUMBER % 2]
SEVERAL = {"image": X.reshape(ROWS, 2, 2, 1), "number": NUMBER, "word": WORD}


class Batches(keras.utils.PyDataset):
    """Batches of seven, as Keras' users write them."""

    def __init__(self, x, y):
        super().__init__()
        self.x, self.y = x, y

    def __len__(self):
        return -(-ROWS // 7)

    def __getitem__(self, batch):
        rows = slice(7 * batch, 7 * batch + 7)
        return keras.tree.map_structure(lambda values: values[rows], (self.x, self.y))


@pytest.mark.parametrize("given", [SEVERAL, tuple(SEVERAL.values())])
@pytest.mark.parametrize(
    "make",
    [
        lambda x, y: tf.data.Dataset.from_tensor_slices((x, y)),
        lambda x, y: tf.data.Dataset.from_tensor_slices((x, y)).batch(8),
        Batches,
        lambda x, y: iter([(x, y)]),
    ],
)
def test_several_inputs_as_from_arrays(make, given):
    splits = from_dataset(make(given, Y))
    expected = from_arrays(given if isinstance(given, dict) else list(given), Y)
    assert splits.raw_spec == expected.raw_spec
    assert splits.test.fingerprint == expected.test.fingerprint
    for name, values in expected.train.x.items():
        np.testing.assert_array_equal(splits.train.x[name], values)


def test_a_dictionary_of_numbers_is_a_table_unless_said():
    dataset = tf.data.Dataset.from_tensor_slices(({"number": X[:, 0], "word": WORD}, Y))
    assert [column.name for column in from_dataset(dataset).raw_spec.columns] == ["number", "word"]
    inputs = from_dataset(dataset, kind="inputs").raw_spec.inputs
    assert [(one.name, one.dtype) for one in inputs] == [("number", "float32"), ("word", "string")]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: (X, Y), "must be a tf.data.Dataset.*tuple"),
        (lambda: tf.data.Dataset.from_tensor_slices((X, Y)).repeat(), "must have an end.*`.repeat"),
        (lambda: generated(endless, (1000,)), "fit into memory: 1 MB.*may have no end"),
        (lambda: tf.data.Dataset.from_tensor_slices((X, Y)).take(0), "at least one example"),
        (lambda: tf.data.Dataset.from_tensor_slices(X), "must be \\(x, y\\)"),
        (lambda: tf.data.Dataset.from_tensor_slices({"image": X, "label": Y}), "Map it first"),
        (
            lambda: tf.data.Dataset.from_tensor_slices(
                (tf.ragged.constant([[1.0], [2.0, 3.0]]), [0, 1])
            ),
            "no ragged, sparse or nested ones",
        ),
        (lambda: generated(ragged), "one shape"),
        (lambda: generated(ragged).batch(1), "one shape"),
        (lambda: generated(broken, (3,)), "readable to its end.*the disk is gone"),
        (lambda: generated(ragged, None), "shapes of a data set must be known"),
        (lambda: tf.data.Dataset.from_tensor_slices(({"target": Y}, Y)), "not be among the feat"),
        (lambda: tf.data.Dataset.from_tensor_slices((X, Y, -np.ones(ROWS))), "A weight must be"),
        (
            lambda: tf.data.Dataset.from_tensor_slices((X, np.ones((ROWS, 3)))),
            "'y0' cannot be learned.*only '1' in 60 examples",
        ),
    ],
)
def test_wrong(make, message):
    with pytest.raises(DataError, match=message):
        from_dataset(make(), most_megabytes=1)


def test_parts_that_do_not_fit():
    array = tf.data.Dataset.from_tensor_slices((X, Y))
    columns = tf.data.Dataset.from_tensor_slices(({"a": X[:, 0]}, Y))
    with pytest.raises(DataError, match="same features.*train: an array; test: a"):
        from_dataset(array, test=columns)


class TestSeveralTargets:
    def given(self, columns, rows=ROWS, batch=None):
        x, y = arrays(rows)
        inputs = {"a": x[:, 0], "b": x[:, 1]} if columns else x
        targets = {"kind": np.array(["u", "v", "w"])[y], "sum": x.sum(axis=1)}
        dataset = tf.data.Dataset.from_tensor_slices((inputs, targets))
        return dataset if batch is None else dataset.batch(batch)

    @pytest.mark.parametrize("columns", [True, False])
    @pytest.mark.parametrize("batch", [None, 7])
    def test_a_dictionary(self, columns, batch):
        dataset = self.given(columns, batch=batch)
        splits = from_dataset(dataset, task={"kind": "ordinal"}, classes={"kind": ["w", "u", "v"]})
        assert [target.name for target in splits.raw_spec.targets] == ["kind", "sum"]
        assert splits.raw_spec.targets[0].class_names == ("w", "u", "v")
        x, y = arrays()
        np.testing.assert_allclose(splits.train.y[:, 1], x.sum(axis=1)[splits.train.ids], rtol=1e-5)
        np.testing.assert_array_equal(
            splits.train.y[:, 0], np.array([1, 2, 0])[y][splits.train.ids]
        )

    @pytest.mark.parametrize("columns", [True, False])
    def test_parts_of_other_targets(self, columns):
        x, y = arrays(9)
        inputs = {"a": x[:, 0], "b": x[:, 1]} if columns else x
        test = tf.data.Dataset.from_tensor_slices((inputs, y))
        with pytest.raises(DataError, match="same targets"):
            from_dataset(self.given(columns), test=test)
