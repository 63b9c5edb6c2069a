"""A network that begins with the last value."""

import keras
import numpy as np
import pandas as pd
import pytest

from dlrecipes.data import ColumnRules, SplitRule, TablePreprocess, from_table
from dlrecipes.models import build_tabular, from_last_value, prior_bias


def walk(lags):
    times = pd.date_range("2024-01-01", periods=300, freq="D")
    values = 500 + np.random.default_rng(0).normal(size=300).cumsum()
    table = pd.DataFrame({"day": times, "y": values})
    splits = from_table(
        table, "y", split_rule=SplitRule(time="day"), column_rules=ColumnRules(lags=lags)
    )
    free = () if splits.raw_spec.lags is None else splits.raw_spec.lags.columns
    return splits, splits.with_preprocess(TablePreprocess(splits.raw_spec.columns, unclipped=free))


@pytest.mark.parametrize("lags", ["step", ["7D", "last"]])
def test_it_starts_from_the_last_value(lags, tmp_path):
    raw, splits = walk(lags)
    data = splits.development()
    network = build_tabular(
        data.model_spec, hidden_units=(8,), output_bias=prior_bias(data.model_spec)
    )
    model = from_last_value(network, data.model_spec)
    known = ~np.isnan(raw.validation.x["y last value"])
    predicted = keras.ops.convert_to_numpy(model(data.validation.x))[:, 0]
    # The scales of the last value and of the target are those of 180 values, one apart.
    np.testing.assert_allclose(predicted[known], raw.validation.x["y last value"][known], atol=0.5)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(data.validation.x), model(data.validation.x))


@pytest.mark.parametrize("lags", ["none", "7D"])
def test_a_model_without_a_last_value_stays(lags):
    _, splits = walk(lags)
    spec = splits.model_spec
    network = build_tabular(spec, hidden_units=(8,))
    assert from_last_value(network, spec) is network
