"""Every recipe: loads, says what it is, builds as a plain KerasTuner builder, runs."""

import ast
import re
from pathlib import Path

import keras
import keras_tuner
import pytest

from dlrecipes.recipe import RecipeFacts, load_recipe, read_facts, recipe_names, recipes_folder

ROOT = Path(__file__).parents[1]
RECIPES = sorted((ROOT / "recipes").glob("[!_]*.py"))


def test_there_are_some():
    assert recipes_folder() == ROOT / "recipes"
    assert recipe_names() == [path.stem for path in RECIPES]
    assert "digits_mlp" in recipe_names()


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_file(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 175
    docstring = ast.get_docstring(ast.parse(text))
    assert f"dlrecipes tune {path.stem}" in docstring
    recipe = load_recipe(path)
    assert recipe.name == path.stem
    assert recipe.path == path
    facts = read_facts(path)
    assert (facts.name, facts.shows) == (recipe.name, recipe.shows)
    assert (facts.minutes, facts.expected) == (recipe.minutes, recipe.expected)
    assert recipe.shows
    assert recipe.minutes > 0
    assert recipe.expected


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_builder_is_a_plain_keras_tuner_builder(path):
    recipe = load_recipe(path.stem)
    splits = recipe.load()
    hp = keras_tuner.HyperParameters()
    model = recipe.builder(splits)(hp)
    assert isinstance(model, keras.Model)
    assert model.compiled
    assert hp.space
    assert model.input_shape[1:] == splits.model_spec.input_shape


@pytest.mark.parametrize(
    "path", sorted((ROOT / "dlrecipes").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT))
)
def test_the_package_imports_no_recipe(path):
    if "_recipes" in path.parts:
        return
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module)
    assert not any(name.split(".")[0] == "recipes" or "_recipes" in name for name in names)


@pytest.mark.parametrize("name", recipe_names())
def test_a_score_is_stated(name):
    recipe = load_recipe(name)
    assert re.search(r"test (accuracy|RMSE|PR-AUC|skill) \d+\.?\d* ± \d", recipe.expected)
    stated = re.sub(r"^test \S+ ", "", recipe.expected)
    assert stated in " ".join(recipe.path.read_text().split('"""')[1].split())
    assert recipe.minutes > 0


def test_facts_that_a_file_computes_are_left_out(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("RECIPE = make()\nOTHER = 3\n")
    assert read_facts(file) == RecipeFacts("mine")
    file.write_text("N = 2\nRECIPE = Recipe(name='own', shows=WORDS, minutes=N, expected='x')\n")
    assert read_facts(file) == RecipeFacts("own", expected="x")
