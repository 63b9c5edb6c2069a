"""A model's training step as a pure function of its state."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from dlrecipes.layers import ScheduledDropout
from dlrecipes.losses import MaskedLoss
from dlrecipes.models import MemberModel
from dlrecipes.training.engines.compiled.leaves import Leaf, all_layers
from dlrecipes.training.moving_optimizers import moving_optimizers

Tensors = list[tf.Tensor]
# The TensorFlow backend routes updates through tf.distribute, which wants real variables; the
# rules of the class above it work on whatever a StatelessScope holds.
_ROUTED = next(c for c in keras.optimizers.Optimizer.__mro__ if c.__name__ == "TFOptimizer")
_PLAIN = next(c for c in keras.optimizers.Optimizer.__mro__ if c.__name__ == "BaseOptimizer")
_METHODS = ("assign", "assign_add", "assign_sub", "_backend_update_step")
_LOCK = threading.RLock()


class State(NamedTuple):
    """All that one member has learned.

    Args:
        trainable: Weights that the optimizer moves.
        other: Weights that it does not, such as moving averages.
        optimizer: The optimizer's variables.
    """

    trainable: Tensors
    other: Tensors
    optimizer: Tensors


class Member:
    """One model as pure functions of its state and of the numbers that may change.

    Nothing of the model's own variables is read or written: the functions can be mapped over
    many states, or run in several threads at once.

    Args:
        model: A built, compiled functional model with one input and any number of outputs.
        leaves: Its numbers that are arguments; all others are constants of the graph.
        slots: What its optimizer begins with, if another member's graph is to move its weights; an
            optimizer's variables take as long to make as the model. None for its own optimizer.
    """

    def __init__(
        self,
        model: keras.Model,
        leaves: Sequence[Leaf],
        slots: Sequence[np.ndarray] | None = None,
    ) -> None:
        self.model = model
        self.leaves = tuple(leaves)
        if slots is None and not model.optimizer.built:
            model.optimizer.build(model.trainable_weights)
        given = {id(leaf.variable) for leaf in leaves if leaf.variable is not None}
        self.seeds = [
            variable
            for variable in model.variables
            if variable.path.endswith("seed_generator_state")
        ]
        hidden = given | {id(seed) for seed in self.seeds}
        self.trainable = list(model.trainable_weights)
        self.other = [
            variable for variable in model.non_trainable_weights if id(variable) not in hidden
        ]
        self.optimizer = [
            variable
            for variable in (model.optimizer.variables if slots is None else ())
            if id(variable) not in given
        ]
        self.slots = [_array(variable) for variable in self.optimizer] if slots is None else slots
        # Where its steps are counted. Of scaled losses those that overflow are not, so that
        # members which began together need not have made as many.
        scaled = isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
        of_optimizers = {
            id(optimizer.iterations)
            for optimizer in (() if scaled else (model.optimizer, *moving_optimizers(model)))
        }
        of_layers = {
            id(layer.step) for layer in all_layers(model) if isinstance(layer, ScheduledDropout)
        }
        self.counters = State(
            [],
            [at for at, variable in enumerate(self.other) if id(variable) in of_layers],
            [at for at, variable in enumerate(self.optimizer) if id(variable) in of_optimizers],
        )

    @property
    def loss_names(self) -> list[str]:
        """Names of what a step returns as losses: the total, and of several outputs each one's."""
        return ["loss", *(mean.name for mean in self._each_loss)]

    @property
    def losses_by_batch(self) -> bool:
        """Whether the losses of some examples depend on how they are divided into batches.

        Keras logs the loss of each of several outputs as the plain mean over the batches, however
        many examples the last one has; and a `MaskedLoss` is a mean over the known targets of a
        batch, of which each has another number.
        """
        masked = [
            isinstance(flat.loss, MaskedLoss) for flat in self.model._compile_loss._flat_losses
        ]
        return bool(self._each_loss) or any(masked)

    @property
    def _each_loss(self) -> list[keras.metrics.Mean]:
        """What Keras keeps of each output's loss; nothing if there is one."""
        means: list[keras.metrics.Mean] = self.model._compile_loss.metrics
        return means

    def initial(self, model: keras.Model) -> State:
        """Return the state in which another model of the same structure begins.

        Args:
            model: The model, untrained.
        """
        pairs = zip(self.model.weights, model.weights, strict=True)
        theirs = {id(own): _array(other) for own, other in pairs}
        return State(
            [theirs[id(variable)] for variable in self.trainable],
            [theirs[id(variable)] for variable in self.other],
            list(self.slots),
        )

    def weights(self, state: State, numbers: Sequence[float]) -> Tensors:
        """Return a state's weights in the order of `model.get_weights()`."""
        values = {
            id(variable): value
            for group, values in ((self.trainable, state.trainable), (self.other, state.other))
            for variable, value in zip(group, values, strict=True)
        }
        for leaf, number in zip(self.leaves, numbers, strict=True):
            values[id(leaf.variable)] = np.asarray(number, "float32")
        return [values[id(variable)] for variable in self.model.weights]

    def evaluated(self, state: State) -> State:
        """Return a state with the weights that are validated and kept.

        Where the optimizer averages weights (`use_ema`), these are the averages, as with
        `keras.callbacks.SwapEMAWeights`.

        Args:
            state: Of this member, or of several in a stack.
        """
        averages = getattr(self.model.optimizer, "_model_variables_moving_average", None)
        if not self.model.optimizer.use_ema or averages is None:
            return state
        held = {
            id(variable): value
            for variable, value in zip(self.optimizer, state.optimizer, strict=True)
        }
        average_of = {
            id(variable): held[id(average)]
            for variable, average in zip(
                self.model.optimizer._trainable_variables, averages, strict=True
            )
            if average is not None
        }
        return state._replace(
            trainable=[
                average_of.get(id(variable), value)
                for variable, value in zip(self.trainable, state.trainable, strict=True)
            ]
        )

    def train_step(
        self,
        state: State,
        numbers: Tensors,
        seeds: Tensors,
        x: tf.Tensor,
        y: tf.Tensor,
        sample_weight: tf.Tensor | None,
    ) -> tuple[State, Tensors, tuple[tf.Tensor, Tensors]]:
        """Return the state after one batch, the seeds, and the losses and the predictions.

        Args:
            state: Before the batch.
            numbers: One scalar for each of the leaves.
            seeds: One for each random layer.
            x: Inputs `(batch, …)`.
            y: Targets, in whatever structure Keras takes them.
            sample_weight: `(batch,)` or None.

        Returns:
            Of the losses one number for each of `loss_names`, of the predictions a tensor for each
            of `model.outputs`.
        """
        optimizer = self.model.optimizer
        with self._scope(state, numbers, seeds) as scope, _plain_updates():
            with tf.GradientTape() as tape:
                tape.watch(state.trainable)
                predictions = self.model(x, training=True)
                loss = self.model.compute_loss(x, y, predictions, sample_weight, training=True)
                scaled = optimizer.scale_loss(loss)
            losses = self._losses(loss)
            gradients = tape.gradient(scaled, state.trainable)
            if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
                updated = self._apply_scaled(scope, state, gradients)
            else:
                optimizer.apply(gradients)
                updated = self._read(scope)
            seeds = [scope.get_current_value(seed) for seed in self.seeds]
            if isinstance(self.model, MemberModel):  # metrics are of all together
                predictions = self.model.together(predictions)
        return updated, seeds, (losses, keras.tree.flatten(predictions))

    def test_step(
        self,
        state: State,
        numbers: Tensors,
        seeds: Tensors,
        x: tf.Tensor,
        y: tf.Tensor,
        sample_weight: tf.Tensor | None,
    ) -> tuple[tf.Tensor, Tensors]:
        """Return the losses and the predictions of one batch, not training."""
        return self._tested(self.evaluated(state), numbers, seeds, x, y, sample_weight)

    def _tested(
        self,
        state: State,
        numbers: Tensors,
        seeds: Tensors,
        x: tf.Tensor,
        y: tf.Tensor,
        sample_weight: tf.Tensor | None,
    ) -> tuple[tf.Tensor, Tensors]:
        with self._scope(state, numbers, seeds):
            predictions = self.model(x, training=False)
            loss = self.model.compute_loss(x, y, predictions, sample_weight, training=False)
            losses = self._losses(loss)
        return losses, keras.tree.flatten(predictions)

    def build_loss(self, x: object, y: object) -> None:
        """Let Keras make the loss's variables, which cannot be done in a scope.

        Args:
            x: A few inputs.
            y: Their targets.
        """
        if not self.model._compile_loss.built:
            self.model._compile_loss(y, self.model(x, training=False))

    def forward(
        self,
        state: State,
        numbers: Tensors,
        seeds: Tensors,
        x: tf.Tensor,
        y: tf.Tensor,
        sample_weight: tf.Tensor | None,
    ) -> list[tf.Tensor]:
        """Return losses and predictions of training, then those of evaluation."""
        with self._scope(state, numbers, seeds) as scope:
            predictions = self.model(x, training=True)
            loss = self.model.compute_loss(x, y, predictions, sample_weight, training=True)
            averages = [scope.get_current_value(variable) for variable in self.other]
            losses = self._losses(loss)
        tested, later = self._tested(state, numbers, seeds, x, y, sample_weight)
        return [losses, *keras.tree.flatten(predictions), *averages, tested, *later]

    def predict(self, state: State, numbers: Sequence[float], x: tf.Tensor) -> Any:  # noqa: ANN401
        """Return what one state puts out for a batch, not training, without a graph.

        What the optimizer keeps may be missing from the state: it does not count.
        """
        given = [tf.constant(number, keras.config.floatx()) for number in numbers]
        seeds = [tf.zeros(seed.shape, seed.dtype) for seed in self.seeds]
        with self._scope(state._replace(optimizer=[]), given, seeds):
            return self.model(x, training=False)

    def compute(
        self,
        state: State,
        numbers: Tensors,
        x: tf.Tensor,
        y: tf.Tensor,
        sample_weight: tf.Tensor | None,
    ) -> list[tf.Tensor | None]:
        """Return all that the model computes of one batch, to be compared with another model's.

        Gradients, moving averages, losses and predictions of training; losses and predictions of
        evaluation.
        """
        self.build_loss(x, y)
        seeds = [tf.constant([at, 0], seed.dtype) for at, seed in enumerate(self.seeds)]
        with self._scope(state, numbers, seeds) as scope:
            with tf.GradientTape() as tape:
                tape.watch(state.trainable)
                predictions = self.model(x, training=True)
                loss = self.model.compute_loss(x, y, predictions, sample_weight, training=True)
            gradients = tape.gradient(loss, state.trainable)
            averages, losses = self._read(scope).other, self._losses(loss)
        # Not by averages, which are zeros before the first step.
        tested, later = self._tested(state, numbers, seeds, x, y, sample_weight)
        # Of an embedding's table the gradient has only the rows that were looked up.
        dense = [
            None if gradient is None else tf.convert_to_tensor(gradient) for gradient in gradients
        ]
        shown = keras.tree.flatten(predictions)
        return [*dense, *averages, losses, *shown, tested, *later]

    def _losses(self, total: tf.Tensor) -> tf.Tensor:
        """Return the numbers of `loss_names`; inside of the scope in which Keras computed them."""
        each = [tf.cast(mean.result(), keras.config.floatx()) for mean in self._each_loss]
        return tf.stack([tf.cast(total, keras.config.floatx()), *each])

    def _apply_scaled(self, scope: keras.StatelessScope, state: State, gradients: Tensors) -> State:
        """Do what `LossScaleOptimizer.apply` does, without branches: those have no batched form.

        Where a gradient overflowed, the weights stay and the scale is halved; after enough
        steps without, it is doubled (Micikevicius et al. 2018, arXiv:1710.03740).
        """
        outer = self.model.optimizer
        scale, counter = (
            scope.get_current_value(outer.dynamic_scale),
            scope.get_current_value(outer.step_counter),
        )
        finite = tf.reduce_all(
            [
                tf.reduce_all(tf.math.is_finite(gradient))
                for gradient in gradients
                if gradient is not None
            ]
        )
        outer.inner_optimizer.apply(
            # Of an embedding's table it leaves the rows that were looked up as they are.
            [
                None if gradient is None else keras.ops.divide(gradient, scale)
                for gradient in gradients
            ]
        )
        grown = tf.equal(counter, outer.dynamic_growth_steps - 1)
        new_scale = tf.where(finite, tf.where(grown, scale * 2.0, scale), scale * 0.5)
        zero = tf.zeros_like(counter)
        new_counter = tf.where(finite, tf.where(grown, zero, counter + 1), zero)
        new = self._read(scope)
        own = {id(outer.dynamic_scale): new_scale, id(outer.step_counter): new_counter}
        return State(
            [tf.where(finite, a, b) for a, b in zip(new.trainable, state.trainable, strict=True)],
            new.other,
            [
                own[id(variable)] if id(variable) in own else tf.where(finite, a, b)
                for variable, a, b in zip(
                    self.optimizer, new.optimizer, state.optimizer, strict=True
                )
            ],
        )

    def _read(self, scope: keras.StatelessScope) -> State:
        """Return the scope's values; Keras counts iterations in another integer type."""
        return State(
            *(
                [tf.cast(scope.get_current_value(variable), variable.dtype) for variable in group]
                for group in (self.trainable, self.other, self.optimizer)
            )
        )

    @contextmanager
    def _scope(
        self, state: State, numbers: Tensors, seeds: Tensors
    ) -> Iterator[keras.StatelessScope]:
        """Put the state and the numbers in the places where Keras will look for them."""
        mapping = [
            *zip(self.trainable, state.trainable, strict=True),
            *zip(self.other, state.other, strict=True),
            # Where nothing is trained, what the optimizer keeps may be missing.
            *zip(self.optimizer if state.optimizer else (), state.optimizer, strict=True),
            *zip(self.seeds, seeds, strict=True),
            # Of this batch alone.
            *(
                (variable, tf.zeros(variable.shape, variable.dtype))
                for mean in self._each_loss
                for variable in mean.variables
            ),
        ]
        with ExitStack() as places:
            for leaf, number in zip(self.leaves, numbers, strict=True):
                if leaf.variable is not None:
                    mapping.append((leaf.variable, tf.cast(number, leaf.variable.dtype)))
                else:
                    places.enter_context(_in_place(leaf, leaf.stand_in(number)))
            scope = keras.StatelessScope(collect_losses=True)
            # Not as an argument: of a value whose sizes are open Keras would say that it is wrong.
            scope.state_mapping.update((id(variable), value) for variable, value in mapping)
            yield places.enter_context(scope)


