"""Tables with a time: parts in its order, lags, several series, an official test part."""

import numpy as np
import pandas as pd
import pytest

from dlrecipes.data import (
    ColumnRules,
    SplitRule,
    TablePreprocess,
    draw_folds,
    from_table,
    load_table,
)
from dlrecipes.data.parts.sealed_split import _peek
from dlrecipes.errors import ArgumentError, DataError


@pytest.fixture
def shops():
    """Two shops, 200 hours each, in no order: a date and an hour, a number, what was sold."""
    generator = np.random.default_rng(0)
    time = pd.date_range("2024-01-01", periods=200, freq="h")
    rows = [
        pd.DataFrame(
            {
                "shop": shop,
                "day": time.strftime("%Y-%m-%d"),
                "hr": time.hour,
                "rain": generator.normal(size=200),
                "sold": base + np.arange(200.0),
            }
        )
        for shop, base in ((1, 0.0), (2, 1000.0))
    ]
    return pd.concat(rows).sample(frac=1, random_state=0, ignore_index=True)


def test_a_date_and_an_hour(shops, tmp_path):
    shops.to_csv(tmp_path / "shops.csv", index=False)
    splits = load_table(
        tmp_path / "shops.csv",
        "sold",
        split_rule=SplitRule(time=["day", "hr"], series="shop", gap="5h"),
    )
    parts = [splits.train, splits.validation, _peek(splits.test)]
    for earlier, later in zip(parts, parts[1:], strict=False):
        assert later.time.min() - earlier.time.max() > np.timedelta64(5, "h")
    assert all((np.diff(part.time) >= np.timedelta64(0)).all() for part in parts)
    assert all(set(part.groups) == {"1", "2"} for part in parts)
    kinds = {column.name: column.kind for column in splits.raw_spec.columns}
    assert kinds == {"shop": "category", "day": "date", "hr": "number", "rain": "number"}


def test_lags_are_of_the_same_series(shops, tmp_path):
    shops.to_csv(tmp_path / "shops.csv", index=False)
    splits = load_table(
        tmp_path / "shops.csv",
        "sold",
        split_rule=SplitRule(time=["day", "hr"], series="shop"),
        column_rules=ColumnRules(lags=["24h", 2]),
    )
    for part in (splits.train, splits.validation, _peek(splits.test)):
        known = ~np.isnan(part.x["sold 24h earlier"])
        np.testing.assert_array_equal(part.x["sold 24h earlier"][known], part.y[known] - 24)
        known = ~np.isnan(part.x["sold 2 rows earlier"])
        np.testing.assert_array_equal(part.x["sold 2 rows earlier"][known], part.y[known] - 2)
    assert np.isnan(splits.train.x["sold 24h earlier"]).sum() == 48


def test_training_sees_no_target_of_an_official_test_part(shops, tmp_path):
    one = shops[shops["shop"] == 1].sort_values(["day", "hr"], ignore_index=True)
    test = one.index.to_series().between(50, 69)  # in the middle
    one[~test].to_csv(tmp_path / "train.csv", index=False)
    one[test].to_csv(tmp_path / "test.csv", index=False)
    splits = load_table(
        tmp_path / "train.csv",
        "sold",
        test=tmp_path / "test.csv",
        split_rule=SplitRule(time=["day", "hr"]),
        column_rules=ColumnRules(lags="1h", drop=["shop"]),
    )
    lags = np.concatenate([part.x["sold 1h earlier"] for part in (splits.train, splits.validation)])
    assert not np.isin(one["sold"][test], lags).any()
    held_out = _peek(splits.test)
    np.testing.assert_array_equal(held_out.x["sold 1h earlier"], held_out.y - 1)
    assert held_out.time.min() == np.datetime64("2024-01-03T02:00")


def test_folds_of_several_series_are_in_the_order_of_time(shops):
    splits = from_table(shops, "sold", split_rule=SplitRule(time=["day", "hr"], series="shop"))
    splits = splits.with_preprocess(TablePreprocess(splits.raw_spec.columns))
    for fold in draw_folds(splits, 3):
        assert set(fold.held_out.groups) == {"1", "2"}
        assert fold.development.train.time.max() < fold.held_out.time.min()


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (None, {"time": "day,hour"}, "'hour'"),
        (None, {"time": "day", "series": "town"}, "series='town'"),
        (None, {"time": "day,hr", "gap": "90D"}, "gap must leave rows"),
        (None, {"time": "rain", "gap": "7D"}, "`gap` must be a number"),
        (lambda t: t.assign(day="2024-01-01"), {"time": "day"}, "three different times"),
        (lambda t: t.assign(day="last week"), {"time": "day"}, "Times must be numbers or dates"),
        (
            lambda t: t.assign(
                day=np.where(t["hr"] > 5, "2024-01-01T07:00Z", "2024-01-01T07:00+02:00")
            ),
            {"time": "day"},
            "one time zone",
        ),
        (None, {"lags": "1h"}, "Lags are earlier values: they need the time"),
        (None, {"lags": "1h", "time": "day,hr"}, "`series`"),
    ],
)
def test_wrong(shops, tmp_path, as_written, change, options, message):
    (shops if change is None else change(shops)).to_csv(tmp_path / "shops.csv", index=False)
    with pytest.raises((DataError, ArgumentError), match=message):
        as_written(load_table, tmp_path / "shops.csv", "sold", **options)


def test_series_need_a_time():
    with pytest.raises(ArgumentError, match="series='shop' without `time`"):
        SplitRule(series="shop")
