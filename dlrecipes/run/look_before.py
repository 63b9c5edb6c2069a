"""What can be told of a builder and its data before a search."""

from __future__ import annotations

from dlrecipes.data import Splits, audit
from dlrecipes.diagnose import worst_first
from dlrecipes.results import Finding, Plan
from dlrecipes.run.before_training import check_builder
from dlrecipes.run.prepare import with_found_forms
from dlrecipes.search import Build, build_with
from dlrecipes.training.build_model import build_model
from dlrecipes.training.model_state import drawn_from
from dlrecipes.training.precision import dtype_policy
from dlrecipes.training.preflight import check_model


def look_before(build: Build, splits: Splits, plan: Plan) -> tuple[Finding, ...]:
    """Return what the audit finds in the data, and what is wrong with the default network.

    Args:
        build: The builder.
        splits: The data; its test part is not touched.
        plan: How the trials are spent: a network is looked at with its batches and epochs.

    Returns:
        Errors first, then warnings, then what was looked for and not found.

    Raises:
        BuilderError: If the builder does not fit the data.
    """
    found = audit(splits)
    with dtype_policy("float32"), drawn_from(0):
        example = splits.development().train.inputs[:1]
        model = build_model(lambda: build_with(build, {}), example)
        splits, _ = with_found_forms(splits, model)
        found += check_model(model, splits.development(), None)
        found += check_builder(build, {}, splits, plan)
    return worst_first(found)
