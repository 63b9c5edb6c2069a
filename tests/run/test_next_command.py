"""The line that carries on from a run."""

from dataclasses import replace
from pathlib import Path

import pytest

import dlrecipes as dlr
from dlrecipes.recipe.find_recipe import recipe_path
from dlrecipes.results import Origin
from dlrecipes.run.next_command import command_of


@pytest.fixture
def info(tuned):
    return dlr.Run(tuned).info


def test_of_a_bundled_recipe(info):
    origin = Origin("digits", str(recipe_path("digits").resolve()), "", {"split_seed": 1})
    known = replace(info, origin=origin)
    options = ("--set", "coarse.ranges.width=8,64")
    assert command_of(known, "tune", options) == (
        "dlrecipes tune digits --set coarse.ranges.width=8,64 --split-seed 1"
    )
    assert command_of(known, "curve").startswith("dlrecipes curve digits --split-seed 1 --run /")


def test_of_a_file_with_options_for_its_data(info):
    source = {
        "data": "my data.csv",
        "drop": ["id", "price, in dollars"],
        "header": False,
        "ordinal": {"grade": ["poor", "good"]},
    }
    known = replace(info, origin=Origin("mine", str(Path.cwd() / "mine.py"), "", source))
    assert command_of(known, "tune", ("--epochs", "60")) == (
        "dlrecipes tune mine.py --epochs 60 --data 'my data.csv' "
        "--drop 'id,\"price, in dollars\"' --header no --ordinal 'grade=poor<good'"
    )


def test_from_python(info):
    assert command_of(info, "tune", ("--epochs", "60", "--set", "a.ranges.b=1,2")) == (
        "dlr.tune(build, splits, plan=dlr.search.with_setting(dlr.search.with_budget(plan, "
        'epochs=60), "a.ranges.b=1,2"))'
    )
    assert command_of(info, "curve") == "dlr.learning_curve(build, splits, run=run)"
    assert command_of(info, "check") == "dlr.check(model, x, y)"
