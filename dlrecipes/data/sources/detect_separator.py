"""Which character separates the cells of a file."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence

from dlrecipes.data.sources.detect_header import is_number
from dlrecipes.data.sources.read_rows import SPACES, cells_of_any_length

# From the most telling to the least: a comma is also a decimal mark and stands in every text.
SEPARATORS = ("\t", ";", "|", ",")
ALIKE = (1.0, 0.9, 0.6)
WHOLE_ROWS = 10


def detect_separator(lines: Sequence[str], *, quoting: bool, suffix: str) -> str:
    """Return the separator that cuts most of the lines into equally many cells.

    Args:
        lines: First lines of the file.
        quoting: Whether quotes hold a cell together.
        suffix: The file's suffix, which decides where the lines do not.

    Returns:
        One of `,`, `;`, tab and `|`, any of them for a single column; a space for columns of
        numbers in runs of spaces.
    """
    if suffix in (".tsv", ".tab") and any("\t" in line for line in lines):
        return "\t"
    modes = {separator: _mode(lines, separator, quoting=quoting) for separator in SEPARATORS}
    for alike in ALIKE:
        best, found = 1, ""
        for separator, (width, share) in modes.items():
            # Decimal commas make one cell more than there are columns at most.
            score = width - 1 if separator == "," and found else width
            if share >= alike and score > best:
                best, found = score, separator
        if found == "\t" and _width_in_spaces(lines, quoting=quoting) > best:
            return SPACES  # a tab among spaces
        if found:
            return found
    if _width_in_spaces(lines, quoting=quoting) > 1:
        return SPACES
    first = next((line for line in lines if line.strip()), "")
    if suffix == ".txt" or not any(separator in first for separator in SEPARATORS):
        return "\t"
    return max(reversed(SEPARATORS), key=first.count)


def _mode(lines: Sequence[str], separator: str, *, quoting: bool) -> tuple[int, float]:
    """Return the most frequent number of cells, and the share of rows that have it."""
    reader = csv.reader(
        lines,
        delimiter=separator,
        quoting=csv.QUOTE_MINIMAL if quoting else csv.QUOTE_NONE,
        skipinitialspace=True,
    )
    try:
        with cells_of_any_length():
            widths = [len(row) for row in reader if row]
    except csv.Error:
        widths = []
    # The last of many lines may end inside a quoted cell.
    counts = Counter(widths[:-1] if len(widths) > WHOLE_ROWS else widths)
    if not counts:
        return 1, 0.0
    width = max(counts, key=lambda width: (counts[width], width))
    return width, counts[width] / counts.total()


def _width_in_spaces(lines: Sequence[str], *, quoting: bool) -> int:
    """Return how many cells runs of spaces make of each line, if most are numbers, else 0."""
    filled = [line.replace("\t", " ").strip() for line in lines if line.strip()]
    reader = csv.reader(
        filled[:-1] if len(filled) > WHOLE_ROWS else filled,
        delimiter=SPACES,
        quoting=csv.QUOTE_MINIMAL if quoting else csv.QUOTE_NONE,
        skipinitialspace=True,
    )
    try:
        with cells_of_any_length():
            rows = list(reader)
    except csv.Error:
        return 0
    if len(rows) < 2 or len({len(row) for row in rows}) > 1:
        return 0
    below = [cell for row in rows[1:] for cell in row]
    numbers = sum(map(is_number, below))
    return len(rows[0]) if 2 * numbers >= len(below) else 0
