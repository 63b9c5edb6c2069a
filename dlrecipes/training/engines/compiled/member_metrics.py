"""A model's metrics, measured for many members at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from dlrecipes.losses import MaskedMetric
from dlrecipes.training.engines.compiled.stand_ins import plausible_predictions
from dlrecipes.training.engines.compiled.supported import Unsupported

Tensors = list[tf.Tensor]


class _Metric(NamedTuple):
    """A metric, and what it is measured on.

    Args:
        metric: As it was compiled.
        weighted: Whether by the examples' weights.
        target: Its place among the targets as Keras flattens them.
        output: Its place among `model.outputs`.
        beginning: Its state before the first example, as arrays: a traced function may not read
            the metric's own variables.
    """

    metric: keras.metrics.Metric
    weighted: bool
    target: int
    output: int
    beginning: list[np.ndarray]


class MemberMetrics:
    """A model's metrics, measured for many members at once.

    Metrics that are the mean of a function of label and prediction, which most are, are taken
    for all members in one go; others (AUC, F1, …) member by member.

    Args:
        model: A compiled model.
        y: Some targets `(batch, …)`, at least two, the first half of them unlike the second; of
            several outputs in a structure as Keras takes it.
        predictions: What the model predicts there, in the structure of its outputs.

    Raises:
        Unsupported: If a metric is one of batches, not of examples.
    """

    def __init__(self, model: keras.Model, y: object, predictions: object) -> None:
        self._compiled = model._compile_metrics
        self._metrics: list[_Metric] = []
        self.names: list[str] = []
        if self._compiled is None:
            return
        self._compiled.update_state(y, predictions)  # some make their variables only then
        self.names = list(self._compiled.result())
        self._compiled.reset_state()
        self._metrics = _flat(self._compiled, predictions)
        plausible = [
            keras.tree.flatten(shown) for shown in plausible_predictions(model, predictions)
        ]
        targets = self._compiled._flatten_y(y)
        for measured in self._metrics:
            if not type(measured.metric).__module__.startswith("keras.") or not _is_of_keras(
                measured.metric
            ):
                for shown in plausible:
                    _check_adds_up(
                        measured.metric, targets[measured.target], shown[measured.output]
                    )

    def start(self, members: int) -> list[Tensors]:
        """Return the state of every metric before the first example."""
        zeros = tf.zeros(members, keras.config.floatx())
        return [
            [zeros, zeros]
            if _mean(measured.metric)
            else [tf.constant(np.stack([value] * members)) for value in measured.beginning]
            for measured in self._metrics
        ]

    def update(
        self,
        states: Sequence[Tensors],
        y: object,
        predictions: Tensors,
        sample_weight: tf.Tensor | None,
    ) -> list[Tensors]:
        """Return the states after more examples.

        Args:
            states: From `start` or an earlier `update`.
            y: Targets `(examples, …)`, the same for all members, in the structure as before.
            predictions: `(members, examples, …)` for each of `model.outputs`.
            sample_weight: `(examples,)` or None.
        """
        if not self._metrics:
            return []
        targets = self._compiled._flatten_y(y)
        return [
            (_update_mean if _mean(measured.metric) else _update_each)(
                measured.metric,
                state,
                targets[measured.target],
                predictions[measured.output],
                sample_weight if measured.weighted else None,
            )
            for measured, state in zip(self._metrics, states, strict=True)
        ]

    def results(self, states: Sequence[Tensors]) -> Tensors:
        """Return each metric's values `(members,)`."""
        return [
            tf.math.divide_no_nan(*state)
            if _mean(measured.metric)
            else tf.map_fn(
                partial(_result, measured.metric), state, fn_output_signature=keras.config.floatx()
            )
            for measured, state in zip(self._metrics, states, strict=True)
        ]


def _flat(compiled: keras.metrics.Metric, predictions: object) -> list[_Metric]:
    """Return a model's metrics in the order in which Keras names them."""
    count = len(keras.tree.flatten(predictions))
    order = compiled._flatten_y(keras.tree.pack_sequence_as(predictions, range(count)))
    found = []
    for groups, weighted in (
        (compiled._flat_metrics, False),
        (compiled._flat_weighted_metrics, True),
    ):
        for target, group in enumerate(groups):
            for metric in () if group is None else group.metrics:
                beginning = [
                    keras.ops.convert_to_numpy(variable.value) for variable in metric.variables
                ]
                found.append(_Metric(metric, weighted, target, order[target], beginning))
    return found


