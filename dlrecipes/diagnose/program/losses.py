"""A loss by itself: does it fall as answers get better, and is it one for the task?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.diagnose.program.program import Output
from dlrecipes.results import Finding, plural
from dlrecipes.results.finding import Severity

SPARSE = ("sparse_categorical_crossentropy",)
ROWS_OF_ONE = ("categorical_crossentropy", "categorical_focal_crossentropy", "kl_divergence")
BINARY = ("binary_crossentropy", "binary_focal_crossentropy")
OF_VALUES = (
    "mean_squared_error",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_logarithmic_error",
    "huber",
    "log_cosh",
)
_LOPSIDED = 1.5
ROUNDING = 0.02
"""How far probabilities may be from what they should be."""


def of_output(
    name: str,
    output: Output,
    said: str,
    advice: str,
    severity: Severity = "error",
    **evidence: float,
) -> Finding:
    """Return a finding of an output, with its name where there are several."""
    return Finding(name, f"{said}{output.whose}.", {**evidence}, advice, severity=severity)


def check_loss(output: Output) -> Iterator[Finding]:
    """Compare the loss of right answers with that of wrong ones, and look for the wrong kind.

    Args:
        output: An output that fits its loss and its targets by their shapes.
    """
    start = mean_loss(output, output.outputs)
    if start is not None and not np.isfinite(start):
        yield of_output(
            "output activation",
            output,
            f"The loss of what the network puts out ({output.outputs.min():.2g} to "
            f"{output.outputs.max():.2g}) is {start}",
            "Let the last activation give what the loss can take: a sigmoid or a softmax for "
            "probabilities.",
        )
        return
    told = _right_and_wrong(output)
    if told is not None:
        right, wrong = told
        if right > wrong + 1e-6 * max(abs(right), 1.0):
            yield of_output(
                "loss",
                output,
                f"The loss is lower for wrong answers ({wrong:.3g}) than for right ones "
                f"({right:.3g})",
                "Turn its sign round: what is minimised must fall as answers get better.",
                right=right,
                wrong=wrong,
            )
            return
    classes = output.classes
    if output.loss_name == "mean_absolute_error" and classes is not None and output.units == 1:
        share = float(np.mean(output.column == np.median(output.column)))
        yield of_output(
            "loss",
            output,
            f"The absolute error of two classes is least where the frequent one "
            f"({100 * share:.0f} %) is always named",
            'Use "binary_crossentropy" with a sigmoid.',
            "warning",
        )
    squared = output.loss_name == "mean_squared_error"
    if squared and output.one_hot and output.activation in ("sigmoid", "softmax"):
        yield of_output(
            "loss",
            output,
            f"A squared error is to learn {plural(output.units, 'class', 'classes')}: its gradient "
            "vanishes where an output is sure and wrong",
            'Use "categorical_crossentropy" with a softmax.',
            "warning",
        )
    if output.loss_name == "poisson" and output.activation in ("linear", "tanh"):
        yield of_output(
            "loss",
            output,
            f"The Poisson loss takes the logarithm of the outputs, which {output.activation} lets "
            "be negative",
            'Use `activation="exponential"` or "softplus".',
            "warning",
        )


def mean_loss(
    output: Output, answers: NDArray[Any], targets: NDArray[Any] | None = None
) -> float | None:
    """Return the mean loss of some answers; None where it does not take them.

    Args:
        output: An output.
        answers: In the form of its outputs.
        targets: What they answer to; None for its `few` targets.
    """
    y = output.few if targets is None else targets
    y = y if y.dtype.kind in "iu" else y.astype("float32")
    # As `fit` does it with functions and Keras' own, and not with what one has derived.
    brought = not isinstance(output.loss, keras.losses.Loss) or output.of_keras or output.masked
    if brought and y.ndim + 1 == answers.ndim and answers.shape[-1] == 1:
        y = y[..., np.newaxis]
    try:
        values = keras.losses.get(output.loss)(
            keras.ops.convert_to_tensor(y), keras.ops.convert_to_tensor(answers.astype("float32"))
        )
        return float(np.mean(keras.ops.convert_to_numpy(values)))
    except Exception:  # a loss of one's own may want anything
        return None


def is_lopsided(output: Output) -> bool:
    """Whether a loss of one's own costs more on one side of a value than on the other.

    It then aims at a quantile or the like, and not at the middle of the values.

    Args:
        output: An output.
    """
    y = output.few
    if output.of_keras or output.classes is not None or y.dtype.kind not in "biuf" or not y.size:
        return False
    values = y.astype(float).reshape(output.outputs.shape if output.units == 1 else y.shape)
    spread = float(values.std()) or 1.0
    sides = [mean_loss(output, values + way * spread) for way in (1, -1)]
    if None in sides or not np.isfinite(np.array(sides, float)).all():
        return False
    above, below = (abs(float(one)) for one in sides if one is not None)
    return max(above, below) > _LOPSIDED * min(above, below)


def _right_and_wrong(output: Output) -> tuple[float, float] | None:
    """Return the mean loss of right answers and the best of wrong ones.

    None where none can be made up.
    """
    if output.few.dtype.kind not in "biuf" or output.outputs.ndim > 2 or _may_be_distance(output):
        return None
    right, *wrong = (mean_loss(output, answers) for answers in right_and_wrong(output))
    found = [value for value in wrong if value is not None and np.isfinite(value)]
    if right is None or not np.isfinite(right) or len(found) < len(wrong):
        return None
    return right, max(found)


def _may_be_distance(output: Output) -> bool:
    """Whether a loss of one's own may take it for a distance: 0 where the target is 1."""
    if output.of_keras or output.activation:
        return False
    above = float(output.outputs.max()) > 1
    return float(output.outputs.min()) >= 0 and (output.layer is not None or above)


def right_and_wrong(output: Output) -> list[NDArray[Any]]:
    """Return right answers, and wrong ones of one kind or two; the loss of each must be higher.

    Args:
        output: Its `few` targets are answered.
    """
    y, units, activation = output.few, output.units, output.activation
    high, low = (5.0, -5.0) if output.from_logits else (0.95, 0.05)
    if activation in ("tanh", "softsign"):
        high, low = 0.95, -0.95
    plain = y.reshape(len(y), -1)
    if output.one_hot and units == plain.shape[1]:
        return [np.where(plain > 0.5, high, low), np.where(plain > 0.5, low, high)]
    whole = plain.shape[1] == 1 and bool((plain == np.round(plain)).all())
    if units > 1 and whole and plain.min() >= 0 and plain.max() < units:
        there = np.eye(units)[plain[:, 0].astype(int) % units] > 0.5
        rest = low if output.from_logits else (1 - high) / (units - 1)
        other = np.roll(there, 1, axis=1)
        return [np.where(there, high, rest), np.where(other, high, rest)]
    if whole and set(np.unique(plain)) <= {0.0, 1.0}:
        return [np.where(plain > 0.5, high, low), np.where(plain > 0.5, low, high)]
    if set(np.unique(plain)) <= {-1.0, 1.0}:
        return [plain * 0.95, plain * -0.95]
    shares = units > 1 and bool((plain >= 0).all()) and np.allclose(plain.sum(axis=1), 1, atol=0.01)
    if shares:
        return [plain, np.roll(plain, 1, axis=1)]
    spread = 3 * float(plain.std()) or 1.0
    # A loss of one's own may take the logarithm of a value: it falls to one side only.
    return [plain, plain + spread, plain - spread]
