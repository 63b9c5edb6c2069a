"""One name has one range, whatever the other values are."""

import keras
import keras_tuner
import optuna
import pytest

from dlrecipes.errors import BuilderError
from dlrecipes.results import Objective, Stage
from dlrecipes.search import GivenHyperParameters, Store, discover_space, suggest


def _second_layer(hp):
    hp.Int("units", 32, 64, step=8)
    hp.Int("units", 8, 16, step=4)
    return dict(hp.values)


def _end_is_a_value(hp):
    rate = hp.Float("rate", 1e-4, 1e-1, sampling="log")
    hp.Float("decay", 1e-6, rate, sampling="log")
    return dict(hp.values)


def _end_is_a_value_with_a_default_in_the_middle(hp):
    hp.Int("narrow", 4, hp.Int("wide", 8, 64, default=36))
    return dict(hp.values)


def _choices_depend(hp):
    hp.Choice("size", [1, 2] if hp.Boolean("small") else [3, 4])
    return dict(hp.values)


def _depends_on_the_third_choice(hp):
    kind = hp.Choice("kind", ["a", "b", "c"])
    hp.Float("dropout", 0.0, 0.9 if kind == "c" else 0.5)
    return dict(hp.values)


def _constant_depends(hp):
    hp.Fixed("double", 2 * hp.Int("units", 4, 8))
    return dict(hp.values)


def _depends_inside_a_scope(hp):
    kind = hp.Choice("kind", ["a", "b"])
    with hp.conditional_scope("kind", ["b"]):
        if kind == "b":
            hp.Int("second", 1, 1 + hp.Int("first", 1, 9))
    return dict(hp.values)


@pytest.mark.parametrize(
    ("build", "received"),
    [
        (
            _second_layer,
            r"'units' whole numbers from 32 to 64 by 8, and whole .* from 8 to 16 by 4",
        ),
        (
            _end_is_a_value,
            r"'decay' from 1e-06 to 0\.0001 on a log scale, and from 1e-06 to 0\.003",
        ),
        (_end_is_a_value_with_a_default_in_the_middle, r"'narrow' .* from 4 to 36, and .* 4 to "),
        (_choices_depend, r"'size' one of 3, 4, and one of 1, 2"),
        (_depends_on_the_third_choice, r"'dropout' from 0 to 0\.5, and from 0 to 0\.9"),
        (_constant_depends, r"'double' fixed at 8, and fixed at 12"),
        (_depends_inside_a_scope, r"'second' .* from 1 to 2, and .* from 1 to "),
    ],
)
def test_two_ranges_under_one_name(build, received):
    with pytest.raises(BuilderError, match=rf"one range under one name.*Received: {received}"):
        discover_space(build)


def test_one_range_asked_for_twice_is_one_hyperparameter():
    def build(hp):
        assert hp.Int("units", 4, 8) == hp.Int("units", 4, 8, default=6)
        for at in range(hp.Int("layers", 1, 3)):
            hp.Float(f"dropout_{at}", 0.0, 0.5)

    assert [one.name for one in discover_space(build)] == ["units", "layers", "dropout_0"]


def test_what_a_builder_refuses_with_other_values_is_left_to_the_trials():
    def build(hp):
        if hp.Int("units", 4, 8) > 4:
            raise RuntimeError("too wide")

    assert len(discover_space(build)) == 1


def _shows_late(hp):
    """At no value that the check before the search tries."""
    units = hp.Int("units", 1, 1000)
    hp.Float("dropout", 0.0, 0.9 if 600 < units < 700 else 0.5)
    return dict(hp.values)


@pytest.mark.parametrize("by", ["build", "rebuild"])
def test_a_range_that_changes_in_a_trial_ends_the_study(tmp_path, record, by):
    """Whatever an engine makes of what the builder raises."""
    space = discover_space(_shows_late)
    store = Store.open(tmp_path / "study.journal", "run")
    study = store.study(Stage("only", 9, 1, "random"), space, Objective("val_loss", "min"), 0)
    study.enqueue([{"units": 5, "dropout": 0.1}, {"units": 650, "dropout": 0.2}])
    first, second = study.ask(_shows_late), study.ask(_shows_late)
    assert first.build() == {"units": 5, "dropout": 0.1}
    with pytest.raises(BuilderError, match="one range under one name"):
        second.build() if by == "build" else first.rebuild({"units": 650, "dropout": 0.2})
    for end in (
        lambda: study.report([(first.number, 1, 0.5)]),
        lambda: study.tell(second.number, record(second.number, None, status="failed")),
    ):
        with pytest.raises(BuilderError, match=r"'dropout' from 0 to 0\.5, and from 0 to 0\.9"):
            end()
    assert study.records == ()


def test_the_order_of_choices_is_no_other_range():
    def build(hp):
        first = hp.Choice("first", [1, 2, 3])
        hp.Choice("kind", ["a", "b"] if first == 1 else ["b", "a"])
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        return model

    assert [one.name for one in discover_space(build)] == ["first", "kind"]


def _planned(hp):
    hp.Float("rate", 1e-3, 1e-1, sampling="log")
    hp.Int("units", 4, 8)
    return hp.Fixed("epochs", 30)


def test_values_without_epochs_are_of_an_earlier_version():
    """Only they may lack something, and have what the builder knew by itself."""
    old, new = {"rate": 0.01, "units": 4}, {"rate": 0.01, "units": 4, "epochs": 7}
    given = GivenHyperParameters(old)
    assert _planned(given) == 30
    assert not given.asked_for_more
    assert _planned(GivenHyperParameters(new)) == 7
    with pytest.raises(BuilderError, match="'units' besides rate"):
        _planned(GivenHyperParameters({"rate": 0.01}))


@pytest.mark.parametrize("late", [False, True])
def test_the_constant_epochs_is_the_stage_s(tmp_path, record, late):
    """Also where a builder asks for it behind a plain `if`, whatever was queued."""

    def build(hp):
        hp.Float("rate", 1e-3, 1e-1, sampling="log")
        if not late or hp.Boolean("scheduled"):
            return hp.Fixed("epochs", 30)
        return 0

    space = discover_space(build)
    assert [one.name for one in space if one.is_epochs] == ["epochs"] * (not late)
    store, values = Store.open(tmp_path / "study.journal", "run"), {"rate": 0.01}
    for name, epochs in (("short", 5), ("long", 60)):
        stage = Stage(name, 9, epochs, "random")
        study = store.study(stage, space, Objective("val_loss", "min"), 0)
        study.enqueue([values | ({"scheduled": True} if late else {}) | {"epochs": 5}])
        trial = study.ask(build)
        assert trial.build() == epochs
        told = study.tell(trial.number, record(0, 0.5, values=trial.values))
        assert told.values["epochs"] == epochs
        assert build(GivenHyperParameters(told.values)) == epochs
        assert trial.rebuild({**told.values, "epochs": 9}) == 9
        again = store.study(stage, space, Objective("val_loss", "min"), 0)
        assert again.records == (told,)


def test_a_range_of_epochs_is_searched(tmp_path):
    def build(hp):
        return hp.Int("epochs", 2, 4)

    space = discover_space(build)
    stage = Stage("only", 9, 60, "random")
    store = Store.open(tmp_path / "study.journal", "run")
    study = store.study(stage, space, Objective("val_loss", "min"), 0)
    assert {study.ask(build).build() for _ in range(9)} == {2, 3, 4}


def test_outside_a_study_the_builder_s_own_epochs_hold():
    study = optuna.create_study()
    assert suggest(study.ask(), _planned) == 30
    assert _planned(keras_tuner.HyperParameters()) == 30
