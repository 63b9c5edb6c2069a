"""A resumed run is told what is not as it was."""

import json
from dataclasses import replace

import keras
import pytest

import dlrecipes as dlr
from dlrecipes.errors import RunError
from dlrecipes.recipe import load_recipe
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
    record, _ = record_builder(_branches())
    return replace(info, builder=record, recipe_text="a = 1\nb = 2\n")


def test_the_same_builder(branches):
    record, network = record_builder(_branches())
    assert isinstance(network, keras.Model)
    assert compare_builders(branches, record, text="a = 1\nb = 2\n") == ()
    assert compare_builders(branches, record, text="") == ()


@pytest.mark.parametrize(
    ("changes", "values"),
    [({"activation": "relu"}, "kind='scoped'"), ({"deep": "tanh"}, "deep=True")],
)
def test_a_change_where_the_defaults_do_not_lead(branches, changes, values):
    record, _ = record_builder(_branches(**changes))
    with pytest.raises(RunError, match=rf"another network with .*{values}.*line 2, `c = 2`, begun"):
        compare_builders(branches, record, text="a = 1\nc = 2\n")


def test_another_text_of_the_same_builder(branches):
    record, _ = record_builder(_branches())
    (note,) = compare_builders(branches, record, text="a = 1\n# why\nb = 2\n")
    assert "text has changed (line 2, `# why`, which is new), but not what the builder" in note


def test_another_version_of_keras(branches):
    record, _ = record_builder(_branches(activation="relu"))
    older = replace(branches, versions={**branches.versions, "keras": "3.0.0"})
    (note,) = compare_builders(older, record, text=branches.recipe_text)
    assert "(begun with 3.0.0) the builder makes another network" in note
    with pytest.raises(RunError, match="another network"):
        compare_builders(older, record, text="a = 1\nc = 2\n")


def test_a_run_of_an_earlier_version(branches):
    record, _ = record_builder(_branches(activation="relu"))
    (note,) = compare_builders(replace(branches, builder=None), record, text="a = 1\nc = 2\n")
    assert "noted nothing of its builder" in note
    assert "line 2, `c = 2`, begun with `b = 2`" in note


def test_what_is_random_is_not_compared(branches):
    import itertools

    counter = itertools.count()

    def build(hp):
        model = keras.Sequential([keras.Input((4,)), keras.layers.Rescaling(next(counter))])
        model.compile("adam", "mse")
        return model

    first, _ = record_builder(build)
    second, _ = record_builder(build)
    assert compare_builders(replace(branches, builder=first), second, text="") == ()
    assert set(first.networks[0].parts) == {"optimizer", "loss", "metrics", "code"}


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
    assert "# why so small" in info["recipe_text"]
    assert info["recipe_path"] == str(run.parent / "moved.py")
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
