"""The recipe `tabular` against what people use for tables: test scores over seeds of the split.

    export DLRECIPES_DATA=/path/to/data
    python benchmarks/tables.py --json tables.json --page --peers-python /path/to/venv/bin/python
    python benchmarks/tables.py --tables abalone --methods dlrecipes lightgbm --splits 1

The tables, their metrics and seeds stand in `measuring/compared_tables.py`. A run is a table, a
seed and a method, in a fresh process. Every method has the same rows. Runs that failed are named
and tried again at the next start; a program that was cut off goes on from its JSON file.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from measuring.compared_tables import TABLES, WITH_NETWORK_PEERS
from measuring.figures import show
from measuring.fresh_process import ProcessFailed, in_fresh_process
from measuring.readme_page import README, markdown, write_between
from measuring.record import Measurement, Record
from rich.table import Table
from scipy.stats import rankdata

from dlrecipes.metrics import better_low, metric_words

PROGRAM, OURS = "tables.py", "dlrecipes"
METHODS: dict[str, tuple[str, dict[str, Any]]] = {
    OURS: ("run_dlrecipes", {}),
    "hist-gradient-boosting": ("run_trees", {"library": "scikit-learn"}),
    "lightgbm": ("run_trees", {"library": "lightgbm"}),
    "catboost": ("run_trees", {"library": "catboost"}),
    "lightgbm-tuned": ("run_trees", {"library": "lightgbm", "tuned": True}),
    "catboost-tuned": ("run_trees", {"library": "catboost", "tuned": True}),
    "autogluon": ("run_peer", {"method": "autogluon"}),
    "pytabkit-realmlp-td": ("run_peer", {"method": "pytabkit-realmlp-td"}),
    "pytabkit-tabm-d": ("run_peer", {"method": "pytabkit-tabm-d"}),
}
"""`{name: (function in measuring.compared_methods, its arguments)}`."""
PEERS = tuple(name for name, (function, _) in METHODS.items() if function == "run_peer")
"""Those that run in a Python of their own, on `WITH_NETWORK_PEERS`."""

LONGEST_MINUTES, BUDGETS = 60, 5
"""A run is stopped after an hour, or five times the budget if that is longer."""
_GRACE_SECONDS = 300.0
_DIGITS = 4


def main() -> None:
    """Run what is missing and print the table."""
    options = _parse()
    # More tables, methods or splits may be added to a file.
    record = Record(options.json, "tables", {"minutes": options.minutes})
    failed = []
    for name, split, method in _runs(options):
        key = _key(name, split, method)
        if key not in record.measurements and method in PEERS and options.peers_python is None:
            continue
        try:
            record.measure(key, lambda run=(name, split, method): _run(*run, options))
        except ProcessFailed as error:
            print(f"{key} failed:\n{error}", file=sys.stderr)
            failed.append(key)
    summary = summarize(record.measurements, options.tables, options.methods, options.splits)
    record.conclude(summary, _make_table(summary, options.minutes))
    for key in failed:
        print(f"{key} failed: the next start tries it again", file=sys.stderr)
    if options.page:
        write_between(README, PROGRAM, make_page(summary))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--tables", nargs="+", choices=TABLES, default=list(TABLES), metavar="TABLE"
    )
    parser.add_argument(
        "--methods", nargs="+", choices=METHODS, default=list(METHODS), metavar="METHOD"
    )
    parser.add_argument("--minutes", type=float, default=2.0, help="a run's budget: 2")
    parser.add_argument("--splits", type=int, help="the most seeds of the split a table")
    parser.add_argument("--peers-python", type=Path, help="Python with AutoGluon and pytabkit")
    parser.add_argument("--json", type=Path, help="where the measurements are kept")
    parser.add_argument("--page", action="store_true", help="write the table into the README")
    options = parser.parse_args()
    if options.minutes <= 0 or (options.splits is not None and options.splits < 1):
        parser.error("--minutes must be above 0, --splits at least 1")
    missing = [name for name in options.tables if not TABLES[name].there]
    if missing:
        parser.error(f"$DLRECIPES_DATA must have the files of {', '.join(missing)}")
    peers = [name for name in options.methods if name in PEERS]
    if peers and options.peers_python is None:
        print(f"{', '.join(peers)}: not run without --peers-python", file=sys.stderr)
    if options.peers_python is not None and not options.peers_python.is_file():
        parser.error(f"--peers-python must be a Python: {options.peers_python}")
    return options


def _runs(options: argparse.Namespace) -> Iterator[tuple[str, int, str]]:
    for name in options.tables:
        for split in _splits_of(name, options.splits):
            for method in options.methods:
                if _is_asked(name, method):
                    yield name, split, method


def _splits_of(table: str, most: int | None) -> range:
    seeds = TABLES[table].split_seeds
    return range(seeds if most is None else min(seeds, most))


def _is_asked(table: str, method: str) -> bool:
    return method not in PEERS or table in WITH_NETWORK_PEERS


def _run(table: str, split: int, method: str, options: argparse.Namespace) -> Measurement:
    function, arguments = METHODS[method]
    seconds = 60 * max(LONGEST_MINUTES, BUDGETS * options.minutes)
    if function != "run_trees":
        arguments = {**arguments, "minutes": options.minutes}
    if function == "run_peer":
        # Not resolved: a virtual environment's Python is a link.
        python = str(options.peers_python.absolute())
        arguments = {**arguments, "python": python, "seconds": seconds}
    return in_fresh_process(
        f"measuring.compared_methods:{function}",
        timeout=seconds + _GRACE_SECONDS,
        table=table,
        split=split,
        **arguments,
    )


def _key(table: str, split: int, method: str) -> str:
    return f"{table} split={split} {method}"


# ---- what it comes to


def summarize(
    measurements: Mapping[str, Measurement],
    tables: Sequence[str],
    methods: Sequence[str],
    splits: int | None,
) -> list[dict[str, Any]]:
    """Return a row a table and method, in the order in which they were asked for.

    Args:
        measurements: All of them, by name.
        tables: The tables.
        methods: The methods.
        splits: The most seeds of the split; None for all of a table's.

    Returns:
        The `scores` of the splits that there are, `whole` if there are all, their `mean` and
        standard deviation (`spread`, None of a single one), mean `seconds`, and the `versions` of
        what was run. A method that was not asked on a table has no row.

    Raises:
        SystemExit: If two methods had other rows.
    """
    summary = []
    for name in tables:
        seeds = _splits_of(name, splits)
        _check_same_rows(measurements, name, seeds, methods)
        for method in methods:
            if not _is_asked(name, method):
                continue
            found = [measurements.get(_key(name, seed, method)) for seed in seeds]
            runs = [run for run in found if run is not None]
            scores = [run["score"] for run in runs]
            summary.append(
                {
                    "table": name,
                    "method": method,
                    "metric": TABLES[name].metric,
                    "scores": scores,
                    "whole": len(runs) == len(seeds),
                    "mean": fmean(scores) if scores else None,
                    "spread": stdev(scores) if len(scores) > 1 else None,
                    "seconds": fmean(run["seconds"] for run in runs) if runs else None,
                    "versions": {k: v for run in runs for k, v in run["versions"].items()},
                }
            )
    return summary


def _check_same_rows(
    measurements: Mapping[str, Measurement], table: str, seeds: range, methods: Sequence[str]
) -> None:
    for seed in seeds:
        keys = [_key(table, seed, method) for method in methods]
        parts = {key: tuple(measurements[key]["parts"]) for key in keys if key in measurements}
        if len(set(parts.values())) > 1:
            raise SystemExit(f"All methods must have the same rows. Received: {parts}")


def mean_ranks(summary: Sequence[dict[str, Any]], tables: Sequence[str]) -> dict[str, float]:
    """Return the mean rank over some tables of each method that has all its runs on all of them.

    Ranks are those of the mean scores, 1 for the best; equal ones share the mean of their ranks.

    Args:
        summary: The rows.
        tables: The tables.
    """
    means = {(row["table"], row["method"]): row["mean"] for row in summary if row["whole"]}
    methods = dict.fromkeys(row["method"] for row in summary)
    ranked = [one for one in methods if all((table, one) in means for table in tables)]
    ranks = []
    for table in tables:
        sign = 1.0 if better_low(TABLES[table].metric) else -1.0
        ranks.append(rankdata([sign * means[table, method] for method in ranked]))
    return {one: fmean(row[at] for row in ranks) for at, one in enumerate(ranked)} if ranks else {}


def how_far_behind(rows: Sequence[dict[str, Any]]) -> tuple[str, float] | None:
    """Return the best other method of a table and how much better it is; None if ours is first.

    Args:
        rows: The rows of one table.
    """
    whole = {row["method"]: row["mean"] for row in rows if row["whole"]}
    if OURS not in whole:
        return None
    sign = -1.0 if better_low(rows[0]["metric"]) else 1.0
    ahead = {one: sign * (mean - whole[OURS]) for one, mean in whole.items()}
    best = max(ahead, key=ahead.__getitem__)
    return (best, ahead[best]) if ahead[best] > 0 else None


def _lines(summary: list[dict[str, Any]], line_break: str) -> tuple[list[str], list[list[str]]]:
    """Return heads and cells: a line a table, then the mean ranks over all and over those of all.

    A method that has no run yet has no column.
    """
    tables = list(dict.fromkeys(row["table"] for row in summary))
    methods = list(dict.fromkeys(row["method"] for row in summary if row["scores"]))
    lines = []
    for table in tables:
        rows = [row for row in summary if row["table"] == table]
        by_method = {row["method"]: row for row in rows}
        cells = [_cell(by_method.get(method), line_break) for method in methods]
        behind = how_far_behind(rows)
        last = "" if behind is None else f"{show(behind[1])} ({behind[0]})"
        lines.append([table, metric_words(rows[0]["metric"]), *cells, last])
    with_peers = [table for table in tables if table in WITH_NETWORK_PEERS]
    for some in dict.fromkeys([tuple(tables), tuple(with_peers)]):
        ranks = mean_ranks(summary, some)
        if len(ranks) > 1:
            cells = [f"{ranks[one]:.2f}" if one in ranks else "" for one in methods]
            lines.append([f"mean rank of {len(ranks)}", f"tables: {len(some)}", *cells, ""])
    return ["table", "metric", *methods, f"{OURS} is behind by"], lines


def _cell(row: dict[str, Any] | None, line_break: str) -> str:
    if row is None:
        return ""
    if not row["scores"]:
        return "-"
    spread = "" if row["spread"] is None else f" ± {show(row['spread'], 2)}"
    seconds = f"{show(row['seconds'])} s"
    few = "" if row["whole"] else f"{line_break}not all splits"
    return f"{show(row['mean'], _DIGITS)}{spread}{line_break}{seconds}{few}"


def _make_table(summary: list[dict[str, Any]], minutes: float) -> Table:
    title = f"Tables, {minutes:g} minutes: mean ± deviation over the splits, mean seconds"
    heads, lines = _lines(summary, "\n")
    table = Table(*heads, title=title, show_lines=True)
    for line in lines:
        table.add_row(*line)
    return table


def make_page(summary: list[dict[str, Any]]) -> str:
    """Return the table in Markdown, with the versions of what was compared.

    Args:
        summary: The rows.
    """
    versions = {name: version for row in summary for name, version in row["versions"].items()}
    said = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
    return "\n".join([*markdown(*_lines(summary, "; ")), "", f"{said}."])


if __name__ == "__main__":
    main()
