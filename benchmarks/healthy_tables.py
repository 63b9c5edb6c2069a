"""How often the audit warns of tables in which nothing is wrong.

    python benchmarks/healthy_tables.py --draws 1000 --seed 0 --json healthy_tables.json

Each draw is a table of 60 to 2,000 rows with ties, heavy tails, rare levels, whole-number codes,
copies, dates and missing cells (`measuring/healthy_tables.py`), split into parts by chance, by
group or by time. Every warning and error of the audit is a false alarm; the JSON has each with
its verdict and the number of its table.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from measuring.record import Record
from rich.table import Table

DRAWS_AT_ONCE = 50


def main() -> None:
    """Run what is missing and print the table."""
    options = _parse()
    settings = {"draws": options.draws, "seed": options.seed}
    record = Record(options.json, "healthy_tables", settings)
    last = options.seed + options.draws
    found = []
    for start in range(options.seed, last, DRAWS_AT_ONCE):
        seeds = range(start, min(start + DRAWS_AT_ONCE, last))
        key = f"tables {seeds[0]} to {seeds[-1]}"
        found.append(record.measure(key, lambda seeds=seeds: _measure(seeds)))
    summary = _summarize(found)
    record.conclude(summary, _make_table(summary))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="number of the first table")
    parser.add_argument("--json", type=Path, help="where measurements are kept")
    return parser.parse_args()


def _measure(seeds: range) -> dict[str, Any]:
    """Return how often each check ran, and its alarms."""
    from measuring.healthy_tables import draw_healthy_table

    from dlrecipes.data import SplitRule, audit, from_table
    from dlrecipes.errors import DlrecipesError

    ran: dict[str, int] = {}
    alarms: list[dict[str, Any]] = []
    for seed in seeds:
        table = draw_healthy_table(seed)
        split_rule = SplitRule(split_seed=seed, **table.by)
        try:
            findings = audit(from_table(table.frame, table.target, split_rule=split_rule))
        except DlrecipesError as error:
            alarms.append(
                {"table": seed, "check": "reading", "severity": "error", "said": f"{error}"}
            )
            continue
        for finding in findings:
            ran[finding.name] = ran.get(finding.name, 0) + 1
            if finding.severity != "info":
                alarm = {"table": seed, "check": finding.name, "severity": finding.severity}
                alarms.append({**alarm, "said": finding.verdict})
    return {"ran": ran, "alarms": alarms}


def _summarize(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a row a check."""
    alarms = [alarm for batch in found for alarm in batch["alarms"]]
    names = dict.fromkeys(
        [name for batch in found for name in batch["ran"]] + [alarm["check"] for alarm in alarms]
    )
    rows = []
    for name in names:
        severities = [alarm["severity"] for alarm in alarms if alarm["check"] == name]
        draws = sum(batch["ran"].get(name, 0) for batch in found)
        rows.append(
            {
                "check": name,
                "draws": draws or len(severities),
                "warnings": severities.count("warning"),
                "errors": severities.count("error"),
            }
        )
    return rows


def _make_table(summary: list[dict[str, Any]]) -> Table:
    table = Table(title="Alarms of the audit about healthy tables")
    table.add_column("check")
    for column in ("draws", "warnings", "errors", "share"):
        table.add_column(column, justify="right")
    for row in summary:
        share = (row["warnings"] + row["errors"]) / row["draws"]
        table.add_row(
            row["check"],
            f"{row['draws']:,}",
            str(row["warnings"]),
            str(row["errors"]),
            f"{share:.1%}",
        )
    return table


if __name__ == "__main__":
    main()
