"""What engines say of the time that they spend."""

from time import perf_counter

import pytest

from dlrecipes.results import Hyperparameter, Objective
from dlrecipes.training.engines import make_engine
from dlrecipes.training.job import Job
from dlrecipes.training.stopwatch import Stopwatch

SPACE = (
    Hyperparameter("rate", "float", 1e-3, 1.0, log=True),
    Hyperparameter("units", "int", 3, 4),
)


@pytest.fixture
def spent(make_model, scripted, development):
    """`spent(engine, trials)`: of trials of two structures in turn, and how long they took."""

    def build(values):
        return make_model(units=values["units"], rate=values["rate"])

    def job(number):
        values = {"rate": 0.01 * (number + 1), "units": 3 + number % 2}
        return Job(
            number,
            values,
            lambda: build(values),
            number,
            3,
            16,
            rebuild=build,
            space=SPACE,
            shared_seed=5,
        )

    def run(name, trials):
        engine = make_engine(name, development(), Objective("val_accuracy", "max"), "float32")
        source = scripted(*map(job, range(trials)))
        began = perf_counter()
        with Stopwatch() as watch:
            engine.run(source)
        lasted = perf_counter() - began
        assert {outcome.status for outcome in source.outcomes} == {"completed"}
        return watch.take(), lasted

    return run


@pytest.mark.parametrize("name", ["resident", pytest.param("population", marks=pytest.mark.slow)])
def test_each_structure_has_its_parts(spent, name):
    found, lasted = spent(name, 6)
    wanted = {"build", "probe", "begin", "trace", "train", "evaluate"}
    # A trial that runs beside others is compiled where it is trained.
    may = {"compile"} if name == "resident" else set()
    wanted |= {"compile"} - may
    assert found.prepared == len(found.structures) == 2
    for parts in found.structures.values():
        assert parts.keys() - may == wanted
    assert found.parts.keys() - may == wanted - {"train", "evaluate"} | {"wait"}
    assert found.beside.keys() == {"train", "evaluate"}
    # Nothing counts twice, and little is left without a name.
    assert 0.8 * lasted < sum(found.parts.values()) <= lasted
    of_structures = sum(sum(parts.values()) for parts in found.structures.values())
    everything = sum(found.parts.values()) + sum(found.beside.values()) - found.parts["wait"]
    assert of_structures == pytest.approx(everything)


def test_fit_builds_and_fits(spent):
    found, lasted = spent("fit", 1)
    assert found.parts.keys() == {"build", "fit"}
    assert (found.beside, found.structures) == ({}, {})
    assert 0.5 * lasted < sum(found.parts.values()) <= lasted
