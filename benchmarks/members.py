"""What the members of TabM cost: seconds an epoch against perceptrons of the same width.

    export DLRECIPES_DATA=/path/to/data
    python benchmarks/members.py --json members.json

In each round, in an order of its own: one perceptron and one TabM in the resident engine; as many
perceptrons as it has members, and one TabM, in the population. Ratios are taken within a round.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path
from statistics import median

from measuring.compared_tables import TABLES
from measuring.fresh_process import in_fresh_process
from measuring.record import Record
from rich.table import Table


def main() -> None:
    """Run what is missing and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--table", choices=TABLES, default="adult")
    parser.add_argument("--members", type=int, default=16)
    parser.add_argument("--encoding", default="plain")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="where the measurements are kept")
    options = parser.parse_args()
    cases = {
        "perceptron, resident": {"members": 0, "copies": 1, "engine": "resident"},
        "TabM, resident": {"members": options.members, "copies": 1, "engine": "resident"},
        "perceptrons, population": {
            "members": 0,
            "copies": options.members,
            "engine": "population",
        },
        "TabM, population": {"members": options.members, "copies": 1, "engine": "population"},
    }
    settings = {name: getattr(options, name) for name in ("table", "members", "encoding", "epochs")}
    shared = {"table": options.table, "epochs": options.epochs, "encoding": options.encoding}
    record = Record(options.json, "members", settings)
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(options.rounds):
        names = list(cases)
        random.Random(number).shuffle(names)
        for name in names:
            found = record.measure(
                f"{name}, round {number}",
                lambda name=name: in_fresh_process(
                    "measuring.members_cost:time_epochs", **cases[name], **shared
                ),
            )
            seconds[name].append(found["seconds"])
    table = Table("network", "engine that trained", "seconds an epoch", "times a perceptron")
    summary = []
    for name, values in seconds.items():
        pairs = zip(values, seconds["perceptron, resident"], strict=True)
        ratios = [own / one for own, one in pairs]
        engines = record.measurements[f"{name}, round 0"]["engines"]
        summary.append({"network": name, "seconds": values, "ratios": ratios})
        spread = f"{min(ratios):.1f}–{max(ratios):.1f}"
        table.add_row(
            name, ", ".join(engines), f"{median(values):.2f}", f"{median(ratios):.1f} ({spread})"
        )
    record.conclude(summary, table)


if __name__ == "__main__":
    main()
