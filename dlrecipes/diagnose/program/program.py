"""A training as it stands just before `fit`: network, data, loss, optimizer and arguments."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.errors import ArgumentError
from dlrecipes.losses import MaskedLoss
from dlrecipes.training.model_state import left_as_they_were
from dlrecipes.training.moving_optimizers import moving_optimizers, optimizer_of_each
from dlrecipes.training.outcome import headline
from dlrecipes.training.outputs import activation_of

Array = NDArray[Any]
_ROWS = 256


@dataclass(frozen=True)
class Output:
    """One output of a network beside its targets and its loss.

    Args:
        name: The output's name; empty where there is one.
        targets: Of all examples, `(examples, …)`.
        few: Of some of them, those of `outputs`.
        outputs: What the network puts out for these, not training, `(examples, …)`.
        layer: What makes the output; None if that is unknown.
        loss: What it is trained with.
        masked: Whether that leaves missing targets out.
    """

    name: str
    targets: Array
    few: Array
    outputs: Array
    layer: Any
    loss: Any
    masked: bool = False

    @property
    def whose(self) -> str:
        """Whose it is, for messages: `" of 'price'"`; empty where there is one."""
        return f" of {self.name!r}" if self.name else ""

    @property
    def activation(self) -> str:
        """The last activation, `"linear"` where a layer has none, empty if it is unknown."""
        return activation_of(self.layer)

    @cached_property
    def loss_name(self) -> str:
        """The loss in Keras' words, such as `"binary_crossentropy"`; its own name if it has one."""
        loss = self.loss
        if isinstance(loss, str):
            try:
                loss = keras.losses.get(loss)
            except ValueError:
                return str(self.loss)
        if isinstance(loss, keras.losses.Loss):
            function = getattr(loss, "_fn", None) or getattr(loss, "fn", None)
            return str(getattr(function, "__name__", None) or loss.name)
        return str(getattr(loss, "__name__", type(loss).__name__))

    @property
    def from_logits(self) -> bool:
        """Whether the loss takes logits."""
        options = getattr(self.loss, "_fn_kwargs", None) or {}
        return bool(options.get("from_logits", getattr(self.loss, "from_logits", False)))

    @property
    def of_keras(self) -> bool:
        """Whether the loss is one of Keras'."""
        named = isinstance(self.loss, str)
        return named or str(getattr(self.loss, "__module__", "")).startswith("keras.")

    @property
    def units(self) -> int:
        """Numbers an example has at the last axis; 1 for `(examples,)`."""
        return int(self.outputs.shape[-1]) if self.outputs.ndim > 1 else 1

    @property
    def one_column(self) -> bool:
        """Whether the targets are one number an example."""
        return self.targets.ndim == 1 or self.targets.shape[1:] == (1,)

    @cached_property
    def column(self) -> Array:
        """Those numbers, `(examples,)`."""
        return self.targets.reshape(-1)

    @cached_property
    def one_hot(self) -> bool:
        """Whether the targets are rows of one 1 and zeros."""
        y = self.targets
        if y.ndim != 2 or y.shape[1] < 2 or y.dtype.kind not in "biuf":
            return False
        return bool(np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).mean() > 0.5)

    @cached_property
    def classes(self) -> NDArray[np.int64] | None:
        """The class of each example, where the targets are classes that `loss` takes; else None."""
        if self.one_hot:
            found: NDArray[np.int64] = np.asarray(self.targets).argmax(axis=1)
            return found
        whole = self.one_column and self.targets.dtype.kind in "biuf"
        if not whole or not np.isfinite(self.column.astype(float)).all():
            return None
        if not (self.column == np.round(self.column)).all():
            return None
        of_classes = any(word in self.loss_name for word in ("crossentropy", "hinge", "focal"))
        two = bool(np.isin(self.column, (0, 1)).all())
        return self.column.astype(np.int64) if of_classes or two else None

    def name_classes(self, given: Array) -> NDArray[np.int64]:
        """Return the class that each row of outputs names, in the labels' own numbers.

        Args:
            given: Outputs, `(examples, units)` or `(examples,)`.
        """
        if self.units > 1:
            found: NDArray[np.int64] = given.argmax(axis=1)
            return found
        between = self.activation == "sigmoid" or (
            self.activation != "tanh" and not self.from_logits and "hinge" not in self.loss_name
        )
        above = given.reshape(len(given)) > (0.5 if between else 0.0)
        return np.where(above, 1, -1 if self.column.min() < 0 else 0)


