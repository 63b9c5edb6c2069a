"""What the report says of how a run was carried out."""

from dataclasses import replace

from dlrecipes.report.details import run_rows
from dlrecipes.results import EngineChoice


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
