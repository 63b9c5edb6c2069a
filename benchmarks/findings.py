"""What the checks say of programs with a planted fault, and of healthy ones.

    python benchmarks/findings.py open
    python benchmarks/findings.py collection
    python benchmarks/findings.py sealed
    python benchmarks/findings.py second
    python benchmarks/findings.py third
    python benchmarks/findings.py page

`open` and `sealed` are the halves of `zoo/` that a seed has dealt: the first checks were made with
the open half before one's eyes and measured with the sealed one, from which the next were learnt.
`second` is `zoo/second/`, asked once, and `third` are the healthy programs of `zoo/third/`, asked
once after what the second one had taught. Each program is asked
before its first step (`dlrecipes.check`); where the fault was not named then, and of every healthy
program, it is trained and asked again (`dlrecipes.check_trained`). `collection` asks the builders
of `strangers/` and the bundled recipes, all of them healthy, before their first step. Outcomes are
written to `findings.json` beside this program; `page` makes `findings.md` of them.

A finding is right where it names the fault (`MEANT`), or where it is a true symptom of it (a loss
that begins or stays where no answer is worse, a network that is no better than a simple one). That
of four things which must fit each other (output, units, labels, loss) another one is named than
the one that was spoilt is right: nobody can tell which of them its author meant to keep.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import time
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from measuring.record import Record
from rich.table import Table

HERE = Path(__file__).parent

_SYMPTOMS_BEFORE = {"initial loss", "first steps", "learned by heart"}
_SYMPTOMS_AFTER = {"bias and variance", "flat loss", "diverged", "one answer", "nothing learned"}
_OUTPUT = {"output activation", "output units", "labels", "target range", "loss"}
MEANT = {
    "output_activation": _OUTPUT,
    "output_units": {*_OUTPUT, "axes"},
    "label_form": _OUTPUT,
    "target_range": _OUTPUT,
    "wrong_loss": _OUTPUT,
    "input_scale": {"input scale", "initial loss", "first steps"},
    "input_content": {"inputs", "initial loss"},
    "activation": {"activations", "gradients", "learned by heart"},
    "initial_weights": {"initial weights", "initial loss", "gradients", "learned by heart"},
    "disconnected": {"frozen layers", "unused inputs", "unused weights"},
    "axes": {"axes", "batch leak", "learned by heart"},
    "capacity": {"axes", "learned by heart"},
    "regularisation": {"regularisation"},
    "normalisation": {"normalisation", "batch leak", "batches"},
    "learning_rate": {"learning rate", "first steps", "oscillating loss", "stopped too early"},
    "optimizer": {"optimizer", "first steps", "oscillating loss", "stopped too early"},
    "batches": {"batches", "normalisation", "first steps", "oscillating loss"},
    "duration": {"duration", "stopped too early"},
    "wrong_labels": {"labels", "overfitting", "suspicious labels"},
    "overfitting": {"overfitting"},
    "leak": {"validation", "inputs"},
    "validation": {"validation"},
    "imbalance": {"imbalance"},
}
"""By which names of findings a kind of fault is named."""
_LEARNS_WELL = {"duration", "wrong_labels", "overfitting", "imbalance", "leak", "validation"}
"""Faults that do not keep a network from learning its training data: their early symptoms are
something else."""
_SEEMS_RIGHT = {"leak", "validation"}
"""Faults by which a score is better than it should be: no symptom tells of them."""


def main() -> None:
    """Ask of what was not asked yet, and print what it comes to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["open", "sealed", "second", "third", "collection", "page"])
    parser.add_argument("--json", type=Path, default=HERE / "findings.json")
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    warnings.simplefilter("ignore")
    record = _OfFindings(options.json, "findings", {"seed": 0})
    if options.what == "page":
        from measuring.findings_page import make_page

        _draw_each_kind(record)
        page = make_page(record.measurements)
        (HERE / "findings.md").write_text(page, encoding="utf-8")
        return
    rows = _ask_collection(record) if options.what == "collection" else _ask(record, options.what)
    summary = summarize(rows)
    record.conclude([summary], _make_table(rows, summary))


class _OfFindings(Record):
    """A record whose parts are of several commits: each half is asked when its time has come."""

    def _take_up(self, before: dict[str, Any]) -> None:
        before["versions"]["dlrecipes"] = self._content["versions"]["dlrecipes"]
        super()._take_up(before)


