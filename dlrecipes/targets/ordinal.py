"""Targets that are classes in an order."""

from __future__ import annotations

import keras

from dlrecipes.layers import OrdinalHead
from dlrecipes.losses import OrdinalLoss
from dlrecipes.results import OrdinalTarget
from dlrecipes.targets.classes import LabelKind, entropy
from dlrecipes.targets.kind import Array
from dlrecipes.targets.output_layer import OutputLayer, output_dtype, output_layer


class OrdinalKind(LabelKind[OrdinalTarget]):
    """One of several classes, from the lowest to the highest."""

    task = "ordinal"
    made = OrdinalTarget

    def seen(self, y: Array) -> str:
        return f"{super().seen(y)}, in this order"

    @property
    def summary(self) -> str:
        joint = " < ".join(self.target.class_names)
        return f"ordinal ({joint}), {self.target.known:,} known"

    def start_bias(self) -> list[float]:
        """Return the shares themselves, from which the head finds its thresholds."""
        priors = self.smoothed_priors()
        return [prior / sum(priors) for prior in priors]

    def head(
        self,
        x: keras.KerasTensor,
        *,
        penalty: keras.regularizers.Regularizer | None,
        bias: list[float] | None,
        name: str,
        layer: OutputLayer = output_layer,
    ) -> keras.KerasTensor:
        if layer is not output_layer:  # which finds the score of an example
            x = layer(1, penalty=penalty, output_bias=None, name=f"{name}_score")(x)
        return OrdinalHead(
            self.target.num_classes,
            bias,
            kernel_regularizer=penalty,
            dtype=output_dtype(),
            name=name,
        )(x)

    def loss(self, ordinal: str) -> keras.losses.Loss:
        if ordinal == "coral":
            return OrdinalLoss()
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def start_loss(self, ordinal: str) -> float:
        priors = self.target.priors
        if ordinal == "coral":
            below = [sum(priors[:count]) for count in range(1, len(priors))]
            return sum(entropy((share, 1 - share)) for share in below)
        return entropy(priors)

    def metric(self) -> keras.metrics.Metric:
        return keras.metrics.SparseCategoricalAccuracy(name="accuracy")
