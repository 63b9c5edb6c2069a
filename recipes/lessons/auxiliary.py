"""Auxiliary targets: one network for three targets against one for each, at equal budgets.

Run it with `dlrecipes lesson auxiliary`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import keras
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy import stats

from dlrecipes.data import Development
from dlrecipes.lesson import COLOURS, Lesson, Measured, draw, start_again
from dlrecipes.models import build_multitask, build_table_encoder
from dlrecipes.recipe import load_recipe
from dlrecipes.results import DataSpec
from dlrecipes.targets import loss_and_metrics, score_predictions
from dlrecipes.training.outputs import output_kinds
from dlrecipes.training.predictions import predict_network

MAIN, OTHERS = "worst_concavity", ("diagnosis", "worst_radius")
SEEDS, FULL_SEEDS, EPOCHS, BATCH = 5, 20, 30, 64
LABELS = 40
MANY, FEW = f"{MAIN}, all its labels", f"{MAIN}, {LABELS} of its labels"
TOGETHER, ALONE = "with auxiliary targets", "alone"

Scores = dict[str, dict[str, list[float]]]
"""`{row: {way: a skill a seed}}`"""


@dataclass(frozen=True, eq=False)
class _Network:
    """A network, whether it has few labels of the main target, and what it is trained for."""

    few: bool
    spec: DataSpec
    model: keras.Model


def run(*, full: bool = False) -> Measured:
    """Train one network for all three targets of the tumours, and one for each.

    Args:
        full: Twenty splits and starts instead of five.
    """
    recipe = load_recipe("multitask")
    scores: Scores = {row: {TOGETHER: [], ALONE: []} for row in (MANY, FEW, *OTHERS)}
    networks: list[_Network] = []
    for seed in range(FULL_SEEDS if full else SEEDS):
        # Nothing is chosen by the validation part, so that it may judge, and be large.
        splits = recipe.load(validation_fraction=0.45, test_fraction=0.05, split_seed=seed)
        if not networks:
            networks = _networks(splits.model_spec)
            together = _side_by_side(networks)
        start_again(together, seed=seed)
        skills = _skills(together, networks, splits.development(), seed)
        for row, each in scores.items():
            name, few = row.partition(",")[0], row == FEW
            each[TOGETHER].append(skills[few, len(OTHERS) + 1, name])
            each[ALONE].append(skills[few, 1, name])
    gains = {row: np.subtract(each[TOGETHER], each[ALONE]) for row, each in scores.items()}
    return Measured(
        columns=(
            "target",
            f"skill {TOGETHER}",
            f"skill {ALONE}",
            "difference",
            "its 95 % interval from",
            "to",
        ),
        rows=tuple(
            (
                row,
                float(np.mean(each[TOGETHER])),
                float(np.mean(each[ALONE])),
                *_interval(gains[row]),
            )
            for row, each in scores.items()
        ),
        figures={
            "with auxiliary targets, all its labels": float(np.mean(scores[MANY][TOGETHER])),
            "alone, all its labels": float(np.mean(scores[MANY][ALONE])),
            "gain, all its labels": float(gains[MANY].mean()),
            f"gain, {LABELS} of its labels": float(gains[FEW].mean()),
        },
        seen=(
            f"The main target is {MAIN}, one of three grades; the others are a diagnosis and a "
            "radius. Skill is 1 where nothing is wrong, and 0 where the network is as wrong as one "
            "best guess for all tumours. With all its labels, the auxiliary targets change the "
            f"skill for it by {_said(gains[MANY])}; with {LABELS} of its labels and all of theirs, "
            f"by {_said(gains[FEW])}. These are means of {len(gains[MANY])} splits and starts."
        ),
        differs=_differs(gains),
        picture=_picture(scores),
    )


def _networks(spec: DataSpec) -> list[_Network]:
    """Return networks of one size for all targets and for each, with many labels and with few."""
    main = [target for target in spec.targets if target.name == MAIN]
    for_all = tuple(spec.targets)
    ways = [(few, targets) for few in (False, True) for targets in (for_all, tuple(main))]
    ways += [(False, (target,)) for target in spec.targets if target.name != MAIN]
    return [
        _Network(
            few,
            replace(spec, targets=targets),
            build_multitask(
                spec.input_shape,
                targets,
                trunk=build_table_encoder(spec, encoding="plain"),
                hidden_units=(32,),
                wide=True,
                dropout_rate=0.2,
            ),
        )
        for few, targets in ways
    ]


def _side_by_side(networks: list[_Network]) -> keras.Model:
    """Return one compiled program that trains all, each as it would be alone."""
    inputs = keras.Input(networks[0].spec.input_shape)
    outputs, losses, weights = {}, {}, {}
    for at, network in enumerate(networks):
        network.model.name = f"network_{at}"
        asked = loss_and_metrics(network.spec.targets)
        network.model.compile(loss=asked["loss"])
        for name, output in network.model(inputs).items():
            outputs[f"{at}_{name}"] = output
            losses[f"{at}_{name}"] = asked["loss"][name]
            weights[f"{at}_{name}"] = asked["loss_weights"][name]
    program = keras.Model(inputs, outputs)
    optimizer = keras.optimizers.AdamW(5e-3, weight_decay=0.1)
    program.compile(optimizer, losses, loss_weights=weights, jit_compile=False)
    return program


def _skills(
    program: keras.Model, networks: list[_Network], data: Development, seed: int
) -> dict[tuple[bool, int, str], float]:
    """Train, and return the skill by whether labels were few, the number of targets, and target."""
    names = [target.name for target in data.model_spec.targets]
    y: dict[str, NDArray[np.float32]] = {}
    for at, network in enumerate(networks):
        labels = _with_labels(data.train.y, names.index(MAIN), network.few, seed)
        for target in network.spec.targets:
            y[f"{at}_{target.name}"] = labels[:, names.index(target.name)].astype("float32")
    passes = np.tile(np.arange(len(data.train.x)), EPOCHS)
    passes = passes[: len(passes) // BATCH * BATCH]  # whole batches are traced but once
    often = {name: one[passes] for name, one in y.items()}
    program.fit(data.train.x[passes], often, BATCH, verbose=0)
    new, found = data.validation, {}
    for network in networks:
        spec = network.spec
        says = predict_network(network.model, new.array, output_kinds(network.model, spec), spec)
        truth = new.y[:, [names.index(target.name) for target in spec.targets]]
        scores = score_predictions(truth, says, spec)
        for target in spec.targets:
            wrong = scores.get(f"{target.name}_mse", 1 - scores.get(f"{target.name}_accuracy", 0.0))
            found[network.few, len(spec.targets), target.name] = 1 - wrong / target.base_loss
    return found


def _with_labels(y: NDArray[np.generic], main: int, few: bool, seed: int) -> NDArray[np.float64]:
    """Return the targets, the main one of a few examples only if asked."""
    labels = np.array(y, np.float64)
    if few:
        known = np.flatnonzero(~np.isnan(labels[:, main]))
        labels[np.random.default_rng(seed).permutation(known)[LABELS:], main] = np.nan
    return labels


def _interval(differences: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the mean over the seeds and its 95 % interval (Student's)."""
    low, high = stats.ttest_1samp(differences, 0).confidence_interval(0.95)
    return float(differences.mean()), float(low), float(high)


