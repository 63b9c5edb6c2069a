"""What decides a score: rate and decay, or momentum and the betas.

Run it with `dlrecipes lesson momentum_importance`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers
from matplotlib.figure import Figure
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.preprocessing import StandardScaler

import dlrecipes as dlr
from dlrecipes.lesson import COLOURS, Lesson, Measured, draw, run_study

DATA: dict[str, Callable[..., Any]] = {
    "digits": load_digits,
    "breast cancer": load_breast_cancer,
    "wine": load_wine,
    "iris": load_iris,
}
OTHERS = {
    "SGD": {"momentum": (0.01, 0.99)},
    "AdamW": {"beta_1": (0.5, 0.99), "beta_2": (0.9, 0.9999)},
}
RATES = {"SGD": (1e-3, 3.0), "AdamW": (1e-5, 0.3)}
DECAY, EPOCHS = (1e-5, 1.0), 10


def run(*, full: bool = False) -> Measured:
    """Share out the variance of the validation losses of small networks.

    Args:
        full: Four data sets, three seeds and 256 trials instead of two, one and 64.
    """
    names = list(DATA) if full else ["breast cancer", "wine"]
    trials, seeds = (256, 3) if full else (64, 1)
    alone: dict[tuple[str, str], np.ndarray] = {}
    rows, predicted = [], []
    for rule in OTHERS:
        for name in names:
            found = [_shares(rule, name, trials, seed) for seed in range(seeds)]
            predicted += [one.pop("R²") for one in found]
            for what in found[0]:
                shares = np.array([one[what] for one in found])
                spread = (float(shares.std()),) if seeds > 1 else ()
                rows.append((rule, name, what, float(shares.mean()), *spread))
                alone.setdefault((rule, what), np.empty(0))
                alone[rule, what] = np.append(alone[rule, what], shares.mean())
    means = {key: float(values.mean()) for key, values in alone.items()}
    figures = {f"{what} of {rule}": share for (rule, what), share in means.items()}
    figures["R² of the forests"] = float(np.mean(predicted))
    others = {rule: max(OTHERS[rule], key=lambda what: means[rule, what]) for rule in OTHERS}
    return Measured(
        columns=(
            "rule",
            "data",
            "hyperparameter",
            "share of the losses' variance",
            *(("± seeds",) if seeds > 1 else ()),
        ),
        rows=tuple(rows),
        figures=figures,
        seen=(
            f"How much the losses differ is their variance. Over {len(names)} data sets the rate "
            f"alone explains {_ends(alone['SGD', 'learning_rate'])} of it under SGD and "
            f"{_ends(alone['AdamW', 'learning_rate'])} under AdamW; momentum "
            f"{_ends(alone['SGD', 'momentum'])} under SGD, and its pairs (that the best value of "
            f"one depends on another) {_ends(alone['SGD', 'pairs'])}; AdamW's β₁ "
            f"{_ends(alone['AdamW', 'beta_1'])}, β₂ {_ends(alone['AdamW', 'beta_2'])} and pairs "
            f"{_ends(alone['AdamW', 'pairs'])}."
            + ("" if seeds > 1 else " One study each: by how much others differ `--full` tells.")
        ),
        differs=_differs(alone, others),
        picture=_picture(means),
    )


def _ends(shares: np.ndarray) -> str:
    return f"{shares.min():.1%} to {shares.max():.1%}"


def _differs(alone: dict[tuple[str, str], np.ndarray], others: dict[str, str]) -> str:
    said = [
        f"under {rule} the weight decay explains {_ends(alone[rule, 'weight_decay'])}, less than "
        f"{what} with {_ends(alone[rule, what])}"
        for rule, what in others.items()
        if (alone[rule, "weight_decay"] < alone[rule, what]).all()
    ]
    if not said:
        return ""
    return (
        f"{'; '.join(said)}. Decay is against overfitting (learning the training part by heart): "
        f"these trainings last {EPOCHS} epochs, times through that part, and the score is that of "
        "the best one. The ranges that are searched decide the shares, too."
    )


def _shares(rule: str, name: str, trials: int, seed: int) -> dict[str, float]:
    """Return what each hyperparameter explains alone, all pairs together, and the R²."""
    x, y = DATA[name](return_X_y=True)
    splits = dlr.data.from_arrays(StandardScaler().fit_transform(x), y, split_seed=seed)
    stage = dlr.Stage("all", trials, EPOCHS, sampler="sobol", pruner="none")
    build = partial(_build, rule, x.shape[1], int(y.max()) + 1)
    found = run_study(build, splits, dlr.Plan((stage,)), seed=seed).interactions
    if found is None:
        raise RuntimeError(f"the forest cannot foretell the losses of {name} under {rule}")
    pairs = sum(pair.share for pair in found.pairs)
    return {**found.alone, "pairs": pairs, "R²": found.predicted}


def _build(rule: str, features: int, classes: int, hp: dlr.search.HyperParameters) -> keras.Model:
    rest = {
        name: hp.Float(name, *ends, sampling="reverse_log") for name, ends in OTHERS[rule].items()
    }
    optimizer = getattr(keras.optimizers, rule)(
        hp.Float("learning_rate", *RATES[rule], sampling="log"),
        weight_decay=hp.Float("weight_decay", *DECAY, sampling="log"),
        **rest,
    )
    model = keras.Sequential(
        [keras.Input((features,)), layers.Dense(32, "relu"), layers.Dense(classes)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss)
    return model


def _picture(means: dict[tuple[str, str], float]) -> Figure:
    figure = draw(1, len(OTHERS), size=(4.2, 2.6))
    for rule, panel in zip(OTHERS, figure.axes, strict=True):
        shares = {what: share for (other, what), share in means.items() if other == rule}
        order = ["learning_rate", "weight_decay", *OTHERS[rule], "pairs"]
        colours = [COLOURS[0], COLOURS[0], *[COLOURS[1]] * len(OTHERS[rule]), COLOURS[7]]
        panel.barh(order, [shares[what] for what in order], color=colours)
        panel.invert_yaxis()
        panel.set(title=rule, xlim=(0, 1), xlabel="share of the losses' variance")
    return figure


LESSON = Lesson(
    name="momentum_importance",
    lecture="S2",
    title="The learning rate decides most, weight decay hardly anything",
    claim=(
        "Of the many hyperparameters, the learning rate (by which each step is multiplied) and the "
        "weight decay (by which each weight shrinks in a step) are crucial; momentum, the part of "
        "the last step that SGD adds to the next, and others, such as the betas, over how many "
        "steps Adam takes its means, are more stable."
    ),
    advice=(
        "Spend trials on the learning rate first, together with momentum where the rule is SGD, "
        "and keep AdamW's betas at their defaults."
    ),
    run=run,
    holds={
        "learning_rate of SGD": (0.45, 0.9),
        "learning_rate of AdamW": (0.8, 1.0),
        "momentum of SGD": (0.02, 0.35),
        "beta_1 of AdamW": (0.0, 0.05),
        "beta_2 of AdamW": (0.0, 0.08),
        "weight_decay of SGD": (0.0, 0.1),
        "R² of the forests": (0.7, 1.0),
    },
    rows=("Momentum and others are more stable than LR and weight decay",),
    seconds=25,
    full_minutes=12,
)
