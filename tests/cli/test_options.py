"""`dlrecipes tune RECIPE --help` has the options that the recipe has for its data."""

import inspect

import pytest
import typer
from typer.testing import CliRunner

from dlrecipes.cli.app import app
from dlrecipes.cli.options import read_extra, typed_options
from dlrecipes.errors import ArgumentError
from dlrecipes.recipe import load_recipe, recipe_names


@pytest.mark.parametrize("name", recipe_names())
def test_every_option_of_a_bundled_recipe_is_described(name):
    recipe = load_recipe(name)
    options = recipe.options.values()
    groups = {option.group for option in options if option.group}
    taken = {option.name for option in options} | groups
    assert set(inspect.signature(recipe.loader).parameters) <= taken
    undescribed = [option.name for option in options if not option.help]
    assert not undescribed


def _help(*words):
    result = CliRunner().invoke(app, ["tune", *words, "--help"], env={"COLUMNS": "200"})
    assert result.exit_code == 0
    return " ".join(result.output.split())


def test_help_with_and_without_a_recipe():
    plain = _help()
    assert "--trials" in plain
    assert "--split-seed" not in plain.split("Options")[1]
    told = _help("tabular")
    assert "Options of 'tabular' for its data:" in told
    for option in ("--split-seed", "--exposure", "--test-fraction", "--examples"):
        assert option in told
    assert "the official test part; None to split one off." in told
    for empty in ("(default: {})", "(default: ())", "ColumnRules("):
        assert empty not in told


def test_help_of_a_recipe_that_is_none():
    assert "must be a bundled one" in _help("tabluar")


def test_names_and_values():
    words = ["--split-seed", "3", "--drop=a,b", "--missing=", "--gap", "-1"]
    assert read_extra(words) == {"split_seed": "3", "drop": "a,b", "missing": "", "gap": "-1"}
    assert read_extra([]) == {}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["more"], r"unexpected extra argument \(more\)"),
        (["-x", "1"], r"unexpected extra argument \(-x\)"),
        (["--gap"], "without its value: --gap"),
        (["--gap", "--json"], "without its value: --gap"),
    ],
)
def test_wrong_words(words, message):
    with pytest.raises(typer.BadParameter, match=message):
        read_extra(words)


def _recipe(recipe_text, tmp_path, arguments, name="typed"):
    file = tmp_path / f"{name}.py"
    file.write_text(recipe_text(name=name, arguments=arguments))
    return load_recipe(file)


def test_text_becomes_what_load_is_annotated_with(recipe_text, tmp_path):
    arguments = "seed: int = 0, share: float = 1., shuffled: bool = True, name: str = '', free=None"
    recipe = _recipe(recipe_text, tmp_path, arguments)
    given = {"seed": "3", "share": ".5", "shuffled": "no", "name": "7", "free": "7", "other": "7"}
    typed = {**given, "seed": 3, "share": 0.5, "shuffled": False}
    assert typed_options(given, recipe) == typed
    assert typed_options({"examples": "7"}, recipe) == {"examples": 7}
    assert typed_options({"examples": "1.0"}, recipe) == {"examples": 1.0}


def test_text_that_is_no_value(recipe_text, tmp_path):
    recipe = _recipe(recipe_text, tmp_path, "an_option: int = 0")
    with pytest.raises(ArgumentError, match="`an_option` must be a whole number.*'1.5'"):
        typed_options({"an_option": "1.5"}, recipe)


def _written(value):
    """Return how a default is written on the command line; None for what has no words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        return ",".join(map(str, value))
    return str(value) if isinstance(value, int | float | str) else None


def _defaults(recipe):
    """Return every option of a recipe that has a default which can be written."""
    return {
        name: option.default
        for name, option in recipe.options.items()
        if option.default is not inspect.Parameter.empty and _written(option.default) is not None
    }


@pytest.mark.parametrize("name", recipe_names())
def test_options_as_text(name):
    recipe = load_recipe(name)
    plain = recipe.load().test.fingerprint
    defaults = _defaults(recipe)
    assert "split_seed" in defaults
    given = {name: _written(value) for name, value in defaults.items()}
    options = typed_options(given, recipe)
    for option, value in options.items():
        default = defaults[option]
        expected = list(default) if isinstance(default, tuple) else default
        assert value == expected, option
        assert isinstance(value, bool) == isinstance(expected, bool), option
    assert recipe.load(**options).test.fingerprint == plain
    other = recipe.load(**typed_options({"split_seed": "1"}, recipe)).test.fingerprint
    # In the order of time there is nothing to draw.
    assert (other == plain) == (name == "time_series")


@pytest.mark.parametrize("name", ["fairness", "imbalanced", "multitask", "tabular", "text"])
def test_a_target_without_data_is_refused(name):
    with pytest.raises(ArgumentError, match="needs `data`. Received: target=.*price.* without it"):
        load_recipe(name).load(target=["price"] if name == "multitask" else "price")


@pytest.mark.parametrize(
    "name", ["fairness", "imbalanced", "multitask", "tabular", "text", "time_series"]
)
def test_options_of_a_table_without_data_are_refused(name):
    with pytest.raises(ArgumentError, match="needs `data`. Received: quoting=False without it"):
        load_recipe(name).load(quoting=False)
