import math

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from hypothesis import given, settings, strategies as st

from dlrecipes.data.tables.date_parts import DateParts
from dlrecipes.errors import DataError


def adapted(dates):
    layer = DateParts()
    layer.adapt(np.array(dates, dtype=object))
    return layer


def parts(layer, dates):
    values = np.asarray(layer(tf.constant(dates)))
    return [dict(zip(layer.names, row.tolist(), strict=True)) for row in values]


def test_the_calendars_cycles():
    layer = adapted(["2024-01-01 00:00", "2024-07-03 18:00", "2024-01-06 06:00"])
    first, _, third = parts(layer, ["2024-01-01 00:00", "2024-07-03 18:00", "2024-01-06 06:00"])
    assert layer.names == (
        "years",
        *(f"{cycle} {wave}" for cycle in ("year", "week", "day") for wave in ("sine", "cosine")),
        "missing",
    )
    assert first["years"] == 0
    # A Monday, and a Saturday at six in the morning.
    assert (first["week sine"], first["week cosine"]) == pytest.approx((0, 1), abs=1e-6)
    assert third["week sine"] == pytest.approx(math.sin(2 * math.pi * 5 / 7), abs=1e-5)
    assert (third["day sine"], third["day cosine"]) == pytest.approx((1, 0), abs=1e-6)


@settings(max_examples=50, deadline=None)
@given(st.dates(pd.Timestamp("1700-01-01").date(), pd.Timestamp("2200-12-31").date()))
def test_days_are_counted_as_pandas_counts_them(date):
    layer = DateParts(first=0.0, cycles=("week",))
    (found,) = parts(layer, [date.isoformat()])
    days = (pd.Timestamp(date) - pd.Timestamp("1970-01-01")).days
    assert found["years"] == pytest.approx(days / 365.2425, rel=1e-5, abs=1e-5)
    angle = 2 * math.pi * date.weekday() / 7
    assert found["week sine"] == pytest.approx(math.sin(angle), abs=1e-4)
    assert found["week cosine"] == pytest.approx(math.cos(angle), abs=1e-4)


@pytest.mark.parametrize(
    "date",
    ["2024-03-05T17:30", "2024-03-05 17:30:00", "2024-03-05 5:30 PM", "2024-03-05 17:30:00.5"],
)
def test_ways_to_write_a_time(date):
    layer = DateParts(first=19787.0, cycles=("day",))
    (found,) = parts(layer, [date])
    assert found["years"] == 0
    assert found["day sine"] == pytest.approx(math.sin(2 * math.pi * 17.5 / 24), abs=1e-5)


@pytest.mark.parametrize("date", ["soon", "2024-13-01", "2023-02-29", "05/03/24", "2024-03-05Z"])
def test_what_is_no_date_lets_a_model_fail(date):
    layer = DateParts(first=0.0, cycles=("year",), column="since")
    message = f"Column since must hold dates such as 2024-05-31 17:30.*Received: {date}"
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        layer(tf.constant(["2024-01-01", date]))


@pytest.mark.parametrize("date", ["", "NA", "0001-01-01", "9999-12-31"])
def test_a_date_that_says_nothing_is_missing(date):
    layer = DateParts(first=0.0, cycles=("year", "day"))
    (found,) = parts(layer, [date])
    assert found.pop("missing") == 1
    assert set(found.values()) == {0.0}


def test_constant_cycles_are_left_out():
    assert adapted(["2024-01-01", "2024-01-08"]).cycles == ("year",)


def test_no_dates_at_all():
    with pytest.raises(DataError, match="must have dates as in 2024-05-31"):
        adapted(["", "soon"])


def test_graph_and_file(tmp_path):
    layer = DateParts(date_format="%d.%m.%Y", offsets=("+01:00",))
    layer.adapt(np.array(["2024-01-01 00:00+01:00", "2024-05-31 12:00+01:00", ""], dtype=object))
    inputs = keras.Input((), dtype="string")
    model = keras.Model(inputs, layer(inputs))
    model.save(tmp_path / "dates.keras")
    loaded = keras.saving.load_model(tmp_path / "dates.keras")
    dates = tf.constant(["29.02.2024 08:00+01:00", "", "2031-01-01 01:00 +0100"])
    plain = tf.constant(["2024-02-29 08:00+01:00", "", "2031-01-01 01:00+01:00"])
    np.testing.assert_array_equal(loaded(dates), layer(plain))
