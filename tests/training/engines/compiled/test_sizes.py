"""Networks that differ in their sizes are trained by one graph, each as Keras trains it alone."""

from dataclasses import dataclass

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlrecipes.layers import (
    FeatureScaling,
    InvertedDropout,
    NTKDense,
    ParametricActivation,
    PeriodicBiasEmbedding,
    ResidualBlock,
    ScheduledDropout,
)
from dlrecipes.losses import FocalLoss, MaskedLoss
from dlrecipes.training.engines.compiled.device_data import DeviceData
from dlrecipes.training.engines.compiled.leaves import find_leaves
from dlrecipes.training.engines.compiled.map_members import Layout
from dlrecipes.training.engines.compiled.member import Member, State
from dlrecipes.training.engines.compiled.member_metrics import MemberMetrics
from dlrecipes.training.engines.compiled.program import Program
from dlrecipes.training.engines.compiled.sizes import (
    fits,
    is_told_by_its_configuration,
    open_shapes,
    without_sizes,
)
from dlrecipes.training.engines.compiled.structure import describe, key_of
from dlrecipes.training.schedules import CosLog4, FlatCos, ScheduledAdamW

LAYERS, OPTIMIZERS, REGULARIZERS = keras.layers, keras.optimizers, keras.regularizers
SCHEDULES = OPTIMIZERS.schedules
# Each its widths and the factor of its numbers.
MEMBERS = ((5, 1.0), (8, 0.5), (1, 0.75))
SPARSE = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


@dataclass
class _Part:
    """Like a `Split`, with inputs and targets as Keras is given them."""

    x: object
    y: object
    sample_weight: np.ndarray | None = None

    @property
    def inputs(self):
        return self.x

    def __len__(self):
        return len(keras.tree.flatten(self.y)[0])


def _rows(values, rows):
    return keras.tree.map_structure(lambda one: one[rows], values)


class _Family:
    """The members of a family and the program that trains all of them.

    Args:
        models: Compiled models that differ in sizes and numbers.
        train: Training data.
        validation: Validation data.
    """

    def __init__(self, models, train, validation):
        self.models, self.train, self.validation = models, train, validation
        few = slice(8)
        weight = train.sample_weight
        self.few = (
            keras.tree.map_structure(tf.constant, _rows(train.x, few)),
            _rows(train.y, few),
            None if weight is None else weight[few],
        )
        leaves = [
            {
                path: leaf
                for path, leaf in sorted(find_leaves(model).items())
                # Keras takes 0.9 and the like in float32, whatever the float type.
                if leaf.value and not leaf.echo and float(np.float32(leaf.value)) == leaf.value
            }
            for model in models
        ]
        self.members = [
            Member(model, list(found.values())) for model, found in zip(models, leaves, strict=True)
        ]
        self.numbers = [[leaf.value for leaf in found.values()] for found in leaves]
        for member in self.members:
            member.build_loss(*self.few[:2])
        self.initial = [
            member.initial(model) for member, model in zip(self.members, models, strict=True)
        ]
        self.keys = [
            key_of(
                {**without_sizes(model, describe(model)), **dict.fromkeys(found, "a number")}, set()
            )
            for model, found in zip(models, leaves, strict=True)
        ]

    @property
    def one(self):
        """Whether the networks may be one family."""
        return len(set(self.keys)) == 1

    def shapes(self):
        return open_shapes(self.members[0], self.few)

    def program(self, batch_size=16):
        first = self.members[0]
        program = Program(
            first,
            MemberMetrics(first.model, self.few[1], first.model(self.few[0], training=False)),
            DeviceData.of(self.train, self.train.y),
            DeviceData.of(self.validation, self.validation.y),
            batch_size,
            Layout(threads=1),
            self.shapes(),
        )
        program.prepare(*self.start(0))
        return program

    def start(self, member):
        """Return where a member begins: its state and its numbers, for one slot."""
        state = State(
            *([tf.constant(array[np.newaxis]) for array in group] for group in self.initial[member])
        )
        return state, [np.array([number]) for number in self.numbers[member]]


