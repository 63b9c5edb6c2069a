"""A column's values: missing, or numbers, text, dates or booleans, and words about them."""

from __future__ import annotations

import datetime
import decimal
import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from dlrecipes.data.option_text import as_option
from dlrecipes.errors import DataError
from dlrecipes.results import plural


def plain_values(name: str, series: pd.Series[Any]) -> pd.Series[Any]:
    """Return the values of a column of any dtype as numbers, text, dates or booleans.

    Args:
        name: The column's name, for the message.
        series: `(rows,)`, also categorical or Python objects.

    Raises:
        DataError: If it holds anything else.
    """
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(series.cat.categories.dtype)
    if not types.is_object_dtype(series):
        if types.is_complex_dtype(series) or not (
            types.is_numeric_dtype(series)
            or types.is_string_dtype(series)
            or types.is_datetime64_any_dtype(series)
        ):
            raise _unusable(name, str(series.dtype))
        return series
    found = {type(value) for value in series[series.notna()]}
    if all(issubclass(kind, bool | np.bool_) for kind in found):
        return series.astype("boolean")
    if all(issubclass(kind, datetime.date) for kind in found):
        return series.map(lambda day: day.isoformat(), na_action="ignore").astype("str")
    if all(issubclass(kind, numbers.Real | decimal.Decimal) for kind in found):
        return pd.to_numeric(series.astype("float64"))
    if all(issubclass(kind, str | numbers.Real | decimal.Decimal) for kind in found):
        return series.astype("str")
    raise _unusable(name, " and ".join(sorted(kind.__name__ for kind in found)))


def _unusable(name: str, received: str) -> DataError:
    return DataError(
        "Columns must hold numbers, text, dates or booleans.",
        received=f"{received} in column {name!r}",
        fix=f"Leave it out with kinds={{{name!r}: 'ignored'}} "
        f"({as_option('kinds', f'{name}=ignored')}).",
    )


def check_finite(name: str, values: pd.Series[Any], given: pd.Series[Any]) -> None:
    """Check that numbers are finite or missing.

    Args:
        name: The column's name, for the message.
        values: Numbers, `(rows,)`.
        given: The cells that they were read from, `(rows,)`.

    Raises:
        DataError: If some are infinite.
    """
    if not types.is_float_dtype(values):
        return
    bad = np.isinf(values.to_numpy(dtype=np.float64, na_value=np.nan))
    if bad.any():
        markers = [f"+{cell}" for cell in dict.fromkeys(given[bad].astype("str"))][:5]
        raise DataError(
            f"Column {name!r} must hold finite numbers.",
            received=f"{plural(int(bad.sum()), 'cell')} of {len(bad):,} infinite, "
            f"first in row {int(np.argmax(bad))}",
            fix=f"If they stand for missing values: missing={markers} "
            f"({as_option('missing', *markers)}); else correct them.",
        )


def described(what: str, values: pd.Series[Any]) -> str:
    """Return the evidence with the share of missing values behind it, if there are any."""
    missing = float(values.isna().mean())
    if not missing:
        return what
    return f"{what}, {f'{missing:.0%}'[:-1] if missing >= 0.01 else 'under 1'} % missing"


def amount(value: float) -> str:
    """Return a number for display: `1,484,705` or `0.02`."""
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) < 1e12 else f"{value:g}"


MISSING = (
    "",
    "?",
    "NA",
    "N/A",
    "n/a",
    "#N/A",
    "<NA>",
    "NaN",
    "nan",
    "NAN",
    "null",
    "NULL",
)
"""Cells that are missing in every column."""

MISSING_AMONG_NUMBERS = ("-", "--", ".", "None", "none")
"""Cells that are missing where all others are numbers; in a column of text they are values."""


def missing_markers(missing: Sequence[str] | None) -> tuple[frozenset[str], frozenset[str]]:
    """Return the markers for every column and those for columns of numbers only.

    Args:
        missing: The only markers, for every column; with a plus sign before one of them, as in
            `"+-999"`, they come beside the usual ones. None for the usual ones. An empty cell is
            missing in any case.
    """
    given = [marker.strip() for marker in missing or ()]
    if missing is None or any(marker.startswith("+") for marker in given):
        besides = (marker.removeprefix("+").strip() for marker in given)
        return frozenset((*MISSING, *besides)), frozenset(MISSING_AMONG_NUMBERS)
    return frozenset(("", *given)), frozenset()


def numeric_blanks(values: pd.Series[Any], missing: Sequence[str] | None) -> pd.Series[Any]:
    """Return numbers with NaN where they equal a missing marker: -999.0 where it is `"-999"`.

    Args:
        values: Numbers, `(rows,)`.
        missing: The markers; None for the usual ones.
    """
    markers = pd.to_numeric(
        pd.Series(sorted(missing_markers(missing)[0]), dtype=object), errors="coerce"
    ).dropna()
    found = values.isin(markers) if len(markers) else np.zeros(len(values), dtype=bool)
    return values.mask(found) if np.any(found) else values
