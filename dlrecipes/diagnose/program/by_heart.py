"""Whether a network can learn a few examples by heart, as anything can that works."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.diagnose.program.few_steps import (
    Stopwatch,
    as_tensors,
    mean_and_deviation,
    of_any_scale,
    pick,
    quietly,
    train_on,
    trainable,
)
from dlrecipes.diagnose.program.program import Output, Program, fixed_batch, flat_outputs
from dlrecipes.results import Finding, plural
from dlrecipes.training.model_state import left_as_they_were
from dlrecipes.training.without_chance import without_chance

Array = NDArray[Any]

_MANY = 20
_PAIRS = 3
_RATES = (1e-3, 1e-2, 1e-1)
_STEPS = 150
_LOOK_EVERY = 15
_SECONDS = 6.0
"""For each rate: what has not been learned by then is not judged."""
_EXPLAINED = 0.9
_KNOWN = 0.95
_HALF = 0.5
_NOTHING = 1e-3
"""A loss that moves by a smaller part of itself has stayed; a smaller one was learned before."""
_ROOM = 10
"""Weights an example: with fewer, twenty need not be learned by heart."""
_REACHED = 10.0
"""How far outputs can move in so many steps."""


def check_by_heart(program: Program, *, explained: bool = False) -> Iterator[Finding]:
    """Let the network learn twenty examples by heart, which nearly anything that works can do.

    Where it cannot, it is to learn two; if none of three pairs can be learned, something is cut.
    Dropout, noise, augmentation and penalties are off, batches are normalised by themselves, and
    the optimizer is Adam: what fails is the network, its loss or its targets.

    Args:
        program: The training.
        explained: Whether a cause has been found already: then this is information.

    Reference:
        Karpathy 2019, A Recipe for Training Neural Networks ("overfit one batch").
    """
    model = trainable(program)
    if model is None or fixed_batch(program.network):
        return
    rows = _distinct_rows(program, _MANY)
    if rows is None:
        return
    pairs: str | None = ""
    try:
        with left_as_they_were(model), quietly(), without_chance(model):
            model.run_eagerly = False
            model.jit_compile = False
            begun = [keras.ops.convert_to_numpy(one) for one in model.weights]
            model.optimizer = keras.optimizers.Adam(_RATES[0])
            model.train_function = None
            told, loss, share = _learn(model, program, rows, begun)
            if not told:
                return
            for at in range(0, min(2 * _PAIRS, len(rows)), 2):
                pair = np.tile(rows[at : at + 2], len(rows) // 2)  # of the same shape
                pairs, *_ = _learn(model, program, pair, begun)
                if not pairs:
                    break
    except Exception:  # what cannot be trained says so itself
        return
    count = model.count_params()
    if pairs:
        yield Finding(
            "learned by heart",
            f"Two examples cannot be learned by heart: {pairs}.",
            {"first_loss": loss[0], "last_loss": loss[1]},
            "Something between inputs, network, loss and targets is cut: look at shapes, at what "
            "is pooled or cut off, at the last activation.",
            severity="info" if explained else "error",
        )
    else:
        roomy = count > _ROOM * _MANY * max(one.units for one in program.outputs)
        yield Finding(
            "learned by heart",
            f"{plural(len(rows), 'example')} cannot be learned by heart: {told}.",
            {"first_loss": loss[0], "last_loss": loss[1], "weights": int(count)},
            "A wider network can; if it should by its size, look at what cuts it off."
            if not roomy
            else "Look at what is lost between inputs and outputs: pooling, a narrow layer, "
            "activations that saturate or die.",
            severity="warning" if roomy and share < _HALF and not explained else "info",
        )


def _learn(
    model: Any,  # noqa: ANN401  (a compiled network)
    program: Program,
    rows: NDArray[np.int64],
    begun: list[Array],
) -> tuple[str | None, list[float], float]:
    """Return what was not learned in words, empty if all was, None if there was no time.

    Beside it stand the first and the last loss, and the share that was learned at best.
    """
    x, y = pick(program, rows)
    if of_any_scale(program):
        y = keras.tree.map_structure(lambda one: _standardised(one, _begins(program)), y)
    losses: list[float] = []
    told: str | None = None
    best = 0.0
    for rate in _RATES:
        _begin_again(model, begun, rate)
        if not _takes_steps(model, (x, y)):
            return None, [], 0.0
        watch = Stopwatch()
        for step in range(_STEPS):
            losses.append(train_on(model, (x, y)))
            if step % _LOOK_EVERY == _LOOK_EVERY - 1:
                told, share = _unlearned(program, model(as_tensors(x), training=True), rows)
                if not told and not _moved(losses):
                    # Right by chance, or by the rounding of outputs that are all the same.
                    told, share = "the loss stays as it was", 0.0
                best = max(best, share)
                if not told:
                    return "", [losses[0], losses[-1]], 1.0
                if watch.seconds > _SECONDS:
                    return None, [losses[0], losses[-1]], best
    return told, [losses[0], losses[-1]], best


def _moved(losses: list[float]) -> bool:
    """Return whether a loss is another than at first, or was as good as nothing then."""
    first, last = losses[0], losses[-1]
    return abs(first) < _NOTHING or not abs(last - first) <= _NOTHING * abs(first)


def _begin_again(model: Any, begun: list[Array], rate: float) -> None:  # noqa: ANN401
    for variable, value in zip(model.weights, begun, strict=True):
        variable.assign(value)
    if model.optimizer.built:
        for variable in model.optimizer.variables:
            variable.assign(keras.ops.zeros_like(variable))
    model.optimizer.learning_rate = rate


def _takes_steps(model: Any, given: tuple[Any, Any]) -> bool:  # noqa: ANN401
    """Compile a step, and return whether it takes the optimizer's: one's own may not."""
    train_on(model, given)
    return int(keras.ops.convert_to_numpy(model.optimizer.iterations)) > 0


def _unlearned(
    program: Program,
    shown: Any,  # noqa: ANN401
    rows: NDArray[np.int64],
) -> tuple[str, float]:
    """Return which output does not give its targets, in words, and what share it gives.

    The share is 0 where one answer for all would do as well, and 1 if all is learned.
    """
    for output, given in zip(program.outputs, flat_outputs(shown), strict=True):
        if output.loss is None:
            continue
        wanted = output.targets[rows]
        classes = output.classes
        if classes is not None and given.ndim == 2:
            right, share = _classified(output, given, classes[rows])
            if right < _KNOWN:
                return f"{100 * right:.0f} % have the right class{output.whose}", share
        elif wanted.dtype.kind in "biuf" and given.size == wanted.size:
            if of_any_scale(program):
                wanted = _standardised(wanted, _begins(program))
            elif np.nanmax(np.abs(wanted.astype(float))) > _REACHED:
                continue
            known = np.isfinite(wanted.reshape(-1).astype(float))
            wanted = wanted.reshape(-1)[known].astype(float)
            spread = float(wanted.var()) if wanted.size else 0.0
            wrong = float(((given.reshape(-1)[known] - wanted) ** 2).mean()) if spread else 0.0
            explained = 1 - wrong / spread if spread else 1.0
            enough = _EXPLAINED
            if output.from_logits or not output.of_keras:  # what a loss makes of it is not known
                explained = max(explained, _alike(given.reshape(-1)[known], wanted))
                enough = _HALF
            if not explained > enough:
                said = f"{100 * max(explained, 0.0):.0f} % of the variance{output.whose}"
                return said, explained
    return "", 1.0


def _classified(output: Output, given: Array, classes: Array) -> tuple[float, float]:
    """Return the share of right classes, and how much of what one class for all leaves it is."""
    right = float((output.name_classes(given) == classes).mean())
    if given.shape[1] == 1 and not output.of_keras:  # a distance falls where a class rises
        right = max(right, 1 - right)
    most = float(np.unique(classes, return_counts=True)[1].max()) / len(classes)
    return right, (right - most) / (1 - most) if most < 1 else 0.0


def _alike(given: Array, wanted: Array) -> float:
    """Return the share of variance explained by outputs in whatever unit: their correlation's."""
    if wanted.size < 2 or not given.std() > 0 or not wanted.std() > 0:
        return 0.0
    return float(np.corrcoef(given, wanted)[0, 1] ** 2)


