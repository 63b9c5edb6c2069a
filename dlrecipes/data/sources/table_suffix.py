"""What a table's file is, by its name."""

from __future__ import annotations

from pathlib import Path

from dlrecipes.data.sources.open_text import TEXT_SUFFIXES
from dlrecipes.data.sources.read_parquet import PARQUET_SUFFIXES
from dlrecipes.errors import DataError

PACKED_SUFFIXES = (".gz", ".zip")


def table_suffix(file: Path) -> str:
    """Return the suffix that says what is in the file, without that of its packing.

    Raises:
        DataError: If no table has such a suffix.
    """
    suffixes = [suffix.lower() for suffix in file.suffixes]
    suffix = suffixes[-1] if suffixes else ""
    if suffix in PACKED_SUFFIXES:
        inner = suffixes[-2] if len(suffixes) > 1 else ""
        if inner in TEXT_SUFFIXES or suffix == ".zip":
            return inner if inner in TEXT_SUFFIXES else ".csv"
    elif suffix in (*TEXT_SUFFIXES, *PARQUET_SUFFIXES):
        return suffix
    known = ", ".join((*TEXT_SUFFIXES, *PARQUET_SUFFIXES))
    raise DataError(
        f"A table's file must end in {known}; text also with .gz or .zip behind.",
        received=str(file),
        fix="Save it as one of these.",
    )
