"""The subgroups of a run: kept by a resumed one, and made more equal by weights."""

from dataclasses import replace

import pytest

from dlrecipes.recipe import load_recipe
from dlrecipes.results import GroupResult, Plan, RunSettings, Stage, SubgroupResult
from dlrecipes.run import Run
from dlrecipes.run.assemble import keep_what_holds

PLAN = Plan((Stage("only", 4, 6, "random", "none"),), batch_size=256, refit_seeds=1)


def test_a_resumed_run_keeps_what_was_tested(finished):
    result = Run(finished("binary")).result
    groups = (GroupResult("a", "", 3), GroupResult("b", "", 4))
    both = tuple(SubgroupResult("sex", part, "Said.", groups) for part in ("validation", "test"))
    again = replace(result, subgroups=both[:1], test=None)
    assert keep_what_holds(again, replace(result, subgroups=both)).subgroups == both


@pytest.mark.slow
def test_weights_take_the_shortcut_away(tmp_path):
    gaps = {}
    for reweigh in (False, True):
        settings = RunSettings(out=tmp_path / str(reweigh), sealed=False)
        run = load_recipe("fairness").tune(plan=PLAN, settings=settings, reweigh=reweigh)
        tested = next(one for one in run.result.subgroups if one.part == "test")
        gaps[reweigh] = {one.name: one for one in tested.gaps}["equal opportunity difference"]
    assert gaps[False].smallest == "woman"
    assert gaps[False].low > 0.1
    assert gaps[True].value < gaps[False].value / 2
