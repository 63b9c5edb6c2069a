"""The refits of a run, saved as the models that will be tested and exported."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data import Splits
from dlrecipes.errors import RunError
from dlrecipes.export import build_inference_model
from dlrecipes.results import (
    Objective,
    RefitResult,
    RunInfo,
    StudyResult,
    TrialRecord,
    write_text,
)
from dlrecipes.run.keep_network import keep_model, keep_weights, restore_kept, with_weights
from dlrecipes.run.score_test_set import keep_predictions
from dlrecipes.rundir import RunDirectory
from dlrecipes.search import Store, StudyContext, refit, refit_stage
from dlrecipes.targets import score_predictions
from dlrecipes.training.engines import Engine


@dataclass(frozen=True)
class Refits:
    """What the refits of a run came to.

    Args:
        results: Those that ended with a score, the best first.
        records: The records of all.
        predictions: What each of the results' networks predicts for the validation part,
            `(refits, examples, …)`.
        summary: The network as Keras summarises it.
        parameters: Number of its weights.
    """

    results: tuple[RefitResult, ...]
    records: tuple[TrialRecord, ...]
    predictions: NDArray[np.float32]
    summary: str
    parameters: int


def refit_winner(
    study: StudyResult,
    info: RunInfo,
    splits: Splits,
    engine: Engine,
    store: Store,
    context: StudyContext,
    directory: RunDirectory,
) -> Refits:
    """Train the winner again, save each refit and score it on the validation part.

    A refit's weights are written before its trial counts as finished, so a finished one always
    has its network. What each predicts for the validation part is kept, and all that is said about
    that part is said by these predictions.

    The refit with the best validation score comes first: it is the one that is exported, and it is
    named before the test set is opened; refits that were tested keep their order.

    Raises:
        RunError: If no refit ended with a score, or an earlier version trained them.
        ExportError: If a saved refit answers otherwise than the trained one.
        BuilderError: If the builder builds another network for the same values.
    """
    stage = refit_stage(info.plan, study.best)
    winner = [study.best] * stage.trials
    keep = keep_weights(directory, stage.name)
    records = refit(stage, winner, study.space, engine, store, context, keep)
    usable = with_weights(records, directory)
    usable.sort(key=lambda record: _badness(record, context.objective))
    usable = _as_tested(usable, directory)
    if not usable:
        reasons = "; ".join(sorted({record.error or record.status for record in records}))
        raise RunError(
            "At least one refit of the winner must end with a score.",
            received=reasons or "no refit",
            fix="Narrow the range of the learning rate and tune again.",
        )
    context.listener.on_step("predictions of the refits on the validation part")
    results, predictions = [], []
    for record in usable:
        predictions.append(_kept(record, directory, info, splits, context))
        results.append(
            RefitResult(
                seed=record.seed,
                validation=score_predictions(splits.validation.y, predictions[-1], info.spec),
                history=record.history,
                best_epoch=record.best_epoch or 0,
                seconds=record.seconds,
                policy=record.policy,
                checkpoint=_name(directory, record),
            )
        )
    together = np.stack(predictions)
    keep_predictions(directory, splits.validation, together, name="validation")
    summary = directory.networks(stage.name).summary.read_text(encoding="utf-8")
    return Refits(tuple(results), records, together, summary, usable[0].parameters)


def _kept(
    record: TrialRecord,
    directory: RunDirectory,
    info: RunInfo,
    splits: Splits,
    context: StudyContext,
) -> NDArray[np.float32]:
    """Return a refit's validation predictions, after making whatever is not there yet."""
    networks = directory.networks(record.stage)
    predictions = networks.kept_predictions(record.number)
    files = networks.model(record.number), networks.summary
    if predictions is not None and all(file.is_file() for file in files):
        return predictions
    network = restore_kept(record, directory, context, splits.development(), info.policy)
    text = io.StringIO()
    network.summary(print_fn=lambda line: text.write(line + "\n"), line_length=90)
    write_text(networks.summary, text.getvalue())
    model = build_inference_model(network, splits.preprocess, splits.raw_spec, info.spec)
    return keep_model(model, record, directory, splits.validation.x, info.policy)


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


def _as_tested(records: list[TrialRecord], directory: RunDirectory) -> list[TrialRecord]:
    """Return the refits in the order in which they were tested, if they were.

    Which network is exported is settled before the test set is opened. Versions that took the
    first seed's network left such runs.
    """
    before = directory.read_result() if directory.result_file.exists() else None
    if before is None or before.test is None:
        return records
    order = [refit.checkpoint for refit in before.refits]
    names = [_name(directory, record) for record in records]
    if sorted(names) != sorted(order):
        return records
    return sorted(records, key=lambda record: order.index(_name(directory, record)))


def _name(directory: RunDirectory, record: TrialRecord) -> str:
    return directory.relative(directory.networks(record.stage).model(record.number))
