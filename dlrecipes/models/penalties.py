"""The penalties of a network's kernels, and which of its layers they hold for."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from dlrecipes.checks import did_you_mean, shown
from dlrecipes.errors import ArgumentError
from dlrecipes.layers.kernels import kernel_penalty

Penalised = str | Sequence[str | int]
"""`"all"`, `"hidden"`, or names and places of layers."""


def kernel_penalties(
    layers: Sequence[str],
    *,
    l2: float | None,
    l1: float | None,
    penalised: Penalised,
    outputs: Sequence[str] = ("outputs",),
) -> dict[str, keras.regularizers.Regularizer | None]:
    """Return for each layer that has a kernel a regulariser of its own, or None.

    Args:
        layers: Their names, from the first to the last.
        l2: L2 factor, at least 0; None for none.
        l1: L1 factor likewise.
        penalised: `"all"`, `"hidden"` for all but the outputs, or a sequence of names and places,
            counted from 0, or from -1 backwards.
        outputs: The names of those that put out.

    Raises:
        ArgumentError: If a factor is negative or there is no such layer.
    """
    if isinstance(penalised, str) and penalised in ("all", "hidden"):
        chosen = {name for name in layers if penalised == "all" or name not in outputs}
    elif isinstance(penalised, str) or not isinstance(penalised, Sequence):
        raise ArgumentError(
            '`penalised` must be "all", "hidden" or a sequence of names and places of layers.',
            received=f"penalised={shown(penalised)}",
            fix=f"The layers are {', '.join(layers)}.",
        )
    else:
        chosen = {_name(one, layers) for one in penalised}
    kernel_penalty(l2, l1)  # which says what is wrong with a factor, whatever it holds for
    return {name: kernel_penalty(l2, l1) if name in chosen else None for name in layers}


def _name(given: object, layers: Sequence[str]) -> str:
    """Return the name of a layer that is given by its name or its place."""
    place = isinstance(given, int) and not isinstance(given, bool)
    if isinstance(given, int) and place and -len(layers) <= given < len(layers):
        return layers[given]
    if isinstance(given, str) and given in layers:
        return given
    raise ArgumentError(
        "`penalised` must name layers of the network, or their places.",
        received=f"penalised with {shown(given)}",
        fix=" ".join(
            filter(None, (did_you_mean(given, layers), f"The layers are {', '.join(layers)}."))
        ),
    )
