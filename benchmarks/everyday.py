"""Builders whose structure varies, as people write them: seconds a trial, and of the whole run.

    python benchmarks/everyday.py --json everyday.json --page
    python benchmarks/everyday.py --only mlp --json everyday-mlp.json
    python benchmarks/everyday.py --quick

In each round every builder is searched once by every method, in fresh processes and an order of
its own. A ratio is taken within its round and says how many times as long a trial takes as with
`dlrecipes`: in the search alone, and in the whole run. `--quick` sees whether everything works: one
round of few trials. A program that was cut off goes on from its JSON file.
"""

from __future__ import annotations

import argparse
import random
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from measuring.figures import paired_ratios, show, show_spread
from measuring.fresh_process import in_fresh_process
from measuring.readme_page import README, markdown, write_between
from measuring.record import Measurement, Record
from rich.table import Table

OURS, STEPS = "dlrecipes", "optuna-tpe-steps"
METHODS = {
    OURS: ("run_dlrecipes", {}),
    "dlrecipes-one-stage": ("run_dlrecipes", {"one_stage": True}),
    "dlrecipes-fit": ("run_dlrecipes", {"engine": "fit"}),
    "keras-tuner-random": ("run_keras_tuner", {}),
    STEPS: ("run_optuna", {}),
    "optuna-tpe": ("run_optuna", {}),
}
"""`{name: (function in measuring.everyday_runs, its arguments)}`."""
BUILDERS = (
    "mlp",
    "cnn",
    "resnet",
    "lstm",
    "forecast",
    "text",
    "several_inputs",
    "table",
    "batch_norm",
    "regression",
)
"""Names of `measuring.everyday_builders`, which imports Keras."""
FIXED = "digits_mlp"
"""One whose structure is always the same; it is measured where it is asked for."""

ROUNDS, TRIALS, PEER_TRIALS = 3, 48, 12
QUICK_ROUNDS, QUICK_TRIALS, QUICK_PEER_TRIALS = 1, 6, 3
PILOT_TRIALS, PILOT_REPEATS = 2, 2
PROGRAM = "everyday.py"


def main() -> None:
    """Run what is missing and print the table."""
    options = _parse()
    # More rounds, builders or methods may be added to a file.
    settings = {name: getattr(options, name) for name in ("trials", "peer_trials", "epochs")}
    record = Record(options.json, "everyday", settings)
    for round_number in range(options.rounds):
        shuffle = random.Random(round_number).shuffle
        builders = list(options.only)
        shuffle(builders)
        for builder in builders:
            methods = [name for name in METHODS if name in options.methods]
            shuffle(methods)
            for method in methods:
                _measure(record, builder, method, options, round_number)
    summary = [
        summarize(record.measurements, builder, method, options.rounds, options.trials)
        for builder in options.only
        for method in options.methods
    ]
    record.conclude(summary, _make_table(summary, options))
    if options.page:
        write_between(README, PROGRAM, make_page(summary, options.methods))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--only", nargs="+", choices=(*BUILDERS, FIXED), default=BUILDERS, metavar="BUILDER"
    )
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS)[:-1])
    parser.add_argument("--rounds", type=int, help=f"{ROUNDS}")
    parser.add_argument("--trials", type=int, help=f"trials of dlrecipes: {TRIALS}")
    parser.add_argument("--peer-trials", type=int, help=f"trials of the others: {PEER_TRIALS}")
    parser.add_argument("--epochs", type=int, default=10, help="epochs of a trial in full")
    parser.add_argument("--quick", action="store_true", help="one round of few trials")
    parser.add_argument("--json", type=Path, help="where measurements are kept")
    parser.add_argument("--page", action="store_true", help="write the table into the README")
    options = parser.parse_args()
    if options.page and OURS not in options.methods:
        parser.error(f"--page compares with {OURS}: it must be among the --methods")
    few = (QUICK_ROUNDS, QUICK_TRIALS, QUICK_PEER_TRIALS)
    rounds, trials, peer_trials = few if options.quick else (ROUNDS, TRIALS, PEER_TRIALS)
    options.rounds = options.rounds or rounds
    options.trials = options.trials or trials
    options.peer_trials = options.peer_trials or peer_trials
    return options


def _measure(
    record: Record, builder: str, method: str, options: argparse.Namespace, seed: int
) -> Measurement:
    function, arguments = METHODS[method]
    trials = options.trials if method.startswith(OURS) else options.peer_trials
    if method == STEPS:
        pilot = partial(
            in_fresh_process,
            "measuring.everyday_runs:find_best_steps",
            builder=builder,
            epochs=options.epochs,
            trials=min(PILOT_TRIALS, options.peer_trials),
            repeats=1 if options.quick else PILOT_REPEATS,
        )
        found = record.measure(f"pilot {builder} {method}", pilot)
        arguments = {"steps_per_execution": found["steps"]}
    return record.measure(
        _key(seed, builder, method),
        lambda: in_fresh_process(
            f"measuring.everyday_runs:{function}",
            builder=builder,
            trials=trials,
            epochs=options.epochs,
            seed=seed,
            **arguments,
        ),
    )


def _key(round_number: int, builder: str, method: str) -> str:
    return f"round {round_number + 1} {builder} {method}"


# ---- what it comes to


