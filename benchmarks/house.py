"""Counts of the code's structure: sizes, helpers, branches on targets, a row's way.

    python benchmarks/house.py
    python benchmarks/house.py --list branches --out house.json
    python benchmarks/house.py --tree ../another/checkout

Reads the sources as text and never imports them, but for the way of a row: a small study on
scikit-learn's wine table, of which it notes every file of the package whose functions are handed
rows, or hand rows on, before the first step of training. Blank lines and comments are lines; an
`__init__.py` is a list of names and no file here. A file serves one other if exactly one file
imports from it and its package does not offer it to everyone.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TARGETS = ("dlrecipes/targets/", "dlrecipes/results/target.py")
"""Where a kind of target is described and where all else follows from it."""
TASKS = frozenset({"binary", "multiclass", "ordinal", "regression", "multitask", "classification"})
TARGET_ATTRIBUTES = frozenset({"task", "targets", "keyed", "puts_out_values"})
NO_TARGETS = ("file.targets", "lags.targets", "trained_on.targets", "rules.targets")
"""Names of a table's columns, and not what they are."""
NO_BRANCHES = (
    ("focal_loss.py", ("_check_alpha", "call")),  # its own argument: what its outputs are
    ("read_tfds.py", ("labels",)),  # what a catalogue of data sets says
    ("load.py", ("_load_tfds",)),
    ("find_recipe.py", ("read_facts",)),  # targets of an assignment in a syntax tree
    ("lags.py", ("last",)),  # columns that are looked up
    ("data_spec.py", ("last",)),
)
"""Functions whose words are those of a target's kinds by chance."""
CLASS_ATTRIBUTES = frozenset({"classes", "class_names", "num_classes"})
"""Empty where a target is no class: a test of whether they are is one of its kind."""

ROW = """
import os, sys, tempfile, threading
from pathlib import Path

ROWS = {{178, 179}}  # of the file, and with its header; those of the parts are added
root = os.path.join({tree!r}, "dlrecipes") + os.sep
seen = set()

class Done(BaseException):
    pass

def carries(value, depth=2):
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) or (shape is not None and hasattr(shape, "rank")):
        return len(shape) > 0 and shape[0] in ROWS
    if isinstance(value, (list, tuple)) and len(value) in ROWS:
        return True
    if depth and isinstance(value, dict):
        return any(carries(inner, depth - 1) for inner in list(value.values())[:20])
    if depth and isinstance(value, (list, tuple)):
        return any(carries(inner, depth - 1) for inner in value[:5])
    if depth and type(value).__module__.startswith("dlrecipes."):
        held = list(getattr(value, "__dict__", {{}}).values())
        return any(carries(inner, depth - 1) for inner in held)
    return False

def note(frame, event, argument):
    name = frame.f_code.co_filename
    if event not in ("call", "return") or not name.startswith(root):
        return
    name = name[len(root):]
    if name not in seen:
        values = [argument] if event == "return" else list(frame.f_locals.values())
        if any(carries(value) for value in values):
            seen.add(name)
    if event == "call" and name.endswith("fit_engine.py") and frame.f_code.co_name == "_fit":
        raise Done

import dlrecipes as dlr
import keras, numpy, pandas, tensorflow
from sklearn.datasets import load_wine

wine = load_wine(as_frame=True)
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "wine.csv"
    table = wine.frame.rename(columns={{"target": "cultivar"}})
    table["cultivar"] = table["cultivar"].map(dict(enumerate("abc")))
    table.to_csv(path, index=False)
    recipe = dlr.load_recipe("tabular")
    splits = recipe.load(data=str(path), target="cultivar")
    ROWS |= {{len(splits.train), len(splits.validation), len(splits.test)}}
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        recipe.tune(
            data=str(path), target="cultivar", trials=4, epochs=1,
            settings=dlr.RunSettings(engine="fit", out=Path(folder) / "run"),
        )
    except Done:
        pass
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
files = sorted(name for name in seen if not name.endswith("__init__.py"))
print("ROW", len(files), " ".join(files))
"""


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tree", type=Path, default=Path(__file__).parents[1])
    parser.add_argument("--out", type=Path, help="a JSON file with every figure")
    parser.add_argument("--list", choices=("branches", "serves", "row", "wide", "long"))
    options = parser.parse_args()
    tree = options.tree.resolve()
    counted = count(tree)
    for line in table(counted):
        print(line)
    for line in counted.get({"row": "row_files"}.get(options.list, options.list or ""), ()):
        print("  ", line)
    if options.out:
        options.out.write_text(json.dumps(counted, indent=1) + "\n")


