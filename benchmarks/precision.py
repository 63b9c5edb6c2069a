"""Does every public layer, loss and builder keep its word in half precision?

    python benchmarks/precision.py
    python benchmarks/precision.py --only layers.Standardization models.build_mlp --json some.json

Each is put into a small network, whose outputs and whose first step of SGD under `mixed_bfloat16`
and `mixed_float16` (with the loss scaling that Keras puts there) are compared with those in
float32, of the same first weights. What is away by more than the stated tolerance is named, with
the reason where it is known; else the exit status is 1. On the CPU with TensorFlow; where there is
a GPU and JAX, the same once more there with `KERAS_BACKEND=jax`, else that is 'not run'. Members
follow from the packages' `__all__`: a new name without a member ends the program. All of them are
written to `precision.json` beside this program, a part of them only where `--json` says so.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
from pathlib import Path
from typing import Any

from measuring.fresh_process import in_fresh_process
from measuring.machine import describe_machine
from measuring.record import Record
from rich.table import Table

NOT_RUN = "not run"
DEVICES = {"CPU, tensorflow": "tensorflow", "GPU, jax": "jax"}
POLICIES = ("mixed_bfloat16", "mixed_float16")


def main() -> None:
    """Measure what is missing and print the table."""
    options = _parse()
    file = options.json or (None if options.only else Path(__file__).with_suffix(".json"))
    record = Record(file, "precision", {"only": options.only, "timed": options.timed})
    summary = []
    for device, backend in DEVICES.items():
        found = record.measure(
            device, lambda backend=backend: _measure(backend, options.only, options.timed)
        )
        summary += _rows(device, found)
    record.conclude(summary, _make_table(summary))
    missed = [row for row in summary if row["missed"]]
    for row in missed:
        print(f"{row['member']}, {row['device']}: {row['missed']} ({row['reason'] or 'why?'})")
    if not all(row["reason"] for row in missed):
        raise SystemExit(1)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", help="members")
    parser.add_argument("--timed", type=int, default=40, help="steps to time; 0 for none")
    parser.add_argument("--json", type=Path, help="where measurements are kept")
    return parser.parse_args()


def _measure(backend: str, only: list[str] | None, timed: int) -> dict[str, Any]:
    """Return all members' figures, or why there are none, from a fresh process."""
    if backend == "jax":
        if not describe_machine()["gpus"]:
            return {NOT_RUN: "no GPU"}
        if importlib.util.find_spec("jax") is None:
            return {NOT_RUN: "a GPU, but no JAX"}
    before = os.environ.get("KERAS_BACKEND")
    os.environ["KERAS_BACKEND"] = backend
    try:
        function = "measuring.half_precision:measure_members"
        return in_fresh_process(function, only=only, timed=timed)
    finally:
        os.environ.pop("KERAS_BACKEND")
        if before is not None:
            os.environ["KERAS_BACKEND"] = before


def _rows(device: str, found: dict[str, Any]) -> list[dict[str, Any]]:
    if NOT_RUN in found:
        return [
            {"device": device, "member": "all", NOT_RUN: found[NOT_RUN], "missed": "", "reason": ""}
        ]
    return [
        {
            "device": device,
            "member": member["member"],
            "missed": "; ".join(member["missed"]),
            "reason": member["reason"] if member["missed"] else "",
            **{policy: member[policy] for policy in POLICIES},
        }
        for member in found["members"]
    ]


def _make_table(summary: list[dict[str, Any]]) -> Table:
    short = [policy.removeprefix("mixed_") for policy in POLICIES]
    heads = [f"{policy} {what}" for policy in short for what in ("outputs", "step", "time")]
    table = Table("device", "member", *heads, "outside", box=None, pad_edge=False)
    for row in summary:
        if NOT_RUN in row:
            table.add_row(row["device"], row["member"], f"{NOT_RUN}: {row[NOT_RUN]}")
            continue
        figures = [
            "" if value is None else f"{value:.2g}"
            for policy in POLICIES
            for value in (row[policy].get(key) for key in ("outputs", "step", "time by float32"))
        ]
        table.add_row(row["device"], row["member"], *figures, "yes" if row["missed"] else "")
    return table


if __name__ == "__main__":
    main()