@dataclass(frozen=True)
class Program:
    """A training just before its first step.

    Args:
        model: As it was compiled.
        network: The same with weights: a copy of a Sequential that makes its own at the first step.
        x: The inputs by name, `(examples, …)` each; under the empty name the only one.
        given: Inputs and targets as they were handed over.
        few: Inputs of some examples, as the network takes them: an array, a list or a dictionary.
        seconds: What the network took to put out their outputs.
        outputs: What the network puts out, beside targets and losses.
        validation: Inputs by name and targets of the validation data; None for none.
        batch_size: Examples a step.
        epochs: Passes over the data.
        fit: Further arguments of `fit`.
    """

    model: keras.Model
    network: keras.Model
    x: dict[str, Array]
    given: tuple[Any, Any]
    few: Any
    seconds: float
    outputs: tuple[Output, ...]
    validation: tuple[dict[str, Array], list[Array]] | None
    batch_size: int
    epochs: int
    fit: Mapping[str, Any] = field(default_factory=dict)

    @property
    def examples(self) -> int:
        """Number of training examples."""
        share = float(self.fit.get("validation_split") or 0.0)
        return int(len(next(iter(self.x.values()))) * (1.0 - share))

    @property
    def steps(self) -> int:
        """Steps of the whole training."""
        an_epoch = self.fit.get("steps_per_epoch") or -(-self.examples // self.batch_size)
        return int(an_epoch) * self.epochs

    @cached_property
    def layers(self) -> list[keras.layers.Layer]:
        """All layers, those of inner models, too, in the order in which they were added."""
        return list(_leaves(self.network))

    @cached_property
    def optimizers(self) -> list[Any]:
        """The optimizers that move weights; none where it was compiled without one."""
        if self.model.optimizer is None:
            return []
        return list({id(one): one for one in self._movers}.values()) or moving_optimizers(
            self.model
        )

    def moved_by(self, optimizer: Any) -> list[Any]:  # noqa: ANN401  (Keras')
        """Return the weights that an optimizer moves.

        Args:
            optimizer: One of `optimizers`.
        """
        weights = self.network.trainable_variables
        if len(self._movers) != len(weights):  # a copy of a model that has none yet
            return list(weights)
        pairs = zip(weights, self._movers, strict=True)
        return [weight for weight, mover in pairs if mover is optimizer]

    @cached_property
    def _movers(self) -> list[Any]:
        with left_as_they_were(self.model):  # to tell, an optimizer may have to be built
            return optimizer_of_each(self.model)


def _leaves(layer: Any) -> Iterator[keras.layers.Layer]:  # noqa: ANN401
    inner = getattr(layer, "layers", None)
    if isinstance(layer, keras.Model) and inner is not None:
        for one in inner:
            yield from _leaves(one)
    else:
        yield layer


def compiled(model: object) -> keras.Model:
    """Return a model if it is compiled.

    Raises:
        ArgumentError: If it is not.
    """
    if not isinstance(model, keras.Model) or not model.compiled:
        raise ArgumentError(
            "`model` must be a compiled keras.Model.",
            received=type(model).__name__,
            fix="Call `model.compile(...)` first.",
        )
    return model


def read_program(
    model: keras.Model,
    x: Any,  # noqa: ANN401  (whatever `fit` takes)
    y: Any,  # noqa: ANN401
    *,
    validation_data: Any = None,  # noqa: ANN401
    batch_size: int = 32,
    epochs: int = 1,
    fit: Mapping[str, Any] | None = None,
) -> Program:
    """Return what is known of a training before its first step.

    Args:
        model: A compiled network.
        x: Inputs as `fit` takes them: an array, a list or a dictionary of arrays.
        y: Targets likewise.
        validation_data: `(x, y)` or `(x, y, weights)`; None for none.
        batch_size: Examples a step.
        epochs: Passes over the data.
        fit: Further arguments of `fit`.

    Raises:
        ArgumentError: If the data are no arrays of one length, or do not fit the model.
    """
    x, y = _plain(x), _plain(y)
    inputs = _named("x", x)
    targets = [_array("y", one) for one in _values(y)]
    lengths = {len(one) for one in (*inputs.values(), *targets)}
    if len(lengths) != 1 or 0 in lengths:
        raise ArgumentError(
            "`x` and `y` must be arrays of the same number of examples, at least one.",
            received=", ".join(str(one.shape) for one in (*inputs.values(), *targets)),
        )
    (examples,) = lengths
    # A Sequential is copied; any other makes its weights now, and `left_as_they_were` takes them
    # away again.
    copied = not model.built and isinstance(model, keras.Sequential)
    network = keras.models.clone_model(model) if copied else model
    wanted = fixed_batch(network) or _ROWS
    rows = np.linspace(0, examples - 1, min(examples, wanted)).astype(int)
    few = keras.tree.map_structure(lambda one: np.asarray(one)[rows], x)
    try:
        tensors = keras.tree.map_structure(keras.ops.convert_to_tensor, few)
        network(tensors, training=False)  # the first call has more to do
        start = time.monotonic()
        shown = network(tensors, training=False)
        seconds = time.monotonic() - start
    except Exception as error:  # whatever Keras raises, the user needs the shapes
        raise ArgumentError(
            "The data must fit the model.",
            received=", ".join(
                " ".join(filter(None, (name, f"{one.shape} ({one.dtype})")))
                for name, one in inputs.items()
            ),
            fix=f"Keras says: {headline(error) or type(error).__name__}",
        ) from error
    names = list(getattr(network, "output_names", None) or ())
    if isinstance(shown, Mapping):
        names, flat = list(shown), list(shown.values())
    else:
        flat = list(shown) if isinstance(shown, list | tuple) else [shown]
    if isinstance(y, Mapping) and not _maps(y, names):
        raise ArgumentError(
            "Targets in a dictionary must be called as the outputs are.",
            received=", ".join(map(str, y)),
            fix=f"The outputs are {', '.join(names)}." if names else "This output has no name.",
        )
    if _maps(y, names):
        targets = [_array(f"y[{name!r}]", y[name]) for name in names]
    if len(targets) != len(flat):
        raise ArgumentError(
            "There must be targets for each output.",
            received=f"{len(targets)} arrays of targets, {len(flat)} outputs",
        )
    several = len(flat) > 1
    names = names if len(names) == len(flat) else [f"output {at}" for at in range(len(flat))]
    losses = _losses(model.loss, names)
    layers = _last_layers(network, names)
    outputs = tuple(
        _output(names[at] if several else "", targets[at], rows, flat[at], layers[at], losses[at])
        for at in range(len(flat))
    )
    return Program(
        model,
        network,
        inputs,
        (x, y),
        few,
        seconds,
        outputs,
        _held_out(validation_data, names),
        batch_size,
        epochs,
        dict(fit or {}),
    )


def _held_out(given: Any, names: Sequence[str]) -> tuple[dict[str, Array], list[Array]] | None:  # noqa: ANN401
    """Return validation inputs by name and targets in the order of the outputs; None without."""
    if not isinstance(given, list | tuple) or len(given) not in (2, 3):
        return None
    x, y = _plain(given[0]), _plain(given[1])
    ordered = [y[name] for name in names] if _maps(y, names) else _values(y)
    return _named("validation x", x), [_array("validation y", one) for one in ordered]


def fixed_batch(network: keras.Model) -> int | None:
    """Return how many examples a network takes at once; None where it takes any number.

    Args:
        network: With weights.
    """
    shapes = [getattr(one, "shape", (None,)) for one in getattr(network, "inputs", None) or ()]
    fixed = [shape[0] for shape in shapes if shape and shape[0] is not None]
    return int(fixed[0]) if fixed else None


def flat_outputs(shown: Any) -> list[Array]:  # noqa: ANN401  (tensors in any form)
    """Return what a network puts out as arrays, in the order of its outputs.

    Args:
        shown: A tensor, a list or a dictionary of them.
    """
    values = list(shown.values()) if isinstance(shown, Mapping) else keras.tree.flatten(shown)
    return [np.asarray(keras.ops.convert_to_numpy(one), np.float64) for one in values]


def _output(
    name: str,
    targets: Array,
    rows: NDArray[np.int64],
    shown: Any,  # noqa: ANN401  (a tensor)
    layer: Any,  # noqa: ANN401  (a layer or an operation)
    loss: Any,  # noqa: ANN401  (in any form that Keras takes)
) -> Output:
    few, outputs = targets[rows], np.asarray(keras.ops.convert_to_numpy(shown), np.float64)
    masked = isinstance(loss, MaskedLoss)
    if masked:
        loss = loss.loss
        known = np.isfinite(few.reshape(len(few), -1).astype(float)).all(axis=1)
        few, outputs = few[known], outputs[known]
    return Output(name, targets, few, outputs, layer, loss, masked)


def _plain(given: Any) -> Any:  # noqa: ANN401
    """Return lists of numbers as the array that they are; other things as they are."""
    if isinstance(given, list | tuple) and given and not hasattr(given[0], "shape"):
        return np.asarray(given)
    return given


def _maps(y: object, names: Sequence[str]) -> bool:
    return isinstance(y, Mapping) and set(y) == set(names)


def _values(given: Any) -> list[Any]:  # noqa: ANN401
    if isinstance(given, Mapping):
        return list(given.values())
    by_output = isinstance(given, list | tuple) and given and hasattr(given[0], "shape")
    return list(given) if by_output and np.ndim(given[0]) else [given]


def _named(what: str, given: Any) -> dict[str, Array]:  # noqa: ANN401
    if isinstance(given, Mapping):
        return {str(name): _array(f"{what}[{name!r}]", one) for name, one in given.items()}
    several = _values(given)
    if len(several) == 1:
        return {"": _array(what, several[0])}
    return {f"input {at}": _array(what, one) for at, one in enumerate(several)}


def _array(what: str, given: Any) -> Array:  # noqa: ANN401
    try:
        array = np.asarray(given)
    except Exception as error:  # whatever it is
        raise ArgumentError(f"`{what}` must be an array.", received=type(given).__name__) from error
    if array.ndim == 0:
        raise ArgumentError(f"`{what}` must be an array.", received=type(given).__name__)
    return array


def _losses(loss: Any, names: Sequence[str]) -> list[Any]:  # noqa: ANN401
    """Return each output's loss, from any form that `compile` takes."""
    if isinstance(loss, Mapping):
        return [loss.get(name) for name in names] if len(names) > 1 else [next(iter(loss.values()))]
    if isinstance(loss, list | tuple):
        return list(loss) if len(loss) == len(names) else [loss[0]] * len(names)
    return [loss] * len(names)


def _last_layers(model: keras.Model, names: Sequence[str]) -> list[Any]:
    """Return what makes each output, in the order in which the model gives them."""
    tensors = list(getattr(model, "outputs", None) or ())
    given = None if isinstance(model, keras.Sequential) else getattr(model, "output", None)
    if isinstance(given, Mapping) and set(given) == set(names):
        tensors = [given[name] for name in names]
    if len(tensors) != len(names):
        return [None] * len(names)
    return [_innermost(one._keras_history.operation) for one in tensors]


def _innermost(layer: Any) -> Any:  # noqa: ANN401
    while isinstance(layer, keras.Model) and getattr(layer, "outputs", None):
        layer = layer.outputs[0]._keras_history.operation
    return layer