def count(tree: Path) -> dict[str, Any]:
    """Return every figure of a checkout.

    Args:
        tree: Its folder.
    """
    sources = {
        path.relative_to(tree).as_posix(): path.read_text()
        for path in sorted((tree / "dlrecipes").rglob("*.py"))
    }
    parsed = {name: ast.parse(text) for name, text in sources.items()}
    files = {name: text for name, text in sources.items() if not name.endswith("__init__.py")}
    users = find_users(parsed)
    serves = [
        f"{name} <- {min(users[name])}"
        for name in files
        if len(users[name]) == 1 and not min(users[name]).endswith("__init__.py")
    ]
    branches = [
        f"{name}:{function.lineno} {function.name}"
        for name in files
        if not name.startswith(TARGETS)
        for function in functions(parsed[name])
        if branches_on_target(function)
        if not any(name.endswith(f"/{file}") and function.name in by for file, by in NO_BRANCHES)
    ]
    long = sorted(
        (-arguments(function), f"{name}:{function.name}")
        for name in files
        for function in functions(parsed[name])
    )[:10]
    wide = sorted(
        (-fields, f"{name}:{kind}") for name in files for kind, fields in dataclasses(parsed[name])
    )[:10]
    row = row_files(tree)
    return {
        "files": len(files),
        "median_lines": statistics.median(text.count("\n") for text in files.values()),
        "lines": sum(text.count("\n") for text in files.values()),
        "serve_one": round(len(serves) / len(files), 3),
        "serves": serves,
        "branches": branches,
        "branching_files": len({branch.split(":")[0] for branch in branches}),
        "long": [f"{-number} {name}" for number, name in long],
        "wide": [f"{-number} {name}" for number, name in wide],
        "row": len(row),
        "row_files": row,
    }


def table(counted: dict[str, Any]) -> Iterator[str]:
    """Yield the figures as lines."""
    yield f"files {counted['files']}, lines {counted['lines']}"
    yield f"median lines of a file {counted['median_lines']:g}"
    yield f"files that serve exactly one other {counted['serve_one']:.1%}"
    yield (
        f"functions that branch on a target's kind or on the number of targets "
        f"{len(counted['branches'])}, in {counted['branching_files']} files"
    )
    yield "arguments of the ten longest functions " + numbers(counted["long"])
    yield "fields of the ten widest data classes " + numbers(counted["wide"])
    side = sum(name.startswith(("data/audit/", "baselines/")) for name in counted["row_files"])
    yield (
        f"files that a table's row passes from its file to the first step {counted['row']}, "
        f"of which audit and baselines {side}"
    )


def numbers(lines: list[str]) -> str:
    """Return the figures at the beginning of lines."""
    return " ".join(line.split()[0] for line in lines)


def find_users(parsed: dict[str, ast.Module]) -> dict[str, set[str]]:
    """Return which files import from each file; a package that offers its names is one of them."""
    users: dict[str, set[str]] = defaultdict(set)
    for name, module in parsed.items():
        for statement in ast.walk(module):
            if isinstance(statement, ast.ImportFrom) and statement.module:
                for inner in statement.names:
                    found = resolve(parsed, statement.module, inner.name)
                    if found and found != name:
                        users[found].add(name)
        if name.endswith("__init__.py"):
            for place in lazily_given(module):
                users[place].add(name)
    return users


def lazily_given(module: ast.Module) -> set[str]:
    """Return the files whose names a package's `__getattr__` finds, where a dictionary has them."""
    places = {
        str(value.value).replace(".", "/") + ".py"
        for statement in ast.walk(module)
        if isinstance(statement, ast.Dict)
        for value in statement.values
        if isinstance(value, ast.Constant)
    }
    return {place for place in places if place.startswith("dlrecipes/")}


def resolve(parsed: dict[str, ast.Module], module: str, name: str) -> str:
    """Return the file of `from module import name`; empty if it is not of the package."""
    place = module.replace(".", "/")
    for path in (f"{place}/{name}.py", f"{place}/{name}/__init__.py", f"{place}.py"):
        if path in parsed:
            return path
    path = f"{place}/__init__.py"
    return path if path in parsed else ""


def functions(module: ast.Module) -> Iterator[ast.FunctionDef]:
    """Yield every function and method; what is defined inside one belongs to it."""
    waiting: list[ast.AST] = [module]
    while waiting:
        for inner in ast.iter_child_nodes(waiting.pop()):
            if isinstance(inner, ast.FunctionDef):
                yield inner
            else:
                waiting.append(inner)


def arguments(function: ast.FunctionDef) -> int:
    """Return how many arguments a function has, `self` not counted."""
    given = function.args
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    return sum(argument.arg not in ("self", "cls") for argument in named)


