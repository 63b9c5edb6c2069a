"""Folds of the training and validation part, each preprocessed by itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.checks import check_integer
from dlrecipes.data.parts.columns import Columns
from dlrecipes.data.parts.part_targets import check_known, with_statistics
from dlrecipes.data.parts.preprocess import fresh_layer
from dlrecipes.data.parts.several_inputs import Inputs
from dlrecipes.data.parts.split import Split, check_some_weight
from dlrecipes.data.parts.splits import Development, Splits
from dlrecipes.data.splitting import (
    Fold,
    group_folds,
    stopping_part,
    stratified_folds,
    time_folds,
)
from dlrecipes.data.splitting.split_parts import join_copies
from dlrecipes.errors import ArgumentError
from dlrecipes.targets import strata

_STOPPING = 0.1


@dataclass(frozen=True, eq=False)
class FoldData:
    """One fold, preprocessed by a layer that was adapted on its training rows only.

    Args:
        development: What is trained on, and as its validation part a tenth of the fold's
            training rows, for early stopping.
        held_out: What the fold's score is measured on; no training has seen it.

    Example:
        >>> fold = dlr.data.draw_folds(dlr.data.load("iris"), 4)[0]
        >>> len(fold.development.train), len(fold.development.validation), len(fold.held_out)
        (81, 9, 30)
    """

    development: Development
    held_out: Split


def draw_folds(splits: Splits, folds: int, *, repeats: int = 1) -> tuple[FoldData, ...]:
    """Divide the training and the validation part, taken together, into folds.

    The folds are split as the parts were: no group on two sides where there are groups, each
    trained on what is earlier where there are times, else by chance, stratified by class, with
    copies of an example on one side. Statistics (preprocessing, priors) are a fold's own. The
    test part is not touched.

    Args:
        splits: The data.
        folds: Number of folds, at least 2.
        repeats: How often all rows are divided, each time in another way, at least 1; with
            times once only, for there chance has no part.

    Returns:
        `folds * repeats` folds.

    Raises:
        ArgumentError: If a number is out of range.
        DataError: If there is too little to divide.

    Example:
        >>> folds = dlr.data.draw_folds(dlr.data.load("iris"), 3)
        >>> [len(fold.held_out) for fold in folds]
        [40, 40, 40]

    Reference:
        Kohavi 1995, A Study of Cross-Validation and Bootstrap for Accuracy Estimation and Model
        Selection.
    """
    check_integer("folds", folds, 2)
    check_integer("repeats", repeats, 1)
    whole = splits.train.joined(splits.validation)
    labels = strata(whole.y, splits.raw_spec, least=folds)
    seed = splits.split_seed or 0
    if whole.time is not None:
        if repeats > 1:
            raise ArgumentError(
                "Folds in the order of time can be made in one way only.",
                received=f"repeats={repeats}",
                fix="Leave `repeats` out.",
            )
        made = time_folds(whole.time, folds, splits.gap)
        apart: dict[str, Any] = {"time": whole.time, "gap": splits.gap}
    else:
        groups = _copies(whole.x) if whole.groups is None else whole.groups
        apart = {"groups": groups}
        if groups is None:
            made = stratified_folds(labels, folds, repeats=repeats, seed=seed)
        else:
            made = [
                fold
                for repeat in range(repeats)
                for fold in group_folds(groups, labels, folds, seed + repeat)
            ]
    return tuple(
        _prepared(
            splits, whole, fold, stopping_part(fold, labels, fraction=_STOPPING, seed=seed, **apart)
        )
        for fold in made
    )


def _prepared(
    splits: Splits, whole: Split, fold: Fold, rows: tuple[NDArray[np.int64], NDArray[np.int64]]
) -> FoldData:
    train, stopping, held_out = (whole.pick(some) for some in (*rows, fold.validation))
    check_known(
        (("training", train), ("stopping", stopping), ("held-out", held_out)), splits.raw_spec
    )
    check_some_weight("training", train.sample_weight)
    check_some_weight("held-out", held_out.sample_weight)
    spec = with_statistics(splits.raw_spec, train)
    # A fold is a small data set of its own: its test part stands for the rows that are held out.
    inner = replace(splits, train=train, validation=stopping, raw_spec=spec, preprocess=None)
    if splits.preprocess is not None:
        inner = inner.with_preprocess(
            fresh_layer(splits.preprocess), test_statistics=splits.test_statistics
        )
    return FoldData(inner.development(), inner.preprocessed(held_out))


def _copies(x: NDArray[Any] | Columns | Inputs) -> NDArray[Any] | None:
    """Return what tells different examples apart; None if all differ."""
    if not isinstance(x, Columns):
        return join_copies(x, np.arange(len(x)))
    table = pd.DataFrame(dict(x.items()))
    codes = table.groupby(list(x.names), dropna=False, sort=False).ngroup().to_numpy(np.int64)
    return codes if codes.max() + 1 < len(codes) else None
