"""Classes that count by more or less than the number of their examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dlrecipes.checks import check_real
from dlrecipes.data.part_targets import with_statistics
from dlrecipes.data.split import Split
from dlrecipes.data.splits import Splits
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.targets import check_classes


def weigh_classes(splits: Splits, weights: str | Mapping[object, float] = "balanced") -> Splits:
    """Return the same parts with an example weight by class, in training and validation alike.

    Keras' `class_weight` leaves the validation loss as it is, so that trials are compared by
    another loss than they are trained with. Here both parts get a `sample_weight`, from the
    training part's class counts only, and every engine's `loss` and `val_loss` are the weighted
    ones. Other metrics count each example once, unless they are compiled as `weighted_metrics`.
    The weights have mean 1 over the training part, so that learning rates keep their meaning;
    weights that are there already are multiplied. Test scores are not weighted.

    `spec.priors` become the weighted shares, and with them the start of `prior_bias` and the loss
    at the start (balanced: the log of the number of classes). The probabilities of a network
    trained so are those of a world with the weighted shares: of two classes the log odds are
    higher by `log(w_1 / w_0)`. Ranks, and so ROC and precision-recall curves, need no correction,
    but 0.5 is another threshold than before: choose one (`RunSettings.threshold`).

    Args:
        splits: Data with classes.
        weights: `"balanced"` for equal shares of all classes, or `{class: weight}` with weights
            above 0, by the names of the classes; a class that is left out weighs 1.

    Raises:
        ArgumentError: If there are no classes, or the weights are none.
        DataError: If a class has no weight in the training part to be balanced.

    Reference:
        King and Zeng 2001, Logistic Regression in Rare Events Data.
    """
    spec, train = splits.spec, splits.train
    names = check_classes(spec, "weighed").class_names
    counts = np.bincount(train.y, train.sample_weight, minlength=len(names))
    if isinstance(weights, str):
        if weights != "balanced":
            raise ArgumentError(
                '`weights` must be "balanced" or {class: weight}.', received=f"weights={weights!r}"
            )
        if not counts.all():
            raise DataError(
                "Every class must occur in the training part.",
                received=f"none of {names[int(np.argmin(counts))]!r}",
            )
        by_class = counts.sum() / (len(counts) * counts)
    else:
        by_class = _by_class(weights, names)
    mean = float((counts * by_class).sum() / len(train))
    train = _weighed(train, by_class / mean)
    return replace(
        splits,
        train=train,
        validation=_weighed(splits.validation, by_class / mean),
        spec=with_statistics(spec, train),
    )


def _by_class(weights: Mapping[object, float], classes: tuple[str, ...]) -> NDArray[np.float64]:
    named = {
        str(name): check_real(f"weights[{name!r}]", value, 0, low_open=True)
        for name, value in weights.items()
    }
    unknown = [name for name in named if name not in classes]
    if unknown:
        raise ArgumentError(
            "Weights must be given by the names of classes.",
            received=", ".join(map(repr, unknown[:5])),
            fix=f"The classes are {', '.join(map(repr, classes[:20]))}.",
        )
    return np.array([named.get(name, 1.0) for name in classes])


def _weighed(part: Split, by_class: NDArray[np.float64]) -> Split:
    before = 1.0 if part.sample_weight is None else part.sample_weight
    return replace(part, sample_weight=(before * by_class[part.y]).astype(np.float32))
