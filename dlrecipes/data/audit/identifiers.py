"""Are there inputs that only number or name the rows?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import poisson, spearmanr

from dlrecipes.data.audit.evidence import FeatureColumn, feature_columns
from dlrecipes.data.option_text import as_option
from dlrecipes.data.parts.split import Split
from dlrecipes.results import DataSpec, Finding
from dlrecipes.results.column import APART

LEAST_ROWS = LEAST_VALUES = 20
DIFFERENT = 0.99
UNSEEN = 0.9
IN_ORDER, EVENLY = 0.999, 0.99
DENSE = 2.0
UNLIKELY = 0.001
SENTENCE = 3.0


def check_identifiers(train: Split, validation: Split, spec: DataSpec, examples: int) -> Finding:
    """Return the inputs that can be memorised but not learned from.

    That is a column of whole numbers, almost all different, that lie so densely that numbers drawn
    by chance would repeat, or that rise evenly with the rows; or a category of which nine in
    ten validation examples have a value that no training example has: of several words, it is text
    rather. What is surely a key, `infer_columns` leaves out beforehand.

    Args:
        train: The training part of a table.
        validation: The validation part.
        spec: The raw data's description.
        examples: Number of examples of all parts.
    """
    ids = None
    if train.ids is not None and validation.ids is not None:
        numbers = np.concatenate([train.ids, validation.ids])
        ids = numbers if numbers.dtype.kind in "iu" else None
    found = {}
    sentences = []
    # Dates or numbers that could not be read get advice of their own, and what is taken apart is
    # no name of its row: all sequences of DNA may differ.
    passed = {column.name for column in spec.columns if column.doubt or column.kind in APART}
    for column in feature_columns(train, validation, spec):
        reason = _reason(column, ids, examples)
        if reason and column.name not in passed:
            found[column.name] = reason
            if column.kind == "category" and _words(column) >= SENTENCE:
                sentences.append(column.name)
    if not found:
        return Finding("identifiers", "No input only numbers or names the rows.")
    names = ", ".join(repr(name) for name in found if name not in sentences)
    said, advice = [], []
    if names:
        said.append(f"These inputs seem to number or name the rows: {names}.")
        left = [name for name in found if name not in sentences]
        advice.append(f"Leave them out: drop=[{names}] ({as_option('drop', *left)}).")
        advice.append("Whatever a network learns of them, it learns by heart.")
    if sentences:
        named = ", ".join(repr(name) for name in sentences)
        said.append(f"These categories have several words and hardly repeat: {named}.")
        kinds = as_option("kinds", *(f"{name}=text" for name in sentences))
        advice.append(f"Read them as text: {kinds}.")
    return Finding(
        "identifiers", " ".join(said), dict(found), advice=" ".join(advice), severity="warning"
    )


def _reason(column: FeatureColumn, ids: NDArray[Any] | None, examples: int) -> str:
    """Return what speaks for an identifier, nothing if it is none."""
    if len(column.both) < LEAST_ROWS or column.kind == "date":
        return ""
    return _names(column) if column.kind == "category" else _numbers(column.both, ids, examples)


def _numbers(values: NDArray[Any], ids: NDArray[Any] | None, examples: int) -> str:
    known = ~np.isnan(values)
    some = values[known].astype(np.float64)
    if len(some) < LEAST_ROWS or not np.array_equal(some, np.round(some)):
        return ""
    different = len(pd.unique(some))
    if different < DIFFERENT * len(some):
        return ""
    reason = f"{different:,} different whole numbers in {len(some):,} rows"
    width = float(some.max() - some.min()) + 1
    # Ties of as many numbers drawn from that range, at the least.
    ties = len(some) * (len(some) - 1) / 2 / width
    by_chance = poisson.cdf(len(some) - different, ties) >= UNLIKELY
    if width <= DENSE * examples and not by_chance:
        return f"{reason}, {some.min():,.0f} to {some.max():,.0f}"
    if ids is not None and _in_step(some, ids[known].astype(np.float64)):
        return f"{reason}, in the order of the rows"
    return ""


def _in_step(values: NDArray[np.float64], ids: NDArray[np.float64]) -> bool:
    """Return whether numbers rise evenly with the rows; those a table is sorted by seldom do."""
    if abs(float(spearmanr(values, ids).statistic)) < IN_ORDER:
        return False
    return abs(float(np.corrcoef(values, ids)[0, 1])) >= EVENLY


def _names(column: FeatureColumn) -> str:
    known = column.validation[column.validation != ""]
    # A few values name no rows, even where the luck of the draw put each in one part.
    if len(known) < LEAST_ROWS / 2 or len(pd.unique(column.both)) < LEAST_VALUES:
        return ""
    unseen = 1 - float(pd.Series(known).isin(pd.unique(column.train)).mean())
    if unseen < UNSEEN:
        return ""
    return f"{unseen:.0%} of the validation examples have a value that training never saw"


def _words(column: FeatureColumn) -> float:
    """Return the mean number of words."""
    known = pd.Series(column.validation[column.validation != ""], dtype="str")
    return float(known.str.count(r"\S+").mean())
