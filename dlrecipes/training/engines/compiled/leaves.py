"""The numbers in a compiled model that can change without a new graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from dlrecipes.layers import InvertedDropout, ScheduledDropout
from dlrecipes.losses import FocalLoss, MaskedLoss
from dlrecipes.training.moving_optimizers import moving_optimizers, without_scaling
from dlrecipes.training.schedules import CosLog4, FlatCos, OneCycle, ScheduledAdamW

# Optimizers whose update rule gives the same numbers with stacked state, as the tests show.
OPTIMIZERS = (
    keras.optimizers.SGD,
    keras.optimizers.Adam,
    keras.optimizers.AdamW,
    keras.optimizers.RMSprop,
    keras.optimizers.Adagrad,
    keras.optimizers.Adadelta,
    keras.optimizers.Adamax,
    keras.optimizers.Nadam,
    keras.optimizers.Lion,
    keras.optimizers.Ftrl,
    ScheduledAdamW,
)
_OF_OPTIMIZERS = (
    "weight_decay",
    "momentum",
    "beta_1",
    "beta_2",
    "rho",
    "epsilon",
    "clipnorm",
    "clipvalue",
    "global_clipnorm",
)
_OF_SCHEDULES = {
    keras.optimizers.schedules.CosineDecay: ("initial_learning_rate", "alpha", "warmup_target"),
    keras.optimizers.schedules.ExponentialDecay: ("initial_learning_rate", "decay_rate"),
    keras.optimizers.schedules.InverseTimeDecay: ("initial_learning_rate", "decay_rate"),
    keras.optimizers.schedules.PolynomialDecay: ("initial_learning_rate", "end_learning_rate"),
    CosLog4: ("peak",),
    FlatCos: ("peak",),
    OneCycle: ("peak",),
}
_OF_TRAININGS = {
    keras.optimizers.schedules.CosineDecay: "decay_steps",
    CosLog4: "steps",
    FlatCos: "steps",
    OneCycle: "steps",
}
"""Where schedules keep the steps of the whole training, so many for each of its epochs."""
STEPS = frozenset(_OF_TRAININGS.values())
_OF_LOSSES = ("label_smoothing", "gamma", "alpha", "delta")
_RATES = (
    keras.layers.Dropout,
    keras.layers.SpatialDropout1D,
    keras.layers.SpatialDropout2D,
    keras.layers.SpatialDropout3D,
)
_OF_INITIALIZERS = {
    keras.initializers.RandomNormal: ("mean", "stddev"),
    keras.initializers.TruncatedNormal: ("mean", "stddev"),
    keras.initializers.RandomUniform: ("minval", "maxval"),
    keras.initializers.VarianceScaling: ("scale",),
    keras.initializers.Constant: ("value",),
}
_REGULARIZERS = (keras.regularizers.L1, keras.regularizers.L2, keras.regularizers.L1L2)


class DynamicNumber:
    """A scalar tensor in the place of a Python number.

    Keras keeps momentum, dropout rates, penalties and the like as Python numbers and asks them
    questions while it traces: `if self.momentum != 0`. A symbolic tensor cannot answer, so
    this stands in for it: every question is answered as for a number that is neither zero nor
    one, which takes the general branch (at zero the general formula gives the same result), and
    every calculation is that of the tensor.

    Args:
        tensor: A scalar of a floating-point type.
    """

    # NumPy scalars would otherwise try to turn this into an array.
    __array_ufunc__ = None

    def __init__(self, tensor: tf.Tensor) -> None:
        self.tensor = tensor

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    def __hash__(self) -> int:
        return id(self)

    def __gt__(self, other: object) -> bool:
        return True

    def __ge__(self, other: object) -> bool:
        return True

    def __lt__(self, other: object) -> bool:
        return False

    def __le__(self, other: object) -> bool:
        return False

    def __add__(self, other: Any) -> tf.Tensor:  # noqa: ANN401  (whatever a tensor takes)
        return _with_dtype_of(other, self.tensor) + other

    __radd__ = __add__

    def __mul__(self, other: Any) -> tf.Tensor:  # noqa: ANN401
        return _with_dtype_of(other, self.tensor) * other

    __rmul__ = __mul__

    def __sub__(self, other: Any) -> tf.Tensor:  # noqa: ANN401
        return _with_dtype_of(other, self.tensor) - other

    def __rsub__(self, other: Any) -> tf.Tensor:  # noqa: ANN401
        return other - _with_dtype_of(other, self.tensor)

    def __truediv__(self, other: Any) -> tf.Tensor:  # noqa: ANN401
        return _with_dtype_of(other, self.tensor) / other

    def __rtruediv__(self, other: Any) -> tf.Tensor:  # noqa: ANN401
        return other / _with_dtype_of(other, self.tensor)

    def __neg__(self) -> tf.Tensor:
        return -self.tensor

    def __pow__(self, other: Any) -> tf.Tensor:  # noqa: ANN401
        return _with_dtype_of(other, self.tensor) ** other


def _with_dtype_of(other: Any, tensor: tf.Tensor) -> tf.Tensor:  # noqa: ANN401
    """Return the tensor in the other operand's type: a Python number has every type."""
    dtype = getattr(other, "dtype", None)
    return tensor if dtype is None else tf.cast(tensor, dtype)


