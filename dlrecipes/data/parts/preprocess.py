"""A preprocessing layer adapted to the training part, and inputs as the tensors it takes."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from dlrecipes.data.parts.columns import Columns
from dlrecipes.data.parts.several_inputs import Inputs
from dlrecipes.data.parts.split import Split
from dlrecipes.errors import DataError

BATCH_SIZE = 1024
Example = NDArray[Any] | Inputs
"""Inputs of a network, `(1, …)`, or several of them."""


def fit_preprocess(layer: keras.Layer, train: Split) -> keras.Layer:
    """Adapt a preprocessing layer on the training part and return it.

    The layers of a `keras.Sequential` or `keras.layers.Pipeline` are adapted in turn, each on
    what the ones before it make of the data. Whatever the dtype policy, the layer computes in
    float32. A `keras.layers.Normalization` treats a column that is constant in the training
    part as one of variance 1: Keras would divide by 1e-7, so that an offset of 0.5 in a later
    example became 5e6.

    Args:
        layer: A Keras layer; one without `adapt` is only built.
        train: The training part, raw.

    Raises:
        DataError: If the layer cannot work on these inputs or gives other than one finite array
            with one row an example.

    Example:
        >>> splits = dlr.data.load("iris")
        >>> layer = dlr.data.fit_preprocess(dlr.layers.MinMaxScaling(), splits.train)
        >>> x = np.asarray(layer(splits.train.x))
        >>> x.min(axis=0).tolist(), x.max(axis=0).tolist()
        ([0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0])
    """
    try:
        _adapt(layer, train.x)
        output = apply_preprocess(layer, train.x[:BATCH_SIZE])
    except (ValueError, TypeError, RuntimeError) as error:
        raise DataError(
            "A preprocessing layer must work on the training inputs.",
            received=f"{layer.name} on inputs {train.x.shape}: {error}",
        ) from error
    if output.ndim < 2 or len(output) != len(train.x[:BATCH_SIZE]):
        raise DataError(
            "A preprocessing layer must give one array with one row an example.",
            received=f"{layer.name}: {train.x.shape} became {output.shape} in the first batch",
        )
    if not np.isfinite(output).all():
        raise DataError(
            "A preprocessing layer must give finite numbers.",
            received=f"{layer.name}: NaN or infinity for the training inputs",
        )
    return layer


def apply_preprocess(
    layer: keras.Layer, x: NDArray[np.generic] | Columns | Inputs
) -> NDArray[np.float32]:
    """Return what an adapted layer makes of the inputs, in inference mode.

    Args:
        layer: An adapted layer.
        x: Inputs, `(examples, …)`, the columns of a table, or several inputs.

    Returns:
        Outputs in float32, `(examples, …)`.

    Example:
        >>> splits = dlr.data.load("iris")
        >>> layer = dlr.data.fit_preprocess(dlr.layers.MinMaxScaling(), splits.train)
        >>> dlr.data.apply_preprocess(layer, splits.validation.x).max(axis=0).round(2)
        array([1.  , 0.73, 0.97, 0.92], dtype=float32)
    """
    outputs = []
    for start in range(0, len(x), BATCH_SIZE):
        batch = x[start : start + BATCH_SIZE]
        output = layer(as_tensors(batch), training=False)
        outputs.append(np.asarray(keras.ops.convert_to_numpy(output), dtype=np.float32))
    return np.concatenate(outputs)


_LEARNED = "learned"
"""The key under which this library's table and text layers keep what they learned."""


def fresh_layer(layer: keras.Layer) -> keras.Layer:
    """Return a layer with the same options that has learned nothing.

    Args:
        layer: A preprocessing layer, adapted or not.

    Raises:
        DataError: If the layer cannot be made again from its configuration.
    """
    if isinstance(layer, keras.Sequential | keras.layers.Pipeline):
        return type(layer)([fresh_layer(inner) for inner in layer.layers])
    config = {name: value for name, value in layer.get_config().items() if name != _LEARNED}
    try:
        return type(layer).from_config(config)
    except (TypeError, ValueError, NotImplementedError) as error:
        raise DataError(
            "A preprocessing layer must be able to start again, for each fold of a "
            "cross-validation and each part with statistics of its own.",
            received=f"{type(layer).__name__}: {str(error).splitlines()[-1]}",
            fix="Give it a `get_config` with all its arguments.",
        ) from error


def _adapt(layer: keras.Layer, x: NDArray[np.generic] | Columns | Inputs) -> None:
    if layer.compute_dtype in ("float16", "bfloat16"):
        layer.dtype_policy = "float32"
    if isinstance(layer, keras.Sequential | keras.layers.Pipeline):
        for inner in layer.layers:
            _adapt(inner, x)
            x = apply_preprocess(inner, x)
    elif isinstance(layer, keras.layers.Normalization) and isinstance(x, np.ndarray):
        _adapt_normalization(layer, x)
    elif hasattr(layer, "adapt"):
        layer.adapt(x if isinstance(x, Columns) else keras_inputs(x))


def _adapt_normalization(layer: keras.layers.Normalization, x: NDArray[np.generic]) -> None:
    if layer.input_mean is not None:
        return  # mean and variance were given, there is nothing to learn
    # In float32 the variance of a column with a large mean is mostly rounding error.
    layer.adapt(x.astype(np.float64))
    mean = np.asarray(keras.ops.convert_to_numpy(layer.adapt_mean), dtype=np.float64)
    variance = np.asarray(keras.ops.convert_to_numpy(layer.adapt_variance), dtype=np.float64)
    rounding = np.finfo(np.float32).eps * np.abs(mean)
    constant = np.sqrt(variance) <= np.maximum(keras.config.epsilon(), rounding)
    layer.adapt_variance.assign(np.where(constant, 1.0, variance))
    layer.finalize_state()


def as_tensors(x: NDArray[Any] | Columns | Inputs) -> Any:  # noqa: ANN401  (a structure)
    """Return inputs as a tensor, or as one tensor a column: float32 or string, `(examples,)`.

    Several inputs are a dictionary or a list of tensors, as they were given.

    Example:
        >>> columns = dlr.data.Columns({"age": [41.0], "town": ["Oslo"]})
        >>> {name: tensor.numpy().tolist() for name, tensor in dlr.data.as_tensors(columns).items()}
        {'age': [41.0], 'town': [b'Oslo']}
    """
    if isinstance(x, Columns):
        return {name: _tensor(values) for name, values in x.items()}
    return keras.tree.map_structure(_tensor, x.arranged if isinstance(x, Inputs) else x)


def keras_inputs(x: NDArray[Any] | Inputs) -> Any:  # noqa: ANN401  (an array or a structure)
    """Return inputs as `model.fit` takes them: an array, or the structure that was given.

    Text is a tensor of strings, which Keras does not make of Python's by itself.

    Example:
        >>> dlr.data.keras_inputs(dlr.data.Inputs([np.zeros((1, 2)), np.array([[3]])]))
        [array([[0., 0.]], dtype=float32), array([[3]])]
    """
    return keras.tree.map_structure(
        lambda values: _tensor(values) if values.dtype == object else values,
        x.arranged if isinstance(x, Inputs) else x,
    )


def _tensor(values: NDArray[Any]) -> tf.Tensor:
    return tf.constant(values.tolist() if values.dtype == object else values)