def _standardised(values: Array, middle: float) -> Array:
    mean, deviation = mean_and_deviation(values)
    scaled: Array = (np.asarray(values, np.float32) - mean) / deviation
    return scaled + np.float32(middle)


def _begins(program: Program) -> float:
    """Return where the outputs begin: a last bias may be the mean of the targets as they are."""
    middle = float(program.outputs[0].outputs.mean())
    return middle if np.isfinite(middle) else 0.0


def _distinct_rows(program: Program, count: int) -> NDArray[np.int64] | None:
    """Return examples of different inputs and, in turn, of different classes; None if too few."""
    rows = np.random.default_rng(0).permutation(program.examples)[: 50 * count]
    classes = next((one.classes for one in program.outputs if one.classes is not None), None)
    if classes is not None:
        turn = np.zeros(len(rows), np.int64)
        for kind in np.unique(classes[rows]):
            of_kind = classes[rows] == kind
            turn[of_kind] = np.arange(of_kind.sum())
        rows = rows[np.argsort(turn, kind="stable")]
    chosen: list[int] = []
    inputs: set[bytes] = set()
    for row in rows:
        content = b"|".join(
            np.ascontiguousarray(one[row]).tobytes()
            if one.dtype != object
            else str(one[row]).encode()
            for one in program.x.values()
        )
        if content not in inputs:
            inputs.add(content)
            chosen.append(int(row))
        if len(chosen) == count:
            break
    even = len(chosen) // 2 * 2
    return np.array(chosen[:even]) if even >= 2 else None