def _convert(
    value: DynamicNumber,
    dtype: tf.DType | None = None,
    name: str | None = None,
    as_ref: bool = False,
) -> tf.Tensor:
    return value.tensor if dtype is None else tf.cast(value.tensor, dtype, name=name)


tf.register_tensor_conversion_function(DynamicNumber, _convert)


@dataclass(frozen=True)
class Leaf:
    """One number of a model, and the place where Keras looks for it.

    Args:
        path: Where it stands in the model's configuration, for example
            `"layers/3/kernel_regularizer/config/l2"`.
        value: Its value.
        owner: The object, or dictionary, that holds it.
        attribute: Its name there.
        variable: The variable that holds it, where one does.
        stand_in: From a tensor to what is put in that place while the model is traced.
        zero: Whether zero is a number among others; to clip gradients at 0 means not to clip.
        echo: Whether it only repeats, in a layer made of others, what may be a number of those.
        begins: The weight that begins by it, if it is a number of an initializer. No graph has it.
        multiple: Whether it may be a hyperparameter times a number that stays: of several
            optimizers the rates are told so, a tenth for biases, for example, and the steps of a
            training by its epochs.
    """

    path: str
    value: float
    owner: Any
    attribute: str
    variable: keras.Variable | None = None
    stand_in: Callable[[Any], Any] = DynamicNumber
    zero: bool = True
    echo: bool = False
    begins: keras.Variable | None = None
    multiple: bool = False


def find_leaves(model: keras.Model) -> dict[str, Leaf]:
    """Return every number of a model that can be a tensor while the model is traced.

    Args:
        model: A compiled model.

    Returns:
        `{path: leaf}`; what is not among them (units, activations, a dropout rate of exactly
        zero, which Keras leaves out of the graph) is structure.
    """
    return {
        leaf.path: leaf for leaf in (*_of_layers(model), *_of_starts(model), *_of_compile(model))
    }


def optimizers_by_path(model: keras.Model) -> dict[str, keras.optimizers.Optimizer]:
    """Return the optimizers that move a model's weights, by where their numbers stand."""
    found = moving_optimizers(model)
    if isinstance(without_scaling(model), keras.optimizers.MultiOptimizer):
        return {f"optimizers/{at}": one for at, one in enumerate(found)}
    return {"optimizer": found[0]}


def all_layers(model: keras.Model) -> list[keras.Layer]:
    """Return all layers of a model in a fixed order, those inside of others included."""
    return list(model._flatten_layers(include_self=False))


def _of_layers(model: keras.Model) -> Iterator[Leaf]:
    for index, layer in enumerate(all_layers(model)):
        path = f"layers/{index}"
        if layer._layers and not isinstance(layer, keras.Model):
            held = {name: value for name, value in vars(layer).items() if isinstance(value, float)}
            for place, number in _floats(path, {**held, **layer.get_config()}):
                yield Leaf(place, number, {}, "", echo=True)
        yield from _of_dropout(path, layer)
        for name in layer.get_config() if not isinstance(layer, keras.Model) else ():
            regularizer = getattr(layer, name, None) if name.endswith("_regularizer") else None
            if type(regularizer) in _REGULARIZERS:
                for factor in ("l1", "l2"):
                    if hasattr(regularizer, factor):
                        value = float(getattr(regularizer, factor))
                        yield Leaf(f"{path}/{name}/config/{factor}", value, regularizer, factor)


