import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.baselines import fit_baselines, fit_naive_forecasts
from dlrecipes.data import Development, Split
from dlrecipes.data.series.lag_values import as_dates, find_seasons
from dlrecipes.errors import DataError
from dlrecipes.results import DataSpec, ValueTarget

SPEC = DataSpec("series", (1,), "float32", "table", (ValueTarget(),), 10)


def part(time, y, groups=None):
    return Split(
        x=np.zeros((len(y), 1), "float32"), y=np.asarray(y, "float32"), time=time, groups=groups
    )


def hourly(days, start="2024-01-01"):
    return pd.date_range(start, periods=24 * days, freq="h").to_numpy()


def by_hand(times, y, wanted, season):
    """The value one season earlier, two, …; the latest at least as old; by plain loops."""
    values = dict(zip(times, y, strict=True))
    found = []
    for time in wanted:
        known = [
            values[time - back * season] for back in range(1, 11) if time - back * season in values
        ]
        older = times[times <= time - season]
        found.append(known[0] if known else values[older.max()] if len(older) else np.nan)
    return np.array(found)


@pytest.mark.parametrize("missing", [False, True])
def test_last_weeks_same_hour(missing):
    generator = np.random.default_rng(0)
    times = hourly(40)
    kept = generator.random(len(times)) > (0.2 if missing else -1)
    times, y = times[kept], generator.normal(size=kept.sum()).astype("float32")
    first, second = len(times) // 2, 3 * len(times) // 4
    development = Development(
        part(times[:first], y[:first]), part(times[first:second], y[first:second]), SPEC
    )
    forecasts = fit_naive_forecasts(development)
    assert list(forecasts) == ["last value", "yesterday's same hour", "last week's same hour"]
    for name, days in (("yesterday's same hour", 1), ("last week's same hour", 7)):
        for rows in (slice(first, second), slice(second, None)):
            expected = by_hand(times, y, times[rows], np.timedelta64(days, "D"))
            predicted = forecasts[name](part(times[rows], y[rows]))
            np.testing.assert_array_equal(predicted, expected)
    np.testing.assert_array_equal(
        forecasts["last value"](part(times[second:], y[second:])), y[second - 1 : -1]
    )


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6), unit=st.sampled_from(["h", "D", "7D", "MS"]))
def test_only_earlier_targets_count(seed, unit):
    generator = np.random.default_rng(seed)
    times = pd.date_range("2020-01-01", periods=160, freq=unit).to_numpy()
    times = times[generator.random(160) > 0.1]
    y = generator.normal(size=len(times)).astype("float32")
    development = Development(part(times[:60], y[:60]), part(times[60:90], y[60:90]), SPEC)
    at = int(generator.integers(90, len(times)))
    changed = y.copy()
    changed[at:] += 100
    for name, forecast in fit_naive_forecasts(development).items():
        before = forecast(part(times[90:], y[90:]))
        after = forecast(part(times[90:], changed[90:]))
        assert np.isfinite(before).all(), name
        np.testing.assert_array_equal(before[: at - 90 + 1], after[: at - 90 + 1])


def test_rows_in_any_order_and_twice_the_same_time():
    times = hourly(20)
    y = np.arange(len(times), dtype="float32")
    doubled, values = np.repeat(times, 2), np.repeat(y, 2) + np.tile([-1, 1], len(y))
    order = np.random.default_rng(0).permutation(2 * 240)
    development = Development(
        part(doubled[:480][order], values[:480][order]),
        part(doubled[480:720], values[480:720]),
        SPEC,
    )
    rest = np.random.default_rng(1).permutation(np.arange(720, 960))
    forecast = fit_naive_forecasts(development)["last week's same hour"]
    predicted = forecast(part(doubled[rest], values[rest]))
    # The mean of the two values a week earlier.
    np.testing.assert_allclose(predicted, np.repeat(y, 2)[rest] - 168)


def test_each_series_by_itself():
    times = np.tile(hourly(20), 2)
    shops = np.repeat(["north", "south"], 480)
    y = np.where(shops == "north", 0, 1000) + np.tile(np.arange(480), 2)
    early = np.tile(np.arange(480) < 240, 2)
    late = np.tile(np.arange(480) >= 360, 2)
    parts = [part(times[rows], y[rows], shops[rows]) for rows in (early, ~early & ~late, late)]
    forecasts = fit_naive_forecasts(Development(parts[0], parts[1], SPEC))
    np.testing.assert_array_equal(forecasts["last week's same hour"](parts[2]), y[late] - 168)
    np.testing.assert_array_equal(forecasts["last value"](parts[2]), y[late] - 1)