@pytest.fixture
def family(built):
    """`family(build, train, validation)`: a family of `build(width, a)`."""

    def make(build, train, validation, members=MEMBERS):
        return _Family(
            built(lambda one: build(one[0], lambda number: number * one[1]), members),
            train,
            validation,
        )

    return make


@pytest.fixture
def check(family, side_by_side):
    """`check(build, train, validation)`: every member of a family is equal to Keras alone."""

    def compare(build, train, validation, *, members=MEMBERS, epochs=2, rtol=1e-9):
        found = family(build, train, validation, members)
        assert found.one
        assert is_told_by_its_configuration(describe(found.models[0]))
        assert all(fits(found.shapes(), initial) for initial in found.initial)
        program = found.program()
        for at, model in enumerate(found.models):
            assert program.agrees(found.members[at], found.initial[at], found.numbers[at])
            pair = side_by_side([model], train, validation, stacked=False)
            pair.program = program
            pair.state, pair.numbers = found.start(at)
            pair.check(epochs, rtol=rtol)
        return found

    return compare


def _compiled(model, optimizer=None, loss=SPARSE, metrics=("accuracy",), **options):
    model.compile(
        optimizer or OPTIMIZERS.SGD(1 / 16), loss, metrics=metrics, jit_compile=False, **options
    )
    return model


def _net(shape, *layers, **options):
    return _compiled(keras.Sequential([keras.Input(shape), *layers]), **options)


def _mlp(width, a, optimizer=None, **options):
    return _net(
        (6,),
        LAYERS.Dense(width + 2, "relu", **options),
        LAYERS.Dropout(a(0.25)),
        LAYERS.Dense(width, "silu"),
        LAYERS.Dense(3),
        optimizer=optimizer,
    )


def _residual(width, a):
    inputs = keras.Input((6,))
    x = LAYERS.Dense(width, "gelu", activity_regularizer=REGULARIZERS.L2(a(1 / 64)))(inputs)
    x = LAYERS.Add()([x, InvertedDropout(a(0.25))(LAYERS.Dense(width, "tanh")(x))])
    product = LAYERS.Dot(1)([x, LAYERS.Dense(width)(inputs)])
    x = LAYERS.Concatenate()([x, inputs, LAYERS.Dense(2 * width)(inputs), product])
    return _compiled(keras.Model(inputs, LAYERS.Dense(3)(LAYERS.UnitNormalization()(x))))


def _normalized(width, a):
    normal = LAYERS.BatchNormalization(momentum=0.75)
    return _net((6,), LAYERS.Dense(width, use_bias=False), normal, LAYERS.ReLU(), LAYERS.Dense(3))


def _frozen(width, a):
    still = LAYERS.BatchNormalization(trainable=False)
    return _net((6,), LAYERS.Dense(width, trainable=False), still, LAYERS.Dense(3))


def _convolutional(width, a):
    return _net(
        (8, 8, 1),
        LAYERS.Conv2D(width, 3, activation="relu", kernel_regularizer=REGULARIZERS.L1(a(1 / 64))),
        LAYERS.BatchNormalization(momentum=0.75),
        LAYERS.MaxPooling2D(),
        LAYERS.SpatialDropout2D(a(0.25)),
        LAYERS.Conv2D(2 * width, 2),
        LAYERS.Flatten(),
        LAYERS.Dense(width),
        LAYERS.Dense(3),
    )


def _fully_convolutional(width, a):
    return _net(
        (8, 8, 1),
        LAYERS.Conv2D(width, 3, activation="relu"),
        ResidualBlock(width + 1, dropout_rate=0.25),
        LAYERS.Conv2D(3, 1),
        LAYERS.GlobalAveragePooling2D(),
    )


def _for_tables(width, a):
    penalty = REGULARIZERS.L2(a(1 / 64))
    return _net(
        (6,),
        PeriodicBiasEmbedding(3, 4),
        FeatureScaling(),
        NTKDense(width, kernel_regularizer=penalty),
        ParametricActivation("selu"),
        LAYERS.Dropout(a(0.25)),
        NTKDense(2 * width, use_bias=False),
        FeatureScaling(),
        NTKDense(3),
    )


