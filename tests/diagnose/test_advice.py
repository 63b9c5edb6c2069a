"""The next step: first against bias, then against variance."""

from dataclasses import replace

import pytest

from dlrecipes.diagnose import Lever, Searched, advise, apply_change, bias_variance
from dlrecipes.results import Hyperparameter, Objective, Plan, PlanChange, RefitResult, Stage
from dlrecipes.search import with_budget, with_setting

UNITS = Hyperparameter("units", "int", 8, 64, log=True)
DEPTH = Hyperparameter("blocks", "choice", choices=(1, 2, 3))
DROPOUT = Hyperparameter("drop", "float", 0.0, 0.5)
DECAY = Hyperparameter("decay", "float", 1e-5, 1e-2, log=True)
RATE = Hyperparameter("rate", "float", 1e-4, 1e-1, log=True)
BIAS = bias_variance(train=0.2, validation=0.21, reference=0.05, reference_name="trees")
VARIANCE = bias_variance(train=0.01, validation=0.2, reference=0.05, reference_name="trees")
NEITHER = bias_variance(train=0.05, validation=0.06, reference=0.05, reference_name="trees")
PLAN = Plan(
    (Stage("coarse", 10, 10, "sobol", "halving"), Stage("fine", 5, 30, narrow=True)), batch_size=64
)


def _refit(*curve):
    return RefitResult(0, {}, history={"val_accuracy": list(curve)}, best_epoch=len(curve) - 1)


STILL = _refit(0.1, 0.2, 0.3, 0.4, 0.5)
ENDED = _refit(0.1, 0.5, 0.5, 0.5, 0.5)


def _searched(*levers, refits=(ENDED,), **changes):
    return Searched(PLAN, {}, refits, Objective("val_accuracy", "max"), levers, **changes)


def _wide(value):
    return Lever(UNITS, value, {"size": 1})


def test_bias_where_the_largest_was_best():
    finding = advise(BIAS, _searched(_wide(60.0)))
    assert finding.action == PlanChange("coarse", "units", low=8, high=128)
    assert finding.advice == (
        "Search on beyond it: dlrecipes tune RECIPE --set coarse.ranges.units=8,128"
    )
    assert finding.verdict == (
        "High bias: the best units, 60, lies in the upper quarter of [8, 64], and more of it "
        "changes the number of weights."
    )
    assert (finding.name, finding.severity) == ("next step", "info")
    changed = apply_change(PLAN, finding.action)
    assert changed.stages[0].ranges == {"units": (8, 128)}
    assert changed.stages[1] == PLAN.stages[1]
    assert with_setting(PLAN, "coarse.ranges.units=8,128") == changed  # the line does the same
    # What was widened already counts as searched.
    wider = replace(_searched(_wide(60.0)), ranges={"units": (8, 128)})
    assert advise(BIAS, wider).action is None


def test_longer_comes_first_where_it_was_still_improving():
    finding = advise(BIAS, _searched(_wide(60.0), refits=(STILL, STILL, ENDED)))
    assert finding.action == PlanChange(epochs=60)
    assert finding.advice.endswith("dlrecipes tune RECIPE --epochs 60")
    assert apply_change(PLAN, finding.action) == with_budget(PLAN, epochs=60)
    refitted = replace(PLAN, refit_epochs=40)
    finding = advise(BIAS, replace(_searched(refits=(STILL,)), plan=refitted))
    assert "when 40 epochs were over" in finding.verdict
    assert apply_change(refitted, finding.action) == with_budget(refitted, epochs=80)
    assert advise(BIAS, _searched(_wide(60.0), refits=(STILL, ENDED))).action.high == 128


@pytest.mark.parametrize(
    ("lever", "action"),
    [
        (Lever(DEPTH, 3, {"size": 1}), PlanChange(hyperparameter="blocks", add_value=6)),
        (Lever(DECAY, 2e-5, {"penalty": 1}), PlanChange("coarse", "decay", low=1e-6, high=1e-2)),
        (Lever(RATE, 0.09, {"learning rate": 1}), PlanChange("coarse", "rate", low=1e-4, high=1.0)),
        # A share that is kept: the more, the less is dropped.
        (
            Lever(Hyperparameter("keep", "float", 0.5, 0.9), 0.85, {"dropout": -1}),
            PlanChange("coarse", "keep", low=0.5, high=0.95),
        ),
    ],
)
def test_bias_at_the_end_of_another_range(lever, action):
    found = advise(BIAS, _searched(lever)).action
    assert replace(found, low=None, high=None) == replace(action, low=None, high=None)
    assert (found.low, found.high) == (pytest.approx(action.low), pytest.approx(action.high))


