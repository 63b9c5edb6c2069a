"""A grid in a search space, and the stage that tries all of it."""

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from dlrecipes.errors import ArgumentError
from dlrecipes.results import Hyperparameter, Objective, Plan, Stage
from dlrecipes.search import Store, discover_space, lay_grid, search
from dlrecipes.search.grid import count_grid

RATE = Hyperparameter("rate", "float", 1e-4, 1e-1, log=True)
DROPOUT = Hyperparameter("dropout", "float", 0.0, 0.5)
STEPPED = Hyperparameter("stepped", "float", 0.0, 0.5, step=0.1)
UNITS = Hyperparameter("units", "int", 8, 128, log=True)
LAYERS = Hyperparameter("layers", "int", 1, 3)
KIND = Hyperparameter("kind", "choice", choices=("a", "b"))
MOMENTUM = Hyperparameter("momentum", "float", 0.01, 0.99, log=True, mirror=1.0)


def values(*space, trials):
    return [list(one.choices) for one in lay_grid(space, trials)]


def test_values_lie_evenly_on_their_own_scale():
    assert values(RATE, DROPOUT, trials=12) == [
        pytest.approx([1e-4, 1e-3, 1e-2, 1e-1]),
        [0.0, 0.25, 0.5],
    ]
    assert values(STEPPED, UNITS, LAYERS, KIND, trials=45) == [
        [0.0, 0.2, 0.5],
        [8, 32, 128],
        [1, 3],
        ["a", "b"],
    ]
    # No more values than there are.
    assert values(STEPPED, LAYERS, trials=500) == [[0.0, 0.1, 0.2, 0.3, 0.4, 0.5], [1, 2, 3]]
    (found,) = values(MOMENTUM, trials=3)
    assert found == pytest.approx([0.01, 0.9, 0.99], rel=0.01)
    steps = replace(UNITS, step=2, choices=(8, 16, 32, 64, 128))
    assert values(steps, trials=3) == [[8, 32, 128]]


@given(st.integers(8, 300), st.sampled_from([(RATE, DROPOUT, KIND), (UNITS, STEPPED, MOMENTUM)]))
def test_a_grid_fits_into_its_trials(trials, space):
    grid = lay_grid(space, trials)
    assert count_grid(grid) <= trials
    counts = sorted(len(one.choices) for one in grid if one.numeric)
    assert counts[0] >= 2


def test_what_is_not_active_is_not_multiplied():
    momentum = replace(DROPOUT, name="momentum", conditions=(("kind", ("b",)),))
    grid = lay_grid((KIND, RATE, momentum), 12)
    assert [len(one.choices) for one in grid] == [2, 3, 3]
    assert count_grid(grid) == 3 + 9


def test_too_few_trials():
    with pytest.raises(ArgumentError, match=r"of 2 values a range.*7 trials for 2 ranges and 1"):
        lay_grid((RATE, DROPOUT, KIND), 7)
    assert count_grid(lay_grid((RATE, DROPOUT, KIND), 8)) == 8


@pytest.fixture
def study(tmp_path, context, fake_engine, recorder, builder):
    def run(*stages, build=builder, journal="study", **options):
        run.heard = recorder()
        store = Store.open(tmp_path / f"{journal}.journal", "run")
        shared = context(build, listener=run.heard)
        engine = fake_engine(**options)
        return search(Plan(stages), discover_space(build), engine, store, shared)

    return run


def test_a_stage_tries_every_point_once(study):
    stage = Stage("grid", 150, 2, sampler="grid", pruner="none", ranges={"dropout": (0.0, 0.4)})
    result = study(stage)
    (note,) = study.heard.notes
    assert note.startswith("Stage grid is a grid, 3 of learning_rate, 2 of dropout")
    assert note.endswith(f"{len(result.trials)} of 150 trials.")
    points = {tuple(sorted(one.values.items())) for one in result.trials}
    assert len(points) == len(result.trials) == 144
    assert {round(one.values["learning_rate"], 9) for one in result.trials} == {1e-4, 1e-2, 1.0}
    assert {one.values["dropout"] for one in result.trials} == {0.0, 0.4}
    assert "momentum" not in next(
        one.values for one in result.trials if one.values["optimizer"] == "adam"
    )
    assert not [one for one in result.findings if one.name == "configurations"]
    assert result.stages[0].ranges["learning_rate"] == (1e-4, 1.0)  # and not the grid's
    # ---- broken off, it goes on with what is missing
    with pytest.raises(KeyboardInterrupt):
        study(stage, journal="broken", epochs=25)
    assert study(stage, journal="broken").trials == result.trials
    assert study.heard.notes == []


def test_the_stage_after_a_grid_searches_between_its_points(study, rate_builder):
    stages = (
        Stage("grid", 4, 2, sampler="grid", pruner="none", widen=True),
        Stage("fine", 6, 2, narrow=True),
    )
    result = study(*stages, build=rate_builder)
    fine = {one.values["learning_rate"] for one in result.trials if one.stage == "fine"}
    assert len(fine) == 6
    assert Objective("val_accuracy", "max").better(result.best.score, 0.5)
    low, high = result.stages[-1].ranges["learning_rate"]
    assert 1e-4 < low < 1e-2 < high <= 1e-1
