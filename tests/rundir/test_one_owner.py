"""`rundir` alone names the files of a run."""

import ast
from pathlib import Path

import dlrecipes
from dlrecipes.rundir import FORMATS, KERAS, LEDGER, NO_KERAS, RunDirectory, beside

PACKAGE = Path(dlrecipes.__file__).parent


def file_names():
    """Return the names of all files of a run that are no plain words."""
    run = RunDirectory(Path("run"))
    files = [
        *(run.info_file, run.result_file, run.study_file, run.journal, run.log, run.report),
        *(run.predictions_on(part) for part in ("validation", "test")),
        *(run.trials_table, run.curves, run.preprocess),
        *(beside(run.networks("refit").model(0), suffix) for suffix in (KERAS, NO_KERAS)),
        *(run.export(name) for name in FORMATS),
        *(run.networks("refit").summary, run.networks("refit").ensemble),
    ]
    return {LEDGER, "checkpoints", ".lock", *(file.name for file in files if file.suffix)}


def spoken(tree):
    """Yield the docstrings and other texts that nothing is made of."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def test_no_other_package_names_a_file_of_the_run():
    names = file_names()
    assert {"run.json", "model.keras", "refit-0.keras", "trials.csv", "summary.txt"} <= names
    found = []
    for file in PACKAGE.rglob("*.py"):
        if file.parent.name == "rundir":
            continue
        text = file.read_text(encoding="utf-8")
        if not any(name in text for name in names):
            continue
        tree = ast.parse(text)
        said = set(map(id, spoken(tree)))
        found += [
            f"{file.relative_to(PACKAGE)}:{node.lineno} {node.value!r}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in said
            and any(name in node.value for name in names)
        ]
    # The storage's own lock, beside its journal.
    assert [one for one in found if not one.startswith("search/backends/storage.py")] == []
