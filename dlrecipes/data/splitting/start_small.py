"""A small start, and the ladder back up to all training examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.checks import check_integer
from dlrecipes.data.parts.part_targets import check_known, with_statistics
from dlrecipes.data.parts.sealed_split import keep_classes
from dlrecipes.data.parts.splits import Splits
from dlrecipes.data.splitting import ladder, subset
from dlrecipes.errors import ArgumentError
from dlrecipes.results import DataSpec
from dlrecipes.targets import strata


def start_small(
    splits: Splits,
    size_or_fraction: float = 1.0,
    *,
    classes: int | Sequence[str] | None = None,
    seed: int = 0,
) -> Splits:
    """Return the same data with fewer training examples, stratified by class, or fewer classes.

    With fewer examples, validation and test part stay as they are, so that scores can be compared
    with those of the whole. With fewer classes, all parts keep the examples of those only, and the
    network has outputs for those only: an easier task, for the first debugging. The test part stays
    sealed and counts as the whole's where it is opened.

    Args:
        splits: The data, before `with_preprocess`: what preprocessing learns must be learned
            from the smaller part.
        size_or_fraction: Training examples, a whole number from the number of classes; or a
            fraction of them, a float in (0, 1]. Of the classes that are kept.
        classes: How many classes to keep, the most frequent ones, at least 2; or their names;
            None for all.
        seed: Seed of the draw, at least 0.

    Raises:
        ArgumentError: If an argument is out of range, the data is preprocessed already, or has no
            such classes.
        DataError: If too few of the examples have one of several targets.

    Example:
        >>> splits = dlr.data.load("iris")
        >>> small = dlr.data.start_small(splits, 30)
        >>> np.bincount(small.train.y).tolist(), len(small.validation) == len(splits.validation)
        ([10, 10, 10], True)
        >>> two = dlr.data.start_small(splits, classes=2)
        >>> two.raw_spec.target.class_names, len(two.train), len(two.test)
        (('setosa', 'versicolor'), 60, 20)
    """
    _check_raw(splits)
    if classes is not None:
        splits = _of_classes(splits, _kept(splits.raw_spec, classes))
    return _with_rows(splits, subset(_labels(splits), size_or_fraction, seed=seed))


def climb_ladder(
    splits: Splits, first: float, *, factor: float = 2.0, seed: int = 0
) -> tuple[Splits, ...]:
    """Return the same data with more and more training examples, the last with all of them.

    Each rung has the examples of the one before, and new ones. Scores over the rungs are a
    learning curve: what more data would bring.

    Args:
        splits: The data, before `with_preprocess`.
        first: Training examples of the first rung, as in `start_small`.
        factor: How much larger each rung is than the one before, at least 1.1.
        seed: Seed of the draw, at least 0.

    Raises:
        ArgumentError: If an argument is out of range, or the data is preprocessed already.
        DataError: If too few of the examples have one of several targets.

    Example:
        >>> rungs = dlr.data.climb_ladder(dlr.data.load("iris"), 20)
        >>> [len(rung.train) for rung in rungs]
        [20, 40, 80, 90]
    """
    _check_raw(splits)
    rungs = ladder(_labels(splits), first=first, factor=factor, seed=seed)
    return tuple(_with_rows(splits, rows) for rows in rungs)


def _check_raw(splits: Splits) -> None:
    if splits.preprocess is not None:
        raise ArgumentError(
            "A small start is made from data that is not preprocessed.",
            received=f"preprocessing by {splits.preprocess.name}",
            fix="Take fewer examples first, then `with_preprocess`.",
        )


def _kept(spec: DataSpec, classes: int | Sequence[str]) -> list[int]:
    """Return the indices of the classes to keep, in their order."""
    target = spec.targets[0]
    names = getattr(target, "class_names", ())
    if len(spec.targets) > 1 or not names:
        raise ArgumentError(
            "Only data with one target, a class, has classes to keep.",
            received=f"classes={classes!r} for {spec.task} data",
            fix="Leave `classes` out.",
        )
    if isinstance(classes, int) and not isinstance(classes, bool):
        check_integer("classes", classes, 2, len(names))
        priors = target.priors
        return sorted(sorted(range(len(names)), key=lambda at: -priors[at])[:classes])
    chosen = [] if isinstance(classes, str | bool) else list(dict.fromkeys(map(str, classes)))
    unknown = [name for name in chosen if name not in names]
    if unknown or len(chosen) < 2:
        raise ArgumentError(
            "`classes` must be a number from 2, or names of at least two classes.",
            received=f"classes={classes!r}",
            fix=f"The classes are {', '.join(map(repr, names[:10]))}"
            f"{', …' if len(names) > 10 else '.'}",
        )
    return sorted(names.index(name) for name in chosen)


def _of_classes(splits: Splits, kept: list[int]) -> Splits:
    target: Any = splits.raw_spec.targets[0]
    form = target.form
    form = replace(
        form,
        shape=form.shape if form.shape in ((), (1,)) else (len(kept),),
        labels=tuple(form.labels[at] for at in kept) if form.labels else (),
    )
    names = tuple(target.class_names[at] for at in kept)
    train = keep_classes(splits.train, kept)
    spec = replace(
        splits.raw_spec, targets=(replace(target, class_names=names, form=form, priors=()),)
    )
    return replace(
        splits,
        train=train,
        validation=keep_classes(splits.validation, kept),
        test=splits.test.of_classes(kept),
        raw_spec=with_statistics(spec, train),
    )


def _labels(splits: Splits) -> NDArray[np.generic]:
    return strata(splits.train.y, splits.raw_spec)


def _with_rows(splits: Splits, rows: NDArray[np.int64]) -> Splits:
    train = splits.train.pick(rows)
    check_known((("training", train),), splits.raw_spec)
    return replace(splits, train=train, raw_spec=with_statistics(splits.raw_spec, train))
