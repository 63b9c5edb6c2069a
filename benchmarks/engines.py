"""What a training step costs in each engine, and how near `auto` comes to the best.

    python benchmarks/engines.py --json engines.json
    python benchmarks/engines.py --sweep --batch-sizes 32 128 --members 4 16 --json sweep.json

Each combination of shape, batch, members and engine runs in fresh processes, interleaved. A
shape is one of the tasks (their perceptrons have dropout) or the widths of a perceptron without
dropout. `fit` trains one model after the other, so two members are enough for its steps.
"""

from __future__ import annotations

import argparse
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

from measuring.figures import show, show_spread
from measuring.fresh_process import in_fresh_process
from measuring.record import Measurement, Record
from rich.table import Table

SHAPES = (
    "64-16-10",
    "digits_mlp_deep",
    "784-32-16-10",
    "784-128-128-10",
    "digits_cnn",
    "small_resnet",
)
WIDTHS, DEPTHS = (32, 128, 512), (1, 2, 4)
ENGINES = ("fit", "resident", "population", "auto")
FIT_MEMBERS = 2
NUMBERS = ("steps", "work_epochs", "seconds", "repeats")


def main() -> None:
    """Run what is missing and print the table."""
    options = _parse()
    settings = {name: getattr(options, name) for name in NUMBERS}
    record = Record(options.json, "engines", settings)
    cases = list(product(options.shapes, options.batch_sizes, options.members))
    for round_number, case in product(range(options.runs), cases):
        for engine in options.engines:
            record.measure(
                _key(round_number, case, engine),
                lambda case=case, engine=engine: _measure(case, engine, settings),
            )
    summary = [
        row for case in cases for row in _summarize(record, case, options.engines, options.runs)
    ]
    record.conclude(summary, _make_table(summary, options.runs))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shapes", nargs="+", default=SHAPES)
    parser.add_argument("--sweep", action="store_true", help="widths and depths in their place")
    parser.add_argument("--widths", nargs="+", type=int, default=WIDTHS)
    parser.add_argument("--depths", nargs="+", type=int, default=DEPTHS)
    parser.add_argument("--batch-sizes", nargs="+", type=int, default=[32])
    parser.add_argument("--members", nargs="+", type=int, default=[16])
    parser.add_argument("--engines", nargs="+", default=ENGINES)
    parser.add_argument("--steps", type=int, default=50, help="steps an epoch")
    parser.add_argument("--work-epochs", type=int, default=100, help="what `auto` decides for")
    parser.add_argument("--seconds", type=float, default=1.0, help="of a measured difference")
    parser.add_argument("--repeats", type=int, default=3, help="differences in a process")
    parser.add_argument("--runs", type=int, default=3, help="processes for each")
    parser.add_argument("--json", type=Path, help="where measurements are kept")
    options = parser.parse_args()
    if options.sweep:
        options.shapes = [
            "-".join(["784", *[str(width)] * depth, "10"])
            for width, depth in product(options.widths, options.depths)
        ]
    return options


def _key(round_number: int, case: tuple[str, int, int], engine: str) -> str:
    shape, batch_size, members = case
    return f"round {round_number + 1} {shape} batch {batch_size} members {members} {engine}"


def _measure(case: tuple[str, int, int], engine: str, settings: dict[str, Any]) -> Measurement:
    shape, batch_size, members = case
    return in_fresh_process(
        "measuring.engine_cost:measure_cost",
        engine=engine,
        shape=shape,
        batch_size=batch_size,
        members=min(members, FIT_MEMBERS) if engine == "fit" else members,
        **settings,
    )


def _summarize(
    record: Record, case: tuple[str, int, int], engines: list[str], runs: int
) -> list[dict[str, Any]]:
    rows = []
    for engine in engines:
        found = [record.measurements[_key(number, case, engine)] for number in range(runs)]
        errors = [one["error"] for one in found if "error" in one]
        row: dict[str, Any] = dict(zip(("shape", "batch", "members"), case, strict=True))
        row["engine"] = engine
        if errors:
            row["error"] = errors[0]
        else:
            row["trained_by"] = sorted({one["engines"] for one in found})
            row["ms"] = [one["ms"] for one in found]
            row["first_seconds"] = [one["first_seconds"] for one in found]
            row["later_ms_per_trial"] = [
                1000 * one["later_seconds"] / one["members"] for one in found
            ]
            row["share_of_peak"] = [
                1000 * one["gflop"] / one["ms"] / one["peak_gflop_per_second"] for one in found
            ]
        rows.append(row)
    named = [median(row["ms"]) for row in rows if "ms" in row and row["engine"] != "auto"]
    for row in rows:
        if named and "ms" in row:
            row["times_best"] = median(row["ms"]) / min(named)
    return rows


def _make_table(summary: list[dict[str, Any]], runs: int) -> Table:
    table = Table(title=f"ms a member-step; median (smallest-largest) of {runs} processes")
    for column in ("shape", "batch", "members", "engine", "trained by", "ms a member-step"):
        table.add_column(column)
    for column in ("times the best", "of the peak", "first run, s", "later, ms a trial"):
        table.add_column(column)
    before = None
    for row in summary:
        case = [row["shape"], str(row["batch"]), str(row["members"])]
        if before not in (None, case):
            table.add_section()
        before = case
        if "error" in row:
            table.add_row(*case, row["engine"], "-", row["error"])
            continue
        table.add_row(
            *case,
            row["engine"],
            ", ".join(row["trained_by"]),
            show_spread(row["ms"]),
            show(row.get("times_best")),
            f"{median(row['share_of_peak']):.1%}",
            show(median(row["first_seconds"])),
            show(median(row["later_ms_per_trial"])),
        )
    return table


if __name__ == "__main__":
    main()
