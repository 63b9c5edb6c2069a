"""What the weights of label and group do to a network that would learn a shortcut."""

import pytest

from dlrecipes.recipe import load_recipe
from dlrecipes.results import Plan, RunSettings, Stage

pytestmark = pytest.mark.slow

PLAN = Plan((Stage("only", 4, 6, "random", "none"),), batch_size=256, refit_seeds=1)


def test_weights_take_the_shortcut_away(tmp_path):
    gaps = {}
    for reweigh in ("no", "yes"):
        settings = RunSettings(out=tmp_path / reweigh)
        run = load_recipe("fairness").tune(plan=PLAN, settings=settings, reweigh=reweigh)
        tested = next(one for one in run.result.subgroups if one.part == "test")
        gaps[reweigh] = {one.name: one for one in tested.gaps}["equal opportunity difference"]
    assert gaps["no"].smallest == "woman"
    assert gaps["no"].low > 0.1
    assert gaps["yes"].value < gaps["no"].value / 2
