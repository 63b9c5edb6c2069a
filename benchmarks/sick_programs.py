"""Do the planted faults show, do their cures help, and what do checks say of them?

    python benchmarks/sick_programs.py verify
    python benchmarks/sick_programs.py verify --only softmax_over_one_unit focal_loss
    python benchmarks/sick_programs.py verify --kind learning_rate --again
    python benchmarks/sick_programs.py verify --second

Every sick program of `zoo/` is trained with its fault and with only this fault mended, every
healthy one as it is, all from seed 0, and judged on held-out data. The outcome is written to
`sick_programs.json` beside this program; a command that was cut off goes on from there, and a
program that was changed is trained again. `--second` takes the members of `zoo/second/` instead
and writes to `second_sick_programs.json`.

What checks say of them is asked by `findings.py`.
"""

from __future__ import annotations

import argparse
import ast
import gc
import hashlib
import inspect
import logging
import math
import os
import textwrap
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measuring.record import Record
from rich.table import Table

HERE = Path(__file__).parent


class _OfZoo(Record):
    """A record that goes on at another commit: the zoo uses Keras alone, not this library."""

    def _take_up(self, before: dict[str, Any]) -> None:
        before["versions"]["dlrecipes"] = self._content["versions"]["dlrecipes"]
        super()._take_up(before)

    def forget(self, key: str) -> None:
        self.measurements.pop(key, None)


def main() -> None:
    """Train what was not trained yet and print the table."""
    options = _parse()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    for threads in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(threads, "1")  # more only get into each other's way
    sick, healthy = _choose(options)
    record = _OfZoo(options.json, "sick_programs", {"seed": 0})
    warnings.simplefilter("ignore")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    jobs = [(one, train_sick) for one in sick] + [(one, train_healthy) for one in healthy]
    jobs = _mix(jobs)
    digests = {member.name: _digest(member) for member, _ in jobs}
    rows = []
    for member, train in jobs:
        digest = digests[member.name]
        before = record.measurements.get(member.name)
        if options.again or (before and before["digest"] != digest):
            record.forget(member.name)
        trained = record.measure(
            member.name,
            lambda member=member, train=train, digest=digest: {"digest": digest, **train(member)},
        )
        made = judge(member, trained)
        rows.append(made)
        if not made["ok"]:
            print(f"  not ok: {_say(made)}", flush=True)
    record.conclude([_summarise(row) for row in rows], _make_table(rows))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    verify = commands.add_parser("verify", help="train the members and judge them")
    verify.add_argument("--only", nargs="+", metavar="NAME", help="members")
    verify.add_argument("--kind", nargs="+", help="kinds of faults, or `healthy`")
    verify.add_argument("--again", action="store_true", help="also those that were trained before")
    verify.add_argument("--second", action="store_true", help="the members of zoo/second/ instead")
    verify.add_argument("--json", type=Path, help="default: as told above, beside this program")
    options = parser.parse_args()
    name = "second_sick_programs" if options.second else "sick_programs"
    options.json = options.json or HERE / f"{name}.json"
    return options


def _choose(options: argparse.Namespace) -> tuple[list[Any], list[Any]]:
    from zoo import KINDS

    if options.second:
        from zoo.second import HEALTHY as healthy, SICK as sick
    else:
        from zoo import HEALTHY, MORE_HEALTHY, SICK as sick

        # The later ones are trained where they are named: they are no part of what is measured.
        healthy = (*HEALTHY, *MORE_HEALTHY) if options.only else HEALTHY
    known = {one.name for one in (*sick, *healthy)}
    strange = [name for name in options.only or () if name not in known]
    strange += [kind for kind in options.kind or () if kind not in (*KINDS, "healthy")]
    if strange:
        raise SystemExit(f"Unknown: {', '.join(strange)}. Members: {', '.join(sorted(known))}.")

    def wanted(name: str, kind: str) -> bool:
        return (not options.only or name in options.only) and (
            not options.kind or kind in options.kind
        )

    return (
        [one for one in sick if wanted(one.name, one.kind)],
        [one for one in healthy if wanted(one.name, "healthy")],
    )


def _mix(jobs: list[Any]) -> list[Any]:
    """Return the jobs so that a command that is cut off has seen something of every kind."""
    seen: dict[str, int] = {}
    turns = []
    for member, _ in jobs:
        kind = getattr(member, "kind", member.name[0])
        seen[kind] = seen.get(kind, 0) + 1
        turns.append(seen[kind])
    return [job for _, job in sorted(zip(turns, jobs, strict=True), key=lambda pair: pair[0])]


def _digest(member: Any) -> str:  # noqa: ANN401  (Program or Healthy)
    """Return a mark that changes with what the program does, not with how it is laid out."""
    write = getattr(member, "write", None) or member.make
    told = ast.dump(ast.parse(textwrap.dedent(inspect.getsource(write))))
    return hashlib.sha256(f"{told} {member.measure.__name__}".encode()).hexdigest()[:12]


# ---- one member


