"""Which models the compiled engines train."""

from __future__ import annotations

import keras
import numpy as np

from dlrecipes.training.engines.compiled.leaves import OPTIMIZERS, all_layers, inner_optimizer
from dlrecipes.training.engines.compiled.unsupported import Unsupported

_OVERRIDDEN = ("train_step", "test_step", "compute_loss", "compute_metrics", "fit", "evaluate")


def check_supported(model: keras.Model) -> None:
    """Refuse a model that a compiled engine would train otherwise than Keras does.

    Raises:
        Unsupported: With the reason, to be logged.
    """
    kind = type(model).__name__
    if not isinstance(model, keras.Sequential) and not hasattr(model, "operations"):
        raise Unsupported(f"{kind} is neither functional nor Sequential")
    for name in _OVERRIDDEN:
        if getattr(type(model), name) is not getattr(keras.Model, name):
            raise Unsupported(f"{kind} has a `{name}` of its own")
    _check_ends(model)
    if model.run_eagerly:
        raise Unsupported("it was compiled with `run_eagerly=True`")
    if not model.trainable_variables:
        raise Unsupported("it has no trainable weights")
    for layer in all_layers(model):
        if isinstance(layer, keras.layers.SpectralNormalization):
            raise Unsupported(f"the layer {layer.name} changes weights while it is called")
        if getattr(layer, "stateful", False):
            raise Unsupported(f"the layer {layer.name} keeps a state between batches")
    _check_optimizer(inner_optimizer(model))


def _check_ends(model: keras.Model) -> None:
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise Unsupported(f"it has {len(model.inputs)} inputs and {len(model.outputs)} outputs")
    if not isinstance(model, keras.Sequential) and isinstance(model.output, dict):
        raise Unsupported("its outputs are a dictionary")


def check_loss(
    model: keras.Model, x: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None
) -> None:
    """Refuse a loss that depends on how the examples are divided into batches.

    The validation data are evaluated in other batches than in `fit`: a loss that is no mean
    over examples (Dice over a batch, a sum, a mean divided by the weights) has another value.

    Args:
        model: A compiled model.
        x: Some inputs, an even number.
        y: Their targets.
        sample_weight: `(examples,)` or None.

    Raises:
        Unsupported: With the reason, to be logged.
    """
    predictions = model(x, training=False)
    if getattr(predictions, "_keras_mask", None) is not None:
        raise Unsupported("its output has a mask")
    half = len(y) // 2
    parts = (slice(0, 2 * half), slice(0, half), slice(half, 2 * half))
    whole, *halves = (
        float(
            model._compile_loss(
                y[part],
                predictions[part],
                None if sample_weight is None else sample_weight[part],
            )
        )
        for part in parts
    )
    if not np.allclose(whole, np.mean(halves), rtol=1e-3, atol=1e-6, equal_nan=True):
        raise Unsupported("the loss is not the mean of the examples' losses")


def _check_optimizer(optimizer: keras.optimizers.Optimizer) -> None:
    if type(optimizer) not in OPTIMIZERS:
        raise Unsupported(f"the optimizer {type(optimizer).__name__} is not proven to be equal")
    for option in ("use_ema", "gradient_accumulation_steps"):
        if getattr(optimizer, option, None):
            raise Unsupported(f"the optimizer has `{option}`")
    schedule = keras.optimizers.schedules.LearningRateSchedule
    if not isinstance(optimizer._learning_rate, keras.Variable | schedule):
        raise Unsupported("the learning rate is a function")
