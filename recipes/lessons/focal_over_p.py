"""The focal loss over the probability of the true class, for several gammas.

Run it with `dlrecipes lesson focal_over_p`.
"""

from __future__ import annotations

import keras
import numpy as np
from matplotlib.figure import Figure

from dlrecipes.lesson import COLOURS, Lesson, Measured, draw
from dlrecipes.losses import FocalLoss

GAMMAS = (0.0, 0.5, 1.0, 2.0, 5.0)
EASY, HARD = 0.9, 0.1
EASY_ONES = 100
P_T = np.linspace(0.005, 0.995, 199)
Losses = dict[float, np.ndarray]


def run(*, full: bool = False) -> Measured:
    """Compare the loss with its formula and with Keras', and add up easy and hard examples.

    Args:
        full: There is no longer form.
    """
    losses = {gamma: _values(_ours(gamma), P_T) for gamma in GAMMAS}
    at_two = {gamma: _values(_ours(gamma), np.array([EASY, HARD])) for gamma in GAMMAS}
    fewer = {gamma: at_two[0.0][0] / easy for gamma, (easy, _) in at_two.items()}
    shares = {gamma: hard / (hard + EASY_ONES * easy) for gamma, (easy, hard) in at_two.items()}
    steps = {gamma: (_one_step(_ours(gamma)), _one_step(_of_keras(gamma))) for gamma in GAMMAS}
    finite = np.isfinite(list(steps.values())).sum(axis=0)
    figures = {
        "loss - formula, at most": max(
            _apart(losses[gamma], -((1 - P_T) ** gamma) * np.log(P_T)) for gamma in GAMMAS
        ),
        "loss - Keras', at most": max(
            _apart(losses[gamma], _values(_of_keras(gamma), P_T)) for gamma in GAMMAS
        ),
        "an easy one counts less at gamma 2, times": float(fewer[2.0]),
        "share of the hard one, gamma 0": float(shares[0.0]),
        "share of the hard one, gamma 2": float(shares[2.0]),
        "finite steps at a logit of 30": float(finite[0]),
    }
    return Measured(
        columns=(
            "gamma",
            f"loss at p = {EASY}",
            f"loss at p = {HARD}",
            "an easy one counts less, times",
            f"share of 1 hard one beside {EASY_ONES} easy ones",
            "a step on a sure one, ours",
            "the same, Keras' loss",
        ),
        rows=tuple(
            (
                gamma,
                *(float(loss) for loss in at_two[gamma]),
                float(fewer[gamma]),
                f"{shares[gamma]:.1%}",
                *("finite" if np.isfinite(step) else "not a number" for step in steps[gamma]),
            )
            for gamma in GAMMAS
        ),
        figures=figures,
        seen=(
            f"One example that is wrong (p = {HARD}) beside {EASY_ONES} that are right (p = "
            f"{EASY}) makes {shares[0.0]:.1%} of the cross-entropy (gamma 0) and "
            f"{shares[2.0]:.1%} of the focal loss at gamma 2, where an easy one counts "
            f"{fewer[2.0]:.0f} times less; at gamma 5 it makes {shares[5.0]:.1%}. Where the "
            "network is as good as certain and right (a score of 30 before the sigmoid), "
            f"{finite[0]} of {len(GAMMAS)} training steps give a number with our loss, "
            f"{finite[1]} with Keras'."
        ),
        picture=_picture(losses, shares),
    )


def _ours(gamma: float) -> keras.losses.Loss:
    return FocalLoss(gamma=gamma, reduction=None)


def _of_keras(gamma: float) -> keras.losses.Loss:
    return keras.losses.BinaryFocalCrossentropy(gamma=gamma, from_logits=True, reduction=None)


def _values(loss: keras.losses.Loss, p_t: np.ndarray) -> np.ndarray:
    logits = np.log(p_t / (1 - p_t)).astype("float32")[:, None]
    values = keras.ops.convert_to_numpy(loss(np.ones_like(logits), logits))
    return np.asarray(values, dtype="float64")


def _one_step(loss: keras.losses.Loss) -> float:
    """Return the weight after a step, of a network whose logit for the true class is 30."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.set_weights([np.full((1, 1), 30.0)])
    model.compile(keras.optimizers.SGD(0.1), loss, jit_compile=False, run_eagerly=True)
    model.train_on_batch(np.ones((1, 1)), np.ones((1, 1)))
    return float(model.get_weights()[0][0, 0])


def _apart(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.max(np.abs(one - other)))


def _picture(losses: Losses, shares: dict[float, float]) -> Figure:
    figure = draw(1, 2)
    left, right = figure.axes
    for colour, gamma in zip(COLOURS, GAMMAS, strict=False):
        left.plot(P_T, losses[gamma], color=colour, label=f"gamma {gamma:g}")
    left.set(
        title="loss over the probability", xlabel="p of the true class", ylabel="loss", ylim=(0, 5)
    )
    left.legend()
    names = [f"{gamma:g}" for gamma in GAMMAS]
    right.bar(names, list(shares.values()), color=COLOURS[: len(GAMMAS)])
    right.set(
        title=f"share of 1 hard beside {EASY_ONES} easy ones", xlabel="gamma", ylabel="of the loss"
    )
    return figure


LESSON = Lesson(
    name="focal_over_p",
    lecture="S2",
    title="The focal loss turns to the examples that are still wrong",
    claim=(
        "The loss counts how wrong a network is; the usual one, the cross-entropy, is -log p, "
        "with p the probability that it gave to the truth. Many easy examples, each with a small "
        "loss, together hide the few hard ones. The focal loss multiplies it by (1 - p)^gamma, "
        "which takes the weight away from those that are right already."
    ),
    advice=(
        "Where easy examples are the vast majority, try a focal loss beside the cross-entropy and "
        "compare them by what you want in the end (such as the average precision), as the two "
        "losses cannot be compared. `detection` does so; there it won nothing."
    ),
    run=run,
    holds={
        "loss - formula, at most": (0, 1e-4),
        "loss - Keras', at most": (0, 1e-4),
        "an easy one counts less at gamma 2, times": (99, 101),
        "share of the hard one, gamma 0": (0.17, 0.19),
        "share of the hard one, gamma 2": (0.9, 0.97),
        "finite steps at a logit of 30": (len(GAMMAS), len(GAMMAS)),
    },
    rows=("Focal",),
    seconds=3,
)
