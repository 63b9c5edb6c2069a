"""Columns that tell the rows of a table apart, and are not learned from."""

from __future__ import annotations

from collections.abc import Sequence

from dlrecipes.data.sources import Cells, infer_columns
from dlrecipes.data.table_drawing import Drawing
from dlrecipes.errors import DataError
from dlrecipes.results import Column


def identifier_columns(
    cells: Cells, inputs: Sequence[Column], drawing: Drawing, drop: Sequence[str]
) -> tuple[str, ...]:
    """Return the columns that tell rows apart, in the order of the table.

    Those are the series or the group, and of the columns that are no inputs, whether they were
    found out or dropped, those whose values are names or numbers of the rows (`infer_columns`).

    Args:
        cells: The training table.
        inputs: The columns that may be inputs, those that are ignored among them.
        drawing: How rows are dealt to the parts.
        drop: The columns that were dropped.
    """
    unused = [*drop, *(column.name for column in inputs if column.kind == "ignored")]
    known = {column.name for column in inputs if column.is_identifier}
    found = {
        drawing.series,
        drawing.group,
        *known,
        *(name for name in unused if name not in known and _names_rows(cells, name)),
    }
    return tuple(str(name) for name in cells.table.columns if name in found)


def _names_rows(cells: Cells, name: str) -> bool:
    """Return whether a column would be ignored as an identifier."""
    try:
        (column,) = infer_columns(cells.table[[name]], file=cells.file, separator=cells.separator)
    except DataError:  # what cannot be read is no matter in a column that is left out
        return False
    return column.is_identifier
