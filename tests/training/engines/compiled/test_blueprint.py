"""Which hyperparameters are numbers of one graph, and which are structure."""

import functools

import keras
import numpy as np
import pytest

from dlrecipes.data import from_arrays
from dlrecipes.errors import BuilderError
from dlrecipes.layers import InvertedDropout, PeriodicEmbedding, ResidualBlock, ScheduledDropout
from dlrecipes.losses import FocalLoss, MaskedLoss
from dlrecipes.results import Hyperparameter
from dlrecipes.training.engines.compiled.blueprint import Blueprints
from dlrecipes.training.engines.compiled.leaves import find_leaves
from dlrecipes.training.engines.compiled.supported import Unsupported
from dlrecipes.training.job import Job
from dlrecipes.training.schedules import CosLog4, FlatCos, OneCycle, ScheduledAdamW

LAYERS, REGULARIZERS = keras.layers, keras.regularizers
ADAM, SGD = keras.optimizers.AdamW, keras.optimizers.SGD
SCHEDULES = keras.optimizers.schedules


def _float(name, low=0.1, high=0.9, **options):
    return Hyperparameter(name, "float", low, high, **options)


def _choice(name, *choices):
    return Hyperparameter(name, "choice", choices=choices)


def _net(*layers, optimizer=None, loss=None, shape=(4,), **options):
    model = keras.Sequential([keras.Input(shape), *layers, LAYERS.Dense(3)])
    loss = loss or keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer or "sgd", loss, jit_compile=False, **options)
    return model


class _Builder:
    """Counts how often models are built.

    Args:
        build: `build(values)`.
        space: The hyperparameters.
    """

    def __init__(self, build, space):
        self._build, self.space, self.calls = build, tuple(space), 0

    def __call__(self, values):
        self.calls += 1
        return self._build(values)

    def job(self, number=0, **values):
        return Job(
            number,
            values,
            lambda: self(values),
            seed=7,
            epochs=1,
            batch_size=16,
            rebuild=self,
            space=self.space,
            shared_seed=1,
        )


@pytest.fixture
def blueprints(development):
    return Blueprints(development(), "float32")


def _scaled(factor):
    def scaled(x):
        return x * factor

    return scaled


def _scaled_loss(factor):
    def loss(y, outputs):
        return factor * keras.losses.sparse_categorical_crossentropy(y, outputs, from_logits=True)

    return loss


def _partial_loss(y, outputs, factor):
    return _scaled_loss(factor)(y, outputs)


class _Scale(LAYERS.Layer):
    """A layer as users write them, without `get_config`."""

    def __init__(self, factor):
        super().__init__()
        self.hidden = {"factor": factor}

    def call(self, x):
        return x * self.hidden["factor"]


class _Block(LAYERS.Layer):
    """Layers in a layer, as users write them.

    Args:
        rate: Of the dropout.
        scaled: Whether the rate is used a second time.
        limit: Of the outputs, which do not reach it.
    """

    def __init__(self, rate, *, scaled=False, limit=1.0):
        super().__init__()
        self.rate, self.scaled, self.limit = rate, scaled, limit
        self.dense, self.drop = LAYERS.Dense(5), LAYERS.Dropout(rate)

    def call(self, x, training=None):
        x = keras.ops.clip(self.dense(x / 1000), -self.limit, self.limit)
        x = self.drop(x, training=training)
        return x * self.rate if self.scaled else x

    def get_config(self):
        return {**super().get_config(), "rate": self.rate, "limit": self.limit}


def _decay(rate, alpha):
    return SCHEDULES.CosineDecay(rate, 20, alpha=alpha)


def _warmed_up(rate):
    return SCHEDULES.CosineDecay(0.0, 20, warmup_target=rate, warmup_steps=5)


class _Attention(LAYERS.Layer):
    """Layers in a layer in a layer.

    Args:
        rate: Of the dropout.
    """

    def __init__(self, rate):
        super().__init__()
        self.inner = LAYERS.MultiHeadAttention(2, 3, dropout=rate)

    def call(self, x, training=None):
        return self.inner(x, x, training=training)


def _attentive(rate):
    return _net(LAYERS.Reshape((2, 2)), _Attention(rate), LAYERS.Flatten())


