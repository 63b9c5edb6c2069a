"""Seven optimizers, each tuned by as many draws, and only then compared.

Run it with `dlrecipes lesson optimisers`; `--full` has ten studies of 80 draws.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy import stats
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from dlrecipes.lesson import (
    COLOURS,
    Lesson,
    Measured,
    draw,
    draw_networks,
    outputs_of,
    train_networks,
)
from dlrecipes.lesson.many_networks import Layers

Array = NDArray[np.float64]
Part = tuple[Array, Array]

RULES = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw")
LOWEST, HIGHEST = -4.0, 1.0  # powers of ten between which a rate is drawn, for every rule
UNITS, BATCH, STEPS, EPOCH = 32, 50, 240, 12  # an epoch of 600 digits has 12 steps
DRAWS, STUDIES = {False: 16, True: 80}, {False: 3, True: 10}
CHOSEN, STARTS = 3, 3  # so many of the draws are trained from more starts before one is chosen


@dataclass(frozen=True)
class Study:
    """What the draws of one rule gave, and its best one, trained from new starts.

    Args:
        rates: `(draws,)`.
        scores: Loss on the validation part of each, `(draws,)`.
        rate: Of the one that was chosen.
        new: Loss on new digits of the best, a mean over its starts.
        right: Share of right answers on them.
        curve: Its training loss by epoch.
    """

    rates: Array
    scores: Array
    rate: float
    new: float
    right: float
    curve: Array


def run(*, full: bool = False) -> Measured:
    """Tune each rule by the same draws, and train the best of each from new starts.

    Args:
        full: Whether there are ten studies of 80 draws, instead of three of 16.
    """
    parts = _parts()
    studies = {
        rule: [_study(rule, parts, DRAWS[full], number) for number in range(STUDIES[full])]
        for rule in RULES
    }
    new = {rule: np.array([one.new for one in found]) for rule, found in studies.items()}
    ends = {
        rule: float(np.mean([one.curve[-1] for one in found])) for rule, found in studies.items()
    }
    near = {
        rule: float(
            np.mean([one.scores < 2 * _lowest(studies, at) for at, one in enumerate(found)])
        )
        for rule, found in studies.items()
    }
    # The studies have the same draws, so that pairs are compared.
    behind = {rule: _interval(new[rule] - new["adam"]) for rule in RULES if rule != "adam"}
    slow = {
        rule: float(np.mean([_epochs(one.curve, ends["sgd"]) for one in found]))
        for rule, found in studies.items()
    }
    figures = {f"loss, {rule}": float(values.mean()) for rule, values in new.items()}
    figures |= {f"draws near the best, {rule}": value for rule, value in near.items()}
    figures["training loss, SGD over Adam"] = ends["sgd"] / ends["adam"]
    figures["epochs of Adam to SGD's training loss"] = slow["adam"]
    worse = [rule for rule, (_, low, _) in behind.items() if low > 0]
    better = [rule for rule, (_, _, high) in behind.items() if high < 0]
    return Measured(
        columns=(
            "rule",
            "loss on new digits",
            "± studies",
            "more than Adam's, 95 %",
            "right",
            "training loss",
            "epochs to SGD's last training loss",
            "chosen rate, middle",
            "lowest to highest",
            "draws below twice the lowest loss",
        ),
        rows=tuple(
            (
                rule,
                figures[f"loss, {rule}"],
                float(new[rule].std(ddof=1)),
                _between(behind[rule]) if rule in behind else None,
                float(np.mean([one.right for one in found])),
                ends[rule],
                slow[rule],
                _middle(found),
                _range([one.rate for one in found]),
                f"{100 * near[rule]:.0f} %",
            )
            for rule, found in studies.items()
        ),
        figures=figures,
        seen=(
            f"With {DRAWS[full]} draws each of learning rate, momentum and penalty (on large "
            f"weights), and {STEPS} steps, Adam's loss on new digits is "
            f"{figures['loss, adam']:.2f}, RMSProp's {figures['loss, rmsprop']:.2f}, plain SGD's "
            f"{figures['loss, sgd']:.2f}. Beyond the "
            f"noise of {STUDIES[full]} studies, worse than Adam: {_names(worse)}; better: "
            f"{_names(better)}. Adam's training loss is where SGD ends after {slow['adam']:.0f} of "
            f"{STEPS // EPOCH} epochs (times through the training part), that of SGD with momentum "
            f"after {slow['momentum']:.0f}. Of Adam's draws {near['adam']:.0%} come near the best "
            "(below twice the lowest loss of all rules on digits kept out), of SGD's "
            f"{near['sgd']:.0%}, with momentum {near['momentum']:.0%}."
        ),
        differs=(
            f"tuned as well, {_names([one for one in behind if one not in [*worse, *better]])} "
            f"cannot be told from Adam by {STUDIES[full]} studies. What differs more than the "
            "results is where the good "
            f"rates lie: Adam's are some {_apart(studies):.0f} times smaller than SGD's, so that a "
            "comparison at one rate may come out either way."
        ),
        picture=_picture(studies),
    )


def _parts() -> list[Part]:
    """Return what is trained on, what draws are chosen by, and what is new."""
    data = load_digits()
    x, rest, y, others = train_test_split(
        data.data / 16, np.eye(10)[data.target], train_size=600, random_state=0
    )
    return [(x, y), (rest[:400], others[:400]), (rest[400:], others[400:])]


def _study(rule: str, parts: list[Part], draws: int, number: int) -> Study:
    train, validation, new = parts
    generator = np.random.default_rng(number)  # the same draws for every rule
    drawn = {
        "rates": 10 ** generator.uniform(LOWEST, HIGHEST, draws),
        "momentum": 1 - 10 ** generator.uniform(-2, -0.3, draws),
        "decay": 1 - 10 ** generator.uniform(-3, -1, draws),
        "penalty": 10 ** generator.uniform(-6, -2, draws),
    }
    scores, _ = _judge(_train(rule, *train, drawn, 3 * number)[0], *validation)
    # One start may be lucky, above all at a rate that is nearly too high.
    few = np.repeat(scores.argsort()[:CHOSEN], STARTS)
    again = {name: values[few] for name, values in drawn.items()}
    by_start, _ = _judge(_train(rule, *train, again, 3 * number + 1)[0], *validation)
    best = few[STARTS * by_start.reshape(-1, STARTS).max(axis=1).argmin()]
    last = {name: np.repeat(values[best], STARTS) for name, values in drawn.items()}
    trained, losses = _train(rule, *train, last, 3 * number + 2)
    loss, right = _judge(trained, *new)
    curve = 10 * losses.mean(axis=1).reshape(-1, EPOCH).mean(axis=1)
    return Study(
        drawn["rates"], scores, drawn["rates"][best], float(loss.mean()), float(right.mean()), curve
    )


def _train(
    rule: str, x: Array, y: Array, numbers: dict[str, Array], seed: int
) -> tuple[Layers, Array]:
    layers = draw_networks(len(numbers["rates"]), (64, UNITS, 10), scale=np.sqrt(2), seed=seed)
    options = {"loss": "logistic", "batch_size": BATCH, "steps": STEPS, "seed": seed}
    return train_networks(layers, x, y, rule=rule, **options, **numbers)  # type: ignore[arg-type]


def _judge(layers: Layers, x: Array, y: Array) -> tuple[Array, Array]:
    """Return loss and share of right answers of each network; one that diverged is at infinity."""
    with np.errstate(all="ignore"):
        logits = outputs_of(layers, x)
        losses = np.logaddexp(0, (1 - 2 * y) * logits).sum(axis=2).mean(axis=1)
    right = np.mean(logits.argmax(axis=2) == y.argmax(axis=1), axis=1)
    return np.where(np.isfinite(losses), losses, np.inf), right


def _lowest(studies: dict[str, list[Study]], at: int) -> float:
    return min(float(found[at].scores.min()) for found in studies.values())


def _epochs(curve: Array, loss: float) -> int:
    below = np.flatnonzero(curve <= loss)
    return int(below[0]) + 1 if len(below) else len(curve)


def _interval(values: Array) -> tuple[float, float, float]:
    mean, error = float(values.mean()), stats.sem(values)
    half = float(stats.t.ppf(0.975, len(values) - 1) * error)
    return mean, mean - half, mean + half


def _between(interval: tuple[float, float, float]) -> str:
    return "{:+.2f} ({:+.2f} to {:+.2f})".format(*interval)


def _range(rates: list[float]) -> str:
    return f"{min(rates):.2g} to {max(rates):.2g}"


def _names(rules: list[str]) -> str:
    return ", ".join(rules) or "none"


def _middle(found: list[Study]) -> float:
    """Return the geometric mean of the chosen rates."""
    return float(np.exp(np.mean([np.log(one.rate) for one in found])))


def _apart(studies: dict[str, list[Study]]) -> float:
    """Return SGD's chosen rate by Adam's, a geometric mean over the studies."""
    return _middle(studies["sgd"]) / _middle(studies["adam"])


def _picture(studies: dict[str, list[Study]]) -> Figure:
    figure = draw(1, 2, size=(4.2, 3.2))
    left, right = figure.axes
    for (rule, found), colour in zip(studies.items(), COLOURS, strict=False):
        rates = np.concatenate([one.rates for one in found])
        scores = np.concatenate([one.scores for one in found])
        left.scatter(rates, scores, s=9, color=colour, alpha=0.8)
        curve = np.mean([one.curve for one in found], axis=0)
        right.plot(np.arange(1, len(curve) + 1), curve, color=colour, label=rule)
    left.set(
        xscale="log",
        yscale="log",
        ylim=(0.2, 6),
        xlabel="learning rate",
        ylabel="validation loss of a draw",
    )
    right.set(yscale="log", xlabel="epoch", ylabel="training loss of the best")
    right.legend(fontsize=7, ncols=2)
    return figure


LESSON = Lesson(
    name="optimisers",
    lecture="S4",
    title="Optimizers are compared when each is tuned",
    claim=(
        "Plain gradient descent (SGD), which moves each weight against the slope of the loss, is "
        "slow and may get stuck. Momentum adds a part of the last step (Nesterov: looking ahead), "
        "AdaGrad and RMSProp give each weight a step size of its own, Adam does both (AdamW: with "
        "weights that shrink in each step): take Adam, or else RMSProp."
    ),
    advice=(
        "Tune the learning rate of whichever rule you take before you compare it. Adam is a fair "
        "beginning: more of its random settings came near the best than of plain SGD's. That its "
        "best is better than that of momentum, tuned as well, was not seen."
    ),
    run=run,
    holds={
        "loss, adam": (0.2, 0.7),
        "loss, momentum": (0.2, 0.7),
        "loss, sgd": (0.2, 1.5),
        "training loss, SGD over Adam": (0.8, 30),
        "draws near the best, adam": (0.1, 0.9),
    },
    rows=("Optimisers",),
    seconds=22,
    full_minutes=4,
)
