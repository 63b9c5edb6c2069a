"""Forecasts that begin with the last value."""

from __future__ import annotations

import keras

from dlrecipes.results import DataSpec
from dlrecipes.targets import kind_of


def from_last_value(model: keras.Model, spec: DataSpec) -> keras.Model:
    """Return a model that forecasts the last value until it has learned better.

    A network that has the last value among its inputs must learn to hand it through, which takes
    it long and never quite succeeds. Here it learns what to add: the output is
    `mean + std * (z + gate * n)`, where `z` is the last value as the preprocessing standardised it,
    `n` what `model` predicts, in standard deviations from the mean of the target, and `gate` a
    weight that begins at 0. A model without the last value among its inputs, or of
    counts, is returned as it is.

    Args:
        model: From preprocessed rows `(batch, features)` to values `(batch, 1)` in the target's
            units, such as `build_tabular`'s.
        spec: The preprocessed data of a regression; its `lags` say which input is the last value.

    Raises:
        DataError: If the data has several targets.

    Example:
        >>> import pandas as pd
        >>> days = pd.date_range("2026-01-01", periods=60)
        >>> table = pd.DataFrame({"day": days, "sold": [20.5 + day % 7 for day in range(60)]})
        >>> order = dlr.data.SplitRule(time="day")
        >>> rules = dlr.data.ColumnRules(lags="step")
        >>> splits = dlr.data.from_table(table, "sold", split_rule=order, column_rules=rules)
        >>> splits = splits.with_preprocess(dlr.data.TablePreprocess(splits.raw_spec.columns))
        >>> network = dlr.models.build_tabular(splits.model_spec, hidden_units=(4,))
        >>> model = dlr.models.from_last_value(network, splits.model_spec)
        >>> part = splits.development().validation
        >>> np.asarray(model(part.x))[1:5, 0].round(1)  # before it is trained
        array([21.4, 22.4, 23.4, 24.4], dtype=float32)
        >>> part.y[:4]
        array([21.5, 22.5, 23.5, 24.5], dtype=float32)

    Reference:
        Zeng et al. 2023, Are Transformers Effective for Time Series Forecasting? (NLinear),
        arXiv:2205.13504; Bachlechner et al. 2021, ReZero is All You Need, arXiv:2003.04887.
    """
    names = [feature.name for feature in spec.features]
    last = None if spec.lags is None else spec.lags.last
    if last not in names or not kind_of(spec.target).adds_up:
        return model
    inputs, at = model.inputs[0], names.index(last)
    mean, std = spec.target.mean, spec.target.std or 1.0
    learned = keras.layers.Rescaling(1 / std, -mean / std, dtype="float32", name="learned")(
        model.outputs[0]
    )
    gate = keras.layers.Dense(
        1, use_bias=False, kernel_initializer="zeros", dtype="float32", name="gate"
    )
    sums = keras.layers.Add(dtype="float32", name="from_last")(
        [inputs[:, at : at + 1], gate(learned)]
    )
    outputs = keras.layers.Rescaling(std, mean, dtype="float32", name="forecast")(sums)
    return keras.Model(inputs, outputs, name=f"{model.name}_from_last_value")
