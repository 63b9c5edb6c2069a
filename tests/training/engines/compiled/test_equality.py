"""A member computes what the same Keras model computes when Keras alone trains it.

In float64, with the same batches, initial weights and masks. Numbers are chosen such that they
are the same in float32, in which Keras takes what is given as a Python number.
"""

import itertools
from functools import partial

import keras
import numpy as np
import pytest

from dlrecipes.layers import (
    FeatureScaling,
    InvertedDropout,
    MemberDense,
    MemberMean,
    MemberScaling,
    NTKDense,
    ParametricActivation,
    PeriodicBiasEmbedding,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    ResidualBlock,
)
from dlrecipes.losses import FocalLoss
from dlrecipes.models import MemberModel, build_cnn, build_mlp, build_resnet, build_rnn
from dlrecipes.results import ValueTarget
from dlrecipes.targets import kind_of, loss_and_metrics
from dlrecipes.training import OneCycle

LAYERS, LOSSES, OPTIMIZERS = keras.layers, keras.losses, keras.optimizers
SCHEDULES, REGULARIZERS = keras.optimizers.schedules, keras.regularizers
FACTORS = (1.0, 0.5)

# ---- each is called with `a`, which takes a number to the one of this member

OPTIMIZER = {
    "sgd": lambda a, rate, clip: OPTIMIZERS.SGD(rate(1 / 16), **clip),
    "momentum": lambda a, rate, clip: OPTIMIZERS.SGD(rate(1 / 16), momentum=a(0.5), **clip),
    "nesterov": lambda a, rate, clip: OPTIMIZERS.SGD(
        rate(1 / 16), momentum=a(0.5), nesterov=True, weight_decay=a(1 / 64), **clip
    ),
    "adam": lambda a, rate, clip: OPTIMIZERS.Adam(
        rate(1 / 64), beta_1=a(0.75), beta_2=a(0.875), epsilon=a(2**-16), **clip
    ),
    "amsgrad": lambda a, rate, clip: OPTIMIZERS.Adam(
        rate(1 / 64), amsgrad=True, weight_decay=a(1 / 64), **clip
    ),
    "adamw": lambda a, rate, clip: OPTIMIZERS.AdamW(rate(1 / 64), weight_decay=a(1 / 32), **clip),
    "rmsprop": lambda a, rate, clip: OPTIMIZERS.RMSprop(rate(1 / 64), rho=a(0.75), **clip),
    "rmsprop momentum": lambda a, rate, clip: OPTIMIZERS.RMSprop(
        rate(1 / 64), momentum=a(0.5), **clip
    ),
    "rmsprop centered": lambda a, rate, clip: OPTIMIZERS.RMSprop(
        rate(1 / 64), centered=True, weight_decay=a(1 / 64), **clip
    ),
    "adagrad": lambda a, rate, clip: OPTIMIZERS.Adagrad(rate(1 / 16), **clip),
    "adadelta": lambda a, rate, clip: OPTIMIZERS.Adadelta(rate(0.5), rho=a(0.75), **clip),
    "adamax": lambda a, rate, clip: OPTIMIZERS.Adamax(rate(1 / 64), beta_1=a(0.75), **clip),
    "nadam": lambda a, rate, clip: OPTIMIZERS.Nadam(rate(1 / 64), beta_1=a(0.75), **clip),
    "lion": lambda a, rate, clip: OPTIMIZERS.Lion(rate(1 / 256), beta_1=a(0.75), **clip),
    "ftrl": lambda a, rate, clip: OPTIMIZERS.Ftrl(
        rate(1 / 16), l1_regularization_strength=1 / 64, beta=0.5, **clip
    ),
    "averaged": lambda a, rate, clip: OPTIMIZERS.Adam(
        rate(1 / 16), use_ema=True, ema_momentum=0.75, **clip
    ),
}
CLIPPING = {
    "none": lambda a: {},
    "clipnorm": lambda a: {"clipnorm": a(0.125)},
    "global_clipnorm": lambda a: {"global_clipnorm": a(0.25)},
    "clipvalue": lambda a: {"clipvalue": a(1 / 64)},
}
SCHEDULE = {
    "none": lambda a: a,
    "cosine": lambda a: lambda rate: SCHEDULES.CosineDecay(a(rate), 12, alpha=a(0.125)),
    "warm-up": lambda a: (
        lambda rate: SCHEDULES.CosineDecay(a(rate / 8), 10, warmup_target=a(rate), warmup_steps=5)
    ),
    "exponential": lambda a: lambda rate: SCHEDULES.ExponentialDecay(a(rate), 8, a(0.5)),
    "polynomial": lambda a: lambda rate: SCHEDULES.PolynomialDecay(a(rate), 12, a(rate / 8)),
    "piecewise": lambda a: (
        lambda rate: SCHEDULES.PiecewiseConstantDecay([4, 9], [rate, rate / 2, rate / 4])
    ),
    "one-cycle": lambda a: lambda rate: OneCycle(a(rate), 12, divisor=8.0, final_divisor=64.0),
}
REGULARIZER = {
    "none": lambda a: {},
    "l1 and bias": lambda a: {
        "kernel_regularizer": REGULARIZERS.L1(a(1 / 64)),
        "bias_regularizer": REGULARIZERS.L2(a(1 / 32)),
        "bias_initializer": "ones",
    },
    "l2 and activity": lambda a: {
        "kernel_regularizer": REGULARIZERS.L2(a(1 / 64)),
        "activity_regularizer": REGULARIZERS.L1(a(1 / 64)),
    },
    "l1l2": lambda a: {"kernel_regularizer": REGULARIZERS.L1L2(a(1 / 64), a(1 / 32))},
}
CONSTRAINT = {
    "none": lambda: {},
    "max norm": lambda: {"kernel_constraint": keras.constraints.MaxNorm(0.75)},
}
# Labels, units, activation, loss
LOSS = {
    "sparse": ("sparse", 3, None, lambda a: LOSSES.SparseCategoricalCrossentropy(from_logits=True)),
    "categorical": (
        "onehot",
        3,
        None,
        lambda a: LOSSES.CategoricalCrossentropy(from_logits=True, label_smoothing=a(0.125)),
    ),
    "binary": (
        "binary",
        1,
        "sigmoid",
        lambda a: LOSSES.BinaryCrossentropy(label_smoothing=a(0.125)),
    ),
    "focal binary": (
        "binary",
        1,
        None,
        lambda a: FocalLoss("binary", a(2), alpha=a(0.25), label_smoothing=a(0.125)),
    ),
    "focal categorical": (
        "onehot",
        3,
        "softmax",
        lambda a: FocalLoss("categorical", a(2), alpha=a(0.25), from_logits=False),
    ),
    "focal sparse": (
        "sparse",
        3,
        None,
        lambda a: FocalLoss("sparse", a(0.5), alpha=[1.0, 2.0, 0.5], label_smoothing=a(0.125)),
    ),
    "Keras' binary focal": (
        "binary",
        1,
        None,
        lambda a: LOSSES.BinaryFocalCrossentropy(
            True, alpha=a(0.25), gamma=a(2), from_logits=True, label_smoothing=a(0.125)
        ),
    ),
    "Keras' categorical focal": (
        "onehot",
        3,
        "softmax",
        lambda a: LOSSES.CategoricalFocalCrossentropy(alpha=a(0.25), gamma=a(2)),
    ),
    "mse": ("real", 1, None, lambda a: "mse"),
    "mae": ("real", 1, None, lambda a: LOSSES.MeanAbsoluteError()),
    "huber": ("real", 1, None, lambda a: LOSSES.Huber(a(1))),
    "poisson": ("count", 1, "softplus", lambda a: LOSSES.Poisson()),
}


