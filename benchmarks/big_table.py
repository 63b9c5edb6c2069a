"""What a big table costs until training may begin: reading, splitting, the audit.

    python benchmarks/big_table.py --rows 1000000 --json big_table.json

A CSV file of 20 numbers, 8 categories, a date and a binary target, with missing values and a few
copies of rows, is made and then read, split and audited in a fresh process on `--cores` cores: the
seconds of each step, its peak memory, and what the process holds afterwards. Linux only.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from measuring.figures import show
from measuring.fresh_process import in_fresh_process
from measuring.record import Record
from rich.table import Table


def main() -> None:
    """Run what is missing and print the table."""
    options = _parse()
    settings = {"rows": options.rows, "cores": options.cores, "seed": options.seed}
    record = Record(options.json, "big_table", settings)
    summary = []
    for rows in options.rows:
        found = record.measure(f"{rows:,} rows", lambda rows=rows: _measure(rows, options))
        summary += _summarize(rows, found)
    record.conclude(summary, _make_table(summary))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0, help="of the table")
    parser.add_argument("--json", type=Path, help="where measurements are kept")
    return parser.parse_args()


def _measure(rows: int, options: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "table.csv")
        written = in_fresh_process(
            "measuring.table_cost:write_table", path=path, rows=rows, seed=options.seed
        )
        found = in_fresh_process(
            "measuring.table_cost:measure_steps", path=path, target="target", cores=options.cores
        )
    return {**found, "file_mb": written["megabytes"]}


def _summarize(rows: int, found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a row a step, and the whole."""
    steps = [{"rows": rows, "step": name, **one} for name, one in found["steps"].items()]
    whole = {
        "rows": rows,
        "step": "in all",
        "seconds": sum(one["seconds"] for one in steps),
        "peak_mb": max(one["peak_mb"] for one in steps),
        "held_mb": steps[-1]["held_mb"],
        "file_mb": found["file_mb"],
        "findings": found["findings"],
    }
    return [*steps, whole]


def _make_table(summary: list[dict[str, Any]]) -> Table:
    table = Table(title="A big table until training may begin")
    for column in ("rows", "file MB", "step", "seconds", "peak MB", "MB afterwards"):
        table.add_column(column, justify="right")
    for row in summary:
        table.add_row(
            f"{row['rows']:,}",
            show(row.get("file_mb")),
            row["step"],
            show(row["seconds"]),
            f"{row['peak_mb']:,.0f}",
            f"{row['held_mb']:,.0f}",
        )
    return table


if __name__ == "__main__":
    main()
