"""What KerasTuner's oracles are told of trials that are under way."""

import pytest

from dlrecipes.results import Objective, Stage
from dlrecipes.search import Store, discover_space


@pytest.fixture
def study(tmp_path):
    """`study(sampler, build, direction)`: a stage of 20 trials."""

    def make(sampler, build, direction="max"):
        store = Store.open(tmp_path / "study.journal", "run")
        objective = Objective("val_score", direction)
        return store.study(Stage("fine", 20, 2, sampler), discover_space(build), objective, 0)

    return make


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_what_is_asked_for_together_is_not_one_point(study, record, sign):
    def build(hp):
        hp.Float("rate", 0.0, 1.0)

    kept = study("keras_tuner_bayesian", build, "max" if sign > 0 else "min")
    for _ in range(5):  # as many as are drawn at random
        one = kept.ask(build)
        score = -sign * (one.values["rate"] - 0.3) ** 2
        kept.tell(one.number, record(one.number, score, values=one.values))
    first, second = (kept.ask(build).values["rate"] for _ in range(2))
    assert abs(first - second) > 0.05


@pytest.mark.parametrize("sampler", ["keras_tuner_random", "keras_tuner_bayesian"])
def test_a_choice_under_way_is_not_drawn_again(study, sampler):
    def build(hp):
        hp.Choice("kind", ["a", "b", "c", "d"])

    kept = study(sampler, build)
    assert {kept.ask(build).values["kind"] for _ in range(4)} == {"a", "b", "c", "d"}
