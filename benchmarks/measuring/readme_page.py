"""A benchmark's tables in the README, between two marks that stay there."""

from __future__ import annotations

from pathlib import Path

README = Path(__file__).parent.parent / "README.md"
END = "<!-- to here -->"


def begin_mark(program: str) -> str:
    """Return the line behind which a program writes.

    Args:
        program: Its file's name, such as `"everyday.py"`.
    """
    return f"<!-- {program} writes from here -->"


def markdown(heads: list[str], rows: list[list[str]]) -> list[str]:
    """Return the lines of a table.

    Args:
        heads: The columns' names.
        rows: Cells, a row as long as `heads` each.
    """
    lines = [heads, ["---"] * len(heads), *rows]
    return ["| " + " | ".join(cells) + " |" for cells in lines]


def write_between(file: Path, program: str, text: str) -> None:
    """Put a text between the two marks of a page, in the place of what stands there.

    Args:
        file: The page.
        program: Whose mark it is.
        text: The text.
    """
    mark = begin_mark(program)
    before, begin, rest = file.read_text(encoding="utf-8").partition(mark)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"{file} must have the lines {mark} and {END}.")
    file.write_text(f"{before}{mark}\n\n{text}\n\n{END}{after}", encoding="utf-8")
