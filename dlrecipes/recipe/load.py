"""Loading recipes."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from dlrecipes.errors import RecipeError
from dlrecipes.recipe.find_recipe import recipe_names, recipe_path
from dlrecipes.recipe.line_in import line_in
from dlrecipes.recipe.recipe import Recipe
from dlrecipes.results import RunInfo


def load_recipe(name_or_path: str | Path) -> Recipe:
    """Load a recipe.

    Args:
        name_or_path: A bundled recipe's name, or the path of a `.py` file that defines
            `RECIPE = Recipe(...)`.

    Raises:
        RecipeError: If there is no such recipe, or its file cannot be imported or defines none.

    Example:
        >>> recipe = dlr.load_recipe("digits")
        >>> recipe.name, recipe.objective, recipe.plan.trials
        ('digits', 'val_loss', 20)
        >>> recipe.load(split_seed=1).train.x.shape
        (1079, 8, 8, 1)
    """
    path = recipe_path(name_or_path)
    recipe = getattr(import_file(path), "RECIPE", None)
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
    if info.origin.path and Path(info.origin.path).is_file():
        return load_recipe(info.origin.path)
    if info.origin.path and info.origin.recipe in recipe_names():
        return load_recipe(info.origin.recipe)
    raise RecipeError(
        "The run's recipe must be there: it loads the data.",
        received=info.origin.path or f"{info.run}, a run from Python",
        fix="From Python: `dlr.Run(directory, splits)`, with `open_test_set(reason)` or "
        "`export_baseline()`.",
    )


def import_file(path: Path) -> ModuleType:
    """Import a file that is a user's own, or may be.

    Args:
        path: A `.py` file.

    Raises:
        RecipeError: If it cannot be imported.
    """
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
