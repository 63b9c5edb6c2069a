"""Plain and residual networks of 8, 20 and 56 layers, with and without BatchNormalization.

Run it with `dlrecipes lesson residual_depth`; `--full` trains the deepest, too, from five draws.
"""

from __future__ import annotations

import itertools

import keras
import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

from dlrecipes.diagnose import gradient_norms
from dlrecipes.lesson import COLOURS, Lesson, Measured, draw
from dlrecipes.models import build_resnet

NETWORKS = {  # shortcuts, normalisation
    "plain": (False, False),
    "residual": (True, False),
    "plain, normalised": (False, True),
    "residual, normalised": (True, True),
}
DEPTHS = (8, 20, 56)
FILTERS, BATCH, COUNT = (4, 8, 16), 64, 768
SHORT = set(itertools.product(NETWORKS, (8, 20)))
EPOCHS = {False: 2, True: 30}


def run(*, full: bool = False) -> Measured:
    """Take the gradient of the first layer before training, and the loss after some.

    Args:
        full: Whether all are trained, from five draws, and longer.
    """
    data = load_digits()
    x = ((data.images - data.images.mean()) / data.images.std())[:COUNT, ..., None]
    x, y = x.astype("float32"), data.target[:COUNT]
    gradients, losses = {}, {}
    for name, depth in itertools.product(NETWORKS, DEPTHS):
        draws = 5 if full else 2 if (name, depth) in SHORT else 1  # more where trained
        models = [_network(name, depth, seed) for seed in range(draws)]
        norms = [gradient_norms(one, x[:BATCH], y[:BATCH]) for one in models]
        gradients[name, depth] = np.array([next(iter(one.values())) for one in norms])
        if full or (name, depth) in SHORT:
            losses[name, depth] = _train(models, x, y, EPOCHS[full])
    first = {key: float(np.median(found)) for key, found in gradients.items()}
    after = {key: float(np.median(found)) for key, found in losses.items()}
    figures = {f"gradient, {name}, {depth}": value for (name, depth), value in first.items()}
    figures |= {f"loss, {name}, {depth}": value for (name, depth), value in after.items()}
    return Measured(
        columns=(
            "network",
            "layers",
            "gradient of the first layer",
            f"training loss after {EPOCHS[full]} epochs",
            "lowest to highest, of several first weights",
        ),
        rows=tuple(
            (*key, value, after.get(key, "not trained"), _spread(losses.get(key)))
            for key, value in first.items()
        ),
        figures=figures,
        seen=_seen(first, after, EPOCHS[full]),
        differs=_differs(first, losses, EPOCHS[full]),
        picture=_picture(gradients, losses),
    )


def _network(name: str, depth: int, seed: int) -> keras.Model:
    keras.utils.set_random_seed(seed)
    shortcuts, normalised = NETWORKS[name]
    model = build_resnet(
        (8, 8, 1),
        10,
        filters=FILTERS,
        blocks_per_stage=(depth - 2) // 6,  # of two layers each, beside the first and the last
        shortcuts=shortcuts,
        batch_normalization=normalised,
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), loss, jit_compile=False)
    return model


def _train(models: list[keras.Model], x: np.ndarray, y: np.ndarray, epochs: int) -> np.ndarray:
    """Return the training loss of the last epoch of each; the first is traced for all of them."""
    host = models[0]
    host.optimizer.build(host.trainable_variables)
    fresh = [keras.ops.convert_to_numpy(one).copy() for one in host.optimizer.variables]
    found = []
    for weights in [one.get_weights() for one in models]:
        host.set_weights(weights)
        for variable, value in zip(host.optimizer.variables, fresh, strict=True):
            variable.assign(value)
        keras.utils.set_random_seed(0)
        history = host.fit(x, y, batch_size=BATCH, epochs=epochs, verbose=0).history
        found.append(history["loss"][-1])
    return np.array(found)


def _spread(losses: np.ndarray | None) -> str | None:
    return None if losses is None else f"{losses.min():.2f} to {losses.max():.2f}"