def _wrapped(l2):
    inner = LAYERS.Dense(2, kernel_regularizer=REGULARIZERS.L2(l2))
    return _net(LAYERS.Reshape((4, 1)), LAYERS.TimeDistributed(inner), LAYERS.Flatten())


def _several(momentum, rate):
    patterns = {".*/bias": SGD(rate, momentum=momentum)}
    optimizers = keras.optimizers
    return optimizers.MultiOptimizer(optimizers.OptimizerMap(ADAM(rate), patterns))


# What `a` is; `rate` is a learning rate beside it.
DYNAMIC = {
    "learning rate": lambda a, rate: _net(optimizer=SGD(a)),
    "schedule": lambda a, rate: _net(optimizer=SGD(_decay(a, 0.0))),
    "end of a schedule": lambda a, rate: _net(optimizer=SGD(_decay(rate, a))),
    "warm-up": lambda a, rate: _net(optimizer=SGD(_warmed_up(a))),
    "growing cycles": lambda a, rate: _net(optimizer=SGD(CosLog4(a, 20))),
    "scheduled decay": lambda a, rate: _net(optimizer=ScheduledAdamW(rate, FlatCos(a, 20))),
    "decay of numbers": lambda a, rate: _net(optimizer=ScheduledAdamW(rate, a)),
    "scheduled dropout": lambda a, rate: _net(
        LAYERS.Dense(5), ScheduledDropout(FlatCos(a, 20)), optimizer=SGD(rate)
    ),
    "several optimizers": lambda a, rate: _net(optimizer=_several(a, rate)),
    "weight decay": lambda a, rate: _net(optimizer=ADAM(rate, weight_decay=a)),
    "momentum": lambda a, rate: _net(optimizer=SGD(rate, momentum=a)),
    "beta": lambda a, rate: _net(optimizer=ADAM(rate, beta_1=a)),
    "clipping": lambda a, rate: _net(optimizer=ADAM(rate, clipnorm=a)),
    "dropout": lambda a, rate: _net(LAYERS.Dense(5), LAYERS.Dropout(a)),
    "inverted dropout": lambda a, rate: _net(LAYERS.Dense(5), InvertedDropout(a)),
    "two dropouts": lambda a, rate: _net(
        LAYERS.Dropout(a), LAYERS.Dense(5), LAYERS.Dropout(a), optimizer=SGD(a)
    ),
    "l2": lambda a, rate: _net(LAYERS.Dense(5, kernel_regularizer=REGULARIZERS.L2(a))),
    "block": lambda a, rate: _net(
        ResidualBlock(2, dropout_rate=a, kernel_regularizer=REGULARIZERS.L2(a)),
        LAYERS.Flatten(),
        shape=(4, 1, 1),
    ),
    "block of one's own": lambda a, rate: _net(_Block(a), optimizer=SGD(rate)),
    "attention": lambda a, rate: _attentive(a),
    "wrapped layer": lambda a, rate: _wrapped(a),
    "label smoothing": lambda a, rate: _net(loss=FocalLoss("sparse", label_smoothing=a)),
    "gamma": lambda a, rate: _net(loss=FocalLoss("sparse", a)),
    "weight of the loss": lambda a, rate: _net(optimizer=SGD(rate), loss_weights=[a]),
    "nothing": lambda a, rate: _net(),
}
STRUCTURE = {
    "half the dropout": lambda a, rate: _net(LAYERS.Dropout(a / 2), optimizer=SGD(rate)),
    "at most": lambda a, rate: _net(LAYERS.Dropout(min(a, 0.8)), optimizer=SGD(rate)),
    "units": lambda a, rate: _net(LAYERS.Dense(int(10 * a)), optimizer=SGD(rate)),
    "another layer": lambda a, rate: _net(
        *([LAYERS.Dense(3)] if a > 0.8 else []), LAYERS.Dropout(a), optimizer=SGD(rate)
    ),
    "one layer less": lambda a, rate: _net(
        *([LAYERS.Dense(3)] if a > 0.2 else []), LAYERS.Dropout(a), optimizer=SGD(rate)
    ),
    "initial weights and a factor": lambda a, rate: _net(
        LAYERS.Dense(3, kernel_initializer=keras.initializers.RandomNormal(stddev=a)),
        LAYERS.Lambda(_scaled(a)),
        optimizer=SGD(rate),
    ),
    "initial weights beside those of an initializer": lambda a, rate: _filled(
        a, rate, bias_initializer=keras.initializers.RandomNormal(stddev=a)
    ),
    "twice the initial weights": lambda a, rate: _net(
        LAYERS.Dense(3, kernel_initializer=keras.initializers.RandomNormal(stddev=2 * a)),
        optimizer=SGD(rate),
    ),
    "negative slope": lambda a, rate: _net(LAYERS.LeakyReLU(a), optimizer=SGD(rate)),
    "operation": lambda a, rate: _graph(lambda x: x * a, rate),
    "argument of an operation": lambda a, rate: _graph(lambda x: keras.ops.clip(x, -a, 0.5), rate),
    "limit in a block": lambda a, rate: _net(_Block(0.5, limit=a), optimizer=SGD(rate)),
    # ---- no configuration shows these
    "closure": lambda a, rate: _net(LAYERS.Lambda(_scaled(a)), optimizer=SGD(rate)),
    "activation": lambda a, rate: _net(LAYERS.Dense(3, activation=_scaled(a)), optimizer=SGD(rate)),
    "closure loss": lambda a, rate: _net(loss=_scaled_loss(a), optimizer=SGD(rate)),
    "partial loss": lambda a, rate: _net(
        loss=functools.partial(_partial_loss, factor=a), optimizer=SGD(rate)
    ),
    "layer without configuration": lambda a, rate: _net(_Scale(a), optimizer=SGD(rate)),
    "seen and not seen": lambda a, rate: _net(
        LAYERS.Dropout(a), LAYERS.Lambda(_scaled(a)), optimizer=SGD(rate)
    ),
    "twice in a block": lambda a, rate: _net(_Block(a, scaled=True), optimizer=SGD(rate)),
    "weights": lambda a, rate: _filled(a, rate),
}


