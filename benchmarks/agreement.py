"""Whether a population's scores are those of `fit`.

    python benchmarks/agreement.py --json agreement.json

64 configurations of the digits MLP, the same for both, are trained by the population engine and
by `fit`, with several seeds. Float32 amplifies rounding, and the two shuffle differently, so
scores are compared, not weights: their means over the seeds by rank, and their differences by
Wilcoxon's signed-rank test.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from measuring.figures import show
from measuring.fresh_process import in_fresh_process
from measuring.record import Record
from rich.table import Table
from scipy.stats import spearmanr, wilcoxon

# Trainings that went wrong are told apart by luck: scores count above chance level only.
_CHANCE = 0.2


def main() -> None:
    """Run what is missing and print the table."""
    options = _parse()
    names = ("configurations", "epochs", "seeds", "engine")
    record = Record(options.json, "agreement", {name: getattr(options, name) for name in names})
    scores = {
        engine: [
            record.measure(
                f"{engine} seed {seed}",
                lambda engine=engine, seed=seed: in_fresh_process(
                    "measuring.agreement_scores:best_scores",
                    engine=engine,
                    seed=seed,
                    configurations=options.configurations,
                    epochs=options.epochs,
                ),
            )
            for seed in options.seeds
        ]
        for engine in (options.engine, "fit")
    }
    summary = [
        _compare(kind, scores[options.engine], scores["fit"]) for kind in ("accuracy", "loss")
    ]
    record.conclude(summary, _make_table(options.engine, summary))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--engine", default="population", help="compared with `fit`")
    parser.add_argument("--configurations", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--json", type=Path, help="where measurements are kept")
    return parser.parse_args()


def _compare(kind: str, ours: list[Any], theirs: list[Any]) -> dict[str, Any]:
    """Compare the means over the seeds of all configurations that learned something."""
    first = np.array([one[kind] for one in ours], float)
    second = np.array([one[kind] for one in theirs], float)
    learned = np.mean([one["accuracy"] for one in theirs], axis=0) > _CHANCE
    first, second = first[:, learned], second[:, learned]
    difference = first.mean(axis=0) - second.mean(axis=0)
    # What two seeds of `fit` differ by: the noise that the difference has to be seen against.
    noise = np.abs(np.diff(second, axis=0)) if len(second) > 1 else np.array([np.nan])
    return {
        "score": f"best validation {kind}",
        "configurations": int(learned.sum()),
        "rank_correlation": float(spearmanr(first.mean(axis=0), second.mean(axis=0)).statistic),
        "mean_difference": float(difference.mean()),
        "median_difference": float(np.median(difference)),
        "between_seeds_of_fit": float(np.median(noise)),
        "p_value": float(wilcoxon(difference).pvalue),
    }


def _make_table(engine: str, summary: list[dict[str, Any]]) -> Table:
    table = Table(title=f"{engine} against fit")
    for heading in (
        "score",
        "configurations",
        "rank correlation",
        "mean difference",
        "median difference",
        "between seeds of fit",
        "p (Wilcoxon)",
    ):
        table.add_column(heading, justify="right" if heading != "score" else "left")
    for row in summary:
        table.add_row(*(one if isinstance(one, str) else show(one) for one in row.values()))
    return table


if __name__ == "__main__":
    main()
