"""What stands for a network is the same in every process, and another for another network."""

import importlib.util
import sys
from functools import partial

import keras
import numpy as np
import pytest

from dlrecipes.training import OneCycle
from dlrecipes.training.network_record import own_code, record_network


class Scaled(keras.layers.Layer):
    def __init__(self, factor=2.0, **arguments):
        super().__init__(**arguments)
        self.factor = factor

    def call(self, x):
        return self.factor * x


class Stepping(keras.Model):
    def train_step(self, data):
        return super().train_step(data)


def half(x):
    return x / 2


def _third(x):
    return x / 3


def _loss(power):
    def loss(y, prediction):
        return keras.ops.mean(keras.ops.abs(y - prediction) ** power)

    return loss


def _net(
    *,
    units=8,
    activation="relu",
    rate=0.1,
    seed=None,
    own=Scaled,
    function=half,
    model=keras.Model,
    skip=0,
    loss="mse",
    metric=keras.metrics.MeanAbsoluteError,
    optimizer=keras.optimizers.Adam,
    name=None,
    trainable=True,
):
    inputs = keras.Input((4,))
    first = keras.layers.Dense(
        units, activation, kernel_initializer=keras.initializers.HeNormal(seed)
    )
    second = keras.layers.Dense(units, name=name)
    second.trainable = trainable
    a = first(inputs)
    b = second(a)
    x = keras.layers.Add()([b, (a, b)[skip]])
    x = keras.layers.Dropout(rate, seed=seed)(x)
    x = keras.layers.Lambda(function)(own()(x))
    network = model(inputs, keras.layers.Dense(1)(x))
    network.compile(optimizer(1e-3), loss, metrics=[metric(), "mse"])
    return network


def _parts(**changes):
    return record_network({}, _net(**changes)).parts


@pytest.fixture(scope="module")
def plain():
    return _parts()


def test_numbered_names_seeds_and_initial_weights_do_not_matter(plain):
    for _ in range(3):
        keras.layers.Dense(3), keras.Sequential(), keras.metrics.AUC(), keras.layers.Add()
    assert _parts() == plain
    assert _parts(seed=7) == plain
    keras.utils.clear_session()
    assert _parts() == plain


CHANGES = {
    "units": ({"units": 9}, {"network"}),
    "activation": ({"activation": "tanh"}, {"network"}),
    "dropout": ({"rate": 0.2}, {"network"}),
    "another layer is added": ({"skip": 1}, {"network"}),
    "a name of one's own": ({"name": "hidden"}, set()),
    "frozen": ({"trainable": False}, {"network"}),
    "a layer's argument": ({"own": lambda: Scaled(3.0)}, {"network"}),
    "a function": ({"function": _third}, {"code"}),
    "a training step": ({"model": Stepping}, {"network", "code"}),
    "the loss": ({"loss": "mae"}, {"loss"}),
    "the loss's argument": ({"loss": keras.losses.Huber(2.0)}, {"loss"}),
    "a metric": ({"metric": keras.metrics.MeanSquaredLogarithmicError}, {"metrics"}),
    "the optimizer": ({"optimizer": keras.optimizers.Nadam}, {"optimizer"}),
    "its numbers": ({"optimizer": lambda r: keras.optimizers.Adam(r, 0.8)}, {"optimizer"}),
}


@pytest.mark.parametrize("case", CHANGES)
def test_what_changes_a_network(plain, case):
    changes, expected = CHANGES[case]
    parts = _parts(**changes)
    differs = {part for part in plain if parts[part] != plain[part]}
    if case in ("a layer's argument", "a function"):  # it may stand in the configuration, too
        assert differs & {"network", "code"}
    else:
        assert differs == expected


def test_what_a_function_closes_over(plain):
    assert _parts(loss=_loss(2)) == _parts(loss=_loss(2))
    assert _parts(loss=_loss(3))["code"] != _parts(loss=_loss(2))["code"]


class Weighed(keras.losses.Loss):
    """A loss whose configuration lacks its argument."""

    def __init__(self, by):
        super().__init__()
        self.by = by

    def call(self, y, prediction):
        return keras.ops.mean(self.by * keras.ops.abs(y - prediction), axis=-1)


def _of_array(table):
    def loss(y, prediction):
        return keras.ops.mean(table * keras.ops.abs(y - prediction))

    return loss


def _powered(y, prediction, power=1):
    return keras.ops.mean(keras.ops.abs(y - prediction) ** power)


