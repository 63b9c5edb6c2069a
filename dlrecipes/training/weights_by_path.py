"""The weights of a network under names that do not change from one build to the next.

Keras numbers layers that have no name of their own as they are made, in one count for the whole
process: `dense` of the first network is `dense_7` of a later one. Here each network is numbered
from its own beginning, as it would be in a new process.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.errors import BuilderError
from dlrecipes.training.network_record import default_name

Weights = Mapping[str, NDArray[np.generic]]
"""`{path: array}`, for example `{"dense/kernel": …, "dense/bias": …}`."""

_MOST_NAMED = 5


def weights_by_path(model: keras.Model) -> dict[str, NDArray[np.generic]]:
    """Return a network's weights by their paths, numbered from the network's own beginning.

    States of random generators are no weights, nor is what an optimizer keeps.

    Args:
        model: A built model.

    Raises:
        BuilderError: If two weights have one path.

    Example:
    >>> import keras
    >>> layers = [keras.Input((3,)), keras.layers.Dense(2), keras.layers.Dense(1)]
    >>> {path: one.shape for path, one in weights_by_path(keras.Sequential(layers)).items()}
    ... # doctest: +NORMALIZE_WHITESPACE
    {'sequential/dense/kernel': (3, 2), 'sequential/dense/bias': (2,),
     'sequential/dense_1/kernel': (2, 1), 'sequential/dense_1/bias': (1,)}
    """
    return {path: variable.numpy() for path, variable in _variables(model).items()}


def set_weights_by_path(model: keras.Model, weights: Weights) -> None:
    """Set some of a network's weights; all others stay as they are.

    Args:
        model: A built model.
        weights: Arrays by path, as `weights_by_path` names them for this network.

    Raises:
        BuilderError: If the network lacks a path, or has a weight of another shape there; none is
            set then.
    """
    own = _variables(model)
    wrong = [
        f"{path!r}, which the network lacks"
        if path not in own
        else f"{path!r} of shape {np.shape(value)}, not {tuple(own[path].shape)}"
        for path, value in weights.items()
        if path not in own or np.shape(value) != tuple(own[path].shape)
    ]
    if wrong:
        more = len(wrong) - _MOST_NAMED
        raise BuilderError(
            "Initial weights must be those of the network: the same paths, the same shapes.",
            received="; ".join(wrong[:_MOST_NAMED]) + (f"; {more:,} more" if more > 0 else ""),
            fix=f"The network has {', '.join(list(own)[:_MOST_NAMED])}"
            + (", …" if len(own) > _MOST_NAMED else "")
            + "; leave out what is not its own.",
        )
    for path, value in weights.items():
        own[path].assign(value)


def _variables(model: keras.Model) -> dict[str, keras.Variable]:
    """Return the weights by their paths, in the order of `model.get_weights()`."""
    renumbered = _renumbered(model)
    paths = [
        "/".join(renumbered.get(name, name) for name in variable.path.split("/"))
        for variable in model.weights
    ]
    twice = [path for path, count in Counter(paths).items() if count > 1]
    if twice:
        raise BuilderError(
            "Each weight of a network must have a path of its own.",
            received=f"{Counter(paths)[twice[0]]} weights at {twice[0]!r}",
            fix="Give its layers different names.",
        )
    return dict(zip(paths, model.weights, strict=True))


def _renumbered(model: keras.Model) -> dict[str, str]:
    """Return new names for the layers and variables that Keras has numbered."""
    layers = model._flatten_layers(include_self=True, recursive=True)
    named = [(layer.name, default_name(type(layer).__name__)) for layer in layers]
    named += [(variable.path.rsplit("/", 1)[-1], "variable") for variable in model.weights]
    numbers: dict[str, dict[int, str]] = {}
    for name, default in named:
        # `Bidirectional` puts a word before the names of its two layers.
        found = re.fullmatch(rf"((?:forward_|backward_)?{re.escape(default)})(?:_(\d+))?", name)
        if found:
            numbers.setdefault(found[1], {})[int(found[2] or 0)] = name
    return {
        name: f"{first}_{at}" if at else first
        for first, names in numbers.items()
        for at, (_, name) in enumerate(sorted(names.items()))
    }
