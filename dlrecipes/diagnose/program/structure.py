"""The network before its first step: its weights, its activations, what holds it down."""

from __future__ import annotations

import math
from collections.abc import Iterator

import keras
import numpy as np

from dlrecipes.diagnose.program.axes import check_axes
from dlrecipes.diagnose.program.graph import shape_before
from dlrecipes.diagnose.program.hidden_activations import check_hidden_activations
from dlrecipes.diagnose.program.losses import mean_loss
from dlrecipes.diagnose.program.program import Program, fixed_batch
from dlrecipes.diagnose.program.widths import check_widths
from dlrecipes.results import Finding, plural

_LAYERS = keras.layers
_PASSING = (
    _LAYERS.Activation,
    _LAYERS.BatchNormalization,
    _LAYERS.Dropout,
    _LAYERS.LayerNormalization,
    _LAYERS.ReLU,
)
"""Through these a branch leads on to where it is added."""
_STRONG_DROPOUT = 0.8
_FEW_INPUTS, _FEW_UNITS = 20, 4
_HUGE = 10.0
_PENALTY = 5.0
_FEWEST_WEIGHTS = 100
_FEW_NUMBERS = 4
_SHORT_MEMORY = 0.3
_HALF_DONE = 0.5


def check_structure(program: Program) -> Iterator[Finding]:
    """Say what of a network's structure or first weights keeps it from learning.

    Args:
        program: The training.
    """
    yield from _frozen(program)
    yield from _weights(program)
    yield from check_hidden_activations(program)
    yield from _unused(program)
    yield from check_widths(program)
    yield from check_axes(program)
    yield from _dropout(program)
    yield from _penalties(program)
    yield from _normalisation(program)


def _frozen(program: Program) -> Iterator[Finding]:
    if not program.network.trainable_variables:
        yield Finding(
            "frozen layers",
            "No weight can be trained.",
            {},
            "Set `trainable = True` for the layers that are to learn, before `compile`.",
            severity="error",
        )
        return
    for layer in program.layers:
        kernel = getattr(layer, "kernel", None)
        if kernel is None or layer.trainable or kernel.ndim < 2:
            continue
        values = np.asarray(keras.ops.convert_to_numpy(kernel), np.float64)
        bias = getattr(layer, "bias", None)
        untouched = bias is None or not np.asarray(keras.ops.convert_to_numpy(bias)).any()
        expected = _initial_spread(layer, values)
        as_drawn = expected is not None and abs(float(values.std()) / expected - 1) < 0.1
        if values.size >= _FEWEST_WEIGHTS and untouched and as_drawn:
            yield Finding(
                "frozen layers",
                f"The layer {layer.name!r} is frozen with weights as they were drawn: it has "
                "learned nothing yet.",
                {"weights": int(values.size), "spread": float(values.std())},
                "Load its weights, or let it be trained.",
                severity="warning",
            )


def _initial_spread(layer: keras.layers.Layer, values: np.ndarray) -> float | None:
    """Return the standard deviation with which an initialiser draws such a kernel, if known."""
    fan_in = int(np.prod(values.shape[:-1]))
    fan_out = int(np.prod(values.shape[:-2])) * values.shape[-1]
    initializer = type(getattr(layer, "kernel_initializer", None)).__name__
    if initializer.startswith("Glorot"):
        return math.sqrt(2.0 / (fan_in + fan_out))
    if initializer.startswith("He"):
        return math.sqrt(2.0 / fan_in)
    if initializer.startswith("Lecun"):
        return math.sqrt(1.0 / fan_in)
    return None


