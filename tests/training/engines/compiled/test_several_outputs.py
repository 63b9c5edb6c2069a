"""Models of several outputs: each logged value is the one that Keras logs."""

from dataclasses import dataclass, replace

import keras
import numpy as np
import pytest

from dlrecipes.layers import InvertedDropout
from dlrecipes.losses import FocalLoss, MaskedLoss, MaskedMetric

LAYERS, LOSSES, METRICS = keras.layers, keras.losses, keras.metrics
FACTORS = (1.0, 0.5, 1.125)
NAN = float("nan")


@dataclass
class _Part:
    """Like a `Split`, with targets as Keras is given them."""

    x: np.ndarray
    y: dict[str, np.ndarray]
    sample_weight: np.ndarray | None

    @property
    def inputs(self):
        return self.x

    def __len__(self):
        return len(self.x)


def _part(examples, *, missing=0.4, weighted=False, column=True, seed=0):
    """Return a part with a grade of three and an age, some of them missing."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(examples, 6))
    grade = np.argmax(x[:, :3], axis=1).astype(float)
    age = 2 * x[:, 0] + 1
    for target in (grade, age):
        target[generator.random(examples) < missing] = NAN
    y = {"grade": grade, "age": age}
    if column:
        y = {name: one[:, np.newaxis] for name, one in y.items()}
    weight = generator.uniform(0.25, 2, examples) if weighted else None
    return _Part(x, y, weight)


def _model(outputs, *, trunk=(), **compiled):
    """Return a model; `outputs(heads)` makes the structure of what it puts out."""
    inputs = x = keras.Input((6,))
    for layer in (*trunk, LAYERS.Dense(7, "relu")):
        x = layer(x)
    heads = {
        "grade": LAYERS.Dense(3, name="grade")(x),
        "age": LAYERS.Dense(1, name="age")(x),
    }
    model = keras.Model(inputs, outputs(heads))
    model.compile(**{"optimizer": keras.optimizers.SGD(1 / 16), **compiled}, jit_compile=False)
    return model


def _crossentropy():
    return LOSSES.SparseCategoricalCrossentropy(from_logits=True)


def _masked_accuracy():
    return MaskedMetric(METRICS.SparseCategoricalAccuracy(name="accuracy"))


def _masked(factor):
    """Everything masked; gamma, a weight and the learning rate are each member's own."""
    return _model(
        dict,
        trunk=[LAYERS.BatchNormalization(momentum=0.75), InvertedDropout(0.25 * factor)],
        optimizer=keras.optimizers.Adam(factor / 64),
        loss={
            "grade": MaskedLoss(FocalLoss("sparse", 2 * factor)),
            "age": MaskedLoss(LOSSES.Huber(factor)),
        },
        loss_weights={"grade": factor / 2, "age": 2.0},
        metrics={
            "grade": [_masked_accuracy()],
            "age": [MaskedMetric(METRICS.RootMeanSquaredError()), MaskedMetric(METRICS.R2Score())],
        },
        weighted_metrics={
            "grade": [MaskedMetric(METRICS.SparseCategoricalAccuracy(name="accuracy"))]
        },
    )


def _list(factor):
    """By places, with weights by places."""
    return _model(
        lambda heads: [heads["grade"], heads["age"]],
        loss=[_crossentropy(), "mse"],
        loss_weights=[factor, 0.5],
        metrics=[["accuracy"], ["mae", METRICS.RootMeanSquaredError()]],
        weighted_metrics=[None, ["mse"]],
    )


def _tuple(factor):
    """By places, compiled by the names of layers."""
    return _model(
        lambda heads: (heads["age"], heads["grade"]),
        loss={"grade": _crossentropy(), "age": "mse"},
        loss_weights={"grade": factor, "age": 0.5},
        metrics={"grade": ["accuracy"]},
    )


def _one_loss(factor):
    """One loss for all, whose number is each member's own."""
    return _model(
        lambda heads: {"grade": heads["age"], "age": LAYERS.Dense(1)(heads["grade"])},
        loss=LOSSES.Huber(factor),
        metrics={"age": ["mae"]},
    )


def _no_loss(factor):
    """An output that is neither trained nor measured."""
    return _model(dict, loss={"age": "mse"}, metrics={"age": ["mae"]}, loss_weights={"age": factor})


