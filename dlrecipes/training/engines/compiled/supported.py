"""Which models the compiled engines train."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from dlrecipes.losses import MaskedLoss
from dlrecipes.losses.masked_loss import known_targets
from dlrecipes.models import MemberModel
from dlrecipes.training.engines.compiled.leaves import OPTIMIZERS, all_layers
from dlrecipes.training.engines.compiled.stand_ins import last_activation, plausible_predictions
from dlrecipes.training.moving_optimizers import moving_optimizers, without_scaling

_OVERRIDDEN = ("train_step", "test_step", "compute_loss", "compute_metrics", "fit", "evaluate")
_LOOKUPS = (
    keras.layers.IntegerLookup,
    keras.layers.StringLookup,
    keras.layers.TextVectorization,
)


def check_supported(model: keras.Model) -> None:
    """Refuse a model that a compiled engine would train otherwise than Keras does.

    Raises:
        Unsupported: With the reason, to be logged.
    """
    kind = type(model).__name__
    if not isinstance(model, keras.Sequential) and not hasattr(model, "operations"):
        raise Unsupported(f"{kind} is neither functional nor Sequential")
    for name in _OVERRIDDEN:
        own = MemberModel if type(model) is MemberModel else keras.Model
        if getattr(type(model), name) is not getattr(own, name):
            raise Unsupported(f"{kind} has a `{name}` of its own")
    _check_ends(model)
    _check_mode(model)
    if not model.trainable_variables:
        raise Unsupported("it has no trainable weights")
    for layer in all_layers(model):
        if isinstance(layer, keras.layers.SpectralNormalization):
            raise Unsupported(f"the layer {layer.name} changes weights while it is called")
        if isinstance(layer, _LOOKUPS):
            raise Unsupported(f"the layer {layer.name} looks up values in a table")
        if getattr(layer, "stateful", False):
            raise Unsupported(f"the layer {layer.name} keeps a state between batches")
    _check_optimizers(model)


def _check_mode(model: keras.Model) -> None:
    if model.run_eagerly:
        raise Unsupported("it was compiled with `run_eagerly=True`")
    if tf.config.functions_run_eagerly():
        raise Unsupported("TensorFlow runs all functions eagerly")
    if model._distribute_strategy is not None:
        raise Unsupported("it was built under a distribution strategy")


def _check_ends(model: keras.Model) -> None:
    outputs = None if isinstance(model, keras.Sequential) else model.output
    if isinstance(outputs, dict | list | tuple) and len(outputs) != len(model.outputs):
        raise Unsupported("its outputs are a structure of structures")


def check_loss(
    model: keras.Model,
    x: object,
    y: object,
    sample_weight: np.ndarray | None,
    usual: set[str] | None = None,
) -> None:
    """Refuse a loss that depends on how the examples are divided into batches.

    The validation data are evaluated in other batches than in `fit`, and an epoch's last batch is
    filled up: a loss that is no mean over examples (Dice over a batch, a sum, a mean divided by
    the weights) has another value. A `MaskedLoss` is to be a mean over the examples whose target
    is known; see `Member.losses_by_batch`.

    Args:
        model: A compiled model.
        x: Some inputs as Keras takes them, at least two, the first half of them unlike the second.
        y: Their targets, of several outputs in a structure as Keras takes it.
        sample_weight: `(examples,)` or None.
        usual: Losses of Keras' own that passed with these examples, which need not be looked at
            again; those of the model are added.

    Raises:
        Unsupported: With the reason, to be logged.
    """
    usual = set() if usual is None else usual
    losses = model._compile_loss
    if losses is None:
        raise Unsupported("it was compiled without a loss")
    half = len(keras.tree.flatten(x)[0]) // 2
    parts = (slice(0, half), slice(half, 2 * half), slice(0, 2 * half))
    predictions = model(_rows(x, parts[-1]), training=False)
    whole = _added_losses(model)
    flat = keras.tree.flatten(predictions)
    if any(getattr(output, "_keras_mask", None) is not None for output in flat):
        raise Unsupported("its output has a mask")
    if whole:
        added = []
        for part in parts[:2]:
            model(_rows(x, part), training=False)
            added.append(sum(_added_losses(model)))
        if not _last_is_mean([*added, sum(whole)], (half, half, 2 * half)):
            raise Unsupported("what `add_loss` adds to the loss is not a mean over the examples")
    losses(_rows(y, parts[-1]), predictions)  # with examples Keras finds out what belongs together
    known = [_described(loss, model.outputs) for _, loss, *_ in losses._flat_losses]
    if all(known) and usual.issuperset(known):
        return
    for shown in plausible_predictions(model, predictions):
        for path, loss, _, name in losses._flat_losses:
            target = _at(path, y, losses.output_names)
            predicted = _at(path, shown, losses.output_names)
            values = [
                loss(
                    target[part],
                    predicted[part],
                    None if sample_weight is None else sample_weight[part],
                )
                for part in parts
            ]
            if not _last_is_mean(values, [_counted(loss, target[part]) for part in parts]):
                of = f" of {name}" if len(losses._flat_losses) > 1 else ""
                raise Unsupported(f"the loss{of} is not the mean of the examples' losses")
    usual.update(filter(None, known))


def _described(loss: keras.losses.Loss, outputs: Sequence[keras.KerasTensor]) -> str:
    """Return what tells a loss of Keras' own from others; empty for any other loss."""
    activations = [last_activation(output) for output in outputs]
    made = [type(loss), getattr(loss, "fn", None), *activations]
    modules = [str(getattr(part, "__module__", "")) for part in made if part is not None]
    if not all(module.startswith("keras.") for module in modules):
        return ""
    return repr((made[0], loss.get_config(), [output.shape for output in outputs], activations))


