"""The one opening of the test set, and the verdict on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean, stdev

import numpy as np

from dlrecipes.baselines import FittedBaseline
from dlrecipes.data import (
    Ledger,
    Split,
    Splits,
    pack_inputs,
    pack_subgroups,
    unpack_subgroups,
)
from dlrecipes.diagnose import (
    check_unknown_values,
    decide,
    judge,
    measure_subgroups,
)
from dlrecipes.export import load_tested
from dlrecipes.results import (
    BaselineResult,
    DataSpec,
    EnsembleResult,
    Metrics,
    RefitResult,
    RunResult,
    SubgroupResult,
    TestResult,
    Verdict,
    plural,
    significant,
)
from dlrecipes.run.baselines import fitted_again
from dlrecipes.run.calibrate import calibration_tested
from dlrecipes.run.main_metric import MainMetric, main_metric
from dlrecipes.run.strongest import Strongest, find_strongest, predict_validation
from dlrecipes.run.thresholds import usable_goal
from dlrecipes.rundir import Part, RunDirectory
from dlrecipes.targets import known_values, named_targets

_KEPT_BYTES = 64 * 2**20
"""Raw test inputs kept for the comparison of exports and the pictures of mistakes."""

Scored = tuple[TestResult, Verdict, tuple[RefitResult, ...], dict[str, BaselineResult]]
Baselines = Mapping[str, BaselineResult]


def score_test_set(
    directory: RunDirectory,
    result: RunResult,
    splits: Splits,
    reason: str,
    fitted: dict[str, FittedBaseline] | None = None,
) -> Scored:
    """Open the test set, score every refit and baseline in one go and save the predictions.

    Those of an ensemble are saved with them; `tested_ensemble` scores them.

    Args:
        directory: The run directory.
        result: The result up to the refits.
        splits: The data.
        reason: Why it is opened, for the ledger.
        fitted: The run's baselines; None to fit them again as they were chosen.

    Returns:
        The test result, the verdict, and refits and baselines with their test scores.

    Raises:
        SealError: If a study on this data is running, or the reason is empty.
    """
    # ---- everything that needs no test data comes before the opening
    models = [load_tested(directory.path / refit.checkpoint) for refit in result.refits]
    averaging = None
    if result.ensemble is not None:
        averaging = load_tested(directory.path / result.ensemble.checkpoint)
    info = directory.read_info()
    recorded = result.baselines
    if fitted is None:
        fitted, recorded = fitted_again(result, splits, info.settings.goal)
    spec, data = splits.model_spec, splits.development()
    known = {name: fitted[name] for name in recorded if name in fitted}
    foreseen = predict_validation(known, data)
    ledger = Ledger(directory.ledger)

    # ---- the opening
    test = splits.test.open(reason, study=info.study, ledger=ledger)
    opened, studies = ledger.counts(splits.test.fingerprint)

    # ---- predictions of all refits, saved before anything is concluded from them
    predictions = np.stack([model(test.x) for model in models])
    averaged = None if averaging is None else averaging(test.x)
    keep_predictions(directory, test, predictions, averaged)

    # ---- scores
    thresholds = [refit.threshold for refit in result.refits]
    thresholds += [baseline.threshold for baseline in result.baselines.values()]
    ensemble = result.exported_ensemble
    thresholds += [] if ensemble is None else [ensemble.threshold]
    goal = usable_goal(info.settings.goal, thresholds)
    main = main_metric(spec, splits.validation, test, goal)
    refits = tuple(
        replace(
            refit,
            test=main.scores(test.y, predicted, spec, refit.threshold),
            calibration=calibration_tested(refit.calibration, test.y, predicted, spec),
        )
        for refit, predicted in zip(result.refits, predictions, strict=True)
    )
    strongest = find_strongest(main, data.validation.y, spec, recorded, foreseen)
    part = splits.preprocessed(test)
    by_baseline = {name: baseline(part) for name, baseline in known.items()}
    baselines = {
        name: replace(
            before := recorded[name],
            test=main.scores(test.y, predicted, spec, before.threshold),
        )
        for name, predicted in by_baseline.items()
    }
    mean, spread = _mean_and_spread([refit.test for refit in refits])
    at_threshold: Metrics = {}
    exported = predictions[0] if ensemble is None or averaged is None else averaged
    if result.threshold is not None:
        decisions = decide(test.y, exported[:, 1], result.threshold.threshold)
        at_threshold = decisions.metrics
    unknown = check_unknown_values(splits.preprocess, test.x)
    scored = TestResult(
        main.name,
        main.direction,
        mean,
        spread,
        opened,
        studies,
        at_threshold,
        unknown,
        main.reason,
    )

    # ---- the verdict, against the baseline that was the strongest before the opening
    verdict = give_verdict(
        main,
        scored,
        test.y,
        spec,
        (refits, predictions),
        (baselines, by_baseline),
        strongest,
        None if ensemble is None else (ensemble, exported),
    )
    return scored, verdict, refits, baselines


def tested_subgroups(
    directory: RunDirectory, spec: DataSpec, result: RunResult
) -> tuple[SubgroupResult, ...]:
    """Return how what is exported fares on each group of the test part, by saved predictions.

    Args:
        directory: The run directory.
        spec: The data's description.
        result: Says what is exported, and which threshold decides.

    Returns:
        One a column; none if the data has no subgroups.

    Raises:
        RunError: If the saved predictions are damaged.
    """
    arrays, predictions = directory.read_predictions(ensemble=result.exported == "ensemble")
    threshold = result.threshold
    subgroups = unpack_subgroups(arrays)
    if subgroups is None:
        return ()
    return measure_subgroups(
        arrays["y"],
        predictions,
        subgroups,
        spec,
        part="test",
        threshold=None if threshold is None else threshold.threshold,
    )


def keep_predictions(
    directory: RunDirectory,
    part: Split,
    predictions: np.ndarray,
    averaged: np.ndarray | None = None,
    *,
    name: Part = "test",
) -> None:
    """Save the predictions of a part with its first raw inputs and its subgroups.

    Args:
        directory: Where they are saved.
        part: The examples.
        predictions: Of each refit, `(refits, examples, …)`.
        averaged: Of the ensemble, `(examples, …)`; None without one.
        name: Which part it is.
    """
    kept = max(1, min(len(part.x), _KEPT_BYTES // max(1, part.x[:1].nbytes)))
    ids = np.arange(len(part.x)) if part.ids is None else np.asarray(part.ids)
    saved = {**pack_inputs(part.x[:kept]), **pack_subgroups(part.subgroups)}
    directory.write_predictions(ids, saved, part.y, predictions, averaged, part=name)


def _mean_and_spread(scores: list[Metrics]) -> tuple[Metrics, Metrics]:
    names = scores[0]
    mean = {name: fmean(score[name] for score in scores) for name in names}
    spread = {
        name: stdev([score[name] for score in scores]) if len(scores) > 1 else 0.0 for name in names
    }
    return mean, spread


def give_verdict(
    main: MainMetric,
    test: TestResult,
    y: np.ndarray,
    spec: DataSpec,
    network: tuple[Sequence[RefitResult], np.ndarray],
    baselines: tuple[Baselines, Mapping[str, np.ndarray]],
    strongest: Strongest,
    ensemble: tuple[EnsembleResult, np.ndarray] | None = None,
) -> Verdict:
    """Compare what is exported with the baseline that is the strongest on the validation part.

    A refit stands for all of them: what a training comes to depends on its seed.

    Args:
        main: The metric.
        test: What the refits reached.
        y: The test labels or values.
        spec: The data's description.
        network: The refits, and their predictions `(refits, examples, …)`.
        baselines: The baselines with their test scores, and their predictions, both by name.
        strongest: The name of that baseline, and of those for each target.
        ensemble: The ensemble and its predictions, where it is what is exported.
    """
    refits, predictions = network
    results, predicted = baselines
    baseline = results[strongest.name]
    own = [
        main.losses(y, values, spec, refit.threshold)
        for refit, values in zip(refits, predictions, strict=True)
    ]
    name = "network"
    reached = f"{significant(test.mean[main.name])} ± {significant(test.spread[main.name], 2)}"
    if ensemble is not None:
        averaged, together = ensemble
        name = f"ensemble of {plural(len(averaged.members), 'network')}"
        own = [main.losses(y, together, spec, averaged.threshold)]
        reached = significant(main.scores(y, together, spec, averaged.threshold)[main.name])
    verdict = judge(
        np.stack(own),
        main.losses(y, predicted[strongest.name], spec, baseline.threshold),
        baseline_name=strongest.name,
        metric=main.words,
        score=f"test {main.words} {reached} against {significant(baseline.test[main.name])}",
        step=main.step(y),
        name=name,
        cut=baseline.note,
    )
    tested = {
        target.name: strongest.by_target[target.name]
        for target in named_targets(spec)
        if target.name in strongest.by_target and known_values(y, spec, target)[0].any()
    }
    return replace(verdict, by_target=tested)
