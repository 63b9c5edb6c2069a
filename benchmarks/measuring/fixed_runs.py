"""Runs whose results must not move when the code is only rebuilt, and what differs between two.

Each run is a few commands of `dlrecipes tune` in processes of their own, with the package of a
given checkout. The engine is named: `auto` would choose by timing. Baselines have an hour, so that
no boosted tree is cut off by a clock.
"""

from __future__ import annotations

import csv
import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Values = dict[str, object]
"""`{where: text or number}` of a run; numbers are as many digits as the run wrote."""

ADULT = (
    "age,workclass,fnlwgt,education,education_num,marital_status,occupation,relationship,race,"
    "sex,capital_gain,capital_loss,hours_per_week,native_country,income"
)
_RESUMED = ["--trials", "12", "--epochs", "8"], ["--trials", "20", "--epochs", "8"]
CASES: dict[str, list[list[str]]] = {
    "digits_mlp": [["digits_mlp", "--engine", "population", "--trials", "32"]],
    "digits": [["digits", "--engine", "resident", "--trials", "6", "--epochs", "8"]],
    "wine": [
        ["tabular", "--engine", "population", "--data", "{folder}/wine.csv", "--target", "grape"]
    ],
    "adult": [
        ["tabular", "--engine", "population", "--trials", "8", "--epochs", "4"]
        + ["--data", "{data}/adult/adult-train.csv", "--test", "{data}/adult/adult-test.csv"]
        + ["--columns", ADULT, "--target", "income"]
    ],
    "multitask": [["multitask", "--engine", "fit", "--trials", "6", "--epochs", "10"]],
    "folds": [
        ["tabular", "--engine", "population", "--data", "{folder}/wine.csv", "--target", "grape"]
        + ["--folds", "3", "--trials", "8", "--epochs", "10"]
    ],
    "resumed": [
        ["digits_mlp", "--engine", "population", *_RESUMED[0], "--sealed"],
        ["digits_mlp", "--engine", "population", *_RESUMED[1], "--resume", "{folder}/run"],
    ],
}
"""`{name: arguments of dlrecipes tune}`; a run of several commands is resumed by the later ones."""

SHORT: dict[str, list[list[str]]] = {
    "digits_mlp": [["digits_mlp", "--engine", "population", "--trials", "6", "--epochs", "3"]],
    "digits": [
        # Long enough that few examples are on the border: rounding differs between machines.
        ["digits", "--engine", "resident", "--trials", "2", "--epochs", "8"]
        + ["--set", "refit_seeds=2"]
    ],
    "folds": [
        ["tabular", "--engine", "population", "--data", "{folder}/wine.csv", "--target", "grape"]
        + ["--folds", "2", "--trials", "4", "--epochs", "6"]
    ],
    "multitask": [
        ["multitask", "--engine", "fit", "--trials", "2", "--epochs", "3"]
        + ["--set", "refit_seeds=2"]
    ],
}
"""Of the same kinds, seconds each: what CI compares with a recorded list."""

# Trees of other libraries are left out: they are not installed everywhere, and have versions.
_PROGRAM = (
    "from dlrecipes.baselines import gradient_boosting; "
    "gradient_boosting.find_spec = lambda package: None; "
    "from dlrecipes.cli import main; main()"
)
_TRIAL = ("status", "score", "best_epoch", "epochs", "seed", "engine")


def run_case(commands: list[list[str]], checkout: Path, folder: Path) -> Values:
    """Carry out the commands of a case and return what must not move.

    Args:
        commands: Of `CASES` or `SHORT`.
        checkout: The folder whose package `dlrecipes` runs.
        folder: An empty one, for the run and the data that are made for it.

    Raises:
        RuntimeError: If a command fails.
    """
    _write_wine(folder / "wine.csv")
    places = {"folder": str(folder), "data": os.environ.get("DLRECIPES_DATA", "")}
    environment = {**os.environ, "PYTHONPATH": str(checkout), "TF_CPP_MIN_LOG_LEVEL": "3"}
    for arguments in commands:
        filled = [argument.format(**places) for argument in arguments]
        command = [sys.executable, "-c", _PROGRAM, "tune", *filled, "--baseline-seconds", "3600"]
        command += [] if "--sealed" in filled else ["--open"]
        command += [] if "--resume" in filled else ["--out", f"{folder}/run"]
        ended = subprocess.run(
            command, env=environment, cwd=folder, capture_output=True, text=True, check=False
        )
        if ended.returncode:
            raise RuntimeError(f"{' '.join(filled)} failed:\n{ended.stderr[-3000:]}")
    return read_run(folder / "run")


def read_run(run: Path) -> Values:
    """Return what must not move of a run directory: trials, baselines, scores, verdict, findings.

    Args:
        run: A run directory whose test set is open.
    """
    found: Values = {}
    with (run / "trials.csv").open(encoding="utf-8", newline="") as file:
        for trial in csv.DictReader(file):
            where = f"trial {trial['stage']} {trial['number']}"
            for name, text in trial.items():
                if name in _TRIAL or name.startswith("values."):
                    found[f"{where} {name}"] = _number(text)
    result = json.loads((run / "result.json").read_text(encoding="utf-8"))
    verdict = result["verdict"]
    kept = {
        "baselines": {
            name: {part: baseline[part] for part in ("validation", "test")}
            for name, baseline in result["baselines"].items()
        },
        "best": {key: result["best"][key] for key in ("values", "validation")},
        "refits": [
            {key: refit[key] for key in ("seed", "best_epoch", "validation", "test")}
            for refit in result["refits"]
        ],
        "test": {key: result["test"][key] for key in ("metric", "mean", "spread")},
        "verdict": {key: verdict[key] for key in ("outcome", "baseline", "difference")},
        "findings": {finding["name"]: finding["severity"] for finding in result["findings"]},
        "data": {key: result["data"][key] for key in ("train", "validation", "test", "task")},
    }
    return {**found, **dict(_flatten(kept))}


def differences(old: Values, new: Values) -> dict[str, float]:
    """Return where two runs differ, and by how much.

    Args:
        old: Of `read_run`.
        new: Likewise.

    Returns:
        `{where: relative difference}`, infinite for texts that differ and for what only one has.
        Numbers below 1 are compared by their absolute difference.
    """
    found = {}
    for where in [*old, *(where for where in new if where not in old)]:
        before, after = old.get(where), new.get(where)
        if where in old and where in new and before == after:
            continue
        numbers = [value for value in (before, after) if isinstance(value, float)]
        if len(numbers) < 2:
            found[where] = math.inf
        elif not all(map(math.isnan, numbers)):
            gap = abs(numbers[0] - numbers[1]) / max(1.0, abs(numbers[0]))
            found[where] = math.inf if math.isnan(gap) else gap
    return found


def _flatten(value: Any, where: str = "") -> Iterator[tuple[str, object]]:  # noqa: ANN401
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for name, part in items:
            yield from _flatten(part, f"{where} {name}".strip())
    else:
        whole = isinstance(value, int) and not isinstance(value, bool)
        yield where, float(value) if whole else value


def _number(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text


def _write_wine(path: Path) -> None:
    from sklearn.datasets import load_wine

    wine = load_wine(as_frame=True)
    table = wine.data.assign(grape=wine.target_names[wine.target])
    table.to_csv(path, index=False)
