"""What a few steps of training show: gradients, examples learned by heart, how it begins."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.diagnose.program.beginning import costs_of_nothing
from dlrecipes.diagnose.program.program import Program, flat_outputs
from dlrecipes.results import Finding, plural
from dlrecipes.training.model_state import left_as_they_were

Array = NDArray[Any]

_BATCH = 64
_MANY = 20
_RATES = (1e-3, 1e-2)
_STEPS = 150
_LOOK_EVERY = 15
_SECONDS = 3.0
"""For each rate: what has not been learned by then is not judged."""
_EXPLAINED = 0.9
_KNOWN = 0.95
_ROOM = 10
"""Weights an example: with fewer, twenty need not be learned by heart."""
_REACHED = 10.0
"""How far outputs can move in so many steps."""
_OF_VALUES = (
    "mean_squared_error",
    "mean_absolute_error",
    "huber",
    "log_cosh",
)
_BEGUN = 60
_HELD = 256
_GROWN = 10.0
_VANISHED = 1e-6
_STILL = 5e-4
_SHARE = 0.05


def check_gradients(program: Program) -> Iterator[Finding]:
    """Take the gradient of one batch, and see whether it arrives in every layer.

    Args:
        program: The training.
    """
    model = _trainable(program)
    if model is None:
        return
    rows = _spread_rows(program.examples, min(_BATCH, max(program.batch_size, 2)))
    seen = _Seen()
    try:
        with left_as_they_were(model), _quietly():
            model.optimizer = seen
            model.train_function = None
            model.run_eagerly = True
            model.train_on_batch(*_pick(program, rows), **_weights(program, rows))
            weights = [
                (variable, keras.ops.convert_to_numpy(variable))
                for variable in model.trainable_variables
            ]
    except Exception:  # what cannot be trained says so itself
        return
    if not seen.gradients:  # a step of one's own
        return
    yield from _of_gradients(weights, seen.gradients)


class _Seen(keras.optimizers.Optimizer):
    """Keeps the gradients and leaves the weights as they are."""

    def __init__(self) -> None:
        super().__init__(learning_rate=0.0)
        self.gradients: dict[str, Array] = {}

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:  # noqa: ANN401  (Keras')
        variables = (
            self._trainable_variables if trainable_variables is None else trainable_variables
        )
        for gradient, variable in zip(grads, variables, strict=True):
            if gradient is not None:
                dense = keras.ops.convert_to_tensor(gradient)
                values = np.asarray(keras.ops.convert_to_numpy(dense), np.float64)
                self.gradients[variable.path] = values


def _of_gradients(
    weights: list[tuple[Any, Array]], gradients: dict[str, Array]
) -> Iterator[Finding]:
    broken = [path for path, gradient in gradients.items() if not np.isfinite(gradient).all()]
    if broken:
        yield Finding(
            "gradients",
            f"The first gradient of {broken[-1]!r} is no number.",
            {"weights": broken},
            "Look for a root, a logarithm or a division at 0: add a small number inside of it.",
            severity="error",
        )
        return
    without = [variable.path for variable, _ in weights if variable.path not in gradients]
    if without:
        yield Finding(
            "unused weights",
            f"{plural(len(without), 'weight')} can be trained and "
            f"{'has' if len(without) == 1 else 'have'} no part in the loss: "
            f"{', '.join(without[:4])}{' …' if len(without) > 4 else ''}.",
            {"weights": without},
            "Join the layer with what is put out, or leave it out.",
            severity="warning",
        )
    kernels = [(v.path, w, gradients[v.path]) for v, w in weights if v.path in gradients]
    moved = [
        (path, float(np.sqrt((g**2).mean())) / max(float(np.sqrt((w**2).mean())), 1e-6))
        for path, w, g in kernels
        if w.ndim >= 2 and np.any(w)
    ]
    if len(moved) >= 3 and moved[-1][1] > 0:
        path, least = moved[0]
        if 0 < least < _VANISHED * moved[-1][1]:
            yield Finding(
                "gradients",
                f"The gradient vanishes on its way back: in {path!r} it is {least:.1g} of the "
                f"weights, in the last layer {moved[-1][1]:.1g}.",
                {"first": least, "last": moved[-1][1]},
                'Use "relu" or "elu" with a matching initialiser, skip connections, or '
                "normalisation between the layers.",
                severity="warning",
            )


def check_by_heart(program: Program, *, explained: bool = False) -> Iterator[Finding]:
    """Let the network learn two and twenty examples by heart, which anything that works can do.

    Dropout, noise, augmentation and penalties are off, batches are normalised by themselves, and
    the optimizer is Adam: what fails is the network, its loss or its targets.

    Args:
        program: The training.
        explained: Whether a cause has been found already: then this is information.

    Reference:
        Karpathy 2019, A Recipe for Training Neural Networks ("overfit one batch").
    """
    model = _trainable(program)
    if model is None:
        return
    rows = _distinct_rows(program, _MANY)
    if rows is None:
        return
    two = rows[:2]
    failed: dict[int, str] = {}
    loss = [0.0, 0.0]
    try:
        with left_as_they_were(model), _quietly(), _without_chance(model):
            model.run_eagerly = False
            model.jit_compile = False
            begun = [keras.ops.convert_to_numpy(one) for one in model.weights]
            model.optimizer = keras.optimizers.Adam(_RATES[0])
            model.train_function = None
            for count, chosen in ((2, np.tile(two, len(rows) // 2)), (len(rows), rows)):
                told, loss = _learn(model, program, chosen, begun)
                if told is None:
                    return
                if told:
                    failed[count] = told
    except Exception:  # what cannot be trained says so itself
        return
    count = model.count_params()
    if 2 in failed:
        yield Finding(
            "learned by heart",
            f"Two examples cannot be learned by heart: {failed[2]}.",
            {"first_loss": loss[0], "last_loss": loss[1]},
            "Something between inputs, network, loss and targets is cut: look at shapes, at what "
            "is pooled or cut off, at the last activation.",
            severity="info" if explained else "error",
        )
    elif failed:
        roomy = count > _ROOM * _MANY * max(one.units for one in program.outputs)
        yield Finding(
            "learned by heart",
            f"{plural(len(rows), 'example')} cannot be learned by heart: {failed[len(rows)]}.",
            {"first_loss": loss[0], "last_loss": loss[1], "weights": int(count)},
            "A wider network can; if it should by its size, look at what cuts it off."
            if not roomy
            else "Look at what is lost between inputs and outputs: pooling, a narrow layer, "
            "activations that saturate or die.",
            severity="warning" if roomy and not explained else "info",
        )


def _learn(
    model: Any,  # noqa: ANN401  (a compiled network)
    program: Program,
    rows: NDArray[np.int64],
    begun: list[Array],
) -> tuple[str | None, list[float]]:
    """Return what was not learned in words, empty if all was, None if there was no time."""
    x, y = _pick(program, rows)
    if _of_any_scale(program):
        y = keras.tree.map_structure(_standardised, y)
    losses: list[float] = []
    told: str | None = None
    for rate in _RATES:
        for variable, value in zip(model.weights, begun, strict=True):
            variable.assign(value)
        if model.optimizer.built:
            for variable in model.optimizer.variables:
                variable.assign(keras.ops.zeros_like(variable))
        model.optimizer.learning_rate = rate
        model.train_on_batch(x, y)  # is compiled here
        start = time.monotonic()
        for step in range(_STEPS):
            losses.append(_loss(model.train_on_batch(x, y)))
            if step % _LOOK_EVERY == _LOOK_EVERY - 1:
                told = _unlearned(program, model(_tensors(x), training=True), rows)
                if not told:
                    return "", [losses[0], losses[-1]]
                if time.monotonic() - start > _SECONDS:
                    return None, [losses[0], losses[-1]]
    return told, [losses[0], losses[-1]]


def _unlearned(program: Program, shown: Any, rows: NDArray[np.int64]) -> str:  # noqa: ANN401
    """Return which output does not give its targets, and how far it is from them; or nothing."""
    for output, given in zip(program.outputs, flat_outputs(shown), strict=True):
        wanted = output.targets[rows]
        classes = output.classes
        if classes is not None and given.ndim == 2:
            right = float((output.name_classes(given) == classes[rows]).mean())
            if right < _KNOWN:
                return f"{100 * right:.0f} % have the right class{output.whose}"
        elif wanted.dtype.kind in "biuf" and given.size == wanted.size:
            if _of_any_scale(program):
                wanted = _standardised(wanted)
            elif np.nanmax(np.abs(wanted.astype(float))) > _REACHED:
                continue
            known = np.isfinite(wanted.reshape(-1).astype(float))
            wanted = wanted.reshape(-1)[known].astype(float)
            spread = float(wanted.var()) if wanted.size else 0.0
            wrong = float(((given.reshape(-1)[known] - wanted) ** 2).mean()) if spread else 0.0
            explained = 1 - wrong / spread if spread else 1.0
            if not explained > _EXPLAINED:
                return f"{100 * max(explained, 0.0):.0f} % of the variance{output.whose}"
    return ""


def _of_any_scale(program: Program) -> bool:
    """Whether the only output can give targets of any scale, so that they may be standardised."""
    if len(program.outputs) > 1:
        return False
    (output,) = program.outputs
    values = output.classes is None and output.targets.dtype.kind in "biuf"
    return values and output.activation == "linear" and output.loss_name in _OF_VALUES


def _standardised(values: Array) -> Array:
    spread = float(np.std(values))
    scaled: Array = (np.asarray(values, np.float32) - float(np.mean(values))) / (spread or 1.0)
    return scaled


def check_first_steps(program: Program) -> Iterator[Finding]:
    """Begin as the user does, with the own optimizer, and see whether the loss can be borne.

    Args:
        program: The training.
    """
    model = _trainable(program)
    if model is None:
        return
    steps = min(program.steps, _BEGUN)
    generator = np.random.default_rng(0)
    losses: list[float] = []
    start = time.monotonic()
    size = min(program.batch_size, program.examples, 256)
    fixed = generator.permutation(program.examples)[:_HELD]
    try:
        with left_as_they_were(model), _quietly():
            model.run_eagerly = False
            model.jit_compile = False
            model.train_function = None
            held = _pick(program, fixed)
            before = _loss(model.test_on_batch(*held))
            order = np.zeros(0, np.int64)
            for _ in range(steps):
                if len(order) < size:
                    order = generator.permutation(program.examples)
                rows, order = order[:size], order[size:]
                losses.append(
                    _loss(model.train_on_batch(*_pick(program, rows), **_weights(program, rows)))
                )
                if not np.isfinite(losses[-1]) or time.monotonic() - start > 2 * _SECONDS:
                    break
            after = _loss(model.test_on_batch(*held))
    except Exception:  # what cannot be trained says so itself
        return
    yield from _of_beginning(program, np.array(losses), before, after)


def _of_beginning(
    program: Program, losses: NDArray[np.float64], before: float, after: float
) -> Iterator[Finding]:
    if not np.isfinite(losses).all():
        step = int(np.flatnonzero(~np.isfinite(losses))[0]) + 1
        finite = all(np.isfinite(one).all() for one in program.x.values() if one.dtype.kind == "f")
        yield Finding(
            "first steps",
            f"The loss is no number in step {step}.",
            {"step": step},
            "Lower the learning rate tenfold, or clip gradients; look for a division or a "
            "logarithm at 0 before."
            if finite
            else "Fill what is missing in the inputs first.",
            severity="error",
        )
        return
    if len(losses) >= 10 and after > _GROWN * max(before, 1e-9) and losses[-1] > losses[0]:
        yield Finding(
            "first steps",
            f"In {plural(len(losses), 'step')} the loss of the same examples went from "
            f"{before:.3g} to {after:.3g}.",
            {"before": before, "after": after},
            "Lower the learning rate tenfold; `dlr.lr_range_test` finds one.",
            severity="warning",
        )
        return
    change = abs(after - before) / max(abs(before), 1e-9)
    whole = change * program.steps / max(len(losses), 1)
    if len(losses) >= 10 and change < _STILL and whole < _SHARE:
        yield Finding(
            "first steps",
            f"In {plural(len(losses), 'step')} of {program.steps:,} the loss went from "
            f"{before:.6g} to {after:.6g}: it hardly moves.",
            {"before": before, "after": after},
            "Raise the learning rate tenfold; `dlr.lr_range_test` finds one.",
            severity="warning",
        )
        return
    yield from _without_inputs(program, losses, after)


def _without_inputs(
    program: Program, losses: NDArray[np.float64], after: float
) -> Iterator[Finding]:
    """Say how far the first steps lead beside an answer that has seen no input."""
    if len(program.outputs) > 1 or len(losses) < _BEGUN:
        return
    (output,) = program.outputs
    costs = costs_of_nothing(output)
    blind = min(costs.values(), default=0.0)
    if blind > 0:
        said = "below" if after < blind else "not yet below"
        yield Finding(
            "zero-input baseline",
            f"After {plural(len(losses), 'step')} the loss is {after:.4g}, {said} the {blind:.4g} "
            "of the best answer that sees no input.",
            {"loss": after, "without_inputs": blind},
        )


# ---- what all of them need


def _trainable(program: Program) -> Any:  # noqa: ANN401  (a compiled network)
    """Return what can be trained for a look: the model, or its copy where it has no weights yet."""
    if program.network is program.model:
        return program.model if program.model.trainable_variables else None
    copy, own = program.network, program.model.optimizer
    if not copy.trainable_variables:
        return None
    if not copy.compiled:
        copy.compile(type(own).from_config(own.get_config()), program.model.loss)
    return copy


def _pick(program: Program, rows: NDArray[np.int64]) -> tuple[Any, Any]:
    """Return inputs and targets of some examples, as they were handed over."""

    def some(one: Any) -> Any:  # noqa: ANN401
        return np.asarray(one)[rows]

    return (
        keras.tree.map_structure(some, program.given[0]),
        keras.tree.map_structure(some, program.given[1]),
    )


def _tensors(x: Any) -> Any:  # noqa: ANN401
    return keras.tree.map_structure(keras.ops.convert_to_tensor, x)


def _weights(program: Program, rows: NDArray[np.int64]) -> dict[str, Any]:
    given = {}
    if program.fit.get("class_weight") is not None:
        given["class_weight"] = program.fit["class_weight"]
    elif program.fit.get("sample_weight") is not None:
        given["sample_weight"] = keras.tree.map_structure(
            lambda one: np.asarray(one)[rows], program.fit["sample_weight"]
        )
    return given


def _loss(logs: Any) -> float:  # noqa: ANN401  (a number, or a list that begins with one)
    return float(np.ravel(logs)[0])


def _spread_rows(examples: int, count: int) -> NDArray[np.int64]:
    rows: NDArray[np.int64] = np.linspace(0, examples - 1, min(examples, count)).astype(np.int64)
    return rows


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


@contextmanager
def _quietly() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _without_chance(model: Any) -> Iterator[None]:  # noqa: ANN401  (a network)
    """Turn dropout, noise, augmentation and penalties off."""
    layers = model._flatten_layers(include_self=False, recursive=True)
    augmenting = keras.layers.RandomFlip.__mro__[1]
    chances = (
        keras.layers.Dropout,
        keras.layers.SpatialDropout1D,
        keras.layers.SpatialDropout2D,
        keras.layers.SpatialDropout3D,
        keras.layers.AlphaDropout,
        keras.layers.GaussianDropout,
        keras.layers.GaussianNoise,
        augmenting,
    )
    with ExitStack() as undo:
        for layer in layers:
            if isinstance(layer, chances) or type(layer).__name__ == "InvertedDropout":
                object.__setattr__(layer, "call", _unchanged)
                undo.callback(object.__delattr__, layer, "call")
            for name in ("dropout", "recurrent_dropout"):
                if isinstance(getattr(layer, name, None), float):
                    undo.callback(setattr, layer, name, getattr(layer, name))
                    setattr(layer, name, 0.0)
            if getattr(layer, "activity_regularizer", None) is not None:
                undo.callback(setattr, layer, "activity_regularizer", layer.activity_regularizer)
                layer.activity_regularizer = None
        for variable in model.trainable_variables:
            if getattr(variable, "regularizer", None) is not None:
                undo.callback(setattr, variable, "regularizer", variable.regularizer)
                variable.regularizer = None
        yield


def _unchanged(inputs: Any, **options: Any) -> Any:  # noqa: ANN401
    del options
    return inputs