def _said(gain: NDArray[np.float64]) -> str:
    mean, low, high = _interval(gain)
    return f"{mean:+.3f} (95 % interval {low:+.3f} to {high:+.3f})"


def _differs(gains: dict[str, NDArray[np.float64]]) -> str:
    """Return which target is clearly helped or hurt: its interval leaves out 0."""
    helped = [row for row in (MANY, FEW) if _interval(gains[row])[1] > 0]
    hurt = [row for row in gains if _interval(gains[row])[2] < 0]
    if len(helped) == 2 and not hurt:
        return ""
    told = (
        f"the main target is clearly helped: {' and '.join(helped)}."
        if helped
        else "no help for the main target can be seen: what it gains or loses is within the "
        "scatter of the seeds, with few labels, too."
    )
    worse = ", ".join(f"{row} ({_interval(gains[row])[0]:+.3f})" for row in hurt)
    return told + (f" Clearly worse than a network of its own: {worse}." if hurt else "")


def _picture(scores: Scores) -> Figure:
    figure = draw(1, 2, size=(3.6, 2.7))
    for panel, row in zip(figure.axes, (MANY, FEW), strict=True):
        each = scores[row]
        for pair in zip(each[ALONE], each[TOGETHER], strict=True):
            panel.plot([0, 1], pair, "-", color="grey", alpha=0.5, zorder=1)
        for at, way in enumerate((ALONE, TOGETHER)):
            panel.plot([at] * len(each[way]), each[way], "o", color=COLOURS[at])
            panel.plot([at - 0.15, at + 0.15], [np.mean(each[way])] * 2, color=COLOURS[at], lw=3)
        panel.set_xticks([0, 1], [ALONE, TOGETHER.replace(" ", "\n", 1)])
        panel.set(title=row.partition(", ")[2], xlim=(-0.4, 1.4))
    figure.axes[0].set_ylabel(f"skill for {MAIN}")
    return figure


LESSON = Lesson(
    name="auxiliary",
    lecture="S1",
    title="Auxiliary targets",
    claim=(
        "A network that solves several related tasks at once learns inner values (a "
        "representation) that are of more general use; the labels of the other tasks, the "
        "auxiliary targets, help even if one task is all that matters."
    ),
    advice=(
        "Train for the target that matters alone. Where you have related columns, try them as "
        "further targets (`--target main,other`), and keep them only if the main one becomes "
        "clearly better; a target that matters itself may become worse in company."
    ),
    run=run,
    holds={
        "with auxiliary targets, all its labels": (0.5, 0.9),
        "alone, all its labels": (0.5, 0.9),
        "gain, all its labels": (-0.1, 0.1),
        f"gain, {LABELS} of its labels": (-0.1, 0.25),
    },
    rows=("Auxiliary tasks", "Multi-task"),
    seconds=27,
    full_minutes=1,
)