def test_a_series_without_a_past_gets_the_mean():
    times = hourly(20)
    development = Development(
        part(times[:240], np.arange(240)), part(times[240:], np.arange(240)), SPEC
    )
    for forecast in fit_naive_forecasts(development).values():
        new = part(times[400:402], [5.0, 6.0], np.array(["new", "other"]))
        np.testing.assert_array_equal(forecast(new), [119.5, 119.5])


@pytest.mark.parametrize(
    ("step", "periods", "names"),
    [
        ("10min", 2000, ["yesterday's same time", "last week's same time"]),
        ("h", 200, ["yesterday's same hour", "last week's same hour"]),
        ("h", 100, ["yesterday's same hour"]),
        ("h", 20, []),
        ("D", 30, ["last week's same weekday"]),
        ("D", 400, ["last week's same weekday", "last year's same weekday"]),
        ("B", 30, ["last week's same weekday"]),
        ("W", 60, ["last year's same week"]),
        ("MS", 30, ["last year's same month"]),
        ("QS", 30, ["last year's same time"]),
        ("YS", 30, []),
    ],
)
def test_seasons(step, periods, names):
    times = as_dates(pd.date_range("2020-01-01", periods=periods, freq=step).to_numpy())
    assert [one.name for one in find_seasons(times, np.zeros(periods))] == names


def test_months_of_the_calendar():
    times = pd.date_range("2015-01-31", periods=80, freq="ME").to_numpy()
    y = np.arange(80)
    development = Development(part(times[:50], y[:50]), part(times[50:60], y[50:60]), SPEC)
    forecast = fit_naive_forecasts(development)["last year's same month"]
    predicted = forecast(part(times[60:], y[60:]))
    not_february = pd.DatetimeIndex(times[60:]).month != 2
    np.testing.assert_array_equal(predicted[not_february], y[60:][not_february] - 12)


def test_numbers_and_one_time_have_no_season():
    numbers = np.arange(30)
    development = Development(
        part(numbers[:10], numbers[:10]), part(numbers[10:20], numbers[10:20]), SPEC
    )
    forecasts = fit_naive_forecasts(development)
    assert list(forecasts) == ["last value"]
    np.testing.assert_array_equal(forecasts["last value"](part([20, 22], [20, 22])), [19, 20])
    one = np.full(5, np.datetime64("2024-01-01"))
    development = Development(part(one, np.arange(5)), part(one, np.arange(5)), SPEC)
    forecasts = fit_naive_forecasts(development)
    assert list(forecasts) == ["last value"]
    # Nothing is earlier.
    np.testing.assert_array_equal(forecasts["last value"](part(one, np.arange(5))), np.full(5, 2.0))


def test_text_that_is_a_date_and_text_that_is_none():
    days = pd.date_range("2024-01-01", periods=30).strftime("%d.%m.%Y").to_numpy(dtype=object)
    development = Development(
        part(days[:20], np.arange(20)), part(days[20:], np.arange(20, 30)), SPEC
    )
    forecasts = fit_naive_forecasts(development)
    predicted = forecasts["last week's same weekday"](development.validation)
    np.testing.assert_array_equal(predicted, np.arange(13, 23))
    words = np.array(["soon", "later"] * 5, dtype=object)
    with pytest.raises(DataError, match="Times must be numbers or dates.*'soon'"):
        fit_naive_forecasts(
            Development(part(words, np.arange(10)), part(words, np.arange(10)), SPEC)
        )


def test_only_with_a_time():
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(60, 1)).astype("float32"), generator.normal(size=60)
    times = pd.date_range("2024-01-01", periods=60).to_numpy()

    def split(rows, *, timed):
        return Split(x=x[rows], y=y[rows], time=times[rows] if timed else None)

    rows = slice(40), slice(40, 60)
    with_time, without = (
        fit_baselines(Development(*(split(one, timed=timed) for one in rows), SPEC))
        for timed in (True, False)
    )
    assert set(with_time) - set(without) == {"last value", "last week's same weekday"}
