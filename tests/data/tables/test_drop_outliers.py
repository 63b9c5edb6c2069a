"""Which training rows are dropped, and whose they are."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from dlrecipes.data import ColumnRules, drop_outliers, from_table
from dlrecipes.errors import ArgumentError, DataError


def table(rows=600, seed=0):
    generator = np.random.default_rng(seed)
    sex = generator.choice(["f", "m"], rows)
    pay = generator.normal(0, 1, rows) * np.where(sex == "f", 1, 4)
    left = np.where(np.abs(pay) > 5, "yes", generator.choice(["no", "yes"], rows, p=[0.7, 0.3]))
    return pd.DataFrame({"pay": pay, "sex": sex, "left": left})


def test_rows_and_the_table_of_losses():
    before = from_table(table(), "left", column_rules=ColumnRules(subgroup=["sex"]))
    rules = ColumnRules(subgroup=["sex"], drop_outliers=["pay"])
    after = from_table(table(), "left", column_rules=rules)
    pay = before.train.x["pay"].astype(float)
    low, high = np.quantile(pay, [0.25, 0.75])
    far = np.maximum(low - pay, pay - high) > 1.5 * stats.iqr(pay)
    np.testing.assert_array_equal(after.train.ids, before.train.ids[~far])
    assert len(after.validation) == len(before.validation)
    assert len(after.test) == len(before.test)
    assert after.raw_spec.train_size == len(after.train)
    (found,) = [one for one in after.noticed if one.name == "dropped outliers"]
    men = before.train.subgroups["sex"] == "m"
    assert found.evidence["rows"] == far.sum()
    assert found.evidence["sex m"].startswith(f"{(far & men).sum()} of {men.sum()} (")
    leavers = before.train.y == 1
    assert found.evidence["class yes"].startswith(f"{(far & leavers).sum()} of {leavers.sum()} (")
    assert found.severity == "warning"
    assert "class yes" in found.verdict


def test_nothing_is_dropped_by_default_or_without_outliers():
    frame = table().assign(pay=lambda one: one.pay.rank())
    splits = from_table(frame, "left")
    assert drop_outliers(splits, ["pay"]) is splits


def test_what_is_refused():
    splits = from_table(table(), "left")
    with pytest.raises(DataError, match=r"inputs that are numbers.*'sex'"):
        drop_outliers(splits, ["sex"])
    with pytest.raises(ArgumentError, match=r"above 0.*fence=0"):
        drop_outliers(splits, ["pay"], fence=0)
    alone = table().assign(left=lambda one: np.where(np.abs(one.pay) > 6, "yes", "no"))
    with pytest.raises(DataError, match="Every class must keep some training rows.*class yes"):
        drop_outliers(from_table(alone, "left"), ["pay"])
