"""What several folders of tests share: the walk over references, tiny recipes, finished runs."""

import functools
import gc
import hashlib
import importlib.util
import os
import random
import re
import shutil
import subprocess
import sys
import types
import weakref
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock


def pytest_collection_finish():
    """What the imports made stays to the end: no collection need look at it again.

    Keras collects all garbage whenever a session is cleared, as it is before each trial.
    """
    gc.collect()
    gc.freeze()


def pytest_collectstart(collector):
    """Layers in a list of cases draw their seeds while a file is read: the same each time."""
    if isinstance(collector, pytest.Module):
        random.seed(0)


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
def made_once(tmp_path_factory):
    """`made_once(name, make)`: a folder that `make` has filled, one for all of xdist's workers."""
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent

    def made(name, make):
        folder, done = root / name, root / f"{name}.done"
        with FileLock(root / f"{name}.lock"):
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)  # what a failure left
                folder.mkdir()
                make(folder)
                done.touch()
        return folder

    return made


@pytest.fixture(scope="session")
def table_recipe():
    """The path of a recipe for tables whose network is small."""
    return Path(__file__).with_name("small_table.py")


@pytest.fixture(scope="session")
def finished(made_once):
    """`finished(task)`: the directory of a finished run, one for all; do not write into it."""

    @functools.cache
    def run(task):
        def tune(folder):
            from dlrecipes.recipe import load_recipe
            from dlrecipes.results import RunSettings

            (folder / "tiny.py").write_text(_recipe_text(task))
            load_recipe(folder / "tiny.py").tune(settings=RunSettings(out=folder / "run"))

        return made_once(f"finished-{task}", tune) / "run"

    return run


@pytest.fixture
def copied(finished, tmp_path):
    """`copied(task)`: a copy of that run in a runs folder of its own, to write into."""

    def copy(task="binary"):
        source = finished(task)
        for name in ("tiny.py", "test_sets.jsonl"):
            shutil.copy(source.parent / name, tmp_path / name)
        return shutil.copytree(source, tmp_path / "run")

    return copy


@pytest.fixture(scope="session")
def as_written():
    """`as_written(load, *args, **texts)`: what `load` returns for options of a command line."""

    def called(load, *args, **texts):
        from dlrecipes.recipe.load_options import gather, load_options, value_of_text

        known = load_options(load)
        typed = {
            name: value_of_text(known[name], value) if isinstance(value, str) else value
            for name, value in texts.items()
        }
        return load(*args, **gather(load, typed))

    return called


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


def _described(part):
    """Return what a network or a layer is, as text; None for one that cannot be written down."""
    try:
        text = part.to_json() if hasattr(part, "to_json") else repr(part and part.get_config())
    except Exception:  # such a model is what some tests are about
        return None
    return re.sub(r"_\d+\b", "", text)  # the names that Keras gives are numbered


@pytest.fixture(autouse=True)
def _draws_are_the_same_each_time():
    """Weights and masks of a test do not depend on luck, nor on the tests before it."""
    if "keras" in sys.modules:
        sys.modules["keras"].utils.set_random_seed(0)


@pytest.fixture(scope="session", autouse=True)
def _beginnings_are_tried_once():
    """What is tried before each search passes once for each model and data of the tests."""
    import dlrecipes.run.prepare as prepare

    passed, check_model, try_ending = {}, prepare.check_model, prepare.try_ending

    def once(key, check, *arguments):
        if None in key:
            return check(*arguments)
        if key not in passed:
            passed[key] = check(*arguments)
        return passed[key]

    def check_once(network, development, goal):
        key = (_described(network), development.fingerprint, repr(development.model_spec), goal)
        return once(key, check_model, network, development, goal)

    def try_once(network, splits, policy):
        key = (_described(network), _described(splits.preprocess), repr(splits.raw_spec), policy)
        return once(key, try_ending, network, splits, policy)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prepare, "check_model", check_once)
        patch.setattr(prepare, "try_ending", try_once)
        yield


@pytest.fixture(scope="module")
def end_untried():
    """The runs of a module have their end in earnest only: it is not tried before the search."""
    import dlrecipes.run.prepare as prepare

    with pytest.MonkeyPatch.context() as patch:
        for name in ("try_ending", "try_choices"):
            patch.setattr(prepare, name, lambda *arguments: ())
        yield


@pytest.fixture(scope="session", autouse=True)
def _parts_are_told_apart_once():
    """The trees that tell training rows from validation rows grow once for the same rows."""
    from dlrecipes.data.audit import drift

    areas, area = {}, drift._area

    def area_once(*arrays):
        key = tuple((one.shape, hashlib.sha256(one.tobytes()).digest()) for one in arrays)
        if key not in areas:
            areas[key] = area(*arrays)
        return areas[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drift, "_area", area_once)
        yield


@pytest.fixture(scope="session", autouse=True)
def _only_trees_of_scikit_learn():
    """LightGBM and CatBoost take seconds for what a test has in a tenth: who asks for them."""
    from dlrecipes.baselines import gradient_boosting

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gradient_boosting, "find_spec", lambda package: None)
        yield


@pytest.fixture
def other_trees(monkeypatch):
    """LightGBM and CatBoost are among the baselines of this test; skipped without them."""
    from dlrecipes.baselines import gradient_boosting

    for package in ("lightgbm", "catboost"):
        pytest.importorskip(package, reason="pip install dlrecipes[trees]")
    monkeypatch.setattr(gradient_boosting, "find_spec", importlib.util.find_spec)
