"""Values found by hand come first, whatever proposes, and in a study that goes on."""

import math

import pytest

from dlrecipes.errors import ArgumentError
from dlrecipes.results import Hyperparameter, Plan, Prior, Stage
from dlrecipes.search import (
    CoarseToFine,
    Store,
    discover_space,
    search,
    with_budget,
    with_first_trial,
)
from dlrecipes.search.first_trials import take_first_trials, users_first

SAMPLERS = ("sobol", "random", "tpe", "keras_tuner_random")


@pytest.fixture
def searched(tmp_path, fake_engine, context, curve, builder, recorder):
    """`searched(plan, …)`: a search of this test's journal, which it goes on with."""

    def run(plan, *, journal="study", build=builder, engine=None, **changes):
        run.heard = recorder()
        space = discover_space(build)
        return search(
            take_first_trials(plan, space),
            space,
            engine or fake_engine(curve),
            Store.open(tmp_path / f"{journal}.journal", "run"),
            context(build, listener=run.heard, **changes),
        )

    return run


def values_of(result, stage, number):
    trials = [trial for trial in result.trials if (trial.stage, trial.number) == (stage, number)]
    return trials[0].values


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_they_come_first_and_the_rest_is_proposed(searched, sampler):
    plan = Plan((Stage("all", 6, 3, sampler),))
    begun = with_first_trial(plan, "learning_rate=0.01,optimizer=sgd,momentum=0.9")
    begun = with_first_trial(begun, {"units": 32.0, "norm": True})
    result = searched(begun)
    first, second = (values_of(result, "all", number) for number in (0, 1))
    assert (first["learning_rate"], first["optimizer"], first["momentum"]) == (0.01, "sgd", 0.9)
    assert (second["units"], second["norm"]) == (32, True)
    assert type(second["units"]) is int
    assert len(result.trials) == 6
    assert all(trial.values.keys() >= {"dropout", "layers"} for trial in result.trials)
    assert "first trials" not in [finding.name for finding in result.findings]
    # ---- what is proposed after them is what would have been proposed without
    if sampler in ("sobol", "random"):
        plain = searched(plan, journal="plain")
        assert values_of(result, "all", 5) == values_of(plain, "all", 5)


def test_an_interrupted_search_tries_them_once(searched, fake_engine, curve):
    plan = with_first_trial(CoarseToFine(8, 3), "learning_rate=0.02")
    plan = with_first_trial(plan, "learning_rate=0.03,units=8")
    whole = searched(plan, journal="whole")
    with pytest.raises(KeyboardInterrupt):
        searched(plan, engine=fake_engine(curve, epochs=2))
    again = searched(plan)
    assert again.trials == whole.trials
    assert [trial.values["learning_rate"] for trial in again.trials[:2]] == [0.02, 0.03]


def test_a_resumed_search_takes_new_ones_in_the_stage_that_is_left(searched):
    plan = CoarseToFine(9, 3)
    done = searched(plan)
    more = with_first_trial(with_budget(plan, 15), "learning_rate=0.0123")
    result = searched(more)
    assert result.trials[:5] == done.trials[:5]
    (tried,) = [one for one in result.trials if one.values["learning_rate"] == 0.0123]
    assert (tried.stage, tried.number) == ("coarse", 6)
    # ---- no trial is left: said, and nothing is lost
    full = with_first_trial(more, "learning_rate=0.0456")
    (finding,) = [one for one in searched(full).findings if one.name == "first trials"]
    assert "no trial was left" in finding.verdict
    assert finding.evidence == {"not tried": ["learning_rate=0.0456"]}
    assert finding in searched.heard.findings


def test_a_later_stage_makes_room_for_them(searched, rate_builder):
    first = Stage("coarse", 6, 3, "random", "none")
    fine = Stage("fine", 4, 3, narrow=True, first=({"learning_rate": 1e-4},))
    result = searched(Plan((first, fine)), build=rate_builder)
    assert result.stages[1].ranges["learning_rate"][0] == 1e-4
    assert 1e-4 in [one.values["learning_rate"] for one in result.trials if one.stage == "fine"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("learning_rat=0.1", r"hyperparameters of the builder\. Received: learning_rat=.*Did you"),
        ("learning_rate=10", r"'learning_rate' must be from 0.0001 to 1 on a log scale\. Received"),
        ("learning_rate=fast", r"Received: learning_rate='fast'"),
        ("units=2.5", r"'units' must be whole numbers from 4 to 64"),
        ("dropout=0.25", r"'dropout' must be from 0 to 0.5 by 0.1"),
        ("optimizer=lion", r"one of 'sgd', 'adam'"),
        ("norm=1", r"'norm' must be one of False, True"),
        ("momentum=0.5", r"'momentum' is asked for only where optimizer='sgd'"),
        ("momentum=0.5,optimizer=adam", r"only where optimizer='sgd'"),
        ("units", r"must be `name=value`.*Received: --try units"),
        ("units=8,units=9", r"each name once"),
    ],
)
def test_what_does_not_fit(space, text, said):
    with pytest.raises(ArgumentError, match=said):
        take_first_trials(with_first_trial(CoarseToFine(8), text), space)