def test_no_change_without_a_lever_that_moves_it():
    # Called units, but it moves the learning rate only, and lies inside its range.
    finding = advise(BIAS, _searched(Lever(UNITS, 20.0, {"learning rate": 1})))
    assert finding.action is None
    assert 'hp.Int("units"' in finding.advice
    assert advise(BIAS, _searched(_wide(20.0))).advice.startswith("Try another architecture")
    refusing = _searched(_wide(60.0), accepts=lambda name, value: False)
    assert advise(BIAS, refusing).action is None


def test_variance():
    top = advise(VARIANCE, _searched(_wide(60.0), Lever(DROPOUT, 0.45, {"dropout": 1})))
    assert top.action == PlanChange("coarse", "drop", low=0.0, high=0.75)
    inside = advise(VARIANCE, _searched(Lever(DROPOUT, 0.2, {"dropout": 1})))
    assert inside.advice == ("See what twice the data would bring: dlrecipes curve RECIPE")
    assert 'hp.Float("dropout"' in advise(VARIANCE, _searched(_wide(20.0))).advice


@pytest.mark.parametrize(
    ("behind", "interval", "said"),
    [
        (0.0, 0.1, "the validation error is not above that of trees, and"),
        (-0.02, 0.01, "the validation error is not above that of trees, and"),
        (0.04, 0.06, "not worse than trees beyond the noise, though its validation error is "),
        (0.04, 0.0, "worse than trees by less than a twentieth of the error of knowing nothing, "),
    ],
)
def test_variance_that_costs_nothing_for_sure_is_not_called_equality(behind, interval, said):
    reached = VARIANCE.validation - behind
    found = replace(VARIANCE, reference=reached, behind=behind, behind_interval=interval)
    assert (found.high_variance, found.high_bias, found.costly) == (True, False, False)
    inside = Lever(DROPOUT, 0.2, {"dropout": 1})
    finding = advise(found, _searched(inside))
    assert said in finding.verdict
    assert "as good as" not in finding.verdict
    assert ("0.2 against 0.16" in finding.verdict) == (behind > 0)
    assert finding.advice == "See what twice the data would bring: dlrecipes curve RECIPE"
    # Regularisation comes before more data, as where it costs something for sure.
    assert advise(found, _searched(Lever(DROPOUT, 0.45, {"dropout": 1}))).action.high == 0.75
    missing = 'hp.Float("dropout"' in advise(found, _searched(_wide(60.0))).advice
    assert missing == (behind > 0)


def test_where_little_is_left_nothing_needs_to_be_done():
    little = bias_variance(train=0.001, validation=0.008, reference=0.008, reference_name="trees")
    finding = advise(little, _searched(_wide(60.0)))
    assert (finding.advice, finding.evidence, finding.action) == (
        "Nothing needs to be done.",
        {},
        None,
    )
    assert "0.008, is less than a fiftieth" in finding.verdict
    assert finding.verdict.endswith("nothing stands out.")
    # Of a regression the scale is the error of the mean; a hundredth of it is little.
    values = bias_variance(train=4.0, validation=4.1, reference=4.0, scale=400.0)
    assert advise(values, _searched()).advice == "Nothing needs to be done."
    enough = replace(values, scale=200.0)
    assert advise(enough, _searched()).advice.endswith("dlrecipes curve RECIPE")


def test_advice_without_a_command_has_no_line():
    for levers in ((), (_wide(20.0),)):
        finding = advise(BIAS, _searched(*levers))
        assert "dlrecipes" not in finding.advice
        assert "line" not in finding.evidence


def test_neither_and_worse_than_the_best_baseline():
    assert "no step stands out" in advise(NEITHER, _searched(_wide(60.0))).verdict
    worse = replace(NEITHER, behind=0.06)
    finding = advise(worse, _searched(_wide(60.0)))
    assert finding.verdict.startswith("Worse than what trees reaches: the best units")


def test_one_answer_comes_before_all():
    finding = advise(BIAS, _searched(_wide(60.0)), collapsed=True)
    assert finding.advice == "See what is wrong: dlrecipes check RECIPE"


def test_steps_are_kept():
    stepped = Lever(Hyperparameter("units", "int", 8, 40, step=16), 40.0, {"size": 1})
    assert advise(BIAS, _searched(stepped)).action.high == 88
    choices = Hyperparameter("units", "int", 8, 64, step=2, log=True, choices=(8, 16, 32, 64))
    assert advise(BIAS, _searched(Lever(choices, 64.0, {"size": 1}))).action is None
