"""All checks of the data."""

from __future__ import annotations

from dlrecipes.data.audit.class_balance import check_class_balance
from dlrecipes.data.audit.column_kinds import check_column_kinds
from dlrecipes.data.audit.constant_features import check_constant_features
from dlrecipes.data.audit.duplicates import check_duplicates
from dlrecipes.data.audit.feature_scales import check_feature_scales
from dlrecipes.data.audit.missing_values import check_missing_values
from dlrecipes.data.columns import Columns
from dlrecipes.data.sealed_split import _peek
from dlrecipes.data.splits import Splits
from dlrecipes.results import Finding


def audit(splits: Splits) -> tuple[Finding, ...]:
    """Check the data and return one finding for each check that applies.

    A passed check is a finding of severity `"info"` without advice. Test rows are compared with
    the others, and what comes back of them is row ids and counts, never values.

    Args:
        splits: The three parts.
    """
    parts = {
        "train": splits.train,
        "validation": splits.validation,
        "test": _peek(splits.test),
    }
    findings = [check_missing_values(parts), check_duplicates(parts, splits.spec)]
    if splits.spec.columns:
        findings.append(check_column_kinds(splits.spec))
    findings.append(check_constant_features(splits.train))
    if splits.spec.task != "regression":
        findings.append(check_class_balance(splits.train, splits.spec))
    if splits.preprocess is None and not isinstance(splits.train.x, Columns):
        findings.append(check_feature_scales(splits.train))
    return (*splits.noticed, *findings)
