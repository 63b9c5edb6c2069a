"""Seconds a trial: dlrecipes and its peers on the same task.

    python benchmarks/peers.py --task digits_mlp --json peers-digits_mlp.json

In each round every method runs once, in a fresh process, in a new order. A ratio is taken within
its round and says how many times as long a trial takes as with `dlrecipes`. The clock runs from
the first proposal to the end of the search: compiling, proposals and the study on disk are in it.
A program that was cut off goes on from its JSON file.
"""

from __future__ import annotations

import argparse
import random
from dataclasses import asdict, replace
from pathlib import Path
from statistics import median
from typing import Any

from measuring.choices import METHODS, TASKS, Budget, TaskChoice
from measuring.figures import paired_ratios, show_spread
from measuring.fresh_process import in_fresh_process
from measuring.record import Measurement, Record
from rich.table import Table

OURS, STEPS = "dlrecipes", "optuna-tpe-steps"
COMPARED = [name for name in METHODS if name != "optuna-tpe-hyperband"]
# Trials of dlrecipes: enough that what is paid once a structure weighs as in a real search.
TRIALS = {
    "digits_mlp": 256,
    "digits_mlp_deep": 256,
    "fashion_mlp": 64,
    "digits_cnn": 64,
    "small_resnet": 32,
}
EXAMPLES = {"fashion_mlp": 10_000, "small_resnet": 2_000}
PILOT_STEPS = (8, 32)
PILOT_TRIALS, PILOT_REPEATS = 3, 2


def main() -> None:
    """Run what is missing and print the table."""
    options = _parse()
    choice = TaskChoice(options.task, options.batch_size, options.examples, options.jit_compile)
    # More rounds or methods may be added to a file.
    settings = {"trials": options.trials, "peer_trials": options.peer_trials}
    settings |= {"epochs": options.epochs, "engine": options.engine, "task": asdict(choice)}
    record = Record(options.json, "peers", settings)
    steps = _best_steps(record, choice, options) if STEPS in options.methods else 1
    for round_number in range(options.runs):
        order = sorted(options.methods)
        random.Random(round_number).shuffle(order)
        for method in order:
            budget = _budget(method, options, round_number)
            if method == STEPS:
                budget = replace(budget, steps_per_execution=steps)
            _measure(record, f"round {round_number + 1} {method}", method, choice, budget)
    summary = [_summarize(record, method, options) for method in options.methods]
    record.conclude(summary, _make_table(record, summary, options, steps))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--task", choices=TASKS, default="digits_mlp")
    parser.add_argument("--runs", type=int, default=5, help="rounds")
    parser.add_argument("--trials", type=int, help=f"trials of dlrecipes; by task {TRIALS}")
    parser.add_argument("--peer-trials", type=int, default=20, help="trials of the others")
    parser.add_argument("--epochs", type=int, default=10, help="epochs of a trial in full")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--examples", type=int, help=f"Fashion-MNIST images; by task {EXAMPLES}")
    parser.add_argument("--engine", default="auto", help="the engine of dlrecipes")
    parser.add_argument("--jit-compile", action="store_true", help="XLA in every builder")
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=COMPARED)
    parser.add_argument("--json", type=Path, help="where measurements are kept")
    options = parser.parse_args()
    options.trials = options.trials or TRIALS[options.task]
    options.examples = options.examples or EXAMPLES.get(options.task, 0)
    return options


def _budget(method: str, options: argparse.Namespace, seed: int) -> Budget:
    ours = method.startswith(OURS)
    trials = options.trials if ours else options.peer_trials
    return Budget(trials, options.epochs, seed, engine=options.engine)


def _measure(
    record: Record, key: str, method: str, choice: TaskChoice, budget: Budget
) -> Measurement:
    return record.measure(
        key,
        lambda: in_fresh_process(
            "measuring.methods.run_method:run_method",
            method=method,
            choice=asdict(choice),
            budget=asdict(budget),
        ),
    )


def _best_steps(record: Record, choice: TaskChoice, options: argparse.Namespace) -> int:
    """Return the `steps_per_execution` with the fastest trials in a short pilot."""
    trials = min(PILOT_TRIALS, options.peer_trials)
    seconds: dict[int, float] = {}
    candidates = list(PILOT_STEPS)
    while candidates:
        steps = candidates.pop(0)
        budget = Budget(trials, options.epochs, 0, steps_per_execution=steps)
        found = [
            _measure(record, f"pilot {repeat + 1} {STEPS} {steps}", STEPS, choice, budget)
            for repeat in range(PILOT_REPEATS)
        ]
        seconds[steps] = min(one["seconds"] for one in found)
        whole = found[0]["steps"]
        if whole not in (*seconds, *candidates):
            candidates.append(whole)
    return min(seconds, key=lambda steps: seconds[steps])


def _summarize(record: Record, method: str, options: argparse.Namespace) -> dict[str, Any]:
    runs = _runs(record, method, options)
    per_trial = [_per_trial(run) for run in runs]
    row = {
        "method": method,
        "trials": [run["trials"] for run in runs],
        "epochs": [run["epochs"] for run in runs],
        "seconds_per_trial": per_trial,
        "ms_per_epoch": [1000 * run["seconds"] / max(1, run["epochs"]) for run in runs],
        "best": [run["best"] for run in runs],
        "peak_rss_mb": [run["peak_rss_mb"] for run in runs],
        "ended": [run["ended"] for run in runs],
        "engines": sorted({name for run in runs for name in run.get("engines", {})}),
    }
    if OURS in options.methods:
        ours = [_per_trial(run) for run in _runs(record, OURS, options)]
        row["ratios"] = paired_ratios(per_trial, ours)
    return row


def _runs(record: Record, method: str, options: argparse.Namespace) -> list[Measurement]:
    rounds = range(1, options.runs + 1)
    return [record.measurements[f"round {number} {method}"] for number in rounds]


def _per_trial(run: Measurement) -> float:
    return float(run["seconds"] / max(1, run["trials"]))


def _make_table(
    record: Record, summary: list[dict[str, Any]], options: argparse.Namespace, steps: int
) -> Table:
    example = _runs(record, options.methods[0], options)[0]
    title = (
        f"{options.task}: {example['source']}; batches of {options.batch_size}, "
        f"{example['steps']} an epoch, {options.epochs} epochs, jit_compile="
        f"{options.jit_compile}; median (smallest-largest) of {options.runs} rounds"
    )
    table = Table(title=title)
    for column in ("method", "trials", "epochs", "s a trial", "ms an epoch", "times as long"):
        table.add_column(column)
    table.add_column("best val. accuracy")
    table.add_column("peak MB")
    for row in summary:
        details = [str(steps)] if row["method"] == STEPS else row["engines"]
        name = f"{row['method']} ({', '.join(details)})" if details else row["method"]
        table.add_row(
            name,
            f"{median(row['trials']):.0f}",
            f"{median(row['epochs']):.0f}",
            show_spread(row["seconds_per_trial"]),
            show_spread(row["ms_per_epoch"]),
            show_spread(row.get("ratios", [])),
            f"{median(row['best']):.4f}",
            f"{median(row['peak_rss_mb']):.0f}",
        )
    return table


if __name__ == "__main__":
    main()
