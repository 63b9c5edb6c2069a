"""Rare classes resampled, so that every batch has them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dlrecipes.checks import check_integer, check_real
from dlrecipes.data.part_targets import with_statistics
from dlrecipes.data.splits import Splits
from dlrecipes.errors import DataError
from dlrecipes.targets import check_classes


def balance_classes(splits: Splits, ratio: float = 1.0, *, seed: int = 0) -> Splits:
    """Return the same data with the rare classes of the training part repeated.

    Every row stays, and rows of a class are repeated until it has `ratio` times as many as the
    most frequent one. All rows of a class are repeated equally often, give or take one, and
    chance decides which are repeated once more: drawing with replacement would leave out a third
    of a class (`1 / e`) where this leaves out none. Engines draw the batches of each epoch by a
    new permutation of these rows, the last partial batch included, so a batch has the classes in
    nearly these shares, and every epoch has every row.

    Because it is done once, to the data, it is the same for every engine and for the baselines;
    validation and test part stay as they are, and so do ids, groups, times and weights of the
    rows. An epoch has more steps than before. The validation loss stays that of the real shares,
    for which such a network's probabilities are wrong: compare trials by a metric of ranks, such
    as the area under the precision-recall curve, or use `weigh_classes`, which has the same
    training loss in expectation and weighs the validation part, too.

    `spec.priors` become the new shares, and with them the start of `prior_bias`. Predicted
    probabilities are those of a world with these shares (King and Zeng): rare classes are
    overrated, ranks are not affected. Choose a threshold (`RunSettings.threshold`).

    Args:
        splits: Data with classes; balance it before `with_preprocess`, or after, if means and
            quantiles shall be those of the real shares.
        ratio: Size of every class as a share of the most frequent one's, in (0, 1]; classes that
            have more already stay as they are.
        seed: Seed of the draw, at least 0.

    Raises:
        ArgumentError: If there are no classes, or an argument is out of range.
        DataError: If a class does not occur in the training part.

    Reference:
        King and Zeng 2001, Logistic Regression in Rare Events Data; Buda, Maki and Mazurowski
        2018, A systematic study of the class imbalance problem in convolutional neural networks.
    """
    spec, train = splits.spec, splits.train
    check_real("ratio", ratio, 0, 1, low_open=True)
    check_integer("seed", seed, 0)
    names = check_classes(spec, "balanced").class_names
    counts = np.bincount(train.y, minlength=len(names))
    if not counts.all():
        raise DataError(
            "Every class must occur in the training part.",
            received=f"none of {names[int(np.argmin(counts))]!r}",
        )
    generator = np.random.default_rng(seed)
    wanted = np.maximum(counts, np.round(ratio * counts.max()).astype(np.int64))
    rows = [
        _repeated(np.flatnonzero(train.y == label), int(size), generator)
        for label, size in enumerate(wanted)
    ]
    train = train.pick(generator.permutation(np.concatenate(rows)))
    return replace(splits, train=train, spec=with_statistics(spec, train))


def _repeated(
    rows: NDArray[np.int64], size: int, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Return `size` of the rows, each as often as any other, give or take one."""
    whole, rest = divmod(size, len(rows))
    return np.concatenate([np.repeat(rows, whole), generator.choice(rows, rest, replace=False)])
