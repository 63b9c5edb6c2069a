"""The inputs of a model that takes raw data."""

from __future__ import annotations

import keras

from dlrecipes.errors import DataError
from dlrecipes.export.serving_names import input_names
from dlrecipes.results import DataSpec

# A dictionary with these two keys is a saved object to Keras, not the inputs of a layer.
_LOADED = frozenset({"class_name", "config"})


def raw_inputs(spec: DataSpec) -> keras.KerasTensor | dict[str, keras.KerasTensor]:
    """Return a symbolic input, for a table one a column under its `input_names`.

    Args:
        spec: The data as loaded.
    """
    if not spec.columns:
        return keras.Input(spec.input_shape, dtype=spec.input_dtype, name="x")
    names = input_names([one.name for one in spec.columns])
    return {
        names[one.name]: keras.Input((), dtype=one.dtype, name=names[one.name])
        for one in spec.columns
    }


def preprocessed(
    inputs: keras.KerasTensor | dict[str, keras.KerasTensor],
    preprocess: keras.Layer | None,
    spec: DataSpec,
) -> keras.KerasTensor | dict[str, keras.KerasTensor]:
    """Return what the preprocessing makes of `raw_inputs`.

    Args:
        inputs: The inputs; a table's are passed on under the names of its columns.
        preprocess: The adapted layer, or None.
        spec: The data as loaded.

    Raises:
        DataError: If the columns have names that Keras takes for its own when it loads a model.
    """
    if preprocess is None:
        return inputs
    if isinstance(inputs, dict):
        if _LOADED.issubset(one.name for one in spec.columns):
            raise DataError(
                "Columns must not be called 'class_name' and 'config' at once: Keras could not "
                "load the model.",
                received="inputs of both names",
                fix="Rename one of them, or leave it out with drop='config' (--drop config).",
            )
        inputs = dict(zip((one.name for one in spec.columns), inputs.values(), strict=True))
    return preprocess(inputs)
