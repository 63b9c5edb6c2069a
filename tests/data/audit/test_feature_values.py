import numpy as np
import pandas as pd
import pytest

from dlrecipes.data import ColumnRules, SplitRule, from_arrays, from_table
from dlrecipes.data.audit import check_constant_features
from dlrecipes.data.parts.sealed_split import _peek


def check(splits):
    return check_constant_features(
        {"train": splits.train, "validation": splits.validation, "test": _peek(splits.test)}
    )


@pytest.mark.parametrize(
    "values",
    [
        ("no", "yes"),
        (0, 1),
        (np.nan, 3.5),
        (2.5, np.nan),
        (pd.Timestamp("2024-01-01"), pd.Timestamp("2024-02-01")),
    ],
)
@pytest.mark.parametrize("row", [180, 270])
def test_a_rare_value_that_another_part_has(values, row):
    table = pd.DataFrame({"a": np.arange(300.0) ** 0.5, "rare": [values[0]] * 300})
    table.loc[row, "rare"] = values[1]
    table["part"] = np.repeat(["train", "validation", "test"], [180, 60, 60])
    table["y"] = np.arange(300) % 2
    finding = check(
        from_table(
            table, "y", split_rule=SplitRule(part="part"), column_rules=ColumnRules(kinds={})
        )
    )
    assert (finding.severity, finding.evidence["columns"]) == ("info", ["rare"])
    assert "too rare to be in each part" in finding.verdict


def test_a_column_that_never_changes_is_a_warning():
    x = np.random.default_rng(0).normal(size=(60, 3))
    x[:, 1] = 4
    finding = check(from_arrays(x, np.arange(60) % 2))
    assert (finding.severity, finding.evidence["columns"]) == ("warning", ["1"])
    x[:2, 2], x[2:, 2] = 1, 0  # beside one that hardly does
    assert check(from_arrays(x, np.arange(60) % 2)).severity == "warning"
