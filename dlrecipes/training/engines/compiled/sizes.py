"""Which sizes of a network's weights its graph does not know, so that one serves many widths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src import ops  # where layers look for `conv`
from keras.src.layers.convolutional.base_conv import BaseConv  # what Conv1D to Conv3D are

from dlrecipes.training.engines.compiled.leaves import all_layers, find_leaves
from dlrecipes.training.engines.compiled.member import Member, State
from dlrecipes.training.engines.compiled.structure import KNOWN, Values
from dlrecipes.training.engines.compiled.tracing import gradients_let_go
from dlrecipes.training.moving_optimizers import optimizer_of_each, without_scaling

# How layers call the number of features that they put out.
_SIZES = ("units", "filters", "output_dim")
# Layers whose graphs have them as numbers: not to be looked at only to find that out.
_KNOW_SIZES = (
    keras.layers.RNN,
    keras.layers.LayerNormalization,
    keras.layers.GroupNormalization,
    keras.layers.MultiHeadAttention,
)
# Where a configuration repeats what follows from the sizes.
_FOLLOWS = ("/build_config/", "/build_input_shape")


def without_sizes(model: keras.Model, described: Values) -> Values:
    """Return a model's description without the sizes that its graph need not know.

    Args:
        model: The model. The sizes of what it puts out stay.
        described: What `describe` returned.
    """
    opened = _opened(model)
    owners = {f"layers/{at}" for at, layer in enumerate(all_layers(model)) if id(layer) in opened}

    def is_size(path: str) -> bool:
        owner, _, name = path.rpartition("/")
        # What the model's own configuration says of a layer stands there as well.
        return name in _SIZES and (owner in owners or owner.startswith("topology/"))

    return {
        path: value for path, value in described.items() if not is_size(path) and not _follows(path)
    }


def is_told_by_its_configuration(described: Values) -> bool:
    """Whether a model is made of Keras' parts and ours only, which hide nothing in code."""
    for path, value in described.items():
        owner, _, name = path.rpartition("/")
        if name == "code":  # of a function, which may have closed over anything
            return False
        names_a_type = (
            path in ("model", "optimizer")
            or owner in ("layers", "optimizers")
            or name in ("module", "class")
        )
        if names_a_type and not f"{value}.".startswith(KNOWN):
            return False
    return True


def open_shapes(member: Member, few: tuple[Any, Any, Any]) -> State | None:
    """Return the shapes of a member's state, without the sizes that its graph does not know.

    The model is made once more with other sizes, and its forward passes are recorded for both,
    with weights whose sizes are open: if the recorded operations are the same, what is computed
    follows from the weights that are given, and from no size; so do the gradients, and an
    optimizer moves each number by itself.

    Args:
        member: The model, with its numbers.
        few: A few inputs, targets and weights.

    Returns:
        For each array of the state its shape, None for a size that is free; None if the graph
        knows sizes, or there is none that it might not know.
    """
    if any(isinstance(layer, _KNOW_SIZES) for layer in all_layers(member.model)):
        return None
    try:
        other = _resized(member)
        if other is None:
            return None
        x, y, _ = few
        other.build_loss(x, y)
        shapes = _common_shapes(member, other)
        if shapes is None or _forward(member, shapes, few) != _forward(other, shapes, few):
            return None
    except Exception:  # a layer that needs to know its sizes; it is traced with them
        return None
    return shapes


def slots_like(member: Member, model: keras.Model) -> list[np.ndarray] | None:
    """Return what an optimizer begins with for a model of a member's family, without making it.

    Args:
        member: The one whose optimizer there is.
        model: The other model.

    Returns:
        For each of the member's optimizer's variables what the model's would begin with; None if
        they do not begin with one number, as averages of weights do not.
    """
    slots, trainable = [], model.trainable_weights
    for array, owner in zip(member.slots, _owners(member), strict=True):
        if owner is None:
            slots.append(array)
            continue
        number = array.flat[0]
        if (array != number).any():
            return None
        slots.append(np.full(trainable[owner].shape, number, array.dtype))
    return slots


def _owners(member: Member) -> list[int | None]:
    """Return to which of the weights each of the optimizer's variables belongs; None to all.

    Raises:
        ValueError: If that cannot be told.
    """
    names = [f"{variable.path.replace('/', '_')}_" for variable in member.trainable]
    found: list[int | None] = []
    for variable in member.optimizer:
        owners = [at for at, name in enumerate(names) if variable.name.startswith(name)]
        if len(owners) > 1 or (not owners and len(variable.shape)):
            raise ValueError(f"to which weight {variable.name} belongs is not known")
        if owners and variable.shape != member.trainable[owners[0]].shape:
            raise ValueError(f"{variable.name} has another shape than its weight")
        found.append(owners[0] if owners else None)
    return found


@contextmanager
def open_sizes(model: keras.Model) -> Iterator[None]:
    """Let convolutions be recorded without knowing how many filters they have.

    Keras shapes the biases by `filters`, where -1 says the same, and compares the channels of the
    inputs with those of the kernel, to see whether they are in groups: of a variable it knows them.
    """
    opened = _opened(model)
    counts = {
        layer: layer.filters
        for layer in all_layers(model)
        if isinstance(layer, BaseConv) and id(layer) in opened
    }
    convolve = ops.conv

    def of_tensors(inputs: tf.Tensor, kernel: object, **options: Any) -> tf.Tensor:  # noqa: ANN401
        return convolve(inputs, tf.convert_to_tensor(kernel), **options)

    try:
        ops.conv = of_tensors
        for layer in counts:
            layer.filters = -1
        yield
    finally:
        ops.conv = convolve
        for layer, count in counts.items():
            layer.filters = count


