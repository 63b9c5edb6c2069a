"""A choice between values of several types: each is asked for and kept as it was written."""

import copy

import keras_tuner
import pytest

from dlrecipes.errors import BuilderError
from dlrecipes.results import Objective, Stage
from dlrecipes.search import Store, discover_space
from dlrecipes.search.backends.mixed_choice import HyperParameters

SAMPLERS = ("random", "tpe", "sobol", "keras_tuner_random", "keras_tuner_bayesian")
VALUES = [None, 0, 0.5, True, "1", "none"]


def typed(values):
    return {(type(value), value) for value in values}


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_each_value_keeps_its_type(tmp_path, record, sampler):
    def build(hp):
        hp.Choice("clip", VALUES)
        hp.Choice("dropout", [0, 0.1, 0.3])

    # Before each proposal after the first six a Gaussian process is fitted.
    trials = 12 if sampler == "keras_tuner_bayesian" else 24
    store = Store.open(tmp_path / "study.journal", "run")
    space = discover_space(build)
    assert typed(space[0].choices) == typed(VALUES)
    stage, objective = Stage("coarse", trials, 2, sampler), Objective("val_score", "max")
    kept = store.study(stage, space, objective, 0)
    drawn = []
    for _ in range(trials):
        one = kept.ask(build)
        drawn.append(one.values["clip"])
        kept.tell(one.number, record(one.number, 0.5, values=one.values))
    assert len(typed(drawn)) >= 5
    stored = store.study(stage, space, objective, 0)
    assert [(type(r.values["clip"]), r.values["clip"]) for r in stored.records] == [
        (type(value), value) for value in drawn
    ]


@pytest.mark.parametrize(
    ("values", "default", "expected"),
    [([0.5, None], None, None), ([0, 0.5], None, 0), ([0, 0.5], 0.5, 0.5), ([0, True], True, True)],
)
def test_the_default(values, default, expected):
    hp = HyperParameters()
    assert hp.Choice("x", values, default=default) is expected
    assert HyperParameters.from_config(hp.get_config()).values["x"] is expected
    copied = hp.copy()
    assert copied.Choice("x", values, default=default) is expected
    assert copied.Choice("another", [None, 1]) is None
    assert copy.deepcopy(hp).space[0].values == values


def test_values_of_one_type_are_those_of_keras_tuner():
    ours, theirs = HyperParameters(), keras_tuner.HyperParameters()
    for hp in (ours, theirs):
        hp.Choice("bias", [True, False])
        hp.Choice("units", [8, 16], default=16, parent_name="bias", parent_values=[1])
    assert ours.get_config() == theirs.get_config()
    with pytest.raises(TypeError, match="only `int`"):
        ours.Choice("shape", [(1, 2), (3, 4)])
    with pytest.raises(ValueError, match="ordered"):
        ours.Choice("y", [1, None], ordered=True)
    with pytest.raises(ValueError, match="default of 'z' must be one.*2 is not in"):
        ours.Choice("z", [1, None], default=2)
    for alike in ([1, True], [0, 0.0], [False, 0, None]):  # Python takes them for one
        with pytest.raises(BuilderError, match="values of a choice must differ.*'w'"):
            ours.Choice("w", alike)


def test_a_scope_of_mixed_values_is_refused():
    def build(hp):
        hp.Choice("rate", [0, 0.1])
        with hp.conditional_scope("rate", [0, 0.1]):  # KerasTuner would make [0, 0] of it
            hp.Int("more", 1, 2)

    with pytest.raises(BuilderError, match="parent of a conditional scope.*'rate'"):
        discover_space(build)