def _of_starts(model: keras.Model) -> Iterator[Leaf]:
    """Yield the numbers of initializers, each of which begins one weight and does nothing else."""
    for index, layer in enumerate(all_layers(model)):
        for name in layer.get_config() if not isinstance(layer, keras.Model) else ():
            weight = getattr(layer, name.removesuffix("_initializer"), None)
            if not name.endswith("_initializer") or not isinstance(weight, keras.Variable):
                continue
            initializer = getattr(layer, name, None)
            for number in _OF_INITIALIZERS.get(type(initializer), ()):
                value = getattr(initializer, number)
                if isinstance(value, float):
                    place = f"layers/{index}/{name}/config/{number}"
                    yield Leaf(place, value, {}, "", begins=weight)


def _of_dropout(path: str, layer: keras.Layer) -> Iterator[Leaf]:
    if isinstance(layer, InvertedDropout):
        rate = float(keras.ops.convert_to_numpy(layer.rate))
        yield Leaf(f"{path}/rate", rate, layer, "rate", layer.rate)
    elif isinstance(layer, ScheduledDropout):
        yield from _of_schedule(f"{path}/schedule", layer.schedule)
    elif type(layer) in _RATES and layer.rate > 0:
        yield Leaf(
            f"{path}/rate",
            float(layer.rate),
            layer,
            "call",
            stand_in=partial(_dropout_call, layer),
        )


def _floats(path: str, config: object) -> Iterator[tuple[str, float]]:
    """Yield the floats of nested configuration with their paths."""
    if isinstance(config, float):
        yield path, config
    elif isinstance(config, dict | list | tuple):
        items = config.items() if isinstance(config, dict) else enumerate(config)
        for name, inner in items:
            yield from _floats(f"{path}/{name}", inner)


def _of_compile(model: keras.Model) -> Iterator[Leaf]:
    for path, optimizer in optimizers_by_path(model).items():
        if type(optimizer) in OPTIMIZERS:
            yield from _of_optimizer(path, optimizer)
    yield from _of_losses("loss", model.loss)
    yield from _of_loss_weights(model)


def _of_optimizer(path: str, optimizer: Any) -> Iterator[Leaf]:  # noqa: ANN401
    for rate in _of_rate(f"{path}/learning_rate", optimizer):
        yield replace(rate, multiple=rate.multiple or path != "optimizer")
    for name in _OF_OPTIMIZERS:
        # A decay that may follow a schedule is computed where it is asked for.
        scheduled = name == "weight_decay" and isinstance(optimizer, ScheduledAdamW)
        held = f"_{name}" if scheduled else name
        number = getattr(optimizer, held, None)
        yield from _of_schedule(f"{path}/{name}", number)
        if number or name == "weight_decay":  # a momentum of 0 has no slots to keep it in
            yield from _number(f"{path}/{name}", optimizer, held, number)


def _of_rate(path: str, optimizer: Any) -> Iterator[Leaf]:  # noqa: ANN401
    rate = optimizer._learning_rate
    if isinstance(rate, keras.Variable):
        value = float(keras.ops.convert_to_numpy(rate))
        yield Leaf(path, value, optimizer, "_learning_rate", rate)
    yield from _of_schedule(path, rate)


def _of_schedule(path: str, schedule: object) -> Iterator[Leaf]:
    for name in _OF_SCHEDULES.get(type(schedule), ()):
        yield from _number(f"{path}/config/{name}", schedule, name, getattr(schedule, name))
    steps = _OF_TRAININGS.get(type(schedule))
    # With a warm-up it is a branch that Keras asks for by them: not one for all members.
    if steps is not None and getattr(schedule, "warmup_target", None) is None:
        for leaf in _number(f"{path}/config/{steps}", schedule, steps, getattr(schedule, steps)):
            yield replace(leaf, multiple=True)


