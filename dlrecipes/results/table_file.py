"""How a table's file is read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TableFile:
    """How the file of a training table was read: a file to predict is read in the same way.

    Args:
        columns: The names of all its columns in their order, inputs or not; empty if unknown.
        targets: Those that are predicted, which a file to predict need not have.
        separator: One character; None where it is told from each file's first lines.
        missing: Cells that stand for a missing value; None for the usual ones.
        encoding: The text encoding.
        quoting: Whether quotes hold a cell together.
        decimal: The decimal mark of numbers, `.` or `,`; None where the cells tell it.
    """

    columns: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    separator: str | None = None
    missing: tuple[str, ...] | None = None
    encoding: str = "utf-8"
    quoting: bool = True
    decimal: str | None = None
