"""Outputs against losses against targets: what cannot be learned whatever the network is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.diagnose.program.losses import check_loss, of_output
from dlrecipes.diagnose.program.program import Output, Program
from dlrecipes.results import Finding, plural

_SPARSE = ("sparse_categorical_crossentropy",)
_ROWS_OF_ONE = ("categorical_crossentropy", "categorical_focal_crossentropy", "kl_divergence")
_BINARY = ("binary_crossentropy", "binary_focal_crossentropy")
_OF_VALUES = (
    "mean_squared_error",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_logarithmic_error",
    "huber",
    "log_cosh",
)
_REACH = {
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
    "relu": (0.0, np.inf),
    "relu6": (0.0, 6.0),
    "softplus": (0.0, np.inf),
    "exponential": (0.0, np.inf),
}
"""What an activation can give."""
_ROUNDING = 0.02
_SHARE = 0.02
"""So many of the targets may lie outside of what the output can reach: outliers."""
_FEW_COLUMNS = 64


def check_targets(program: Program) -> Iterator[Finding]:
    """Say which targets no loss can read: text, and missing ones.

    Args:
        program: The training.
    """
    for output in program.outputs:
        if output.loss is None:
            continue
        if output.targets.dtype.kind not in "biuf":
            yield of_output(
                "labels",
                output,
                f"Targets are of the type {output.targets.dtype}, not numbers",
                "Turn class names into indices, for example with `keras.layers.StringLookup` or "
                "`np.unique(y, return_inverse=True)[1]`.",
            )
        elif output.targets.dtype.kind == "f" and not output.masked:
            missing = int((~np.isfinite(output.targets)).sum())
            if missing:
                yield of_output(
                    "labels",
                    output,
                    f"{plural(missing, 'target is', 'targets are')} missing or infinite: the loss "
                    "of all others is lost with them",
                    "Leave these examples out, or mask them (`dlr.losses.MaskedLoss`).",
                    missing=missing,
                )


def check_heads(program: Program) -> Iterator[Finding]:
    """Say where an output, its loss and its targets do not belong together.

    Args:
        program: The training.
    """
    for output in program.outputs:
        if output.loss is None or output.targets.dtype.kind not in "biuf":
            continue
        found = list(_of_shapes(output)) or list(_of_labels(output))
        found += _of_probabilities(output) if not found else []
        found += [] if found else list(_of_reach(output))
        yield from found
        if not any(finding.severity == "error" for finding in found):
            yield from check_loss(output)
        yield from _of_the_last_layers(program, output)


# ---- shapes


def _of_shapes(output: Output) -> Iterator[Finding]:
    loss, units = output.loss_name, output.units
    shape, wanted = output.outputs.shape[1:], output.targets.shape[1:]
    sparse = loss in _SPARSE
    per_example = int(np.prod(shape, dtype=int))
    if not sparse and len(shape) > max(len(wanted), 1) and per_example > 1:
        yield of_output(
            "axes",
            output,
            f"An example has outputs of shape {shape} and targets of shape {wanted}",
            "Bring the features of an example into one axis before the last layer: `Flatten()` or "
            "a pooling layer.",
        )
    elif sparse and len(shape) > len(wanted) + 1 and wanted != (1,):
        yield of_output(
            "axes",
            output,
            f"An example has outputs of shape {shape} and labels of shape {wanted}",
            "Bring the features of an example into one axis before the last layer.",
        )
    elif units > 1 and output.one_column and (loss in _BINARY or loss in _OF_VALUES):
        yield of_output(
            "output units",
            output,
            f"{plural(units, 'unit')} are compared with one column of targets: each of them is to "
            "be that column",
            _advice_for_units(output),
            units=units,
        )
    elif units == 1 and loss in (*_SPARSE, *_ROWS_OF_ONE) and not output.from_logits:
        yield of_output(
            "output units",
            output,
            f"A loss of several classes ({loss}) has one unit, whose share is always 1",
            'Use one unit with `activation="sigmoid"` and "binary_crossentropy", or a unit a '
            "class.",
        )
    elif loss == "cosine_similarity" and units == 1:
        yield of_output(
            "loss",
            output,
            "The cosine of single numbers tells their signs only",
            "Use the mean squared error for numbers.",
        )


def _advice_for_units(output: Output) -> str:
    if output.loss_name in _BINARY and output.classes is not None:
        return (
            'For classes that exclude each other use "sparse_categorical_crossentropy" and a '
            'softmax; for two, one unit with `activation="sigmoid"`.'
        )
    return "Give the last layer as many units as an example has targets."


# ---- labels


def _of_labels(output: Output) -> Iterator[Finding]:
    loss = output.loss_name
    if loss in _SPARSE:
        yield from _of_indices(output)
    elif loss in _ROWS_OF_ONE and output.units > 1:
        yield from _of_rows(output)
    elif loss in _BINARY:
        low, high = float(np.nanmin(output.targets)), float(np.nanmax(output.targets))
        if low < 0 or high > 1:
            signs = set(np.unique(output.targets)) <= {-1, 1}
            yield of_output(
                "labels" if signs else "target range",
                output,
                f"Targets from {low:g} to {high:g} go into a loss of probabilities",
                "Hand them over as (y + 1) / 2." if signs else _advice_for_range(output, high),
            )
    elif loss == "poisson" and float(np.nanmin(output.targets)) < 0:
        yield of_output(
            "loss",
            output,
            f"The Poisson loss is one of counts, and the least target is "
            f"{np.nanmin(output.targets):g}",
            "Use the mean squared error.",
        )


def _of_indices(output: Output) -> Iterator[Finding]:
    y, units = output.targets, output.units
    if output.one_hot and y.shape[-1] == units:
        yield of_output(
            "labels",
            output,
            f"One-hot labels of {plural(units, 'class', 'classes')} go into a loss of indices",
            'Use "categorical_crossentropy", or `y.argmax(axis=1)`.',
        )
        return
    numbers = y.astype(float)
    numbers = numbers[np.isfinite(numbers)]  # a masked loss leaves the others out
    if not numbers.size:
        return
    if (numbers != np.round(numbers)).any():
        yield of_output(
            "labels",
            output,
            f"Class indices are fractions, from {numbers.min():g} to {numbers.max():g}: the loss "
            "cuts them down to whole numbers",
            "Hand the labels over as they are; only inputs are scaled.",
        )
    elif numbers.min() < 0 or numbers.max() >= units:
        yield of_output(
            "labels",
            output,
            f"Class indices go from {numbers.min():g} to {numbers.max():g}, and the network has "
            f"{plural(units, 'unit')}: 0 to {units - 1}",
            "Count the classes from 0, and give each a unit.",
        )


def _of_rows(output: Output) -> Iterator[Finding]:
    y = output.targets
    if output.one_column:
        yield of_output(
            "labels",
            output,
            "Class indices go into a loss of one-hot labels",
            'Use "sparse_categorical_crossentropy", or `keras.utils.to_categorical(y)`.',
        )
        return
    sums = y.reshape(-1, y.shape[-1]).sum(axis=1)
    wrong = float((np.abs(sums - 1) > _ROUNDING).mean())
    if wrong > 0:
        yield of_output(
            "labels",
            output,
            f"{100 * wrong:.1f} % of the rows of labels do not sum to 1: they belong to no class, "
            "or to several",
            "Give each class a column; for labels that do not exclude each other use sigmoids and "
            '"binary_crossentropy".',
            share=wrong,
        )


def _advice_for_range(output: Output, high: float) -> str:
    if output.classes is not None and high < _FEW_COLUMNS:
        return 'Use "sparse_categorical_crossentropy" with a unit a class.'
    return "Divide them by their largest value, or use a loss of values with a linear output."


# ---- probabilities


def _of_probabilities(output: Output) -> list[Finding]:
    loss, activation, units = output.loss_name, output.activation, output.units
    shown = output.outputs
    by_class = loss in (*_SPARSE, *_ROWS_OF_ONE)
    if activation == "softmax" and units == 1:
        return [
            of_output(
                "output activation",
                output,
                "The softmax of one unit is 1 for every example",
                'Use `activation="sigmoid"`, or one unit a class.',
            )
        ]
    if not (by_class or loss in _BINARY) or not np.isfinite(shown).all():
        return []
    if output.from_logits:
        looked_through = activation in ("softmax", "sigmoid")
        if not looked_through and by_class and _are_shares(shown):
            return [
                of_output(
                    "output activation",
                    output,
                    "The outputs are probabilities, and the loss takes them for logits",
                    "Leave `from_logits=True` out.",
                )
            ]
        return []
    sure = activation not in ("", "softmax", "sigmoid", "hard_sigmoid")
    if sure and activation == "linear" and not getattr(output.layer, "weights", ()):
        sure = False  # what it only reshapes may be probabilities
    outside = bool((shown < -_ROUNDING).any() or (shown > 1 + _ROUNDING).any())
    sums = np.abs(shown.sum(axis=-1) - 1)
    no_shares = by_class and units > 1 and bool((sums > _ROUNDING).any())
    if sure or outside:
        right = "sigmoid" if loss in _BINARY else "softmax"
        return [
            of_output(
                "output activation",
                output,
                f"The loss takes the outputs for probabilities, and the last activation is "
                f"{activation or 'of another kind'}",
                f'Use `activation="{right}"`, or the loss with `from_logits=True` and no '
                "activation.",
                least=float(shown.min()),
                largest=float(shown.max()),
            )
        ]
    if no_shares and activation == "softmax":
        return [
            of_output(
                "axes",
                output,
                "The softmax does not run along the classes: their probabilities do not sum to 1",
                "Let it run along the last axis.",
            )
        ]
    if no_shares and loss in _SPARSE:
        return [
            of_output(
                "output activation",
                output,
                "The probabilities of the classes do not sum to 1",
                'Use `activation="softmax"`, or "binary_crossentropy" for labels that do not '
                "exclude each other.",
                "warning",
            )
        ]
    return []


def _are_shares(shown: NDArray[np.float64]) -> bool:
    """Whether outputs are probabilities, and not by chance: logits may all be alike."""
    if shown.shape[-1] < 2 or float(np.ptp(shown)) < 1e-6:
        return False
    inside = bool((shown >= 0).all() and (shown <= 1).all())
    return inside and bool(np.allclose(shown.sum(axis=-1), 1, atol=_ROUNDING))


# ---- what an output can reach


def _of_reach(output: Output) -> Iterator[Finding]:
    reach = _REACH.get(output.activation)
    of_values = output.loss_name in _OF_VALUES or output.loss_name == "cosine_similarity"
    if reach is None or not of_values:
        return
    y = output.targets.astype(float)
    y = y[np.isfinite(y)]
    room = _ROUNDING * (1.0 if np.isfinite(reach[1]) else max(float(np.ptp(y)), 1e-9))
    outside = float(((y < reach[0] - room) | (y > reach[1] + room)).mean()) if y.size else 0.0
    if outside > _SHARE:
        yield of_output(
            "target range",
            output,
            f"{100 * outside:.0f} % of the targets, from {y.min():g} to {y.max():g}, lie outside "
            f"of what {output.activation} can give",
            "Use a last layer without an activation, or scale the targets.",
            share=outside,
        )


# ---- the last layers


def _of_the_last_layers(program: Program, output: Output) -> Iterator[Finding]:
    before = layer_before(output.layer)
    name = activation_name(before)
    if output.activation in ("softmax", "sigmoid") and name in ("softmax", "sigmoid"):
        same_width = getattr(before, "units", None) in (None, output.units)
        if output.activation == "softmax" and name == "softmax" and same_width:
            yield of_output(
                "output activation",
                output,
                "A softmax follows a softmax: the probabilities can hardly differ",
                "Leave one of the two out.",
            )
    last = output.layer
    if isinstance(last, keras.layers.Softmax):
        axis = last.axis if isinstance(last.axis, int) else -1
        if axis % output.outputs.ndim != output.outputs.ndim - 1:
            yield of_output(
                "axes",
                output,
                f"The softmax runs along axis {axis}, and the classes lie along the last",
                'Use `Softmax()`, or `activation="softmax"`.',
            )
    if isinstance(last, keras.layers.Dropout) and last.rate > 0:
        yield of_output(
            "regularisation",
            output,
            f"A dropout of {last.rate:g} stands behind the output: it is not what was predicted",
            "Put it before the last layer.",
        )
    if isinstance(last, keras.layers.BatchNormalization) and output.loss_name in _OF_VALUES:
        yield of_output(
            "normalisation",
            output,
            "The output itself is normalised: it has the mean and spread of a batch",
            "End with a Dense layer.",
        )


def activation_name(layer: Any) -> str:  # noqa: ANN401
    """Return the name of a layer's activation; empty if it has none."""
    if isinstance(layer, keras.layers.Softmax):
        return "softmax"
    return str(getattr(getattr(layer, "activation", None), "__name__", ""))


def layer_before(layer: Any) -> Any:  # noqa: ANN401  (a layer or an operation)
    """Return the layer whose output another one takes; None if that is unknown or several."""
    nodes = getattr(layer, "_inbound_nodes", None) or []
    if not nodes:
        return None
    tensors = nodes[-1].input_tensors
    history = getattr(tensors[0], "_keras_history", None) if len(tensors) == 1 else None
    operation = getattr(history, "operation", None)
    return None if isinstance(operation, keras.layers.InputLayer) else operation