def _residual(a, x, **options):
    return LAYERS.Add()([x, LAYERS.Dense(6, activation="relu", **options)(x)])


def _activations(a, x, **options):
    x = LAYERS.Dense(6, activation="gelu", **options)(x)
    x = LAYERS.Dense(6, activation="silu")(x)
    return LAYERS.Dense(6, activation="softmax")(LAYERS.LeakyReLU(0.125)(LAYERS.Dense(6)(x)))


def _dropout(a, x, **options):
    x = LAYERS.Dense(8, activation="relu", **options)(LAYERS.Dropout(a(0.125))(x))
    return LAYERS.Dropout(a(0.25))(x)


def _inverted(a, x, **options):
    return InvertedDropout(a(0.25))(LAYERS.Dense(8, activation="relu", **options)(x))


def _normalized(a, x, **options):
    return LAYERS.BatchNormalization(momentum=0.75)(
        LAYERS.Dense(8, activation="relu", **options)(x)
    )


def _layer_normalized(a, x, **options):
    return LAYERS.LayerNormalization()(LAYERS.Dense(8, **options)(x))


def _embedding(a, x, **options):
    x = LAYERS.SpatialDropout1D(a(0.25))(LAYERS.Embedding(20, 4)(x))
    return LAYERS.Dense(6, **options)(LAYERS.GlobalAveragePooling1D()(x))


