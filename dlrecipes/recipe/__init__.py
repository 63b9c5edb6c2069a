"""Recipes: whole worked tasks, one readable file each."""

from dlrecipes.recipe.load_recipe import (
    load_recipe,
    load_recipe_of,
    recipe_names,
    recipe_path,
    recipes_folder,
)
from dlrecipes.recipe.recipe import Recipe

__all__ = [
    "Recipe",
    "load_recipe",
    "load_recipe_of",
    "recipe_names",
    "recipe_path",
    "recipes_folder",
]
