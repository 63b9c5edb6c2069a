"""Naive forecasts: what was last, or one season earlier."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.baselines.predictor import Baseline
from dlrecipes.data import Development, Split, read_times
from dlrecipes.data.series.lag_values import Season, as_dates, find_seasons

_SEASONS_BACK = 10


def fit_naive_forecasts(development: Development) -> dict[str, Baseline]:
    """Return the naive forecasts of values that have a time, `{name: baseline}`.

    "last value" is the latest value before the predicted row. A seasonal one, such as "last week's
    same hour", is the value exactly one season before it; where there is none, the one two
    seasons before, and so on up to ten; then the latest that is at least one season old; and the
    mean of the training part where nothing is that old. Which seasons there are follows from the
    times (`find_seasons`).

    Each is a forecast as far ahead as its name says, made again for every row: what it uses was
    observed by then, also where that lies in the same part as the predicted row. No value of the
    predicted time itself or of a later one is used. Where examples belong to several series
    (`Split.groups`), each is forecast from itself; values of one time are averaged.

    Args:
        development: Training and validation part of a regression whose parts have a `time`.

    Raises:
        DataError: If the times are neither numbers nor dates.

    Reference:
        Hyndman and Athanasopoulos 2021, Forecasting: Principles and Practice, section 5.2.
    """
    known = pd.concat([_observed(development.train), _observed(development.validation)])
    mean = float(development.train.y.mean(dtype=np.float64))
    trained = _observed(development.train)
    seasons: dict[str, Season | None] = {"last value": None}
    if pd.api.types.is_datetime64_dtype(trained["time"]):
        times = pd.DatetimeIndex(trained["time"])
        found = find_seasons(times, trained["series"].to_numpy())
        seasons |= {season.name: season for season in found}

    def baseline(season: Season | None) -> Baseline:
        def forecast(part: Split) -> NDArray[np.float64]:
            observed = _observed(part)
            history = pd.concat([known, observed]).groupby(["series", "time"])["y"].mean().dropna()
            return _forecast(observed, history, season, mean)

        return forecast

    return {name: baseline(season) for name, season in seasons.items()}


def _observed(part: Split) -> pd.DataFrame:
    """Return the series, the time and the target of each row."""
    times = read_times(part.time)
    series = np.zeros(len(part)) if part.groups is None else part.groups
    return pd.DataFrame(
        {
            "series": np.asarray(series).astype(str),
            "time": as_dates(times) if times.dtype.kind == "M" else times.astype(np.float64),
            "y": part.y.astype(np.float64),
        }
    )


def _forecast(
    wanted: pd.DataFrame, history: pd.Series[Any], season: Season | None, mean: float
) -> NDArray[np.float64]:
    values = np.full(len(wanted), np.nan)
    latest = wanted["time"]
    if season is not None:
        series, times = wanted["series"].to_numpy(), pd.DatetimeIndex(wanted["time"])
        for back in range(1, _SEASONS_BACK + 1):
            left = np.flatnonzero(np.isnan(values))
            before = season.before(times[left], back)
            keys = pd.MultiIndex.from_arrays([series[left], before.to_numpy()])
            places = history.index.get_indexer(keys)
            values[left] = np.where(places < 0, np.nan, history.to_numpy()[places])
        latest = pd.Series(season.before(times, 1))
    asked = wanted.assign(time=latest.to_numpy(), row=np.arange(len(wanted)))
    nearest = pd.merge_asof(
        asked.drop(columns="y").sort_values("time"),
        history.reset_index().sort_values("time"),
        on="time",
        by="series",
        # The last value is one of an earlier time.
        allow_exact_matches=season is not None,
    ).sort_values("row")["y"]
    values = np.where(np.isnan(values), nearest.to_numpy(), values)
    return np.where(np.isnan(values), mean, values)
