import numpy as np
import pytest

from dlrecipes.data import from_arrays
from dlrecipes.data.audit.target_coverage import check_target_coverage
from dlrecipes.data.sealed_split import _peek


def check(rows, missing):
    generator = np.random.default_rng(0)
    y = {"a": generator.normal(size=rows), "b": generator.normal(size=rows)}
    y["a"][generator.random(rows) < missing] = np.nan
    splits = from_arrays(generator.normal(size=(rows, 2)), y)
    parts = {"train": splits.train, "validation": splits.validation, "test": _peek(splits.test)}
    return check_target_coverage(parts, splits.spec)


@pytest.mark.parametrize(
    ("rows", "missing", "severity"),
    [
        (1000, 0.0, "info"),
        (1000, 0.2, "info"),
        (60, 0.0, "info"),
        (60, 0.1, "info"),  # 12 validation examples are few, gaps or not
        (200, 0.2, "info"),
        (60, 0.8, "warning"),
        (300, 0.4, "warning"),
        (1000, 0.9, "warning"),
    ],
)
def test_gaps_count_where_they_make_a_part_small(rows, missing, severity):
    finding = check(rows, missing)
    assert finding.severity == severity
    assert ("'a'" in finding.verdict) == (missing > 0)
