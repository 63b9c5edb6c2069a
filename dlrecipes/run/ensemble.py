"""The ensemble of a run: refits and kept trials of the search, averaged in one model."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean, stdev
from typing import Literal

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.data import Splits
from dlrecipes.diagnose import average_predictions, may_be_luck, measure_gain, select_members
from dlrecipes.errors import BuilderError, ExportError, RunError
from dlrecipes.export import build_average_model, build_calibrated_model, load_tested
from dlrecipes.results import (
    DataSpec,
    EnsembleMember,
    EnsembleResult,
    Finding,
    Gain,
    RefitResult,
    RunInfo,
    RunResult,
    StudyResult,
    TestResult,
    ThresholdGoal,
    plural,
    significant,
)
from dlrecipes.run.calibrate import calibrate, calibrated, calibration_tested
from dlrecipes.run.candidates import FEWEST, Candidate, leave_out
from dlrecipes.run.keep_network import save_as_trained
from dlrecipes.run.main_metric import MainMetric, main_metric
from dlrecipes.run.refits import Refits
from dlrecipes.run.score_test_set import keep_predictions
from dlrecipes.run.thresholds import score_validation, usable_goal
from dlrecipes.rundir import KERAS, RunDirectory, beside
from dlrecipes.search import StudyContext
from dlrecipes.targets import proper_losses

_FINDINGS = ("ensemble", "no ensemble")


def average_members(
    candidates: Sequence[Candidate],
    info: RunInfo,
    splits: Splits,
    directory: RunDirectory,
    context: StudyContext,
    single: tuple[Sequence[RefitResult], NDArray[np.float32]],
    tried: int,
) -> tuple[EnsembleResult | None, tuple[Finding, ...]]:
    """Choose the members and their weights, average them in one model, save and score that.

    What it predicts for the validation part is the weighted mean of what its members predict, each
    at its own temperature, at a temperature again: the mean of calibrated probabilities is less
    sure than it could be.

    Its gain is that of means whose members were chosen on other examples (`Selection.held_out`)
    over the refit that would be exported without it: these two models are what is chosen between,
    so that other seeds have no part in its interval. But the trials among the candidates are the
    best of many by just these examples, so that it is called better only where it is so by a
    proper loss, too, and by more than that may have brought (`may_be_luck`).

    Args:
        candidates: What may be averaged, a refit first.
        info: What the run was started with; its settings say how many members there may be.
        splits: The data.
        directory: The run directory.
        context: Its listener hears of what is left out.
        single: The refits' results, the one first that would be exported, and what each of them
            predicts for the validation part.
        tried: Trials of the search that have a score.

    Returns:
        The ensemble, and what there is to say where there is none or it has no trial to choose.

    Raises:
        ExportError: If the saved average answers otherwise.
    """
    asked, part, spec = info.settings.ensemble, splits.validation, info.spec
    if asked < FEWEST:
        return None, ()
    said = () if any(one.searched for one in candidates) else (_refits_alone(info),)

    def losses(predictions: NDArray[np.floating]) -> NDArray[np.float64]:
        return proper_losses(part.y, predictions, spec)

    while True:
        selection = select_members([one.predictions for one in candidates], losses, most=asked)
        chosen = [
            (candidate, float(weight))
            for candidate, weight in zip(candidates, selection.weights, strict=True)
            if weight > 0
        ]
        if len(chosen) < FEWEST:
            return None, (*said, _no_gain(len(candidates)))
        models, broken = _restored([member for member, _ in chosen], context)
        if broken is None:
            break
        candidates = [one for one in candidates if one is not broken]

    scales = [weight for _, weight in chosen]
    shares = None if len(set(scales)) == 1 else scales
    own = average_predictions([member.predictions for member, _ in chosen], shares)
    calibration = calibrate(part.y, own, spec)
    predictions = calibrated(own, calibration)
    average = build_average_model(models, splits.preprocess, splits.raw_spec, shares)
    temperature = 1.0 if calibration is None else calibration.temperature
    folder = directory.networks(candidates[0].record.stage).ensemble
    # Other members than before may be in it, after more trials.
    shutil.rmtree(folder, ignore_errors=True)
    beside(folder, KERAS).unlink(missing_ok=True)
    save_as_trained(build_calibrated_model(average, temperature), folder, part.x, predictions, info)
    refits, of_refits = single
    keep_predictions(directory, part, of_refits, predictions, name="validation")

    wanted = info.settings.goal
    validation, threshold = score_validation(part.y, predictions, spec, wanted)
    goal = usable_goal(wanted, (threshold, *(refit.threshold for refit in refits)))
    held_out = calibrated(selection.held_out.astype(np.float32), calibration)
    best = of_refits[:1]
    trials = [losses(candidate.predictions) for candidate in candidates if candidate.searched]
    result = EnsembleResult(
        asked=asked,
        members=tuple(_member(one, weight, splits, wanted, directory) for one, weight in chosen),
        validation=validation,
        validation_gain=_gain(
            "validation",
            part.y,
            (held_out, best),
            (threshold, [refits[0].threshold]),
            main_metric(spec, part, part, goal),
            spec,
            len(chosen),
            lucky=may_be_luck(
                losses(held_out),
                np.stack([losses(one) for one in best]),
                np.array(trials),
                tried=tried,
                share=sum(weight for member, weight in chosen if member.searched),
            ),
        ),
        checkpoint=directory.relative(folder),
        threshold=threshold,
        calibration=calibration,
    )
    return result, said


def _restored(
    members: Sequence[Candidate], context: StudyContext
) -> tuple[list[keras.Model], Candidate | None]:
    """Return the members' models, and the first trial that has none, if any."""
    models = []
    for member in members:
        try:
            models.append(member.model())
        except (BuilderError, ExportError, RunError) as error:
            if not member.searched:
                raise
            leave_out(member.record, error, context)
            return models, member
    return models, None


