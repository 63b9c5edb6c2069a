"""A resumed run is told what is not as it was."""

import json
import random
from dataclasses import replace

import keras
import pytest

import dlrecipes as dlr
from dlrecipes.errors import RunError
from dlrecipes.recipe import load_recipe
from dlrecipes.results import Origin
from dlrecipes.run.same_builder import _changed_line, compare_builders, record_builder
from dlrecipes.rundir import RunDirectory
from dlrecipes.search import Listener


class Notes(Listener):
    def __init__(self):
        self.lines = []

    def on_note(self, line):
        self.lines.append(line)


def _branches(activation="tanh", plain="relu", deep="relu"):
    def build(hp):
        kind = hp.Choice("kind", ["plain", "scoped"])
        layers = [keras.layers.Dense(4, "relu")]
        with hp.conditional_scope("kind", ["scoped"]):
            if kind == "scoped":
                layers.append(keras.layers.Dense(hp.Int("units", 2, 4), activation))
        if hp.Boolean("deep"):
            layers.append(keras.layers.Dense(3, deep))
        model = keras.Sequential([keras.Input((4,)), *layers, keras.layers.Dense(1)])
        model.compile("adam", "mse")
        return model

    return build


@pytest.fixture(scope="module")
def info(finished):
    """What a run began with."""
    began_with = RunDirectory(finished("binary")).read_info()
    assert began_with.builder is not None
    return began_with


@pytest.fixture(scope="module")
def branches(info):
    build = _branches()
    record, _ = record_builder(build)
    return replace(info, builder=record, origin=Origin("made", text="a = 1\nb = 2\n"))


def test_the_same_builder(branches):
    build = _branches()
    record, network = record_builder(build)
    assert isinstance(network, keras.Model)
    assert compare_builders(branches, record, build, text="a = 1\nb = 2\n") == ()
    assert compare_builders(branches, record, build, text="") == ()


@pytest.mark.parametrize(
    ("changes", "values"),
    [({"activation": "relu"}, "kind='scoped'"), ({"deep": "tanh"}, "deep=True")],
)
def test_a_change_where_the_defaults_do_not_lead(branches, changes, values):
    build = _branches(**changes)
    record, _ = record_builder(build)
    with pytest.raises(RunError, match=rf"another network with .*{values}.*line 2, `c = 2`, begun"):
        compare_builders(branches, record, build, text="a = 1\nc = 2\n")


def test_another_text_of_the_same_builder(branches):
    build = _branches()
    record, _ = record_builder(build)
    (note,) = compare_builders(branches, record, build, text="a = 1\n# why\nb = 2\n")
    assert "text has changed (line 2, `# why`, which is new), but not what the builder" in note


def test_another_version_of_keras(branches):
    build = _branches(activation="relu")
    record, _ = record_builder(build)
    older = replace(branches, versions={**branches.versions, "keras": "3.0.0"})
    (note,) = compare_builders(older, record, build, text=branches.origin.text)
    assert "(begun with 3.0.0) the builder makes another network" in note
    with pytest.raises(RunError, match="another network"):
        compare_builders(older, record, build, text="a = 1\nc = 2\n")


def test_a_run_of_an_earlier_version(branches):
    build = _branches(activation="relu")
    record, _ = record_builder(build)
    (note,) = compare_builders(
        replace(branches, builder=None), record, build, text="a = 1\nc = 2\n"
    )
    assert "noted nothing of its builder" in note
    assert "line 2, `c = 2`, begun with `b = 2`" in note


def test_what_is_random_is_not_compared(branches):
    import itertools

    counter = itertools.count()

    def build(hp):
        model = keras.Sequential([keras.Input((4,)), keras.layers.Rescaling(next(counter))])
        model.compile("adam", "mse")
        return model

    def other(hp):
        model = build(hp)
        model.compile("sgd", "mse")
        return model

    first, _ = record_builder(build)
    third, _ = record_builder(other)
    second, _ = record_builder(build)
    assert compare_builders(replace(branches, builder=first), second, build, text="") == ()
    with pytest.raises(RunError, match="another optimizer"):
        compare_builders(replace(branches, builder=first), third, other, text="")