def _softmax(width, a):
    return _net(
        (6,),
        LAYERS.Dense(width, "relu"),
        LAYERS.Dense(3),
        LAYERS.Activation("softmax"),
        loss="sparse_categorical_crossentropy",
    )


def _rates_by_kind(width, a):
    def kind_of(variable):
        return biases if variable.name == "bias" else others

    others = ScheduledAdamW(CosLog4(a(1 / 64), 10), FlatCos(a(1 / 8), 10), clipnorm=a(0.125))
    biases = OPTIMIZERS.SGD(a(1 / 16), momentum=a(0.5))
    return _net(
        (6,),
        LAYERS.Dense(width, "relu"),
        ScheduledDropout(FlatCos(a(0.25), 10)),
        LAYERS.Dense(3),
        optimizer=OPTIMIZERS.MultiOptimizer(kind_of),
    )


def _schedule(a):
    return SCHEDULES.PiecewiseConstantDecay([4, 9], [1 / 16, 1 / 32, 1 / 64])


CASES = {
    "momentum": lambda width, a: _mlp(width, a, OPTIMIZERS.SGD(a(1 / 16), momentum=a(0.5))),
    "adamw, clipped": lambda width, a: _mlp(
        width,
        a,
        OPTIMIZERS.AdamW(a(1 / 64), weight_decay=a(1 / 32), clipnorm=a(0.125)),
        kernel_regularizer=REGULARIZERS.L2(a(1 / 64)),
    ),
    "rmsprop, clipped together": lambda width, a: _mlp(
        width,
        a,
        OPTIMIZERS.RMSprop(a(1 / 64), momentum=0.5, global_clipnorm=a(0.25)),
        kernel_constraint=keras.constraints.MaxNorm(0.75),
    ),
    "by a schedule": lambda width, a: _mlp(width, a, OPTIMIZERS.Adam(_schedule(a))),
    "rates by kind": _rates_by_kind,
    "residual": _residual,
    "batch normalization": _normalized,
    "frozen": _frozen,
    "convolutional": _convolutional,
    "fully convolutional": _fully_convolutional,
    "for tables": _for_tables,
    "an activation at last": _softmax,
}
FAST = ("adamw, clipped", "batch normalization")


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    "name", [one if one in FAST else pytest.param(one, marks=pytest.mark.slow) for one in CASES]
)
def test_equal_to_keras(name, check, examples):
    shape = (8, 8, 1) if "convolutional" in name else (6,)
    check(
        CASES[name],
        examples(shape=shape, weighted=True),
        examples(examples=40, shape=shape, weighted=True, seed=1),
    )


@pytest.mark.slow
@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("units", [1, 2])
@pytest.mark.parametrize("last", [(), (LAYERS.Activation, "sigmoid"), (LAYERS.Rescaling, 2.0)])
def test_one_number_put_out(units, last, check, examples):
    """Keras asks how many there are, to bring targets and outputs to one shape."""

    def build(width, a):
        layers = [
            LAYERS.Dense(width, "tanh"),
            LAYERS.Dense(units),
            *(last[:1] and [last[0](last[1])]),
        ]
        return _net((6,), *layers, loss="mse", metrics=["mae"])

    parts = [examples("real"), examples("real", examples=40, seed=1)]
    if units > 1:
        parts = [_Part(one.x, np.stack([one.y, -one.y], 1)) for one in parts]
    check(build, *parts)


@pytest.mark.slow
@pytest.mark.usefixtures("float64")
def test_embeddings(check, examples):
    def build(width, a):
        x = inputs = keras.Input((5,), dtype="int64")
        x = LAYERS.SpatialDropout1D(a(0.25))(LAYERS.Embedding(20, width)(x))
        x = LAYERS.GlobalAveragePooling1D()(LAYERS.Conv1D(width, 2, activation="relu")(x))
        return _compiled(keras.Model(inputs, LAYERS.Dense(3)(x)), OPTIMIZERS.Adam(a(1 / 64)))

    check(build, *(examples(shape=(5,), tokens=True, examples=n, seed=n) for n in (72, 40)))


