"""Forecasts that begin with the last value."""

from __future__ import annotations

import keras

from dlrecipes.models.one_target import check_one_target
from dlrecipes.results import DataSpec


def from_last_value(model: keras.Model, spec: DataSpec) -> keras.Model:
    """Return a model whose output is the last value plus what `model` predicts beside its mean.

    A network that has the last value among its inputs must first learn to hand it through, which
    takes it long and never quite succeeds. Here it starts from it and learns the difference:
    `output + std * z`, where `z` is the last value as the preprocessing standardised it, and
    `std` the target's standard deviation. A model without the last value among its inputs is
    returned as it is.

    Args:
        model: From preprocessed rows `(batch, features)` to values `(batch, 1)` in the target's
            units, such as `build_tabular`'s.
        spec: The preprocessed data of a regression; its `lags` say which input is the last value.

    Raises:
        DataError: If the data has several targets.

    Reference:
        Zeng et al. 2023, Are Transformers Effective for Time Series Forecasting? (NLinear),
        arXiv:2205.13504.
    """
    check_one_target(spec)
    names = [feature.name for feature in spec.features]
    last = None if spec.lags is None else spec.lags.last
    if last not in names:
        return model
    at = names.index(last)
    base = keras.layers.Rescaling(spec.target_std, dtype="float32", name="last_value")(
        model.inputs[0][:, at : at + 1]
    )
    outputs = keras.layers.Add(dtype="float32", name="value")([model.outputs[0], base])
    return keras.Model(model.inputs[0], outputs, name=f"{model.name}_from_last_value")