def _tokens(a, x, **options):
    return LAYERS.Dense(6, **options)(LAYERS.GlobalMaxPooling1D()(LAYERS.Embedding(20, 4)(x)))


def _conv1d(a, x, **options):
    x = LAYERS.SpatialDropout1D(a(0.25))(LAYERS.Conv1D(4, 2, activation="relu", **options)(x))
    return LAYERS.GlobalMaxPooling1D()(LAYERS.BatchNormalization()(x))


def _conv2d(a, x, **options):
    x = LAYERS.BatchNormalization()(LAYERS.Conv2D(3, 3, activation="relu", **options)(x))
    x = LAYERS.MaxPooling2D()(ResidualBlock(3, dropout_rate=a(0.25))(x))
    return LAYERS.GlobalAveragePooling2D()(x)


# How, shape, what
BODY = {
    "tokens": ("xla", (5,), _tokens),
    "dense": ("xla", (6,), lambda a, x, **options: LAYERS.Dense(8, "relu", **options)(x)),
    "batch normalization": ("xla", (6,), _normalized),
    "layer normalization": ("xla", (6,), _layer_normalized),
    "residual": ("xla", (6,), _residual),
    "activations": ("stacked", (6,), _activations),
    # XLA draws other masks.
    "dropout": ("stacked", (6,), _dropout),
    "inverted dropout": ("stacked", (6,), _inverted),
    "embedding": ("stacked", (5,), _embedding),
    "convolution 1d": ("resident", (4, 3), _conv1d),
    "convolution 2d": ("resident", (6, 6, 1), _conv2d),
}
OPTIONS = {
    "optimizer": tuple(OPTIMIZER),
    "loss": tuple(LOSS),
    "body": tuple(name for name in BODY if name != "tokens"),
    "schedule": tuple(SCHEDULE),
    "clipping": tuple(CLIPPING),
    "regularizer": tuple(REGULARIZER),
    "constraint": tuple(CONSTRAINT),
    "weighted": (False, True),
}
# Update rule, loss and layers meet in the gradient only, which is clipped before the rule sees it,
# and of which a regularizer is a summand; the schedule is a number to a rule.
_APART = (
    {"optimizer", "loss"},
    {"optimizer", "body"},
    {"loss", "body"},
    {"optimizer", "schedule"},
    {"loss", "schedule"},
    {"body", "schedule"},
    {"optimizer", "clipping"},
    {"loss", "clipping"},
    {"body", "clipping"},
    {"schedule", "clipping"},
    {"optimizer", "regularizer"},
    {"loss", "regularizer"},
    {"schedule", "regularizer"},
)