def _no_loss_but_metric(factor):
    """An output that is measured only."""
    return _model(
        dict,
        optimizer=keras.optimizers.SGD(factor / 16),
        loss={"age": "mse", "grade": None},
        metrics={"grade": ["accuracy"]},
    )


def _only(factor):
    """A dictionary of one output."""
    return _model(
        lambda heads: {"age": heads["age"]},
        loss={"age": MaskedLoss(LOSSES.Huber(factor))},
        metrics={"age": [MaskedMetric(METRICS.MeanAbsoluteError(name="mae"))]},
    )


def _no_metrics(factor):
    return _model(
        dict,
        loss={"age": "mse", "grade": _crossentropy()},
        loss_weights={"age": factor, "grade": 1},
    )


# Which, whether targets may be missing, the names of the logs
CASES = {
    _masked: (
        True,
        {"loss", "grade_loss", "age_loss", "grade_accuracy", "grade_weighted_accuracy",
         "age_root_mean_squared_error", "age_r2_score"},
    ),
    _list: (
        False,
        {"loss", "grade_loss", "age_loss", "grade_accuracy", "age_mae",
         "age_root_mean_squared_error", "age_mse"},
    ),
    _tuple: (False, {"loss", "grade_loss", "age_loss", "grade_accuracy"}),
    _one_loss: (False, {"loss", "grade_loss", "age_loss", "age_mae"}),
    _no_loss: (False, {"loss", "age_mae"}),
    _no_loss_but_metric: (False, {"loss", "grade_accuracy"}),
    _only: (True, {"loss", "mae"}),
    _no_metrics: (False, {"loss", "grade_loss", "age_loss"}),
}  # fmt: skip


def _data(build, **options):
    missing, _ = CASES[build]
    parts = []
    for examples, seed in ((72, 0), (40, 1)):
        part = _part(examples, missing=0.4 * missing, seed=seed, **options)
        if build is _only:
            part = replace(part, y={"age": part.y["age"]})
        parts.append(part)
    return parts


def _check(build, built, side_by_side, *, stacked=True, xla=False, rtol=1e-9, epochs=2, **options):
    members = FACTORS[: 2 if stacked else 1]
    pair = side_by_side(built(build, members), *_data(build, **options), stacked=stacked, xla=xla)
    logs = pair.check(epochs, rtol=rtol)
    names = CASES[build][1]
    assert set(logs[0]) == names | {f"val_{name}" for name in names}
    return pair


FAST = (_list, _only, _no_loss_but_metric)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    "build",
    [
        pytest.param(one, marks=[pytest.mark.slow, pytest.mark.exhaustive] * (one not in FAST))
        for one in CASES
    ],
)
def test_side_by_side(build, built, side_by_side):
    pair = _check(build, built, side_by_side, weighted=build is _masked)
    assert pair.paths


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("build", [pytest.param(_masked, marks=pytest.mark.slow), _list, _only])
def test_alone(build, built, side_by_side):
    # Keras takes weights only beside targets in the structure of the outputs.
    _check(build, built, side_by_side, stacked=False, weighted=build is not _list)


@pytest.mark.slow
@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("build", [_list, pytest.param(_one_loss, marks=pytest.mark.exhaustive)])
def test_compiled_by_xla(build, built, side_by_side):
    _check(build, built, side_by_side, xla=True)


@pytest.mark.slow
@pytest.mark.usefixtures("float64")
def test_targets_without_an_axis_of_their_own(built, side_by_side):
    _check(_masked, built, side_by_side, column=False, epochs=1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("policy", "stacked"),
    [
        ("mixed_float16", True),
        pytest.param("mixed_float16", False, marks=pytest.mark.exhaustive),
        pytest.param("mixed_bfloat16", True, marks=pytest.mark.exhaustive),
        pytest.param("mixed_bfloat16", False, marks=pytest.mark.exhaustive),
    ],
)
def test_mixed_precision(policy, stacked, built, side_by_side):
    keras.config.set_dtype_policy(policy)
    try:
        _check(_masked, built, side_by_side, stacked=stacked, rtol=0.03, epochs=1)
    finally:
        keras.config.set_dtype_policy("float32")