def test_more_of_them_than_trials(space):
    plan = with_first_trial(with_first_trial(CoarseToFine(3), "units=8"), "units=9")
    assert take_first_trials(plan, space).stages[0].first == ({"units": 8}, {"units": 9})
    with pytest.raises(ArgumentError, match=r"Received: 3 of them, 2 trials.*--trials 3"):
        take_first_trials(with_first_trial(with_budget(plan, 2), "units=10"), space)
    with pytest.raises(ArgumentError, match="dictionaries of values"):
        Stage("all", 3, 1, first=("units=8",))


def test_priors_are_kept_and_their_gain_is_said(searched, fake_engine, curve):
    priors = {"learning_rate": Prior(0.05, 0.1), "units": Prior(16), "optimizer": Prior("adam")}
    plan = Plan((Stage("all", 12, 3, "sobol", "none", priors=priors),))
    whole = searched(plan, journal="whole")
    assert {name: whole.trials[0].values[name] for name in priors} == {
        "learning_rate": 0.05,
        "units": 16,
        "optimizer": "adam",
    }
    (said,) = [one for one in whole.findings if one.name == "earlier search"]
    assert said.evidence["earlier"] == whole.trials[0].score
    assert said.evidence["best"] == whole.best.score > whole.trials[0].score
    # ---- in turn: every third as without a prior
    plain = searched(Plan((Stage("all", 12, 3, "sobol", "none"),)), journal="plain")
    same = [a.values == b.values for a, b in zip(whole.trials, plain.trials, strict=True)]
    assert same == [number % 3 == 0 and number > 0 for number in range(12)]
    # ---- reproducible, also where it was cut off
    with pytest.raises(KeyboardInterrupt):
        searched(plan, engine=fake_engine(curve, epochs=17))
    assert searched(plan).trials == whole.trials
    assert searched(plan, journal="other", seed=1).trials[1:] != whole.trials[1:]


def test_around_the_best_so_far(searched, rate_builder):
    misleading = {"learning_rate": Prior(1e-4, 0.05)}  # the hill is at .01
    plan = Plan((Stage("all", 30, 2, "random", "none", priors=misleading),))
    trials = searched(plan, build=rate_builder).trials
    rates = {one.number: math.log10(one.values["learning_rate"]) for one in trials}
    assert all(rates[number] < -3 for number in range(1, 30, 3))  # the prior stays where it is
    best = [max(trials[:number], key=lambda one: one.score) for number in range(2, 30, 3)]
    around = [rates[number] for number in range(2, 30, 3)]
    moved = [
        abs(here - math.log10(one.values["learning_rate"])) / 3
        for here, one in zip(around, best, strict=True)
    ]
    assert sum(move > 1e-9 for move in moved) >= 5  # of one value, a move or a repeat, drawn anew
    assert sum(move < 0.5 for move in moved) >= 8


def test_epochs_are_the_plan_s():
    """The best values of an earlier run have them; no others can be tried."""
    told = (
        Hyperparameter("units", "int", 4, 64),
        Hyperparameter("epochs", "fixed", choices=(30,), default=30),
    )
    plan = CoarseToFine(6, epochs=12, coarse_epochs=5)
    for epochs in (5, 12, 30):
        tried = with_first_trial(with_first_trial(plan, {"units": 8, "epochs": epochs}), "units=9")
        assert take_first_trials(tried, told).stages[0].first == ({"units": 8}, {"units": 9})
    only = take_first_trials(with_first_trial(plan, "epochs=30"), told)
    assert only.stages[0].first == ()
    with pytest.raises(ArgumentError, match=r"epochs=60, in a plan of 5, 12.*--epochs"):
        take_first_trials(with_first_trial(plan, "units=8,epochs=60"), told)
    # ---- a range of that name is a hyperparameter like others
    searched = (Hyperparameter("epochs", "int", 2, 90),)
    tried = take_first_trials(with_first_trial(plan, "epochs=60"), searched)
    assert tried.stages[0].first == ({"epochs": 60},)


OWN = ({"units": 1}, {"units": 2}, {"units": 3})


@pytest.mark.parametrize(
    ("trials", "users", "tried"),
    [
        (12, (), (1, 2, 3)),
        (12, (8, 9), (8, 9, 1, 2, 3)),
        (4, (8, 9), (8, 9, 1, 2)),
        (2, (8, 9), (8, 9)),
        (1, (8, 9), (8, 9)),
        (2, (), (1, 2)),
        (5, (2,), (2, 1, 3)),
        (2, (2,), (2, 1)),
        (0, (8,), (8, 1, 2, 3)),
    ],
)
def test_a_recipe_s_own_give_way(trials, users, tried):
    """Where the user's are more than the trials, they are told so later."""
    plan = Plan((Stage("coarse", trials, 3, first=OWN),))
    for units in users:
        plan = with_first_trial(plan, {"units": units})
    (stage,) = users_first(plan, OWN).stages
    assert tuple(values["units"] for values in stage.first) == tried
