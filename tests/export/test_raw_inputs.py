"""Columns of any name: valid names in the SavedModel, which it says itself, and no two swapped."""

import json
import keyword
import re
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given, settings, strategies as st

from dlrecipes.data import Columns
from dlrecipes.errors import DataError
from dlrecipes.export import (
    build_inference_model,
    export_saved_model,
    load_model,
    predict,
    predict_saved_model,
)
from dlrecipes.export.raw_inputs import input_names, output_prefixes, serving_names
from dlrecipes.models import build_multitask
from dlrecipes.results import ClassTarget, Column, DataSpec, ValueTarget
from dlrecipes.targets import loss_and_metrics

NASTY = [
    *("class", "from", "self", "None", "True", "lambda", "async", "match", "__class__", "_x"),
    *("x", "inputs", "training", "name", "args", "kwargs", "cls", "shape", "class_name"),
    *("1", "007", "3.5", "", " ", "+", "%", "größe", "年齢", "体重", "é", "e\u0301"),
    *("Sex", "sex", "SEX", "n" * 300, "N" * 300, "a b", "a_b", "A_b_2", "column_a", "a", "a\nb"),
    *("column_class", "a/b", "a\\b", "a:b", "a.b", "a-b", "a[0]", "{a}", "it's", '"q"', "x.npy"),
    *("columns", "targets", "serving_default", "a\0b", "value", "label", "None_2"),
]
names = st.lists(st.text(max_size=12) | st.sampled_from(NASTY), unique=True, max_size=30)


@settings(deadline=None, max_examples=100)
@example(NASTY)
@example([f"{letter}{number}" for number in range(150) for letter in "aA"])
@given(names)
def test_names_are_parameters_and_all_different(columns):
    for named in (serving_names(columns), output_prefixes(columns)):
        assert list(named) == columns
        assert len({name.lower() for name in named.values()}) == len(columns)
        assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) for name in named.values())
    served = serving_names(columns).values()
    assert not any(keyword.iskeyword(name) or name == "self" for name in served)
    assert len(set(input_names(columns).values())) == len(columns)


def test_ordinary_names_stay():
    columns = ["age", "Fare", "sex_2", "x"]
    assert serving_names(columns) == {name: name for name in columns}
    assert output_prefixes(["class", "price"]) == {"class": "class", "price": "price"}


@keras.saving.register_keras_serializable(package="test_serving_names")
class Side(keras.layers.Layer):
    """The columns side by side, numbers as they are and texts by their lengths."""

    def __init__(self, columns, **kwargs):
        super().__init__(**kwargs)
        self.columns = columns

    def call(self, inputs):
        given = [inputs[name] for name in self.columns]
        numbers = [one if one.dtype == tf.float32 else tf.strings.length(one) for one in given]
        return tf.stack([tf.cast(one, tf.float32) for one in numbers], axis=-1)

    def compute_output_shape(self, input_shape):
        return (None, len(self.columns))

    def get_config(self):
        return {**super().get_config(), "columns": self.columns}


def of_columns(columns, targets=()):
    return DataSpec(
        name="odd",
        input_shape=(len(columns),),
        input_dtype="columns",
        kind="table",
        train_size=10,
        columns=tuple(
            Column(name, "category" if at % 3 == 1 else "number") for at, name in enumerate(columns)
        ),
        targets=targets or (ValueTarget(),),
    )


def some_rows(columns, rows=4):
    """Values that differ from column to column and from row to row."""
    cells = {}
    for at, name in enumerate(columns):
        numbers = [rows * at + row + 1 for row in range(rows)]
        cells[name] = ["t" * number for number in numbers] if at % 3 == 1 else numbers
    return Columns(cells)


