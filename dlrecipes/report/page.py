"""A page with pictures by itself, in the manner of the report: one file that loads nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import jinja2

from dlrecipes.report.plot import Plot, packed_plotly
from dlrecipes.results import write_text


@dataclass(frozen=True)
class Page:
    """What stands on a page.

    Args:
        over: What it is about, in small letters above the title.
        title: What one learns from it, in a sentence.
        plots: The pictures.
        lines: Sentences below the title.
        columns: The heads of a table.
        rows: Its rows, as text.
    """

    over: str
    title: str
    plots: tuple[Plot, ...]
    lines: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def write_page(page: Page, path: Path) -> Path:
    """Write a page, as a whole or not at all, and return where it is.

    Args:
        page: What stands on it.
        path: The file, in a folder that exists.
    """
    write_text(path, environment().get_template("page.html.j2").render(page=page))
    return path


def environment() -> jinja2.Environment:
    """Return what makes a page of a template beside this file, with plotly at hand."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("dlrecipes.report", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["plotly_js"] = packed_plotly()
    return made
