"""The audit has nothing to say against healthy tables; `healthy_tables.py` asks of a thousand."""

import numpy as np
import pandas as pd
import pytest
from measuring.healthy_tables import (
    LEAST_OF_A_CLASS,
    MOST_COLUMNS,
    MOST_ROWS,
    draw_healthy_table,
)

from dlrecipes.data import SplitRule, audit, from_table


def alone(evidence):
    return max((value for name, value in evidence.items() if name.endswith(" alone")), default=0.0)


TRUE = {
    "drift": lambda said, found: (
        said.startswith("Too few") or ("alike" in said) == (found["95 % interval from"] <= 0.6)
    ),
    "target leak": lambda said, found: "No column" not in said or alone(found) < 0.99,
    "duplicates": lambda said, found: "No two" not in said or not any(found.values()),
    "near duplicates": lambda said, found: "No training" not in said or not found["pairs"],
    "class coverage": lambda _, found: (
        found["fewest in train"] >= 5 and found["fewest in validation"] >= 2
    ),
    "class balance": lambda said, found: f" {found['rarest examples']} training examples" in said,
    "missing values": lambda said, found: ("No values" in said) == (not found),
    "constant features": lambda said, found: ("Every" in said) == (found["constant"] == 0),
    "identifiers": lambda said, found: ("No input" in said) == (not found),
    "outliers": lambda said, found: ("No number" in said) == (not found),
    "order of time": lambda _, found: not any(found.values()),
    "group candidates": lambda said, found: ("No input" in said) == (not found),
    "subgroup candidates": lambda said, found: ("No other input" in said) == (not found),
    "codes": lambda said, found: ("No numbers" in said) == (not found),
    "phrases": lambda said, found: ("No phrase" in said) == (not found),
    "groups": lambda _, found: not any(found.values()),
    "column kinds": lambda said, found: (
        int(said.split()[0]) + said.partition("left out: ")[2].count("'") // 2 == len(found)
    ),
}
"""Whether a verdict agrees with its evidence."""


@pytest.mark.parametrize("seed", range(12))
def test_a_healthy_table_raises_no_alarm(seed):
    table = draw_healthy_table(seed)
    split_rule = SplitRule(split_seed=seed, **table.by)
    findings = audit(from_table(table.frame, table.target, split_rule=split_rule))
    assert [one.verdict for one in findings if one.severity != "info"] == []
    assert [one for one in findings if not TRUE[one.name](one.verdict, one.evidence)] == []


def test_the_tables_are_what_the_program_says():
    tables = [draw_healthy_table(seed) for seed in range(60)]
    for table in tables:
        assert 60 <= len(table.frame) <= MOST_ROWS
        assert len(table.kinds) <= MOST_COLUMNS
        repeated = table.frame.duplicated(keep="first").sum()
        assert repeated >= table.copies
        if not pd.api.types.is_numeric_dtype(table.frame["target"]):
            assert table.frame["target"].value_counts().min() >= LEAST_OF_A_CLASS
    kinds = {kind for table in tables for kind in table.kinds.values()}
    assert len(kinds) == 12
    assert {way for table in tables for way in table.by} == {"group", "time"}
    assert any(table.copies for table in tables)
    assert any(table.frame.isna().any(axis=None) for table in tables)
    assert (
        0.2 < np.mean([pd.api.types.is_numeric_dtype(one.frame["target"]) for one in tables]) < 0.6
    )


def test_a_table_is_the_same_each_time():
    pd.testing.assert_frame_equal(draw_healthy_table(7).frame, draw_healthy_table(7).frame)
