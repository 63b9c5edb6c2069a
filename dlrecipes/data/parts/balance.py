"""Classes and groups that count by more or less than the number of their examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.checks import check_integer, check_real
from dlrecipes.data.parts.part_targets import with_statistics
from dlrecipes.data.parts.split import Split
from dlrecipes.data.parts.splits import Splits
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

    `spec.target.priors` become the weighted shares, and with them the start of `prior_bias` and
    the loss at the start (balanced: the log of the number of classes). The probabilities of a
    network trained so are those of a world with the weighted shares: of two classes the log
    odds are higher by `log(w_1 / w_0)`. Ranks, and so ROC and precision-recall curves, need no
    correction, but 0.5 is another threshold than before: choose one (`RunSettings.threshold`).

    Args:
        splits: Data with classes.
        weights: `"balanced"` for equal shares of all classes, or `{class: weight}` with weights
            above 0, by the names of the classes; a class that is left out weighs 1.

    Raises:
        ArgumentError: If there are no classes, or the weights are none.
        DataError: If a class has no weight in the training part to be balanced.

    Example:
        >>> splits = dlr.data.from_arrays(
        ...     np.arange(100.0).reshape(-1, 1), ["no"] * 80 + ["yes"] * 20
        ... )
        >>> weighed = dlr.data.weigh_classes(splits)
        >>> [float(weighed.train.sample_weight[weighed.train.y == label][0]) for label in (0, 1)]
        [0.625, 2.5]

    Reference:
        King and Zeng 2001, Logistic Regression in Rare Events Data.
    """
    spec, train = splits.raw_spec, splits.train
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
        raw_spec=with_statistics(spec, train),
    )


def read_class_weight(splits: Splits, class_weight: Mapping[object, float]) -> dict[str, float]:
    """Return Keras' `class_weight` by the names of the classes.

    Args:
        splits: Data with classes.
        class_weight: `{class: weight}`, weights at least 0, by names, or by indices from 0 where
            none of them is a name.

    Raises:
        ArgumentError: If there are no classes, or a key is neither a name nor an index.

    Example:
        >>> splits = dlr.data.from_arrays(np.arange(40.0).reshape(-1, 1), ["no", "yes"] * 20)
        >>> dlr.data.read_class_weight(splits, {1: 3.0})
        {'yes': 3.0}
    """
    names = check_classes(splits.raw_spec, "weighed").class_names
    if not isinstance(class_weight, Mapping) or not class_weight:
        raise ArgumentError(
            "`class_weight` must be {class: weight}.", received=f"class_weight={class_weight!r}"
        )
    keys: dict[object, str] = {key: str(key) for key in class_weight}
    if not any(name in names for name in keys.values()):
        by_index: dict[object, str] = dict(enumerate(names))
        keys = {key: by_index.get(key, str(key)) for key in class_weight}
    unknown = [key for key, name in keys.items() if name not in names]
    if unknown:
        raise ArgumentError(
            "`class_weight` must have the labels, or their indices, as keys.",
            received=", ".join(map(repr, unknown[:5])),
            fix=f"The classes are {', '.join(map(repr, names[:20]))}.",
        )
    return {
        name: check_real(f"class_weight[{key!r}]", class_weight[key], 0)
        for key, name in keys.items()
    }


def with_class_weight(splits: Splits, class_weight: Mapping[str, float]) -> Splits:
    """Return the same parts with Keras' `class_weight` as weights of the training examples.

    As in `model.fit`, only the training loss is weighed, weights are not normalised, and a class
    that is left out weighs 1; `weigh_classes` does otherwise, and says why. Weights that are
    there already are multiplied, and every engine trains with them.

    Args:
        splits: Data with classes.
        class_weight: From `read_class_weight`.

    Example:
        >>> splits = dlr.data.from_arrays(np.arange(40.0).reshape(-1, 1), ["no", "yes"] * 20)
        >>> weighed = dlr.data.with_class_weight(splits, {"yes": 3.0})
        >>> float(weighed.train.sample_weight.sum()), weighed.validation.sample_weight is None
        (48.0, True)
    """
    names = check_classes(splits.raw_spec, "weighed").class_names
    by_class = np.array([class_weight.get(name, 1.0) for name in names])
    return replace(splits, train=_weighed(splits.train, by_class))


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

    `spec.target.priors` become the new shares, and with them the start of `prior_bias`. Predicted
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

    Example:
        >>> splits = dlr.data.from_arrays(np.arange(100.0).reshape(-1, 1), [0] * 80 + [1] * 20)
        >>> np.bincount(splits.train.y).tolist()
        [48, 12]
        >>> np.bincount(dlr.data.balance_classes(splits, 0.5).train.y).tolist()
        [48, 24]

    Reference:
        King and Zeng 2001, Logistic Regression in Rare Events Data; Buda, Maki and Mazurowski
        2018, A systematic study of the class imbalance problem in convolutional neural networks.
    """
    spec, train = splits.raw_spec, splits.train
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
    return replace(splits, train=train, raw_spec=with_statistics(spec, train))


def _repeated(
    rows: NDArray[np.int64], size: int, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Return `size` of the rows, each as often as any other, give or take one."""
    whole, rest = divmod(size, len(rows))
    return np.concatenate([np.repeat(rows, whole), generator.choice(rows, rest, replace=False)])