def _rows(y: object, part: slice) -> Any:  # noqa: ANN401  (an array or a structure)
    return keras.tree.map_structure(lambda array: array[part], y)


def _at(path: Sequence[Any], values: Any, names: Sequence[str]) -> Any:  # noqa: ANN401
    """Return what belongs to one of the losses.

    Args:
        path: Where Keras finds it among the model's outputs.
        values: In the structure of the outputs, by the names of the layers that put them out, or
            those of the only output.
        names: Those of these layers.
    """
    for key in path:
        if isinstance(values, dict) and key not in values:
            values = values[names[key]]
        elif isinstance(values, dict | list | tuple):
            values = values[key]
    return values


def _counted(loss: keras.losses.Loss, y: np.ndarray) -> int:
    """Return over how many of some examples a loss is a mean."""
    if isinstance(loss, MaskedLoss):
        return int(np.sum(known_targets(y, loss.missing)[1]))
    return len(y)


def _added_losses(model: keras.Model) -> list[float]:
    """Return what a model's layers added to the loss when it was called last.

    Keras divides penalties on activities by the number of examples; those on weights, which
    have nothing to do with examples, are left out.
    """
    losses = model.losses
    added = losses[: len(losses) - len(model._get_regularization_losses())]
    return [float(keras.ops.sum(loss)) for loss in added]


def _last_is_mean(values: Sequence[float], counts: Sequence[int]) -> bool:
    """Whether the value of a whole, the last, is the mean of the values of its halves.

    Args:
        values: Of the two halves and the whole.
        counts: How many examples each is a mean over.
    """
    *halves, whole = (
        float(value) * count / max(counts) for value, count in zip(values, counts, strict=True)
    )
    return np.allclose(whole, sum(halves), rtol=1e-3, atol=1e-6, equal_nan=True)


def _check_optimizers(model: keras.Model) -> None:
    outer = without_scaling(model)
    several = isinstance(outer, keras.optimizers.MultiOptimizer)
    if several and type(outer) is not keras.optimizers.MultiOptimizer:
        raise Unsupported(f"the optimizer {type(outer).__name__} is not proven to be equal")
    for optimizer in moving_optimizers(model):
        _check_optimizer(optimizer, alone=optimizer is model.optimizer)


def _check_optimizer(optimizer: keras.optimizers.Optimizer, *, alone: bool) -> None:
    if type(optimizer) not in OPTIMIZERS:
        raise Unsupported(f"the optimizer {type(optimizer).__name__} is not proven to be equal")
    if optimizer.gradient_accumulation_steps:
        raise Unsupported("the optimizer has `gradient_accumulation_steps`")
    if optimizer.use_ema and (optimizer.ema_overwrite_frequency or not alone):
        # Steps of which some do more have no batched form.
        raise Unsupported(
            "the optimizer averages weights under loss scaling or inside of a MultiOptimizer, or "
            "overwrites them"
        )
    schedule = keras.optimizers.schedules.LearningRateSchedule
    if not isinstance(optimizer._learning_rate, keras.Variable | schedule):
        raise Unsupported("the learning rate is a function")


class Unsupported(Exception):
    """A model that cannot be trained this way; the message says why."""
