"""What several folders of tests share: the walk over references, tiny recipes, finished runs."""

import functools
import gc
import re
import subprocess
import sys
import types
import weakref

import numpy as np
import pytest


def _next_objects(item):
    if isinstance(item, types.FunctionType):
        # Not `__globals__`: a module's names are not something that the object holds.
        closure = [_contents(cell) for cell in item.__closure__ or ()]
        return [*closure, item.__defaults__, item.__kwdefaults__, item.__dict__]
    if isinstance(item, np.ndarray):
        elements = item.ravel().tolist() if item.dtype == object else []
        return [item.base, *elements]
    if isinstance(item, memoryview):
        return [item.obj]
    if isinstance(item, weakref.ref):
        return [item()]
    if isinstance(item, functools.partial):
        return [item.func, item.args, item.keywords]
    if isinstance(item, type) and not item.__module__.startswith(("dlrecipes", "test")):
        return []
    return gc.get_referents(item)


def _contents(cell):
    try:
        return cell.cell_contents
    except ValueError:  # a cell that was never filled
        return None


def _is_module(item):
    return isinstance(item, types.ModuleType | types.FrameType | types.CodeType) or (
        isinstance(item, dict) and "__name__" in item and "__spec__" in item
    )


def _reachable_arrays(root):
    """Return the arrays that attributes, slots, containers, closures, bases, … lead to."""
    seen = {}
    waiting = [root]
    while waiting:
        item = waiting.pop()
        if item is None or id(item) in seen or _is_module(item):
            continue
        seen[id(item)] = item
        waiting.extend(_next_objects(item))
    return [item for item in seen.values() if isinstance(item, np.ndarray)]


@pytest.fixture(scope="session")
def reachable():
    return _reachable_arrays


RECIPE = """
import keras
import numpy as np

from dlrecipes.data import from_arrays
from dlrecipes.recipe import Recipe
from dlrecipes.results import Plan, Stage
from dlrecipes.search import CoarseToFine

TASK = {task!r}


def rows(examples=120):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(examples, 4)) * [1.0, 2.0, 3.0, 4.0] + 5.0
    signal = (x[:, 0] - 5.0) + (x[:, 1] - 5.0) / 2.0
    if TASK == "regression":
        return x, 10.0 * signal + 100.0
    if TASK == "binary":
        return x, np.where(signal > 0, "yes", "no")
    return x, np.array(["low", "middle", "high"])[np.digitize(signal, [-0.5, 0.5])]


def load({arguments}):
    {load}


def preprocess(spec):
    return keras.layers.Normalization()


def build(hp, spec):
    {before}
    rate = hp.Float("learning_rate", 1e-3, 1e-1, sampling="log")
    model = keras.Sequential(
        [
            keras.Input(spec.input_shape),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dense({units}, activation={activation!r}, dtype="float32"),
        ]
    )
    model.compile({compile})
    {after}


{extra}
RECIPE = Recipe(
    name={name!r},
    load=load,
    preprocess={preprocess},
    build=build,
    objective={objective},
    plan={plan},
)
"""
"""A recipe whose trials take a fraction of a second; each `{}` can be another mistake."""

LOSSES = {
    "binary": "keras.losses.BinaryCrossentropy(from_logits=True), metrics=["
    'keras.metrics.BinaryAccuracy(threshold=0.0, name="accuracy")]',
    "multiclass": "keras.losses.SparseCategoricalCrossentropy(from_logits=True), "
    'metrics=["accuracy"]',
    "regression": '"mse", metrics=[keras.metrics.RootMeanSquaredError(name="rmse")]',
}


def _recipe_text(task="binary", **parts):
    objective = "val_rmse" if task == "regression" else "val_accuracy"
    defaults = {
        "task": task,
        "name": "tiny",
        "arguments": "",
        "load": "return from_arrays(*rows(), name='tiny')",
        "before": "pass",
        "units": "spec.outputs",
        "activation": "linear",
        "compile": f"keras.optimizers.Adam(rate), {LOSSES[task]}",
        "after": "return model",
        "extra": "",
        "preprocess": "preprocess",
        "objective": repr(objective),
        "plan": "CoarseToFine(trials=3, epochs=2, refit_seeds=2)",
    }
    return RECIPE.format(**{**defaults, **parts})


@pytest.fixture(scope="session")
def recipe_text():
    """`recipe_text(task, **parts)`: the text of a tiny recipe, with some parts replaced."""
    return _recipe_text


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """`finished(task)`: the directory of a finished run, one a session; do not write into it."""

    @functools.cache
    def run(task):
        from dlrecipes.recipe import load_recipe
        from dlrecipes.results import RunSettings

        folder = tmp_path_factory.mktemp(task)
        (folder / "tiny.py").write_text(_recipe_text(task))
        recipe = load_recipe(folder / "tiny.py")
        return recipe.tune(settings=RunSettings(out=folder / "run")).directory

    return run


@pytest.fixture
def copied(finished, tmp_path):
    """`copied(task)`: a copy of that run in a runs folder of its own, to write into."""
    import shutil

    def copy(task="binary"):
        source = finished(task)
        for name in ("tiny.py", "test_sets.jsonl"):
            shutil.copy(source.parent / name, tmp_path / name)
        return shutil.copytree(source, tmp_path / "run")

    return copy


@pytest.fixture(scope="session")
def python():
    """`python(code, *arguments)`: what a fresh interpreter prints."""

    def run(code, *arguments, cwd=None):
        done = subprocess.run(
            [sys.executable, "-c", code, *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=cwd,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="session", autouse=True)
def _endings_are_tried_once():
    """What a run's end does is tried before its search, a second: here once for each model."""
    import dlrecipes.run.prepare as prepare

    tried, try_ending = set(), prepare.try_ending

    def try_once(network, splits, policy):
        try:
            layers = "" if splits.preprocess is None else repr(splits.preprocess.get_config())
            # The names that Keras gives are numbered.
            model = re.sub(r"_\d+\b", "", network.to_json())
        except Exception:  # such a model is what some tests are about
            return try_ending(network, splits, policy)
        key = (model, re.sub(r"_\d+\b", "", layers), repr(splits.spec), policy)
        if key not in tried:
            try_ending(network, splits, policy)
            tried.add(key)
        return None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prepare, "try_ending", try_once)
        yield
