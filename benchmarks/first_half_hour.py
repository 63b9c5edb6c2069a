"""From arrays to a report: when the first trial ends, and where the time goes.

    python benchmarks/first_half_hour.py --json first_half_hour.json
    python benchmarks/first_half_hour.py --busy 3
    python benchmarks/first_half_hour.py --tasks wide long classes --no-peer

`pictures` are 12,000 made-up pictures of 784 noisy pixels in ten classes, a network of one hidden
layer and 24 trials of 10 epochs: a whole run of dlrecipes (checks, baselines, search, refits, test
set, exports, report) beside KerasTuner's random search of as many trials alone. `wide` has 5,000
columns, `long` 500,000 rows, `classes` 200 classes, with few trials: each phase with its seconds
and the longest time that a listener heard nothing. `--busy` keeps so many other processes at work.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from measuring.figures import show
from measuring.fresh_process import in_fresh_process
from measuring.record import Record
from rich.table import Table

TASKS = {
    "pictures": {"examples": 12_000, "columns": 784, "classes": 10, "trials": 24, "epochs": 10},
    "wide": {"examples": 3_000, "columns": 5_000, "classes": 2, "trials": 4, "epochs": 2},
    "long": {"examples": 500_000, "columns": 10, "classes": 2, "trials": 4, "epochs": 1},
    "classes": {"examples": 20_000, "columns": 30, "classes": 200, "trials": 4, "epochs": 2},
}


def main() -> None:
    """Run what is missing and print the table."""
    options = _parse()
    settings = {"tasks": options.tasks, "busy": options.busy, "seed": options.seed}
    record = Record(options.json, "first_half_hour", {**settings, "share": options.share})
    summary = []
    with _busy(options.busy):
        for task in options.tasks:
            sizes = {**TASKS[task], "seed": options.seed}
            sizes["examples"] = round(options.share * sizes["examples"])
            ours = record.measure(
                f"{task} dlrecipes",
                lambda sizes=sizes: in_fresh_process(
                    "measuring.noisy_pictures:run_dlrecipes", **sizes
                ),
            )
            peer = None
            if task == "pictures" and options.peer:
                peer = record.measure(
                    f"{task} KerasTuner",
                    lambda sizes=sizes: in_fresh_process(
                        "measuring.noisy_pictures:run_keras_tuner", **sizes
                    ),
                )
            summary += _summarize(task, ours, peer)
    record.conclude(summary, _make_table(summary))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=["pictures"])
    parser.add_argument("--busy", type=int, default=0, help="other processes at work meanwhile")
    parser.add_argument("--share", type=float, default=1.0, help="of the examples, for a trial run")
    parser.add_argument("--seed", type=int, default=0, help="of the data")
    parser.add_argument("--no-peer", dest="peer", action="store_false", help="without KerasTuner")
    parser.add_argument("--json", type=Path, help="where measurements are kept")
    return parser.parse_args()


@contextmanager
def _busy(number: int) -> Iterator[None]:
    """Keep so many processes at work, each on a core's worth of sums."""
    command = [sys.executable, "-c", "while True: sum(range(100_000))"]
    processes = [subprocess.Popen(command) for _ in range(number)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _summarize(
    task: str, ours: dict[str, Any], peer: dict[str, Any] | None
) -> list[dict[str, Any]]:
    """Return a row a phase, and the whole."""
    phases = [{"task": task, **phase} for phase in ours["phases"] if phase["seconds"] >= 0.05]
    whole = {
        "task": task,
        "name": "in all",
        "seconds": ours["seconds"],
        "silent": max(phase["silent"] for phase in phases),
        "after": "",
        "first_trial": ours["first_trial"],
        "keras_tuner": None if peer is None else peer["seconds"],
        "times_as_fast": None if peer is None else peer["seconds"] / ours["seconds"],
        "notes": {name: one["note"] for name, one in ours["baselines"].items() if one["note"]},
    }
    return [*phases, whole]


def _make_table(summary: list[dict[str, Any]]) -> Table:
    table = Table(title="From arrays to a report")
    for column in ("task", "phase", "seconds", "longest silence, s", "after", "first trial, s"):
        table.add_column(column)
    for column in ("KerasTuner's search, s", "times as fast"):
        table.add_column(column, justify="right")
    for row in summary:
        table.add_row(
            row["task"],
            row["name"],
            show(row["seconds"]),
            show(row["silent"]),
            row["after"],
            *(show(row.get(name)) for name in ("first_trial", "keras_tuner", "times_as_fast")),
        )
        if row["name"] == "in all":
            table.add_section()
    return table


if __name__ == "__main__":
    main()
