"""Proposals for a KerasTuner project."""

import keras_tuner
import pytest

from dlrecipes.search.backends.coarse_to_fine_oracle import CoarseToFineOracle


def oracle(tmp_path, declare, max_trials=12, seed=0):
    space = keras_tuner.HyperParameters()
    declare(space)
    made = CoarseToFineOracle("loss", max_trials, seed, space)
    made._set_project_dir(tmp_path, "project")
    made.verbose = 0
    return made


def run(made, score):
    values = []
    while (trial := made.create_trial("tuner")).status != "STOPPED":
        values.append(trial.hyperparameters.values)
        made.update_trial(trial.trial_id, {"loss": score(trial.hyperparameters.values)})
        trial.status = "COMPLETED"
        made.end_trial(trial)
    return values


def test_the_last_third_learns_from_what_was_trained(tmp_path):
    values = run(
        oracle(tmp_path, lambda hp: hp.Float("x", 0.0, 1.0), 30), lambda at: (at["x"] - 0.3) ** 2
    )
    distances = [abs(at["x"] - 0.3) for at in values]
    assert len(values) == 30
    assert sum(distances[20:]) / 10 < sum(distances[:20]) / 20 / 2


def test_no_configuration_twice_and_the_end_of_the_space(tmp_path):
    def declare(hp):
        hp.Choice("a", ["x", "y"])
        with hp.conditional_scope("a", ["y"]):
            hp.Int("b", 1, 3)

    values = run(oracle(tmp_path, declare, 20), lambda at: 1.0)
    assert sorted((at["a"], at.get("b")) for at in values if at["a"] == "y") == [
        ("y", 1),
        ("y", 2),
        ("y", 3),
    ]
    assert len(values) == 4


def test_what_no_sampler_represents_is_drawn(tmp_path):
    def declare(hp):
        hp.Float("a", 0.5, 0.99, sampling="reverse_log")
        hp.Float("b", 0.0, 1.0)

    values = run(oracle(tmp_path, declare, 8), lambda at: at["a"])
    assert len({at["a"] for at in values}) == 8
    assert all(0.5 <= at["a"] <= 0.99 for at in values)


def test_a_project_goes_on_as_it_would_have(tmp_path):
    def declare(hp):
        hp.Float("x", 0.0, 1.0)

    whole = run(oracle(tmp_path / "whole", declare, 6), lambda at: at["x"])
    first = oracle(tmp_path / "parts", declare, 6)
    for _ in range(3):
        trial = first.create_trial("tuner")
        first.update_trial(trial.trial_id, {"loss": trial.hyperparameters.get("x")})
        trial.status = "COMPLETED"
        first.end_trial(trial)
    first.save()
    second = oracle(tmp_path / "parts", declare, 6, seed=5)
    second.reload()
    assert run(second, lambda at: at["x"]) == [pytest.approx(at) for at in whole[3:]]