@pytest.mark.slow
@pytest.mark.usefixtures("float64")
def test_several_inputs_and_outputs(check):
    def build(width, a):
        inputs = {
            "tokens": keras.Input((3,), dtype="int64", name="tokens"),
            "numbers": keras.Input((2,), name="numbers"),
        }
        words = LAYERS.Flatten()(LAYERS.Embedding(5, width)(inputs["tokens"]))
        x = LAYERS.Dense(2 * width, "tanh")(LAYERS.concatenate([words, inputs["numbers"]]))
        # ---- a head that others follow
        age = LAYERS.Dense(1, name="age")(x)
        grade = LAYERS.Dense(3, name="grade")(LAYERS.Concatenate()([x, LAYERS.ReLU()(age)]))
        return _compiled(
            keras.Model(inputs, {"age": age, "grade": grade}),
            OPTIMIZERS.Adam(a(1 / 64)),
            loss={
                "grade": MaskedLoss(FocalLoss("sparse", a(2))),
                "age": MaskedLoss(keras.losses.Huber(a(1))),
            },
            loss_weights={"grade": a(0.5), "age": 2.0},
            metrics=None,
        )

    def part(examples):
        generator = np.random.default_rng(examples)
        tokens = generator.integers(0, 5, (examples, 3))
        numbers = generator.normal(size=(examples, 2))
        grade, age = (tokens[:, 0] % 3).astype(float), 2 * numbers[:, 0]
        grade[::3], age[1::4] = np.nan, np.nan
        y = {"grade": grade[:, np.newaxis], "age": age[:, np.newaxis]}
        return _Part({"tokens": tokens, "numbers": numbers}, y)

    check(build, part(72), part(40))


# ---- what is no family


def _attention(width):
    inputs = keras.Input((3, 2))
    x = LAYERS.MultiHeadAttention(2, width)(inputs, inputs)
    return _compiled(keras.Model(inputs, LAYERS.Dense(3)(LAYERS.Flatten()(x))))


def _through(function):
    """A network in which something is done with the width."""

    def build(width):
        inputs = keras.Input((6,))
        return _compiled(
            keras.Model(inputs, LAYERS.Dense(3)(function(LAYERS.Dense(width)(inputs), width)))
        )

    return build


def _nested(width):
    inner = keras.Sequential([keras.Input((6,)), LAYERS.Dense(width), LAYERS.Dense(6)])
    return _net((6,), LAYERS.Dense(6), inner, LAYERS.Dense(3))


class _Whole(keras.Sequential):
    def train_step(self, data):
        return super().train_step(data)


def _penalty(width):
    def penalty(kernel):
        return keras.ops.sum(kernel**2) / width

    return _net((6,), LAYERS.Dense(width, kernel_regularizer=penalty), LAYERS.Dense(3))


def _scaled_loss(width):
    def loss(y, outputs):
        return SPARSE(y, outputs) / width

    return _net((6,), LAYERS.Dense(width), LAYERS.Dense(3), loss=loss)


KNOWS_ITS_SIZES = {
    "layer normalization": lambda width: _net(
        (6,), LAYERS.Dense(width), LAYERS.LayerNormalization(), LAYERS.Dense(3)
    ),
    "group normalization": lambda width: _net(
        (6,), LAYERS.Dense(width), LAYERS.GroupNormalization(-1), LAYERS.Dense(3)
    ),
    "recurrent": lambda width: _net((3, 2), LAYERS.GRU(width), LAYERS.Dense(3)),
    "heads": _attention,
    "separable": lambda width: _net(
        (6, 6, 1), LAYERS.SeparableConv2D(width, 3), LAYERS.GlobalMaxPooling2D(), LAYERS.Dense(3)
    ),
    "groups": lambda width: _net(
        (6, 6, 2), LAYERS.Conv2D(2 * width, 3, groups=2), LAYERS.Flatten(), LAYERS.Dense(3)
    ),
    "wrapped": lambda width: _net(
        (3, 2), LAYERS.TimeDistributed(LAYERS.Dense(width)), LAYERS.Flatten(), LAYERS.Dense(3)
    ),
    "reshaped": lambda width: _net(
        (6,), LAYERS.Dense(2 * width), LAYERS.Reshape((width, 2)), LAYERS.Flatten(), LAYERS.Dense(3)
    ),
    "nested": _nested,
    "divided": _through(lambda x, width: x / width),
    "divided by the shape": _through(lambda x, width: x * (1 / x.shape[-1])),
    "rescaled": _through(lambda x, width: LAYERS.Rescaling(1 / width)(x)),
    "a function": _through(lambda x, width: LAYERS.Lambda(lambda inner: inner / width)(x)),
    "a penalty of one's own": _penalty,
    "a loss of one's own": _scaled_loss,
}


