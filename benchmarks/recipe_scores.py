"""The recipes' scores: ten study seeds on the default split, five split seeds.

    python benchmarks/recipe_scores.py digits breast_cancer diabetes --out scores.json

A run is `dlrecipes tune RECIPE --json` in a process of its own, its score the mean over its
refits on the test set. Each finished run is kept in the JSON file at once, and runs that are
there already are not repeated.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import fmean, stdev

from rich.console import Console
from rich.table import Table

RUN = """
import sys
import dlrecipes as dlr
recipe, seed, split_seed, out = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
settings = dlr.RunSettings(seed=seed, out=out, sealed=False)
silent = dlr.search.Listener()
run = dlr.load_recipe(recipe).tune(settings=settings, listener=silent, split_seed=split_seed)
print(run.result_json)
"""


def main() -> None:
    """Run what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipes", nargs="+")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("recipe_scores.json"))
    options = parser.parse_args()
    done = json.loads(options.out.read_text()) if options.out.exists() else {}
    for recipe in options.recipes:
        pairs = [(seed, 0) for seed in range(options.seeds)]
        pairs += [(0, split) for split in range(1, options.splits)]
        for seed, split in pairs:
            key = f"{recipe} seed={seed} split={split}"
            if key not in done:
                done[key] = _run(recipe, seed, split)
                options.out.write_text(json.dumps(done, indent=1))
                print(key, done[key]["mean"], f"{done[key]['wall']:.0f} s", file=sys.stderr)
    _print_table(options.recipes, done, options)


def _run(recipe: str, seed: int, split: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", RUN, recipe, str(seed), str(split), f"{folder}/run"]
        start = time.monotonic()
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        wall = time.monotonic() - start
    if ended.returncode:
        raise SystemExit(f"{recipe} seed {seed} split {split} failed:\n{ended.stderr[-3000:]}")
    result = json.loads(ended.stdout)
    test = result["test"]
    strongest = result["verdict"]["baseline"]
    return {
        "metric": test["metric"],
        "mean": test["mean"][test["metric"]],
        "spread": test["spread"][test["metric"]],
        "validation": fmean(refit["validation"][test["metric"]] for refit in result["refits"]),
        "baseline": strongest,
        "baseline_score": result["baselines"][strongest]["test"][test["metric"]],
        "baselines": {
            name: baseline["test"][test["metric"]] for name, baseline in result["baselines"].items()
        },
        "verdict": result["verdict"]["outcome"],
        "best": result["best"]["values"],
        "wall": wall,
    }


def _print_table(recipes: list[str], done: dict[str, dict], options: argparse.Namespace) -> None:
    table = Table("recipe", "over", "metric", "mean", "spread", "strongest baseline", "seconds")
    for recipe in recipes:
        by_seed = [done[f"{recipe} seed={seed} split=0"] for seed in range(options.seeds)]
        by_split = [done[f"{recipe} seed=0 split={split}"] for split in range(options.splits)]
        for over, runs in (("study seeds", by_seed), ("split seeds", by_split)):
            scores = [run["mean"] for run in runs]
            baselines = [run["baseline_score"] for run in runs]
            table.add_row(
                recipe,
                f"{len(runs)} {over}",
                runs[0]["metric"],
                f"{fmean(scores):.4f}",
                f"{stdev(scores):.4f}" if len(scores) > 1 else "-",
                f"{fmean(baselines):.4f}",
                f"{fmean(run['wall'] for run in runs):.0f}",
            )
    Console().print(table)


if __name__ == "__main__":
    main()