def summarize(
    measurements: dict[str, Measurement], builder: str, method: str, rounds: int, trials: int
) -> dict[str, Any]:
    """Return the row of a builder and a method.

    What a run takes besides its search is spread over as many trials in every method, although the
    peers run fewer.

    Args:
        measurements: All of them, by name.
        builder: The builder.
        method: The method.
        rounds: Rounds.
        trials: Trials over which the rest of a run is spread.

    Returns:
        Of every round: seconds a trial of the `search` and of the `whole` run, how many times as
        long as ours they take, the best validation score, memory.
    """

    def of(name: str) -> list[Measurement]:
        return [measurements.get(_key(number, builder, name), {}) for number in range(rounds)]

    runs, ours = of(method), of(OURS)
    row = {
        "builder": builder,
        "method": method,
        "trials": [run["trials"] for run in runs],
        "epochs": [run["epochs"] for run in runs],
        "search": [_of_search(run) for run in runs],
        "whole": [_of_whole(run, trials) for run in runs],
        "best": [run["best"] for run in runs],
        "peak_rss_mb": [run["peak_rss_mb"] for run in runs],
        "mb_per_trial": [run["mb_per_trial"] for run in runs if run["mb_per_trial"] is not None],
        "engines": sorted({name for run in runs for name in run.get("engines", {})}),
    }
    if all(ours):
        row["search_ratios"] = paired_ratios(row["search"], [_of_search(run) for run in ours])
        whole = [_of_whole(run, trials) for run in ours]
        row["whole_ratios"] = paired_ratios(row["whole"], whole)
    return row


def _of_search(run: Measurement) -> float:
    return float(run["search"] / max(1, run["trials"]))


def _of_whole(run: Measurement, trials: int) -> float:
    return _of_search(run) + float(run["whole"] - run["search"]) / trials


def _make_table(summary: list[dict[str, Any]], options: argparse.Namespace) -> Table:
    title = (
        f"Everyday builders: {options.trials} trials of dlrecipes, {options.peer_trials} of the "
        f"others, {options.epochs} epochs; median (smallest-largest) of {options.rounds} rounds"
    )
    table = Table(title=title)
    for column in ("builder", "method", "trials", "epochs", "s a trial", "of the whole run"):
        table.add_column(column)
    for column in ("times as long", "of the whole run", "best val.", "peak MB", "MB a trial"):
        table.add_column(column)
    for builder in options.only:
        for row in summary:
            if row["builder"] == builder:
                table.add_row(
                    builder,
                    f"{row['method']} ({', '.join(row['engines'])})"
                    if row["engines"]
                    else row["method"],
                    f"{median(row['trials']):.0f}",
                    f"{median(row['epochs']):.0f}",
                    show_spread(row["search"]),
                    show_spread(row["whole"]),
                    show_spread(row.get("search_ratios", [])),
                    show_spread(row.get("whole_ratios", [])),
                    f"{median(row['best']):.4f}",
                    f"{median(row['peak_rss_mb']):.0f}",
                    show_spread(row["mb_per_trial"]),
                )
        table.add_section()
    for method in options.methods:
        search, whole = of_builders(summary, method)
        table.add_row("all", method, "", "", "", "", show_spread(search), show_spread(whole))
    return table


def of_builders(summary: list[dict[str, Any]], method: str) -> tuple[list[float], list[float]]:
    """Return a method's ratio in the search and in the whole run, the median of each builder.

    Args:
        summary: The rows.
        method: The method.
    """
    rows = [row for row in summary if row["method"] == method and "search_ratios" in row]
    search = [median(row["search_ratios"]) for row in rows]
    return search, [median(row["whole_ratios"]) for row in rows]


def make_page(summary: list[dict[str, Any]], methods: list[str]) -> str:
    """Return two tables in Markdown: how long, and how good with which memory.

    Args:
        summary: The rows.
        methods: The methods that were measured.
    """
    others = [method for method in methods if method != OURS]
    by_name = {(row["builder"], row["method"]): row for row in summary}
    builders = list(dict.fromkeys(row["builder"] for row in summary))
    how_long = []
    for builder in builders:
        ours = by_name[builder, OURS]
        cells = [builder, show_spread(ours["search"]), show_spread(ours["whole"])]
        for method in others:
            row = by_name[builder, method]
            cells += [show_spread(row["search_ratios"]), show_spread(row["whole_ratios"])]
        how_long.append(cells)
    cells = ["**median of the builders**", "", ""]
    for method in others:
        cells += [show_spread(ratios) for ratios in of_builders(summary, method)]
    how_long.append(cells)
    heads = ["builder", f"{OURS}: s a trial", "whole run"]
    heads += [head for method in others for head in (f"{method}: times as long", "whole run")]
    how_good = [
        [
            builder,
            *(_score_and_memory(by_name[builder, method]) for method in (OURS, *others)),
        ]
        for builder in builders
    ]
    return "\n".join(
        [*markdown(heads, how_long), "", *markdown(["builder", OURS, *others], how_good)]
    )


def _score_and_memory(row: dict[str, Any]) -> str:
    grown = show(median(row["mb_per_trial"])) if row["mb_per_trial"] else "-"
    return f"{median(row['best']):.4f}; {median(row['peak_rss_mb']):,.0f} MB; {grown}"


if __name__ == "__main__":
    main()