FEW = (
    "half the dropout",
    "operation",
    "partial loss",
    "seen and not seen",
)


def _graph(operation, rate):
    inputs = keras.Input((4,))
    model = keras.Model(inputs, LAYERS.Dense(3)(operation(LAYERS.Dense(3)(inputs))))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(SGD(rate), loss, jit_compile=False)
    return model


def _filled(value, rate, **options):
    model = _net(LAYERS.Dense(3, **options), optimizer=SGD(rate))
    model.layers[0].kernel.assign(keras.ops.full((4, 3), value))
    return model


def _two(build):
    """A builder of two hyperparameters, the second of which is the learning rate."""
    return _Builder(
        lambda values: build(values["a"], values["rate"]),
        [_float("a"), _float("rate", 1e-3, 1e-1, log=True)],
    )


# Of which `test_equal_values_are_not_mixed_up` and `test_zero` find the numbers, too.
TOGETHER = ("weight decay", "momentum", "dropout", "inverted dropout", "l2", "gamma")
TOGETHER += ("learning rate", "label smoothing", "clipping", "beta")


@pytest.mark.parametrize(
    "what",
    [
        pytest.param(one, marks=[pytest.mark.slow, pytest.mark.exhaustive] * (one in TOGETHER))
        for one in DYNAMIC
    ],
)
def test_numbers_need_no_new_graph(what, blueprints, development):
    builder = _two(DYNAMIC[what])
    if what == "block":
        blueprints = Blueprints(development(shape=(4, 1, 1)), "float32")
    first = blueprints.of(builder.job(a=0.5, rate=0.01))
    assert set(first.dynamic) == {"a", "rate"}
    assert not first.fixed
    assert builder.calls == 3
    for number, a in enumerate((0.12, 0.3, 0.89)):
        assert blueprints.of(builder.job(number, a=a, rate=0.02)) is first
    assert builder.calls == 3
    job = builder.job(a=0.25, rate=0.02)
    numbers = dict(
        zip([leaf.path for leaf in first.member.leaves], first.numbers(job), strict=True)
    )
    for name, paths in first.dynamic.items():
        assert all(numbers[path] == job.values[name] for path in paths)


