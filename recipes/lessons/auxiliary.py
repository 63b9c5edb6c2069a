"""Auxiliary targets: one network for three targets against one for each, at equal budgets.

Run it with `dlrecipes lesson auxiliary`.
"""

from __future__ import annotations

import keras
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy import stats

from dlrecipes.data import Split
from dlrecipes.lesson import COLOURS, Lesson, Measured, draw, start_again
from dlrecipes.models import build_multitask, build_table_encoder
from dlrecipes.recipe import load_recipe
from dlrecipes.results import DataSpec
from dlrecipes.targets import loss_and_metrics, score_predictions
from dlrecipes.training.heads import output_kinds
from dlrecipes.training.predictions import predict_network

MAIN = "worst_concavity"
SEEDS, FULL_SEEDS, EPOCHS, BATCH = 5, 20, 40, 64
MANY, FEW = "all its labels", "40 of its labels"
LABELS = 40
TOGETHER, ALONE = "with auxiliary targets", "alone"

Scores = dict[str, dict[str, list[float]]]
"""`{labels of the main target: {way: a skill a seed}}`"""


def run(*, full: bool = False) -> Measured:
    """Train one network for all three targets of the tumours, and one for each.

    Args:
        full: Twenty splits and starts instead of five.
    """
    recipe = load_recipe("multitask")
    scores: Scores = {labels: {TOGETHER: [], ALONE: []} for labels in (MANY, FEW)}
    others: Scores = {}
    model: keras.Model | None = None
    for seed in range(FULL_SEEDS if full else SEEDS):
        # Nothing is chosen by the validation part, so that it may judge, and be large.
        splits = recipe.load(validation_fraction=0.45, test_fraction=0.05, split_seed=seed)
        parts, spec = splits.development(), splits.model_spec
        names = [target.name for target in spec.targets]
        if model is None:
            model = _network(spec)
        for labels in scores:
            y = _with_labels(parts.train.y, names.index(MAIN), labels == FEW, seed)
            together = _skills(model, parts.train, y, parts.validation, spec, seed)
            scores[labels][TOGETHER].append(together[MAIN])
            for at, name in enumerate(names):
                if name != MAIN and labels == FEW:
                    continue
                only = np.where(np.arange(len(names)) == at, y, np.nan)
                skill = _skills(model, parts.train, only, parts.validation, spec, seed)[name]
                if name == MAIN:
                    scores[labels][ALONE].append(skill)
                else:
                    ways = others.setdefault(name, {TOGETHER: [], ALONE: []})
                    ways[TOGETHER].append(together[name])
                    ways[ALONE].append(skill)
    gains = {labels: np.subtract(each[TOGETHER], each[ALONE]) for labels, each in scores.items()}
    rows = [(f"{MAIN}, {labels}", each) for labels, each in scores.items()]
    rows += list(others.items())
    return Measured(
        columns=("target", TOGETHER, ALONE, "difference", "95 % from", "to"),
        rows=tuple(
            (
                name,
                float(np.mean(each[TOGETHER])),
                float(np.mean(each[ALONE])),
                *_interval(np.subtract(each[TOGETHER], each[ALONE])),
            )
            for name, each in rows
        ),
        figures={
            **{
                f"{way}, {labels}": float(np.mean(values))
                for labels, each in scores.items()
                for way, values in each.items()
            },
            **{f"gain, {labels}": float(gain.mean()) for labels, gain in gains.items()},
        },
        seen=(
            f"The main target is {MAIN}, a grade of three; the others are a diagnosis and a "
            "radius. "
            "Skill is the share of the error of knowing nothing that is predicted away. "
            f"{_said(MANY, gains[MANY])} {_said(FEW, gains[FEW])}"
        ),
        differs=_differs(gains),
        picture=_picture(scores),
    )