def _ask(record: Record, part: str) -> list[dict[str, Any]]:
    from zoo import HEALTHY, SICK, deal

    dealt = deal()
    if part in ("second", "third"):
        zoo = importlib.import_module(f"zoo.{part}")
        members = (*getattr(zoo, "SICK", ()), *zoo.HEALTHY)
    else:
        names = {
            "open": (*dealt.open_sick, *dealt.open_healthy),
            "sealed": (*dealt.sealed_sick, *dealt.sealed_healthy),
        }[part]
        members = tuple(one for one in (*SICK, *HEALTHY) if one.name in names)
    rows = []
    for one in members:
        told = record.measure(f"{part}: {one.name}", lambda one=one: ask_program(one))
        rows.append({"name": one.name, **told})
    return rows


def ask_program(program: Any) -> dict[str, Any]:  # noqa: ANN401  (a `zoo.Program` or `zoo.Healthy`)
    """Return what is said of a program, before and after its training.

    Args:
        program: The program.
    """
    healthy = not hasattr(program, "kind")
    kind = "healthy" if healthy else program.kind
    before, seconds = told_before(program.make if healthy else program.sick)
    row = {
        "kind": kind,
        "moment": "" if healthy else program.moment,
        "before": before,
        "seconds": round(seconds, 1),
        "after": [],
    }
    named = not healthy and any(said["name"] in MEANT[program.kind] for said in before)
    if not named:
        row["after"] = told_after(program.make if healthy else program.sick)
    return row


def told_before(
    make: Callable[[], Any], *, information: bool = False
) -> tuple[list[dict[str, str]], float]:
    """Return what is said of a program before its first step, and how long it took.

    Args:
        make: Makes the setup.
        information: Whether what is no fault is returned, too.
    """
    import dlrecipes as dlr

    setup = _fresh(make)
    start = time.monotonic()
    try:
        found = dlr.check(
            setup.model,
            setup.x,
            setup.y,
            validation_data=setup.validation,
            batch_size=setup.batch_size,
            epochs=setup.epochs,
            **setup.fit,
        )
    except dlr.errors.DlrecipesError as error:
        print(f"refused: {error}")
        found = ()
    return _said(found, information=information), time.monotonic() - start


def told_after(make: Callable[[], Any], *, information: bool = False) -> list[dict[str, str]]:
    """Return what is said of a program after its training.

    Args:
        make: Makes the setup.
        information: Whether what is no fault is returned, too.
    """
    import dlrecipes as dlr

    setup = _fresh(make)
    try:
        history = setup.train()
    except Exception:  # noqa: BLE001  (Keras says it itself)
        return []
    if setup.validation is None:
        return _said(dlr.check_history(history), information=information)
    held_out = setup.validation
    found = dlr.check_trained(
        setup.model, setup.x, setup.y, validation_data=held_out, history=history
    )
    return _said(found, information=information)


def _fresh(make: Callable[[], Any]) -> Any:  # noqa: ANN401  (a `zoo.Setup`)
    import keras

    keras.backend.clear_session()
    gc.collect()
    keras.utils.set_random_seed(0)
    return make()


def _said(found: Iterable[Any], *, information: bool = False) -> list[dict[str, str]]:
    return [
        {"name": one.name, "verdict": one.verdict, "advice": one.advice}
        for one in found
        if information or one.severity != "info"
    ]


def _ask_collection(record: Record) -> list[dict[str, Any]]:
    from measuring.findings_of_builders import ask_builders

    return [
        {"name": name, "kind": "healthy", "moment": "", "after": [], **told}
        for name, told in ask_builders(record)
    ]


def _draw_each_kind(record: Record) -> None:
    """Train, for each kind of finding, one program with its fault and mended."""
    from measuring.findings_page import show
    from zoo import SICK, deal

    open_half = deal().open_sick
    for program in SICK:
        row = record.measurements.get(f"open: {program.name}")
        if program.name not in open_half or row is None:
            continue
        right = right_and_others(row)[1]
        for said in (*row["before"], *row["after"]):
            if said["name"] in right:
                record.measure(
                    f"picture: {said['name']}",
                    lambda program=program, said=said: {
                        "program": program.name,
                        "fault": program.fault,
                        "verdict": said["verdict"],
                        "advice": said["advice"],
                        "sick": show(program.sick, program.measure),
                        "mended": show(program.cured, program.measure),
                    },
                )

    from measuring.finding_examples import EXAMPLES, score

    for name, (fault, sick, mended) in EXAMPLES.items():
        told = {} if f"picture: {name}" in record.measurements else _told_of(name, sick)
        if not told:
            continue
        record.measure(
            f"picture: {name}",
            lambda fault=fault, sick=sick, mended=mended, told=told: {
                "program": "an example of its own",
                "fault": fault,
                **told,
                "sick": show(sick, score),
                "mended": show(mended, score),
            },
        )


