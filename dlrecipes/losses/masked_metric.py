"""A metric that leaves missing labels out."""

from __future__ import annotations

from typing import Any

import keras

from dlrecipes.checks import check_real
from dlrecipes.errors import ArgumentError
from dlrecipes.losses.masked_loss import known_targets


@keras.saving.register_keras_serializable(package="dlrecipes")
class MaskedMetric(keras.metrics.Metric):
    """Another metric, over the examples whose target is known: beside `MaskedLoss`.

    Args:
        metric: A Keras metric of one target an example that takes weights.
        missing: The value that stands for a missing target, besides NaN; None for none.
        name: The metric's name; None for the inner metric's.

    Raises:
        ArgumentError: If `metric` is no Keras metric.

    Example:
        >>> metric = dlr.losses.MaskedMetric(keras.metrics.MeanAbsoluteError())
        >>> metric.update_state(np.array([1.0, np.nan]), np.array([[3.0], [100.0]]))
        >>> float(metric.result())
        2.0
    """

    def __init__(
        self,
        metric: keras.metrics.Metric | dict[str, Any],
        missing: float | None = None,
        name: str | None = None,
    ) -> None:
        inner = keras.metrics.deserialize(metric) if isinstance(metric, dict) else metric
        if not isinstance(inner, keras.metrics.Metric):
            raise ArgumentError(
                "`metric` must be a `keras.metrics.Metric`.",
                received=f"metric={metric!r}",
                fix="For example `keras.metrics.MeanAbsoluteError()`.",
            )
        super().__init__(name=name or inner.name)
        self.metric = inner
        self.missing = None if missing is None else check_real("missing", missing)

    def update_state(
        self,
        y_true: keras.KerasTensor,
        y_pred: keras.KerasTensor,
        sample_weight: keras.KerasTensor | None = None,
    ) -> None:
        filled, weight = self.known(y_true, sample_weight)
        self.metric.update_state(filled, y_pred, sample_weight=weight)

    def known(
        self, y_true: keras.KerasTensor, sample_weight: keras.KerasTensor | None = None
    ) -> tuple[keras.KerasTensor, keras.KerasTensor]:
        """Return what the inner metric is updated with.

        Args:
            y_true: Targets, `(batch,)` or `(batch, 1)`.
            sample_weight: Weights of the examples, `(batch,)`; None for equal ones.

        Returns:
            The targets `(batch, 1)` with zeros where they are missing, and weights `(batch,)`
            that are zero there.
        """
        filled, known = known_targets(y_true, self.missing)
        weight = keras.ops.cast(known, self.dtype)
        if sample_weight is not None:
            weight *= keras.ops.reshape(keras.ops.cast(sample_weight, self.dtype), (-1,))
        return filled, weight

    def result(self) -> keras.KerasTensor:
        return self.metric.result()

    def reset_state(self) -> None:
        self.metric.reset_state()

    def get_config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "metric": keras.metrics.serialize(self.metric),
            "missing": self.missing,
        }
