"""A saved network against the trained one, layer by layer where they differ."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.data import Columns, Inputs
from dlrecipes.errors import ExportError
from dlrecipes.export.compare import tolerance_of
from dlrecipes.export.predict import predict_few, tensors_for

_BATCH = 1024
_FIX = (
    "`get_config` must return every argument of a layer, and functions of your own must be "
    "registered: `@keras.saving.register_keras_serializable()`."
)


def check_same_as_trained(
    trained: keras.Model,
    saved: keras.Model,
    x: NDArray[Any] | Columns | Inputs,
    *,
    predicted: NDArray[Any] | None = None,
    policy: str,
) -> None:
    """Check that a model that was saved and loaded answers as the one in memory does.

    A layer whose configuration lacks an argument, or a function that has the name of one of Keras',
    comes back as another one.

    Args:
        trained: The model in memory, as `build_inference_model` makes it.
        saved: The same, as loaded from its file.
        x: Raw inputs, `(examples, …)`, or the columns of a table.
        predicted: What the model in memory predicts for them, where that is known: it is asked
            again only where the file answers otherwise, as a graph rounds otherwise than no graph.
        policy: The dtype policy of the model.

    Raises:
        ExportError: If their predictions differ by more than the policy's tolerance; it names the
            layer where that begins.
    """
    for start in range(0, len(x), _BATCH):
        rows = x[start : start + _BATCH]
        after = predict_few(saved, rows)
        if predicted is not None and _close(predicted[start : start + _BATCH], after, policy):
            continue
        before = predict_few(trained, rows)
        if not _close(before, after, policy):
            check_not_random(trained, rows, policy=policy)
            found = _first_difference(trained, saved, rows, policy=policy)
            raise _error(found or _Difference(trained.name, "Model", _distance(before, after)))


def check_layers_as_trained(
    trained: keras.Model, saved: keras.Model, x: NDArray[Any] | Columns | Inputs, *, policy: str
) -> None:
    """Check the same of every layer's output: a difference need not show in those of the last.

    Args:
        trained: As for `check_same_as_trained`.
        saved: Likewise.
        x: Likewise, a few examples.
        policy: Likewise.

    Raises:
        ExportError: If a layer answers otherwise; it names the first.
    """
    found = _first_difference(trained, saved, x, policy=policy)
    if found is not None:
        check_not_random(trained, x, policy=policy)
        raise _error(found)
    check_same_as_trained(trained, saved, x, policy=policy)


def check_not_random(
    model: keras.Model, x: NDArray[Any] | Columns | Inputs, *, policy: str
) -> None:
    """Say so where a model answers otherwise each time: then its file is not to blame.

    Args:
        model: A model in memory.
        x: A few inputs.
        policy: The dtype policy of the model.

    Raises:
        ExportError: If it does; it names the layer where that begins.
    """
    if _close(predict_few(model, x), predict_few(model, x), policy):
        return
    found = _first_difference(model, model, x, policy=policy)
    where = "" if found is None else f", from the layer {found.name!r} ({found.kind}) on"
    raise ExportError(
        "A network must give the same answer for the same example when it predicts.",
        received=f"another one each time{where}",
        fix="Random numbers belong into training alone: `call(…, training)`. A model that draws "
        "at prediction can be neither compared with its file nor with its export.",
    )


@dataclass(frozen=True)
class _Difference:
    """The layer where two networks begin to differ, and what of it does."""

    name: str
    kind: str
    distance: float
    attribute: str = ""
    trained: str = ""
    saved: str = ""


def _first_difference(
    trained: keras.Model, saved: keras.Model, x: NDArray[Any] | Columns | Inputs, *, policy: str
) -> _Difference | None:
    """Return the first layer that answers otherwise, inside of models in models, too.

    Args:
        trained: A functional model.
        saved: The same, as loaded from its file.
        x: A few inputs.
        policy: The dtype policy of the model.

    Returns:
        None where all layers answer alike, or where a model cannot be taken apart.
    """
    try:
        return _first(trained, saved, tensors_for(x), policy)
    except Exception:  # a graph of the user's own; predictions are compared all the same
        return None


def _first(
    trained: keras.Model,
    saved: keras.Model,
    x: Any,  # noqa: ANN401  (a tensor, or several in any structure)
    policy: str,
) -> _Difference | None:
    ours, theirs = _calls(trained), _calls(saved)
    if len(ours) != len(theirs):
        return _Difference(trained.name, type(trained).__name__, np.inf)
    wanted = _values(trained, [node.outputs for node in ours], x)
    found = _values(saved, [node.outputs for node in theirs], x)
    for node, other, before, after in zip(ours, theirs, wanted, found, strict=True):
        layer, loaded = node.operation, other.operation
        if _has_graph(layer) and _has_graph(loaded):
            given = _values(trained, [node.input_tensors], x)[0]
            packed = keras.tree.pack_sequence_as(_graph(layer).input, given)
            inner = _first(layer, loaded, packed, policy)
            if inner is not None:
                return inner
        pairs = list(zip(before, after, strict=True))
        if not all(_close(one, two, policy) for one, two in pairs):
            distance = max(_distance(one, two) for one, two in pairs)
            return _described(layer, loaded, distance)
    return None


def _has_graph(layer: object) -> bool:
    return isinstance(layer, keras.Model) and bool(getattr(layer, "inputs", None))


def _graph(model: keras.Model) -> Any:  # noqa: ANN401  (what holds the nodes)
    return getattr(model, "_functional", None) or model  # a Sequential is made of one


def _calls(model: keras.Model) -> list[Any]:
    """Return the calls of layers and operations in a model's graph, in their order."""
    graph = _graph(model)
    return [
        node
        for depth in sorted(graph._nodes_by_depth, reverse=True)
        for node in graph._nodes_by_depth[depth]
        if not node.is_input
    ]


