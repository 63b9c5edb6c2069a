"""`import dlrecipes` is cheap, and every public name is there."""

import subprocess
import sys

import pytest

import dlrecipes

HEAVY = ("tensorflow", "keras", "keras_tuner", "optuna", "pandas", "sklearn", "scipy", "plotly")


def _loaded(statement):
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import dlrecipes",
        "import dlrecipes; dir(dlrecipes); dlrecipes.errors; dlrecipes.__all__",
        "import dlrecipes.cli",
        "from dlrecipes.recipe import read_facts, recipe_names, recipe_path; "
        "[read_facts(recipe_path(name)) for name in recipe_names()]",
        "from dlrecipes import Plan, Stage, Objective, RunSettings",
    ],
)
def test_import_is_cheap(statement):
    assert not _loaded(statement) & set(HEAVY)


@pytest.mark.parametrize("name", dlrecipes.__all__)
def test_name_resolves(name):
    assert getattr(dlrecipes, name) is not None
    assert name in dir(dlrecipes)


def test_lists_agree():
    assert sorted(dlrecipes.__all__) == sorted({*dlrecipes._HOMES, *dlrecipes._MODULES})


def test_unknown_name():
    with pytest.raises(AttributeError, match="module 'dlrecipes' has no attribute 'tunes'"):
        _ = dlrecipes.tunes
