"""A network of a builder beside its data, as a trial would train it."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np

from dlrecipes.data import Split, Splits, keras_inputs, keras_targets
from dlrecipes.diagnose import check
from dlrecipes.errors import ArgumentError, BuilderError
from dlrecipes.results import Finding, Plan, Value
from dlrecipes.run.rate_movers import rate_movers
from dlrecipes.search import Build, build_with, discover_space
from dlrecipes.training.build_model import build_model
from dlrecipes.training.model_state import drawn_from
from dlrecipes.training.precision import dtype_policy

_ROWS = 4096


def check_builder(
    build: Build,
    values: dict[str, Value],
    splits: Splits,
    plan: Plan,
    *,
    seed: int = 0,
    at_once: bool = False,
) -> tuple[Finding, ...]:
    """Return what is wrong with the network of some values on the data.

    Args:
        build: The builder.
        values: Of its hyperparameters; those that are missing have their defaults.
        splits: The data, labels in the form that its loss takes; its test part is not touched.
        plan: How the trials are spent: the network is looked at with its batches and epochs.
        seed: Of its first weights, at least 0.
        at_once: Whether nothing may be trained, and some thousand examples are enough.
    """
    with dtype_policy("float32"), drawn_from(seed):
        example = splits.development().train.inputs[:1]
        model = build_model(lambda: build_with(build, values), example)
        found = check_network(model, splits, plan, at_once=at_once)
        return found if values else _of_first_values(build, found)


def _of_first_values(build: Build, found: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return findings of the defaults: a learning rate that is searched is only where it begins."""
    if all(one.name != "learning rate" or one.severity == "info" for one in found):
        return found
    try:
        movers, _ = rate_movers(build, discover_space(build))
    except BuilderError:  # of some values; its trials say so
        return found
    if not movers:
        return found
    named = " and ".join(repr(one.name) for one in movers)
    return tuple(
        replace(one, severity="info", advice=f"It is searched ({named}).")
        if one.name == "learning rate"
        else one
        for one in found
    )


def check_network(
    model: keras.Model, splits: Splits, plan: Plan, *, at_once: bool = False
) -> tuple[Finding, ...]:
    """Return what is wrong with a network on its data, as a trial would train it.

    Args:
        model: A compiled network of the builder, with weights.
        splits: The data, labels in the form that its loss takes; its test part is not touched.
        plan: How the trials are spent: the network is looked at with its batches and epochs.
        at_once: Whether nothing may be trained, and some thousand examples are enough.
    """
    data, spec = splits.development(), splits.model_spec
    train, held_out = data.train, data.validation
    steps = -(-len(train) // plan.batch_size)
    if at_once:
        train, held_out = _some(train), _some(held_out)
    fit: dict[str, object] = {"steps_per_epoch": steps}
    if train.sample_weight is not None:
        fit["sample_weight"] = train.sample_weight
    try:
        found = check(
            model,
            keras_inputs(train.inputs),
            keras_targets(train.y, spec),
            validation_data=(keras_inputs(held_out.inputs), keras_targets(held_out.y, spec)),
            batch_size=plan.batch_size,
            epochs=max(stage.epochs for stage in plan.stages),
            train=not at_once,
            **fit,
        )
        # Of rare classes the audit speaks, which knows what a run is judged by.
        return tuple(one for one in found if one.name != "imbalance")
    except ArgumentError:  # a network of one's own kind, whose outputs are no match for targets
        return ()


def _some(part: Split) -> Split:
    """Return a part, or some thousand of its examples from first to last."""
    if len(part) <= _ROWS:
        return part
    return part.pick(np.linspace(0, len(part) - 1, _ROWS).astype(np.int64))