def reweigh_groups(splits: Splits, column: str) -> Splits:
    """Return the same parts with weights under which label and group are independent.

    Each training and validation example of label y in group g gets the weight
    `P(g) P(y) / P(g, y)`, with the shares of the training part: the rare combinations weigh more,
    and the group no longer tells the label. Groups and labels keep their shares, the training
    weights' mean is 1, and weights that were there are multiplied. The test part has none, and
    its score is as before.

    Args:
        splits: The data of a classification task, with subgroups.
        column: The subgroup column.

    Raises:
        ArgumentError: If the target is no class.
        DataError: If there is no such subgroup column, or if a
            combination of label and group has no training example, so that no weight helps it.

    Example:
        >>> import pandas as pd
        >>> rows = [(years, sex) for years in range(1, 21) for sex in "fm"]
        >>> table = pd.DataFrame(rows, columns=["years", "sex"])
        >>> table["hired"] = np.where(table.years > np.where(table.sex == "f", 15, 5), "yes", "no")
        >>> splits = dlr.data.from_table(
        ...     table, "hired", column_rules=dlr.data.ColumnRules(subgroup=["sex"])
        ... )
        >>> fair = dlr.data.reweigh_groups(splits, "sex").train
        >>> women = fair.subgroups["sex"] == "f"
        >>> float(fair.y[women].mean().round(2)), float(fair.y[~women].mean().round(2))
        (0.33, 0.67)
        >>> shares = [
        ...     np.average(fair.y[who], weights=fair.sample_weight[who]) for who in (women, ~women)
        ... ]
        >>> np.round(shares, 2).tolist()
        [0.5, 0.5]

    Reference:
        Kamiran and Calders 2012, Data Preprocessing Techniques for Classification without
        Discrimination.
    """
    known = () if splits.train.subgroups is None else splits.train.subgroups.names
    if column not in known:
        raise DataError(
            "A column to reweigh must be one of the subgroups.",
            received=f"{column!r}; the subgroups are {', '.join(map(repr, known)) or 'none'}",
            fix="Name it with `subgroup` (`--subgroup COLUMN`) too.",
        )
    classes = check_classes(splits.raw_spec, "reweighed").class_names
    shares = _shares(splits.train, column, classes)
    independent = np.outer(shares.sum(axis=1), shares.sum(axis=0))
    weights = pd.DataFrame(independent / shares, index=shares.index, columns=shares.columns)
    return replace(
        splits,
        train=_weighted(splits.train, column, weights),
        validation=_weighted(splits.validation, column, weights),
    )


def _shares(train: Split, column: str, classes: tuple[str, ...]) -> pd.DataFrame:
    """Return the share of each label (rows) and group (columns) in the training part."""
    counts = pd.crosstab(train.y, _groups(train, column))
    counts = counts.reindex(range(len(classes)), fill_value=0)
    empty = [
        f"{classes[label]!r} in {counts.columns[group]!r}"
        for label, group in np.argwhere(counts.to_numpy() == 0)
    ]
    if empty:
        raise DataError(
            "Every combination of label and group must have a training example.",
            received=f"none of {', '.join(empty[:5])}{', …' if len(empty) > 5 else ''}",
            fix="Collect such examples, or reweigh a column with fewer groups, or none.",
        )
    return counts / len(train)


def _weighted(part: Split, column: str, weights: pd.DataFrame) -> Split:
    at = weights.columns.get_indexer(pd.Index(_groups(part, column)))
    found = weights.to_numpy()[part.y, at]
    # A group that is not in the training part has no share there to correct.
    found = np.where(at < 0, 1.0, found).astype(np.float32)
    before = 1.0 if part.sample_weight is None else part.sample_weight
    return replace(part, sample_weight=found * before)


def _groups(part: Split, column: str) -> NDArray[Any]:
    if part.subgroups is None:
        raise DataError("All parts must have the subgroups.", received=f"none in {part!r}")
    return part.subgroups[column]
