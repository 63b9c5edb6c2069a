"""The line that carries on from a run."""

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

import dlrecipes as dlr
from dlrecipes.recipe.find_recipe import recipe_path
from dlrecipes.results import Finding, Origin, PlanChange, RunSettings, TimePlan
from dlrecipes.run.next_command import command_of
from dlrecipes.search import with_budget, with_first_trial, with_setting


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


PLAN = dlr.CoarseToFine(trials=12, epochs=30)
OPTIONS = (
    "--engine fit --seed 3 --minutes 2.5 --folds 5 --repeats 2 --threshold cost=1:10 --ensemble 4 "
    "--gap-penalty 'sex: true positive rate=1' --lr-range-test --human-error 0.02"
)


def _begun(info, plan, settings=(), found=()):
    origin = Origin("digits", str(recipe_path("digits").resolve()), plan=PLAN)
    kept = replace(RunSettings(), out="runs/old", **dict(settings))
    return replace(info, origin=origin, plan=plan, settings=kept, found=tuple(found))


@pytest.mark.parametrize(
    ("words", "options", "said"),
    [
        ((), (), ""),
        ((("set", "coarse.ranges.decay=0.0001,10"),), ("--epochs", "60"), None),
        ((("trials", 20), ("epochs", 7)), ("--set", "coarse.ranges.a=1,2.5"), None),
        ((("set", "batch_size=64"), ("set", "fine.sampler=random")), ("--epochs", "90"), None),
        ((("set", "coarse.widen=true"), ("set", "patience=3")), (), None),
        ((("set", "limits.drop=0,0.1234567891"), ("set", "fine.trials=9")), (), None),
        (
            (("try", "rate=0.01,act=relu"), ("try", "bias=true,top=None")),
            (),
            " --try rate=0.01,act=relu --try bias=True,top=None",
        ),
        ((("try", "rate=0.0123456789"), ("set", "patience=3")), ("--trials", "24"), None),
    ],
)
def test_the_plan_that_a_line_makes_is_that_of_the_run_with_the_change(info, words, options, said):
    """What stands on the line is applied to the recipe's own plan, as the command does."""
    line = command_of(_begun(info, _applied(PLAN, words)), "tune", options)
    if said is not None:
        assert line == f"dlrecipes tune digits{said}"
    given = iter(shlex.split(line)[3:])
    read = [(name.removeprefix("--"), value) for name, value in zip(given, given, strict=True)]
    wanted = [(name[2:], value) for name, value in zip(options[::2], options[1::2], strict=True)]
    assert _applied(PLAN, read) == _applied(_applied(PLAN, words), wanted)


def _applied(plan, words):
    for name, value in words:
        if name == "set":
            plan = with_setting(plan, value)
        elif name == "try":
            plan = with_first_trial(plan, value)
        else:
            plan = with_budget(plan, **{name: int(value)})
    return plan


def test_options_of_the_run_are_kept(info):
    settings = {
        "engine": "fit",
        "seed": 3,
        "minutes": 2.5,
        "folds": 5,
        "repeats": 2,
        "threshold": "cost=1:10",
        "ensemble": 4,
        "gap_penalty": "sex: true positive rate=1",
        "lr_range_test": True,
        "human_error": 0.02,
    }
    # The range that the range test has set is not the user's: it is tested again.
    tested = with_setting(PLAN, "coarse.ranges.rate=0.001,0.1")
    change = PlanChange("coarse", "rate", low=0.001, high=0.1)
    begun = _begun(info, tested, settings, [Finding("rate", "It is.", action=change)])
    assert command_of(begun, "tune", ("--trials", "24")) == (
        f"dlrecipes tune digits --trials 24 {OPTIONS}"
    )
    # Of minutes that were a limit a number of trials is part, also where it is the usual one.
    line = command_of(_begun(info, PLAN, {"minutes": 2.5}), "tune")
    assert line == f"dlrecipes tune digits --trials {PLAN.trials} --minutes 2.5"
    timed = replace(_begun(info, PLAN, {"minutes": 2.5}), time_plan=TimePlan(seconds=150.0))
    assert command_of(timed, "tune") == "dlrecipes tune digits --minutes 2.5"
    more = command_of(timed, "tune", ("--trials", "24"))
    assert more == "dlrecipes tune digits --trials 24"
    wider = command_of(begun, "tune", ("--set", "coarse.ranges.rate=0.001,1"))
    assert "--set coarse.ranges.rate=0.001,1 " in wider
    assert "--seed" not in command_of(begun, "check")
    sealed = _begun(info, PLAN, {"sealed": True, "storage": "sqlite:///a.db"})
    assert command_of(sealed, "tune").endswith("digits --storage sqlite:///a.db --sealed")
    from_python = replace(begun, origin=Origin("build"), objective="val_f", direction="min")
    assert command_of(from_python, "tune", ("--epochs", "60")) == (
        'dlr.tune(build, splits, dlr.Objective("val_f", "min"), '
        "plan=dlr.search.with_budget(plan, epochs=60), settings=settings)"
    )
    lossy = replace(from_python, objective="val_loss", settings=RunSettings())
    assert command_of(lossy, "tune") == 'dlr.tune(build, splits, "val_loss", plan=plan)'
