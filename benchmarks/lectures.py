"""The lectures' claims: every lesson run, and the page that is made of what they measured.

    python benchmarks/lectures.py run
    python benchmarks/lectures.py run --full --only depth
    python benchmarks/lectures.py page --strict

`run` measures the lessons that were not measured yet, or `--again`, writes `lectures.json` beside
this program and a picture a lesson into `docs/lectures/`; a longer form replaces the picture of the
short one. `page` makes `docs/lectures.md`: the introduction of `lectures_head.md`, the lines of
`lectures.toml`, which says what of the project answers which claim, with the figures of these
measurements, and a section a lesson. A line whose lesson is not measured yet says so; with
`--strict` that is an error.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import tomllib
from pathlib import Path
from typing import Any

from measuring.record import Record
from rich.table import Table

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs"


def main() -> None:
    """Run lessons, or write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["run", "page"])
    parser.add_argument("--full", action="store_true", help="the longer forms")
    parser.add_argument("--only", nargs="*", default=[], help="names of lessons")
    parser.add_argument("--again", action="store_true", help="also what is there already")
    parser.add_argument("--strict", action="store_true", help="no page where a figure is lacking")
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if options.what == "page":
        measured = json.loads((HERE / "lectures.json").read_text(encoding="utf-8"))["measurements"]
        lines = read_lines()
        lacking = what_lacks(measured, lines)
        if options.strict and lacking:
            raise SystemExit("\n".join(lacking))
        for sentence in lacking:
            print(sentence)
        (DOCS / "lectures.md").write_text(make_page(measured, lines), encoding="utf-8")
        return
    record = _OfLessons(HERE / "lectures.json", "lectures", {})
    rows = []
    for name in _chosen(options):
        key = f"{name}, full" if options.full else name
        if options.again:
            record.measurements.pop(key, None)
        made = record.measure(key, lambda name=name: measure(name, full=options.full))
        rows.append({"lesson": name, "took": _took(made), "missed": made["missed"]})
    table = Table("lesson", "took", "does not hold")
    for row in rows:
        table.add_row(row["lesson"], row["took"], "; ".join(row["missed"]))
    record.conclude(rows, table)


class _OfLessons(Record):
    """A record whose lessons are of several commits: each is measured when it has changed."""

    def _take_up(self, before: dict[str, Any]) -> None:
        before["versions"]["dlrecipes"] = self._content["versions"]["dlrecipes"]
        super()._take_up(before)


def _chosen(options: argparse.Namespace) -> list[str]:
    from dlrecipes.lesson import lesson_facts, lesson_names

    names = [name for name in lesson_names() if not options.only or name in options.only]
    return [name for name in names if not options.full or lesson_facts(name)[3]]


def measure(name: str, *, full: bool) -> dict[str, Any]:
    """Run a lesson, write its picture and return what it measured, as JSON can hold it.

    Args:
        name: The lesson's.
        full: Whether its longer form is run.
    """
    import keras

    from dlrecipes.lesson import load_lesson, save_picture

    keras.backend.clear_session()
    lesson = load_lesson(name)
    start, used = time.monotonic(), time.process_time()
    measured = lesson.run(full=full)
    seconds, used = time.monotonic() - start, time.process_time() - used
    (DOCS / "lectures").mkdir(exist_ok=True)
    save_picture(measured.picture, DOCS / "lectures" / f"{name}.svg")
    return {
        "seconds": round(seconds, 1),
        "processor seconds": round(used, 1),
        "columns": list(measured.columns),
        "rows": [[_plain(cell) for cell in row] for row in measured.rows],
        "figures": {key: float(value) for key, value in measured.figures.items()},
        "seen": measured.seen,
        "differs": measured.differs,
        "missed": [] if full else list(lesson.missed(measured)),
    }


def _plain(cell: Any) -> str | int | float | None:  # noqa: ANN401
    if cell is None or isinstance(cell, str | int):
        return cell
    return float(f"{float(cell):.6g}")


def read_lines() -> list[dict[str, str]]:
    """Return what answers which claim: the lines of `lectures.toml`."""
    lines: list[dict[str, str]] = tomllib.loads(
        (HERE / "lectures.toml").read_text(encoding="utf-8")
    )["line"]
    return lines


