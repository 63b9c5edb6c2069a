"""Several targets from one trunk."""

from __future__ import annotations

import re
from collections.abc import Sequence

import keras

from dlrecipes.checks import check_flag, check_integer
from dlrecipes.errors import ArgumentError
from dlrecipes.layers import InvertedDropout
from dlrecipes.layers.activations import Activation
from dlrecipes.models.check_sizes import check_sizes
from dlrecipes.models.dense_block import dense_block
from dlrecipes.models.penalties import Penalised, kernel_penalties
from dlrecipes.results import Target
from dlrecipes.targets import kind_of

_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
"""What TensorFlow takes as the name of a scope."""


def build_multitask(  # noqa: PLR0913 - each argument is one choice of the architecture
    input_shape: Sequence[int],
    targets: Sequence[Target],
    *,
    trunk: keras.Model | None = None,
    hidden_units: Sequence[int] = (64, 64),
    head_units: Sequence[int] = (),
    wide: bool = False,
    activation: Activation = "relu",
    dropout_rate: float | None = None,
    l2: float | None = None,
    l1: float | None = None,
    penalised: Penalised = "all",
    batch_normalization: bool = False,
) -> keras.Model:
    """Return an uncompiled model with one trunk for all targets and a head for each.

    What the tasks share is learned from the examples of all of them. `loss_and_metrics` gives
    its losses, weights and metrics. `fit` takes the targets as a dictionary, NaN where one is
    missing.

    Args:
        input_shape: Shape of one example without the batch axis; flattened if it has more than
            one axis and no `trunk`.
        targets: The targets, at least one, with different names; see `describe_target`. A single
            one without a name is put out by itself, not in a dictionary.
        trunk: A model from examples to features `(batch, features)`, such as a convolutional one
            without its head; None for the hidden layers below.
        hidden_units: Width of each layer that all targets share; behind `trunk`, if there is one.
        head_units: Width of each layer that every target has for itself.
        wide: Whether the heads take the features, too, past the hidden layers. What is linear then
            needs no hidden unit: with few examples and targets that are nearly linear it is
            learned sooner.
        activation: Name of the hidden activation, or a function of a tensor; initialisers follow
            from it.
        dropout_rate: Share dropped behind each hidden layer, in [0, 1). None for no dropout.
        l2: L2 factor of the kernels (never of biases, nor in `trunk`), at least 0. None for no
            penalty; 0.0 keeps the term.
        l1: L1 factor of the kernels, likewise; with `l2` the penalty is elastic.
        penalised: Kernels that `l1` and `l2` hold for: `"all"`, `"hidden"` for all but those of
            the outputs, or a sequence of names or places: `"hidden_1"` or 0 is the first,
            `"head_2_1"` the first of the second target's own, `"head_2_outputs"` its last.
        batch_normalization: Whether to normalise before each activation.

    Returns:
        A model from `(batch, *input_shape)` to `{name: output}`: logits `(batch, 1)` (binary) or
        `(batch, classes)`, log-probabilities `(batch, classes)` (ordinal), or values `(batch, 1)`
        in the user's units.

    Raises:
        ArgumentError: If an argument is out of range.

    Example:
        >>> y = {
        ...     "price": [2.5, 1.5, 3.5, 1.0, 2.0] * 4,
        ...     "sold": ["no", "yes", "no", "yes", "no"] * 4,
        ... }
        >>> targets = dlr.data.from_arrays(np.arange(20.0).reshape(-1, 1), y).raw_spec.targets
        >>> model = dlr.models.build_multitask((1,), targets, hidden_units=(8,))
        >>> model.compile("adam", **dlr.targets.loss_and_metrics(targets))
        >>> {name: output.shape for name, output in model.output.items()}
        {'price': (None, 1), 'sold': (None, 1)}

    Reference:
        Caruana 1997, Multitask Learning; Cheng et al. 2016, Wide & Deep Learning for Recommender
        Systems.
    """
    names = [target.name for target in targets]
    valid = names == [""] or all(re.fullmatch(_NAME, name) for name in names)
    if not names or len(set(names)) != len(names) or not valid:
        raise ArgumentError(
            "`targets` must be at least one, with different names of letters, digits, `_`, `.` "
            "and `-`.",
            received=f"targets={names}",
        )
    shape = [
        check_integer(f"input_shape[{axis}]", size, 1) for axis, size in enumerate(input_shape)
    ]
    inputs = keras.Input(shape, name="inputs")
    x = inputs if trunk is None else trunk(inputs)
    if trunk is None and len(shape) != 1:
        x = keras.layers.Flatten(name="flatten")(x)
    if len(x.shape) != 2:
        raise ArgumentError(
            "`trunk` must put out features of the shape (batch, features).",
            received=f"an output of shape {tuple(x.shape)}",
            fix="End it with a pooling layer or `keras.layers.Flatten()`.",
        )

    shared_units = check_sizes("hidden_units", hidden_units, 0)
    own_units = check_sizes("head_units", head_units, 0)
    heads = [f"head_{index}" for index in range(1, len(targets) + 1)]
    last = [f"{head}_outputs" for head in heads]
    names_of_layers = [f"hidden_{index}" for index in range(1, len(shared_units) + 1)]
    for head in heads:
        names_of_layers += [f"{head}_{index}" for index in range(1, len(own_units) + 1)]
        names_of_layers.append(f"{head}_outputs")
    penalties = kernel_penalties(names_of_layers, l2=l2, l1=l1, penalised=penalised, outputs=last)

    def hidden(x: keras.KerasTensor, units: Sequence[int], name: str) -> keras.KerasTensor:
        for index, width in enumerate(units, start=1):
            x = dense_block(
                x,
                width,
                activation=activation,
                penalty=penalties[f"{name}_{index}"],
                batch_normalization=batch_normalization,
                name=f"{name}_{index}",
            )
            if dropout_rate is not None:
                x = InvertedDropout(dropout_rate, name=f"{name}_{index}_dropout")(x)
        return x

    shared = hidden(x, shared_units, "hidden")
    if check_flag("wide", wide) and shared_units:
        shared = keras.layers.Concatenate(name="wide")([x, shared])
    outputs = {}
    # Layers are numbered: a target may be called "hidden".
    for head, name, target in zip(heads, last, targets, strict=True):
        kind = kind_of(target)
        outputs[target.name] = kind.head(
            hidden(shared, own_units, head),
            penalty=penalties[name],
            bias=kind.start_bias(),
            name=name,
        )
    return keras.Model(inputs, outputs.get("", outputs), name="multitask")
