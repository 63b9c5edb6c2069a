"""The verdict: against the strongest baseline, in the units of the score."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import root_mean_squared_error

from dlrecipes.data import Split, from_arrays, from_table
from dlrecipes.results import BaselineResult, RefitResult, TestResult
from dlrecipes.run.main_metric import main_metric
from dlrecipes.run.score_test_set import give_verdict
from dlrecipes.run.strongest import find_strongest
from dlrecipes.targets import join_predictions


def verdict_of(splits, y, network, baselines):
    """`baselines`: predictions by name, of both parts; `network`: predictions of each refit."""
    spec, test = splits.raw_spec, Split(np.zeros((len(y), 1)), y)
    main = main_metric(spec, splits.validation, test)

    def scores(predictions):
        return main.scores(y, predictions, spec)

    refits = [
        RefitResult(seed, {}, scores(predictions)) for seed, predictions in enumerate(network)
    ]
    mean = {name: np.mean([refit.test[name] for refit in refits]) for name in refits[0].test}
    results = {
        name: BaselineResult(scores(values), scores(values)) for name, values in baselines.items()
    }
    tested = TestResult(main.name, main.direction, mean, dict.fromkeys(mean, 0.0), 1, 1)
    strongest = find_strongest(main, y, spec, results, baselines)
    return give_verdict(
        main, tested, y, spec, (refits, np.stack(network)), (results, baselines), strongest
    )


def classes(scores):
    return np.stack([1 - scores, scores], axis=-1)


def test_nearest_neighbours_by_one_example_are_not_the_strongest():
    """Equal accuracies but for one example, and probabilities that are worlds apart."""
    generator = np.random.default_rng(0)
    y = (np.arange(1000) < 300).astype(np.int64)
    splits = from_arrays(generator.normal(size=(1000, 2)), np.where(y, "yes", "no"))
    trees = np.clip(0.15 + 0.7 * y + 0.2 * generator.normal(size=1000), 0.02, 0.98)
    neighbours = (trees >= 0.5).astype(float)
    wrong = np.flatnonzero((trees >= 0.5) != y)
    neighbours[wrong[0]] = y[wrong[0]]
    baselines = {"nearest neighbours": classes(neighbours), "trees": classes(trees)}
    verdict = verdict_of(splits, y, [classes(trees)], baselines)
    assert verdict.baseline == "trees"
    assert (verdict.outcome, verdict.difference, verdict.metric) == ("equal", 0.0, "accuracy")
    assert "test accuracy" in verdict.sentence


def test_values_are_told_in_their_units():
    generator = np.random.default_rng(0)
    y = 200_000 + 60_000 * generator.normal(size=500)
    splits = from_arrays(generator.normal(size=(500, 2)), y)
    good, ridge, mean = (y + unit * generator.normal(size=500) for unit in (20_000, 30_000, 60_000))
    verdict = verdict_of(splits, y, [good, good + 1_000], {"mean": mean, "ridge": ridge})
    roots = [root_mean_squared_error(y, values) for values in (good, good + 1_000, ridge)]
    assert (verdict.baseline, verdict.metric, verdict.outcome) == ("ridge", "RMSE", "better")
    assert verdict.difference == pytest.approx(roots[2] - np.mean(roots[:2]))
    assert 1_000 < verdict.interval < 6_000
    assert f"test RMSE {np.mean(roots[:2]):,.0f} ± 0 against {roots[2]:,.0f}" in verdict.sentence


def test_each_of_several_targets_has_its_strongest():
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "size": generator.normal(size=300),
            "price": 100 * generator.normal(size=300),
            "sold": generator.choice(["no", "yes"], 300),
        }
    )
    splits = from_table(frame, ["price", "sold"])
    y = np.stack([100 * generator.normal(size=400), generator.integers(0, 2, 400)], axis=1)
    y[:50, 0] = np.nan

    def predictions(unit, sure):
        return join_predictions(
            {
                "price": np.nan_to_num(y[:, 0]) + unit * generator.normal(size=400),
                "sold": classes(np.clip(y[:, 1], 1 - sure, sure)),
            }
        )

    baselines = {
        "priced": predictions(5, 0.6),
        "sold": predictions(20, 0.9),
        "neither": predictions(90, 0.7),
    }
    verdict = verdict_of(splits, y, [predictions(10, 0.8)], baselines)
    assert verdict.by_target == {"price": "priced", "sold": "sold"}
    assert (verdict.metric, verdict.baseline) == ("skill", "priced")
    unknown = y.copy()
    unknown[:, 0] = np.nan
    assert verdict_of(splits, unknown, [predictions(9, 0.8)], baselines).by_target == {
        "sold": "sold"
    }
