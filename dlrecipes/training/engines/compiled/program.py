"""One structure's training and evaluation, compiled once for a fixed number of members."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import nullcontext
from operator import itemgetter
from threading import Event
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from dlrecipes.training.engines.compiled.device_data import DeviceData, steps_of_a_piece
from dlrecipes.training.engines.compiled.map_members import Layout, map_members
from dlrecipes.training.engines.compiled.member import Member, State
from dlrecipes.training.engines.compiled.member_metrics import MemberMetrics
from dlrecipes.training.engines.compiled.sizes import open_sizes
from dlrecipes.training.engines.compiled.supported import Unsupported
from dlrecipes.training.engines.compiled.tracing import (
    PinnedFunction,
    check_pure,
    gradients_let_go,
    quiet_tracing,
)
from dlrecipes.training.engines.compiled.workload import count_cores, count_workers, on_gpu
from dlrecipes.training.outcome import headline
from dlrecipes.training.stopwatch import timed

# Examples that are evaluated at once, where the losses do not depend on it.
_MANY_ROWS = 1024
# But for rounding.
_SAME_LOSS, _SAME_LOSS_IN_HALF_PRECISION = 1e-4, 1e-2

Tensors = list[tf.Tensor]
Logs = dict[str, np.ndarray]


class Program:
    """Trains and evaluates `width` members of one structure, in one call for each epoch.

    Args:
        member: The structure.
        metrics: Its metrics.
        train: Training data on the device.
        validation: Validation data on the device.
        batch_size: Examples a batch.
        layout: How many members it trains, and how.
        shapes: Those of the states that it trains, None for a size that is open; None if they are
            all as its member's. Only of one member, in threads of its own.
    """

    def __init__(
        self,
        member: Member,
        metrics: MemberMetrics,
        train: DeviceData,
        validation: DeviceData,
        batch_size: int,
        layout: Layout,
        shapes: State | None = None,
    ) -> None:
        self.member = member
        self.shapes = shapes
        self.layout = layout
        self.width = layout.width
        self.traces = 0
        self.narrower: dict[int, Program] = {}
        self._metrics = metrics
        self._train, self._validation = train, validation
        # `fit` evaluates in batches of the size that was asked for.
        self._asked = batch_size
        self._evaluated = batch_size if member.losses_by_batch else _MANY_ROWS
        self.batch_size = min(batch_size, len(train))
        self.steps = -(-len(train) // self.batch_size)
        recorded = self.width if metrics.names else 0
        piece = steps_of_a_piece(train, self.batch_size, member.model, recorded)
        self._piece = min(self.steps, piece)
        # Inside of another a function costs a trace of its own, which only XLA needs.
        self._steps_function: Callable[..., Any] = (
            tf.function(self._train_steps, jit_compile=True, autograph=False)
            if layout.xla
            else self._train_steps
        )
        self._piece_function: Any = tf.function(self._train_piece, autograph=False)
        self._test_function: Any = tf.function(self._test, autograph=False)
        self._results_function = tf.function(metrics.results, autograph=False)

    def with_layout(self, layout: Layout) -> Program:
        """Return a program of the same structure and data, not traced yet."""
        return Program(
            self.member, self._metrics, self._train, self._validation, self._asked, layout
        )

    @timed("trace")
    def prepare(
        self,
        state: State,
        numbers: Sequence[np.ndarray],
        meanwhile: Callable[[], None] = lambda: None,
    ) -> None:
        """Trace and compile everything, which only the thread that builds models may do.

        Args:
            state: Stacked states, `(width, …)` each.
            numbers: For each leaf its values `(width,)`.
            meanwhile: Called while XLA compiles.

        Raises:
            Unsupported: If an operation has no batched form, or cannot be compiled.
        """
        one, given = self._of_members(state, numbers)
        rows = tf.zeros(self._piece * self.batch_size, "int32")
        total, metrics = self._no_losses(), self._metrics.start(self.width)
        try:
            opened = nullcontext() if self.shapes is None else open_sizes(self.member.model)
            with quiet_tracing(), gradients_let_go(), opened, ThreadPoolExecutor(1) as pool:
                self._results_function.get_concrete_function(metrics)
                if self.shapes is not None:
                    one = _open(one, self.shapes)
                training = (one, given, self._seeds(0), rows, tf.constant(1), total, metrics)
                threads = self.layout.threads
                if threads is not None:
                    self._piece_function = PinnedFunction(self._train_piece, training, threads)
                    self._test_function = PinnedFunction(self._test, training[:3], threads)
                    meanwhile()
                    return
                pinned = None if on_gpu() else (count_cores(), count_workers())
                if pinned:
                    self._piece_function = PinnedFunction(self._train_piece, training, *pinned)
                else:
                    self._piece_function.get_concrete_function(*training)
                # XLA compiles at the first call, while this thread goes on tracing.
                compiled = pool.submit(self.train, state, numbers, 0, 1)
                if pinned:
                    self._test_function = PinnedFunction(self._test, training[:3], *pinned)
                self.evaluate(state, numbers)
                meanwhile()
                with timed("compile"):
                    compiled.result()
        except Unsupported:
            raise
        except Exception as error:  # the layers are the user's code; `fit` says what is wrong
            raise Unsupported(f"{type(error).__name__}: {headline(error)}") from error

    def epoch(
        self, state: State, numbers: Sequence[np.ndarray], seed: int, stop: Event | None = None
    ) -> tuple[State, Logs]:
        """Train all members for one epoch and evaluate them.

        Args:
            state: Stacked states, `(width, …)` each.
            numbers: For each leaf its values `(width,)`.
            seed: Of the order of the examples and of the masks, the same for all members.
            stop: Set by another thread to end the epoch early.

        Returns:
            The states after the epoch and `{metric: values (width,)}` as `fit` logs them.

        Raises:
            CancelledError: If `stop` was set.
        """
        state, training = self.train(state, numbers, seed, stop=stop)
        with timed("evaluate"):
            return state, training | self.evaluate(state, numbers, seed)

    def train(
        self,
        state: State,
        numbers: Sequence[np.ndarray],
        seed: int,
        steps: int | None = None,
        stop: Event | None = None,
    ) -> tuple[State, Logs]:
        """Train all members for one epoch, or for `steps` batches of it; see `epoch`."""
        steps = self.steps if steps is None else steps
        order = self._order(seed)
        seeds = self._seeds(seed)
        total, metrics = self._no_losses(), self._metrics.start(self.width)
        state, given = self._of_members(state, numbers)
        size = self._piece * self.batch_size
        for start in range(0, steps, self._piece):
            if stop is not None and stop.is_set():
                raise CancelledError
            rows = order[start * self.batch_size :][:size]
            now = min(self._piece, steps - start)
            state, seeds, total, metrics = self._piece_function(
                state, given, seeds, tf.constant(rows), tf.constant(now), total, metrics
            )
        if not self.layout.stacked:
            state = State(*([array[np.newaxis] for array in group] for group in state))
        return state, self._logs(total / steps, self._results_function(metrics))

    def evaluate(self, state: State, numbers: Sequence[np.ndarray], seed: int = 0) -> Logs:
        """Return the logs of the validation data."""
        state, given = self._of_members(state, numbers)
        logs = self._logs(*self._test_function(state, given, self._seeds(seed)))
        return {f"val_{name}": values for name, values in logs.items()}

    def agrees(self, member: Member, initial: State, numbers: Sequence[float]) -> bool:
        """Whether the program computes what another member of its family does.

        Args:
            member: The other one.
            initial: Where it begins.
            numbers: Its numbers.

        Returns:
            Whether the loss of the validation data, before training, is the one that Keras computes
            with the other member's model.
        """
        trainable, other = ([tf.constant(array) for array in group] for group in initial[:2])
        state = State(trainable, other, optimizer=[])
        given = [tf.constant(number, keras.config.floatx()) for number in numbers]
        total, wanted = len(self._validation), 0.0
        for start in range(0, total, self._evaluated):
            rows = slice(start, start + self._evaluated)
            x, y, weight = self._validation.map(itemgetter(rows))
            losses, _ = member.test_step(state, given, self._seeds(0), x, y, weight)
            wanted += float(losses[0]) * len(range(*rows.indices(total))) / total
        stacked = State(*([array[np.newaxis] for array in group] for group in initial))
        logs = self.evaluate(stacked, [np.array([number]) for number in numbers])
        found = float(logs["val_loss"][0])
        whole = member.model.dtype_policy.compute_dtype in ("float32", "float64")
        rounding = _SAME_LOSS if whole else _SAME_LOSS_IN_HALF_PRECISION
        return bool(np.isclose(found, wanted, rtol=rounding, equal_nan=True))

    def _of_members(
        self, state: State, numbers: Sequence[np.ndarray]
    ) -> tuple[State, list[tf.Tensor]]:
        """Return states and numbers as the traced functions take them.

        A member that is alone has no axis of members: to take it off inside would be a third of
        all operations.
        """
        given = [np.asarray(values, keras.config.floatx()) for values in numbers]
        if not self.layout.stacked:
            state = State(*([array[0] for array in group] for group in state))
            given = [values[0] for values in given]
        return state, [tf.constant(values) for values in given]

    def _logs(self, losses: tf.Tensor, metrics: Tensors) -> Logs:
        """Return `{name: values (width,)}`, in the order of Keras' logs.

        Args:
            losses: `(width, losses)`.
            metrics: `(width,)` each.
        """
        total, *each = np.moveaxis(np.asarray(losses), 1, 0)
        first, *others = self.member.loss_names
        names = (first, *self._metrics.names, *others)
        values = (total, *map(np.asarray, metrics), *each)
        return dict(zip(names, values, strict=True))

    def _no_losses(self) -> tf.Tensor:
        return tf.zeros([self.width, len(self.member.loss_names)], keras.config.floatx())

    def _seeds(self, seed: int) -> Tensors:
        """Return a state for every random layer, the same for all members."""
        generator = np.random.default_rng([seed, 1])
        return [
            tf.constant([int(generator.integers(2**31 - 1)), 0], seed.dtype)
            for seed in self.member.seeds
        ]

    def _order(self, seed: int) -> np.ndarray:
        """Return the rows of every batch of an epoch, the last piece filled up with zeros.

        The last batch is as large as the others: what it lacks is taken from the beginning of
        the epoch.
        """
        rows = np.random.default_rng([seed, 0]).permutation(len(self._train)).astype("int32")
        lacking = self.steps * self.batch_size - len(rows)
        unused = -self.steps % self._piece * self.batch_size
        return np.concatenate([rows, rows[:lacking], np.zeros(unused, "int32")])

    def _batches(self, rows: tf.Tensor) -> tf.Tensor:
        return tf.reshape(rows, [self._piece, self.batch_size, *rows.shape[1:]])

    def _train_piece(
        self,
        state: State,
        numbers: Tensors,
        seeds: Tensors,
        rows: tf.Tensor,
        steps: tf.Tensor,
        total: tf.Tensor,
        metrics: list[Tensors],
    ) -> tuple[State, Tensors, tf.Tensor, list[Tensors]]:
        batches = self._train.map(lambda tensor: self._batches(tf.gather(tensor, rows)))
        state, seeds, losses, predictions = self._steps_function(
            state, numbers, seeds, *batches, steps
        )
        if self._metrics.names:
            size = steps * self.batch_size
            _, y, weight = self._train.map(lambda tensor: tf.gather(tensor, rows[:size]))
            shown = [_by_member(predicted[:steps], self.width, size) for predicted in predictions]
            metrics = self._metrics.update(metrics, y, shown, weight)
        return state, seeds, total + losses, metrics

    def _train_steps(
        self,
        state: State,
        numbers: Tensors,
        seeds: Tensors,
        x: Any,  # noqa: ANN401  (a tensor or a structure)
        y: Any,  # noqa: ANN401  (likewise)
        sample_weight: tf.Tensor | None,
        steps: tf.Tensor,
    ) -> tuple[State, Tensors, tf.Tensor, Tensors]:
        """Train `steps` batches out of `(piece, batch, …)`; the rest is not looked at."""
        self.traces += 1
        batches = DeviceData(x, y, sample_weight)
        outputs = self.member.model.outputs if self._metrics.names else []
        floatx = keras.config.floatx()
        piece = keras.tree.flatten(x)[0].shape[0]

        def body(step: tf.Tensor, *carried: Any) -> tuple[Any, ...]:  # noqa: ANN401
            state, seeds, total, shown = carried
            batch = batches.map(lambda tensor: tensor[step])
            state, seeds, (losses, predictions) = map_members(
                lambda state, given: self.member.train_step(state, given, seeds, *batch),
                self.member,
                self.layout,
                state,
                numbers,
            )
            shown = [
                kept.write(step, tf.cast(predicted, floatx))
                for kept, predicted in zip(shown, predictions if outputs else [], strict=True)
            ]
            return step + 1, state, seeds, total + losses, shown

        shown = [
            tf.TensorArray(
                floatx, piece, element_shape=(self.width, self.batch_size, *output.shape[1:])
            )
            for output in outputs
        ]
        _, state, seeds, total, shown = tf.while_loop(
            lambda step, *_: step < steps,
            body,
            (tf.constant(0), state, seeds, self._no_losses(), shown),
            maximum_iterations=piece,
        )
        check_pure()
        return state, seeds, total, [kept.stack() for kept in shown]

    def _test(self, state: State, numbers: Tensors, seeds: Tensors) -> tuple[tf.Tensor, Tensors]:
        """Return the losses `(width, losses)` of the validation data, and the metrics."""
        total = len(self._validation)
        batches = -(-total // self._evaluated)
        each = len(self.member.loss_names) - 1

        def body(start: tf.Tensor, *carried: Any) -> tuple[Any, ...]:  # noqa: ANN401
            summed, metrics = carried
            stop = tf.minimum(start + self._evaluated, total)
            x, y, weight = self._validation.map(lambda tensor: tensor[start:stop])
            _, _, (losses, predictions) = map_members(
                lambda state, given: (
                    (),
                    (),
                    self.member.test_step(state, given, seeds, x, y, weight),
                ),
                self.member,
                self.layout,
                state,
                numbers,
            )
            predictions = [tf.cast(predicted, keras.config.floatx()) for predicted in predictions]
            metrics = self._metrics.update(metrics, y, predictions, weight)
            # The total is a mean over examples, each output's loss for Keras one over batches.
            share = tf.cast(stop - start, summed.dtype) / total
            shares = tf.stack([share, *[tf.constant(1 / batches, summed.dtype)] * each])
            return stop, summed + shares * losses, metrics

        carried = (tf.constant(0), self._no_losses(), self._metrics.start(self.width))
        if batches == 1:
            _, losses, metrics = body(*carried)
        else:
            _, losses, metrics = tf.while_loop(lambda start, *_: start < total, body, carried)
        check_pure()
        return losses, self._metrics.results(metrics)


def _open(state: State, shapes: State) -> State:
    """Return what stands for states of these shapes in a trace."""
    return State(
        *(
            [
                tf.TensorSpec(shape, tf.as_dtype(array.dtype))
                for array, shape in zip(*both, strict=True)
            ]
            for both in zip(state, shapes, strict=True)
        )
    )


def _by_member(predictions: tf.Tensor, members: int, examples: tf.Tensor) -> tf.Tensor:
    """Turn `(steps, members, batch, …)` into `(members, examples, …)`."""
    order = [1, 0, *range(2, predictions.shape.rank)]
    shape = [members, examples, *predictions.shape[3:]]
    return tf.reshape(tf.transpose(predictions, order), shape)