def ensemble_before(
    before: RunResult | None,
    study: StudyResult,
    refits: Refits,
    splits: Splits,
    directory: RunDirectory,
) -> tuple[EnsembleResult | None, tuple[Finding, ...]] | None:
    """Return what an earlier end of the run came to; None where it has gone on since.

    A run that has ended decides nothing anew. So ensembles of earlier versions stay, too, whose
    members were trials that had been trained again, at first with equal weights.

    Args:
        before: The result of that end, if there was one.
        study: The search.
        refits: The refits.
        splits: The data.
        directory: The run directory.
    """
    if before is None or before.stages != study.stages:
        return None
    now = [one.checkpoint for one in refits.results]
    if [one.checkpoint.removesuffix(KERAS) for one in before.refits] != now:
        return None
    said = tuple(finding for finding in before.findings if finding.name in _FINDINGS)
    if before.ensemble is not None:
        file = directory.path / before.ensemble.checkpoint
        if not file.exists():
            return None
        part = splits.validation
        averaged = load_tested(file)(part.x)
        keep_predictions(directory, part, refits.predictions, averaged, name="validation")
    return before.ensemble, said


def which_is_exported(ensemble: EnsembleResult | None) -> Literal["refit", "ensemble"]:
    """Return which model is exported: the ensemble where it is better beyond the noise.

    Of earlier versions, whose members have no weights, it is the refit.

    Args:
        ensemble: The ensemble, as the validation part judges it; None without one.
    """
    if ensemble is None or any(member.weight is None for member in ensemble.members):
        return "refit"
    return "ensemble" if ensemble.validation_gain.outcome == "better" else "refit"


def tested_ensemble(
    directory: RunDirectory, result: RunResult, test: TestResult, spec: DataSpec
) -> EnsembleResult | None:
    """Return the ensemble with its score on the test part, by the saved predictions.

    Args:
        directory: The run directory.
        result: The result up to the refits.
        test: What the refits reached, and the metric of it.
        spec: The data's description.

    Returns:
        The ensemble; None if there is none.

    Raises:
        RunError: If the saved predictions are damaged.
    """
    if result.ensemble is None:
        return None
    arrays, predictions = directory.read_predictions(ensemble=True)
    y = arrays["y"]
    levels = result.ensemble.threshold, [refit.threshold for refit in result.refits]
    goal = None
    if result.threshold is not None:
        wanted = ThresholdGoal.parse(result.threshold.goal)
        goal = wanted if wanted.metric == test.metric else None
    metric = MainMetric(test.metric, test.direction, test.reason, goal)
    size = len(result.ensemble.members)
    return replace(
        result.ensemble,
        test=metric.scores(y, predictions, spec, result.ensemble.threshold),
        calibration=calibration_tested(result.ensemble.calibration, y, predictions, spec),
        test_gain=_gain(
            "test", y, (predictions, arrays["predictions"]), levels, metric, spec, size
        ),
    )


def _member(
    member: Candidate,
    weight: float,
    splits: Splits,
    goal: str,
    directory: RunDirectory,
) -> EnsembleMember:
    trial, record = member.trial, member.record
    scores, _ = score_validation(splits.validation.y, member.predictions, splits.model_spec, goal)
    return EnsembleMember(
        stage=trial.stage,
        trial=trial.number,
        values=record.values,
        seed=record.seed,
        validation=scores,
        checkpoint=directory.relative(directory.networks(record.stage).weights(record.number)),
        weight=weight,
    )


def _gain(
    part: str,
    y: np.ndarray,
    predictions: tuple[np.ndarray, Sequence[np.ndarray] | np.ndarray],
    thresholds: tuple[float | None, Sequence[float | None]],
    metric: MainMetric,
    spec: DataSpec,
    members: int,
    *,
    lucky: bool = False,
) -> Gain:
    """Return the gain; predictions and thresholds are those of the ensemble and of each refit."""
    (ensemble, single), (own, levels) = predictions, thresholds
    pairs = list(zip(single, levels, strict=True))
    reached = metric.scores(y, ensemble, spec, own)[metric.name]
    scores = [metric.scores(y, values, spec, level)[metric.name] for values, level in pairs]
    spread = f" ± {significant(stdev(scores), 2)}" if len(scores) > 1 else ""
    how, whose = "", ""
    if part == "validation":
        how, whose = " with members chosen on other examples", " of the best refit"
    return measure_gain(
        metric.losses(y, ensemble, spec, own),
        np.stack([metric.losses(y, values, spec, level) for values, level in pairs]),
        metric=metric.words,
        score=f"{part} {metric.words} {significant(reached)}{how} against "
        f"{significant(fmean(scores))}{spread}{whose}",
        members=members,
        step=metric.step(y),
        lucky=lucky,
    )


def _refits_alone(info: RunInfo) -> Finding:
    folds = "with folds it is several" if info.settings.folds else "none of its trials has one"
    return Finding(
        name="ensemble",
        verdict=f"Only refits could be averaged: of the search, no network is kept, since {folds}.",
        evidence={"asked": info.settings.ensemble},
        advice="More refits are more to choose from: `--set refit_seeds=4`.",
    )


def _no_gain(candidates: int) -> Finding:
    return Finding(
        name="no ensemble",
        verdict="There is no ensemble: no mean of networks predicts the validation part better "
        f"than the best of {plural(candidates, 'network')} alone.",
        evidence={"networks": candidates},
    )