def _named(rate, noise):
    """A builder with a random name, and random numbers where the defaults do not lead."""

    def build(hp):
        name = f"net_{random.random()}"
        layers = [keras.layers.Dropout(rate, name=f"{name}_drop")]
        if hp.Boolean("augment"):
            layers.append(keras.layers.GaussianNoise(random.random() if noise else 0.1))
        model = keras.Sequential([keras.Input((4,)), *layers, keras.layers.Dense(1)], name=name)
        model.compile("adam", "mse")
        return model

    return build


def test_random_names_hide_no_change(branches):
    first, _ = record_builder(_named(0.1, noise=True))
    began_with = replace(branches, builder=first)
    build = _named(0.1, noise=True)
    assert compare_builders(began_with, record_builder(build)[0], build, text="") == ()
    build = _named(0.2, noise=True)
    with pytest.raises(RunError, match="another network"):
        compare_builders(began_with, record_builder(build)[0], build, text="")


def test_an_order_that_differs_in_each_process(branches):
    def ordered(*values, high=1234567):
        def build(hp):
            hp.Choice("kind", list(values))
            hp.Int("many", 1, high)
            model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
            model.compile("adam", "mse")
            return model

        return build

    first, _ = record_builder(ordered("a", "b", "c"))
    began_with = replace(branches, builder=first)
    build = ordered("c", "a", "b")  # as a set of texts may come
    assert compare_builders(began_with, record_builder(build)[0], build, text="") == ()
    for build in (ordered("a", "b", "d"), ordered("a", "b", "c", high=1234568)):
        with pytest.raises(RunError, match="'(kind|many)' .* begun with"):
            compare_builders(began_with, record_builder(build)[0], build, text="")


def test_a_run_goes_on_with_another_text_and_place(copied):
    """It is said, and the record has the text of what is trained from now on."""
    run = copied()
    recipe = run.parent / "tiny.py"
    text = recipe.read_text().replace("    model = keras", "    # why so small\n    model = keras")
    recipe.unlink()
    (run.parent / "moved.py").write_text(
        text.replace("CoarseToFine(trials=3", "CoarseToFine(trials=9")
    )
    before, heard = (run / "study.json").read_text(), Notes()
    load_recipe(run.parent / "moved.py").resume(run, listener=heard)
    assert any("text has changed" in line and "own objective, plan" in line for line in heard.lines)
    assert "text has changed" in (run / "log.txt").read_text()
    info = json.loads((run / "run.json").read_text())
    assert "# why so small" in info["origin"]["text"]
    assert info["origin"]["path"] == str(run.parent / "moved.py")
    assert (run / "study.json").read_text() == before


def test_a_builder_from_python(splits, build, tuned):
    def other(hp):
        model = build(hp)
        model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
        return model

    with pytest.raises(
        RunError, match=r"another optimizer with units=2.*line 1, `def other\(hp\):"
    ):
        dlr.resume(tuned, other, splits, listener=Listener())


def test_of_a_long_line_the_place_is_shown_where_it_differs():
    line = "model = keras.Sequential([" + "keras.layers.Dense(units), " * 4 + "Dense(1, 'relu')])"
    said = _changed_line(f"a\n{line}", f"a\n{line.replace('relu', 'tanh')}")
    assert "'tanh'" in said.partition("begun with")[0]
    assert "'relu'" in said.partition("begun with")[2]


def test_a_builder_may_ask_for_its_epochs_now(branches):
    """With its own number for a default it makes what it made; with another it does not."""

    def asks(epochs):
        def build(hp):
            model = _branches()(hp)
            model.compile("adam" if hp.Fixed("epochs", epochs) == 30 else "sgd", "mse")
            return model

        return build

    record, _ = record_builder(asks(30))
    assert compare_builders(branches, record, asks(30), text="") == ()
    other, _ = record_builder(asks(31))
    with pytest.raises(RunError, match="another optimizer with kind='plain'"):
        compare_builders(branches, other, asks(31), text="")
    # ---- no other may be new, nor may it go again or be another one
    began = replace(branches, builder=record)
    plain, _ = record_builder(_branches())
    with pytest.raises(RunError, match="no 'epochs' any more"):
        compare_builders(began, plain, _branches(), text="")
    with pytest.raises(RunError, match="'epochs' fixed at 31, begun with fixed at 30"):
        compare_builders(began, other, asks(31), text="")
