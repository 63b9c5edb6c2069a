"""Many small dense networks trained at once by gradient descent, in NumPy.

What a lesson compares (rates, depths, starts) are dozens of networks that take a second each in
Keras, most of it for tracing. Here they are one batch of matrices; a test trains the same in Keras.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlrecipes.checks import check_choice, check_integer
from dlrecipes.errors import ArgumentError
from dlrecipes.lesson.descent import RULES, start_rule

Array = NDArray[np.float64]
Layers = list[tuple[Array, Array]]
_Pair = tuple[Callable[[Array], Array], Callable[[Array], Array]]
_ACTIVATIONS: dict[str, _Pair] = {
    "linear": (lambda z: z, np.ones_like),
    "relu": (lambda z: np.maximum(z, 0.0), lambda z: (z > 0).astype(np.float64)),
    "abs": (np.abs, np.sign),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
}
_LOSSES: dict[str, _Pair] = {  # of the error or the signed logit, and its slope
    "squared": (np.square, lambda error: 2 * error),
    "logistic": (
        lambda logit: np.logaddexp(0.0, logit),
        lambda logit: 0.5 * (1 + np.tanh(logit / 2)),
    ),
}


def draw_networks(
    networks: int, sizes: Sequence[int], *, scale: ArrayLike = 1.0, seed: int = 0
) -> Layers:
    """Return the first weights of many networks of one shape.

    Args:
        networks: How many, at least 1.
        sizes: Numbers of units, inputs and outputs among them.
        scale: Deviation of a weight times `sqrt(inputs)`, one number or one a network; with 1 the
            signal keeps its size in a linear network, with the root of 2 behind ReLU. Biases are 0.
        seed: An integer, at least 0; the first networks are the same whatever `networks` is.

    Returns:
        Kernels `(networks, inputs, units)` and biases `(networks, 1, units)`, a pair a layer.

    Example:
        >>> layers = dlr.lesson.draw_networks(10, (2, 8, 1))
        >>> [kernel.shape for kernel, _ in layers]
        [(10, 2, 8), (10, 8, 1)]
    """
    check_integer("networks", networks, 1)
    seeds = np.random.SeedSequence(check_integer("seed", seed, 0)).spawn(networks)
    generators = [np.random.default_rng(one) for one in seeds]
    scales = np.broadcast_to(np.asarray(scale, np.float64), (networks,))[:, None, None]
    return [
        (
            np.stack([one.normal(size=(inputs, units)) for one in generators])
            * (scales / np.sqrt(inputs)),
            np.zeros((networks, 1, units)),
        )
        for inputs, units in zip(sizes, sizes[1:], strict=False)
    ]


def outputs_of(layers: Layers, x: ArrayLike, *, activation: str = "relu") -> Array:
    """Return what each of many networks puts out, linear in the last layer.

    Args:
        layers: From `draw_networks` or `train_networks`.
        x: Inputs of all, `(examples, features)`, or of each, `(networks, examples, features)`.
        activation: `"relu"`, `"tanh"`, `"abs"` or `"linear"`.

    Returns:
        `(networks, examples, outputs)`.

    Example:
        >>> layers = dlr.lesson.draw_networks(10, (2, 8, 1))
        >>> dlr.lesson.outputs_of(layers, np.zeros((5, 2))).shape
        (10, 5, 1)
    """
    activate = _ACTIVATIONS[check_choice("activation", activation, _ACTIVATIONS)][0]
    values = np.asarray(x, np.float64)
    for at, (kernel, bias) in enumerate(layers):
        values = values @ kernel + bias
        values = activate(values) if at < len(layers) - 1 else values
    return values


def train_networks(  # noqa: PLR0913 - each argument is one choice of a training
    layers: Layers,
    x: ArrayLike,
    y: ArrayLike,
    *,
    rates: ArrayLike,
    steps: int,
    activation: str = "relu",
    loss: str = "squared",
    batch_size: int | None = None,
    seed: int = 0,
    rule: str = "sgd",
    momentum: ArrayLike = 0.9,
    decay: ArrayLike = 0.999,
    penalty: ArrayLike = 0.0,
) -> tuple[Layers, Array]:
    """Train many networks side by side, by plain gradient descent or another rule.

    Args:
        layers: The first weights, from `draw_networks`.
        x: Inputs of all, `(examples, features)`, or of each, `(networks, examples, features)`.
        y: Targets, `(examples, outputs)`, or with a first axis for the networks, too; 0 or 1 for
            the logistic loss.
        rates: The learning rate, one number or one a network.
        steps: How many, at least 1.
        activation: Of the hidden layers: `"relu"`, `"tanh"`, `"abs"` or `"linear"`.
        loss: `"squared"`, the mean squared error, or `"logistic"`, the binary cross-entropy of
            logits.
        batch_size: Examples a step, drawn anew in each epoch; None for all of them.
        seed: Of the order of the examples, which is the same for all networks.
        rule: One of `dlr.lesson.RULES`, as `descend` follows it.
        momentum: Of the rule, one number or one a network; plain gradient descent has none.
        decay: Likewise, of its mean of squares.
        penalty: λ of the kernels as in `descend`, one number or one a network; the loss that is
            returned is without it.

    Returns:
        The last weights, and the loss of each step before it was taken, `(steps, networks)`. A
        training that has diverged goes on in NaN or infinity.

    Raises:
        ArgumentError: If inputs and targets do not belong together.

    Example:
        >>> x = np.linspace(-1, 1, 20)[:, None]
        >>> layers = dlr.lesson.draw_networks(3, (1, 8, 1))
        >>> _, losses = dlr.lesson.train_networks(
        ...     layers, x, x**2, rates=[0.01, 0.1, 100.0], steps=50
        ... )
        >>> losses.shape, (losses[-1] < losses[0]).tolist()
        ((50, 3), [True, True, False])
    """
    activate, slope = _ACTIVATIONS[check_choice("activation", activation, _ACTIVATIONS)]
    value, gradient = _LOSSES[check_choice("loss", loss, _LOSSES)]
    inputs, targets = np.asarray(x, np.float64), np.asarray(y, np.float64)
    check_integer("steps", steps, 1)
    check_choice("rule", rule, RULES)
    if inputs.ndim < 2 or targets.ndim < 2 or inputs.shape[-2] != targets.shape[-2]:
        raise ArgumentError(
            "`x` and `y` must have the shapes (examples, features) and (examples, outputs).",
            received=f"x of shape {inputs.shape}, y of shape {targets.shape}",
        )
    weights = [(kernel.copy(), bias.copy()) for kernel, bias in layers]
    rate, inertia, forgetting, shrinking = (
        np.asarray(one, np.float64).reshape(-1, 1, 1) for one in (rates, momentum, decay, penalty)
    )
    steppers = [[start_rule(rule, rate, inertia, forgetting) for _ in pair] for pair in weights]
    losses = np.empty((steps, len(weights[0][0])))
    rows = _batches(inputs.shape[-2], batch_size, np.random.default_rng(seed))
    with np.errstate(all="ignore"):
        for step in range(steps):
            some = next(rows)
            signals, sums = [inputs[..., some, :]], []
            for at, (kernel, bias) in enumerate(weights):
                sums.append(signals[-1] @ kernel + bias)
                signals.append(activate(sums[-1]) if at < len(weights) - 1 else sums[-1])
            wanted = targets[..., some, :]
            if loss == "squared":
                error, sign = signals[-1] - wanted, np.ones(1)
            else:
                sign = 1 - 2 * wanted
                error = signals[-1] * sign
            losses[step] = value(error).mean(axis=(1, 2))
            back = gradient(error) * sign / (error.shape[1] * error.shape[2])
            for at in range(len(weights) - 1, -1, -1):
                kernel, bias = weights[at]
                if at < len(weights) - 1:
                    back = back * slope(sums[at])
                down = np.swapaxes(signals[at], -1, -2) @ back
                up = back @ np.swapaxes(kernel, 1, 2) if at else back
                of_kernel, of_bias = steppers[at]
                shrunk = shrinking * kernel
                if rule == "adamw":
                    kernel = kernel - of_kernel.send(down) - rate * shrunk
                else:
                    kernel = kernel - of_kernel.send(down + shrunk)
                weights[at] = kernel, bias - of_bias.send(back.sum(axis=1, keepdims=True))
                back = up
    return weights, losses


def _batches(
    examples: int, size: int | None, generator: np.random.Generator
) -> Iterator[slice | NDArray[np.int64]]:
    while size is None:
        yield slice(None)
    while True:
        order = generator.permutation(examples)
        for start in range(0, examples - size + 1, size):
            yield order[start : start + size]
