"""Trees in a process of their own: it ends in time, alone or by force, and leaves nothing."""

import os
import signal

import numpy as np
import pytest

from dlrecipes.baselines import fit_baselines
from dlrecipes.baselines.fit_baselines import TREES, BaselineFit
from dlrecipes.baselines.gradient_boosting import fit_gradient_boosting, tree_job
from dlrecipes.baselines.trees_beside import TreesBeside
from dlrecipes.data import from_arrays, load


@pytest.fixture(scope="module")
def wide():
    """480 training rows of 576 columns in ten classes: not for the time before a search."""
    generator = np.random.default_rng(0)
    y = generator.integers(0, 10, 800)
    x = generator.normal(size=(800, 576))
    x[:, :10] += 3 * np.eye(10)[y]
    return from_arrays(x.astype("float32"), y).development()


def test_what_is_dear_does_not_hold_up_the_search(wide):
    steps = []
    with BaselineFit(wide, seconds=600.0, on_step=steps.append) as fit:
        process, folder = fit._beside._process, fit._beside._folder
        assert TREES not in fit.ready
        assert next(iter(fit.ready)) == "majority class"
        assert fit.growing
        assert folder.is_dir()
    assert {"logistic regression", "nearest neighbours"} <= set(steps)
    assert not folder.exists()
    assert process.poll() is not None


def test_beside_or_not_makes_no_difference():
    development = load("breast_cancer").development()
    job = tree_job(development, seed=0, seconds=60.0)
    beside = TreesBeside([job], 300.0)
    try:
        ((grown, why),) = beside.collect()
    finally:
        beside.close()
    assert why == ""
    here = fit_gradient_boosting(development)
    x = development.validation.array
    best = grown[here.choice["learning rate"]]
    np.testing.assert_array_equal(best.model.predict_proba(x), here(x))


def test_a_killed_process_costs_only_its_trees(wide):
    with BaselineFit(wide, seconds=600.0) as fit:
        os.kill(fit._beside._process.pid, signal.SIGKILL)
        fitted = fit.finish()
    assert TREES not in fitted
    assert "signal 9" in fit.left_out[TREES]
    assert {"majority class", "logistic regression", "nearest neighbour"} <= set(fitted)


def test_no_time_is_said(wide):
    with BaselineFit(wide, seconds=600.0) as fit:
        fitted = fit.finish(more=0.0)
    assert TREES not in fitted
    assert fit.left_out == {TREES: "no round of them ended in time"}


def test_python_inside_of_another_program_has_no_trees_beside(wide, monkeypatch):
    monkeypatch.setattr("dlrecipes.baselines.trees_beside.sys.executable", None)
    with BaselineFit(wide) as fit:
        assert "no program of its own" in fit.left_out[TREES]


def test_no_place_is_said(wide, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dlrecipes.baselines.trees_beside.np.save", full)
    fitted = fit_baselines(wide)
    assert TREES not in fitted
    with BaselineFit(wide) as fit:
        assert "No space left" in fit.left_out[TREES]


def test_dies_with_its_parent(wide):
    job = tree_job(wide, seed=0, seconds=600.0)
    beside = TreesBeside([job], 600.0)
    try:
        beside._process.stdin.close()  # which the end of this process would do
        beside._process.wait(30)
        assert not beside._folder.exists()
    finally:
        beside.close()
