"""`--minutes` is the time of the whole run, unless the trials are given."""

import pytest

from dlrecipes.errors import RunError
from dlrecipes.recipe import load_recipe
from dlrecipes.results import TimePlan
from dlrecipes.search import with_first_trial


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--minutes", "3"), TimePlan()),
        (("--minutes", "3", "--epochs", "8"), TimePlan(keep_epochs=True)),
        (("--minutes", "3", "--set", "fine.epochs=8"), TimePlan(keep_epochs=True)),
        (("--minutes", "3", "--set", "patience=4"), TimePlan()),
        (("--minutes", "3", "--try", "dropout=0.1"), TimePlan()),
        (("--minutes", "3", "--trials", "12"), None),
        (("--minutes", "3", "--set", "fine.trials=12"), None),
        (("--epochs", "8"), None),
        (("--trials", "12"), None),
        ((), TimePlan(within_plan=True)),
        (("--set", "patience=4"), TimePlan(within_plan=True)),
    ],
)
def test_what_minutes_mean(cli, monkeypatch, words, expected):
    heard = {}

    def tune(*arguments, **named):
        heard.update(named, plan=arguments[3], minutes=arguments[4].minutes)
        raise RunError("That is all.", received="a test")

    monkeypatch.setattr("dlrecipes.recipe.recipe.tune", tune)
    result = cli("tune", "tabular", *words)
    assert result.exit_code == 2
    assert heard["time_plan"] == expected
    own = load_recipe("tabular").max_minutes
    minutes = 3.0 if "--minutes" in words else own if expected else None
    assert heard["minutes"] == minutes
    assert heard["began"] > 0
    asked = "8" in words or "fine.epochs=8" in words
    usual = load_recipe("tabular").plan.stages[-1].epochs
    assert heard["plan"].stages[-1].epochs == (8 if asked else usual)


@pytest.mark.parametrize(("trials", "own"), [(2, 1), (1, 0)])
def test_values_to_try_come_before_the_recipe_s_own(cli, monkeypatch, trials, own):
    heard = []

    def tune(*arguments, **named):
        heard.append(arguments[3])
        raise RunError("That is all.", received="a test")

    monkeypatch.setattr("dlrecipes.recipe.recipe.tune", tune)
    cli("tune", "tabular", "--trials", str(trials), "--try", "network=realmlp")
    recipe = load_recipe("tabular")
    (stage, *_) = recipe.plan.stages
    assert heard[0].stages[0].first == ({"network": "realmlp"}, *stage.first[:own])
    # ---- the same from Python, where the recipe's plan is given more to try
    more = with_first_trial(recipe.plan, {"network": "realmlp"})
    with pytest.raises(RunError, match="That is all"):
        recipe.tune(plan=more, trials=trials)
    assert heard[1] == heard[0]