def _weights(program: Program) -> Iterator[Finding]:
    last = {id(output.layer) for output in program.outputs}
    for layer in program.layers:
        kernel = getattr(layer, "kernel", None)
        if kernel is None or not layer.trainable or kernel.ndim < 2 or kernel.shape[-1] < 2:
            continue
        values = np.asarray(keras.ops.convert_to_numpy(kernel), np.float64)
        spread = float(values.std())
        alike = spread == 0 and not _told_apart(layer)
        if alike and id(layer) not in last and not (values.flat[0] == 0 and _added(layer)):
            yield Finding(
                "initial weights",
                f"All weights of {layer.name!r} are {values.flat[0]:g}: its units compute the "
                "same, and are given the same gradient.",
                {"value": float(values.flat[0])},
                'Draw them: `kernel_initializer="glorot_uniform"`.',
                severity="error",
            )
            continue
        fan_in = int(np.prod(values.shape[:-1]))
        usual = math.sqrt(2.0 / (fan_in + values.shape[-1]))
        if spread > _HUGE * max(usual, 0.05):
            yield Finding(
                "initial weights",
                f"The weights of {layer.name!r} begin with a spread of {spread:.3g}, where about "
                f"{usual:.2g} keeps the scale of its {plural(fan_in, 'input')}.",
                {"spread": spread, "usual": usual},
                'Use `kernel_initializer="glorot_uniform"` or "he_normal".',
                severity="warning",
            )


def _told_apart(layer: keras.layers.Layer) -> bool:
    """Whether another of a layer's weights makes its units differ, as the slope of an embedding."""
    weights = [np.asarray(keras.ops.convert_to_numpy(weight)) for weight in layer.trainable_weights]
    return any(weight.ndim and np.ptp(weight, axis=-1).any() for weight in weights)


def _added(layer: keras.layers.Layer) -> bool:
    """Whether what a layer puts out is added to something else: such a branch may begin with 0."""
    while True:
        nodes = list(getattr(layer, "_outbound_nodes", ()))
        if len(nodes) != 1:
            return False
        layer = nodes[0].operation
        if type(layer).__name__ in ("Add", "Average", "Subtract"):
            return True
        if not isinstance(layer, _PASSING):
            return False


def _unused(program: Program) -> Iterator[Finding]:
    """Find an input without which the outputs are the same."""
    if len(program.x) < 2 or fixed_batch(program.network):
        return
    names = list(program.x)
    model = program.network
    rows = np.linspace(0, len(program.x[names[0]]) - 1, 64).astype(int)
    few = {name: values[rows] for name, values in program.x.items()}
    tensors = getattr(model, "inputs", None)
    if not tensors or len(tensors) != len(names):
        return
    by_name = not all(name.startswith("input ") for name in names)

    def predict(given: dict[str, np.ndarray]) -> np.ndarray:
        parts = {name: keras.ops.convert_to_tensor(one) for name, one in given.items()}
        shown = model(parts if by_name else list(parts.values()), training=False)
        return np.concatenate(
            [
                np.asarray(keras.ops.convert_to_numpy(one)).reshape(len(rows), -1)
                for one in keras.tree.flatten(shown)
            ],
            axis=1,
        )

    plain = predict(few)
    for name in names:
        turned = predict({**few, name: np.roll(few[name], 1, axis=0)})
        if np.array_equal(plain, turned) and not np.array_equal(
            few[name], np.roll(few[name], 1, axis=0)
        ):
            yield Finding(
                "unused inputs",
                f"The outputs are the same whatever {name!r} is.",
                {},
                "Join it with the others, for example by `Concatenate`, or leave it out.",
                severity="warning",
            )


def _dropout(program: Program) -> Iterator[Finding]:
    last = {id(output.layer) for output in program.outputs}
    kinds = (_LAYERS.Dropout, _LAYERS.SpatialDropout1D, _LAYERS.SpatialDropout2D)
    for layer in program.layers:
        if not isinstance(layer, kinds) or id(layer) in last:
            continue
        shape = shape_before(layer)
        features = math.prod(one or 1 for one in shape) if shape else 0
        # Of sixteen units half may be left out; of sixteen columns it is half of what is known.
        most = _FEW_INPUTS if shape and _drops_inputs(program, layer) else _FEW_UNITS
        few = 0 < features <= most and layer.rate >= 0.5
        if layer.rate >= _STRONG_DROPOUT or few:
            yield Finding(
                "regularisation",
                f"{layer.name!r} drops {100 * layer.rate:.0f} %"
                + (f" of {plural(features, 'number')}" if few else "")
                + ": little of an example is left.",
                {"rate": float(layer.rate)},
                "Try 0.1 to 0.5, and less behind the inputs.",
                severity="warning",
            )


