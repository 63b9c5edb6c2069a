"""One column of a raw table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ColumnKind = Literal["number", "category", "date", "text", "ignored"]


@dataclass(frozen=True)
class Column:
    """A column of a table and how a network shall see it.

    Args:
        name: Its name in the table.
        kind: `"number"`, `"category"` for one of few values, `"date"` for days and times,
            `"text"` for sentences, `"ignored"` for what must not or cannot be learned from.
        evidence: What speaks for the kind, for display: `"4 values, 2 % missing"`; for an
            ignored column the reason: `"identifier: all 891 values are different"`.
        date_format: How its text becomes dates when the table is read; empty for all else.
    """

    name: str
    kind: ColumnKind
    evidence: str = ""
    date_format: str = ""

    @property
    def dtype(self) -> Literal["float32", "string"]:
        """What a model takes it as: numbers as float32, all else as strings."""
        return "float32" if self.kind == "number" else "string"
