"""A model's metrics, measured for many members at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import keras
import numpy as np
import tensorflow as tf

from dlrecipes.training.engines.compiled.plausible_predictions import plausible_predictions
from dlrecipes.training.engines.compiled.unsupported import Unsupported

Tensors = list[tf.Tensor]


class MemberMetrics:
    """A model's metrics, measured for many members at once.

    Metrics that are the mean of a function of label and prediction, which most are, are taken
    for all members in one go; others (AUC, F1, …) member by member.

    Args:
        model: A compiled model.
        y: Some targets `(batch, …)`, at least two, the first half of them unlike the second.
        predictions: Some predictions `(batch, …)`.

    Raises:
        Unsupported: If a metric is one of batches, not of examples.
    """

    def __init__(self, model: keras.Model, y: np.ndarray, predictions: np.ndarray) -> None:
        compiled = model._compile_metrics
        if compiled is not None and not compiled.built:
            compiled.build(y, predictions)
        self._metrics: list[tuple[keras.metrics.Metric, bool]] = []
        for flat, weighted in (("_flat_metrics", False), ("_flat_weighted_metrics", True)):
            for group in getattr(compiled, flat, []):
                self._metrics += [(one, weighted) for one in getattr(group, "metrics", [])]
        self.names = _names(self._metrics)
        plausible = plausible_predictions(model, predictions)
        for metric, _ in self._metrics:
            metric.update_state(y, predictions)  # some make their variables only then
            metric.reset_state()
            if not type(metric).__module__.startswith("keras.") or not _is_of_keras(metric):
                for shown in plausible:
                    _check_adds_up(metric, y, shown)
        # As arrays: a traced function may not read the metrics' own variables.
        self._beginnings = [
            [keras.ops.convert_to_numpy(one.value) for one in metric.variables]
            for metric, _ in self._metrics
        ]

    def start(self, members: int) -> list[Tensors]:
        """Return the state of every metric before the first example."""
        zeros = tf.zeros(members, keras.config.floatx())
        return [
            [zeros, zeros]
            if _is_mean(metric)
            else [tf.constant(np.stack([one] * members)) for one in beginning]
            for (metric, _), beginning in zip(self._metrics, self._beginnings, strict=True)
        ]

    def update(
        self,
        states: Sequence[Tensors],
        y: tf.Tensor,
        predictions: tf.Tensor,
        sample_weight: tf.Tensor | None,
    ) -> list[Tensors]:
        """Return the states after more examples.

        Args:
            states: From `start` or an earlier `update`.
            y: Targets `(examples, …)`, the same for all members.
            predictions: `(members, examples, …)`.
            sample_weight: `(examples,)` or None.
        """
        return [
            (_update_mean if _is_mean(metric) else _update_each)(
                metric, state, y, predictions, sample_weight if weighted else None
            )
            for (metric, weighted), state in zip(self._metrics, states, strict=True)
        ]

    def results(self, states: Sequence[Tensors]) -> Tensors:
        """Return each metric's values `(members,)`."""
        return [
            tf.math.divide_no_nan(*state)
            if _is_mean(metric)
            else tf.map_fn(
                partial(_result, metric), state, fn_output_signature=keras.config.floatx()
            )
            for (metric, _), state in zip(self._metrics, states, strict=True)
        ]


def _names(metrics: Sequence[tuple[keras.metrics.Metric, bool]]) -> list[str]:
    """Return the names that `fit` logs: of two metrics of one name the second is renamed."""
    taken: dict[str, int] = {}
    for metric, weighted in metrics:
        name = metric.name
        if name in taken and weighted:
            name = f"weighted_{name}"
        if name in taken:
            taken[name] += 1
            name = f"{name}_{taken[name] - 1}"
        taken[name] = taken.get(name, 1)
    return list(taken)


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
    start = [one.value for one in metric.variables]
    whole = metric.stateless_update_state(start, y[: 2 * half], predictions[: 2 * half])
    parts = metric.stateless_update_state(start, y[:half], predictions[:half])
    parts = metric.stateless_update_state(parts, y[half : 2 * half], predictions[half : 2 * half])
    one, other = (np.asarray(_result(metric, state)) for state in (whole, parts))
    if not np.allclose(one, other, rtol=1e-4, atol=1e-6, equal_nan=True):
        raise Unsupported(f"the metric {metric.name} depends on the batches")


def _is_mean(metric: keras.metrics.Metric) -> bool:
    wrapper = keras.metrics.MeanMetricWrapper
    return (
        isinstance(metric, wrapper)
        and type(metric).update_state is wrapper.update_state
        and type(metric).result is wrapper.result
        # Whose functions take each example for itself, also beside those of other members.
        and _is_of_keras(metric)
    )


def _update_mean(
    metric: keras.metrics.MeanMetricWrapper,
    state: Tensors,
    y: tf.Tensor,
    predictions: tf.Tensor,
    sample_weight: tf.Tensor | None,
) -> Tensors:
    """Measure all members as if they were one long batch."""
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
