"""What a finished run says on the screen, line by line."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from dlrecipes.cli.summary import print_summary
from dlrecipes.results import (
    BaselineResult,
    BestResult,
    DataResult,
    EngineResult,
    Finding,
    RefitResult,
    RunResult,
    TestResult,
    ValueTarget,
    Verdict,
)

RESULT = RunResult(
    recipe="houses",
    run="houses-1",
    seed=0,
    split_seed=0,
    objective="val_rmse",
    direction="min",
    engine=EngineResult("resident", "float32"),
    data=DataResult("houses", 600, 200, 200, "0" * 12, "regression"),
    baselines={"ridge": BaselineResult({}, {"rmse": 55_112.7, "price_rmse": 55_112.7})},
    refits=(RefitResult(7, {"rmse": 51_000.2}, {"rmse": 53_212.4}),),
    test=TestResult(
        "rmse",
        "min",
        {"rmse": 53_212.4, "price_rmse": 53_212.4},
        {"rmse": 1_021.3, "price_rmse": 1_021.3},
        1,
        1,
        reason="Why RMSE: it is in the units of the target.",
    ),
    verdict=Verdict("equal", "They are equal.", "ridge", 1_900.3, 2_410.2, "RMSE"),
    seconds={"total": 3.0},
)


@pytest.fixture
def said(capsys):
    def say(result, targets=()):
        info = SimpleNamespace(spec=SimpleNamespace(targets=targets, keyed=bool(targets)))
        run = SimpleNamespace(result=result, info=info, directory=Path("runs"))
        print_summary(run, "41.2 s: 5.1 s loading, 36.0 s search")
        return capsys.readouterr().out.splitlines()

    return say


def test_the_difference_is_in_the_targets_units_and_the_headline_has_a_reason(said):
    lines = said(RESULT)
    assert "Difference in RMSE, in the network's favour: +1,900 ± 2,410 (95 %)." in lines
    assert "Exported is the only refit, seed 7: validation RMSE 51,000, test RMSE 53,212." in lines
    assert "Why RMSE: it is in the units of the target." in lines
    assert not any("squared" in line or "e+0" in line for line in lines)


def test_a_run_without_a_test_part_has_nothing_to_open(said):
    data = replace(RESULT.data, test=0, fingerprint="")
    lines = said(replace(RESULT, data=data, sealed="no test part", test=None, verdict=None))
    assert any(line.startswith("There is no test part: all rows are for") for line in lines)
    assert not any("Open it" in line for line in lines)


def test_a_sealed_run_says_what_its_refits_reach(said):
    refits = tuple(
        RefitResult(seed, {"rmse": rmse}, history={"val_loss": (rmse**2,)})
        for seed, rmse in ((7, 2.0), (8, 3.0))
    )
    best = BestResult({}, {"loss": 3.5}, "coarse", 0, 0)
    sealed = replace(
        RESULT, objective="val_loss", best=best, refits=refits, test=None, verdict=None
    )
    lines = said(sealed)
    assert "The test set stays sealed. Validation RMSE 2.5 ± 0.71 over 2 refits" in lines[1]
    # The metric of the objective chose, whatever is shown beside it.
    start = "Exported is the best of 2 refits by their validation loss, seed 7: validation RMSE 2"
    assert any(line.startswith(start) for line in lines)
    before = said(replace(sealed, sealed="opened before", opened_before=2))
    assert before[1].startswith("The test set stays sealed: it has been opened 2 times before. Val")
    # ---- runs of before took the first seed's network
    lines = said(replace(sealed, refits=refits[::-1]))
    assert any(line.startswith("Exported is the first of 2 refits, seed 8") for line in lines)
    unknown = tuple(replace(refit, history={}) for refit in refits)
    assert any("the first of 2 refits" in line for line in said(replace(sealed, refits=unknown)))


def test_a_result_of_before_has_no_reason(said):
    lines = said(replace(RESULT, test=replace(RESULT.test, reason="")))
    assert "" not in lines[1:]


def test_each_target_has_its_strongest_baseline(said):
    target = ValueTarget("price")
    verdict = replace(RESULT.verdict, by_target={"price": "ridge"})
    assert "price: test RMSE 53,212 ± 1,021; the strongest baseline is ridge with 55,113." in said(
        replace(RESULT, verdict=verdict), (target,)
    )
    assert "price: no test example has it." in said(RESULT, (target,))


def test_the_next_step_comes_last(said):
    line = "dlrecipes tune houses --set coarse.ranges.units=8,128"
    step = Finding("next step", "High bias: the best units.", advice=f"Search on: {line}")
    lines = said(replace(RESULT, findings=(step,)))
    assert lines[-2].startswith("time ")
    assert lines[-1] == f"next         High bias: the best units. Search on: {line}"
    assert said(RESULT)[-1].startswith("time ")