@pytest.mark.parametrize(
    "what",
    [
        pytest.param(one, marks=[pytest.mark.slow, pytest.mark.exhaustive] * (one not in FEW))
        for one in STRUCTURE
    ],
)
def test_everything_else_is_structure(what, blueprints):
    builder = _two(STRUCTURE[what])
    first = blueprints.of(builder.job(a=0.5, rate=0.01))
    assert first.fixed == {"a": 0.5}
    assert set(first.dynamic) == {"rate"}
    assert builder.calls <= 9
    calls = builder.calls
    assert blueprints.of(builder.job(1, a=0.5, rate=0.02)) is first
    assert builder.calls == calls
    other = blueprints.of(builder.job(2, a=0.6, rate=0.02))
    assert builder.calls <= calls + 5
    assert other is not first
    assert other.key != first.key


STARTS = {
    "dense": lambda a, rate: _net(
        LAYERS.Dense(3, kernel_initializer=keras.initializers.RandomNormal(stddev=a)),
        LAYERS.Dropout(a),
        optimizer=SGD(rate),
    ),
    "frequencies": lambda a, rate: _net(
        PeriodicEmbedding(2, 3, keras.initializers.TruncatedNormal(stddev=a)),
        LAYERS.Dense(5),
        optimizer=SGD(rate),
    ),
    "embedding": lambda a, rate: _net(
        LAYERS.Embedding(9, 2, keras.initializers.RandomUniform(-0.5, a)),
        LAYERS.Flatten(),
        optimizer=SGD(rate),
    ),
}


@pytest.mark.parametrize(
    "what",
    [pytest.param(one, marks=[pytest.mark.slow] * (one == "embedding")) for one in STARTS],
)
def test_what_weights_begin_by_is_in_no_graph(what, blueprints):
    """One structure, and each job begins from the weights of its own model."""
    builder = _two(STARTS[what])
    first = blueprints.of(builder.job(a=0.5, rate=0.01))
    assert set(first.dynamic) == {"a", "rate"}
    assert all("initializer" not in leaf.path for leaf in first.member.leaves)
    kept = []
    for number, a in enumerate((0.5, 0.2, 0.8, 0.2)):
        job = builder.job(number, a=a, rate=0.02)
        assert blueprints.of(job) is first
        assert len(first.numbers(job)) == len(first.member.leaves)
        state = blueprints.initial(first, job, seed=3)
        keras.utils.clear_session(free_memory=False)
        keras.utils.set_random_seed(3)
        alone = first.member.initial(builder(job.values))
        for ours, theirs in zip(state.trainable, alone.trainable, strict=True):
            np.testing.assert_array_equal(ours, theirs)
        kept.append(state.trainable)
    assert not np.array_equal(kept[0][0], kept[1][0])
    calls = builder.calls
    blueprints.initial(first, builder.job(9, a=0.8, rate=0.02), seed=3)
    assert builder.calls == calls


def _rated(of_kernels, of_biases):
    patterns = {".*/bias": SGD(of_biases)}
    optimizers = keras.optimizers
    several = optimizers.MultiOptimizer(optimizers.OptimizerMap(SGD(of_kernels), patterns))
    return _net(LAYERS.Dense(5), optimizer=several)


MULTIPLES = {
    "a tenth": lambda a, rate: _rated(rate, 0.1 * rate),
    "six times": lambda a, rate: _rated(CosLog4(6 * rate, 20), rate),
    "each its own": lambda a, rate: _rated(rate, 3 * a),
}


@pytest.mark.parametrize("what", MULTIPLES)
def test_rates_of_several_optimizers_may_be_multiples(what, blueprints):
    builder = _two(MULTIPLES[what])
    first = blueprints.of(builder.job(a=0.5, rate=0.01))
    assert (set(first.dynamic), builder.calls) == ({"a", "rate"}, 3)
    job = builder.job(1, a=0.3, rate=0.02)
    assert blueprints.of(job) is first
    assert builder.calls == 3
    leaves = find_leaves(job.build())
    for leaf, number in zip(first.member.leaves, first.numbers(job), strict=True):
        wanted = leaves[leaf.path].value
        assert number == (
            pytest.approx(wanted, rel=1e-15) if "peak" in leaf.path else _near(wanted)
        )


