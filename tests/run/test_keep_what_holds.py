"""What an earlier end of a run leaves to a later one."""

from dataclasses import replace
from types import SimpleNamespace

from dlrecipes.results import (
    BaselineResult,
    BestResult,
    DataResult,
    EngineResult,
    RefitResult,
    RunResult,
    TestResult,
)
from dlrecipes.run.assemble import keep_what_holds
from dlrecipes.run.refits import _as_tested
from dlrecipes.rundir import RunDirectory

FILES = tuple(f"checkpoints/refit-fine-0/refit-{number}" for number in range(3))
REFITS = tuple(RefitResult(seed, {"rmse": 1.0}, checkpoint=file) for seed, file in enumerate(FILES))
SEALED = RunResult(
    recipe="houses",
    run="houses-1",
    seed=0,
    split_seed=0,
    objective="val_rmse",
    direction="min",
    engine=EngineResult("resident", "float32"),
    data=DataResult("houses", 600, 200, 200, "0" * 12, "regression"),
    baselines={"mean": BaselineResult({"rmse": 2.0})},
    best=BestResult({}, {"rmse": 1.0}, "fine", 0, 0),
    refits=REFITS,
    artifacts={"saved_model": "saved_model"},
)
TESTED = replace(SEALED, test=TestResult("rmse", "min", {"rmse": 1.0}, {"rmse": 0.0}, 1, 1))


def test_exports_of_another_network_are_not_kept():
    other_first = replace(SEALED, refits=REFITS[::-1], artifacts={})
    assert keep_what_holds(other_first, SEALED).artifacts == {}
    assert keep_what_holds(replace(SEALED, artifacts={}), SEALED).artifacts == SEALED.artifacts


def test_a_sealed_run_gets_the_baseline_that_was_left_out():
    more = {**SEALED.baselines, "boosted trees": BaselineResult({"rmse": 0.9})}
    now = replace(SEALED, baselines=more)
    assert keep_what_holds(now, SEALED).baselines == more
    assert keep_what_holds(now, TESTED).baselines == TESTED.baselines  # with their test scores


def test_refits_that_were_tested_keep_their_order(tmp_path):
    directory = RunDirectory(tmp_path)
    best_first = [SimpleNamespace(stage="refit-fine-0", number=number) for number in (2, 0, 1)]
    assert _as_tested(best_first, directory) == best_first
    directory.write(SEALED)
    assert _as_tested(best_first, directory) == best_first
    directory.write(TESTED)
    kept = _as_tested(best_first, directory)
    assert [record.number for record in kept] == [0, 1, 2]
    assert _as_tested(best_first[:2], directory) == best_first[:2]
