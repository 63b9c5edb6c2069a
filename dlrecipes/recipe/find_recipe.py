"""Where recipes are, and what a file says of its recipe without importing it."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from dlrecipes.checks import did_you_mean
from dlrecipes.errors import RecipeError


@dataclass(frozen=True)
class RecipeFacts:
    """What a recipe's file says of it.

    Args:
        name: The recipe's name.
        shows: What it shows, in a few words.
        minutes: How long it takes on two CPU cores; 0 where that is not said.
        expected: The score to expect.
        task: What its data is, such as `"images"`; empty where that is not said.
    """

    name: str
    shows: str = ""
    minutes: float = 0.0
    expected: str = ""
    task: str = ""


def recipes_folder() -> Path:
    """Return the folder of the bundled recipes.

    A checkout's own `recipes/` comes first: an editable install leaves a stale copy.
    """
    package = Path(__file__).parent.parent
    checkout = package.parent / "recipes"
    if (package.parent / "pyproject.toml").is_file() and checkout.is_dir():
        return checkout
    return package / "_recipes"


def recipe_names() -> list[str]:
    """Return the names of the bundled recipes.

    Example:
        >>> dlr.recipe_names()[:4]
        ['breast_cancer', 'diabetes', 'digits', 'digits_mlp']
    """
    return sorted(path.stem for path in recipes_folder().glob("[!_]*.py"))


def recipe_path(name_or_path: str | Path) -> Path:
    """Return a recipe's file.

    Args:
        name_or_path: A bundled recipe's name, or the path of a `.py` file.

    Raises:
        RecipeError: If there is neither.
    """
    text = str(name_or_path)
    if re.fullmatch(r"\w+", text):
        bundled = recipes_folder() / f"{text}.py"
        if bundled.is_file():
            return bundled
    path = Path(text)
    if path.suffix == ".py" and path.is_file():
        return path
    raise RecipeError(
        "A recipe must be a bundled one or the path of a .py file.",
        received=f"{text!r}",
        fix=f"{did_you_mean(text, recipe_names())} Bundled: {', '.join(recipe_names())}.".strip(),
    )


def read_facts(path: Path) -> RecipeFacts:
    """Read what `RECIPE = Recipe(...)` says in words and numbers, without running the file.

    Args:
        path: A recipe's file; what it computes instead of writing it down is left out.
    """
    said = read_keywords(path, "RECIPE")
    minutes = said.get("minutes", 0.0)
    return RecipeFacts(
        name=str(said.get("name", path.stem)),
        shows=str(said.get("shows", "")),
        minutes=float(minutes) if isinstance(minutes, int | float) else 0.0,
        expected=str(said.get("expected", "")),
        task=str(said.get("task", "")),
    )


def recipes_for(task: str | None = None) -> list[RecipeFacts]:
    """Return what is known of the bundled recipes, or of those for one task.

    Args:
        task: `"images"`, `"tables"`, `"text"` or `"series"`, also in another number (`"table"`);
            None for all.

    Raises:
        RecipeError: If there is none for that task.

    Example:
        >>> [facts.name for facts in dlr.recipe.recipes_for("images")]
        ['digits', 'digits_mlp', 'images']
    """
    found = [read_facts(recipe_path(name)) for name in recipe_names()]
    if task is None:
        return found
    chosen = [facts for facts in found if _one(facts.task) == _one(task)]
    tasks = sorted({facts.task for facts in found if facts.task})
    if not chosen:
        raise RecipeError(
            "There must be a recipe for the task.",
            received=f"--task {task}",
            fix=f"{did_you_mean(task, tasks)} The tasks are {', '.join(tasks)}.".strip(),
        )
    return chosen


def _one(task: str) -> str:
    return task.strip().lower().removesuffix("s")


def read_keywords(path: Path, name: str) -> dict[str, object]:
    """Read what `name = Something(...)` says in words and numbers, without running the file.

    Args:
        path: A Python file.
        name: The variable.
    """
    said: dict[str, object] = {}
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == name:
            keywords = statement.value.keywords if isinstance(statement.value, ast.Call) else []
            for keyword in keywords:
                if isinstance(keyword.value, ast.Constant):
                    said[str(keyword.arg)] = keyword.value.value
    return said
