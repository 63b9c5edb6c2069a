"""Lessons on the command line: the list of them, and one that is run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from dlrecipes.cli.messages import one_message
from dlrecipes.errors import RecipeError
from dlrecipes.quiet import quiet_start

if TYPE_CHECKING:
    from dlrecipes.lesson import Measured
    from dlrecipes.lesson.lesson import Cell

LECTURES = "S1 to S4: the four lecture courses on deep learning whose claims are measured."
SCATTER = {  # what is explained where a table has it
    r"±": "±: how far repeats scatter that differ in their random numbers (seeds) only.",
    r"\(\S+ to \S+\)": "In brackets: from the least to the most of the repeats, unless its column "
    "says what.",
}


def list_lessons() -> None:
    """Print the lessons: the lecture and the idea of each, and how long it takes."""
    from dlrecipes.lesson import lesson_facts, lesson_names

    table = Table(box=None, pad_edge=False)
    table.add_column("lesson", no_wrap=True)
    for column in ("lecture", "idea", "seconds", "full, minutes"):
        table.add_column(column)
    for name in lesson_names():
        lecture, title, seconds, minutes = lesson_facts(name)
        table.add_row(name, lecture, title, f"{seconds:.0f}", f"{minutes:g}" if minutes else "")
    Console().print(table)
    Console().print(f"\n{LECTURES}")


def lesson(
    name: Annotated[str, typer.Argument(help="A lesson's name, or a .py file.")],
    out: Annotated[
        Path | None, typer.Option(help="The picture to write, an .svg; NAME.svg by default.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="The longer form, of minutes.")] = False,
) -> None:
    """Run a lesson: what a lecture claims, and what is measured of it here."""
    with one_message():
        _show(name, out, full=full)


def _show(name: str, out: Path | None, *, full: bool) -> None:
    with quiet_start():
        from dlrecipes.lesson import load_lesson, save_picture

        chosen = load_lesson(name)
    if full and not chosen.full_minutes:
        raise RecipeError(
            "Only a lesson with a longer form has a `--full` one.",
            received=f"the lesson {chosen.name!r}, which has none",
            fix="Leave the option out.",
        )
    target = out or Path(f"{chosen.name}.svg")
    if target.suffix != ".svg":
        raise RecipeError(
            "The picture is an SVG file.", received=f"{target}", fix=f"For example {target}.svg."
        )
    console = Console()
    console.print(f"[bold]{chosen.title}[/bold]")
    console.print(f"Claimed in {lectures_text(chosen.lecture)}: {chosen.claim}\n")
    with console.status("measuring"), quiet_start():
        measured = chosen.run(full=full)
    console.print(_table(measured))
    for line in _explained(measured):
        console.print(line)
    console.print(f"\nSeen here: {measured.seen}")
    if measured.differs:
        console.print(f"Unlike the lecture: {measured.differs}")
    console.print(f"What to do: {chosen.advice}")
    missed = () if full else chosen.missed(measured)
    for line in missed:
        console.print(f"[yellow]Not as it was measured before:[/yellow] {line}.")
    typer.echo(save_picture(measured.picture, target))


def _table(measured: Measured) -> Table:
    table = Table(*measured.columns, box=None, pad_edge=False)
    for row in measured.rows:
        table.add_row(*(cell_text(cell) for cell in row))
    return table


def _explained(measured: Measured) -> list[str]:
    words = [str(cell) for row in (measured.columns, *measured.rows) for cell in row]
    return [said for mark, said in SCATTER.items() if any(re.search(mark, one) for one in words)]


def cell_text(cell: Cell) -> str:
    """Return a cell of a lesson's table as it is printed.

    Args:
        cell: Text, a number (three digits), or None for nothing.
    """
    if cell is None:
        return ""
    return f"{cell:.3g}" if isinstance(cell, float) else str(cell)


def lectures_text(lecture: str) -> str:
    """Return a lesson's lectures in words: "lecture S2", "lectures S2, S3 and S4".

    Args:
        lecture: As a lesson writes them, `"S2"` or `"S2, S3, S4"`.
    """
    *others, last = lecture.split(", ")
    return f"lectures {', '.join(others)} and {last}" if others else f"lecture {last}"
