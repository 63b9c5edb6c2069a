"""Finding and loading recipes."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

from dlrecipes.checks import did_you_mean
from dlrecipes.errors import RecipeError
from dlrecipes.recipe.line_in import line_in
from dlrecipes.recipe.recipe import Recipe
from dlrecipes.results import RunInfo


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
    """Return the names of the bundled recipes."""
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


def load_recipe(name_or_path: str | Path) -> Recipe:
    """Load a recipe.

    Args:
        name_or_path: A bundled recipe's name, or the path of a `.py` file that defines
            `RECIPE = Recipe(...)`.

    Raises:
        RecipeError: If there is no such recipe, or its file cannot be imported or defines none.
    """
    path = recipe_path(name_or_path)
    recipe = getattr(_import(path), "RECIPE", None)
    if not isinstance(recipe, Recipe):
        raise RecipeError(
            "A recipe's file must define `RECIPE = Recipe(...)`.",
            received=f"{path} with RECIPE={recipe!r}",
            fix="Start from one that works: `dlrecipes copy digits`.",
        )
    recipe.path = path
    return recipe


def load_recipe_of(info: RunInfo) -> Recipe:
    """Load the recipe that a run was started with.

    Args:
        info: What the run was started with; of a bundled recipe the one of this installation.

    Raises:
        RecipeError: If the run was started from Python without a recipe, or its file is gone.
    """
    if info.recipe_path and Path(info.recipe_path).is_file():
        return load_recipe(info.recipe_path)
    if info.recipe_path and info.recipe in recipe_names():
        return load_recipe(info.recipe)
    raise RecipeError(
        "The run's recipe must be there: it loads the data.",
        received=info.recipe_path or f"{info.run}, a run from Python",
        fix="From Python: `dlr.Run(directory, splits).open_test_set(reason)`.",
    )


def _import(path: Path) -> ModuleType:
    name = f"dlrecipes_recipe_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise RecipeError("A recipe must be a Python file.", received=str(path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # so that Keras can name its custom classes
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # the recipe is the user's code
        del sys.modules[name]
        line = error.lineno if isinstance(error, SyntaxError) else line_in(error, path)
        where = f"{path}, line {line}" if line else f"{path}"
        raise RecipeError(
            "A recipe's file must be importable.",
            received=f"{where}: {type(error).__name__}: {error}",
        ) from error
    return module