def all_pairs(options, apart=()):
    """Return cases in which every two levels of two options meet, found greedily.

    Args:
        options: `{option: its levels}`.
        apart: Sets of two options whose levels need not all meet.
    """
    pairs = {
        ((one, first), (other, second))
        for one, other in itertools.combinations(options, 2)
        if {one, other} not in apart
        for first in options[one]
        for second in options[other]
    }
    pairs |= {((one, level), (one, level)) for one in options for level in options[one]}
    used = {(one, level): 0 for one in options for level in options[one]}
    cases = []
    while pairs:
        case = {}
        for one, levels in options.items():
            gains = {}
            for level in levels:
                here = (one, level)
                met = [(here, here), *((before, here) for before in case.items())]
                still_open = sum(here in pair for pair in pairs)
                gains[level] = (sum(pair in pairs for pair in met), still_open, -used[here])
            case[one] = max(levels, key=gains.__getitem__)
            used[one, case[one]] += 1
        pairs -= set(itertools.combinations_with_replacement(case.items(), 2))
        cases.append(case)
    return cases


CASES = all_pairs(OPTIONS, _APART)


def _name(case):
    return "-".join("weights" if one is True else str(one) for one in case.values() if one)


def _every_eighth(cases):
    """Return all cases, of which every eighth is trained whenever anything changes."""
    return [
        case if at % 8 == 0 else pytest.param(case, marks=pytest.mark.exhaustive)
        for at, case in enumerate(cases)
    ]


def _builder(case):
    """Return `build(factor)` of a case."""
    _, shape, body = BODY[case["body"]]
    _, units, activation, loss = LOSS[case["loss"]]

    def build(factor):
        def a(number):
            return float(np.float32(number * factor))

        options = REGULARIZER[case["regularizer"]](a) | CONSTRAINT[case["constraint"]]()
        inputs = keras.Input(shape, dtype="int64" if len(shape) == 1 and shape[0] == 5 else None)
        outputs = LAYERS.Dense(units, activation=activation)(body(a, inputs, **options))
        model = keras.Model(inputs, outputs)
        clip, rate = CLIPPING[case["clipping"]](a), SCHEDULE[case["schedule"]](a)
        optimizer = OPTIMIZER[case["optimizer"]](a, rate, clip)
        model.compile(optimizer, loss(a), jit_compile=False)
        return model

    return build


def _compare(case, built, side_by_side, examples, *, epochs=3):
    how, shape, _ = BODY[case["body"]]
    tokens = case["body"] in ("embedding", "tokens")
    if tokens and case["optimizer"] in NOT_STACKED:
        how = "resident"
    labels = LOSS[case["loss"]][0]
    options = {"shape": shape, "weighted": case["weighted"], "tokens": tokens}
    pair = side_by_side(
        built(_builder(case), FACTORS[: 1 if how == "resident" else None]),
        examples(labels, **options),
        examples(labels, examples=40, seed=1, **options),
        stacked=how != "resident",
        xla=how == "xla",
    )
    # Keras computes schedules in float32 whatever the float type.
    exact = case["schedule"] in ("none", "piecewise")
    pair.check(epochs, rtol=1e-9 if exact else 1e-6)
    if how != "resident":
        assert pair.paths


def test_the_cases_cover_all_pairs():
    met = {pair for case in CASES for pair in itertools.combinations(case.items(), 2)}
    for one, other in itertools.combinations(OPTIONS, 2):
        if {one, other} not in _APART:
            for levels in itertools.product(OPTIONS[one], OPTIONS[other]):
                assert ((one, levels[0]), (other, levels[1])) in met
    assert len(CASES) < 50


@pytest.mark.slow
@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("case", _every_eighth(CASES), ids=_name)
def test_every_pair(case, built, side_by_side, examples):
    _compare(case, built, side_by_side, examples)