@pytest.mark.parametrize("name", KNOWS_ITS_SIZES)
def test_a_graph_that_knows_its_sizes(name, family):
    """The networks are no family, or it is found out that their states are not of one shape."""
    build = KNOWS_ITS_SIZES[name]
    shape = build(4).input_shape[1:]
    generator = np.random.default_rng(0)
    part = _Part(
        generator.normal(size=(16, *shape)).astype("float32"), np.arange(16, dtype="int64") % 3
    )
    found = family(lambda width, a: build(width), part, part, ((4, 1.0), (6, 1.0)))
    told = is_told_by_its_configuration(describe(found.models[0]))
    if found.one and told:
        shapes = found.shapes()
        assert shapes is None or not fits(shapes, found.initial[1])


CODE = {
    "class": lambda: _compiled(_Whole([keras.Input((6,)), LAYERS.Dense(3)])),
    "layer": lambda: _net((6,), type("Own", (LAYERS.Dense,), {})(4), LAYERS.Dense(3)),
    "activation": lambda: _net((6,), LAYERS.Dense(4, lambda x: x * 2), LAYERS.Dense(3)),
    "callable": lambda: _net((6,), LAYERS.Dense(4, _Twice()), LAYERS.Dense(3)),
    "penalty": lambda: _penalty(4),
    "constraint": lambda: _net(
        (6,), LAYERS.Dense(4, kernel_constraint=lambda kernel: kernel), LAYERS.Dense(3)
    ),
    "initializer": lambda: _net(
        (6,),
        LAYERS.Dense(4, kernel_initializer=lambda shape, dtype: keras.ops.ones(shape, dtype)),
        LAYERS.Dense(3),
    ),
    "loss": lambda: _scaled_loss(4),
    "metric": lambda: _net(
        (6,), LAYERS.Dense(3), metrics=[lambda y, outputs: keras.ops.sum(outputs, -1)]
    ),
    "schedule": lambda: _net((6,), LAYERS.Dense(3), optimizer=OPTIMIZERS.SGD(_Slower(0.1, 9))),
}


class _Twice:
    def __call__(self, x):
        return x * 2

    def get_config(self):
        return {}


class _Slower(SCHEDULES.CosineDecay):
    pass


@pytest.mark.parametrize("name", CODE)
def test_what_the_builder_brings_along_may_hide_anything(name):
    assert not is_told_by_its_configuration(describe(CODE[name]()))


def test_weights_of_the_losses_are_not_mixed_up(family):
    """One that is zero is no number of the graph."""

    def build(weights):
        inputs = keras.Input((6,))
        x = LAYERS.Dense(4)(inputs)
        heads = {name: LAYERS.Dense(3, name=name)(x) for name in "ab"}
        loss = dict.fromkeys("ab", "sparse_categorical_crossentropy")
        return _compiled(keras.Model(inputs, heads), loss=loss, loss_weights=weights, metrics=None)

    y = np.arange(16, dtype="int64") % 3
    part = _Part(np.zeros((16, 6), "float32"), {"a": y, "b": y})
    found = [
        family(lambda width, a, one=one: build(one), part, part, ((4, 1.0),))
        for one in ({"a": 0.5, "b": 1.0}, {"a": 0.25, "b": 2.0}, {"a": 0.0, "b": 1.0})
    ]
    keys = [one.keys[0] for one in found]
    assert keys[0] == keys[1] != keys[2]