def _near(value):
    return pytest.approx(value, rel=1e-7)  # Keras keeps a rate in float32


@pytest.mark.parametrize(
    "build", [lambda zero: _rated(zero, 0.01), lambda zero: _net(optimizer=ADAM(0.1, zero))]
)
def test_the_first_value_may_be_zero(build, blueprints):
    """Later jobs have others."""
    builder = _Builder(lambda values: build(values["zero"]), [_float("zero", 0.0, 0.1)])
    first = blueprints.of(builder.job(zero=0.0))
    assert set(first.dynamic) == {"zero"}
    assert first.numbers(builder.job(1, zero=0.05)) == [0.05]


def _cosine(epochs, rate, **options):
    return _net(optimizer=ADAM(SCHEDULES.CosineDecay(rate, 4 * epochs, **options)))


OF_EPOCHS = {
    "cosine": _cosine,
    "growing cycles": lambda epochs, rate: _rated(CosLog4(rate, 4 * epochs), rate),
    "one-cycle": lambda epochs, rate: _net(optimizer=SGD(OneCycle(rate, 4 * epochs))),
    "scheduled decay": lambda epochs, rate: _net(
        optimizer=ScheduledAdamW(rate, FlatCos(0.1, 4 * epochs))
    ),
    "scheduled dropout": lambda epochs, rate: _net(
        LAYERS.Dense(5), ScheduledDropout(FlatCos(0.5, epochs)), optimizer=SGD(rate)
    ),
    "nothing": lambda epochs, rate: _net(optimizer=SGD(rate)),
}
STRUCTURE_OF_EPOCHS = {
    "a step more": lambda epochs, rate: _net(optimizer=SGD(OneCycle(rate, 4 * epochs + 1))),
    "warm-up": lambda epochs, rate: _cosine(epochs, rate, warmup_target=0.5, warmup_steps=2),
    "layers": lambda epochs, rate: _net(*[LAYERS.Dense(5)] * (epochs > 4), optimizer=SGD(rate)),
}


def _of_stage(build, epochs, **values):
    """Return a job of a stage of so many epochs, whose builder asks for them."""
    told = Hyperparameter("epochs", "fixed", choices=(epochs,), default=30)
    space = (told, _float("rate", 1e-3, 1e-1, log=True))
    builder = _Builder(lambda values: build(values["epochs"], values["rate"]), space)
    return builder.job(epochs=epochs, **values)


@pytest.mark.parametrize("what", OF_EPOCHS)
def test_stages_of_other_epochs_share_a_graph(what, blueprints):
    first = blueprints.of(_of_stage(OF_EPOCHS[what], 3, rate=0.01))
    assert (set(first.dynamic), first.fixed) == ({"epochs", "rate"}, {})
    for epochs in (1, 50):
        job = _of_stage(OF_EPOCHS[what], epochs, rate=0.02)
        assert blueprints.of(job) is first
        leaves = find_leaves(job.build())
        for leaf, number in zip(first.member.leaves, first.numbers(job), strict=True):
            assert number == _near(leaves[leaf.path].value)


@pytest.mark.parametrize("what", STRUCTURE_OF_EPOCHS)
def test_what_is_no_multiple_of_the_epochs_is_structure(what, blueprints):
    first, other = (
        blueprints.of(_of_stage(STRUCTURE_OF_EPOCHS[what], epochs, rate=0.01)) for epochs in (3, 50)
    )
    assert first.fixed == {"epochs": 3}
    assert first.key != other.key


OF_SEVERAL = {
    "at most": lambda a, rate: _rated(rate, min(0.1 * rate, 0.005)),
    "a product": lambda a, rate: _rated(rate, a * rate),
    "half the dropout": lambda a, rate: _net(LAYERS.Dropout(a / 2), optimizer=_several(0.5, rate)),
    "a square": lambda a, rate: _rated(a, rate**2),
}


@pytest.mark.parametrize("what", OF_SEVERAL)
def test_no_other_function_of_a_hyperparameter_is_a_number(what, blueprints):
    builder = _two(OF_SEVERAL[what])
    first = blueprints.of(builder.job(a=0.5, rate=0.01))
    assert len(first.fixed) == 1