def _network(spec: DataSpec) -> keras.Model:
    """Return one network for all the ways: a target that is missing everywhere does not count."""
    model = build_multitask(
        spec.input_shape,
        spec.targets,
        trunk=build_table_encoder(spec, encoding="plain"),
        hidden_units=(64, 64),
        dropout_rate=0.2,
    )
    losses = {**loss_and_metrics(spec.targets), "metrics": None}
    model.compile(keras.optimizers.AdamW(3e-3, weight_decay=0.1), jit_compile=False, **losses)
    return model


def _with_labels(y: NDArray[np.float64], main: int, few: bool, seed: int) -> NDArray[np.float64]:
    """Return the targets, the main one of a few examples only if asked."""
    y = np.array(y, np.float64)
    if few:
        known = np.flatnonzero(~np.isnan(y[:, main]))
        hidden = np.random.default_rng(seed).permutation(known)[LABELS:]
        y[hidden, main] = np.nan
    return y


def _skills(
    model: keras.Model,
    train: Split,
    y: NDArray[np.float64],
    new: Split,
    spec: DataSpec,
    seed: int,
) -> dict[str, float]:
    """Train anew, and return the skill for each target on new examples."""
    start_again(model, seed=seed)
    named = {target.name: y[:, at].astype("float32") for at, target in enumerate(spec.targets)}
    model.fit(train.x, named, BATCH, EPOCHS, verbose=0)
    says = predict_network(model, new.x, output_kinds(model, spec), spec)
    scores = score_predictions(new.y, says, spec)
    found = {}
    for target in spec.targets:
        wrong = scores.get(f"{target.name}_mse", 1 - scores.get(f"{target.name}_accuracy", 0.0))
        found[target.name] = 1 - wrong / target.base_loss
    return found


def _interval(differences: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the mean over the seeds and its 95 % interval (Student's)."""
    low, high = stats.ttest_1samp(differences, 0).confidence_interval(0.95)
    return float(differences.mean()), float(low), float(high)


def _said(labels: str, gain: NDArray[np.float64]) -> str:
    mean, low, high = _interval(gain)
    return (
        f"With {labels}, the auxiliary targets change the skill for it by {mean:+.3f} "
        f"({low:+.3f} to {high:+.3f})."
    )


def _differs(gains: dict[str, NDArray[np.float64]]) -> str:
    helped = [labels for labels, gain in gains.items() if _interval(gain)[1] > 0]
    if len(helped) == len(gains):
        return ""
    if helped:
        return f"they help with {helped[0]}; otherwise chance alone may make the difference."
    return "chance alone may make these differences: the help is smaller than what seeds differ by."


def _picture(scores: Scores) -> Figure:
    figure = draw(1, len(scores), size=(3.4, 2.7))
    for panel, (labels, each) in zip(figure.axes, scores.items(), strict=True):
        for seed in zip(each[ALONE], each[TOGETHER], strict=True):
            panel.plot([0, 1], seed, "-", color="grey", alpha=0.5, zorder=1)
        for at, way in enumerate((ALONE, TOGETHER)):
            panel.plot([at] * len(each[way]), each[way], "o", color=COLOURS[at])
            panel.plot([at - 0.15, at + 0.15], [np.mean(each[way])] * 2, color=COLOURS[at], lw=3)
        panel.set_xticks([0, 1], [ALONE, TOGETHER.replace(" ", "\n", 1)])
        panel.set(title=labels, xlim=(-0.4, 1.4))
    figure.axes[0].set_ylabel(f"skill for {MAIN}")
    return figure


LESSON = Lesson(
    name="auxiliary",
    lecture="S1",
    title="Auxiliary targets",
    claim=(
        "A network that solves several related tasks learns a more general representation; the "
        "labels of the others help even if one task is all that matters."
    ),
    advice=(
        "Name related columns as further targets (`--target main,other`) above all where labels of "
        "the main one are rare, and compare with it alone: the help is not certain."
    ),
    run=run,
    holds={
        "with auxiliary targets, all its labels": (0.5, 0.85),
        "alone, all its labels": (0.5, 0.85),
        "gain, 40 of its labels": (-0.1, 0.3),
    },
    rows=("Auxiliary tasks", "Multi-task"),
    seconds=25,
    full_minutes=2,
)
