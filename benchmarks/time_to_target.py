"""How long dlrecipes takes to reach what its peers reach in ten minutes.

    python benchmarks/time_to_target.py --task fashion_mlp --json target-fashion_mlp.json

For each seed KerasTuner's Hyperband and Optuna's TPE with the Hyperband pruner search for so many
minutes, and so does dlrecipes with its own coarse-to-fine plan; each in a fresh process. The best
validation accuracy so far is recorded over time, compiling included. Then it is looked up when
dlrecipes reached the best of each peer, and of the better one.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from measuring.choices import MNIST_SIZE, Budget, TaskChoice
from measuring.figures import show, show_spread
from measuring.fresh_process import in_fresh_process
from measuring.record import Measurement, Record
from rich.table import Table

OURS = "dlrecipes-coarse-to-fine"
PEERS = {
    "keras-tuner-hyperband": "KerasTuner Hyperband",
    "optuna-tpe-hyperband": "Optuna TPE + Hyperband",
}


@dataclass(frozen=True)
class Target:
    """A task of this benchmark.

    Args:
        choice: Data and builder.
        trials: Trials of the plan of dlrecipes, so many that both stages end within a few minutes.
        epochs: Epochs of a trial in full, for all methods.
        coarse_epochs: Epochs of a coarse trial of dlrecipes; None for its default, a third. Where
            few trials can be afforded, all: the best of them need not begin again.
    """

    choice: TaskChoice
    trials: int
    epochs: int
    coarse_epochs: int | None = None


TARGETS = {
    "fashion_mlp": Target(TaskChoice("fashion_mlp", examples=MNIST_SIZE), trials=24, epochs=20),
    "fashion_resnet": Target(
        TaskChoice("small_resnet", examples=10_000), trials=12, epochs=20, coarse_epochs=20
    ),
}


def main() -> None:
    """Run what is missing and print the table."""
    options = _parse()
    choice = TARGETS[options.task].choice
    names = ("minutes", "trials", "epochs", "coarse_epochs", "engine")
    settings = {name: getattr(options, name) for name in names}
    record = Record(options.json, "time_to_target", {**settings, "task": asdict(choice)})
    summary = []
    for seed in options.seeds:
        runs = {}
        for method in _in_turn([*PEERS, OURS], seed):
            budget = Budget(
                trials=options.trials if method == OURS else None,
                epochs=options.epochs,
                seed=seed,
                seconds=60 * options.minutes,
                engine=options.engine,
                coarse_epochs=options.coarse_epochs if method == OURS else None,
            )
            runs[method] = record.measure(
                f"seed {seed} {method}",
                lambda method=method, budget=budget: in_fresh_process(
                    "measuring.methods.run_method:run_method",
                    method=method,
                    choice=asdict(choice),
                    budget=asdict(budget),
                ),
            )
        summary.append(_summarize(seed, runs, 60 * options.minutes))
    source = record.measurements[f"seed {options.seeds[0]} {OURS}"]["source"]
    record.conclude(summary, _make_table(summary, options, source))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--task", choices=TARGETS, default="fashion_mlp")
    parser.add_argument("--minutes", type=float, default=10.0, help="of each search")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--trials", type=int, help="trials of dlrecipes; by task")
    parser.add_argument("--epochs", type=int, help="epochs of a trial in full; by task")
    parser.add_argument(
        "--coarse-epochs", type=int, help="epochs of a coarse trial of dlrecipes; by task"
    )
    parser.add_argument("--engine", default="auto", help="the engine of dlrecipes")
    parser.add_argument("--json", type=Path, help="where measurements are kept")
    options = parser.parse_args()
    options.trials = options.trials or TARGETS[options.task].trials
    options.epochs = options.epochs or TARGETS[options.task].epochs
    options.coarse_epochs = options.coarse_epochs or TARGETS[options.task].coarse_epochs
    return options


def _in_turn(methods: list[str], seed: int) -> list[str]:
    """Return the methods in another order for each seed."""
    start = seed % len(methods)
    return methods[start:] + methods[:start]


def _summarize(seed: int, runs: dict[str, Measurement], limit: float) -> dict[str, Any]:
    ours = runs[OURS]
    better = max(PEERS, key=lambda peer: runs[peer]["best"] or 0.0)
    row: dict[str, Any] = {"seed": seed, "better_peer": better}
    for method, run in runs.items():
        row[method] = {"best": run["best"], "trials": run["trials"], "epochs": run["epochs"]}
        row[method]["seconds_to_best"] = run["improvements"][-1][0] if run["best"] else None
    row[OURS]["seconds"] = ours["seconds"]
    for peer in PEERS:
        target, needed = runs[peer]["best"], row[peer]["seconds_to_best"]
        reached = None if target is None else _first_time(ours, target)
        row[peer]["dlrecipes_seconds"] = reached
        row[peer]["times_as_fast"] = limit / reached if reached else None
        row[peer]["times_as_fast_as_it_was"] = needed / reached if reached and needed else None
    return row


def _first_time(run: Measurement, target: float) -> float | None:
    """Return the seconds after which a score was reached; None if it never was."""
    return next((seconds for seconds, score in run["improvements"] if score >= target), None)


def _make_table(summary: list[dict[str, Any]], options: argparse.Namespace, source: str) -> Table:
    coarse = f", coarse_epochs={options.coarse_epochs}" if options.coarse_epochs else ""
    title = (
        f"{options.task}: {source}; {options.minutes:g} minutes each; "
        f"dlrecipes with CoarseToFine({options.trials}, {options.epochs}{coarse})"
    )
    table = Table(title=title)
    for column in ("seed", "peer", "its best", "reached, s", "best of dlrecipes", "ended, s"):
        table.add_column(column)
    for column in ("dlrecipes reached the peer's best, s", "minutes / that", "its time / that"):
        table.add_column(column)
    for row in summary:
        for peer, words in PEERS.items():
            found = row[peer]
            table.add_row(
                str(row["seed"]),
                f"{words}{' (better)' if peer == row['better_peer'] else ''}",
                _accuracy(found["best"]),
                show(found["seconds_to_best"]),
                _accuracy(row[OURS]["best"]),
                show(row[OURS]["seconds"]),
                show(found["dlrecipes_seconds"]) if found["dlrecipes_seconds"] else "not reached",
                show(found["times_as_fast"]),
                show(found["times_as_fast_as_it_was"]),
            )
        table.add_section()
    for peer, words in [*PEERS.items(), ("", "the better one")]:
        found = [row[peer or row["better_peer"]] for row in summary]
        reached = [one for one in found if one["dlrecipes_seconds"]]
        table.add_row(
            "all",
            f"{words}: {len(reached)} of {len(found)} times",
            *[""] * 4,
            _show_all([one["dlrecipes_seconds"] for one in found], worst=math.inf),
            _show_all([one["times_as_fast"] for one in found], worst=-math.inf),
            _show_all([one["times_as_fast_as_it_was"] for one in found], worst=-math.inf),
        )
    return table


def _show_all(values: Sequence[float | None], *, worst: float) -> str:
    """Return median and range over all seeds; one that never got there counts as the worst."""
    counted = [worst if value is None else value for value in values]
    return show_spread(counted, infinite="not reached")


def _accuracy(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


if __name__ == "__main__":
    main()
