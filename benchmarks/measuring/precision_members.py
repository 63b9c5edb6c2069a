"""A network for each public layer, loss and builder, to be trained in half precision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes import layers, losses, models
from dlrecipes.results import ClassTarget, DataSpec, Feature, ValueTarget
from dlrecipes.targets import loss_and_metrics
from dlrecipes.training import FlatCos

ROWS = 64
LEFT_OUT = {
    "BATCH_MOMENTUM": "a number",
    "PENALTY_FORMS": "words",
    "penalty_strength": "arithmetic in Python",
    "MaskedMetric": "a metric, no loss: it computes in float32",
    "prior_bias": "numbers for an initialiser; every builder with `output_bias` has them",
    "from_last_value": "adds a value inside `build_tabular`'s network, in float32",
}
"""Public names of the three packages that are no layer, loss or builder, and why."""

KNOWN = {
    "models.build_text(cnn)": "max-pooling over tokens; at one place of a thousand the largest "
    "value is another one in float16, or tied, and the gradient goes elsewhere",
}
"""Members that may be outside of the tolerance, and why."""

CI = (
    "layers.InvertedDropout",
    "layers.LocallyConnected2D",
    "layers.OrdinalHead",
    "layers.PCAWhitening",
    "layers.PiecewiseLinearEncoding",
    "layers.Standardization",
    "losses.FocalLoss",
    "losses.MaskedLoss",
    "models.build_mlp",
    "models.build_tabular",
)
"""The members that the tests train, fixed in advance."""


@dataclass(frozen=True)
class Case:
    """A network with its data.

    Args:
        model: Not compiled.
        x: `(rows, …)`.
        y: What it is to learn; a dictionary of several targets.
        loss: What `compile` takes, a loss or a dictionary of arguments.
    """

    model: keras.Model
    x: NDArray[Any]
    y: Any
    loss: Any = "mse"


def members() -> dict[str, Callable[[], Case]]:
    """Return what makes a case of each public layer, loss and builder, `"layers.OneHot"`, ….

    Raises:
        SystemExit: If a public name has neither a member nor a reason to be left out.
    """
    found: dict[str, Callable[[], Case]] = {}
    for package, module in (("layers", layers), ("losses", losses), ("models", models)):
        for name in module.__all__:
            made = {key: make for key, make in _CASES.items() if key.split("(")[0] == name}
            if not made and name not in LEFT_OUT:
                raise SystemExit(f"dlrecipes.{package}.{name} has no member: write one.")
            found |= {f"{package}.{key}": make for key, make in made.items()}
    return found


def _numbers(*shape: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(ROWS, *shape)).astype("float32")


def _whole(*tops: int, seed: int = 1) -> NDArray[np.float32]:
    generator = np.random.default_rng(seed)
    return np.stack([generator.integers(0, top, ROWS) for top in tops], axis=1).astype("float32")


def _missing(x: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.where(np.random.default_rng(2).random(x.shape) < 0.1, np.nan, x).astype("float32")


def _one_layer(layer: keras.layers.Layer, x: NDArray[Any], *, adapt: bool = False) -> Case:
    """A layer between the inputs and a linear head, which puts out float32 as Keras advises."""
    if adapt:
        layer.adapt(x)
    head = keras.layers.Dense(3, dtype="float32", name="head")
    model = keras.Sequential([keras.Input(x.shape[1:]), layer, keras.layers.Flatten(), head])
    return Case(model, x, _numbers(3, seed=3))


def _head(units: int, y: NDArray[Any], loss: keras.losses.Loss) -> Case:
    """A loss after a linear layer whose outputs are half precision: nobody took care of them."""
    return Case(
        keras.Sequential([keras.Input((6,)), keras.layers.Dense(units)]), _numbers(6), y, loss
    )


def _classifier(model: keras.Model, x: NDArray[Any]) -> Case:
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return Case(model, x, _whole(3)[:, 0].astype("int32"), loss)


def _table() -> tuple[DataSpec, NDArray[np.float32]]:
    features = (
        Feature("age", "number", edges=(-1.0, 0.0, 2.0)),
        Feature("pay", "number", edges=(-2.0, 1.0)),
        Feature("age missing", "indicator"),
        Feature("job", "category", size=3),
        Feature("town", "category", size=5),
    )
    return _spec("table", (5,), features), np.hstack([_numbers(2), _whole(2, 3, 5)])


def _spec(
    kind: Literal["table", "text"], shape: tuple[int, ...], features: tuple[Feature, ...]
) -> DataSpec:
    target = ClassTarget(class_names=("a", "b", "c"), priors=(0.5, 0.3, 0.2))
    return DataSpec(
        name="made",
        input_shape=shape,
        input_dtype="float32",
        kind=kind,
        targets=(target,),
        train_size=ROWS,
        features=features,
    )


def _text(architecture: str) -> Case:
    tokens = tuple(Feature(f"token {at}", "category", size=50) for at in range(12))
    spec = _spec("text", (12,), tokens)
    return _classifier(models.build_text(spec, architecture=architecture), _whole(*[50] * 12))


def _multitask() -> Case:
    targets = (
        ValueTarget(name="price", mean=50.0, std=20.0, known=ROWS),
        ClassTarget(name="sold", class_names=("no", "yes"), priors=(0.5, 0.5), known=ROWS),
    )
    y = {"price": 50 + 20 * _numbers(1, seed=4)[:, 0], "sold": _whole(2)[:, 0]}
    model = models.build_multitask((6,), targets, hidden_units=(16,))
    return Case(model, _numbers(6), y, loss_and_metrics(targets))


def _members() -> Case:
    """Members whose outputs are half precision until their mean: nobody took care of them."""
    inputs = keras.Input((6,))
    members = keras.layers.Dense(16, "relu")(layers.MemberScaling(4)(inputs))
    members = layers.MemberDense(3)(members)
    model = models.MemberModel(inputs, layers.MemberMean(dtype="float32")(members))
    return _classifier(model, _numbers(6))


def _realmlp() -> Case:
    """With a last layer away from the zeros that it begins with: all outputs would be equal."""
    spec, x = _table()
    model = models.build_realmlp(spec, hidden_units=(32,))
    model.get_layer("outputs").kernel.assign(_numbers(3, seed=5)[:32])
    return _classifier(model, x)


def _tempered() -> Case:
    probabilities = [keras.Input((6,)), keras.layers.Dense(3, "softmax", dtype="float32")]
    model = keras.Sequential([*probabilities, layers.TemperatureScaling(1.5)])
    return Case(
        model, _numbers(6), _whole(3)[:, 0].astype("int32"), "sparse_categorical_crossentropy"
    )


def _table_encoder() -> Case:
    spec, x = _table()
    encoder = models.build_table_encoder(spec)
    head = keras.layers.Dense(3, dtype="float32")(encoder.output)
    return Case(keras.Model(encoder.input, head), x, _numbers(3, seed=3))


_CASES: dict[str, Callable[[], Case]] = {
    # ---- layers
    "FeatureScaling": lambda: _one_layer(layers.FeatureScaling(), _numbers(6)),
    "Imputation": lambda: _one_layer(layers.Imputation(), _missing(_numbers(5)), adapt=True),
    "InvertedDropout": lambda: _one_layer(layers.InvertedDropout(0.3, seed=1), _numbers(8)),
    "LocallyConnected2D": lambda: _one_layer(layers.LocallyConnected2D(4, 3), _numbers(8, 8, 2)),
    "MemberDense": _members,
    "MemberMean": _members,
    "MemberScaling": _members,
    "MinMaxScaling": lambda: _one_layer(layers.MinMaxScaling(), 9 + _numbers(5), adapt=True),
    "NTKDense": lambda: _one_layer(layers.NTKDense(16), _numbers(6)),
    "OneHot": lambda: _one_layer(layers.OneHot((3, 4)), _whole(3, 4)),
    "OrdinalHead": lambda: Case(
        keras.Sequential([keras.Input((6,)), layers.OrdinalHead(4)]),
        _numbers(6),
        _whole(4)[:, 0].astype("int32"),
        losses.OrdinalLoss(),
    ),
    "PCAWhitening": lambda: _one_layer(layers.PCAWhitening(), _numbers(5), adapt=True),
    "ParametricActivation": lambda: _one_layer(layers.ParametricActivation("mish"), _numbers(6)),
    "PeriodicBiasEmbedding": lambda: _one_layer(layers.PeriodicBiasEmbedding(), _numbers(5)),
    "PeriodicEmbedding": lambda: _one_layer(layers.PeriodicEmbedding(), _numbers(5)),
    "PiecewiseLinearEmbedding": lambda: _one_layer(
        layers.PiecewiseLinearEmbedding(4, n_bins=4), _numbers(5), adapt=True
    ),
    "PiecewiseLinearEncoding": lambda: _one_layer(
        layers.PiecewiseLinearEncoding(4), _numbers(5), adapt=True
    ),
    "QuantileToNormal": lambda: _one_layer(layers.QuantileToNormal(), _numbers(5), adapt=True),
    "QuantileClip": lambda: _one_layer(layers.QuantileClip((0.1, 0.9)), _numbers(5), adapt=True),
    "ResidualBlock": lambda: _one_layer(layers.ResidualBlock(8), _numbers(8, 8, 8)),
    "RobustScaling": lambda: _one_layer(layers.RobustScaling(), 9 + _numbers(5), adapt=True),
    "ScheduledDropout": lambda: _one_layer(
        layers.ScheduledDropout(FlatCos(0.3, 50), seed=1), _numbers(8)
    ),
    "Standardization": lambda: _one_layer(layers.Standardization(), 9 + _numbers(5), adapt=True),
    "Standardization(1000 ± 1)": lambda: _one_layer(
        layers.Standardization(), 1000 + _numbers(5), adapt=True
    ),
    "TemperatureScaling": _tempered,
    "ZCAWhitening": lambda: _one_layer(layers.ZCAWhitening(), _numbers(5), adapt=True),
    "absolute": lambda: _one_layer(keras.layers.Dense(16, activation=layers.absolute), _numbers(5)),
    "matched_initializer": lambda: _one_layer(
        keras.layers.Dense(16, "relu", kernel_initializer=layers.matched_initializer("relu")),
        _numbers(5),
    ),
    # ---- losses
    "EqualOddsLoss": lambda: _head(1, _whole(2, 2), losses.EqualOddsLoss()),
    "FocalLoss": lambda: _head(1, _whole(2), losses.FocalLoss("binary")),
    "FocalLoss(sparse)": lambda: _head(
        3, _whole(3)[:, 0].astype("int32"), losses.FocalLoss("sparse", alpha=(0.2, 0.3, 0.5))
    ),
    "MaskedLoss": lambda: _head(
        1, _missing(_numbers(1, seed=3)), losses.MaskedLoss(keras.losses.MeanSquaredError())
    ),
    "OrdinalLoss": lambda: _head(4, _whole(4)[:, 0].astype("int32"), losses.OrdinalLoss()),
    "PoissonDeviance": lambda: Case(
        keras.Sequential([keras.Input((6,)), keras.layers.Dense(1, "softplus")]),
        _numbers(6),
        np.square(_numbers(1, seed=3)),
        losses.PoissonDeviance(0.1),
    ),
    # ---- builders
    "build_cnn": lambda: _classifier(
        models.build_cnn((8, 8, 1), 3, filters=(8,), dense_units=(16,)), _numbers(8, 8, 1)
    ),
    "build_mlp": lambda: _classifier(models.build_mlp((6,), 3, hidden_units=(32,)), _numbers(6)),
    "build_mlp(values)": lambda: Case(
        models.build_mlp((6,), 1, hidden_units=(32,), target_mean=500.0, target_std=20.0),
        _numbers(6),
        500 + 20 * _numbers(1, seed=3),
    ),
    "build_multitask": _multitask,
    "build_realmlp": _realmlp,
    "build_resnet": lambda: _classifier(
        models.build_resnet((8, 8, 1), 3, filters=(8,)), _numbers(8, 8, 1)
    ),
    "build_rnn": lambda: _classifier(
        models.build_rnn((10, 3), 3, recurrent_units=(16,)), _numbers(10, 3)
    ),
    "build_rnn(gru)": lambda: _classifier(
        models.build_rnn((10, 3), 3, cell="gru", recurrent_units=(16,)), _numbers(10, 3)
    ),
    "build_rnn(simple)": lambda: _classifier(
        models.build_rnn((10, 3), 3, cell="simple", recurrent_units=(16,)), _numbers(10, 3)
    ),
    "build_table_encoder": _table_encoder,
    "MemberModel": _members,
    "build_tabm": lambda: _classifier(
        models.build_tabm(_table()[0], members=4, hidden_units=(32,)), _table()[1]
    ),
    "build_tabular": lambda: _classifier(
        models.build_tabular(_table()[0], hidden_units=(32,)), _table()[1]
    ),
    "build_text": lambda: _text("bag"),
    "build_text(cnn)": lambda: _text("cnn"),
}