def fits(shapes: State, state: State) -> bool:
    """Whether a state has these shapes, of which some sizes are free."""
    return all(
        len(one) == len(other)
        and all(
            shape is not None and len(shape) == array.ndim and _agree(shape, array.shape)
            for shape, array in zip(one, other, strict=True)
        )
        for one, other in zip(shapes, state, strict=True)
    )


def _agree(free: Sequence[int | None], shape: Sequence[int]) -> bool:
    return all(one is None or one == other for one, other in zip(free, shape, strict=True))


def _follows(path: str) -> bool:
    """Whether what stands there follows from the sizes."""
    of_tensor = "/inbound_nodes/" in path and "/config/shape" in path
    return of_tensor or any(part in path for part in _FOLLOWS)


def _opened(model: keras.Model) -> set[int]:
    """Return the ids of the layers whose sizes may vary, and of those inside of them."""
    last = _last(model)
    varying = [layer for layer in model.layers if id(layer) not in last and _has_size(layer)]
    return {id(inner) for layer in varying for inner in layer._flatten_layers()}


def _has_size(layer: keras.Layer) -> bool:
    return not isinstance(layer, keras.Model) and any(hasattr(layer, name) for name in _SIZES)


def _last(model: keras.Model) -> set[int]:
    """Return the ids of the layers whose sizes may be those of what a model puts out.

    Behind them come layers without a size, such as an activation, at most. Losses and metrics ask
    of their tensors how many features they have: one or several.
    """
    found, behind = set(), [output._keras_history.operation for output in model.outputs]
    while behind:
        layer = behind.pop()
        if id(layer) in found:
            continue
        found.add(id(layer))
        if not _has_size(layer):
            behind += [
                tensor._keras_history.operation
                for node in layer._inbound_nodes
                for tensor in node.input_tensors
            ]
    return found


def _resized(member: Member) -> Member | None:
    """Return a model with each free size one larger, compiled alike; None without free sizes."""
    model, changed, opened = member.model, [], _opened(member.model)

    def made(layer: keras.Layer) -> keras.Layer:
        config = layer.get_config()
        found = [name for name in _SIZES if name in config and id(layer) in opened]
        changed.extend(found)
        for name in found:
            config[name] += 1
        return type(layer).from_config(config)

    # Keras would make the optimizer again, too, by a configuration that functions do not have.
    model.compiled = False
    try:
        other = keras.models.clone_model(model, clone_function=made)
    finally:
        model.compiled = True
    if not changed:
        return None
    other.compile(
        _optimizer_like(model, other),
        # Not `model.loss`, in which a dictionary has become another kind, of another order.
        loss=model._compile_loss._user_loss,
        loss_weights=model._compile_loss._user_loss_weights,
    )
    leaves = find_leaves(other)
    return Member(other, [leaves[leaf.path] for leaf in member.leaves], slots=())


def _optimizer_like(model: keras.Model, other: keras.Model) -> keras.optimizers.Optimizer:
    """Return an optimizer like a model's for another one with as many weights."""
    if not isinstance(without_scaling(model), keras.optimizers.MultiOptimizer):
        return _copied(model.optimizer)
    # Patterns may be functions, which need not know the other weights.
    movers = optimizer_of_each(model)
    copies = {id(mover): _copied(mover) for mover in movers}
    pairs = zip(other.trainable_variables, movers, strict=True)
    mover_of = {id(variable): copies[id(mover)] for variable, mover in pairs}
    return keras.optimizers.MultiOptimizer(lambda variable: mover_of[id(variable)])


def _copied(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    return type(optimizer).from_config(optimizer.get_config())


def _common_shapes(one: Member, other: Member) -> State | None:
    """Return the shapes of two members' states, None for the sizes in which they differ."""
    trainable, rest = (
        [_common(*both) for both in zip(*variables, strict=True)]
        for variables in ((one.trainable, other.trainable), (one.other, other.other))
    )
    if not any(size is None for shape in (*trainable, *rest) for size in shape):
        return None
    return State(trainable, rest, [() if at is None else trainable[at] for at in _owners(one)])


def _common(one: keras.Variable, other: keras.Variable) -> tuple[int | None, ...]:
    sizes = zip(one.shape, other.shape, strict=True)
    return tuple(first if first == second else None for first, second in sizes)


def _forward(member: Member, shapes: State, few: tuple[Any, Any, Any]) -> bytes | None:
    """Return the operations of a member's forward passes, for weights of open sizes.

    Raises:
        Exception: If they cannot be recorded so.
    """
    x, y, weight = few
    graph = tf.__internal__.FuncGraph("forward")
    with graph.as_default():
        trainable, other = (
            [
                tf.compat.v1.placeholder(variable.dtype, shape)
                for variable, shape in zip(*both, strict=True)
            ]
            for both in ((member.trainable, shapes.trainable), (member.other, shapes.other))
        )
        state = State(trainable, other, optimizer=[])
        numbers = [tf.compat.v1.placeholder(keras.config.floatx(), []) for _ in member.leaves]
        seeds = [tf.compat.v1.placeholder(seed.dtype, seed.shape) for seed in member.seeds]
        given = [
            keras.tree.map_structure(
                lambda array: tf.compat.v1.placeholder(tf.as_dtype(array.dtype), array.shape), part
            )
            for part in (x, y)
        ]
        weights = None if weight is None else tf.constant(weight)
        x, y = given
        with open_sizes(member.model), gradients_let_go():
            member.forward(state, numbers, seeds, x, y, weights)
    if graph.captures:
        raise ValueError("it holds something that is no weight")
    whole = graph.as_graph_def()
    for node in whole.node:
        # A gradient of TensorFlow's own, that of `silu` for example, by a number in the process.
        node.attr.pop("_gradient_op_type", None)
    operations: bytes = whole.SerializeToString(deterministic=True)
    return operations
