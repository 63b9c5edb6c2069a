"""Cells with several facts: lists of items, and parts that each have their place."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import pandas as pd

from dlrecipes.data.option_text import as_option
from dlrecipes.data.sources.number_cells import are_codes
from dlrecipes.data.sources.plain_values import MISSING, MISSING_AMONG_NUMBERS, amount, described
from dlrecipes.errors import DataError
from dlrecipes.results import Column, plural
from dlrecipes.results.column import NumberForm

LIST_SEPARATORS = (";", "|", "\n", ",")
PART_SEPARATORS = ("/", "|", ";")
CLOSING = ")"
"""The separator of a blank behind a closing parenthesis, as in `R1 (c.1A>C) G2 (c.2G>C)`."""

LEAST_ROWS = 20
LEAST_LISTS, LISTS = 5, 0.02
"""Cells, and their share, that must have several items before a column is one of lists."""
RECURRING, MOVED = 0.9, 0.5
MOST_WORDS = 6
MOST_HEADS = 20
MOST_LABELS = 20
LEAST_PARTS = 10
MOST_PARTS = 4
_NAMED = 3

NUMBER = r"[+-]?\d+(?:\.\d+|,\d{1,2})?"
"""A number in a part, for Python and RE2; a comma before three digits may be a thousand."""
BLANK = frozenset((*MISSING, *MISSING_AMONG_NUMBERS))
"""Parts that are missing."""


def boundary(separator: str, heads: Sequence[str] = ()) -> tuple[str, str]:
    r"""Return what is replaced by what so that items are apart: the mark between them is `\x1f`.

    Args:
        separator: As a `Column` has it.
        heads: Words that begin an item, likewise.

    Returns:
        A regular expression and its replacement, for Python and RE2.
    """
    if heads:
        return rf"\s+({'|'.join(map(re.escape, sorted(heads)))})(\s)", "\x1f\\1\\2"
    if separator == CLOSING:
        return r"\)\s+", ")\x1f"
    return re.escape(separator), "\x1f"


def items_of(cell: str, separator: str, heads: Sequence[str] = ()) -> list[str]:
    """Return the items of a cell, without empty ones.

    Args:
        cell: Its text.
        separator: As a `Column` has it.
        heads: Words that begin an item, likewise.

    Example:
        >>> from dlrecipes.data.sources.scan_cells import items_of
        >>> items_of("bone pain; kyphosis", ";"), items_of("Exon 17 Exon 11", "", ["Exon"])
        (['bone pain', 'kyphosis'], ['Exon 17', 'Exon 11'])
    """
    mark, written = boundary(separator, heads)
    items = re.sub(mark, written, cell).split("\x1f")
    return [item.strip() for item in items if item.strip()]


def scan_list(name: str, values: pd.Series[Any]) -> Column | None:
    """Return a column of lists, or None if its cells are none.

    They are lists if a few items come again and again in different company and at different
    places, as an address's or a sentence's do not.

    Args:
        name: The column's name.
        values: Text, `(rows,)`.

    Example:
        >>> import pandas as pd
        >>> from dlrecipes.data.sources.scan_cells import scan_list
        >>> cells = pd.Series(["pain; fever", "fever", "pain", "fever; cough", "cough; pain"] * 5)
        >>> column = scan_list("findings", cells)
        >>> column.kind, column.separator, column.evidence
        ('list', ';', "lists, 3 different items between ';'")
    """
    counts = values.value_counts()
    if int(counts.sum()) < LEAST_ROWS or len(counts) < 2:
        return None
    for separator, heads in _ways(counts):
        if _are_lists(counts, separator, heads):
            return _list_column(name, values, separator, heads)
    return None


def forced_list(name: str, values: pd.Series[Any]) -> Column:
    """Return a column as one of lists, as the user says.

    Args:
        name: The column's name.
        values: Its cells, `(rows,)`.

    Raises:
        DataError: If no cell has two items.
    """
    counts = values.dropna().astype("str").value_counts()
    found = scan_list(name, values) if len(counts) else None
    if found is not None:
        return found
    ranked = [
        (sum(counts[cell] for cell in counts.index if len(items_of(cell, *way)) > 1), way)
        for way in _ways(counts)
    ]
    most, way = max(ranked, key=lambda pair: pair[0], default=(0, ("", ())))
    if not most:
        raise DataError(
            f"Column {name!r} must hold lists, as kinds asks.",
            received=f"no cell with two items, such as {str(counts.index[0])!r}"
            if len(counts)
            else "nothing",
            fix="Write a semicolon between the items.",
        )
    return _list_column(name, values, *way)


def scan_parts(name: str, values: pd.Series[Any], *, asked: bool = False) -> Column | None:
    """Return a column whose cells have parts, at least one of them a number, or None.

    Args:
        name: The column's name; if it has as many parts, they name those of the cells.
        values: Text, `(rows,)`.
        asked: Whether the user says so: a few rows, and few different cells, are then enough.

    Example:
        >>> import pandas as pd
        >>> from dlrecipes.data.sources.scan_cells import scan_parts
        >>> cells = pd.Series([f"{sex}/{age}" for sex in "FM" for age in range(1, 30)] * 2)
        >>> column = scan_parts("Sex/Age", cells)
        >>> [(part.name, part.kind) for part in column.parts]
        [('Sex/Age: Sex', 'category'), ('Sex/Age: Age', 'number')]
    """
    counts = values.dropna().astype("str").value_counts()
    counts = counts[~counts.index.isin(list(BLANK))]
    if not len(counts):
        return None
    if not asked and (int(counts.sum()) < LEAST_ROWS or len(counts) <= LEAST_PARTS):
        return None
    for separator in PART_SEPARATORS:
        number = len(str(counts.index[0]).split(separator))
        if not 2 <= number <= MOST_PARTS:
            continue
        cells = [str(cell).split(separator) for cell in counts.index]
        if any(len(cell) != number for cell in cells):
            continue
        names = _part_names(name, separator, number)
        parts = [
            _part(title, [cell[at].strip() for cell in cells], counts, asked=asked)
            for at, title in enumerate(names)
        ]
        made = tuple(part for part in parts if part is not None)
        if len(made) == number and any(part.kind == "number" for part in made):
            said = ", ".join(
                f"{part.name.removeprefix(f'{name}: ')} ({part.kind})" for part in made
            )
            evidence = described(f"{number} parts between {separator!r}: {said}", values)
            return Column(name, "parts", evidence, separator=separator, parts=made)
    return None


def forced_parts(name: str, values: pd.Series[Any]) -> Column:
    """Return a column as one of cells with parts, as the user says.

    Args:
        name: The column's name.
        values: Its cells, `(rows,)`.

    Raises:
        DataError: If they have none.
    """
    found = scan_parts(name, values, asked=True)
    if found is None:
        known = values.dropna()
        raise DataError(
            f"Column {name!r} must hold cells with the same number of parts, at least one of them "
            "numbers, as kinds asks.",
            received=f"cells such as {str(known.iloc[0])!r}" if len(known) else "nothing",
            fix="Write them as F/3.",
        )
    return found


def parts_pattern(column: Column) -> str:
    """Return the regular expression, for Python and RE2, of cells with a column's parts.

    Args:
        column: One of kind `"parts"`.
    """
    mark = re.escape(column.separator)
    blank = "|".join(re.escape(text) for text in sorted(BLANK) if column.separator not in text)
    places = [
        rf"\s*(?:{NUMBER}|{blank})\s*" if part.kind == "number" else rf"[^{mark}]*"
        for part in column.parts
    ]
    return mark.join(places)


def overruled(column: Column) -> str:
    """Return the option with which a cell stays as it stands.

    Args:
        column: One of kind `"list"`, `"parts"` or `"dna"`.
    """
    return as_option("kinds", f"{column.name}=category")


def _ways(counts: pd.Series[int]) -> list[tuple[str, tuple[str, ...]]]:
    """Return the separators that occur, the surest first."""
    cells = [str(cell) for cell in counts.index]
    ways: list[tuple[str, tuple[str, ...]]] = [
        (separator, ()) for separator in LIST_SEPARATORS if any(separator in cell for cell in cells)
    ]
    if all(cell.rstrip().endswith(CLOSING) for cell in cells):
        ways.append((CLOSING, ()))
    heads = _heads(cells)
    if heads:
        ways.append(("", heads))
    return ways


def _heads(cells: Sequence[str]) -> tuple[str, ...]:
    """Return the first words of all cells, if some cells have one of them again."""
    first = {cell.split()[0] for cell in cells if cell.strip()}
    if not 1 <= len(first) <= MOST_HEADS or not all(word[0].isalpha() for word in first):
        return ()
    again = any(word in first for cell in cells for word in cell.split()[2:-1])
    return tuple(sorted(first)) if again else ()


def _are_lists(counts: pd.Series[int], separator: str, heads: Sequence[str]) -> bool:
    cells = {str(cell): items_of(str(cell), separator, heads) for cell in counts.index}
    total = int(counts.sum())
    several = sum(int(counts[cell]) for cell, items in cells.items() if len(items) > 1)
    if several < max(LEAST_LISTS, LISTS * total):
        return False
    often: Counter[str] = Counter()
    company: defaultdict[str, set[str]] = defaultdict(set)
    places: defaultdict[str, set[int]] = defaultdict(set)
    for cell, items in cells.items():
        for at, item in enumerate(items):
            often[item] += int(counts[cell])
            company[item].add(cell)
            places[item].add(at)
    if not 2 <= len(often) < len(cells):
        return False
    if any(len(item.split()) > MOST_WORDS for item in often):
        return False
    occurrences = sum(often.values())

    def share(kept: Mapping[str, bool]) -> float:
        return sum(count for item, count in often.items() if kept[item]) / occurrences

    numbers = {item: re.fullmatch(NUMBER, item) is not None for item in often}
    recurring = {item: len(company[item]) > 1 for item in often}
    moved = {item: len(places[item]) > 1 for item in often}
    return share(numbers) < MOVED and share(recurring) >= RECURRING and share(moved) >= MOVED


def _list_column(name: str, values: pd.Series[Any], separator: str, heads: Sequence[str]) -> Column:
    items = {
        item for cell in values.dropna().unique() for item in items_of(str(cell), separator, heads)
    }
    between = {"\n": "line breaks", CLOSING: "')' and a blank"}.get(separator, repr(separator))
    said = f"each beginning with {' or '.join(heads[:_NAMED])}" if heads else f"between {between}"
    evidence = described(f"lists, {plural(len(items), 'different item')} {said}", values)
    return Column(name, "list", evidence, separator=separator, heads=tuple(heads))


def _part_names(name: str, separator: str, number: int) -> list[str]:
    for mark in dict.fromkeys((separator, "/", "_", "|", ";", ",", " and ")):
        titles = [title.strip() for title in name.split(mark)]
        if len(titles) == number and all(titles) and len(set(titles)) == number:
            return [f"{name}: {title}" for title in titles]
    return [f"{name}: {at}" for at in range(1, number + 1)]


def _part(name: str, texts: Sequence[str], counts: pd.Series[int], *, asked: bool) -> Column | None:
    """Return what stands at one place of all cells; None if it is nothing to take apart."""
    known = pd.Series([text for text in texts if text not in BLANK], dtype="str")
    different = known.unique()
    if len(different) < 2:
        return None
    if all(re.fullmatch(NUMBER, text) for text in different):
        numbers = sorted(float(text.replace(",", ".")) for text in different)
        counted = all(above - below == 1 for below, above in pairwise(numbers))
        if are_codes(known) or (not asked and counted and len(different) == int(counts.sum())):
            return None
        fractions = any("." in text or "," in text for text in different)
        evidence = f"{amount(numbers[0])} to {amount(numbers[-1])}"
        return Column(name, "number", evidence, number_form=NumberForm(fractions=fractions))
    if len(different) > MOST_LABELS:
        return None
    return Column(name, "category", plural(len(different), "value"))
