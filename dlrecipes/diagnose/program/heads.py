"""Outputs against losses against targets: what cannot be learned whatever the network is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.diagnose.program.head_shares import check_shares
from dlrecipes.diagnose.program.last_activation import (
    check_last_layers,
    check_probabilities,
    check_reach,
)
from dlrecipes.diagnose.program.loss_domain import check_by_value, check_domain
from dlrecipes.diagnose.program.losses import (
    BINARY,
    OF_VALUES,
    ROUNDING,
    ROWS_OF_ONE,
    SPARSE,
    check_loss,
    of_output,
)
from dlrecipes.diagnose.program.program import Output, Program
from dlrecipes.results import Finding, plural

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
    told: list[Finding] = []
    for output in program.outputs:
        if output.loss is None or output.targets.dtype.kind not in "biuf":
            continue
        found = list(_of_shapes(output)) or list(_of_labels(output))
        found += check_probabilities(output) if not found else []
        found += [] if found else list(check_reach(output))
        if not any(finding.severity == "error" for finding in found):
            found += check_loss(output)
            found += check_domain(program, output)
            found += check_by_value(output)
        found += check_last_layers(program, output)
        told += found
    yield from told
    if not any(finding.severity == "error" for finding in told):
        yield from check_shares(program)


# ---- shapes


def _of_shapes(output: Output) -> Iterator[Finding]:
    loss, units = output.loss_name, output.units
    shape, wanted = output.outputs.shape[1:], output.targets.shape[1:]
    sparse = loss in SPARSE
    per_example = int(np.prod(shape, dtype=int))
    by_number = loss in BINARY or loss in OF_VALUES
    # As Keras compares them; and a loss of one's own may take several numbers for each target.
    fitting = shape == (*wanted, 1) or (not output.of_keras and shape[:-1] == wanted)
    if not sparse and len(shape) > max(len(wanted), 1) and per_example > 1 and not fitting:
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
    elif units == 1 and len(shape) == len(wanted) > 0 and wanted[-1] > 1 and output.one_hot:
        yield of_output(
            "labels",
            output,
            f"Rows of one 1 and {wanted[-1] - 1} zeros are compared with one unit: it is to be "
            "each of them",
            f"Hand over class indices for two classes, or give the last layer {wanted[-1]} units "
            "and a softmax.",
            classes=wanted[-1],
        )
    elif units == 1 and len(shape) == len(wanted) > 0 and wanted[-1] > 1 and by_number:
        yield of_output(
            "output units",
            output,
            f"One unit is compared with each of {wanted[-1]} targets: it can only give what they "
            "have in common",
            f"Give the last layer {wanted[-1]} units.",
            targets=wanted[-1],
        )
    elif by_number and len(shape) == len(wanted) and _repeats(shape[:-1], wanted[:-1]):
        yield of_output(
            "axes",
            output,
            f"An example has outputs of shape {shape} and targets of shape {wanted}: each target "
            "is compared with the outputs of a whole axis",
            "Bring that axis into one answer before the last layer (`Flatten()`, a pooling layer, "
            "`return_sequences=False`), or give each step its target.",
        )
    elif units > 1 and output.one_column and by_number:
        yield of_output(
            "output units",
            output,
            f"{plural(units, 'unit')} are compared with one column of targets: each of them is to "
            "be that column",
            _advice_for_units(output),
            units=units,
        )
    elif units == 1 and loss in (*SPARSE, *ROWS_OF_ONE) and not output.from_logits:
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


def _repeats(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether one number stands for many along an axis."""
    pairs = list(zip(shape, wanted, strict=True))
    return any(one != other and 1 in (one, other) for one, other in pairs)


def _advice_for_units(output: Output) -> str:
    if output.loss_name in BINARY and output.classes is not None:
        return (
            'For classes that exclude each other use "sparse_categorical_crossentropy" and a '
            'softmax; for two, one unit with `activation="sigmoid"`.'
        )
    return "Give the last layer as many units as an example has targets."


# ---- labels


def _of_labels(output: Output) -> Iterator[Finding]:
    loss = output.loss_name
    if loss in SPARSE:
        yield from _of_indices(output)
    elif loss in ROWS_OF_ONE and output.units > 1:
        yield from _of_rows(output)
    elif loss in BINARY:
        low, high = float(np.nanmin(output.targets)), float(np.nanmax(output.targets))
        several = _count_classes(output.targets) if low >= 0 and 1 < high < _FEW_COLUMNS else 0
        if several and output.units == 1:
            yield of_output(
                "output units",
                output,
                f"One unit under a loss of two classes is to tell {several} classes, from {low:g} "
                f"to {high:g}",
                f'Use {several} units with `activation="softmax"` and '
                '"sparse_categorical_crossentropy"'
                + (", and count the classes from 0." if low else "."),
                classes=several,
            )
        elif low < 0 or high > 1:
            two = len(np.unique(output.targets)) == 2
            yield of_output(
                "labels" if two else "target range",
                output,
                f"Targets from {low:g} to {high:g} go into a loss of probabilities",
                f"Hand them over as 0 and 1: `(y == {high:g}).astype(int)`."
                if two
                else _advice_for_range(output, high),
            )
    elif loss == "poisson" and float(np.nanmin(output.targets)) < 0:
        yield of_output(
            "loss",
            output,
            f"The Poisson loss is one of counts, and the least target is "
            f"{np.nanmin(output.targets):g}",
            "Use the mean squared error.",
        )


def _count_classes(y: NDArray[Any]) -> int:
    """Return how many classes targets count from 0 or 1, if they are three or more; else 0."""
    present = np.unique(y[np.isfinite(y)] if y.dtype.kind == "f" else y)
    if not 3 <= len(present) <= _FEW_COLUMNS or present[0] not in (0, 1):
        return 0
    return len(present) if (np.diff(present) == 1).all() else 0


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
    options = getattr(output.loss, "_fn_kwargs", None) or {}
    if options.get("ignore_class") is not None:
        numbers = numbers[numbers != options["ignore_class"]]
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
    elif numbers.max() >= units and (classes := _count_classes(numbers)) > units:
        yield of_output(
            "output units",
            output,
            f"There are {classes} classes, from {numbers.min():g} to {numbers.max():g}, and the "
            f"network has {plural(units, 'unit')}",
            f"Give the last layer {classes} units, one a class"
            + (", and count the classes from 0." if numbers.min() > 0 else "."),
            classes=classes,
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
    wrong = float((np.abs(sums - 1) > ROUNDING).mean())
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