def run(
    make: Callable[[], Any], measure: Callable[..., float], *, reported: bool = False
) -> dict[str, Any]:
    """Return what training a program from seed 0 comes to.

    Args:
        make: Makes the setup.
        measure: Judges the trained model.
        reported: Whether it is judged on its validation data, too.
    """
    import keras

    keras.backend.clear_session()
    gc.collect()
    keras.utils.set_random_seed(0)
    start = time.monotonic()
    setup = make()
    # Both leave every step as it is: they spare time between epochs and steps.
    if "steps_per_epoch" not in setup.fit:
        setup.model.steps_per_execution = 64
    watched = "callbacks" in setup.fit or setup.validation is None
    further = {} if watched else {"validation_freq": setup.epochs}
    try:
        history = setup.train(**further)
    except Exception as error:  # noqa: BLE001  (what it raises is the outcome)
        return {"score": None, "raised": _in_one_line(error)}
    losses = history.history["loss"]
    outcome = {
        "score": round(measure(setup.model, *setup.held_out), 4),
        "first_loss": _finite(losses[0]),
        "last_loss": _finite(losses[-1]),
        "epochs": len(losses),
        "seconds": round(time.monotonic() - start, 1),
    }
    if reported:
        outcome["validation_score"] = round(measure(setup.model, *setup.validation), 4)
    return outcome


def _in_one_line(error: Exception) -> str:
    """Return what went wrong, without TensorFlow's account of where."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = next((line for line in lines if line.startswith("Received a label")), lines[0])
    return f"{type(error).__name__}: {told}"[:300]


def _finite(value: float) -> float | None:
    """Return a number as JSON can hold it."""
    return float(value) if math.isfinite(value) else None


def train_sick(program: Any) -> dict[str, Any]:  # noqa: ANN401  (Program)
    """Return what a sick program comes to with its fault and with it mended.

    Args:
        program: A `zoo.Program`.
    """
    honesty = program.judged == "honesty"
    return {
        "sick": run(program.sick, program.measure, reported=honesty),
        "cured": run(program.cured, program.measure, reported=honesty),
    }


def train_healthy(program: Any) -> dict[str, Any]:  # noqa: ANN401  (Healthy)
    """Return what a healthy program comes to.

    Args:
        program: A `zoo.Healthy`.
    """
    return {"cured": run(program.make, program.measure)}


def judge(member: Any, trained: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401
    """Return a member's row: what it comes to and whether that is as it should be.

    Args:
        member: A `zoo.Program` or a `zoo.Healthy`.
        trained: What its training comes to.
    """
    cured = trained["cured"]
    row = {"name": member.name, "kind": "healthy", "moment": "", **trained, "ok": False}
    if "sick" not in trained:
        row |= {"needed": member.right}
        return row | {"ok": cured["score"] is not None and cured["score"] >= member.right}
    sick = trained["sick"]
    row |= {"kind": member.kind, "moment": member.moment, "needed": member.gain, "gain": None}
    row |= {"judged": member.judged}
    if cured["score"] is None or member.raises != (sick["score"] is None):
        return row
    gain = cured["score"] - (0.0 if member.raises else sick["score"])
    if member.judged == "honesty":
        gain = _distance(sick) - _distance(cured)
    return row | {"gain": round(gain, 4), "ok": gain >= member.gain}


def _distance(outcome: dict[str, Any]) -> float:
    """Return how far the reported score is from the one on held-out data."""
    return abs(outcome["validation_score"] - outcome["score"])


# ---- what it comes to


def _summarise(row: dict[str, Any]) -> dict[str, Any]:
    shown = ("name", "kind", "moment", "gain", "ok")
    return {key: row[key] for key in shown if key in row} | {
        "sick": _score(row.get("sick"), row),
        "cured": _score(row["cured"], row),
    }


def _score(outcome: dict[str, Any] | None, row: dict[str, Any]) -> str:
    if outcome is None:
        return ""
    if outcome["score"] is None:
        return "raises"
    score = f"{outcome['score']:.3f}"
    if row.get("judged") == "honesty":
        return f"{outcome['validation_score']:.3f} reported, {score}"
    return score


def _say(row: dict[str, Any]) -> str:
    told = f"{row['name']}: sick {_score(row.get('sick'), row)}, cured {_score(row['cured'], row)}"
    raised = [row[part].get("raised", "") for part in ("sick", "cured") if part in row]
    return " ".join([told, f"needed {row['needed']}", *filter(None, raised)])


def _make_table(rows: list[dict[str, Any]]) -> Table:
    right = sum(row["ok"] for row in rows)
    columns = ("kind", "name", "moment", "sick", "cured", "gain", "needed", "s", "ok")
    table = Table(*columns, title=f"The zoo: {right} of {len(rows)} as they should be")
    for row in sorted(rows, key=lambda row: (row["kind"] == "healthy", row["kind"])):
        gain = row.get("gain")
        parts = [row[part] for part in ("sick", "cured") if part in row]
        table.add_row(
            row["kind"],
            row["name"],
            row["moment"],
            _score(row.get("sick"), row),
            _score(row["cured"], row),
            "" if gain is None else f"{gain:.2f}",
            f"{row['needed']:.2f}",
            f"{sum(part.get('seconds', 0.0) for part in parts):.0f}",
            "ok" if row["ok"] else "[red]NO",
        )
    return table


if __name__ == "__main__":
    main()
