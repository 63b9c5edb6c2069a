"""The refits of a run, saved as the models that will be tested and exported."""

from __future__ import annotations

import io
from pathlib import Path

import keras

from dlrecipes.data import Splits
from dlrecipes.errors import RunError
from dlrecipes.export import build_inference_model, load_model, predict
from dlrecipes.metrics import score_predictions
from dlrecipes.results import RefitResult, RunInfo, StudyResult, TrialRecord
from dlrecipes.run.save_as_trained import check_score_as_trained, save_as_trained
from dlrecipes.rundir import RunDirectory
from dlrecipes.search import Store, StudyContext, refit, refit_stage
from dlrecipes.training.build_model import rebuild
from dlrecipes.training.engines import Engine
from dlrecipes.training.job import Job
from dlrecipes.training.outcome import Outcome
from dlrecipes.training.precision import dtype_policy


def refit_winner(
    study: StudyResult,
    info: RunInfo,
    splits: Splits,
    engine: Engine,
    store: Store,
    context: StudyContext,
    directory: RunDirectory,
) -> tuple[tuple[RefitResult, ...], tuple[TrialRecord, ...], str, int]:
    """Train the winner again, save each refit and score it on the validation part.

    A refit's file is written before its trial counts as finished, so a finished one always has
    its model.

    Returns:
        The refits that ended with a score, their records, the network's summary and its number
        of weights.

    Raises:
        RunError: If no refit ended with a score.
        ExportError: If a saved refit answers otherwise than the trained one.
        BuilderError: If the builder builds another network for the same values.
    """
    stage = refit_stage(info.plan, study.best)
    folder = directory.checkpoint(stage.name, 0).parent
    folder.mkdir(parents=True, exist_ok=True)
    summary_file = folder / "summary.txt"
    data = splits.development()
    saved: dict[int, keras.Model] = {}

    def keep(job: Job, outcome: Outcome) -> None:
        if outcome.weights is None:
            return
        with dtype_policy(info.policy):
            network = rebuild(job, outcome.weights, data.train.array[:1])
            check_score_as_trained(network, job, outcome, data.validation, data.spec)
            model = build_inference_model(network, splits.preprocess, splits.spec, info.spec)
        text = io.StringIO()
        network.summary(print_fn=lambda line: text.write(line + "\n"), line_length=90)
        summary_file.write_text(text.getvalue(), encoding="utf-8")
        file = directory.checkpoint(stage.name, job.number)
        saved[job.number] = save_as_trained(model, file, splits.validation.x, info.policy)

    winner = [study.best] * stage.trials
    records = refit(stage, winner, study.space, engine, store, context, keep)
    usable = [record for record in records if _file(directory, stage.name, record).is_file()]
    if not usable:
        reasons = "; ".join(sorted({record.error or record.status for record in records}))
        raise RunError(
            "At least one refit of the winner must end with a score.",
            received=reasons or "no refit",
            fix="Narrow the range of the learning rate and tune again.",
        )
    results = []
    for record in usable:
        # Those of an earlier part of the run are loaded now.
        model = saved.get(record.number) or load_model(_file(directory, stage.name, record))
        predictions = predict(model, splits.validation.x)
        results.append(
            RefitResult(
                seed=record.seed,
                validation=score_predictions(splits.validation.y, predictions, info.spec),
                history=record.history,
                best_epoch=record.best_epoch or 0,
                seconds=record.seconds,
                policy=record.policy,
                checkpoint=str(_file(directory, stage.name, record).relative_to(directory.path)),
            )
        )
    summary = summary_file.read_text(encoding="utf-8")
    return tuple(results), records, summary, usable[0].parameters


def _file(directory: RunDirectory, refits: str, record: TrialRecord) -> Path:
    return directory.checkpoint(refits, record.number)
