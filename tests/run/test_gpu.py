"""The same study on a GPU under the precision that is chosen for it, against float32."""

import dataclasses
import time

import pytest
import tensorflow as tf

from dlrecipes.recipe import load_recipe
from dlrecipes.results import RunSettings
from dlrecipes.search import with_budget

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.slow,
    pytest.mark.skipif(not tf.config.list_physical_devices("GPU"), reason="there is no GPU"),
]


def test_same_scores_as_float32(tmp_path, record_property):
    recipe = load_recipe("digits")
    plan = dataclasses.replace(with_budget(recipe.plan, 4, 12), refit_seeds=2)
    accuracy, policies = {}, {}
    for precision in ("float32", "auto"):
        start = time.perf_counter()
        settings = RunSettings(precision=precision, out=tmp_path / precision)
        result = recipe.tune(plan=plan, settings=settings).result
        record_property(f"seconds {precision}", time.perf_counter() - start)
        accuracy[precision] = result.test.mean["accuracy"]
        policies[precision] = {refit.policy for refit in result.refits}
    assert policies["float32"] == {"float32"}
    assert policies["auto"] <= {"mixed_bfloat16", "mixed_float16"}
    assert accuracy["auto"] == pytest.approx(accuracy["float32"], abs=0.03)
