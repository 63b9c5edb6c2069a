"""Does what KerasTuner's and Optuna's users have work unchanged?

    python benchmarks/builders.py
    python benchmarks/builders.py --only own_layer tunable_depth --without-peers
    python benchmarks/builders.py --kind A C --json some.json

Every builder of `strangers/`, as its author wrote it, is tuned, stopped and resumed, compared with
Keras' own `fit`, opened, exported, and asked to predict in a process that never saw it; then
KerasTuner and a plain Optuna objective run it. Each in fresh processes; what a member raises is
recorded. The whole collection is written to `builders.json` and `builders.md` beside this program,
a part of it only where `--json` or `--page` say so.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from measuring.fresh_process import ProcessFailed, in_fresh_process
from measuring.record import Record
from measuring.stranger_steps import NOT_REACHED, OK, OWN_STEPS, PEER_STEPS
from rich.table import Table

HERE = Path(__file__).parent
TIMEOUT = 420.0
"""Seconds that the steps of one member may take."""


def main() -> None:
    """Take the steps that are missing and print the table."""
    options = _parse()
    chosen = _choose(options)
    whole = not (options.only or options.kind or options.ci) and options.steps == OWN_STEPS
    peers = not options.without_peers
    settings = {"steps": options.steps, "peers": peers, "timeout": options.timeout}
    file = options.json or (HERE / "builders.json" if whole else None)
    record = Record(file, "builders", settings)
    rows = [
        record.measure(
            stranger.name,
            lambda stranger=stranger: measure_member(
                stranger.name,
                stranger.kind,
                steps=options.steps,
                peers=peers,
                timeout=options.timeout,
            ),
        )
        for stranger in chosen
    ]
    record.conclude(summarize(rows), _make_table(rows))
    page = options.page or (HERE / "builders.md" if whole else None)
    if page:
        page.write_text(make_page(rows), encoding="utf-8")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", help="members")
    parser.add_argument("--kind", nargs="+", help="kinds, A to J")
    parser.add_argument("--ci", action="store_true", help="the twelve members that the tests train")
    parser.add_argument("--without-peers", action="store_true")
    parser.add_argument(
        "--steps", nargs="+", metavar="STEP", choices=OWN_STEPS, default=OWN_STEPS,
        help=f"of {', '.join(OWN_STEPS)}",
    )  # fmt: skip
    parser.add_argument("--timeout", type=float, default=TIMEOUT, help="seconds a member")
    parser.add_argument("--json", type=Path, help="where measurements are kept")
    parser.add_argument("--page", type=Path, help="where the page is written")
    return parser.parse_args()


def _choose(options: argparse.Namespace) -> list[Any]:
    from strangers import CI_MEMBERS, KINDS, STRANGERS

    known = [stranger.name for stranger in STRANGERS]
    strange = [name for name in options.only or () if name not in known]
    strange += [kind for kind in options.kind or () if kind not in KINDS]
    if strange:
        raise SystemExit(f"Unknown: {', '.join(strange)}. Members: {', '.join(known)}.")
    return [
        stranger
        for stranger in STRANGERS
        if (not options.only or stranger.name in options.only)
        and (not options.kind or stranger.kind in options.kind)
        and (not options.ci or stranger.name in CI_MEMBERS)
    ]


def measure_member(
    name: str,
    kind: str,
    *,
    steps: Sequence[str] = OWN_STEPS,
    peers: bool = False,
    timeout: float = TIMEOUT,
) -> dict[str, Any]:
    """Return a member's row.

    Args:
        name: The member's.
        kind: Its kind.
        steps: Which steps are taken.
        peers: Whether KerasTuner and Optuna run it, too.
        timeout: Seconds that each of its processes may take.
    """
    with tempfile.TemporaryDirectory() as folder:
        row = _in_process("run_stranger", Path(folder), timeout, name=name, steps=list(steps))
        if (Path(folder) / "inputs.pickle").exists():
            row["steps"]["alone"] = _predict_alone(folder, timeout)
    if peers:
        with tempfile.TemporaryDirectory() as folder:
            theirs = _in_process("run_peers", Path(folder), timeout, name=name)
        row["steps"].update(theirs.pop("steps"))
        row |= {key: value for key, value in theirs.items() if key == "keras_tuner_score"}
    row.pop("peak_rss_mb", None)
    return {"name": name, "kind": kind, **row}


def _in_process(function: str, folder: Path, timeout: float, **arguments: object) -> dict[str, Any]:
    """Return the row that a process wrote, up to where it got."""
    file = folder / "row.json"
    try:
        return in_fresh_process(
            f"measuring.stranger_steps:{function}", timeout, folder=str(folder), **arguments
        )
    except ProcessFailed as error:
        said = [line.strip() for line in str(error).splitlines() if line.strip()]
        row: dict[str, Any] = {"steps": {"tune": "did not end"}}
        if file.exists():
            row = json.loads(file.read_text(encoding="utf-8"))
        how = said[0] if len(said) == 1 else f"the process ended: {said[-1]}"
        row["steps"] = {
            step: how[:300] if outcome == "did not end" else outcome
            for step, outcome in row["steps"].items()
        }
        return row


def _predict_alone(folder: str, timeout: float) -> str:
    try:
        told = in_fresh_process("measuring.stranger_steps:predict_alone", timeout, folder=folder)
    except ProcessFailed as error:
        return f"{error}".splitlines()[-1][:300]
    return str(told["alone"])


# ---- what it comes to


def own_failures(row: dict[str, Any]) -> dict[str, str]:
    """Return what went wrong with a member in the library: `{step: message}`.

    Args:
        row: Its row.
    """
    own = {step: said for step, said in row["steps"].items() if step not in PEER_STEPS}
    return {step: said for step, said in own.items() if said not in (OK, NOT_REACHED)}


def summarize(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a row a kind: how many members work unchanged, and in KerasTuner.

    Args:
        rows: The members'.
    """
    summary = []
    for kind in sorted({row["kind"] for row in rows}):
        of_kind = [row for row in rows if row["kind"] == kind]
        summary.append(
            {
                "kind": kind,
                "members": len(of_kind),
                "unchanged": sum(not own_failures(row) for row in of_kind),
                "tuned": sum(row["steps"].get("tune") == OK for row in of_kind),
                "keras_tuner": sum(row["steps"].get("keras_tuner") == OK for row in of_kind),
                "optuna": sum(row["steps"].get("optuna") == OK for row in of_kind),
            }
        )
    return summary


