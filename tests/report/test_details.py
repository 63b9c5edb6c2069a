"""What the report says of how a run was carried out."""

from dataclasses import replace

from dlrecipes.report.details import run_rows, stage_tables
from dlrecipes.results import EngineChoice, StageResult, TrialCounts


def test_the_engine_of_each_structure(make_run):
    made = make_run()
    population = EngineChoice(
        "8b41", "population", 32, True, "the fastest of those timed", {"resident": 0.5}, 1.7
    )
    fit = EngineChoice("", "fit", reason="it has 2 inputs and 1 output")
    rows = dict(run_rows(made.result, replace(made.info, engines=(population, fit))))
    assert rows["structure 1"] == (
        "population of 32, compiled by XLA: the fastest of those timed; "
        "a step of one member: resident 0.5 ms"
    )
    assert rows["structure 2"] == "fit: it has 2 inputs and 1 output"


def _stage(name, **counts):
    return StageResult(
        name=name,
        trials=TrialCounts(**counts),
        seconds=1.0,
        ranges={"rate": (0.1, 1.0)},
        best={"number": 3, "score": 0.5, "epoch": 1},
        values={"rate": 0.2},
        epochs=9,
    )


def test_one_row_a_stage():
    tables = stage_tables((_stage("coarse", completed=4, pruned=2), _stage("fine", completed=1)))
    rows = [dict(zip(tables.columns, row, strict=True)) for row in tables.rows]
    assert [one["stage"] for one in rows] == ["coarse", "fine"]
    assert [(one["completed"], one["pruned"], one["of trial"]) for one in rows] == [
        ("4", "2", "3"),
        ("1", "0", "3"),
    ]
    assert "unfinished" not in tables.columns


def test_trials_that_were_cut_off_have_a_column_of_their_own():
    tables = stage_tables((_stage("coarse", pruned=2, unfinished=7), _stage("fine")))
    rows = [dict(zip(tables.columns, row, strict=True)) for row in tables.rows]
    assert [one["unfinished"] for one in rows] == ["7", "0"]
