import keras_tuner
import pytest

from dlrecipes.errors import ArgumentError, BuilderError
from dlrecipes.results import Hyperparameter
from dlrecipes.search import discover_space, run_builder
from dlrecipes.search.backends import clip_to_space
from dlrecipes.search.backends.space import write_space


def test_every_kind(space):
    known = {one.name: one for one in space}
    assert list(known) == [
        "learning_rate",
        "dropout",
        "units",
        "layers",
        "activation",
        "norm",
        "optimizer",
        "momentum",
    ]
    rate, units, layers = known["learning_rate"], known["units"], known["layers"]
    assert (rate.kind, rate.low, rate.high, rate.log, rate.step) == ("float", 1e-4, 1, True, None)
    assert (units.kind, units.low, units.high, units.log) == ("int", 4, 64, True)
    assert (layers.kind, layers.log, layers.step) == ("int", False, None)
    assert (known["dropout"].low, known["dropout"].high, known["dropout"].step) == (0, 0.5, 0.1)
    assert known["activation"].kind == "fixed"
    assert known["activation"].choices == ("relu",)
    assert known["norm"].choices == (False, True)
    assert known["optimizer"].choices == ("sgd", "adam")
    assert known["momentum"].conditions == (("optimizer", ("sgd",)),)


def test_scopes_that_the_defaults_do_not_enter():
    def build(hp):
        kind = hp.Choice("kind", ["linear", "deep"])
        with hp.conditional_scope("kind", ["deep"]):
            if kind == "deep":
                pool = hp.Choice("pool", ["none", "max"])
                with hp.conditional_scope("pool", ["max"]):
                    if pool == "max":
                        hp.Int("size", 2, 4)
        return None

    space = discover_space(build)
    assert [one.name for one in space] == ["kind", "pool", "size"]
    assert space[2].conditions == (("kind", ("deep",)), ("pool", ("max",)))
    assert space[2].active({"kind": "deep", "pool": "max"})
    assert not space[2].active({"kind": "linear", "pool": "max"})


def test_name_scopes_and_parents():
    def build(hp):
        with hp.name_scope("head"):
            hp.Boolean("wide")
            hp.Int("units", 8, 16, step=4, parent_name="wide", parent_values=[True])
        return None

    wide, units = discover_space(build)
    assert (wide.name, units.name) == ("head/wide", "head/units")
    assert units.conditions == (("head/wide", (True,)),)
    assert (units.low, units.high, units.step) == (8, 16, 4)


def test_one_name_in_two_scopes():
    def build(hp):
        optimizer = hp.Choice("optimizer", ["sgd", "adam"])
        for name, low, high in (("sgd", 1e-3, 1.0), ("adam", 1e-5, 1e-2)):
            with hp.conditional_scope("optimizer", [name]):
                if optimizer == name:
                    hp.Float("rate", low, high, sampling="log")
        return None

    space = discover_space(build)
    assert [(one.name, one.low) for one in space] == [
        ("optimizer", 0),
        ("rate", 1e-3),
        ("rate", 1e-5),
    ]
    inside = clip_to_space(space, {"optimizer": "adam", "rate": 1e-5})
    assert inside["rate"] == 1e-5


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (
            lambda hp: hp.Float("rate", 0.1, 1.0, sampling="reverse_log"),
            r"'rate' must have a distribution that Optuna has.*sampling='reverse_log'.*hp\.Choice",
        ),
        (
            lambda hp: hp.Float("rate", 1e-3, 1.0, step=10, sampling="log"),
            r"'rate' must have a distribution.*sampling='log', step=10",
        ),
        (
            lambda hp: hp.Int("units", 2, 64, step=2, sampling="log"),
            r"'units' must have a distribution.*step=2",
        ),
        (
            lambda hp: hp.Int("units", 8, 8),
            r"lower end of 'units' must lie below.*min_value=8, max_value=8.*hp\.Fixed",
        ),
        (lambda hp: hp.Float("rate", 1.0, 0.1), r"rate|min_value"),
        (lambda hp: hp.Float("rate", 0.0, 1.0, sampling="log"), r"min_value|rate"),
        (
            lambda hp: {}["missing"],
            r"builder must run with the hyperparameters.*none yet.*KeyError: 'missing'",
        ),
    ],
)
def test_what_cannot_be_searched(declare, message):
    with pytest.raises(BuilderError, match=message):
        discover_space(lambda hp: declare(hp))


def test_a_builder_that_fails_in_a_scope_names_the_values():
    def build(hp):
        kind = hp.Choice("kind", ["good", "bad"])
        with hp.conditional_scope("kind", ["bad"]):
            if kind == "bad":
                raise RuntimeError("no such layer.")
        return None

    with pytest.raises(BuilderError, match=r"kind='bad'\)\. Received: RuntimeError: no such layer"):
        discover_space(build)


def test_our_own_errors_pass_through():
    def build(hp):
        raise ArgumentError("Rate must be positive.")

    with pytest.raises(ArgumentError, match=r"^Rate must be positive\.$"):
        run_builder(build)


def test_a_name_with_two_meanings_is_refused():
    def build(hp):
        kind = hp.Choice("kind", ["a", "b"])
        with hp.conditional_scope("kind", ["a"]):
            if kind == "a":
                hp.Choice("size", [1, 2])
        with hp.conditional_scope("kind", ["b"]):
            if kind == "b":
                hp.Choice("size", [3, 4])
        return None

    with pytest.raises(BuilderError, match=r"'size' as choice \(1, 2\) and choice \(3, 4\)"):
        discover_space(build)


def test_written_for_keras_tuner_and_read_again(space):
    written = write_space(space)
    assert isinstance(written, keras_tuner.HyperParameters)

    def build(hp):
        for entry in written.space:
            hp._retrieve(entry)
        return None

    again = discover_space(build)
    assert [
        (one.name, one.kind, one.low, one.high, one.step, one.log, one.choices, one.conditions)
        for one in again
    ] == [  # fmt: skip
        (one.name, one.kind, one.low, one.high, one.step, one.log, one.choices, one.conditions)
        for one in space
    ]


def test_clipping(space):
    values = {"learning_rate": 5.0, "units": 2, "norm": True, "optimizer": "sgd", "momentum": -1.0}
    inside = clip_to_space(space, values)
    assert inside == {**values, "learning_rate": 1.0, "units": 4, "momentum": 0.0}
    assert type(inside["units"]) is int
    assert values["units"] == 2
    assert clip_to_space((Hyperparameter("other", "int", 1, 2),), values) == values
