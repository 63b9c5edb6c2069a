"""The last activation beside the loss and the targets: what it gives, and what it can reach."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.diagnose.program.beginning import costs_of_nothing
from dlrecipes.diagnose.program.graph import (
    activation_name,
    layer_before,
    spread_between,
    values_of,
)
from dlrecipes.diagnose.program.losses import (
    BINARY,
    OF_VALUES,
    ROUNDING,
    ROWS_OF_ONE,
    SPARSE,
    mean_loss,
    of_output,
)
from dlrecipes.diagnose.program.program import Output, Program
from dlrecipes.results import Finding

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
_TO_PROBABILITIES = ("softmax", "sigmoid")
_SHARE = 0.02
"""So many of the targets may lie outside of what the output can reach: outliers."""
_SURE_ENOUGH = 0.95
"""A probability that scores must be able to reach."""
_SATURATED = 1e-4
_FAR = 2.0


def check_probabilities(output: Output) -> list[Finding]:
    """Say where a loss takes outputs for probabilities, or for scores, that they are not.

    Args:
        output: An output that fits its loss and its targets by their shapes.
    """
    loss, activation, units = output.loss_name, output.activation, output.units
    shown = output.outputs
    by_class = loss in (*SPARSE, *ROWS_OF_ONE)
    if activation == "softmax" and units == 1:
        return [
            of_output(
                "output activation",
                output,
                "The softmax of one unit is 1 for every example",
                'Use `activation="sigmoid"`, or one unit a class.',
            )
        ]
    if not (by_class or loss in BINARY) or not np.isfinite(shown).all():
        return []
    if output.from_logits:
        looked_through = activation in _TO_PROBABILITIES
        if not looked_through and by_class and _are_shares(shown):
            return [
                of_output(
                    "output activation",
                    output,
                    "The outputs are probabilities, and the loss takes them for logits",
                    "Leave `from_logits=True` out.",
                )
            ]
        return [] if looked_through else _of_scores(output, activation)
    sure = activation not in ("", "softmax", "sigmoid", "hard_sigmoid")
    if sure and activation == "linear" and not getattr(output.layer, "weights", ()):
        sure = False  # what it only reshapes may be probabilities
    outside = bool((shown < -ROUNDING).any() or (shown > 1 + ROUNDING).any())
    sums = np.abs(shown.sum(axis=-1) - 1)
    no_shares = by_class and units > 1 and bool((sums > ROUNDING).any())
    if sure or outside:
        right = "sigmoid" if loss in BINARY else "softmax"
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
    if no_shares and (loss in SPARSE or activation in ("sigmoid", "hard_sigmoid")):
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
    scores = layer_before(output.layer)
    alone = activation in _TO_PROBABILITIES and not getattr(output.layer, "weights", ())
    return _of_scores(output, activation_name(scores)) if alone else []


def _of_scores(output: Output, activation: str) -> list[Finding]:
    """Look at scores, of which a softmax or a sigmoid makes probabilities, that an activation made.

    Args:
        output: Whose they are.
        activation: What made the scores.
    """
    if activation not in _REACH or activation == "softmax":
        return []
    low, high = _REACH[activation]
    least, most = 1 / (1 + np.exp(-low)), 1 / (1 + np.exp(-high))
    if output.units > 1 and output.loss_name not in BINARY:
        least, most = 0.0, 1 / (1 + (output.units - 1) * np.exp(low - high))
    one_side = least >= 0.5 or (activation.startswith("relu") and most > _SURE_ENOUGH)
    if not one_side and most >= _SURE_ENOUGH and least <= 1 - _SURE_ENOUGH:
        return []
    said = f"The scores before the probabilities come out of {activation}"
    if most < _SURE_ENOUGH:
        said += f": no probability can be above {most:.2g}"
    elif least > 0:
        said += f": no probability can be below {least:.2g}"
    else:
        said += ", which cuts off those below 0 and gives them no gradient"
    return [
        of_output(
            "output activation",
            output,
            said,
            "Let the last layer before the probabilities be linear.",
            "error" if least >= 0.5 else "warning",
            least=float(least),
            most=float(most),
        )
    ]


def _are_shares(shown: NDArray[np.float64]) -> bool:
    """Whether outputs are probabilities, and not by chance: logits may all be alike."""
    if shown.shape[-1] < 2 or float(np.ptp(shown)) < 1e-6:
        return False
    inside = bool((shown >= 0).all() and (shown <= 1).all())
    return inside and bool(np.allclose(shown.sum(axis=-1), 1, atol=ROUNDING))


# ---- what an output can reach


def check_reach(output: Output) -> Iterator[Finding]:
    """Say which targets lie outside of what the last activation can give.

    Args:
        output: An output that fits its loss and its targets by their shapes.
    """
    reach = _REACH.get(output.activation)
    of_values = output.loss_name in OF_VALUES or output.loss_name == "cosine_similarity"
    if reach is not None and of_values:
        y = output.targets.astype(float)
        y = y[np.isfinite(y)]
        room = ROUNDING * (1.0 if np.isfinite(reach[1]) else max(float(np.ptp(y)), 1e-9))
        outside = float(((y < reach[0] - room) | (y > reach[1] + room)).mean()) if y.size else 0.0
        if outside > _SHARE:
            yield of_output(
                "target range",
                output,
                f"{100 * outside:.0f} % of the targets, from {y.min():g} to {y.max():g}, lie "
                f"outside of what {output.activation} can give",
                "Use a last layer without an activation, or scale the targets.",
                share=outside,
            )
            return
    yield from _of_sums(output)


def _of_sums(output: Output) -> Iterator[Finding]:
    """Find targets that hold together, or none of which holds, under outputs that sum to 1."""
    loss, y = output.loss_name, output.targets
    if output.activation != "softmax" and not _are_shares(output.outputs):
        return
    if output.units < 2 or y.shape[1:] != output.outputs.shape[1:] or y.dtype.kind not in "biuf":
        return
    if not np.allclose(output.outputs.sum(axis=-1), 1, atol=ROUNDING):
        return
    sums = y.reshape(-1, output.units).astype(float).sum(axis=1)
    sums = sums[np.isfinite(sums)]
    wrong = float((np.abs(sums - 1) > ROUNDING).mean()) if sums.size else 0.0
    each = loss in (*BINARY, *OF_VALUES) or (not output.of_keras and _asks_each_by_itself(output))
    if wrong > _SHARE and each:
        yield of_output(
            "output activation",
            output,
            f"The outputs of an example sum to 1, and {100 * wrong:.0f} % of the rows of targets "
            f"do not: they sum to {sums.min():g} to {sums.max():g}",
            'Use `activation="sigmoid"` for labels that do not exclude each other, and no '
            "activation for numbers.",
            share=wrong,
        )


def _asks_each_by_itself(output: Output) -> bool:
    """Whether a loss of one's own wants every label to be met, and not a distribution over them."""
    y = output.few.astype(float)
    if y.ndim != 2 or not np.isin(y, (0, 1)).all():
        return False
    met = np.clip(y, 0.05, 0.95)
    shared = met / met.sum(axis=1, keepdims=True)
    costs = [mean_loss(output, answers) for answers in (met, shared, np.full_like(met, 0.95))]
    known = [one for one in costs if one is not None and np.isfinite(one)]
    return len(known) == len(costs) and known[0] < min(known[1:]) - 1e-6