def weighted_sum(columns):
    """A model whose answer tells apart which column has which value."""
    spec = of_columns(columns)
    network = keras.Sequential([keras.Input((len(columns),)), keras.layers.Dense(1)])
    network.compile("sgd", "mse")
    weights = np.random.default_rng(0).normal(size=(len(columns), 1))
    network.set_weights([weights, np.zeros(1)])
    model = build_inference_model(network, Side(list(columns)), spec, spec)
    values = 4 * np.arange(len(columns))[np.newaxis] + np.arange(4)[:, np.newaxis] + 1
    return model, spec, (values @ weights)[:, 0]


SERVE = """
import json, sys
import tensorflow as tf

loaded = tf.saved_model.load(sys.argv[1])
told = {key: value.numpy() for key, value in loaded.signatures["columns"]().items()}
taken = {key.decode(): name.decode() for key, name in zip(told["name"], told["input"])}
kinds = {key.decode(): kind.decode() for key, kind in zip(told["name"], told["dtype"])}
cells = json.loads(sys.stdin.read())
given = {taken[name]: tf.constant(some, kinds[name]) for name, some in cells.items()}
print(json.dumps(loaded.signatures["serving_default"](**given)["value"].numpy().tolist()))
assert not any(name.startswith("dlrecipes") for name in sys.modules)
"""


def test_columns_of_nasty_names_keep_their_values(tmp_path):
    model, spec, expected = weighted_sum(NASTY)
    x = some_rows(NASTY)
    model.save(tmp_path / "m.keras")
    loaded = load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(predict(loaded, x), expected, rtol=1e-4)
    export_saved_model(loaded, tmp_path / "m", spec)
    np.testing.assert_allclose(predict_saved_model(tmp_path / "m", x), expected, rtol=1e-4)
    # In another order the columns are still those of their names.
    mixed = Columns({name: x[name] for name in reversed(NASTY)})
    np.testing.assert_allclose(predict_saved_model(tmp_path / "m", mixed), expected, rtol=1e-4)


@pytest.mark.slow
def test_whoever_has_only_tensorflow_finds_the_names(tmp_path):
    model, spec, expected = weighted_sum(NASTY)
    export_saved_model(model, tmp_path / "m", spec)
    cells = {name: some.tolist() for name, some in some_rows(NASTY).items()}
    done = subprocess.run(
        [sys.executable, "-c", SERVE, tmp_path / "m"],
        input=json.dumps(cells),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(json.loads(done.stdout), expected, rtol=1e-4)


@settings(deadline=None, max_examples=3, derandomize=True)
@given(names.filter(len))
def test_any_names_keep_their_values(tmp_path_factory, columns):
    model, spec, expected = weighted_sum(columns)
    path = tmp_path_factory.mktemp("any") / "m"
    export_saved_model(model, path, spec)
    found = predict_saved_model(path, some_rows(columns))
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_targets_of_any_names_keep_their_answers(tmp_path):
    shown = ["class", "label", "value", "None", "Sex", "sex", "a_class"]
    targets = tuple(
        ValueTarget(name, known=9, std=1.0)
        if at % 2
        else ClassTarget(name, priors=(0.2, 0.3, 0.5), known=9, class_names=("a", "from", ""))
        for at, name in enumerate(shown)
    )
    spec = of_columns(["class", "b"], targets)
    keras.utils.set_random_seed(0)  # else all units of the hidden layer may be silent
    network = build_multitask((2,), targets, hidden_units=(16,))
    network.compile("sgd", **loss_and_metrics(targets))
    model = build_inference_model(network, Side(["class", "b"]), spec, spec)
    x = some_rows(["class", "b"])
    export_saved_model(model, tmp_path / "m", spec)
    found = predict_saved_model(tmp_path / "m", x)
    np.testing.assert_allclose(found, predict(model, x), rtol=1e-4, atol=1e-6)
    assert len(np.unique(found[0].round(6))) > len(shown)


def test_two_names_that_keras_cannot_save_together():
    with pytest.raises(DataError, match=r"'class_name' and 'config'.*Rename one.*drop"):
        weighted_sum(["class_name", "b", "config"])