def _values(model: keras.Model, tensors: list[list[Any]], x: Any) -> list[list[NDArray[Any]]]:  # noqa: ANN401
    """Return the values of tensors inside of a model."""
    flat = [tensor for some in tensors for tensor in some]
    outputs = keras.tree.flatten(keras.Model(_graph(model).input, flat)(x, training=False))
    values = iter([keras.ops.convert_to_numpy(output) for output in outputs])
    return [[next(values) for _ in some] for some in tensors]


def _described(trained: Any, saved: Any, distance: float) -> _Difference:  # noqa: ANN401
    """Return a difference of two layers, or that of a layer inside of them."""
    for ours, theirs in zip(_layers_in(trained), _layers_in(saved), strict=False):
        for name, before, after in _differing(ours, theirs):
            return _Difference(ours.name, type(ours).__name__, distance, name, before, after)
    return _Difference(trained.name, type(trained).__name__, distance)


def _layers_in(layer: Any) -> list[Any]:  # noqa: ANN401  (a layer, or an operation)
    inner = list(layer._flatten_layers()) if isinstance(layer, keras.Layer) else [layer]
    return [one for one in inner if one is not layer] + [layer]


def _differing(trained: object, saved: object) -> Iterator[tuple[str, str, str]]:
    """Yield the attributes of two layers that differ: numbers, texts and functions."""
    of_every_layer = vars(keras.layers.Layer())
    for name, value in vars(trained).items():
        if name in of_every_layer or name not in vars(saved):
            continue
        before, after = _shown(value), _shown(vars(saved)[name])
        if before and after and before != after:
            yield name, before, after


def _shown(value: object) -> str:
    if isinstance(value, bool | int | float | str) or value is None:
        return repr(value)
    if isinstance(value, types.FunctionType):
        return f"{value.__module__}.{value.__qualname__}"
    return ""


def _error(found: _Difference) -> ExportError:
    what = f"the layer {found.name!r} ({found.kind}) differs by {found.distance:.3g}"
    if not found.attribute:
        return _refused(what, _FIX)
    what += f": {found.attribute} is {found.trained} as trained, {found.saved} as loaded"
    if "." in found.trained and not found.trained[0].isdigit():
        fix = "Register it, `@keras.saving.register_keras_serializable()`, or give it another name."
        return _refused(what, fix)
    return _refused(what, f"Return `{found.attribute}` in `get_config` of {found.kind}.")


def _refused(received: str, fix: str) -> ExportError:
    return ExportError(
        "A network that is saved and loaded must answer as the trained one does.",
        received=received,
        fix=fix,
    )


def _close(before: NDArray[Any], after: NDArray[Any], policy: str) -> bool:
    return before.shape == after.shape and _distance(before, after) <= tolerance_of(policy)


def _distance(before: NDArray[Any], after: NDArray[Any]) -> float:
    """Return the largest difference, relative to the size of the values of its column."""
    if before.shape != after.shape:
        return np.inf
    if before.dtype.kind not in "biuf":  # texts
        return 0.0 if np.array_equal(before, after) else np.inf
    ours, theirs = (
        values.astype(np.float64).reshape(len(values), -1) for values in (before, after)
    )
    with np.errstate(invalid="ignore"):
        apart = np.where(
            (ours == theirs) | (np.isnan(ours) & np.isnan(theirs)), 0.0, np.abs(ours - theirs)
        )
        size = np.where(np.isfinite(ours), np.abs(ours), 0.0).max(axis=0, initial=0.0)
    relative = apart / np.maximum(size, np.finfo(np.float32).tiny)
    return float(np.nan_to_num(relative, nan=np.inf).max(initial=0.0))
