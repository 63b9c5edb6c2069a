"""Does a rebuilt procedure find what it found before? Two commits, one machine, one seed.

    python benchmarks/same_results.py HEAD~3 HEAD
    python benchmarks/same_results.py main .  --cases digits_mlp folds
    python benchmarks/same_results.py --record tests/recorded_results.json

Each case of `measuring/fixed_runs.py` runs with the package of either commit (`.` is the working
tree as it stands), and trials, hyperparameter values, scores of baselines and refits, verdict and
findings are compared. Where they differ the old commit runs once more: a case that does not repeat
itself to the last digit cannot ask it of another. `adult` needs `DLRECIPES_DATA`.

The table has the largest difference of a case, relative above 1, and where it is; the exit status
is 1 if one is above `--tolerance` and above what the old commit differs from itself. `--record`
writes the results of the short cases, with which the tests compare.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from measuring.fixed_runs import CASES, SHORT, Values, differences, run_case
from rich.console import Console
from rich.table import Table

_HERE = Path(__file__).resolve().parents[1]


def main() -> None:
    """Run the cases and print the table, or record the short ones."""
    options = _parse()
    if options.record is not None:
        results = {name: _run(SHORT[name], _HERE) for name in SHORT}
        options.record.write_text(json.dumps(results, indent=0) + "\n", encoding="utf-8")
        return
    table = Table("case", "values", "that differ", "largest difference", "old against itself", "at")
    failed = False
    with _checkout(options.old) as old, _checkout(options.new) as new:
        for name in options.cases:
            first, second = _run(CASES[name], old), _run(CASES[name], new)
            found = differences(first, second)
            noise = 0.0
            if found:
                noise = max(differences(first, _run(CASES[name], old)).values(), default=0.0)
            largest = max(found, key=lambda where: found[where], default="")
            size = found.get(largest, 0.0)
            failed |= size > max(options.tolerance, noise)
            table.add_row(
                name, str(len(first)), str(len(found)), f"{size:.1e}", f"{noise:.1e}", largest
            )
            print(f"{name}: {len(found)} of {len(first)} values differ", file=sys.stderr)
    Console(width=160).print(table)
    raise SystemExit(int(failed))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("old", nargs="?", default="HEAD", help="a commit, or . for the tree")
    parser.add_argument("new", nargs="?", default=".", help="likewise")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=_possible())
    parser.add_argument("--tolerance", type=float, default=0.0)
    parser.add_argument("--record", type=Path, help="write the short cases' results, and end")
    return parser.parse_args()


def _possible() -> list[str]:
    return [name for name in CASES if name != "adult" or os.environ.get("DLRECIPES_DATA")]


@contextmanager
def _checkout(commit: str) -> Iterator[Path]:
    """Give a folder with the package as a commit has it."""
    if commit == ".":
        yield _HERE
        return
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        git = ["git", "-C", str(_HERE), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(tree), commit], check=True)
        try:
            yield tree
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=True)


def _run(commands: list[list[str]], checkout: Path) -> Values:
    with tempfile.TemporaryDirectory() as folder:
        return run_case(commands, checkout, Path(folder))


if __name__ == "__main__":
    main()
