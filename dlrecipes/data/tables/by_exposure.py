"""Counts of unequal exposures, as rates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data.parts.columns import Columns
from dlrecipes.data.parts.part_targets import with_statistics
from dlrecipes.data.parts.sealed_split import SealedSplit, _peek
from dlrecipes.data.parts.split import Split
from dlrecipes.data.parts.splits import Splits
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.targets import check_counts


def by_exposure(splits: Splits, column: str) -> Splits:
    """Return the same parts with counts for each unit of an exposure, which is no input any more.

    Who was watched for longer, or lives in a larger town, has more of everything. The target
    becomes `count / exposure`, and an example weighs as much as its exposure, in training and
    validation alike: with the Poisson loss that is, example by example, the likelihood of the
    count itself. What is predicted is the rate: times an exposure it is the expected count. The
    weights have mean 1 over the training part; those that were there are multiplied. Test scores
    are those of the rates, unweighted.

    Args:
        splits: A table whose only target is a count, before preprocessing.
        column: A column of numbers above 0: hours, area, inhabitants.

    Raises:
        ArgumentError: If the target is no count, or if there is no such column.
        DataError: If an exposure is missing, infinite or not above 0, or if no input is left.

    Reference:
        McCullagh and Nelder 1989, Generalized Linear Models, section 6.2.

    Example:
        >>> import pandas as pd
        >>> import dlrecipes as dlr
        >>> table = pd.DataFrame(
        ...     {"hours": [1, 2, 4] * 20, "age": [71, 84, 62, 90] * 15, "falls": [0, 1, 4] * 20}
        ... )
        >>> rules = dlr.data.ColumnRules(kinds={"hours": "number"})
        >>> splits = dlr.data.from_table(table, "falls", task="count", column_rules=rules)
        >>> rates = dlr.data.by_exposure(splits, "hours")
        >>> sorted(set(rates.train.y.tolist()))
        [0.0, 0.5, 1.0]
    """
    spec = splits.raw_spec
    counts = check_counts(spec, "have an exposure")
    if not isinstance(splits.train.x, Columns) or column not in splits.train.x.names:
        names = splits.train.x.names if isinstance(splits.train.x, Columns) else ()
        raise ArgumentError(
            "The exposure must be a column of the table.",
            received=f"exposure={column!r}",
            fix=f"The columns are {', '.join(map(repr, names[:30]))}." if names else "",
        )
    left = tuple(known for known in spec.columns if known.name != column)
    if not left:
        raise DataError("A table must have a column beside the exposure.", received=repr(column))
    mean = float(_exposures(splits.train, column, "training").mean(dtype=np.float64))
    target = replace(counts, exposure=column)
    spec = replace(spec, columns=left, input_shape=(len(left),), targets=(target,))
    train = _rates(splits.train, column, "training", mean)
    sealed = _peek(splits.test)
    if sealed is not None:
        sealed = replace(_rates(sealed, column, "test", mean), sample_weight=None)
    return replace(
        splits,
        train=train,
        validation=_rates(splits.validation, column, "validation", mean),
        test=SealedSplit(sealed),
        raw_spec=with_statistics(spec, train),
    )


def _rates(part: Split, column: str, name: str, mean: float) -> Split:
    exposures = _exposures(part, column, name)
    before = 1.0 if part.sample_weight is None else part.sample_weight
    x = part.x
    if isinstance(x, Columns):
        kept = {name: values for name, values in x.items() if name != column}
        x = Columns(kept, wide=[name for name in x.wide if name != column])
    return replace(
        part,
        x=x,
        y=(part.y / exposures).astype(np.float32),
        sample_weight=(before * exposures / mean).astype(np.float32),
    )


def _exposures(part: Split, column: str, name: str) -> NDArray[np.float64]:
    values = part.x[column] if isinstance(part.x, Columns) else np.zeros(0)
    if values.dtype == object:
        raise DataError(
            "An exposure must be a number.", received=f"text such as {str(values[0])!r}"
        )
    exposures: NDArray[np.float64] = values.astype(np.float64)
    wrong = ~(np.isfinite(exposures) & (exposures > 0))
    if wrong.any():
        raise DataError(
            "An exposure must be above 0 and known for every example.",
            received=f"{float(exposures[wrong][0]):g} in {int(wrong.sum())} of {len(exposures)} "
            f"of the {name} part",
            fix="Leave those rows out.",
        )
    return exposures
