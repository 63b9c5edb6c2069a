"""How much each class and each example counts: rare classes, class weights, example weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.diagnose.program.losses import of_output
from dlrecipes.diagnose.program.program import Output, Program
from dlrecipes.results import Finding, plural

Array = NDArray[Any]

_FEWEST = 50
_RARE = 0.1
_MOST_CLASSES = 100
_SAME_COUNT = 0.05
_UNEVEN = 1.5
_OVERDONE = 20.0
_DROWNED = 0.05


def check_example_weights(program: Program) -> Iterator[Finding]:
    """Say which classes are rare and not asked for, or weighed down, and which weights are slips.

    Args:
        program: The training.
    """
    weights = _example_weights(program)
    if weights is not None and (weights < 0).any():
        yield Finding(
            "imbalance",
            f"{plural(int((weights < 0).sum()), 'example has', 'examples have')} a weight below 0: "
            "the worse they are answered, the lower is the loss.",
            {"least": float(weights.min())},
            "Weights start at 0.",
            severity="error",
        )
        return
    for output in program.outputs:
        classes = output.classes
        if classes is None or output.loss is None:
            continue
        of_classes = _class_weights(program, output, classes)
        if of_classes is not None:
            yield from _of_class_weights(output, *of_classes)
        elif weights is not None and len(weights) == len(classes):
            yield from _of_example_weights(output, classes, weights)
        elif program.fit.get("sample_weight") is None and not program.fit.get("class_weight"):
            yield from _unweighed(program, output, classes)


def _example_weights(program: Program) -> Array | None:
    """Return the weight of each example, `(examples,)`; None without, or where it has several."""
    given = program.fit.get("sample_weight")
    if given is None or isinstance(given, Mapping | list | tuple):
        return None
    weights = np.asarray(given)
    if weights.dtype.kind not in "biuf" or weights.size != len(weights):
        return None
    flat = weights.reshape(-1).astype(np.float64)
    return flat if np.isfinite(flat).all() else None


def _class_weights(
    program: Program, output: Output, classes: Array
) -> tuple[Array, Array, Array] | None:
    """Return the classes, their counts and the weights that `class_weight` gives them."""
    given = program.fit.get("class_weight")
    if not isinstance(given, Mapping) or len(program.outputs) > 1:
        return None
    present, counts = np.unique(classes, return_counts=True)
    try:
        weights = np.array([float(given.get(int(one), 1.0)) for one in present])
    except (TypeError, ValueError):
        return None
    return present, counts, weights


def _of_class_weights(
    output: Output, present: Array, counts: Array, weights: Array
) -> Iterator[Finding]:
    if len(present) < 2 or counts.sum() < _FEWEST:
        return
    if (weights < 0).any():
        yield of_output(
            "imbalance",
            output,
            f"The weight of class {present[weights.argmin()]} is below 0 ({weights.min():g}): its "
            "loss is to rise",
            "Weights start at 0.",
            least=float(weights.min()),
        )
        return
    yield from _without_weight(output, present, counts, weights == 0)
    if (weights == 0).any():
        return
    shares = counts / counts.sum()
    rare, frequent = int(shares.argmin()), int(shares.argmax())
    apart = shares[frequent] > 2 * shares[rare] and float(shares[rare]) < 2 * _RARE
    if weights[rare] < weights[frequent] and apart:
        yield of_output(
            "imbalance",
            output,
            f"The class of {100 * shares[rare]:.1f} % of the examples has the smaller weight "
            f"({weights[rare]:g} against {weights[frequent]:g})",
            "Swap them: weights usually go against the shares.",
            "warning",
            share=float(shares[rare]),
            weight=float(weights[rare]),
        )
        return
    heaviest = int(weights.argmax())
    balanced = float(weights[frequent] * counts[frequent] / counts[heaviest])
    felt = weights * shares / (weights * shares).sum()
    others = np.delete(felt, heaviest).max()
    if weights[heaviest] > _OVERDONE * balanced and others < _DROWNED:
        yield of_output(
            "imbalance",
            output,
            f"Class {present[heaviest]} weighs {weights[heaviest]:g}, where {balanced:.3g} would "
            f"balance it: it makes {100 * felt[heaviest]:.1f} % of the loss",
            "Use weights that go against the shares: examples / (classes * examples of the class).",
            "warning",
            weight=float(weights[heaviest]),
            balanced=balanced,
        )


def _without_weight(
    output: Output, present: Array, counts: Array, nothing: Array
) -> Iterator[Finding]:
    """Tell classes that the network is to answer, and whose examples count nothing."""
    if not nothing.any() or nothing.all():
        return
    named = ", ".join(f"{one}" for one in present[nothing][:5])
    yield of_output(
        "imbalance",
        output,
        f"The examples of {plural(int(nothing.sum()), 'class', 'classes')} ({named}), "
        f"{100 * counts[nothing].sum() / counts.sum():.0f} % of all, have a weight of 0: nothing "
        "is learned of them",
        "Give every class a weight above 0, or leave its examples and its unit out.",
        "warning",
        classes=int(nothing.sum()),
    )


def _of_example_weights(output: Output, classes: Array, weights: Array) -> Iterator[Finding]:
    present, of_class, counts = np.unique(classes, return_inverse=True, return_counts=True)
    if not 2 <= len(present) <= _MOST_CLASSES or len(classes) < _FEWEST:
        return
    heaviest = np.zeros(len(present))
    np.maximum.at(heaviest, of_class, weights)
    yield from _without_weight(output, present, counts, heaviest == 0)
    if (heaviest == 0).any():
        return
    if _of_another_order(of_class, counts, weights):
        values = np.unique(weights)
        yield of_output(
            "imbalance",
            output,
            f"The example weights ({', '.join(f'{one:g}' for one in values[:5])}) are as many as "
            f"the classes and as frequent, but do not go with them: examples of one class have "
            "different ones",
            "Make them of the labels as they are handed over: something was sorted, shuffled or "
            "split in between.",
            "warning",
            values=len(values),
        )
        return
    shares = counts / counts.sum()
    rare, frequent = int(shares.argmin()), int(shares.argmax())
    least = np.full(len(present), np.inf)
    np.minimum.at(least, of_class, weights)
    by_class = bool((least == heaviest).all())
    apart = shares[frequent] > 2 * shares[rare] and float(shares[rare]) < 2 * _RARE
    if by_class and apart and heaviest[rare] < heaviest[frequent]:
        yield of_output(
            "imbalance",
            output,
            f"The class of {100 * shares[rare]:.1f} % of the examples has the smaller weight "
            f"({heaviest[rare]:g} against {heaviest[frequent]:g})",
            "Swap them: weights usually go against the shares.",
            "warning",
            share=float(shares[rare]),
            weight=float(heaviest[rare]),
        )


def _of_another_order(of_class: Array, counts: Array, weights: Array) -> bool:
    """Whether weights are as frequent as the classes, against their shares, but not theirs."""
    values, of_value, times = np.unique(weights, return_inverse=True, return_counts=True)
    if len(values) != len(counts) or counts.max() < _UNEVEN * counts.min():
        return False
    # The heaviest value belongs to the rarest class.
    times, expected = times[::-1], np.sort(counts)
    if (np.abs(times - expected) > np.maximum(_SAME_COUNT * expected, 1.5 * expected**0.5)).any():
        return False
    # By rank of frequency each class has its value: how many of its examples have that?
    rank_of_class = np.argsort(np.argsort(counts, kind="stable"), kind="stable")
    rank_of_value = len(values) - 1 - of_value
    right = rank_of_class[of_class] == rank_of_value
    by_chance = float(((counts / counts.sum()) ** 2).sum())
    return float(right.mean()) < (1 + by_chance) / 2


def _begins_at_the_shares(output: Output) -> bool:
    """Whether the last bias was set by somebody who knows that a class is rare."""
    bias = getattr(output.layer, "bias", None)
    return bias is not None and bool(np.any(keras.ops.convert_to_numpy(bias)))


def _unweighed(program: Program, output: Output, classes: Array) -> Iterator[Finding]:
    present, counts = np.unique(classes, return_counts=True)
    if len(present) != 2 or len(classes) < _FEWEST:
        return
    shares = counts / counts.sum()
    rare = int(present[shares.argmin()])
    aware = "focal" in output.loss_name or _begins_at_the_shares(output)
    if float(shares.min()) < _RARE and not aware and _by_accuracy(program):
        yield Finding(
            "imbalance",
            f"Class {rare} is {100 * float(shares.min()):.1f} % of the examples, and the training "
            "is judged by accuracy: naming the other class always is right in "
            f"{100 * float(shares.max()):.1f} %.",
            {"share": float(shares.min())},
            "Judge it by precision and recall, or the area under the precision-recall curve, and "
            "weigh the classes.",
            severity="warning",
        )


def _by_accuracy(program: Program) -> bool:
    """Whether accuracy is all that a training is judged by."""
    compiled = program.model._compile_metrics
    given = keras.tree.flatten(getattr(compiled, "_user_metrics", None) or [])
    names = [
        one if isinstance(one, str) else str(getattr(one, "name", getattr(one, "__name__", "")))
        for one in given
        if one is not None
    ]
    return bool(names) and all("acc" in name for name in names)
