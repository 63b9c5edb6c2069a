"""Targets as a Keras model takes them."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from dlrecipes.results import DataSpec


def keras_targets(y: NDArray[Any], spec: DataSpec) -> NDArray[Any] | dict[str, NDArray[Any]]:
    """Return the targets of a part in the form that they were handed in.

    A column `(examples, 1)` stays one: beside a network's `(examples, 1)`, targets `(examples,)`
    are spread over `(examples, examples)` by what is written in plain TensorFlow or NumPy, such as
    a metric of the user's own, and nothing says so.

    Args:
        y: `(examples,)`, or `(examples, targets)` where the data has several.
        spec: The data's description.

    Returns:
        `(examples,)` or `(examples, 1)`; of several targets one such array by the name of each
        model output.

    Example:
        >>> splits = dlr.data.from_arrays(
        ...     np.arange(10.0).reshape(-1, 1), np.array([[0.5], [1.5]] * 5)
        ... )
        >>> splits.train.y[:2].tolist()
        [0.5, 1.5]
        >>> dlr.data.keras_targets(splits.train.y, splits.spec)[:2].tolist()
        [[0.5], [1.5]]
    """
    if spec.targets:
        return {
            target.name: y[:, at].reshape(-1, *target.shape)
            for at, target in enumerate(spec.targets)
        }
    return y.astype(spec.target_dtype or y.dtype, copy=False).reshape(-1, *spec.target_shape)
