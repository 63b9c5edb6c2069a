"""Losses that are made for other targets, or other outputs, than they are given."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dlrecipes.diagnose.program.losses import mean_loss, of_output, right_and_wrong
from dlrecipes.diagnose.program.program import Output, Program
from dlrecipes.results import Finding

_PERCENTAGES = "mean_absolute_percentage_error"
_LOGARITHMS = "mean_squared_logarithmic_error"
_HINGES = ("hinge", "squared_hinge")
_FEW = 0.05
_NEARLY_ALL = 0.95
_SIDE = 0.02
_NO_MARGIN = ("sigmoid", "hard_sigmoid", "softmax", "relu")


def check_domain(program: Program, output: Output) -> Iterator[Finding]:
    """Say where targets or outputs lie outside of what a loss is made for.

    Args:
        program: The training.
        output: One of its outputs, which fits its loss and its targets by their shapes.
    """
    loss = output.loss_name
    if loss not in (_PERCENTAGES, _LOGARITHMS, "categorical_hinge", *_HINGES):
        return
    y = output.targets.astype(float).reshape(-1)
    y = y[np.isfinite(y)]
    if not y.size:
        return
    if loss == _PERCENTAGES and program.fit.get("sample_weight") is None:
        yield from _of_percentages(output, y)
    elif loss == _LOGARITHMS and float((y < 0).mean()) > _SIDE:
        yield of_output(
            "loss",
            output,
            f"{100 * float((y < 0).mean()):.0f} % of the targets are below 0, which this loss of "
            "logarithms takes for 0",
            "Use the mean squared error, of standardised targets.",
        )
    elif loss in _HINGES:
        yield from _of_signs(output, y)
    elif loss == "categorical_hinge" and output.one_column and output.units > 1:
        yield of_output(
            "labels",
            output,
            "Class indices go into a hinge of one-hot labels",
            "Hand over `keras.utils.to_categorical(y)`.",
        )


def _of_percentages(output: Output, y: np.ndarray) -> Iterator[Finding]:
    """Find targets of 0, or around it, by which an error cannot be divided."""
    sizes = np.sort(np.abs(y))
    middle = float(np.median(y))
    parts = np.abs(np.sort(y) - middle)[np.argsort(np.abs(np.sort(y)), kind="stable")]
    parts = parts / np.maximum(sizes, 1e-7)
    few = max(1, int(_FEW * len(y)))
    zeros, whole = float((sizes < 1e-7).mean()), float(parts.sum())
    of_few = float(parts[:few].sum()) / whole if whole else 0.0
    if zeros > 0 or of_few > _NEARLY_ALL:
        said = (
            f"{100 * zeros:.1f} % of the targets are 0"
            if zeros
            else f"The {100 * few / len(y):.0f} % of the targets that are next to 0 make up "
            f"{100 * of_few:.0f} % of the error"
        )
        yield of_output(
            "loss",
            output,
            f"{said}: a percentage of them is no bound at all, and all others hardly count",
            "Use the mean absolute or the mean squared error.",
            zeros=zeros,
            share=of_few,
        )
    elif min(float((y < 0).mean()), float((y > 0).mean())) > _SIDE:
        yield of_output(
            "loss",
            output,
            f"Targets from {y.min():.3g} to {y.max():.3g} lie on both sides of 0, and a percentage "
            "of them has no meaning",
            "Use the mean absolute or the mean squared error.",
            "warning",
        )


def _of_signs(output: Output, y: np.ndarray) -> Iterator[Finding]:
    present = set(np.unique(y))
    if not (present <= {0.0, 1.0} or present <= {-1.0, 1.0}):
        yield of_output(
            "labels",
            output,
            f"A hinge takes classes of -1 and 1, and the targets go from {y.min():g} to "
            f"{y.max():g}",
            'Use "categorical_hinge" with one-hot labels, or "sparse_categorical_crossentropy".'
            if len(present) < 64
            else "Use the mean squared error for numbers.",
        )
    elif output.activation in _NO_MARGIN and output.units == 1:
        yield of_output(
            "output activation",
            output,
            f"A hinge wants outputs below -1 for one of the classes, and {output.activation} gives "
            "none below 0",
            'Use no activation or "tanh", or "binary_crossentropy" with a sigmoid.',
            "warning",
        )


# ---- by value


def check_by_value(output: Output) -> Iterator[Finding]:
    """Find out of a loss by itself what it leaves unasked.

    Args:
        output: An output that fits its loss and its targets by their shapes.
    """
    yield from _of_right_classes_alone(output)
    yield from _of_one_class(output)
    if not output.of_keras and not output.masked:
        yield from _of_every_pair(output)


def _of_right_classes_alone(output: Output) -> Iterator[Finding]:
    """Find a loss that asks the right class to be likely, and nothing to be unlikely."""
    y, units, shown = output.few, output.units, output.outputs
    if shown.ndim != 2 or units < 2 or y.dtype.kind not in "biuf":
        return
    if output.activation == "softmax" or np.allclose(shown.sum(axis=1), 1, atol=1e-3):
        return
    if y.shape == shown.shape:
        right = y.astype(float)
        if not ((right >= 0).all() and np.allclose(right.sum(axis=1), 1, atol=1e-3)):
            return
    elif (
        output.one_column
        and ((shown >= 0) & (shown <= 1)).all()
        and set(np.unique(y)) == set(range(units))
    ):
        right = np.eye(units)[y.reshape(-1).astype(int)]
    else:
        return
    high = 5.0 if output.from_logits else 0.95
    asked = mean_loss(output, np.where(right > 0.5, high, 0.05) if _one(right) else right)
    everywhere = mean_loss(output, np.full_like(right, high))
    if asked is None or everywhere is None or not np.isfinite([asked, everywhere]).all():
        return
    if everywhere <= asked + 1e-6 * max(abs(asked), 1.0):
        yield of_output(
            "output activation",
            output,
            f"The loss is as low ({everywhere:.3g}) where all {units} classes are sure as where "
            f"the right one is ({asked:.3g}), and the outputs need not sum to 1",
            'Use `activation="softmax"`: what one class gains, the others must lose.',
            everywhere=everywhere,
            right=asked,
        )


def _one(right: np.ndarray) -> bool:
    return bool(np.isin(right, (0, 1)).all())


def _of_one_class(output: Output) -> Iterator[Finding]:
    """Find a loss that is the same for one of two classes, whatever is answered."""
    y = output.few.reshape(len(output.few), -1)
    if output.units != 1 or output.outputs.ndim > 2 or y.shape[1] != 1:
        return
    present = np.unique(y)
    if len(present) != 2 or not (set(present) <= {0, 1} or set(present) <= {-1, 1}):
        return
    wide = output.from_logits or output.activation in ("", "linear", "tanh", "softsign")
    answers = [-0.9, 0.2, 0.9] if wide else [0.05, 0.4, 0.95]
    form = output.outputs.shape
    # The other class is answered in the middle, so that its part is a number and stays.
    costs = np.array(
        [
            [mean_loss(output, np.where(y == one, answer, 0.5).reshape(form)) for answer in answers]
            for one in present
        ],
        float,  # None becomes NaN
    )
    if not np.isfinite(costs).all():
        return
    moved = np.ptp(costs, axis=1)
    still = present[moved <= 1e-6 * max(float(np.abs(costs).max()), 1e-12)]
    if len(still) == 1:
        share = float((output.targets == still[0]).mean())
        yield of_output(
            "loss",
            output,
            f"The loss of class {still[0]:g} ({100 * share:.0f} % of the examples) is the same "
            "whatever is answered: only the other class is asked for",
            'Add what it leaves out, as "binary_crossentropy" has it: y log p + (1 - y) '
            "log(1 - p); a hinge wants labels of -1 and 1.",
            share=share,
        )


def _of_every_pair(output: Output) -> Iterator[Finding]:
    """Find a loss that compares every output of a batch with every target of it."""
    y, shown = output.few, output.outputs
    rows = _unlike(output)
    if len(rows) < 2 or y.dtype.kind not in "biuf":
        return
    right = right_and_wrong(output)[0]
    if right.size == shown.size:  # of these, other pairs cost more
        shown = right.reshape(shown.shape)
    whole = mean_loss(output, shown[rows], y[rows])
    of_pairs = [[mean_loss(output, shown[[one]], y[[other]]) for other in rows] for one in rows]
    if whole is None or any(cost is None for row in of_pairs for cost in row):
        return
    costs = np.array(of_pairs, float)
    count = len(rows)
    if not np.isfinite(costs).all() or not np.isfinite(whole):
        return
    own, every = float(np.diag(costs).mean()), float(costs.mean())
    if abs(every - own) < 0.01 * max(abs(every), abs(own), 1e-9):
        return
    for times in (1, count, count**2):  # a mean, or a sum along an axis or two
        meant, found = times * own, times * every
        if np.isclose(whole, found, rtol=1e-4) and not np.isclose(whole, meant, rtol=1e-4):
            yield of_output(
                "loss",
                output,
                f"The loss compares each output with the targets of all examples: of {count} it is "
                f"{whole:.4g}, the mean over all {count * count} pairs, and not {own:.4g}",
                "Bring both to the same shape first: "
                "`y_true = keras.ops.reshape(y_true, keras.ops.shape(y_pred))`.",
                found=whole,
                meant=own,
            )
            return


def _unlike(output: Output) -> list[int]:
    """Return a few examples of different targets."""
    y = output.few.reshape(len(output.few), -1)
    chosen: list[int] = []
    for row in range(min(len(y), 64)):
        if not any(np.array_equal(y[row], y[other]) for other in chosen):
            chosen.append(row)
        if len(chosen) == 5:
            break
    return chosen