def _of_losses(path: str, loss: object) -> Iterator[Leaf]:
    """Yield the numbers of a loss, of the loss of each output, or of one that another masks."""
    options = getattr(loss, "_fn_kwargs", None)
    if isinstance(loss, dict | list | tuple):
        for name, inner in loss.items() if isinstance(loss, dict) else enumerate(loss):
            yield from _of_losses(f"{path}/{name}", inner)
    elif isinstance(loss, MaskedLoss):
        yield from _of_losses(f"{path}/config/loss", loss.loss)
    elif isinstance(options, dict) and type(loss).__module__.startswith("keras."):
        for name in _OF_LOSSES:
            yield from _number(f"{path}/config/{name}", options, name, options.get(name))
    elif isinstance(loss, FocalLoss):
        for name in _OF_LOSSES:
            yield from _number(f"{path}/config/{name}", loss, name, getattr(loss, name, None))


def _of_loss_weights(model: keras.Model) -> Iterator[Leaf]:
    """Yield the weights of the outputs' losses."""
    compiled = model._compile_loss
    weights = getattr(compiled, "_user_loss_weights", None)
    if weights is None:
        return
    if not isinstance(weights, dict | list | tuple):
        weights = {"": weights}
    names = list(compiled.output_names or ())
    for key, weight in weights.items() if isinstance(weights, dict) else enumerate(weights):
        # Where Keras keeps it: by the output's key, by its place among the outputs, or alone.
        places: list[tuple[Any, ...]] = [
            (key,),
            *((at,) for at, name in enumerate(names) if name == key),
        ]
        if len(weights) == 1:
            places.append(())
        for leaf in _number(f"loss_weights/{key}".removesuffix("/"), compiled, "", weight):
            put = partial(_weighted, compiled, places)
            yield replace(leaf, attribute="_flat_losses", stand_in=put)


def _weighted(compiled: Any, places: list[tuple[Any, ...]], weight: Any) -> list[Any]:  # noqa: ANN401
    """Return Keras' list of the outputs' losses with another weight of one of them."""
    return [
        flat._replace(loss_weights=weight) if flat.path in places else flat
        for flat in compiled._flat_losses
    ]


def _number(path: str, owner: object, name: str, value: object) -> Iterator[Leaf]:
    if isinstance(value, float | int) and not isinstance(value, bool):
        yield Leaf(path, float(value), owner, name, zero=not name.startswith(("clip", "global")))


def _dropout_call(layer: keras.layers.Dropout, rate: tf.Tensor) -> Callable[..., tf.Tensor]:
    """Return what a `Dropout` or `SpatialDropout` layer calls when its rate is a tensor.

    It draws what TensorFlow's own dropout draws, from the layer's own seeds, and computes the
    same formula; that one refuses whatever stands for a rate but is no number.

    Args:
        layer: The layer.
        rate: Share of the elements that is dropped, a scalar.
    """

    def call(inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        if not training:
            return inputs
        noise = keras.random.uniform(
            _noise_shape(layer, inputs), dtype=inputs.dtype, seed=layer.seed_generator
        )
        # As in TensorFlow, the scale is rounded to half precision only when it is known. If all
        # is dropped, it is 0.
        scale = tf.cast(tf.math.divide_no_nan(1.0, 1 - rate), inputs.dtype)
        return tf.where(noise >= tf.cast(rate, noise.dtype), inputs * scale, tf.zeros_like(inputs))

    return call


def _noise_shape(layer: keras.layers.Dropout, inputs: tf.Tensor) -> Sequence[Any]:
    whole: list[Any] = tf.unstack(tf.shape(inputs))
    if isinstance(layer, keras.layers.Dropout) and layer.noise_shape is not None:
        return [own or size for own, size in zip(layer.noise_shape, whole, strict=True)]
    if hasattr(layer, "_get_noise_shape"):  # spatial: one mask for all positions of a channel
        spatial: Sequence[Any] = layer._get_noise_shape(inputs)
        return spatial
    return whole
