"""All checks of the data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from dlrecipes.data.audit.codes import check_codes
from dlrecipes.data.audit.coverage import (
    check_class_balance,
    check_class_coverage,
    check_target_coverage,
)
from dlrecipes.data.audit.drift import check_drift
from dlrecipes.data.audit.duplicates import check_duplicates
from dlrecipes.data.audit.evidence import row_hashes
from dlrecipes.data.audit.feature_values import (
    check_cells_apart,
    check_column_kinds,
    check_constant_features,
    check_feature_scales,
    check_missing_values,
)
from dlrecipes.data.audit.group_candidates import check_group_candidates
from dlrecipes.data.audit.groups_and_times import check_groups, check_times
from dlrecipes.data.audit.identifiers import check_identifiers
from dlrecipes.data.audit.near_duplicates import check_near_duplicates
from dlrecipes.data.audit.outliers import check_outliers
from dlrecipes.data.audit.people_columns import check_subgroup_candidates
from dlrecipes.data.audit.phrases import check_phrases, has_texts
from dlrecipes.data.audit.pixel_ranges import check_pixel_ranges
from dlrecipes.data.audit.target_leak import check_target_leak
from dlrecipes.data.parts.columns import Columns
from dlrecipes.data.parts.part_targets import target_part
from dlrecipes.data.parts.sealed_split import _peek
from dlrecipes.data.parts.split import Split
from dlrecipes.data.parts.splits import Splits
from dlrecipes.results import DataSpec, Finding
from dlrecipes.results.column import APART
from dlrecipes.targets import if_named, named_targets


def audit(
    splits: Splits, *, on_step: Callable[[str], None] = lambda step: None
) -> tuple[Finding, ...]:
    """Check the data and return one finding for each check that applies.

    A passed check is a finding of severity `"info"` without advice. Test rows are compared with
    the others, and what comes back of them is row ids and counts, never values.

    Args:
        splits: The three parts, or two where there is no test part.
        on_step: Hears what is looked for now.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(100, 3))
        >>> y = x[:, 0] + x[:, 1] > 0
        >>> x[:, 2] = 1.0
        >>> for finding in dlr.data.audit(dlr.data.from_arrays(x, y)):
        ...     if finding.advice:
        ...         print(f"{finding.severity}, {finding.name}: {finding.verdict}")
        warning, constant features: 1 of 3 features is constant in the training part.
    """
    sealed = _peek(splits.test)
    parts = {"train": splits.train, "validation": splits.validation}
    parts |= {} if sealed is None else {"test": sealed}
    train, validation, spec = splits.train, splits.validation, splits.raw_spec
    if spec.inputs or spec.input_dtype == "string":
        return (*splits.noticed, *_about_inputs(parts, spec, on_step))
    on_step("missing values")
    findings = [check_missing_values(parts)]
    if findings[0].severity == "error":
        return (*splits.noticed, *findings)  # the other checks need numbers
    # ---- across parts: is the score honest?
    on_step("duplicates")
    findings.append(check_duplicates(parts, spec))
    on_step("near duplicates")
    findings.append(check_near_duplicates(train, validation, spec))
    if train.time is not None:  # groups are then series, which go on from part to part
        findings.append(check_times(parts))
    elif train.groups is not None:
        findings.append(check_groups(parts))
    on_step("drift between the parts")
    findings.append(check_drift(train, validation, spec))
    # ---- the columns
    on_step("each column")
    if spec.columns:
        findings += _about_columns(spec)
    findings.append(check_constant_features(parts))
    if spec.kind == "table":
        examples = len(train) + len(validation) + len(splits.test)
        findings.append(check_identifiers(train, validation, spec, examples))
        findings.append(check_outliers(train, validation, spec))
    if spec.columns and not spec.keyed:
        findings += _candidates(train, validation, spec)
    if spec.kind == "image":
        findings.append(check_pixel_ranges(parts))
    if splits.preprocess is None and not isinstance(train.x, Columns):
        findings.append(check_feature_scales(train))
    # ---- the target, or each of several
    on_step("columns that give the target away")
    findings += _about_target(parts, spec, on_step)
    return (*splits.noticed, *findings)


def _about_columns(spec: DataSpec) -> Iterator[Finding]:
    """Yield what each column is, and which have several facts in a cell."""
    yield check_column_kinds(spec)
    if any(column.kind in APART for column in spec.columns):
        yield check_cells_apart(spec)


def _candidates(train: Split, validation: Split, spec: DataSpec) -> Iterator[Finding]:
    """Yield which options the columns of a table with one target ask for."""
    # Copies of rows are alike in everything, and that says nothing.
    train, validation = _different(train), _different(validation)
    if train.groups is None and train.time is None:
        yield check_group_candidates(train, validation, spec)
    yield check_subgroup_candidates(train, validation, spec)
    yield check_codes(train, validation, spec)


def _different(part: Split) -> Split:
    """Return one of the rows with the same inputs."""
    kept = np.sort(np.unique(row_hashes(part.x), return_index=True)[1])
    return part if len(kept) == len(part) else part.pick(kept)


def _about_inputs(
    parts: Mapping[str, Split], spec: DataSpec, on_step: Callable[[str], None]
) -> list[Finding]:
    """Return what is found of several inputs, or of text that the network reads by itself.

    What compares columns with each other has none to look at, which one finding says.
    """
    on_step("duplicates")
    findings = [check_duplicates(parts, spec)]
    if parts["train"].time is not None:
        findings.append(check_times(parts))
    elif parts["train"].groups is not None:
        findings.append(check_groups(parts))
    findings += _about_target(parts, spec, on_step, leaks=False)
    what = "of several inputs" if spec.inputs else "of texts"
    return [
        *findings,
        Finding(
            "not looked at",
            f"Near duplicates, drift, constant features and what gives the target away are not "
            f"looked for in data {what}.",
        ),
    ]


def _about_target(
    parts: Mapping[str, Split],
    spec: DataSpec,
    on_step: Callable[[str], None],
    *,
    leaks: bool = True,
) -> list[Finding]:
    """Return what is found of each target, under its name where there are several."""
    findings = [check_target_coverage(parts, spec)] if named_targets(spec) else []
    for target in spec.targets:
        own = {name: target_part(part, spec, target) for name, part in parts.items()}
        single = spec.of_target(target)
        found = []
        if leaks:
            found.append(check_target_leak(own["train"], own["validation"], single, on_step))
        if target.class_names and has_texts(spec):
            found.append(check_phrases(own["train"], own["validation"], single))
        if target.class_names:
            found.append(check_class_balance(own["train"], target))
            found.append(check_class_coverage(own, target))
        for finding in found:
            name = finding.name + if_named(target, f": {target.shown}")
            verdict = if_named(target, f"{target.shown}: ") + finding.verdict
            findings.append(replace(finding, name=name, verdict=verdict))
    return findings