# Keras hands an embedding's gradient on as the rows that were looked up, one for each time. The
# union of such rows with others has no batched form.
NOT_STACKED = ("rmsprop momentum", "rmsprop centered", "adagrad")
EMBEDDINGS = [
    {"optimizer": one, "clipping": clipping, "body": "tokens"}
    for one, clipping in zip(OPTIMIZER, itertools.cycle(CLIPPING), strict=False)
]


@pytest.mark.slow
@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("case", _every_eighth(EMBEDDINGS), ids=_name)
def test_embeddings(case, built, side_by_side, examples):
    # With 72, a centred RMSprop joins the gradients of two tables wrongly, and TensorFlow refuses.
    _compare(_case(**case), built, side_by_side, partial(examples, examples=104))


def _case(**changes):
    plain = {name: levels[0] for name, levels in OPTIONS.items()}
    return plain | changes


FEW = (
    _case(
        optimizer="adam",
        loss="focal sparse",
        body="batch normalization",
        clipping="global_clipnorm",
        regularizer="l1 and bias",
        weighted=True,
    ),
    _case(
        optimizer="nesterov",
        loss="huber",
        body="dropout",
        schedule="one-cycle",
        clipping="clipvalue",
        regularizer="l2 and activity",
        constraint="max norm",
    ),
    pytest.param(
        _case(optimizer="rmsprop momentum", body="convolution 2d", schedule="piecewise"),
        marks=pytest.mark.slow,
    ),
)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("case", FEW, ids=_name)
def test_a_few(case, built, side_by_side, examples):
    _compare(case, built, side_by_side, examples, epochs=2)


@pytest.mark.slow
@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("name", ["mlp", "elastic", "cnn", "resnet"])
def test_our_models(name, built, side_by_side, examples):
    shape = (6,) if name in ("mlp", "elastic") else (8, 8, 1)
    train, held_out = (
        examples("sparse", number, shape, seed=seed) for number, seed in ((72, 0), (40, 1))
    )

    def build(factor):
        model = {
            "mlp": lambda: build_mlp(shape, 3, dropout_rate=0.25 * factor, l2=factor / 64),
            "elastic": lambda: build_mlp(
                shape, 3, l1=factor / 128, l2=factor / 64, penalised=["hidden_1", -1]
            ),
            "cnn": lambda: build_cnn(shape, 3, filters=(4,), dropout_rate=0.25 * factor),
            "resnet": lambda: build_resnet(shape, 3, filters=(4, 8), dropout_rate=0.25 * factor),
        }[name]()
        model.compile(
            OPTIMIZERS.AdamW(factor / 64, weight_decay=factor / 64),
            LOSSES.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
            jit_compile=False,
        )
        return model

    stacked = len(shape) == 1
    side_by_side(
        built(build, FACTORS if stacked else FACTORS[:1]), train, held_out, stacked=stacked
    ).check(epochs=2, rtol=1e-8)


# Whatever else `vectorized_map` might convert wrongly.
MORE = {
    "prelu": ((6,), lambda x: LAYERS.PReLU()(LAYERS.UnitNormalization()(LAYERS.Dense(7)(x)))),
    "group": ((6,), lambda x: LAYERS.GroupNormalization(2)(LAYERS.Dense(8)(x))),
    "rms": ((6,), lambda x: LAYERS.RMSNormalization()(LAYERS.Dense(8)(x))),
    "noise": ((6,), lambda x: LAYERS.GaussianNoise(0.125)(LAYERS.GaussianDropout(0.125)(x))),
    "alpha": ((6,), lambda x: LAYERS.AlphaDropout(0.125)(LAYERS.Dense(7, "selu")(x))),
    "operations": ((6,), lambda x: keras.ops.tanh(LAYERS.Dense(7)(x) * 0.5 + 1)),
    "noise shape": (
        (4, 3),
        lambda x: LAYERS.Flatten()(LAYERS.Dropout(0.25, noise_shape=(None, 1, 3))(x)),
    ),
    "attention": (
        (4, 3),
        lambda x: LAYERS.Flatten()(LAYERS.MultiHeadAttention(2, 3, dropout=0.25)(x, x)),
    ),
    "gru": ((4, 3), lambda x: LAYERS.GRU(4)(x)),
    "abs": ((6,), lambda x: build_mlp((6,), 4, hidden_units=(5,), activation="abs")(x)),
    "own activation": (
        (6,),
        lambda x: build_mlp((6,), 4, hidden_units=(5,), activation=lambda z: keras.ops.sin(2 * z))(
            x
        ),
    ),
}


