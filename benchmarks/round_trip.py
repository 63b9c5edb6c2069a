"""Random tables, each written in two forms: does a network get the same numbers, bit for bit?

    python benchmarks/round_trip.py --tables 2000 --json round_trip.json

A table of random columns (whole numbers, decimals, percentages, money, booleans, categories, codes,
dates, times, times with a zone, texts) is written as pandas, Excel, R, PostgreSQL or JavaScript
write it, or as Parquet, in two of these forms. Training on either must give the same arrays, and a
model of the first form must read the second one as the first; or there is one error that names the
column. Everything else is a fault: a silent difference, or a traceback.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from measuring.round_trips import make_round_trip
from rich.console import Console
from rich.table import Table

OUTCOMES = ("same", "refused", "refused without a column", "different", "traceback")


def main() -> None:
    """Make the round trips and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tables", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0, help="seed of the first table")
    parser.add_argument("--json", type=Path, help="where what was not the same is written")
    options = parser.parse_args()
    trips = [make_round_trip(options.first + at) for at in range(options.tables)]
    if options.json:
        faults = [asdict(trip) for trip in trips if (trip.trained, trip.predicted) != ("same",) * 2]
        options.json.write_text(json.dumps(faults, indent=1), encoding="utf-8")
    table = Table("", *OUTCOMES, title=f"{options.tables:,} tables in two forms")
    for what, outcomes in (
        ("trained on either", Counter(trip.trained for trip in trips)),
        ("read by a model of the first", Counter(trip.predicted for trip in trips)),
    ):
        table.add_row(what, *(f"{outcomes[outcome]:,}" for outcome in OUTCOMES))
    Console().print(table)


if __name__ == "__main__":
    main()
