"""Tables of given parts as one table."""

import numpy as np
import pandas as pd
import pytest

from dlrecipes.data import SplitRule
from dlrecipes.data.tables.table_rows import join_parts
from dlrecipes.errors import DataError


def frames(labels):
    table = pd.DataFrame({"x": np.arange(len(labels)), "y": labels})
    return {"train": table, "validation": table.head(3)}


def test_missing_targets_are_a_label_of_their_own():
    table, test, rule = join_parts(frames(["a", "b", None] * 10), "y", SplitRule(test_fraction=0.3))
    assert test is None
    assert rule == SplitRule(part=rule.part, test_fraction=0.3)
    drawn = table[table[rule.part] == "test"]["y"]
    assert [int((drawn == "a").sum()), int((drawn == "b").sum()), int(drawn.isna().sum())] == [
        3
    ] * 3


def test_a_target_that_is_not_there():
    with pytest.raises(DataError, match="target='z'. The columns are 'x', 'y'"):
        join_parts(frames(["a"] * 9), "z", SplitRule())