def _told_of(name: str, make: Callable[[], Any]) -> dict[str, str]:
    """Return verdict and advice of the finding of this name, before or else after training."""
    before, _ = told_before(make, information=True)
    for said in (*before, *told_after(make, information=True)):
        if said["name"] == name:
            return {"verdict": said["verdict"], "advice": said["advice"]}
    print(f"The example of {name!r} is not told: it has no picture.")
    return {}


# ---- what it comes to


def right_and_others(row: dict[str, Any]) -> tuple[str, list[str], list[str]]:
    """Return when a fault was told, by which findings, and what else was said.

    A program is asked after its training where nothing has named its fault before.

    Args:
        row: A sick program's.
    """
    kind = row["kind"]
    before = MEANT[kind] | (set() if kind in _LEARNS_WELL else _SYMPTOMS_BEFORE)
    after = MEANT[kind] | (set() if kind in _SEEMS_RIGHT else _SYMPTOMS_AFTER)
    early = [said["name"] for said in row["before"]]
    later = [said["name"] for said in row["after"]]
    right = [name for name in early if name in before]
    moment = "before" if right else ""
    right += [name for name in later if name in after]
    others = [name for name in early if name not in before]
    others += [name for name in later if name not in after]
    return moment or ("after" if right else ""), right, others


def names_the_fault(row: dict[str, Any]) -> bool:
    """Return whether a finding names the fault itself, not only what it leads to.

    Args:
        row: A sick program's.
    """
    return any(one["name"] in MEANT[row["kind"]] for one in (*row["before"], *row["after"]))


def summarize(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return recall, precision and false alarms.

    Args:
        rows: Of programs.
    """
    sick = [row for row in rows if row["kind"] != "healthy"]
    healthy = [row for row in rows if row["kind"] == "healthy"]
    outcomes = [(row["moment"], *right_and_others(row)) for row in sick]
    can_be = [one for one in outcomes if one[0] != "while"]
    right = sum(len(hits) for _, _, hits, _ in outcomes)
    others = sum(len(rest) for _, _, _, rest in outcomes)
    alarmed = [row["name"] for row in healthy if row["before"] or row["after"]]
    seconds = sorted(row["seconds"] for row in rows if "seconds" in row)
    return {
        "sick": len(sick),
        "before or after": len(can_be),
        "told before": sum(when == "before" for _, when, _, _ in can_be),
        "told after": sum(when == "after" for _, when, _, _ in can_be),
        "before that can be": sum(moment == "before" for moment, *_ in outcomes),
        "of these before": sum(
            moment == "before" and when == "before" for moment, when, *_ in outcomes
        ),
        "while": sum(moment == "while" for moment, *_ in outcomes),
        "of these told": sum(moment == "while" and bool(when) for moment, when, *_ in outcomes),
        "recall": sum(bool(when) for _, when, _, _ in can_be) / max(len(can_be), 1),
        "named": sum(names_the_fault(row) for row in sick if row["moment"] != "while"),
        "right findings": right,
        "other findings": others,
        "precision": right / max(right + others, 1),
        "healthy": len(healthy),
        "alarmed": alarmed,
        "seconds": {"median": seconds[len(seconds) // 2], "most": seconds[-1]} if seconds else {},
    }


def _make_table(rows: list[dict[str, Any]], summary: dict[str, Any]) -> Table:
    title = ", ".join(f"{name} {value}" for name, value in summary.items() if name != "alarmed")
    table = Table("kind", "can be told", "program", "told", "by", "also said", title=title)
    for row in sorted(rows, key=lambda row: (row["kind"] == "healthy", row["kind"])):
        if row["kind"] == "healthy":
            said = [*row["before"], *row["after"]]
            if said:
                alarms = "; ".join(f"{one['name']}: {one['verdict']}" for one in said)
                table.add_row("healthy", "", row["name"], "", "", alarms)
            continue
        when, right, others = right_and_others(row)
        cells = [row["moment"], row["name"], when or "[red]no", ", ".join(right), ", ".join(others)]
        table.add_row(row["kind"], *cells)
    return table


if __name__ == "__main__":
    main()
