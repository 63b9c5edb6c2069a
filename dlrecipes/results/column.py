"""One column of a raw table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

ColumnKind = Literal["number", "category", "date", "text", "list", "parts", "dna", "ignored"]
Spelling = Literal["as it stands", "boolean", "number"]
APART: tuple[ColumnKind, ...] = ("list", "parts", "dna")
"""Kinds of which a cell has several facts, which are taken apart."""
IDENTIFIER = "identifier"
"""What the evidence of an ignored column begins with that names or numbers the rows."""


@dataclass(frozen=True)
class NumberForm:
    """How the numbers of a column are written where they are text.

    Args:
        decimal: The decimal mark, `.` or `,`.
        thousands: The mark between groups of digits; empty where training had none.
        unit: What stands around each number, such as `$`, `kg` or `%`; `clock` for times of the
            day, `clock with seconds` for those and durations with seconds, which become hours;
            empty for nothing.
        fractions: Whether training had numbers with a decimal mark. Where it had none, `1.234` may
            be a thousand, and is refused.
    """

    decimal: str = "."
    thousands: str = ""
    unit: str = ""
    fractions: bool = False

    @property
    def example(self) -> str:
        """A number in this form."""
        if self.unit.startswith("clock"):
            return "17:30" if self.unit == "clock" else "1:17:30"
        number = f"1{self.thousands}234" + (f"{self.decimal}5" if self.fractions else "")
        return number + (f" {self.unit}" if self.unit else "")


@dataclass(frozen=True)
class Column:
    """A column of a table, how a network shall see it, and how each cell of it is read.

    It is decided once, by the training table. Every later file is read by it, cell by cell.

    Args:
        name: Its name in the table.
        kind: `"number"`, `"category"` for one of few values, `"date"` for days and times,
            `"text"` for sentences, `"list"` for any number of items in a cell, `"parts"` for
            several facts in a cell, such as `F/3`, each at its place, `"dna"` for sequences of its
            letters, `"ignored"` for what must not or cannot be learned from.
        evidence: What speaks for the kind, for display: `"4 values, 2 % missing"`; for an
            ignored column the reason: `"identifier: all 891 values are different"`.
        date_format: How its cells become dates, see `dlrecipes.data.sources.dates`; empty for all
            else.
        offsets: The offsets of a column of dates with a zone, such as `+01:00` and `+02:00`; empty
            for clock times without one.
        number_form: How its text becomes numbers; None for all else.
        spelling: How a category's cells become one text: as they stand; `"boolean"` for true and
            false, however a program spells them; `"number"` for numbers, so that 3.0 is 3.
        wide: Whether float32 would make different training numbers equal, so that a model takes
            them as float64.
        doubt: What may be wrong about the kind, and the option that settles it; empty for nothing.
        separator: What stands between the items of a list or between the parts; `")"` for a blank
            behind a closing parenthesis, empty for a blank before one of `heads`.
        heads: Words of which each begins an item of a list, as in `Exon 17 Exon 11`.
        parts: What stands at each place of a cell with parts: numbers and categories.
    """

    name: str
    kind: ColumnKind
    evidence: str = ""
    date_format: str = ""
    offsets: tuple[str, ...] = ()
    number_form: NumberForm | None = None
    spelling: Spelling = "as it stands"
    wide: bool = False
    doubt: str = ""
    separator: str = ""
    heads: tuple[str, ...] = ()
    parts: tuple[Column, ...] = ()

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Column:
        """Return the column that `dataclasses.asdict` wrote."""
        form = config.get("number_form")
        made = None if form is None else NumberForm(**form)
        parts = tuple(
            part if isinstance(part, Column) else cls.from_config(part)
            for part in config.get("parts") or ()
        )
        several = {name: tuple(config.get(name) or ()) for name in ("offsets", "heads")}
        return cls(**{**config, **several, "number_form": made, "parts": parts})

    @property
    def is_identifier(self) -> bool:
        """Whether it is ignored because its values are names or numbers of the rows."""
        return self.kind == "ignored" and self.evidence.startswith(f"{IDENTIFIER}:")

    @property
    def dtype(self) -> Literal["float32", "float64", "string"]:
        """What a model takes it as: numbers as float32 or float64, all else as strings."""
        if self.kind != "number":
            return "string"
        return "float64" if self.wide else "float32"
