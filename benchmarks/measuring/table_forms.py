"""The same random table in the forms that different programs write it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dlrecipes.data import TableReading

Kind = Literal[
    "whole", "large", "decimal", "float", "percent", "money", "boolean", "category", "code",
    "date", "time", "instant", "text",
]  # fmt: skip
KINDS: tuple[Kind, ...] = (
    "whole", "large", "decimal", "float", "percent", "money", "boolean", "category", "code",
    "date", "time", "instant", "text",
)  # fmt: skip
_BERLIN = ZoneInfo("Europe/Berlin")
_WORDS = (
    "the", "quick", "brown", "fox", "jumps", "over", "lazy", "dogs", "while", "rain", "falls",
    "Zürich", "café", "naïve", "it's", "well-known", "and", "soon",
)  # fmt: skip


@dataclass(frozen=True)
class DrawnColumn:
    """One column of a random table.

    Args:
        name: Its name.
        kind: What its values are.
        values: Numbers as `Decimal` or int, booleans, text, dates; None where missing.
    """

    name: str
    kind: Kind
    values: tuple[Any, ...]


@dataclass(frozen=True)
class DrawnTable:
    """A random table with a target that its first columns tell something about.

    Args:
        columns: The inputs.
        target: The last column: text, booleans, whole numbers or decimals.
    """

    columns: tuple[DrawnColumn, ...]
    target: DrawnColumn

    @property
    def all_columns(self) -> tuple[DrawnColumn, ...]:
        """Inputs, then the target."""
        return (*self.columns, self.target)


@dataclass(frozen=True)
class Form:
    """How a program writes a table.

    Args:
        name: What the form is called.
        write: `write(table, path)`.
        suffix: The file's suffix.
        reading: What the user has to say to `load_table`, such as the encoding.
    """

    name: str
    write: Callable[[DrawnTable, Path], None]
    suffix: str = ".csv"
    reading: TableReading = field(default_factory=TableReading)


@dataclass(frozen=True)
class _Style:
    """How cells of text are written."""

    separator: str = ","
    decimal: str = "."
    thousands: str = ""
    true: str = "True"
    false: str = "False"
    date: str = "%Y-%m-%d"
    time: str = "%Y-%m-%d %H:%M:%S"
    missing: str = ""
    floats_of_gaps: bool = False
    quote_text: bool = False
    encoding: str = "utf-8"
    line_end: str = "\n"
    first_line: str = ""
    signs: bool = False


def draw_table(generator: np.random.Generator) -> DrawnTable:
    """Return a random table of 40 to 160 rows and one to six columns of any kind."""
    rows = int(generator.integers(40, 161))
    kinds = [KINDS[place] for place in generator.integers(0, len(KINDS), generator.integers(1, 7))]
    columns = tuple(
        _column(generator, f"{kind} {place}", kind, rows) for place, kind in enumerate(kinds)
    )
    numeric = next((c.values for c in columns if c.kind in ("whole", "decimal", "float")), None)
    score = generator.normal(size=rows)
    if numeric is not None:
        known = np.array([0.0 if value is None else float(value) for value in numeric])
        score = score + (known - known.mean()) / (known.std() or 1.0)
    return DrawnTable(columns, _target(generator, score))


def _target(generator: np.random.Generator, score: NDArray[np.float64]) -> DrawnColumn:
    kind = generator.choice(["category", "boolean", "whole", "float", "code"])
    high = score > np.median(score)
    if kind == "float":
        values: list[Any] = [Decimal(f"{value:.4f}") for value in score]
    elif kind == "boolean":
        values = [bool(value) for value in high]
    elif kind == "whole":
        values = [int(value) for value in high]
    else:
        names = ("01", "02") if kind == "code" else ("no", "yes")
        values = [names[int(value)] for value in high]
    return DrawnColumn("outcome", "category" if kind == "code" else kind, tuple(values))


def _column(generator: np.random.Generator, name: str, kind: Kind, rows: int) -> DrawnColumn:
    values = _VALUES[kind](generator, rows)
    gaps = generator.random(rows) < (0.1 if generator.random() < 0.4 else 0.0)
    known = [None if gap else value for value, gap in zip(values, gaps, strict=True)]
    return DrawnColumn(name, kind, tuple(known))


def _whole(generator: np.random.Generator, rows: int) -> list[Any]:
    high = int(generator.choice([3, 12, 300, 20_000, 4_000_000]))
    low = int(generator.choice([0, 1, -high]))
    return [int(value) for value in generator.integers(low, high + 1, rows)]


def _large(generator: np.random.Generator, rows: int) -> list[Any]:
    start = int(generator.choice([1_600_000_000, 1_700_000_000_000, 2**40, 123_456_789_012]))
    return [start + int(value) for value in generator.integers(0, 86_400, rows)]


def _decimal(generator: np.random.Generator, rows: int) -> list[Any]:
    digits = int(generator.integers(1, 4))
    scale = float(generator.choice([1.0, 50.0, 3_000.0, 2e6]))
    return [Decimal(f"{value * scale:.{digits}f}") for value in generator.normal(size=rows)]


def _float(generator: np.random.Generator, rows: int) -> list[Any]:
    scale = float(generator.choice([1e-3, 1.0, 1e4]))
    return [Decimal(f"{value * scale:.9g}") for value in generator.lognormal(0, 1, rows)]


def _percent(generator: np.random.Generator, rows: int) -> list[Any]:
    return [Decimal(f"{value:.3f}") for value in generator.normal(0.05, 0.1, rows)]


def _money(generator: np.random.Generator, rows: int) -> list[Any]:
    return [Decimal(f"{value:.2f}") for value in generator.lognormal(7, 1, rows)]


def _boolean(generator: np.random.Generator, rows: int) -> list[Any]:
    return [bool(value) for value in generator.random(rows) < generator.uniform(0.2, 0.8)]


def _category(generator: np.random.Generator, rows: int) -> list[Any]:
    names = ["Oslo", "Zürich", "Rio, Brazil", 'the "Rock"', "Łódź", "São Paulo", "x", "no", "A1"]
    return [str(value) for value in generator.choice(names, rows)]


def _code(generator: np.random.Generator, rows: int) -> list[Any]:
    names = [f"{value:03d}" for value in range(1, 12)]
    names += ["X9"] if generator.random() < 0.5 else []
    return [str(value) for value in generator.choice(names, rows)]


def _days(generator: np.random.Generator, rows: int) -> list[Any]:
    days = generator.integers(0, int(generator.choice([40, 400, 4000])), rows)
    return [datetime(2015, 1, 1) + timedelta(days=int(day)) for day in days]


def _times(generator: np.random.Generator, rows: int) -> list[Any]:
    minutes = generator.integers(0, 600_000, rows)
    return [datetime(2019, 1, 1) + timedelta(minutes=int(minute)) for minute in minutes]


def _instants(generator: np.random.Generator, rows: int) -> list[Any]:
    start = datetime(2021, 10, 20, tzinfo=ZoneInfo("UTC"))
    hours = generator.integers(0, 2000, rows)
    return [(start + timedelta(hours=int(hour))).astimezone(_BERLIN) for hour in hours]


def _texts(generator: np.random.Generator, rows: int) -> list[Any]:
    texts = []
    for _ in range(rows):
        words = generator.choice(_WORDS, int(generator.integers(4, 12))).tolist()
        mark = str(generator.choice([" ", ", ", "\n", ' "', "; "]))
        half = len(words) // 2
        text = " ".join(words[:half]) + mark + " ".join(words[half:])
        texts.append(text + ('"' if mark == ' "' else ""))
    return texts


_VALUES: dict[str, Callable[[np.random.Generator, int], list[Any]]] = {
    "whole": _whole,
    "large": _large,
    "decimal": _decimal,
    "float": _float,
    "percent": _percent,
    "money": _money,
    "boolean": _boolean,
    "category": _category,
    "code": _code,
    "date": _days,
    "time": _times,
    "instant": _instants,
    "text": _texts,
}


def _write_text(style: _Style) -> Callable[[DrawnTable, Path], None]:
    def write(table: DrawnTable, path: Path) -> None:
        columns = table.all_columns
        cells = [[_cell(value, column, style) for value in column.values] for column in columns]
        buffer = io.StringIO(newline="")
        buffer.write(style.first_line)
        writer = csv.writer(
            buffer,
            delimiter=style.separator,
            lineterminator=style.line_end,
            quoting=csv.QUOTE_MINIMAL,
        )
        writer.writerow([column.name for column in columns])
        writer.writerows(zip(*cells, strict=True))
        path.write_bytes(buffer.getvalue().encode(style.encoding))

    return write


def _cell(value: object, column: DrawnColumn, style: _Style) -> str:
    if value is None:
        return style.missing
    if isinstance(value, bool):
        return style.true if value else style.false
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            text = value.strftime("%Y-%m-%d %H:%M:%S%z")
            return f"{text[:-2]}:{text[-2:]}"
        return value.strftime(style.date if column.kind == "date" else style.time)
    if not isinstance(value, int | Decimal):
        return str(value)
    if style.signs and column.kind == "percent":
        return _number(value.scaleb(2), style) + "%"
    if style.signs and column.kind == "money":
        return f"${_number(value, style)}" if style.decimal == "." else f"{_number(value, style)} €"
    # pandas writes whole numbers beside gaps as floating-point numbers
    gaps = style.floats_of_gaps and isinstance(value, int) and None in column.values
    return _number(Decimal(f"{value}.0") if gaps else value, style)


def _number(value: int | Decimal, style: _Style) -> str:
    text = f"{value:,}" if style.thousands and "E" not in f"{value}" else f"{value}"
    swapped = {",": style.thousands, ".": style.decimal}
    return "".join(swapped.get(mark, mark) for mark in text)


def _write_parquet(*, dictionary: bool) -> Callable[[DrawnTable, Path], None]:
    def write(table: DrawnTable, path: Path) -> None:
        arrays = [_arrow(column, dictionary=dictionary) for column in table.all_columns]
        names = [column.name for column in table.all_columns]
        pq.write_table(pa.Table.from_arrays(arrays, names), path)

    return write


def _arrow(column: DrawnColumn, *, dictionary: bool) -> pa.Array:
    values: Sequence[Any] = column.values
    if column.kind in ("category", "code") and isinstance(values[0], str | None):
        array = pa.array(values, pa.string())
        return array.dictionary_encode() if dictionary else array
    if column.kind == "date":
        return pa.array([None if v is None else v.date() for v in values], pa.date32())
    if column.kind == "time":
        return pa.array(values, pa.timestamp("us"))
    if column.kind == "instant":
        return pa.array(values, pa.timestamp("us", tz="Europe/Berlin"))
    if any(isinstance(value, Decimal) for value in values):
        return pa.array([None if v is None else float(v) for v in values], pa.float64())
    return pa.array(values)


FORMS: tuple[Form, ...] = (
    Form("pandas", _write_text(_Style(floats_of_gaps=True))),
    Form("pandas, tabs", _write_text(_Style(separator="\t", floats_of_gaps=True)), ".tsv"),
    Form(
        "pandas, semicolons and decimal commas",
        _write_text(_Style(separator=";", decimal=",", floats_of_gaps=True)),
    ),
    Form(
        "Excel, American",
        _write_text(
            _Style(
                true="TRUE", false="FALSE", date="%m/%d/%Y", time="%m/%d/%Y %I:%M:%S %p",
                encoding="utf-8-sig", line_end="\r\n", thousands=",", signs=True,
            )
        ),
    ),
    Form(
        "Excel, German",
        _write_text(
            _Style(
                separator=";", decimal=",", thousands=".", true="WAHR", false="FALSCH",
                date="%d.%m.%Y", time="%d.%m.%Y %H:%M", encoding="utf-8-sig", line_end="\r\n",
                signs=True,
            )
        ),
    ),
    Form(
        "Excel, semicolons announced",
        _write_text(
            _Style(separator=";", true="TRUE", false="FALSE", line_end="\r\n", first_line="sep=;\n")
        ),
    ),
    Form("R", _write_text(_Style(true="TRUE", false="FALSE", missing="NA"))),
    Form("R, csv2", _write_text(_Style(separator=";", decimal=",", true="TRUE", false="FALSE",
                                       missing="NA"))),
    Form("PostgreSQL", _write_text(_Style(true="t", false="f", separator="|"))),
    Form("JavaScript", _write_text(_Style(true="true", false="false", time="%Y-%m-%dT%H:%M:%S",
                                          missing="null"))),
    Form("British", _write_text(_Style(date="%d/%m/%Y", time="%d/%m/%Y %H:%M", thousands=","))),
    Form("Parquet", _write_parquet(dictionary=False), ".parquet"),
    Form("Parquet, dictionaries", _write_parquet(dictionary=True), ".parquet"),
)  # fmt: skip
"""Forms that programs write. Booleans as t and f, and all else, are to be told by the reader."""
