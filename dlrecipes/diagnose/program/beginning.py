"""What a network puts out before it has learned anything, and what that costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.diagnose.program.losses import mean_loss, of_output
from dlrecipes.diagnose.program.program import Output, Program, fixed_batch, flat_outputs
from dlrecipes.results import Finding

_SURE = 6.0
_FAR = 10.0
_LEAST_CHANGE = 1e-3
_COMPARED = 16


def check_beginning(program: Program) -> Iterator[Finding]:
    """Compare the first loss with what knowing nothing costs, and look at examples by themselves.

    Args:
        program: The training.
    """
    # Its moving averages begin with 0 and 1: not training, it shows nothing of the scale in it.
    normalised = any(isinstance(one, keras.layers.BatchNormalization) for one in program.layers)
    for output in program.outputs:
        if output.loss is None:
            continue
        yield from _initial_loss(output, normalised=normalised)
    yield from _negative_penalty(program)
    yield from _batch_leak(program)


def costs_of_nothing(output: Output) -> dict[str, float]:
    """Return what answers cost that are the same for all examples: `{answer: loss}`.

    Args:
        output: An output that fits its loss and its targets by their shapes.
    """
    costs = {name: mean_loss(output, answers) for name, answers in _knowing_nothing(output)}
    return {name: cost for name, cost in costs.items() if cost is not None and np.isfinite(cost)}


def _initial_loss(output: Output, *, normalised: bool) -> Iterator[Finding]:
    start = mean_loss(output, output.outputs)
    known = costs_of_nothing(output)
    if start is None or not np.isfinite(start) or not known:
        return
    of_classes = output.classes is not None
    said = ", ".join(f"{cost:.4g} for {name}" for name, cost in known.items())
    least = min(known.values())
    sure = of_classes and not normalised and least > 0 and start > _SURE * max(known.values())
    far = not of_classes and 0 < _FAR * least < start
    advice = ""
    if sure:
        advice = (
            "It is sure of wrong answers before it has learned anything: scale the inputs, or "
            "begin with smaller weights."
        )
    elif far:
        advice = "Begin with the targets' mean in the last bias, or standardise the targets."
    yield of_output(
        "initial loss",
        output,
        f"The loss begins at {start:.4g}; an answer that knows nothing costs {said}",
        advice,
        "warning" if sure else "info",
        start=start,
        **{name.replace(" ", "_"): cost for name, cost in known.items()},
    )


def _knowing_nothing(output: Output) -> Iterator[tuple[str, NDArray[Any]]]:
    """Return answers that are the same for all examples, in the form of the outputs."""
    shape, activation = output.outputs.shape, output.activation
    classes = output.classes
    if classes is None:
        if output.few.dtype.kind in "biuf" and output.few.size == output.outputs.size:
            mean = output.few.astype(float).reshape(len(output.few), -1).mean(axis=0)
            yield "the mean", np.broadcast_to(mean, (len(output.few), mean.size)).reshape(shape)
        return
    if output.outputs.ndim != 2:
        return
    units = max(output.units, 2)
    present = classes[(classes >= 0) & (classes < units)]
    counts = np.bincount(present, minlength=units)
    shares = (counts + 1e-6) / (counts + 1e-6).sum()
    even = np.full(units, 1 / units)
    logits = output.from_logits or (activation == "linear" and not output.of_keras)
    if not logits and activation not in ("softmax", "sigmoid"):
        return
    for name, given in (("even chances", even), ("the shares of the classes", shares)):
        if output.units == 1:
            one = given[1]
            answer = np.array([np.log(one / (1 - one)) if logits else one])
        elif activation == "sigmoid" and not logits and not output.one_hot:
            return
        else:
            answer = np.log(given) if logits else given
        yield name, np.broadcast_to(answer, shape).astype(float)


def _negative_penalty(program: Program) -> Iterator[Finding]:
    try:
        added = sum(float(keras.ops.convert_to_numpy(one)) for one in program.network.losses)
    except Exception:  # a penalty of one's own may want a graph
        return
    if added < 0:
        yield Finding(
            "regularisation",
            f"The penalties lower the loss, by {-added:.3g}: what they are to keep small is "
            "rewarded.",
            {"penalty": added},
            "Turn their sign round.",
            severity="error",
        )


def _batch_leak(program: Program) -> Iterator[Finding]:
    """Find examples whose outputs depend on the others of their batch."""
    few = program.few
    rows = len(keras.tree.flatten(few)[0])
    half = min(rows // 2, _COMPARED)
    if half < 2 or fixed_batch(program.network):
        return
    first, others = np.arange(half), np.arange(rows - half, rows)
    alone = _predict(program, few, np.concatenate([first, first[::-1]]))
    again = _predict(program, few, np.concatenate([first, first[::-1]]))
    beside = _predict(program, few, np.concatenate([first, others]))
    for output, one, same, other in zip(program.outputs, alone, again, beside, strict=True):
        scale = max(float(np.abs(one).max()), 1e-6)
        if not np.allclose(one, same, atol=1e-6 * scale):  # random even when it is not training
            continue
        if len(one) != 2 * half or len(other) != 2 * half:
            continue
        change = float(np.abs(one[:half] - other[:half]).max())
        if change > _LEAST_CHANGE * scale:
            yield of_output(
                "batch leak",
                output,
                "The output of an example changes, by up to "
                f"{change:.2g}, when other examples of its batch change",
                "Leave the first axis alone: no softmax, mean, norm or reshape may go across it.",
                change=change,
            )


def _predict(program: Program, few: Any, rows: NDArray[np.int64]) -> list[NDArray[Any]]:  # noqa: ANN401
    some = keras.tree.map_structure(lambda one: keras.ops.convert_to_tensor(one[rows]), few)
    return flat_outputs(program.network(some, training=False))