# ---- the last layers


def check_last_layers(program: Program, output: Output) -> Iterator[Finding]:
    """Say what of the last layers does not belong at the end, or to each other.

    Args:
        program: The training.
        output: One of its outputs.
    """
    before = layer_before(output.layer)
    name = activation_name(before)
    if output.activation in _TO_PROBABILITIES and name in _TO_PROBABILITIES:
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
    if isinstance(last, keras.layers.BatchNormalization) and output.loss_name in OF_VALUES:
        yield of_output(
            "normalisation",
            output,
            "The output itself is normalised: it has the mean and spread of a batch",
            "End with a Dense layer.",
        )
    yield from _saturated(program, output)


def _saturated(program: Program, output: Output) -> Iterator[Finding]:
    """Find scores that are blown up between the last weights and the probabilities."""
    shown, name = output.outputs, output.activation
    if name not in _TO_PROBABILITIES or output.classes is None or not np.isfinite(shown).all():
        return
    if float((_least_doubt(shown, name) < _SATURATED).mean()) < 0.5:
        return
    start, chance = mean_loss(output, shown), costs_of_nothing(output)
    if start is None or not chance or not start > _FAR * max(chance.values()):
        return
    weighted = None if getattr(output.layer, "weights", ()) else layer_before(output.layer)
    while weighted is not None and not getattr(weighted, "weights", ()):
        weighted = layer_before(weighted)
    if weighted is None:
        return
    values = values_of(program, weighted._inbound_nodes[-1].outputs)
    if values is None or len(values) != 1 or values[0].shape != shown.shape:
        return
    (scores,) = values
    plain = _as_probabilities(scores, name)
    if float((_least_doubt(plain, name) < _SATURATED).mean()) > 0.1:
        return  # they are so large from the start: by the inputs, or by the weights
    yield of_output(
        "output activation",
        output,
        f"The {name} is saturated before anything is learned: what stands between it and "
        f"{weighted.name!r} blows up scores of a spread of {spread_between(scores):.2g}, and the "
        f"loss begins at {start:.3g} where knowing nothing costs {max(chance.values()):.3g}",
        "Leave the scores as they are before the last activation.",
        "warning",
        start=start,
    )


def _as_probabilities(scores: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    if name == "sigmoid":
        chances: NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(scores, -50, 50)))
        return chances
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: NDArray[np.float64] = raised / raised.sum(axis=-1, keepdims=True)
    return shares


def _least_doubt(shown: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    """Return how much each example leaves to other answers than its most probable one."""
    if name == "sigmoid":
        doubt: NDArray[np.float64] = np.minimum(shown, 1 - shown).reshape(-1)
        return doubt
    left: NDArray[np.float64] = 1 - shown.max(axis=-1).reshape(-1)
    return left
