"""`dlrecipes tune RECIPE --help` has the options that the recipe has for its data."""

import inspect
from typing import get_type_hints

import pytest
import typer
from typer.testing import CliRunner

from dlrecipes.cli.app import app
from dlrecipes.cli.options import read_extra, typed_options
from dlrecipes.errors import ArgumentError
from dlrecipes.recipe import load_recipe, recipe_names
from dlrecipes.recipe.find_recipe import load_options


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


def test_each_type(recipe_text, tmp_path):
    recipe = _recipe(
        recipe_text,
        tmp_path,
        "seed: int = 0, share: float = 1.0, shuffled: bool = True, name: str = '', mixed: 'int | "
        "str' = 0, maybe: 'int | None' = None, free=None, "
        "file: '__import__(\"pathlib\").Path' = ''",
    )
    given = {
        "seed": "3",
        "share": ".5",
        "shuffled": "no",
        "name": "7",
        "mixed": "7",
        "maybe": "7",
        "free": "7",
        "file": "7",
        "examples": "7",
        "other": "7",
    }
    assert typed_options(given, recipe) == {
        **given,
        "seed": 3,
        "share": 0.5,
        "shuffled": False,
        "maybe": 7,
    }


@pytest.mark.parametrize(
    ("annotation", "text", "said"),
    [
        ("int", "1.5", "a whole number"),
        ("int", "", "a whole number"),
        ("float", "half", "a number"),
        ("bool", "maybe", "yes or no"),
        ("'int | None'", "none", "valid integer"),
    ],
)
def test_text_that_is_no_value(recipe_text, tmp_path, annotation, text, said):
    recipe = _recipe(recipe_text, tmp_path, f"an_option: {annotation} = 0")
    with pytest.raises(ArgumentError, match=said) as raised:
        typed_options({"an_option": text}, recipe)
    assert "--an-option must be" in str(raised.value)
    assert f"Received: {text!r}" in str(raised.value)


def test_annotations_that_nobody_knows_leave_text(recipe_text, tmp_path):
    recipe = _recipe(recipe_text, tmp_path, "seed: 'Unheard' = 0")
    assert typed_options({"seed": "1"}, recipe) == {"seed": "1"}


def _defaults_as_text(recipe):
    """Return every option of a recipe's `load` that has a default, as text."""
    found = {}
    for parameter in inspect.signature(recipe._load).parameters.values():
        default = parameter.default
        if isinstance(default, bool):
            found[parameter.name] = "yes" if default else "no"
        elif isinstance(default, int | float | str):
            found[parameter.name] = str(default)
    return found


@pytest.mark.parametrize("name", recipe_names())
def test_options_as_text(name):
    recipe = load_recipe(name)
    plain = recipe.load().test.fingerprint
    options = typed_options(_defaults_as_text(recipe), recipe)
    for option, value in options.items():
        known = get_type_hints(recipe._load)[option]
        assert known not in (int, float, bool) or isinstance(value, known), option
    assert recipe.load(**options).test.fingerprint == plain
    other = recipe.load(**typed_options({"split_seed": "1"}, recipe)).test.fingerprint
    # In the order of time there is nothing to draw.
    assert (other == plain) == (name == "time_series")


@pytest.mark.parametrize("name", ["fairness", "imbalanced", "multitask", "tabular", "text"])
def test_a_target_without_data_is_refused(name):
    with pytest.raises(ArgumentError, match="needs `data`. Received: target='price' without it"):
        load_recipe(name).load(target="price")


@pytest.mark.parametrize("name", ["fairness", "imbalanced", "multitask", "text", "time_series"])
def test_options_of_a_table_without_data_are_refused(name):
    with pytest.raises(ArgumentError, match="needs `data`. Received: quoting='no' without it"):
        load_recipe(name).load(quoting="no")
