"""The learning rate of a range test against a sweep of fixed rates, and one-cycle.

    python benchmarks/lr_range_test.py --json benchmarks/lr_range_test.json

Each network is trained at fixed rates and at the one that `dlr.lr_range_test` suggests for it, with
the same first weights and epochs; its scores are to be within one spread (standard deviation over
the seeds) of those of the best fixed rate. On shuffled labels the test is to say none. Then
one-cycle with that rate as its peak is compared with that rate held, at equal epochs.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from measuring.fresh_process import in_fresh_process
from measuring.record import Measurement, Record
from rich.table import Table

RATES = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1]
# (task, optimizer): epochs
SWEEPS = {
    ("digits", "adam"): 8,
    ("digits", "sgd"): 8,
    ("breast_cancer", "adam"): 12,
    ("breast_cancer", "sgd"): 12,
    ("fashion_mlp", "adam"): 5,
    ("fashion_resnet", "adam"): 5,
}
CYCLES = {("digits", "sgd"): 8, ("breast_cancer", "sgd"): 8}


def main() -> None:
    """Run what is missing and print both tables."""
    options = _parse()
    settings = {"seeds": options.seeds, "cycle_seeds": options.cycle_seeds, "rates": RATES}
    record = Record(options.json, "lr_range_test", settings)
    rows = [
        _conclude(name, _measure(record, "sweep", name, epochs, options.seeds))
        for name, epochs in SWEEPS.items()
    ]
    cycles = [
        _compare(name, _measure(record, "one-cycle", name, epochs, options.cycle_seeds))
        for name, epochs in CYCLES.items()
    ]
    for found in (rows, cycles):
        table = Table(title="range test" if found is rows else "one-cycle")
        for heading in found[0]:
            table.add_column(heading.replace("_", " "))
        for row in found:
            table.add_row(*map(str, row.values()))
        record.conclude([*rows, *cycles], table)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--cycle-seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--json", type=Path, help="where measurements are kept")
    return parser.parse_args()


def _measure(
    record: Record, kind: str, name: tuple[str, str], epochs: int, seeds: list[int]
) -> Measurement:
    task, optimizer = name
    function = "sweep_rates" if kind == "sweep" else "compare_one_cycle"
    given: dict[str, Any] = {"rates": RATES} if kind == "sweep" else {}
    return record.measure(
        f"{kind} {task} {optimizer}",
        lambda: in_fresh_process(
            f"measuring.fixed_rates:{function}",
            task=task,
            optimizer=optimizer,
            epochs=epochs,
            seeds=seeds,
            **given,
        ),
    )


def _conclude(name: tuple[str, str], found: Measurement) -> dict[str, Any]:
    scores = np.nan_to_num(np.asarray(found["scores"], float))
    best = int(np.argmax(scores.mean(axis=1)))
    reached = np.asarray([0.0 if one is None else one for one in found["reached"]])
    spread = float(scores[best].std(ddof=1))
    short = float(scores[best].mean() - reached.mean())
    return {
        "task": " ".join(name),
        "best_fixed_rate": RATES[best],
        "its_accuracy": round(float(scores[best].mean()), 4),
        "spread": round(spread, 4),
        "suggested": [one and float(f"{one:.2g}") for one in found["suggested"]],
        "accuracy": round(float(reached.mean()), 4),
        "within_one_spread": short <= spread,
        "none_on_shuffled": f"{found['shuffled'].count(None)} of {len(found['shuffled'])}",
    }


def _compare(name: tuple[str, str], found: Measurement) -> dict[str, Any]:
    constant, cycle = np.asarray(found["constant"]), np.asarray(found["one_cycle"])
    return {
        "task": " ".join(name),
        "constant": f"{constant.mean():.4f} ± {constant.std(ddof=1):.4f}",
        "one_cycle": f"{cycle.mean():.4f} ± {cycle.std(ddof=1):.4f}",
        "better": f"{int((cycle > constant).sum())} of {len(cycle)}",
        "worse": f"{int((cycle < constant).sum())} of {len(cycle)}",
    }


if __name__ == "__main__":
    main()
