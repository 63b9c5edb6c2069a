"""Recipes: whole worked tasks, one readable file each.

What is only known of a recipe (`recipe_names`, `read_facts`) is told without TensorFlow; `Recipe`
and the loading of one bring it with their first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from dlrecipes.recipe.find_recipe import (
    RecipeFacts,
    read_facts,
    read_keywords,
    recipe_names,
    recipe_path,
    recipes_folder,
    recipes_for,
)

if TYPE_CHECKING:
    from dlrecipes.recipe.load import load_recipe, load_recipe_of
    from dlrecipes.recipe.recipe import Recipe

__all__ = [
    "Recipe",
    "RecipeFacts",
    "load_recipe",
    "load_recipe_of",
    "read_facts",
    "read_keywords",
    "recipe_names",
    "recipe_path",
    "recipes_folder",
    "recipes_for",
]

_HOMES = {"Recipe": "recipe", "load_recipe": "load", "load_recipe_of": "load"}


def __getattr__(name: str) -> Any:  # noqa: ANN401  (PEP 562)
    if name in _HOMES:
        return getattr(importlib.import_module(f"dlrecipes.recipe.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'dlrecipes.recipe' has no attribute {name!r}")