@pytest.mark.slow
@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("name", MORE)
def test_more_layers(name, built, side_by_side, examples):
    shape, body = MORE[name]

    def build(factor):
        inputs = keras.Input(shape)
        model = keras.Model(inputs, LAYERS.Dense(3)(body(inputs)))
        model.compile(
            OPTIMIZERS.SGD(factor / 16),
            LOSSES.SparseCategoricalCrossentropy(from_logits=True),
            jit_compile=False,
        )
        return model

    train, held_out = (examples("sparse", n, shape, seed=s) for n, s in ((72, 0), (40, 1)))
    side_by_side(built(build, FACTORS), train, held_out).check(epochs=2)


def _pieces(x, a):
    edges = [[-1.0, -0.5, 0.5, 1.0], [0.0], *[[-2.0, 0.0, 2.0]] * 4]
    return LAYERS.Dense(4, "relu")(PiecewiseLinearEmbedding(3, edges=edges)(x))


def _waves_and_scales(x, a):
    """The frequencies begin differently, which is no number of a graph."""
    begin = keras.initializers.TruncatedNormal(stddev=a(0.25))
    waves = NTKDense(5)(PeriodicBiasEmbedding(3, 4)(x))
    penalty = REGULARIZERS.L2(a(1 / 64))
    dense = NTKDense(7, bias_initializer="random_normal", kernel_regularizer=penalty)
    scaled = ParametricActivation("selu")(dense(FeatureScaling()(x)))
    return LAYERS.Concatenate()([PeriodicEmbedding(3, 4, begin)(x), waves, scaled])


# Those of networks for tables, and how exact they are: the components of the pieces are float32,
# which a graph rounds otherwise than Keras alone.
TABLES = {"pieces": (_pieces, 1e-6), "waves and scales": (_waves_and_scales, 1e-9)}


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("how", ["population", "resident"])
def test_layers_for_tables(how, name, built, side_by_side, examples):
    body, rtol = TABLES[name]

    def build(factor):
        inputs = keras.Input((6,))
        model = keras.Model(inputs, NTKDense(3)(body(inputs, lambda number: number * factor)))
        model.compile(
            OPTIMIZERS.SGD(factor / 16, momentum=0.5),
            LOSSES.SparseCategoricalCrossentropy(from_logits=True),
            jit_compile=False,
        )
        return model

    stacked = how == "population"
    parts = [examples("sparse", n, (6,), seed=s) for n, s in ((56, 0), (40, 1))]
    models = built(build, FACTORS if stacked else FACTORS[:1])
    pair = side_by_side(models, *parts, stacked=stacked, xla=stacked)
    pair.check(epochs=2, rtol=rtol)
    if stacked:
        assert "optimizer/learning_rate" in pair.paths


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("how", ["population", "resident"])
def test_members_of_one_network(how, built, side_by_side, examples):
    def build(factor):
        inputs = keras.Input((6,))
        x = MemberScaling(4, [2, 3, 1])(inputs)
        x = InvertedDropout(0.25 * factor, seed=3)(LAYERS.Dense(7, "relu")(x))
        model = MemberModel(inputs, MemberMean()(MemberDense(3)(x)))
        model.compile(
            OPTIMIZERS.SGD(factor / 16, momentum=0.5),
            LOSSES.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
            jit_compile=False,
        )
        return model

    stacked = how == "population"
    parts = [examples("sparse", n, (6,), seed=s) for n, s in ((56, 0), (40, 1))]
    models = built(build, FACTORS if stacked else FACTORS[:1])
    # Not compiled by XLA, which draws other masks.
    pair = side_by_side(models, *parts, stacked=stacked)
    pair.check(epochs=2)
    if stacked:
        assert len(pair.paths) == 2  # rate and dropout