def test_other_multiples_are_another_structure(development):
    keys = set()
    for factor in (0.1, 0.2, 1.0):
        builder = _two(lambda a, rate, factor=factor: _rated(rate, factor * rate))
        blueprints = Blueprints(development(), "float32")
        keys.add(blueprints.of(builder.job(a=0.5, rate=0.01)).key)
    assert len(keys) == 3


def _all_at_once(values):
    return _net(
        LAYERS.Dense(5, kernel_regularizer=REGULARIZERS.L2(values["l2"])),
        LAYERS.Dropout(values["dropout"]),
        LAYERS.Dense(5, kernel_regularizer=REGULARIZERS.L2(values["l2"])),
        InvertedDropout(values["dropout"]),
        optimizer=ADAM(values["rate"], weight_decay=values["decay"]),
        loss=FocalLoss("sparse", values["gamma"], label_smoothing=values["smoothing"]),
    )


ALL = ("l2", "dropout", "rate", "decay", "gamma", "smoothing")


def _heads(values):
    inputs = keras.Input((4,))
    model = keras.Model(
        inputs, {name: LAYERS.Dense(units)(inputs) for name, units in (("grade", 3), ("age", 1))}
    )
    model.compile(
        SGD(0.1),
        loss={
            "grade": MaskedLoss(FocalLoss("sparse", values["gamma"])),
            "age": MaskedLoss(keras.losses.Huber(values["delta"])),
        },
        loss_weights={"grade": values["weight"], "age": 2 * values["twice"]},
        jit_compile=False,
    )
    return model


def test_numbers_of_several_outputs(development_of_two):
    """The losses' own, also where they are masked, and their weights; not twice a number."""
    builder = _Builder(_heads, [_float(name) for name in ("gamma", "delta", "weight", "twice")])
    found = Blueprints(development_of_two(), "float32").of(
        builder.job(gamma=0.5, delta=0.5, weight=0.5, twice=0.25)
    )
    assert found.dynamic == {
        "gamma": ("loss/grade/config/loss/config/gamma",),
        "delta": ("loss/age/config/loss/config/delta",),
        "weight": ("loss_weights/grade",),
    }
    assert found.fixed == {"twice": 0.25}


def test_equal_values_are_not_mixed_up(blueprints):
    builder = _Builder(_all_at_once, [_float(name) for name in ALL])
    found = blueprints.of(builder.job(**dict.fromkeys(ALL, 0.5)))
    assert not found.fixed
    assert builder.calls == 3
    assert {name: len(paths) for name, paths in found.dynamic.items()} == {
        "l2": 2,
        "dropout": 2,
        "rate": 1,
        "decay": 1,
        "gamma": 1,
        "smoothing": 1,
    }
    assert found.dynamic["decay"] == ("optimizer/weight_decay",)
    assert found.dynamic["smoothing"] == ("loss/config/label_smoothing",)


def test_choices_of_the_same_two_numbers(blueprints):
    builder = _Builder(
        lambda values: _net(
            LAYERS.Dropout(values["a"]), LAYERS.Dropout(values["b"]), optimizer=SGD(values["c"])
        ),
        [_choice("a", 0.1, 0.2), _choice("b", 0.1, 0.2), _float("c")],
    )
    found = blueprints.of(builder.job(a=0.1, b=0.1, c=0.5))
    assert found.dynamic == {
        "a": ("layers/1/rate",),
        "b": ("layers/2/rate",),
        "c": ("optimizer/learning_rate",),
    }
    assert builder.calls <= 11


def test_of_a_choice_every_value_is_built_once(blueprints):
    """One of them might mean something else."""
    builder = _Builder(
        lambda values: _net(
            *([LAYERS.Dense(3)] if values["a"] == 0.3 else []), LAYERS.Dropout(values["a"])
        ),
        [_choice("a", 0.1, 0.2, 0.3, 0.4, 0.5)],
    )
    first = blueprints.of(builder.job(a=0.1))
    assert set(first.dynamic) == {"a"}
    assert blueprints.of(builder.job(a=0.4)) is first
    calls = builder.calls
    assert blueprints.of(builder.job(a=0.4)) is first
    assert builder.calls == calls
    assert blueprints.of(builder.job(a=0.3)) is not first