def dataclasses(module: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield the name and the number of fields of every data class."""
    for statement in ast.walk(module):
        if isinstance(statement, ast.ClassDef) and any(
            "dataclass" in ast.unparse(decorator) for decorator in statement.decorator_list
        ):
            yield (
                statement.name,
                sum(
                    isinstance(inner, ast.AnnAssign) and "ClassVar" not in ast.unparse(inner)
                    for inner in statement.body
                ),
            )


def branches_on_target(function: ast.FunctionDef) -> bool:
    """Whether a function decides anything by what a target is, or by how many there are."""
    told = told_by_target(function)
    for statement in ast.walk(function):
        if isinstance(statement, ast.If | ast.IfExp | ast.While | ast.Assert):
            tests: list[ast.expr] = [statement.test]
        elif isinstance(statement, ast.comprehension):
            tests = statement.ifs
        elif isinstance(statement, ast.BoolOp):
            tests = statement.values
        elif isinstance(statement, ast.Match):
            tests = [statement.subject, *(case.pattern for case in statement.cases)]  # type: ignore[list-item]
        elif isinstance(statement, ast.Compare):
            tests = [statement]
        else:
            continue
        if any(asks_for_target(test) or asks_by_name(test, told) for test in tests):
            return True
    return False


def told_by_target(function: ast.FunctionDef) -> set[str]:
    """Return the names in a function that hold classes, or targets with a name, of some data."""
    return {
        place.id
        for statement in ast.walk(function)
        if isinstance(statement, ast.Assign)
        if any(
            (isinstance(inner, ast.Attribute) and inner.attr in CLASS_ATTRIBUTES | {"keyed"})
            or (isinstance(inner, ast.Call) and ast.unparse(inner.func) == "named_targets")
            for inner in looked_through(statement.value)
        )
        for place in statement.targets
        if isinstance(place, ast.Name)
    }


def looked_through(value: ast.expr) -> list[ast.AST]:
    """Return what tells whether a value is empty: itself, what it is the length or a list of."""
    if isinstance(value, ast.Call) and ast.unparse(value.func) in ("len", "bool", "list", "tuple"):
        return [*value.args]
    if isinstance(value, ast.ListComp | ast.GeneratorExp):
        return [value.generators[0].iter]
    return [value]


def asks_by_name(test: ast.AST, told: set[str]) -> bool:
    """Whether a test is one of such a name, of its length or of its number."""
    bare = test.operand if isinstance(test, ast.UnaryOp) else test
    sides = [bare.left, *bare.comparators] if isinstance(bare, ast.Compare) else [bare]
    return any(
        isinstance(inner, ast.Name) and inner.id in told
        for side in sides
        for inner in looked_through(side)
    )


def asks_for_target(test: ast.AST) -> bool:
    """Whether a test asks what a target is, or how many there are."""
    for inner in ast.walk(test):
        if isinstance(inner, ast.Call) and ast.unparse(inner).startswith(
            ("hasattr(target,", "getattr(target,", "hasattr(spec.target,", "getattr(spec.target,")
        ):
            return True
        if isinstance(inner, ast.Attribute):
            said = ast.unparse(inner)
            asked = inner.attr in TARGET_ATTRIBUTES or said == "target.name"
            if asked and not said.endswith(NO_TARGETS):
                return True
        if isinstance(inner, ast.Constant) and inner.value in TASKS:
            return True
        if isinstance(inner, ast.Call) and ast.unparse(inner.func) == "named_targets":
            return True
        if isinstance(inner, ast.Call) and ast.unparse(inner.func) == "isinstance":
            kind = ast.unparse(inner.args[1])
            if "Target" in kind and "Masked" not in kind:
                return True
    # `if spec.classes`, `if not target.classes`, `spec.classes or …`, `len(target.classes) > 2`
    bare = test.operand if isinstance(test, ast.UnaryOp) else test
    sides = [bare.left, *bare.comparators] if isinstance(bare, ast.Compare) else [bare]
    return any(
        isinstance(inner, ast.Attribute) and inner.attr in CLASS_ATTRIBUTES
        for side in sides
        for inner in looked_through(side)
    )


def row_files(tree: Path) -> list[str]:
    """Return the files whose functions run before the first step of training."""
    environment = {
        **os.environ, "PYTHONPATH": str(tree), "TF_CPP_MIN_LOG_LEVEL": "3",
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        ran = subprocess.run(
            [sys.executable, "-c", ROW.format(tree=str(tree))],
            cwd=folder, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
    for line in ran.stdout.splitlines():
        if line.startswith("ROW "):
            return line.split()[2:]
    raise RuntimeError(f"The small study failed:\n{ran.stderr[-2000:]}")


if __name__ == "__main__":
    main()
