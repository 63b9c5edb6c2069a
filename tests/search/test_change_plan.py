import dataclasses

import pytest
from hypothesis import given, strategies as st

from dlrecipes.errors import ArgumentError
from dlrecipes.results import Plan, Stage
from dlrecipes.search import CoarseToFine, with_budget, with_first_trial, with_setting

numbers = st.lists(st.integers(0, 200), min_size=1, max_size=5)


def plan_of(trials, epochs=10):
    return Plan(tuple(Stage(f"s{at}", one, epochs) for at, one in enumerate(trials)))


@given(numbers, st.integers(0, 1000))
def test_shares_add_up_and_are_fair(old, trials):
    new = with_budget(plan_of(old), trials=trials)
    assert new.trials == trials
    if sum(old):
        for before, after in zip(old, new.stages, strict=True):
            assert abs(after.trials - before * trials / sum(old)) < 1


@given(numbers)
def test_the_same_budget_changes_nothing(old):
    plan = plan_of(old)
    assert with_budget(plan, trials=plan.trials) == plan
    assert with_budget(plan) == plan


def test_fewer_trials_than_values_to_try_first():
    plan = CoarseToFine(trials=12)
    for rate in (0.1, 0.2, 0.3):
        plan = with_first_trial(plan, {"rate": rate})
    for trials, kept in ((1, 1), (2, 2), (12, 3), (0, 3)):
        (first, *_) = with_budget(plan, trials).stages
        assert [values["rate"] for values in first.first] == [0.1, 0.2, 0.3][:kept]


def test_a_plan_given_no_trials_can_be_given_some_again():
    nothing = with_budget(CoarseToFine(trials=64), trials=0)
    assert nothing.trials == 0
    assert with_budget(nothing, trials=64).trials == 64


@given(st.lists(st.integers(1, 60), min_size=1, max_size=4), st.integers(1, 100))
def test_epochs_follow_the_longest_stage(old, epochs):
    plan = Plan(tuple(Stage(f"s{at}", 1, one) for at, one in enumerate(old)), refit_epochs=7)
    new = with_budget(plan, epochs=epochs)
    assert max(stage.epochs for stage in new.stages) == epochs
    assert min(stage.epochs for stage in new.stages) >= 1
    assert new.refit_epochs is None


@pytest.mark.parametrize("change", [{"trials": -1}, {"epochs": 0}, {"trials": 2.5}])
def test_wrong_budgets(change):
    with pytest.raises(ArgumentError, match=rf"`{next(iter(change))}` must be an integer"):
        with_budget(CoarseToFine(), **change)


@pytest.mark.parametrize(
    ("setting", "where", "value"),
    [
        ("coarse.trials=40", ("coarse", "trials"), 40),
        (" fine.sampler = random ", ("fine", "sampler"), "random"),
        ("coarse.widen=False", ("coarse", "widen"), False),
        ("batch_size=64", ("", "batch_size"), 64),
        ("patience=5", ("", "patience"), 5),
        ("max_loss_rise=0.25", ("", "max_loss_rise"), 0.25),
        ("min_delta=1e-3", ("", "min_delta"), 0.001),
        ("refit_epochs=none", ("", "refit_epochs"), None),
    ],
)
def test_settings(setting, where, value):
    plan = CoarseToFine()
    new = with_setting(plan, setting)
    name, field = where
    owner = next((one for one in new.stages if one.name == name), new)
    assert getattr(owner, field) == value
    old = next((one for one in plan.stages if one.name == name), plan)
    assert dataclasses.replace(owner, **{field: getattr(old, field)}) == old


def test_ends_of_a_hyperparameter():
    plan = with_setting(CoarseToFine(limits={"units": (1, 9)}), "limits.dropout=0,0.9")
    assert plan.limits == {"units": (1, 9), "dropout": (0.0, 0.9)}
    plan = with_setting(plan, "fine.ranges.optimizer.rate = 1e-4, 1e-2")
    assert [stage.ranges for stage in plan.stages] == [{}, {"optimizer.rate": (1e-4, 1e-2)}]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("limits.dropout=0.9", r"two numbers with a comma between.*limits\.dropout=0,0\.5"),
        ("limits.dropout=a,b", r"two numbers with a comma"),
        ("limits.dropout=0.9,0.1", r"lower limit must lie below.*\(0\.9, 0\.1\)"),
        ("last.ranges.dropout=0,1", r"one of the plan's stages.*coarse, fine"),
        ("coarse.ranges.dropout=nan,1", r"`ranges\['dropout'\]\[0\]` must be a finite number"),
        ("coarse.trials", r"must be `stage\.field=value`.*Received: --set coarse\.trials\."),
        ("corase.trials=4", r"Known: .*coarse\.trials"),
        ("coarse.trails=4", r"Known: .*coarse\.trials"),
        ("coarse.name=x", r"Known: "),
        ("coarse.ranges=4", r"Known: "),
        ("stages=4", r"Known: .*batch_size"),
        ("=4", r"Known: "),
        ("coarse.trials=many", r"must be a whole number\. Received: --set coarse\.trials=many"),
        ("max_loss_rise=far", r"must be a number\. Received: --set max_loss_rise=far"),
        ("coarse.trials=-1", r"`trials` must be an integer, at least 0.*trials=-1"),
        ("coarse.trials=none", r"`trials` must be an integer"),
        ("coarse.sampler=best", r"`sampler` must be one of.*'best'"),
        ("coarse.widen=yes", r"must be true or false"),
        ("batch_size=0", r"`batch_size` must be an integer, at least 1"),
    ],
)
def test_wrong_settings(setting, message):
    with pytest.raises(ArgumentError, match=message):
        with_setting(CoarseToFine(), setting)
