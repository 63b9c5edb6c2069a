"""What a model of several targets is trained for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from dlrecipes.checks import check_choice, check_real
from dlrecipes.errors import ArgumentError
from dlrecipes.losses import MaskedLoss, MaskedMetric, OrdinalLoss
from dlrecipes.results.target_spec import TargetSpec

ORDINAL = ("likelihood", "coral")


def multitask_objective(
    targets: Sequence[TargetSpec],
    *,
    weights: Mapping[str, float] | None = None,
    ordinal: str = "likelihood",
) -> dict[str, Any]:
    """Return losses, weights and metrics of all targets, as `model.compile` takes them.

    `L = sum_t w_t L_t / B_t`, where `B_t` is the loss of knowing only the base rates or the mean:
    the entropy of the classes, the variance of the values. Each task so starts at a loss of its
    `w_t`, whatever its unit and its number of classes, and a target in grams does not drown one in
    kilograms. Missing targets (NaN) are left out of losses and metrics.

    Args:
        targets: The targets, as `build_multitask` was given them.
        weights: `{name: w}`, at least 0; 1 for those it does not name.
        ordinal: The loss of ordered classes: `"likelihood"`, the cross-entropy of the class, or
            `"coral"`, see `OrdinalLoss`.

    Returns:
        `{"loss": …, "loss_weights": …, "metrics": …}`, a dictionary by target each. Metrics are
        accuracy, for ordered classes too, and the root of the mean squared error.

    Raises:
        ArgumentError: If a weight is out of range or names no target, or if `ordinal` is neither.

    Example:
        >>> y = {
        ...     "price": [2.5, 1.5, 3.5, 1.0, 2.0] * 4,
        ...     "sold": ["no", "yes", "no", "yes", "no"] * 4,
        ... }
        >>> targets = dlr.data.from_arrays(np.arange(20.0).reshape(-1, 1), y).spec.targets
        >>> objective = dlr.models.multitask_objective(targets, weights={"sold": 0.5})
        >>> {name: round(weight, 3) for name, weight in objective["loss_weights"].items()}
        {'price': 1.8, 'sold': 0.786}
    """
    check_choice("ordinal", ordinal, ORDINAL)
    factors = {name: check_real(f"weights[{name!r}]", w, 0) for name, w in (weights or {}).items()}
    unknown = set(factors) - {target.name for target in targets}
    if unknown:
        raise ArgumentError(
            "`weights` must name targets.",
            received=f"weights[{min(unknown)!r}]",
            fix=f"Targets here: {', '.join(target.name for target in targets)}.",
        )
    return {
        "loss": {target.name: MaskedLoss(_loss(target, ordinal)) for target in targets},
        "loss_weights": {
            target.name: factors.get(target.name, 1.0) / _base_loss(target, ordinal)
            for target in targets
        },
        "metrics": {target.name: [MaskedMetric(_metric(target))] for target in targets},
    }


def _loss(target: TargetSpec, ordinal: str) -> keras.losses.Loss:
    if target.task == "regression":
        return keras.losses.MeanSquaredError()
    if target.task == "binary":
        return keras.losses.BinaryCrossentropy(from_logits=True)
    if target.task == "ordinal" and ordinal == "coral":
        return OrdinalLoss()
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def _metric(target: TargetSpec) -> keras.metrics.Metric:
    if target.task == "regression":
        return keras.metrics.RootMeanSquaredError(name="rmse")
    if target.task == "binary":
        return keras.metrics.BinaryAccuracy(threshold=0.0, name="accuracy")
    return keras.metrics.SparseCategoricalAccuracy(name="accuracy")


def _base_loss(target: TargetSpec, ordinal: str) -> float:
    if target.task == "regression":
        return target.std**2
    if target.task == "ordinal" and ordinal == "coral":
        below = [sum(target.priors[:count]) for count in range(1, target.classes)]
        return sum(_entropy((share, 1 - share)) for share in below)
    return _entropy(target.priors)


def _entropy(shares: Sequence[float]) -> float:
    return -sum(share * math.log(share) for share in shares if share > 0)
