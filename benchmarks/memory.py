"""How memory grows over a search: trial after trial, and structure after structure.

    python benchmarks/memory.py --engine auto --json memory.json

500 trials of one structure (a whole search, with its study on disk) and 60 trials of 12
structures (one after the other in one engine), each in a fresh process; `fit` beside it with
fewer trials. The growth is the slope of the resident memory, by trial or by structure, by least
squares after the first fifth. Linux only.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from measuring.figures import show, slope
from measuring.fresh_process import in_fresh_process
from measuring.record import Record
from rich.table import Table


def main() -> None:
    """Run what is missing and print the table."""
    options = _parse()
    names = ("trials", "fit_trials", "structures", "each", "epochs")
    record = Record(options.json, "memory", {name: getattr(options, name) for name in names})
    summary = []
    for engine in dict.fromkeys([*options.engine, "fit"]):
        trials = options.fit_trials if engine == "fit" else options.trials
        one = record.measure(
            f"{engine} one structure",
            lambda engine=engine, trials=trials: in_fresh_process(
                "measuring.memory_growth:one_structure",
                engine=engine,
                trials=trials,
                epochs=options.epochs,
            ),
        )
        many = record.measure(
            f"{engine} many structures",
            lambda engine=engine: in_fresh_process(
                "measuring.memory_growth:many_structures",
                engine=engine,
                structures=options.structures,
                each=options.each,
                epochs=options.epochs,
            ),
        )
        summary += [
            _summarize(engine, f"{trials} trials of one structure", one, "trial"),
            _summarize(
                engine,
                f"{options.structures} structures, {options.each} trials each",
                many,
                "structure",
            ),
        ]
    record.conclude(summary, _make_table(summary))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--engine", nargs="+", default=["auto"], help="`fit` is always there")
    parser.add_argument("--trials", type=int, default=500, help="of one structure")
    parser.add_argument("--fit-trials", type=int, default=60, help="of one structure, with fit")
    parser.add_argument("--structures", type=int, default=12)
    parser.add_argument("--each", type=int, default=5, help="trials of each structure")
    parser.add_argument("--epochs", type=int, default=2, help="epochs of a trial")
    parser.add_argument("--json", type=Path, help="where measurements are kept")
    return parser.parse_args()


def _summarize(engine: str, what: str, found: dict[str, Any], unit: str) -> dict[str, Any]:
    """Return how memory grew with each unit: trial or structure."""
    return {
        "engine": engine,
        "trained_by": found["engines"],
        "what": what,
        "mb_after_first": found["sizes"][0],
        "mb_at_end": found["sizes"][-1],
        f"mb_per_{unit}": slope(found["sizes"]),
    }


def _make_table(summary: list[dict[str, Any]]) -> Table:
    table = Table(title="Resident memory")
    for column in ("engine", "trained by", "what", "MB after the first", "MB at the end"):
        table.add_column(column)
    for column in ("MB a trial", "MB a structure"):
        table.add_column(column)
    for row in summary:
        table.add_row(
            row["engine"],
            row["trained_by"],
            row["what"],
            f"{row['mb_after_first']:.0f}",
            f"{row['mb_at_end']:.0f}",
            show(row.get("mb_per_trial")),
            show(row.get("mb_per_structure")),
        )
    return table


if __name__ == "__main__":
    main()
