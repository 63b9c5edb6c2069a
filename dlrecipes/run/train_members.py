"""The members of an ensemble, saved as models of preprocessed examples."""

from __future__ import annotations

from dlrecipes.data import Development
from dlrecipes.export import build_inference_model
from dlrecipes.results import RunInfo, StudyResult, TrialRecord
from dlrecipes.run.ensemble import FEWEST
from dlrecipes.run.save_as_trained import check_score_as_trained, save_as_trained
from dlrecipes.rundir import RunDirectory
from dlrecipes.search import Store, StudyContext, ensemble_stage, ensemble_trials, refit
from dlrecipes.training.build_model import rebuild
from dlrecipes.training.engines import Engine
from dlrecipes.training.job import Job
from dlrecipes.training.outcome import Outcome
from dlrecipes.training.precision import dtype_policy


def train_members(
    study: StudyResult,
    info: RunInfo,
    data: Development,
    engine: Engine,
    store: Store,
    context: StudyContext,
    directory: RunDirectory,
) -> tuple[tuple[TrialRecord, TrialRecord], ...]:
    """Train the study's best trials again, with seeds of their own and the refits' epochs.

    A member's file is written before its trial counts as finished, so a finished one always has
    its model, and a run that was cut off trains only the others.

    Args:
        study: The search.
        info: Its `ensemble` says how many members; 0 and 1 mean none.
        data: What they are trained on.
        engine: Trains.
        store: Where the study of the members lives.
        context: What all stages share; members have no deadline.
        directory: The run directory.

    Returns:
        Each trial of the study with its record as a member; none where fewer than two trials
        have a score.

    Raises:
        ExportError: If a saved member answers otherwise than the trained one.
        BuilderError: If the builder builds another network for the same values.
    """
    trials = ensemble_trials(study, info.ensemble)
    if info.ensemble < FEWEST or len(trials) < FEWEST:
        return ()
    stage = ensemble_stage(info.plan, trials)
    directory.checkpoint(stage.name, 0).parent.mkdir(parents=True, exist_ok=True)

    def keep(job: Job, outcome: Outcome) -> None:
        if outcome.weights is None:
            return
        with dtype_policy(info.policy):
            network = rebuild(job, outcome.weights, data.train.array[:1])
            check_score_as_trained(network, job, outcome, data.validation, data.spec)
            model = build_inference_model(network, None, info.spec, info.spec)
        file = directory.checkpoint(stage.name, job.number)
        save_as_trained(model, file, data.validation.array, info.policy)

    records = refit(stage, trials, study.space, engine, store, context, keep)
    return tuple((trials[record.number], record) for record in records)
