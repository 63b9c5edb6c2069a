"""The words of a column's name, and what of a column is known."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import numpy as np
from numpy.typing import NDArray


def word_set(text: str) -> frozenset[str]:
    """Return words, written with spaces between them, as `words_of` gives them.

    Args:
        text: Small letters without accents.
    """
    return frozenset(text.split())


def words_of(name: str) -> frozenset[str]:
    """Return the words of a name in small letters, without accents: `patientID` has `patient`.

    Args:
        name: A column's name, or a category.
    """
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", unicodedata.normalize("NFC", plain))
    return frozenset(re.findall(r"[^\W\d_]+", apart.lower()))


def different_values(values: NDArray[Any]) -> NDArray[Any]:
    """Return the different values that are not missing, rising.

    Args:
        values: Numbers with NaN, or text with `""`, for a missing one.
    """
    return np.unique(values[is_known(values)])


def is_known(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which values are not missing.

    Args:
        values: As for `different_values`.
    """
    return np.asarray(values != "" if values.dtype == object else ~np.isnan(values))
