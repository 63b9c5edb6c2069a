"""The precision that was asked for is the one that ran, and leaves through float32 signatures."""

import json

import numpy as np
import pytest

from dlrecipes.recipe import load_recipe
from dlrecipes.results import RunSettings
from dlrecipes.run import Run

CODE = """
import sys

import tensorflow as tf

signature = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
print({name: spec.dtype.name for name, spec in signature.structured_outputs.items()})
"""


@pytest.mark.slow
def test_mixed_bfloat16_on_the_cpu(tmp_path, recipe, python):
    # The last layer without a dtype of its own: it is up to us to leave in float32.
    path = recipe("multiclass").path
    path.write_text(path.read_text().replace(', dtype="float32"', ""))
    tiny = load_recipe(path)
    settings = RunSettings(out=tmp_path / "run", precision="mixed_bfloat16")
    run = tiny.tune(trials=2, epochs=1, settings=settings)
    trials = json.loads((run.directory / "study.json").read_text())["trials"]
    assert {trial["policy"] for trial in trials} == {"mixed_bfloat16"}
    assert {refit.policy for refit in run.result.refits} == {"mixed_bfloat16"}
    assert run.result.engine.precision == "mixed_bfloat16"
    assert (run.info.settings.precision, run.info.policy) == ("mixed_bfloat16", "mixed_bfloat16")
    assert run.predict(np.ones((2, 4))).dtype == np.float32
    assert "'probabilities': 'float32'" in python(CODE, run.directory / "saved_model")


def test_auto_on_the_cpu_is_float32(finished):
    run = Run(finished("binary"))
    assert (run.info.settings.precision, run.info.policy) == ("auto", "float32")
    assert {refit.policy for refit in run.result.refits} == {"float32"}
