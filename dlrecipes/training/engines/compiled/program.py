"""One structure's training and evaluation, compiled once for a fixed number of members."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from threading import Event
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from dlrecipes.training.engines.compiled.device_data import DeviceData
from dlrecipes.training.engines.compiled.layout import Layout
from dlrecipes.training.engines.compiled.map_members import map_members
from dlrecipes.training.engines.compiled.member import Member, State
from dlrecipes.training.engines.compiled.member_metrics import MemberMetrics
from dlrecipes.training.engines.compiled.piece import steps_of_a_piece
from dlrecipes.training.engines.compiled.pinned_function import PinnedFunction
from dlrecipes.training.engines.compiled.tracing import check_pure, quiet_tracing
from dlrecipes.training.engines.compiled.unsupported import Unsupported
from dlrecipes.training.headline import headline

_VALIDATION_ROWS = 1024

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
    """

    def __init__(
        self,
        member: Member,
        metrics: MemberMetrics,
        train: DeviceData,
        validation: DeviceData,
        batch_size: int,
        layout: Layout,
    ) -> None:
        self.member = member
        self.layout = layout
        self.width = layout.width
        self.traces = 0
        self.narrower: dict[int, Program] = {}
        self._metrics = metrics
        self._train, self._validation = train, validation
        self.batch_size = min(batch_size, len(train))
        self.steps = -(-len(train) // self.batch_size)
        recorded = self.width if metrics.names else 0
        piece = steps_of_a_piece(train, self.batch_size, member.model, recorded)
        self._piece = min(self.steps, piece)
        self._steps_function = tf.function(
            self._train_steps, jit_compile=layout.xla, autograph=False
        )
        self._piece_function: Any = tf.function(self._train_piece, autograph=False)
        self._test_function: Any = tf.function(self._test, autograph=False)
        self._results_function = tf.function(metrics.results, autograph=False)

    def with_layout(self, layout: Layout) -> Program:
        """Return a program of the same structure and data, not traced yet."""
        return Program(
            self.member, self._metrics, self._train, self._validation, self.batch_size, layout
        )

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
        given = [tf.constant(values, keras.config.floatx()) for values in numbers]
        rows = tf.zeros(self._piece * self.batch_size, "int32")
        total, metrics = (
            tf.zeros(self.width, keras.config.floatx()),
            self._metrics.start(self.width),
        )
        try:
            with quiet_tracing(), ThreadPoolExecutor(1) as pool:
                self._results_function.get_concrete_function(metrics)
                piece = self._piece_function.get_concrete_function(
                    state, given, self._seeds(0), rows, tf.constant(1), total, metrics
                )
                if self.layout.threads is not None:
                    test = self._test_function.get_concrete_function(state, given, self._seeds(0))
                    self._piece_function = PinnedFunction(piece, self.layout.threads)
                    self._test_function = PinnedFunction(test, self.layout.threads)
                # XLA compiles at the first call, while this thread goes on tracing.
                compiled = pool.submit(self.train, state, numbers, 0, 1)
                self.evaluate(state, numbers)
                meanwhile()
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
        total = tf.zeros(self.width, keras.config.floatx())
        metrics = self._metrics.start(self.width)
        given = [tf.constant(values, keras.config.floatx()) for values in numbers]
        size = self._piece * self.batch_size
        for start in range(0, steps, self._piece):
            if stop is not None and stop.is_set():
                raise CancelledError
            rows = order[start * self.batch_size :][:size]
            now = min(self._piece, steps - start)
            state, seeds, total, metrics = self._piece_function(
                state, given, seeds, tf.constant(rows), tf.constant(now), total, metrics
            )
        values = [total / steps, *self._results_function(metrics)]
        names = ["loss", *self._metrics.names]
        return state, {name: np.asarray(one) for name, one in zip(names, values, strict=True)}

    def evaluate(self, state: State, numbers: Sequence[np.ndarray], seed: int = 0) -> Logs:
        """Return the logs of the validation data."""
        given = [tf.constant(values, keras.config.floatx()) for values in numbers]
        values = self._test_function(state, given, self._seeds(seed))
        names = [f"val_{name}" for name in ("loss", *self._metrics.names)]
        return {name: np.asarray(one) for name, one in zip(names, values, strict=True)}

    def _seeds(self, seed: int) -> Tensors:
        """Return a state for every random layer, the same for all members."""
        generator = np.random.default_rng([seed, 1])
        return [
            tf.constant([int(generator.integers(2**31 - 1)), 0], one.dtype)
            for one in self.member.seeds
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
        data = self._train
        batches = [
            None if one is None else self._batches(tf.gather(one, rows))
            for one in (data.x, data.y, data.sample_weight)
        ]
        state, seeds, loss, predictions = self._steps_function(
            state, numbers, seeds, *batches, steps
        )
        if self._metrics.names:
            seen = rows[: steps * self.batch_size]
            # (steps, width, batch, …) -> (width, examples, …)
            shown = predictions[:steps]
            order = [1, 0, *range(2, shown.shape.rank)]
            shown = tf.reshape(
                tf.transpose(shown, order),
                [self.width, steps * self.batch_size, *shown.shape[3:]],
            )
            weight = None if data.sample_weight is None else tf.gather(data.sample_weight, seen)
            metrics = self._metrics.update(metrics, tf.gather(data.y, seen), shown, weight)
        return state, seeds, total + loss, metrics

    def _train_steps(
        self,
        state: State,
        numbers: Tensors,
        seeds: Tensors,
        x: tf.Tensor,
        y: tf.Tensor,
        sample_weight: tf.Tensor | None,
        steps: tf.Tensor,
    ) -> tuple[State, Tensors, tf.Tensor, tf.Tensor]:
        """Train `steps` batches out of `(piece, batch, …)`; the rest is not looked at."""
        self.traces += 1
        record = bool(self._metrics.names)

        def body(step: tf.Tensor, *carried: Any) -> tuple[Any, ...]:  # noqa: ANN401
            state, seeds, total, shown = carried
            batch = [None if one is None else one[step] for one in (x, y, sample_weight)]
            state, seeds, loss, predictions = map_members(
                lambda one, given: self.member.train_step(one, given, seeds, *batch),
                self.member,
                self.layout,
                state,
                numbers,
            )
            seeds = [one[0] for one in seeds]
            if record:
                shown = shown.write(step, tf.cast(predictions, keras.config.floatx()))
            return step + 1, state, seeds, total + tf.cast(loss, total.dtype), shown

        zero = tf.zeros(self.width, keras.config.floatx())
        shape = (self.width, self.batch_size, *self.member.model.output_shape[1:])
        shown = tf.TensorArray(zero.dtype, x.shape[0] if record else 0, element_shape=shape)
        _, state, seeds, total, shown = tf.while_loop(
            lambda step, *_: step < steps,
            body,
            (tf.constant(0), state, seeds, zero, shown),
            maximum_iterations=x.shape[0],
        )
        check_pure()
        return state, seeds, total, shown.stack() if record else total

    def _test(self, state: State, numbers: Tensors, seeds: Tensors) -> Tensors:
        data = self._validation
        total = len(data)

        def body(start: tf.Tensor, *carried: Any) -> tuple[Any, ...]:  # noqa: ANN401
            summed, metrics = carried
            stop = tf.minimum(start + _VALIDATION_ROWS, total)
            x, y = data.x[start:stop], data.y[start:stop]
            weight = None if data.sample_weight is None else data.sample_weight[start:stop]
            loss, predictions = map_members(
                lambda one, given: self.member.test_step(one, given, seeds, x, y, weight),
                self.member,
                self.layout,
                state,
                numbers,
            )
            predictions = tf.cast(predictions, keras.config.floatx())
            metrics = self._metrics.update(metrics, y, predictions, weight)
            share = tf.cast(stop - start, summed.dtype) / total
            return stop, summed + share * tf.cast(loss, summed.dtype), metrics

        zero = tf.zeros(self.width, keras.config.floatx())
        carried = (tf.constant(0), zero, self._metrics.start(self.width))
        if total <= _VALIDATION_ROWS:
            _, loss, metrics = body(*carried)
        else:
            _, loss, metrics = tf.while_loop(lambda start, *_: start < total, body, carried)
        check_pure()
        return [loss, *self._metrics.results(metrics)]