def test_zero(blueprints):
    """Keras leaves a dropout of 0 out of the graph and momentum 0 without slots; clips not at 0."""
    builder = _Builder(
        lambda values: _net(
            LAYERS.Dense(3),
            LAYERS.Dropout(values["dropout"]),
            optimizer=SGD(0.1, momentum=values["momentum"], clipnorm=values["clip"]),
        ),
        [_float("dropout", 0.0), _float("momentum", 0.0), _float("clip", 0.0)],
    )
    first = blueprints.of(builder.job(dropout=0.5, momentum=0.5, clip=0.5))
    assert set(first.dynamic) == {"dropout", "momentum", "clip"}
    job = builder.job(1, dropout=0.0, momentum=0.0, clip=0.5)
    assert blueprints.of(job) is first
    # ---- the weights of a seed do not depend on whose job asked first
    other = Blueprints(blueprints._data, "float32")
    template = other.of(builder.job(dropout=0.3, momentum=0.3, clip=0.3))
    wanted = blueprints.initial(first, builder.job(dropout=0.4, momentum=0.4, clip=0.5), 3)
    for got, one in zip(other.initial(template, job, 3).trainable, wanted.trainable, strict=True):
        np.testing.assert_array_equal(got, one)
    unclipped = blueprints.of(builder.job(2, dropout=0.5, momentum=0.5, clip=0.0))
    assert unclipped is not first
    assert unclipped.fixed["clip"] == 0.0


def test_no_dropout_layer_at_zero(blueprints):
    builder = _Builder(
        lambda values: _net(*([LAYERS.Dropout(values["a"])] if values["a"] else [])),
        [_float("a", 0.0, 0.5, step=0.1)],
    )
    with_dropout = blueprints.of(builder.job(a=0.3))
    without = blueprints.of(builder.job(1, a=0.0))
    assert with_dropout.dynamic == {"a": ("layers/1/rate",)}
    assert without.key != with_dropout.key
    assert blueprints.of(builder.job(2, a=0.5)) is with_dropout


def test_what_was_structure_may_be_a_number_later(blueprints):
    """A dropout that was 0; a number that another branch of the builder uses otherwise."""
    kinds = {"noise": LAYERS.GaussianNoise, "dropout": LAYERS.Dropout}
    builder = _Builder(
        lambda values: _net(kinds[values["kind"]](values["a"]), LAYERS.Dropout(values["b"])),
        [_choice("kind", *kinds), _float("a"), _float("b", 0.0)],
    )
    wanted = [
        ("noise", 0.3, 0.0, set()),
        ("noise", 0.4, 0.2, {"b"}),
        ("dropout", 0.5, 0.3, {*"ab"}),
    ]
    for number, (kind, a, b, dynamic) in enumerate(wanted):
        found = blueprints.of(builder.job(number, kind=kind, a=a, b=b))
        assert set(found.dynamic) == dynamic


def test_of_which_floats_each_value_is_compiled_is_told_once(development):
    lines = []
    blueprints = Blueprints(development(), "float32", lines.append)
    builder = _Builder(
        lambda values: _net(
            LAYERS.Dense(values["units"]),
            LAYERS.LeakyReLU(values["slope"]),
            optimizer=SGD(values["rate"]),
        ),
        [Hyperparameter("units", "int", 2, 8), _float("slope"), _float("rate")],
    )
    for number, (units, slope) in enumerate([(4, 0.5), (4, 0.6), (5, 0.7)]):
        assert len(lines) == (number > 1)
        blueprints.of(builder.job(number, units=units, slope=slope, rate=0.1 * number + 0.1))
    (line,) = lines
    assert "each value of `slope` needs a graph of its own" in line