def _seen(
    first: dict[tuple[str, int], float], after: dict[tuple[str, int], float], epochs: int
) -> str:
    deep = max(depth for _, depth in after)
    return (
        f"Without normalisation the gradient of the first layer falls from {first['plain', 8]:.3g} "
        f"(8 layers) to {first['plain', 56]:.3g} (56) in the plain network and does not fall in "
        f"the residual one ({first['residual', 8]:.3g} and {first['residual', 56]:.3g}). From 8 "
        f"to {deep} layers the loss after {epochs} epochs goes "
        + "; ".join(
            f"from {after[name, 8]:.2f} to {after[name, deep]:.2f} ({name})" for name in NETWORKS
        )
        + f". Small is good; guessing has {np.log(10):.2f}."
    )


def _differs(
    first: dict[tuple[str, int], float], losses: dict[tuple[str, int], np.ndarray], epochs: int
) -> str:
    deep = max(depth for _, depth in losses)
    alone = (
        "shortcuts alone are not enough: without normalisation the residual network, too, is worse "
        f"with {deep} layers than with 8 after {epochs} epochs. "
        if losses["residual", deep].min() > losses["residual", 8].max()
        else ""
    )
    shallow = (
        f"With 8 layers shortcuts alone {_against(losses['residual', 8], losses['plain', 8])} "
        "neither shortcuts nor normalisation, and both together "
        f"{_against(losses['residual, normalised', 8], losses['plain, normalised', 8])} "
        "normalisation alone. "
    )
    return (
        f"{alone}{shallow}S3 has the gradient vanish; it can also become too large: at 56 layers "
        f"it is {first['residual', 56]:.3g} in the residual network without normalisation, "
        f"{first['plain, normalised', 56]:.3g} in the plain one with it, and "
        f"{first['residual, normalised', 56]:.3g} with both."
    )


def _against(one: np.ndarray, other: np.ndarray) -> str:
    """Return the words between two networks; ranges of losses that overlap are no difference."""
    if one.min() > other.max():
        return "are worse than"
    return "are better than" if one.max() < other.min() else "cannot be told from"


def _picture(
    gradients: dict[tuple[str, int], np.ndarray], losses: dict[tuple[str, int], np.ndarray]
) -> Figure:
    figure = draw(1, 2)
    for name, colour in zip(NETWORKS, COLOURS, strict=False):
        for panel, found in zip(figure.axes, (gradients, losses), strict=True):
            there = [depth for depth in DEPTHS if (name, depth) in found]
            medians = [float(np.median(found[name, depth])) for depth in there]
            panel.plot(there, medians, "o-", color=colour, label=name)
    left, right = figure.axes
    left.set(xlabel="layers", ylabel="gradient of the first layer", yscale="log", xticks=DEPTHS)
    right.set(xlabel="layers", ylabel="training loss", xticks=DEPTHS)
    left.legend(fontsize=7)
    return figure


LESSON = Lesson(
    name="residual_depth",
    lecture="S3, S4",
    title="Twenty layers train with shortcuts and normalisation together",
    claim=(
        "A training step moves each weight by its gradient, which is computed from the last layer "
        "back to the first. In a network of many layers it dies out on the way, and a deeper "
        "network trains worse than a shallow one. With shortcuts that add the input of every two "
        "layers to their output (a residual network) it arrives, and depth does no harm. Measured "
        "with and without BatchNormalization, which brings the numbers of each layer to mean 0 "
        "and spread 1."
    ),
    advice=(
        "With as many as 20 layers use shortcuts and normalisation together: of the four networks "
        "this one learned best. Where between 8 and 20 that begins was not measured."
    ),
    run=run,
    holds={
        "gradient, plain, 56": (0, 1e-4),
        "gradient, residual, 56": (1e-2, 1e6),
        "gradient, plain, normalised, 56": (1e-2, 1e6),
        "gradient, residual, normalised, 56": (1e-2, 1e3),
        "loss, plain, 20": (2.2, 2.4),
        "loss, residual, normalised, 20": (0.05, 1.8),
    },
    rows=("Revolution of depth: plain against residual", "Vanishing fix"),
    seconds=45,
    full_minutes=15,
)