@pytest.mark.parametrize(
    ("made", "other"),
    [
        (lambda: Weighed(1.0), lambda: Weighed(2.0)),
        (lambda: partial(_powered, power=1), lambda: partial(_powered, power=2)),
        (lambda: _of_array(np.ones(3)), lambda: _of_array(np.full(3, 2.0))),
        (lambda: _of_array([1.0, {"a": 2}]), lambda: _of_array([1.0, {"a": 3}])),
    ],
)
def test_numbers_that_no_configuration_shows(made, other):
    assert _parts(loss=made()) == _parts(loss=made())
    assert _parts(loss=made()) != _parts(loss=other())


def _kinds(of_biases, *, function=False):
    """SGD for all weights but biases, whose rate is given."""
    SGD = keras.optimizers.SGD

    def several(rate):
        others, biases = SGD(rate), SGD(of_biases)

        def kind_of(variable):
            return biases if variable.name == "bias" else others

        if function:
            return keras.optimizers.MultiOptimizer(kind_of)
        patterns = keras.optimizers.OptimizerMap(others, {".*/bias": biases})
        return keras.optimizers.MultiOptimizer(patterns)

    return several


@pytest.mark.parametrize("function", [False, True])
def test_several_optimizers(function):
    plain = _parts(optimizer=_kinds(0.5, function=function))
    assert _parts(optimizer=_kinds(0.5, function=function)) == plain
    other = _parts(optimizer=_kinds(0.25, function=function))
    assert {part for part in plain if plain[part] != other[part]} == {"optimizer"}


def test_what_has_moved_since_is_what_was_recorded(monkeypatch):
    def recorded():
        return _parts(optimizer=lambda rate: keras.optimizers.SGD(OneCycle(rate, 10)))

    now = recorded()
    monkeypatch.setattr(OneCycle, "__module__", "dlrecipes.training.one_cycle")
    assert recorded() == now


def test_a_large_table_is_read_at_once():
    def network(table):
        words = keras.layers.Embedding(
            len(table), 50, embeddings_initializer=keras.initializers.Constant(table)
        )
        model = keras.Sequential([keras.Input((3,), dtype="int32"), words, keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        return model

    table = np.random.default_rng(0).normal(size=(2000, 50)).astype("float32")
    other = table.copy()
    other[1000, 25] += 1
    first, again, changed = (
        record_network({}, network(one)).parts["network"] for one in (table, table, other)
    )
    assert first == again != changed


FILE = """
import keras

from dlrecipes.training.network_record import record_network

POWER = 2

def helper(x):
    return x ** POWER

class Own(keras.layers.Layer):
    def call(self, x):
        return helper(x)

keras.layers.Dense(2); keras.metrics.MeanSquaredError()
network = keras.Sequential([keras.Input((4,)), Own(), keras.layers.Lambda(lambda x: x + 1)])
network.compile("adam", "mse", metrics=["mae", keras.metrics.F1Score()])
"""


def _from_file(path, text):
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    sys.modules[path.stem] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return record_network({}, module.network).parts


COMMENTED = FILE.replace("    def call", '    """What it does."""\n\n    # why\n    def call')


def test_code_counts_without_comments_names_of_files_and_lines(tmp_path):
    plain = _from_file(tmp_path / "one.py", FILE)
    assert _from_file(tmp_path / "another.py", COMMENTED) == plain


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return helper(x)", "return helper(x) + 1"),
        ("POWER = 2", "POWER = 3"),
        ("x ** POWER", "x * POWER"),
        ("lambda x: x + 1", "lambda x: x + 2"),
    ],
)
def test_code_that_a_network_runs(tmp_path, old, new):
    plain = _from_file(tmp_path / "one.py", FILE)
    other = _from_file(tmp_path / "one.py", FILE.replace(old, new))
    assert {part for part in plain if other[part] != plain[part]} == {"code"}


@pytest.mark.slow
def test_in_another_process(tmp_path, python):
    plain = _from_file(tmp_path / "one.py", FILE)
    (tmp_path / "two.py").write_text(COMMENTED.replace("keras.layers.Dense(2); ", ""))
    code = (
        "import sys; sys.path.insert(0, '.'); import two; "
        "print(sorted(two.record_network({}, two.network).parts.items()))"
    )
    assert python(code, cwd=tmp_path).strip() == str(sorted(plain.items()))


def test_code_without_source():
    namespace = {}
    exec("def plus(x):\n    return x + 1\n\ndef minus(x):\n    return x - 1\n", namespace)
    namespace["plus"].__module__ = namespace["minus"].__module__ = "notebook"
    first, second = own_code([namespace["plus"]]), own_code([namespace["minus"]])
    assert first == own_code([namespace["plus"]])
    assert len(first) == 1
    assert first[0].split("\n")[1:] != second[0].split("\n")[1:]


def test_library_code_does_not_count():
    assert own_code([keras.layers.Dense, keras.ops.relu, len, print]) == []
