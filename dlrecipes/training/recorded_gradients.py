"""The gradient of a batch, weight by weight, on any backend of Keras."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.errors import ArgumentError
from dlrecipes.training.model_state import left_as_they_were


class GradientRecorder(keras.optimizers.Optimizer):
    """An optimizer that keeps the gradients and leaves the weights as they are.

    Only where a step is run eagerly are they numbers.
    """

    def __init__(self) -> None:
        super().__init__(learning_rate=0.0)
        self.gradients: dict[str, NDArray[np.float64]] = {}

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:  # noqa: ANN401  (Keras')
        """Keep gradients, by the paths of their weights.

        Args:
            grads: The gradients, None where there is none.
            trainable_variables: Their weights; None for those it was built with.
        """
        variables = (
            self._trainable_variables if trainable_variables is None else trainable_variables
        )
        for gradient, variable in zip(grads, variables, strict=True):
            if gradient is not None:
                dense = keras.ops.convert_to_tensor(gradient)
                values = np.asarray(keras.ops.convert_to_numpy(dense), np.float64)
                self.gradients[variable.path] = values


def gradients_of(model: keras.Model, x: Any, y: Any) -> dict[str, NDArray[np.float64]]:  # noqa: ANN401
    """Return the gradient of the loss of a batch, by the path of each weight.

    Args:
        model: Compiled, with weights; it is left as it was.
        x: Inputs as `train_on_batch` takes them, one batch.
        y: Targets likewise.

    Returns:
        `{path: gradient}`; a weight without a part in the loss is missing.

    Example:
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="out")])
        >>> model.compile("sgd", "mse")
        >>> gradients = dlr.training.gradients_of(model, np.ones((4, 2)), np.ones(4))
        >>> {path.split("/")[-1]: one.shape for path, one in gradients.items()}
        {'kernel': (2, 1), 'bias': (1,)}
    """
    recorder = GradientRecorder()
    with left_as_they_were(model):
        model.optimizer = recorder
        model.train_function = None
        model.run_eagerly = True
        model.train_on_batch(x, y)
    return recorder.gradients


class _Shift(keras.layers.Layer):
    """Inputs plus a weight of their own shape, which begins at 0: its gradient is theirs."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__(name="shift", dtype="float32")
        self.offset = self.add_weight(shape=shape, initializer="zeros", name="offset")

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        return inputs + self.offset


def input_gradients(model: keras.Model, x: Any, y: Any) -> NDArray[np.float64]:  # noqa: ANN401
    """Return the gradient of the loss of a batch by its inputs: what each of them counts.

    Args:
        model: Compiled, of one input of numbers; it is left as it was.
        x: Inputs, `(batch, …)`, in training mode.
        y: Targets, as `train_on_batch` takes them.

    Returns:
        An array of the shape of `x`. As the loss of a batch is the mean over its examples, that of
        a single example is `batch` times as large.

    Raises:
        ArgumentError: If the model is not compiled.

    Example:
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
        >>> model.compile("sgd", "mse")
        >>> model.set_weights([np.array([[3.0]])])  # the loss is (3 x)², its slope 18 x
        >>> dlr.training.input_gradients(model, np.array([[1.0]]), np.zeros(1)).tolist()
        [[18.0]]
    """
    if not getattr(model, "compiled", False):
        raise ArgumentError(
            "A model must be compiled to have a gradient.",
            received=f"{type(model).__name__} {model.name!r}, not compiled",
            fix='For example `model.compile("adam", "mse")`.',
        )
    values = np.asarray(x, "float32")
    shift = _Shift(values.shape)
    inputs = keras.Input(batch_shape=values.shape)
    with left_as_they_were(model):
        whole = keras.Model(inputs, model(shift(inputs)))
        whole.compile("sgd", model.loss)
        return gradients_of(whole, values, y)[shift.offset.path]
