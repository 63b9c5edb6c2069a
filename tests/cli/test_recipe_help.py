"""`dlrecipes tune RECIPE --help` has the options that the recipe has for its data."""

import inspect

import pytest
from typer.testing import CliRunner

from dlrecipes.cli.app import app
from dlrecipes.recipe import load_recipe, recipe_names
from dlrecipes.recipe.options import load_options


@pytest.mark.parametrize("name", recipe_names())
def test_every_option_of_a_bundled_recipe_is_described(name):
    recipe = load_recipe(name)
    options = {option.name: option for option in load_options(recipe.loader)}
    named = set(inspect.signature(recipe.loader).parameters) - {"options"}
    assert named <= set(options)
    undescribed = [option.name for option in options.values() if not option.help]
    assert not undescribed


def _help(*words):
    result = CliRunner().invoke(app, ["tune", *words, "--help"], env={"COLUMNS": "200"})
    assert result.exit_code == 0
    return result.output


def test_help_with_and_without_a_recipe():
    plain = _help()
    assert "--trials" in plain
    assert "--split-seed" not in plain.split("Options")[1]
    told = _help("tabular")
    assert "Options of 'tabular' for its data:" in told
    for option in ("--split-seed", "--exposure", "--test-fraction", "--examples"):
        assert option in told
    assert "the official test part; None to draw one." in told


def test_help_of_a_recipe_that_is_none():
    assert "must be a bundled one" in _help("tabluar")