def _make_table(rows: list[dict[str, Any]]) -> Table:
    from strangers import KINDS

    table = Table("kind", "member", "engine", "s to a trial", "s", "what failed", title="Builders")
    for kind in sorted({row["kind"] for row in rows}):
        table.add_row(f"[bold]{kind}", f"[bold]{KINDS[kind]}")
        for row in rows:
            if row["kind"] != kind:
                continue
            failed = "\n".join(f"{step}: {said}" for step, said in own_failures(row).items())
            table.add_row(
                "",
                row["name"],
                row.get("engine", ""),
                _number(row.get("first_trial_seconds")),
                _number(row.get("seconds")),
                failed or "unchanged",
            )
    return table


def make_page(rows: list[dict[str, Any]]) -> str:
    """Return the rows as a page in Markdown.

    Args:
        rows: The members'.
    """
    from strangers import KINDS

    unchanged = sum(not own_failures(row) for row in rows)
    lines = [
        "# Builders as others write them",
        "",
        f"{unchanged} of {len(rows)} work unchanged.",
        "`python benchmarks/builders.py` makes this page.",
    ]
    for kind in sorted({row["kind"] for row in rows}):
        lines += [
            "",
            f"## {kind}: {KINDS[kind]}",
            "",
            "| builder | engine | s to the first trial | s in all | here | KerasTuner | Optuna |",
            "| --- | --- | ---: | ---: | --- | --- | --- |",
        ]
        for row in rows:
            if row["kind"] == kind:
                engine = ": ".join(filter(None, (row.get("engine"), row.get("why"))))
                here = "; ".join(f"{step}: {said}" for step, said in own_failures(row).items())
                cells = [
                    row["name"],
                    engine,
                    _number(row.get("first_trial_seconds")),
                    _number(row.get("seconds")),
                    here or "unchanged",
                    row["steps"].get("keras_tuner", ""),
                    row["steps"].get("optuna", ""),
                ]
                lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


if __name__ == "__main__":
    main()
