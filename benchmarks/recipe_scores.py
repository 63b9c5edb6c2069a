"""The recipes' scores: ten study seeds on the default split, five split seeds.

    python benchmarks/recipe_scores.py digits breast_cancer diabetes --out scores.json

A second table has the baselines that a recipe says it beats, in pairs: of one seed, on the same
test examples. The committed `recipe_scores.json` is what the recipes state.

A run is `dlrecipes tune RECIPE --json` in a process of its own, its score the mean over its
refits on the test set, in the metric that the recipe states. Each finished run is kept in the JSON
file at once, and runs that are there already are not repeated.
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

from dlrecipes.recipe import read_facts, recipe_path

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
                score = done[key]["test"][_stated_metric(recipe)]
                print(key, f"{score:.4f}", f"{done[key]['wall']:.0f} s", file=sys.stderr)
    _print_table(options.recipes, done, options)
    _print_pairs(options.recipes, done, options)


def _run(recipe: str, seed: int, split: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", RUN, recipe, str(seed), str(split), f"{folder}/run"]
        start = time.monotonic()
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        wall = time.monotonic() - start
    if ended.returncode:
        raise SystemExit(f"{recipe} seed {seed} split {split} failed:\n{ended.stderr[-3000:]}")
    result = json.loads(ended.stdout)
    strongest = result["verdict"]["baseline"]
    return {
        "test": result["test"]["mean"],
        "spread": result["test"]["spread"],
        "validation": [refit["validation"] for refit in result["refits"]],
        "strongest": strongest,
        "baselines": {name: one["test"] for name, one in result["baselines"].items()},
        "verdict": result["verdict"]["outcome"],
        "best": result["best"]["values"],
        "wall": wall,
    }


def _stated_metric(recipe: str) -> str:
    """Return the metric's name, such as "pr_auc" for "test PR-AUC 0.939 ± 0.010"."""
    return read_facts(recipe_path(recipe)).expected.split()[1].lower().replace("-", "_")


def _print_table(recipes: list[str], done: dict[str, dict], options: argparse.Namespace) -> None:
    table = Table("recipe", "over", "metric", "mean", "spread", "strongest baseline", "seconds")
    for recipe in recipes:
        metric = _stated_metric(recipe)
        by_seed = [done[f"{recipe} seed={seed} split=0"] for seed in range(options.seeds)]
        by_split = [done[f"{recipe} seed=0 split={split}"] for split in range(options.splits)]
        for over, runs in (("study seeds", by_seed), ("split seeds", by_split)):
            if len(runs) < 2:
                continue
            scores = [run["test"][metric] for run in runs]
            baselines = [run["baselines"][run["strongest"]][metric] for run in runs]
            table.add_row(
                recipe,
                f"{len(runs)} {over}",
                metric,
                f"{fmean(scores):.4f}",
                f"{stdev(scores):.4f}",
                f"{fmean(baselines):.4f}",
                f"{fmean(run['wall'] for run in runs):.0f}",
            )
    Console().print(table)


def _print_pairs(recipes: list[str], done: dict[str, dict], options: argparse.Namespace) -> None:
    """Print what a recipe is ahead of the baselines that it says it beats, seed by seed."""
    from dlrecipes.recipe import load_recipe  # with TensorFlow

    table = Table("recipe", "baseline", "ahead in", "mean", "least", "seeds ahead")
    for recipe in recipes:
        metric = _stated_metric(recipe)
        runs = [done[f"{recipe} seed={seed} split=0"] for seed in range(options.seeds)]
        sign = -1.0 if metric == "rmse" else 1.0
        for baseline in load_recipe(recipe).beats:
            ahead = [
                sign * (run["test"][metric] - run["baselines"][baseline][metric]) for run in runs
            ]
            table.add_row(
                recipe,
                baseline,
                metric,
                f"{fmean(ahead):+.4f}",
                f"{min(ahead):+.4f}",
                f"{sum(value > 0 for value in ahead)} of {len(ahead)}",
            )
    if table.row_count:
        Console().print(table)


if __name__ == "__main__":
    main()