def test_a_metric_of_batches_is_refused_before_other_models_are_built():
    """Although the first examples are of one class, for which a recall is 0 in every batch."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(200, 4)).astype("float32")
    data = from_arrays(x, (x[:, 0] > 1.7).astype(int), task="classification").development()
    assert not data.train.y[:8].any()

    def recall(y, outputs):
        found = keras.ops.cast(outputs > 0, "float32")[:, 0] * keras.ops.cast(y, "float32")
        return keras.ops.sum(found) / (keras.ops.sum(keras.ops.cast(y, "float32")) + 1e-7)

    builder = _Builder(
        lambda values: _net(optimizer=SGD(values["rate"]), metrics=[recall]), [_float("rate")]
    )
    with pytest.raises(Unsupported, match="recall depends on the batches"):
        Blueprints(data, "float32").of(builder.job(rate=0.5))
    assert builder.calls == 1


def test_integers_and_booleans_are_structure(blueprints):
    builder = _Builder(
        lambda values: _net(
            *([LAYERS.BatchNormalization()] if values["norm"] else []),
            LAYERS.Dense(values["units"]),
            optimizer=SGD(values["rate"]),
        ),
        [
            Hyperparameter("units", "int", 2, 8),
            Hyperparameter("norm", "boolean", choices=(True, False)),
            _float("rate"),
        ],
    )
    found = blueprints.of(builder.job(units=4, norm=True, rate=0.5))
    assert (found.fixed, set(found.dynamic)) == ({"units": 4, "norm": True}, {"rate"})
    assert builder.calls == 3


def test_names_of_one_number_in_two_branches(blueprints):
    """The same graph, whatever its numbers are called and in which order they were asked for."""

    def build(values):
        decay, rate = values["decay"], values.get("b rate", values.get("z rate"))
        return _net(LAYERS.Dense(3), optimizer=ADAM(rate, weight_decay=decay))

    builder = _Builder(
        build,
        [
            _choice("branch", "b", "z"),
            _float("decay"),
            _float("b rate", conditions=(("branch", ("b",)),)),
            _float("z rate", conditions=(("branch", ("z",)),)),
        ],
    )
    one = blueprints.of(builder.job(branch="b", **{"b rate": 0.5, "decay": 0.3}))
    job = builder.job(1, decay=0.3, branch="z", **{"z rate": 0.5})
    other = blueprints.of(job)
    assert other is not one
    paths = [[leaf.path for leaf in found.member.leaves] for found in (one, other)]
    assert paths[0] == paths[1] == sorted(paths[0])


def test_a_late_hyperparameter(blueprints):
    """It has no range, and no value in jobs whose values do not lead to it."""

    def build(values):
        optimizer = SGD(values["rate"])
        if values["rate"] > 0.5:
            if "late" not in values:
                raise BuilderError("no value for late", received="late", fix="give one")
            return _net(LAYERS.Dropout(values["late"]), optimizer=optimizer)
        return _net(LAYERS.Dropout(0.1), optimizer=optimizer)

    builder = _Builder(build, [_float("rate")])
    early = blueprints.of(builder.job(rate=0.3))
    assert early.fixed == {"rate": 0.3}
    late = blueprints.of(builder.job(1, rate=0.6, late=0.2))
    assert late.fixed["late"] == 0.2
    assert blueprints.of(builder.job(2, rate=0.6, late=0.3)) is not late


def test_beyond_the_range_that_was_tried(blueprints):
    """A later stage may have wider ranges, and the builder other ideas there."""
    builder = _Builder(
        lambda values: _net(
            LAYERS.Dropout(values["a"]), *([LAYERS.Dense(3)] * (values["a"] > 0.7))
        ),
        [_float("a", 0.2, 0.6)],
    )
    first = blueprints.of(builder.job(a=0.4))
    calls = builder.calls
    assert blueprints.of(builder.job(a=0.65)) is first
    assert builder.calls == calls + 1
    assert blueprints.of(builder.job(a=0.64)) is first
    assert builder.calls == calls + 1
    assert blueprints.of(builder.job(a=0.75)) is not first


def test_two_builds_of_one_model_are_described_alike(blueprints):
    """Across processes, too: the key of a structure is what a resumed run looks for."""
    builder = _two(STRUCTURE["closure"])
    other = Blueprints(blueprints._data, "float32")
    keys = [one.of(builder.job(a=0.5, rate=0.01)).key for one in (blueprints, other)]
    assert keys[0] == keys[1]


def test_what_the_builder_raises_passes_through(blueprints):
    def broken(values):
        raise ValueError("no such layer")

    with pytest.raises(ValueError, match="no such layer"):
        blueprints.of(_Builder(broken, []).job())
