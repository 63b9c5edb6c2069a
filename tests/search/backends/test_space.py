import keras
import keras_tuner
import pytest

from dlrecipes.errors import ArgumentError, BuilderError
from dlrecipes.results import Hyperparameter
from dlrecipes.search import discover_space, run_builder
from dlrecipes.search.backends import clip_to_space
from dlrecipes.search.backends.encoding import Encoding
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
        (lambda hp: hp.Float("rate", 1.0, 0.1), r"rate|min_value"),
        (lambda hp: hp.Float("rate", 0.0, 1.0, sampling="log"), r"min_value|rate"),
        (lambda hp: hp.Choice("shape", [1, (2, 3)]), r"can contain only one type"),
        (
            lambda hp: {}["missing"],
            r"builder must run with the hyperparameters.*none yet.*KeyError: 'missing'",
        ),
    ],
)
def test_what_cannot_be_searched(declare, message):
    with pytest.raises(BuilderError, match=message):
        discover_space(lambda hp: declare(hp))


def test_a_builder_that_downloads_without_a_network(tmp_path):
    def build(hp):
        keras.utils.get_file("weights.h5", "http://localhost:9/weights.h5", cache_dir=tmp_path)

    with pytest.raises(BuilderError, match=r"URL fetch failure on http.*put the file into.*KERAS"):
        discover_space(build)


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


def test_a_name_with_other_choices_in_another_scope():
    def build(hp):
        kind = hp.Choice("kind", ["a", "b"])
        with hp.conditional_scope("kind", ["a"]):
            hp.Choice("size", [1, 2])
        with hp.conditional_scope("kind", ["b"]):
            hp.Choice("size", [3, 4])
        return kind

    space = discover_space(build)
    assert [(one.name, one.choices) for one in space[1:]] == [("size", (1, 2)), ("size", (3, 4))]
    assert Encoding(space).distributions.keys() == {"kind", "size", "size (kind='b')"}


def test_two_ranges_in_scopes_that_are_open_together():
    def build(hp):
        kind = hp.Choice("kind", ["a", "b"])
        with hp.conditional_scope("kind", ["a"]):
            hp.Int("size", 1, 4)
        with hp.conditional_scope("kind", ["a", "b"]):
            hp.Int("size", 5, 9)
        return kind

    with pytest.raises(BuilderError, match=r"'size' whole .* from 1 to 4, and .* from 5 to 9"):
        discover_space(build)


def test_one_value_is_fixed():
    def build(hp):
        hp.Int("units", 16, 16)
        hp.Float("rate", 0.5, 0.5, step=2, sampling="log")
        hp.Int("wide", 8, 10, step=4)
        hp.Int("late", 3, 5, step=2, sampling="reverse_log")

    assert [(one.kind, one.choices) for one in discover_space(build)] == [
        ("fixed", (16,)),
        ("fixed", (0.5,)),
        ("fixed", (8,)),
        ("fixed", (5,)),
    ]


def test_steps_on_a_log_scale():
    def build(hp):
        hp.Int("units", 4, 100, step=2, sampling="log")
        hp.Float("kept", 0.1, 1.0, step=2, sampling="reverse_log")

    units, kept = discover_space(build)
    assert (units.kind, units.low, units.high) == ("int", 4, 64)
    assert units.grid == (4, 8, 16, 32, 64)
    assert kept.grid == pytest.approx((0.3, 0.7, 0.9, 1.0))
    assert units.described == "whole numbers from 4 to 64 by 2 on a log scale"
    assert kept.described.endswith("by 2 on a reversed log scale")


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