def _result(metric: keras.metrics.Metric, state: Tensors) -> tf.Tensor:
    """Return a metric's value; `stateless_result` returns the variable where a metric does."""
    with keras.StatelessScope(zip(metric.variables, state, strict=True)):
        result = keras.ops.cast(metric.result(), keras.config.floatx())
        return keras.ops.reshape(result, ())  # an F1 score of one unit is an array of one value


def _is_of_keras(metric: keras.metrics.Metric) -> bool:
    function = getattr(metric, "_fn", None)
    return function is None or str(function.__module__).startswith("keras.")


def _check_adds_up(metric: keras.metrics.Metric, y: np.ndarray, predictions: np.ndarray) -> None:
    """Refuse a metric that depends on how the examples are divided into batches.

    Raises:
        Unsupported: In a program the batches are others than in `fit`.
    """
    half = len(y) // 2
    start = [variable.value for variable in metric.variables]
    whole = metric.stateless_update_state(start, y[: 2 * half], predictions[: 2 * half])
    parts = metric.stateless_update_state(start, y[:half], predictions[:half])
    parts = metric.stateless_update_state(parts, y[half : 2 * half], predictions[half : 2 * half])
    one, other = (np.asarray(_result(metric, state)) for state in (whole, parts))
    if not np.allclose(one, other, rtol=1e-4, atol=1e-6, equal_nan=True):
        raise Unsupported(f"the metric {metric.name} depends on the batches")


def _mean(metric: keras.metrics.Metric) -> keras.metrics.MeanMetricWrapper | None:
    """Return the metric itself, or the one that it masks, if it is the mean of a function."""
    if type(metric) is MaskedMetric:
        return _mean(metric.metric)
    wrapper = keras.metrics.MeanMetricWrapper
    is_mean = (
        isinstance(metric, wrapper)
        and type(metric).update_state is wrapper.update_state
        and type(metric).result is wrapper.result
        # Whose functions take each example for itself, also beside those of other members.
        and _is_of_keras(metric)
    )
    return metric if is_mean else None


def _update_mean(
    metric: keras.metrics.Metric,
    state: Tensors,
    y: tf.Tensor,
    predictions: tf.Tensor,
    sample_weight: tf.Tensor | None,
) -> Tensors:
    """Measure all members as if they were one long batch."""
    if isinstance(metric, MaskedMetric):
        y, sample_weight = metric.known(y, sample_weight)
        return _update_mean(metric.metric, state, y, predictions, sample_weight)
    members, examples = tf.shape(predictions)[0], tf.shape(predictions)[1]
    labels = tf.tile(y, [members, *[1] * (y.shape.rank - 1)])
    rows = tf.reshape(predictions, [members * examples, *predictions.shape[2:]])
    values = tf.cast(metric._fn(labels, rows, **metric._fn_kwargs), keras.config.floatx())
    values = tf.reshape(values, [members, examples, -1])
    values = tf.reduce_mean(values, axis=-1)
    total, count = state
    if sample_weight is None:
        return [total + tf.reduce_sum(values, axis=1), count + tf.cast(examples, count.dtype)]
    weight = tf.cast(sample_weight, values.dtype)
    return [total + tf.linalg.matvec(values, weight), count + tf.reduce_sum(weight)]


def _update_each(
    metric: keras.metrics.Metric,
    state: Tensors,
    y: tf.Tensor,
    predictions: tf.Tensor,
    sample_weight: tf.Tensor | None,
) -> Tensors:
    def one(given: tuple[Tensors, tf.Tensor]) -> Tensors:
        variables, rows = given
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        return list(metric.stateless_update_state(variables, y, rows, **weights))

    return list(
        tf.map_fn(
            one,
            (state, predictions),
            fn_output_signature=[tf.TensorSpec(part.shape[1:], part.dtype) for part in state],
        )
    )
