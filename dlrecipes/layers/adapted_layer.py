"""What the layers that learn from the training data have in common."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.results import plural

Shape = tuple[int | None, ...]

LARGEST = float(np.finfo(np.float32).max) / 4
"""Beyond it, the difference of two numbers need not fit into float32."""


class AdaptedLayer(keras.layers.Layer):
    """Base of the layers whose non-trainable weights come from `adapt`.

    Subclasses define `_learn`, which turns the training data into named arrays, and `call`,
    which reads them with `_value`. The training data are rounded to float32 first, because that
    is what the layer is given later; the statistics are then computed in float64 and kept as
    float32 weights.

    The layers compute in float32 and put out float32 whatever the dtype policy: in bfloat16 two
    raw values that agree in three digits would be the same. Layers behind them cast by
    themselves.

    The number and the shapes of the weights follow from the training data, so they are saved
    with the model (`get_build_config`). `from_config(get_config())` gives a layer that is not
    adapted. In a layer that is rebuilt from a saved model the weights are NaN until they are
    loaded, so that a forgotten load shows.

    Args:
        **kwargs: Those of `keras.layers.Layer`: `name`, `trainable`. A `dtype` has no effect.
    """

    ANY_EXAMPLE_SHAPE = False
    """Whether examples may have any shape instead of `(features,)`."""

    INDEX_WEIGHTS: frozenset[str] = frozenset()
    """Names of the weights that hold column numbers, which must be valid before they are loaded."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self._learned: dict[str, keras.Variable] = {}
        self._example_shape: tuple[int, ...] | None = None

    def adapt(self, x: ArrayLike) -> None:
        """Learn from the training data; call it with nothing but the training part.

        A layer can be adapted again as long as the shapes of what it learns stay the same.

        Args:
            x: Training inputs `(examples, features)`, real numbers within +-8.5e37, NaN where
                missing; `(examples, ...)` for the whitening layers, which take no NaN.

        Raises:
            DataError: If the data are of another shape or kind.
            ArgumentError: If the layer was adapted before to data of another layout.
        """
        training = self._training_array(x)
        self._set_learned(training.shape[1:], self._learn(training))

    def _learn(self, x: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Return what is learned from float32 numbers in float64, named."""
        raise NotImplementedError

    def _training_array(self, x: ArrayLike) -> NDArray[np.float64]:
        array = np.asarray(x)
        if array.dtype.kind not in "biuf":
            raise DataError(
                "Training data must be real numbers.",
                received=f"dtype {array.dtype}",
                fix="Turn text and dates into numbers first.",
            )
        right_rank = array.ndim >= 2 if self.ANY_EXAMPLE_SHAPE else array.ndim == 2
        if not right_rank or array.size == 0:
            layout = "(examples, ...)" if self.ANY_EXAMPLE_SHAPE else "(examples, features)"
            raise DataError(
                f"Training data must have the shape {layout}, with at least one of each.",
                received=f"shape {array.shape}",
            )
        wide = array.astype(np.float64)
        if (np.abs(wide) > LARGEST).any():
            raise DataError(
                f"Training data must lie within +-{LARGEST:.1e}, or be NaN where missing.",
                received=plural(int((np.abs(wide) > LARGEST).sum()), "infinite or larger number"),
                fix="Replace them with NaN or correct them.",
            )
        return wide.astype(np.float32).astype(np.float64)

    def _set_learned(
        self, example_shape: tuple[int, ...], values: dict[str, NDArray[np.float64]]
    ) -> None:
        shapes = {name: value.shape for name, value in values.items()}
        if self._example_shape is None:
            self._create_weights(example_shape, shapes)
        known = {name: tuple(weight.shape) for name, weight in self._learned.items()}
        if self._example_shape != example_shape or known != shapes:
            raise ArgumentError(
                "A layer can only be adapted again to data of the same layout.",
                received=f"examples {self._example_shape} with weights {known}, "
                f"then examples {example_shape} with weights {shapes}",
                fix="Make a new layer.",
            )
        for name, value in values.items():
            self._learned[name].assign(value.astype(np.float32))

    def _create_weights(
        self, example_shape: tuple[int, ...], shapes: dict[str, tuple[int, ...]]
    ) -> None:
        self._example_shape = example_shape
        for name, shape in shapes.items():
            start = 0.0 if name in self.INDEX_WEIGHTS else np.nan
            self._learned[name] = self.add_weight(
                name=name,
                shape=shape,
                initializer=keras.initializers.Constant(start),
                dtype="float32",
                trainable=False,
                autocast=False,
            )

    def _value(self, name: str) -> keras.KerasTensor:
        return keras.ops.convert_to_tensor(self._learned[name])

    def _array(self, name: str) -> NDArray[np.float32]:
        """Return a learned weight as an array, outside graphs."""
        self._require_adapted()
        return np.asarray(keras.ops.convert_to_numpy(self._value(name)))

    def _require_adapted(self) -> tuple[int, ...]:
        """Return the shape of an example."""
        if self._example_shape is None:
            raise ArgumentError(
                f"`{type(self).__name__}` must be adapted to training data before it is called.",
                received=f"the layer {self.name!r}, which is not adapted",
                fix="Call `layer.adapt(x_train)` first.",
            )
        return self._example_shape

    def _check_input(self, input_shape: Shape) -> tuple[int, ...]:
        """Return the shape of an example."""
        expected = self._require_adapted()
        given = tuple(input_shape)[1:]
        if len(given) != len(expected) or any(
            size not in (None, known) for size, known in zip(given, expected, strict=True)
        ):
            raise ArgumentError(
                "The input must have the layout of the training data, "
                f"(batch, {', '.join(map(str, expected))}).",
                received=f"input_shape={tuple(input_shape)}",
            )
        return expected

    def build(self, input_shape: Shape) -> None:
        self._check_input(input_shape)
        self.built = True

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], *self._check_input(input_shape))

    def get_build_config(self) -> dict[str, object] | None:
        if self._example_shape is None:
            return None
        shapes = {name: list(weight.shape) for name, weight in self._learned.items()}
        return {"example_shape": list(self._example_shape), "weights": shapes}

    def build_from_config(self, config: dict[str, Any]) -> None:
        example_shape: tuple[int, ...] = tuple(config["example_shape"])
        if self._example_shape is None:
            shapes = {name: tuple(shape) for name, shape in config["weights"].items()}
            self._create_weights(example_shape, shapes)
        self.build((None, *example_shape))


def mean_and_deviation(
    x: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean and the standard deviation of every column, NaN ignored.

    Args:
        x: Numbers `(examples, columns)`, NaN where missing.

    Returns:
        The means and the standard deviations (divided by n), `(columns,)` each; 0 and 0 for a
        column that is all NaN.
    """
    known = ~np.isnan(x)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, x, 0.0).sum(axis=0) / count
    # In two passes: the mean of the squares minus the square of the mean would cancel.
    centred = np.where(known, x - mean, 0.0)
    return mean, np.sqrt((centred**2).sum(axis=0) / count)


def varies(spread: NDArray[np.float64], size: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return for each column whether its spread is more than float32 rounding.

    Args:
        spread: A standard deviation or half a range, at least 0, `(columns,)`.
        size: How large the numbers are in which it was measured, such as their mean's absolute
            value, `(columns,)`.

    Returns:
        True where `spread` exceeds the relative precision of float32 at `size` and is a normal
        float32 number, `(columns,)`.
    """
    limits = np.finfo(np.float32)
    return spread > np.maximum(float(limits.eps) * size, float(limits.tiny))


def check_flag(name: str, value: object) -> bool:
    """Return `value` if it is a boolean.

    Args:
        name: The argument's name, for the message.
        value: What the user gave.

    Raises:
        ArgumentError: If `value` is anything else, 0 and 1 included.
    """
    if not isinstance(value, bool):
        raise ArgumentError(f"`{name}` must be True or False.", received=f"{name}={value!r}")
    return value
