"""The gap between groups of a search's trials."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.data import FoldData, Split, Splits
from dlrecipes.diagnose import measure_gap
from dlrecipes.export import build_inference_model
from dlrecipes.results import DataSpec, GapPenalty
from dlrecipes.search import Build, Penalty, SpecBuilder
from dlrecipes.training.build_model import rebuild
from dlrecipes.training.job import Job
from dlrecipes.training.outcome import Outcome
from dlrecipes.training.precision import dtype_policy

_BATCH = 1024
# A model that was built stays in Keras' memory, a third of a megabyte for a small one.
_FORGET_AFTER = 50

Part = tuple[Split, DataSpec]
"""Preprocessed examples, and their description as the builder is told it."""


def make_penalty(
    declared: GapPenalty, splits: Splits, folds: Sequence[FoldData], build: Build, policy: str
) -> Penalty:
    """Return a declared penalty with what measures its gap.

    The gap is that of the examples that score a trial: the validation part, or the rows that are
    held out in all folds together. They count alike, whatever their weights.

    Args:
        declared: The penalty.
        splits: The data.
        folds: The folds that score a trial; none where the validation part does.
        build: The builder.
        policy: The dtype policy.
    """
    data = splits.development()
    parts: list[Part] = [(fold.held_out, fold.development.spec) for fold in folds]
    parts = parts or [(data.validation, data.spec)]
    built = itertools.count(1)

    def gap(job: Job, outcome: Outcome) -> float | None:
        weights = outcome.fold_weights or ([] if outcome.weights is None else [outcome.weights])
        # A pruned trial may have gone through some of the folds only.
        seen = list(zip(parts, weights, strict=False))
        if not seen:
            return None
        predictions = []
        for (part, spec), one in seen:
            with dtype_policy(policy), _building_for(build, spec):
                if next(built) % _FORGET_AFTER == 0:
                    keras.utils.clear_session(free_memory=False)
                    keras.config.set_dtype_policy(policy)  # which that resets
                predictions.append(_predict(job, one, part, spec))
        found = np.concatenate(predictions)
        if not np.isfinite(found).all():
            return None
        y = np.concatenate([part.y for (part, _), _ in seen])
        groups = np.concatenate([_groups(part, declared.column) for (part, _), _ in seen])
        measured = measure_gap(y, found, groups, data.spec, declared.measure)
        return None if measured is None else measured.value

    return Penalty(declared, gap)


def _predict(
    job: Job, weights: list[np.ndarray], part: Split, spec: DataSpec
) -> NDArray[np.float32]:
    """Return probabilities or values, without a graph: that would take longer to trace."""
    network = rebuild(job, weights, part.array[:1])
    model = build_inference_model(network, None, spec, spec)
    batches = [
        np.asarray(model(part.array[at : at + _BATCH], training=False))
        for at in range(0, len(part), _BATCH)
    ]
    return np.concatenate(batches).astype(np.float32)


def _groups(part: Split, column: str) -> NDArray[np.object_]:
    if part.subgroups is None:
        raise TypeError("the penalty was checked against these parts")
    return part.subgroups[column]


def _building_for(build: Build, spec: DataSpec) -> AbstractContextManager[None]:
    return build.building_for(spec) if isinstance(build, SpecBuilder) else nullcontext()
