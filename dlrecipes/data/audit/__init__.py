"""Checks of the data before anything is trained, a family a file; `audit` runs what applies."""

from dlrecipes.data.audit.audit import audit
from dlrecipes.data.audit.codes import check_codes
from dlrecipes.data.audit.coverage import (
    check_class_balance,
    check_class_coverage,
    check_target_coverage,
)
from dlrecipes.data.audit.drift import check_drift
from dlrecipes.data.audit.duplicates import check_duplicates
from dlrecipes.data.audit.feature_values import (
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
from dlrecipes.data.audit.phrases import check_phrases
from dlrecipes.data.audit.pixel_ranges import check_pixel_ranges
from dlrecipes.data.audit.target_leak import check_target_leak

__all__ = [
    "audit",
    "check_class_balance",
    "check_class_coverage",
    "check_codes",
    "check_column_kinds",
    "check_constant_features",
    "check_drift",
    "check_duplicates",
    "check_feature_scales",
    "check_group_candidates",
    "check_groups",
    "check_identifiers",
    "check_missing_values",
    "check_near_duplicates",
    "check_outliers",
    "check_phrases",
    "check_pixel_ranges",
    "check_subgroup_candidates",
    "check_target_coverage",
    "check_target_leak",
    "check_times",
]