RECURRENT = {
    "gru": lambda a: LAYERS.GRU(4),
    "lstm": lambda a: LAYERS.LSTM(4, dropout=0.25, kernel_regularizer=REGULARIZERS.L2(a)),
    "both ways": lambda a: LAYERS.Bidirectional(LAYERS.SimpleRNN(3, recurrent_dropout=0.25)),
}


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    "name", [pytest.param(one, marks=[pytest.mark.slow] * (one != "gru")) for one in RECURRENT]
)
def test_recurrent_layers_alone(name, built, side_by_side, examples):
    """On sequences of 24 steps of three features."""

    def build(factor):
        model = keras.Sequential(
            [keras.Input((24, 3)), RECURRENT[name](factor / 64), LAYERS.Dense(3)]
        )
        loss = LOSSES.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(OPTIMIZERS.Adam(factor / 64), loss, metrics=["accuracy"], jit_compile=False)
        return model

    train, held_out = (examples("sparse", n, (24, 3), seed=s) for n, s in ((40, 0), (20, 1)))
    side_by_side(built(build, (1.0,)), train, held_out, stacked=False).check(epochs=1)


@pytest.mark.slow
@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    "cell",
    ["lstm", *(pytest.param(one, marks=pytest.mark.exhaustive) for one in ("simple", "gru"))],
)
def test_our_recurrent_models(cell, built, side_by_side, examples):
    def build(factor):
        model = build_rnn(
            (8, 3), 3, cell=cell, recurrent_units=(4, 3), dropout_rate=0.25, l1=factor / 128
        )
        loss = LOSSES.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(OPTIMIZERS.Adam(factor / 64), loss, metrics=["accuracy"], jit_compile=False)
        return model

    train, held_out = (examples("sparse", n, (8, 3), seed=s) for n, s in ((40, 0), (20, 1)))
    side_by_side(built(build, (1.0,)), train, held_out, stacked=False).check(epochs=1)


@pytest.mark.usefixtures("float64")
def test_optimizers_that_leave_weights_out_of_the_decay(built, side_by_side, examples):
    def build(factor):
        hidden = LAYERS.Dense(7, name="head", bias_initializer="ones")
        model = keras.Sequential([keras.Input((6,)), hidden, LAYERS.Dense(3)])
        optimizer = OPTIMIZERS.AdamW(factor / 64, weight_decay=factor / 8, loss_scale_factor=8.0)
        optimizer.exclude_from_weight_decay(var_names=["bias", "head/kernel"])
        model.compile(
            optimizer, LOSSES.SparseCategoricalCrossentropy(from_logits=True), jit_compile=False
        )
        return model

    side_by_side(built(build, FACTORS), examples(), examples(seed=1)).check(epochs=1)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("how", ["population", "resident"])
def test_a_root_link(how, built, side_by_side, examples):
    target = ValueTarget(mean=1.5, std=1.25, known=72, least=0.0, link="root")

    def build(factor):
        inputs = keras.Input((6,))
        x = LAYERS.Dense(5, activation="relu")(inputs)
        outputs = kind_of(target).head(x, penalty=None, bias=[1.5], name="outputs")
        model = keras.Model(inputs, outputs)
        model.compile(
            OPTIMIZERS.AdamW(factor / 64, weight_decay=factor / 64),
            **loss_and_metrics([target]),
            jit_compile=False,
        )
        return model

    train, held_out = (examples("count", n, seed=s) for n, s in ((72, 0), (40, 1)))
    population = how == "population"
    side_by_side(
        built(build, FACTORS if population else FACTORS[:1]), train, held_out, stacked=population
    ).check(epochs=2, rtol=1e-8)
