"""The line that carries on from a run, to copy."""

from __future__ import annotations

import csv
import io
import shlex
from collections.abc import Sequence
from pathlib import Path

from dlrecipes.results import RunInfo
from dlrecipes.results.run_info import SourceValue

_PACKAGE = Path(__file__).parent.parent
_BUNDLED = (_PACKAGE / "_recipes", _PACKAGE.parent / "recipes")


def command_of(info: RunInfo, command: str, options: Sequence[str] = ()) -> str:
    """Return a command for the recipe and the data of a run.

    Args:
        info: What the run was started with.
        command: `"tune"`, `"check"` or `"curve"`, which goes on from the run.
        options: Options and their values, for `tune` those that change the plan.

    Returns:
        A line for a shell; for a run from Python the Python that does the same.
    """
    if not info.origin.path:
        return _in_python(command, options)
    words = ["dlrecipes", command, _recipe(info), *options]
    for name, value in info.origin.source.items():
        words += [f"--{name.replace('_', '-')}", _text(value)]
    if command == "curve":
        words += ["--run", _near(Path(info.settings.out or info.run))]
    return shlex.join(words)


def _in_python(command: str, options: Sequence[str]) -> str:
    if command == "curve":
        return "dlr.learning_curve(build, splits, run=run)"
    if command == "check":
        return "dlr.check(model, x, y)"
    changes = "plan"
    for name, value in zip(options[::2], options[1::2], strict=True):
        if name == "--set":
            changes = f'dlr.search.with_setting({changes}, "{value}")'
        else:
            changes = f"dlr.search.with_budget({changes}, {name[2:]}={value})"
    return f"dlr.tune(build, splits, plan={changes})"


def _recipe(info: RunInfo) -> str:
    """Return a bundled recipe's name, or where its file is."""
    path = Path(info.origin.path)
    if path.stem == info.origin.recipe and path.parent in _BUNDLED:
        return info.origin.recipe
    return _near(path)


def _near(path: Path) -> str:
    """Return a path from here, where it lies below."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _text(value: SourceValue) -> str:
    """Return an argument of `load` as the command line takes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return _listed([str(item) for item in value])
    if isinstance(value, dict):
        return _listed(
            [
                f"{name}={'<'.join(item) if isinstance(item, list) else item}"
                for name, item in value.items()
            ]
        )
    return str(value)


def _listed(items: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(items)
    return text.getvalue()