def what_lacks(measured: dict[str, dict[str, Any]], lines: list[dict[str, str]]) -> list[str]:
    """Return a sentence a lesson that is not measured yet, and a figure that no lesson has.

    Args:
        measured: By lesson.
        lines: What answers which claim.
    """
    found = {}  # each once, in the order of the lines
    for line in lines:
        name = line.get("lesson", "")
        if name and name not in measured:
            found[f"The lesson {name!r} is not measured yet."] = None
        elif name:
            known = measured[name]["figures"]
            for one in _wanted(line, list(known)):
                if one not in known:
                    found[f"The lesson {name!r} has no figure {one!r}."] = None
    return list(found)


# ---- the page


def make_page(measured: dict[str, dict[str, Any]], lines: list[dict[str, str]]) -> str:
    """Return the page in Markdown.

    Args:
        measured: By lesson, and by `"NAME, full"`.
        lines: What answers which claim.
    """
    parts: dict[str, list[str]] = {}
    for line in lines:
        parts.setdefault(line["part"], []).append(_line(line, measured))
    text = [(HERE / "lectures_head.md").read_text(encoding="utf-8")]
    for part, rows in parts.items():
        text += [f"## {part}", "", "| lecture | claim | in dlrecipes | command | measured |"]
        text += ["| --- | --- | --- | --- | --- |", *rows, ""]
    text += ["## The lessons", ""]
    for name in sorted(one for one in measured if not one.endswith(", full")):
        text += _section(name, measured)
    return "\n".join(text).rstrip() + "\n"


def _line(line: dict[str, str], measured: dict[str, dict[str, Any]]) -> str:
    command, figure = line.get("command", ""), line.get("measured", "")
    if "planned" in line:
        command, figure = "planned", line["planned"]
    elif "lesson" in line:
        name = line["lesson"]
        command = command or f"dlrecipes lesson {name}"
        figure = _figures(name, line, measured) if name in measured else ""
    elif "recipe" in line:
        from dlrecipes.recipe import read_facts, recipe_path

        command = command or f"dlrecipes tune {line['recipe']}"
        figure = figure or read_facts(recipe_path(line["recipe"])).expected
    waits = "lesson" in line and line["lesson"] not in measured
    shown = "not yet" if waits else command if "planned" in line else f"`{command}`"
    cells = (line["lecture"], line["claim"], line.get("piece", ""), shown, figure)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _figures(name: str, line: dict[str, str], measured: dict[str, dict[str, Any]]) -> str:
    """Return the figures that a line names, or the first two, and where the picture is."""
    found = measured[name]["figures"]
    wanted = [one for one in _wanted(line, list(found)) if one in found]
    said = "; ".join(f"{one} {found[one]:.3g}" for one in wanted)
    return f"{said} ([picture](#{name.replace('_', '-')}))"


def _wanted(line: dict[str, str], known: list[str]) -> list[str]:
    return line["figures"].split("; ") if "figures" in line else known[:2]


def _section(name: str, measured: dict[str, dict[str, Any]]) -> list[str]:
    from dlrecipes.cli.lessons import lectures_text
    from dlrecipes.lesson import load_lesson

    lesson, short = load_lesson(name), measured[name]
    full = measured.get(f"{name}, full")
    text = [
        f"### {lesson.title} {{ #{name.replace('_', '-')} }}",
        "",
        f"Claimed in {lectures_text(lesson.lecture)}: {lesson.claim}",
        "",
        f"![{lesson.title}](lectures/{name}.svg)",
        "",
    ]
    if full:
        text += [f"`dlrecipes lesson {name} --full`, {full['seconds'] / 60:.1f} minutes:", ""]
        text += [*_table(full), "", f"Seen here: {full['seen']}", ""]
        text += [f"In short, `dlrecipes lesson {name}`: {short['seen']}", ""]
    else:
        text += [f"`dlrecipes lesson {name}`, {_took(short)}:", "", *_table(short), ""]
        text += [f"Seen here: {short['seen']}", ""]
    differs = (full or short)["differs"]
    if differs:
        text += [f"Unlike the lecture: {differs}", ""]
    return [*text, f"What to do: {lesson.advice}", ""]


def _took(measured: dict[str, Any]) -> str:
    """Return how long a lesson took, in processor time, which other programs hardly change.

    Older measurements have only the time on the clock.
    """
    if "processor seconds" in measured:
        return f"{measured['processor seconds']:.0f} s of processor time"
    return f"{measured['seconds']:.0f} s"


def _table(measured: dict[str, Any]) -> list[str]:
    from dlrecipes.cli.lessons import cell_text

    heads = measured["columns"]
    rows = [[cell_text(cell).replace("|", "\\|") for cell in row] for row in measured["rows"]]
    lines = ["| " + " | ".join(heads) + " |", "| " + " | ".join("---" for _ in heads) + " |"]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


if __name__ == "__main__":
    main()
