"""The refits of a run, saved as the models that will be tested and exported."""

from __future__ import annotations

import io
import math
from pathlib import Path

import keras
import numpy as np

from dlrecipes.data import Splits
from dlrecipes.errors import RunError
from dlrecipes.export import build_inference_model, load_model, predict
from dlrecipes.results import (
    Objective,
    RefitResult,
    RunInfo,
    StudyResult,
    TrialRecord,
    write_text,
)
from dlrecipes.run.save_as_trained import check_score_as_trained, save_as_trained
from dlrecipes.run.score_test_set import keep_predictions
from dlrecipes.rundir import RunDirectory
from dlrecipes.search import Store, StudyContext, refit, refit_stage
from dlrecipes.targets import score_predictions
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

    The refit with the best validation score comes first: it is the one that is exported, and it is
    named before the test set is opened; refits that were tested keep their order. All their
    validation predictions are saved.

    Returns:
        The refits that ended with a score, the best first, the records of all, the network's
        summary and its number of weights.

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
        write_text(summary_file, text.getvalue())
        file = directory.checkpoint(stage.name, job.number)
        saved[job.number] = save_as_trained(model, file, splits.validation.x, info.policy)

    winner = [study.best] * stage.trials
    records = refit(stage, winner, study.space, engine, store, context, keep)
    usable = [record for record in records if _file(directory, stage.name, record).is_file()]
    usable.sort(key=lambda record: _badness(record, context.objective))
    usable = _as_tested(usable, directory, stage.name)
    if not usable:
        reasons = "; ".join(sorted({record.error or record.status for record in records}))
        raise RunError(
            "At least one refit of the winner must end with a score.",
            received=reasons or "no refit",
            fix="Narrow the range of the learning rate and tune again.",
        )
    results, predictions = [], []
    context.listener.on_step("predictions of the refits on the validation part")
    for record in usable:
        # Those of an earlier part of the run are loaded now.
        model = saved.get(record.number) or load_model(_file(directory, stage.name, record))
        predictions.append(predict(model, splits.validation.x))
        results.append(
            RefitResult(
                seed=record.seed,
                validation=score_predictions(splits.validation.y, predictions[-1], info.spec),
                history=record.history,
                best_epoch=record.best_epoch or 0,
                seconds=record.seconds,
                policy=record.policy,
                checkpoint=_name(directory, stage.name, record),
            )
        )
    keep_predictions(directory, splits.validation, np.stack(predictions), name="validation")
    summary = summary_file.read_text(encoding="utf-8")
    return tuple(results), records, summary, usable[0].parameters


def _badness(record: TrialRecord, objective: Objective) -> tuple[float, float, int]:
    """Return what refits are sorted by: the objective, then the loss, both at the best epoch."""
    score = math.nan if record.score is None else record.score
    losses, best = record.history.get("val_loss", ()), record.best_epoch or 0
    loss = losses[best] if best < len(losses) else None
    sign = -1.0 if objective.direction == "max" else 1.0
    worst = math.inf
    return (
        sign * score if math.isfinite(score) else worst,
        loss if loss is not None and math.isfinite(loss) else worst,
        record.number,
    )


def _as_tested(
    records: list[TrialRecord], directory: RunDirectory, stage: str
) -> list[TrialRecord]:
    """Return the refits in the order in which they were tested, if they were.

    Which network is exported is settled before the test set is opened. Versions that took the
    first seed's network left such runs.
    """
    before = directory.read_result() if directory.result_file.exists() else None
    if before is None or before.test is None:
        return records
    order = [refit.checkpoint for refit in before.refits]
    names = [_name(directory, stage, record) for record in records]
    if sorted(names) != sorted(order):
        return records
    return sorted(records, key=lambda record: order.index(_name(directory, stage, record)))


def _name(directory: RunDirectory, stage: str, record: TrialRecord) -> str:
    return str(_file(directory, stage, record).relative_to(directory.path))


def _file(directory: RunDirectory, refits: str, record: TrialRecord) -> Path:
    return directory.checkpoint(refits, record.number)