def _drops_inputs(program: Program, layer: keras.layers.Layer) -> bool:
    given = getattr(program.network, "inputs", None) or []
    return any(layer.input is one for one in given)


def _penalties(program: Program) -> Iterator[Finding]:
    try:
        penalties = program.network._get_regularization_losses()
        penalty = sum(float(keras.ops.convert_to_numpy(one)) for one in penalties)
    except Exception:  # a penalty of one's own may want a graph
        return
    if penalty <= 0:
        return
    losses = [mean_loss(output, output.outputs) for output in program.outputs if output.loss]
    known = [one for one in losses if one is not None]
    if len(known) < len(losses):
        return
    data = sum(known)
    if math.isfinite(data) and penalty > _PENALTY * max(data, 1e-9):
        yield Finding(
            "regularisation",
            f"The penalty on weights ({penalty:.3g}) is {penalty / max(data, 1e-9):.0f} times the "
            f"loss of the data ({data:.3g}).",
            {"penalty": penalty, "data": data},
            "Begin with 1e-5 to 1e-3.",
            severity="warning",
        )


def _numbers_of_a_step(program: Program, layer: keras.layers.Layer) -> int:
    """Return how many numbers of each feature a layer sees in a step; 0 if that is unknown."""
    shape = shape_before(layer)
    places = shape[:-1] if layer.axis in (-1, len(shape)) else ()
    if not shape or None in places or (len(shape) > 1 and not places):
        return 0
    return math.prod(one or 1 for one in places) * min(program.batch_size, program.examples)


def _normalisation(program: Program) -> Iterator[Finding]:
    layers = [one for one in program.layers if isinstance(one, _LAYERS.BatchNormalization)]
    trained = [one for one in layers if one.trainable]
    few = [one for one in trained if 0 < _numbers_of_a_step(program, one) < _FEW_NUMBERS]
    if few:
        count = _numbers_of_a_step(program, few[0])
        yield Finding(
            "normalisation",
            f"BatchNormalization has {plural(count, 'number')} of each feature in a step: "
            + ("no spread to divide by." if count == 1 else "their spread says next to nothing."),
            {"batch_size": program.batch_size, "numbers": count},
            "Take at least 16 examples a step, or `LayerNormalization`.",
            severity="warning",
        )
    for layer in trained:
        if layer.momentum < _SHORT_MEMORY and program.examples > 2 * program.batch_size:
            yield Finding(
                "normalisation",
                f"The moving averages of {layer.name!r}, which are what is predicted with, are "
                f"those of the last batch (momentum {layer.momentum:g}): Keras' momentum is the "
                "share that is kept.",
                {"momentum": float(layer.momentum)},
                f"Use {1 - float(layer.momentum):g}, if it comes from a library that counts the "
                "share that is new.",
                severity="warning",
            )
            return
        left = float(layer.momentum) ** max(program.steps, 1)
        moved = np.asarray(keras.ops.convert_to_numpy(layer.moving_mean)).any()
        if left > _HALF_DONE and not moved:
            yield Finding(
                "normalisation",
                f"After all {plural(program.steps, 'step')}, {100 * left:.0f} % of the moving "
                f"averages of {layer.name!r} will still be what they began with (momentum "
                f"{layer.momentum:g}), and they are what is predicted with.",
                {"momentum": float(layer.momentum), "steps": program.steps},
                f"Use a momentum of about {max(0.0, round(1 - 5 / max(program.steps, 6), 3)):g}.",
                severity="warning",
            )
            return
