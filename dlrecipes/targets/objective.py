"""What a model is trained for: loss and metrics of its targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dlrecipes.checks import check_choice, check_real
from dlrecipes.errors import ArgumentError
from dlrecipes.losses import MaskedLoss, MaskedMetric
from dlrecipes.results import Target
from dlrecipes.targets.kinds import kind_of

ORDINAL = ("likelihood", "coral")


def loss_and_metrics(
    targets: Sequence[Target],
    *,
    weights: Mapping[str, float] | None = None,
    ordinal: str = "likelihood",
) -> dict[str, Any]:
    """Return loss and metrics for the targets of some data, as `model.compile` takes them.

    A single target without a name has the loss and the metric of its kind: cross-entropy from
    logits and accuracy, or the squared error and its root, `rmse`.

    Of several, `L = sum_t w_t L_t / B_t`, where `B_t` is the loss of knowing only the base rates or
    the mean: the entropy of the classes, the variance of the values. Each task so starts at a loss
    of its `w_t`, whatever its unit and its number of classes, and a target in grams does not drown
    one in kilograms. Missing targets (NaN) are left out of losses and metrics.

    Args:
        targets: `spec.targets`, those that the model's head was made for.
        weights: `{name: w}` of several targets, at least 0; 1 for those it does not name.
        ordinal: The loss of ordered classes: `"likelihood"`, the cross-entropy of the class, or
            `"coral"`, see `OrdinalLoss`.

    Returns:
        `{"loss": …, "metrics": …}`; of several targets these and `"loss_weights"`, a dictionary
        by target each.

    Raises:
        ArgumentError: If there is no target, if a weight is out of range or names no target, or if
            `ordinal` is neither.

    Example:
        >>> y = {
        ...     "price": [2.5, 1.5, 3.5, 1.0, 2.0] * 4,
        ...     "sold": ["no", "yes", "no", "yes", "no"] * 4,
        ... }
        >>> targets = dlr.data.from_arrays(np.arange(20.0).reshape(-1, 1), y).raw_spec.targets
        >>> objective = dlr.targets.loss_and_metrics(targets, weights={"sold": 0.5})
        >>> {name: round(weight, 3) for name, weight in objective["loss_weights"].items()}
        {'price': 1.8, 'sold': 0.786}
    """
    check_choice("ordinal", ordinal, ORDINAL)
    if not targets:
        raise ArgumentError("There must be at least one target.", received="targets=()")
    factors = {name: check_real(f"weights[{name!r}]", w, 0) for name, w in (weights or {}).items()}
    unknown = set(factors) - {target.name for target in targets}
    if unknown:
        raise ArgumentError(
            "`weights` must name targets.",
            received=f"weights[{min(unknown)!r}]",
            fix=f"Targets here: {', '.join(target.name for target in targets)}.",
        )
    kinds = {target.name: kind_of(target) for target in targets}
    if "" in kinds:
        return {"loss": kinds[""].loss(ordinal), "metrics": [kinds[""].metric()]}
    return {
        "loss": {name: MaskedLoss(kind.loss(ordinal)) for name, kind in kinds.items()},
        "loss_weights": {
            name: factors.get(name, 1.0) / kind.start_loss(ordinal) for name, kind in kinds.items()
        },
        "metrics": {name: [MaskedMetric(kind.metric())] for name, kind in kinds.items()},
    }