def _array(variable: keras.Variable) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(variable.value), variable.dtype)


@contextmanager
def _in_place(leaf: Leaf, stand_in: object) -> Iterator[None]:
    """Put something where Keras looks for a number, and take it away again."""
    held = leaf.owner if isinstance(leaf.owner, dict) else vars(leaf.owner)
    missing = object()
    before = held.get(leaf.attribute, missing)
    held[leaf.attribute] = stand_in
    try:
        yield
    finally:
        if before is missing:
            del held[leaf.attribute]
        else:
            held[leaf.attribute] = before


@contextmanager
def _plain_updates() -> Iterator[None]:
    """Let optimizers be traced inside a `keras.StatelessScope` on the TensorFlow backend.

    There `Optimizer.stateless_apply` raises. Changes Keras for all threads while it is open, so
    it is open only while a function is traced.
    """
    with _LOCK:
        replaced = (*_METHODS, "_apply_weight_decay", "_var_key")
        before = {name: _ROUTED.__dict__[name] for name in replaced}
        for name in _METHODS:
            setattr(_ROUTED, name, getattr(_PLAIN, name))
        _ROUTED._apply_weight_decay = _apply_weight_decay
        _ROUTED._var_key = lambda self, variable: _behind(variable)._unique_id
        try:
            yield
        finally:
            for name, method in before.items():
                setattr(_ROUTED, name, method)


def _apply_weight_decay(
    optimizer: keras.optimizers.Optimizer, variables: Sequence[keras.Variable]
) -> None:
    # Names that are left out are looked for in TensorFlow's, "head/kernel:0", as in `fit`.
    decayed = [variable for variable in variables if optimizer._use_weight_decay(_behind(variable))]
    _PLAIN._apply_weight_decay(optimizer, decayed)


def _behind(variable: keras.Variable | tf.Variable) -> tf.Variable:
    """Return TensorFlow's variable, not the tensor that stands in for it."""
    return variable._value if isinstance(variable, keras.Variable) else variable
