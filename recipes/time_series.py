"""A time series: what comes after, from what was before?

Shows a table with a time. Training comes before validation before test, and the network is
compared with naive forecasts (the last value, last week's same hour, …). It forecasts ONE STEP
AHEAD: the last three values and those of the seasons before are inputs, all known when the step
begins, and the network learns what to add to the last one.

    dlrecipes tune time_series
    dlrecipes tune time_series --data sales.csv --target sold --time day,hour

`--lags 7D,14D` is for a forecast a week ahead, from what is known by then; `--lags none` takes no
earlier target. `--drop` names what is known only afterwards: all else in a row counts as known when
the row is predicted. The other options of `dlrecipes.data.load_table` pass through: `--series shop`
tells several series apart, `--gap 7D` leaves a week out between the parts.

    dlrecipes predict RUN new.csv

`new.csv` has the earlier rows, too; in those to come the target is empty, and these are forecast.

Without `--data` it makes up the daily visits of a swimming pool: a trend, a week, a year, the
weather, holidays, and noise of 20 visits that nobody can predict, so 20 is the RMSE to reach at
best. Half a minute on two CPU cores. Expect a test RMSE of 28.1 ± 0.6 (ten study seeds), with each
of them better than ridge regression, 35.0, boosted trees, 44.3, last year's same weekday, 50.3,
last week's, 53.2, and the last value, 68.3. With `--lags none` it is 27.7 ± 1.2 (five seeds).

Bike sharing (UCI, by the hour): test RMSE 51.0 ± 1.4 (three study seeds), where ridge regression
reaches 67.8, boosted trees 77.1, last week's same hour 111.2 and the last value 129.7. With `--lags
none`, from weather and calendar alone, it is 69.7 ± 1.4 (three study seeds, 65 s on two CPU cores).

    dlrecipes tune time_series --data hour.csv --target cnt --time dteday,hr
        --drop casual,registered,instant
        --kinds season=category,mnth=category,hr=category,weekday=category,weathersit=category
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import keras
import keras_tuner
import numpy as np
import pandas as pd

from dlrecipes.data import (
    ColumnRules,
    SplitRule,
    Splits,
    TablePreprocess,
    TableReading,
    check_only_with_data,
    load_table,
)
from dlrecipes.errors import ArgumentError
from dlrecipes.models import build_tabular, from_last_value, prior_bias
from dlrecipes.recipe import Recipe
from dlrecipes.results import DataSpec
from dlrecipes.search import CoarseToFine

NOISE = 20.0


def load(
    data: str | Path | None = None,
    target: str | Sequence[str] | None = None,
    *,
    task: str | Mapping[str, str] = "regression",
    test: str | Path | None = None,
    reading: TableReading = TableReading(),
    split_rule: SplitRule = SplitRule(),
    column_rules: ColumnRules = ColumnRules(lags="step"),
) -> Splits:
    """Load a table with a time.

    Args:
        data: A table, as `load_table` takes it; None for made-up visits.
        target: The column to be predicted; None for the last one.
        task: See `load_table`.
        test: A file with the official test part.
        reading: How the file is read.
        split_rule: How rows are split into parts: by a time.
        column_rules: What the columns are, and which lags they have.
    """
    if data is None:
        check_only_with_data(target=target, time=split_rule.time, test=test, reading=reading)
        split_rule = replace(split_rule, time="day")
        column_rules = replace(column_rules, drop=["expected", *column_rules.drop])
    if split_rule.time is None:
        raise ArgumentError(
            "A time series must have a time.",
            received="no column of it",
            fix="Name it with --time COLUMN, or --time DATE,HOUR.",
        )
    return load_table(
        make_visits() if data is None else data,
        target,
        task=task,
        test=test,
        reading=reading,
        split_rule=split_rule,
        column_rules=column_rules,
    )


def make_visits(days: int = 2920, seed: int = 0) -> pd.DataFrame:
    """Return made-up visits of a swimming pool; `expected` plus noise is what is counted."""
    generator = np.random.default_rng(seed)
    day = pd.date_range("2016-01-01", periods=days)
    year = 2 * np.pi * day.day_of_year.to_numpy() / 365.25
    weather = np.zeros(days)
    for at, shock in enumerate(generator.normal(0, 2, days)):
        weather[at] = 0.7 * weather[at - 1] + shock
    warmth = 12 - 10 * np.cos(year) + weather
    holiday = np.where(np.isin(day.month, [7, 8]), "school", "none").astype(object)
    holiday[generator.random(days) < 0.03] = "public"
    weekend = np.isin(day.day_of_week, [5, 6]) | (holiday == "public")
    expected = 200 + 15 * np.arange(days) / 365.25 + 80 * weekend + 60 * (holiday == "school")
    expected += np.maximum(warmth - 15, 0) * np.where(weekend, 20, 10)
    visits = expected + generator.normal(0, NOISE, days)
    frame = pd.DataFrame(
        {
            "day": day.strftime("%Y-%m-%d"),
            "warmth": warmth,
            "holiday": holiday,
            "expected": expected,
            "visits": visits,
        }
    )
    frame.attrs["name"] = "visits"
    return frame


def preprocess(spec: DataSpec) -> keras.Layer:
    """Turn raw columns into numbers, dates into a trend and the calendar's cycles."""
    lags = () if spec.lags is None else spec.lags.columns
    return TablePreprocess(spec.columns, unclipped=lags)


def build(hp: keras_tuner.HyperParameters, spec: DataSpec) -> keras.Model:
    """Return a compiled perceptron that adds to the last value, in the target's units."""
    network = build_tabular(
        spec,
        hidden_units=(128, 128),
        dropout_rate=hp.Float("dropout", 0.0, 0.3),
        output_bias=prior_bias(spec),
    )
    model = from_last_value(network, spec)
    model.compile(
        optimizer=keras.optimizers.AdamW(
            learning_rate=hp.Float("learning_rate", 3e-4, 1e-2, sampling="log"),
            weight_decay=hp.Float("weight_decay", 1e-4, 1.0, sampling="log"),
        ),
        loss="mse",
        metrics=[keras.metrics.RootMeanSquaredError(name="rmse")],
    )
    return model


RECIPE = Recipe(
    name="time_series",
    task="series",
    load=load,
    preprocess=preprocess,
    build=build,
    objective="val_rmse",
    plan=CoarseToFine(trials=24, epochs=30, batch_size=128, refit_seeds=3),
    shows="a table in the order of time, against naive forecasts",
    minutes=0.5,
    expected="test RMSE 28.1 ± 0.6",
    beats=("ridge regression", "boosted trees", "last year's same weekday", "last value"),
)
