"""A constraint in the training: a loss that wants the groups judged alike.

Run it with `dlrecipes lesson constraint`.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dlrecipes.data import Columns, Split, Splits, reweigh_groups
from dlrecipes.diagnose import measure_subgroups
from dlrecipes.lesson import COLOURS, Lesson, Measured, draw, start_again
from dlrecipes.losses import EqualOddsLoss
from dlrecipes.models import build_tabular
from dlrecipes.recipe import load_recipe
from dlrecipes.results import DataSpec

SEEDS, EPOCHS, BATCH, STRENGTH = 3, 30, 2_000, 20.0
PLAIN, CHOSEN = "as the data is", "chosen by the gap"
REWEIGHED, CONSTRAINED = "reweighed", "constraint in the loss"
Scores = dict[str, list[tuple[float, float]]]


def run(*, full: bool = False) -> Measured:
    """Train on faces of which few women smile, in four ways, and compare label and group.

    Args:
        full: Five splits and starts instead of three.
    """
    recipe = load_recipe("fairness")
    scores: Scores = {PLAIN: [], CHOSEN: [], REWEIGHED: [], CONSTRAINED: []}
    networks: dict[str, keras.Model] = {}
    for seed in range(5 if full else SEEDS):
        splits = recipe.load(reweigh=False, split_seed=seed)
        spec, test = splits.model_spec, _test_part(splits)
        if not networks:
            plain = keras.losses.BinaryCrossentropy(from_logits=True)
            networks = {PLAIN: _network(spec, plain)}
            networks[CONSTRAINED] = _network(spec, EqualOddsLoss(STRENGTH))
        parts = splits.development()
        weighed = reweigh_groups(splits, "group").train.sample_weight
        for way, weights in ((PLAIN, np.ones(len(parts.train))), (REWEIGHED, weighed)):
            after = _train(networks[PLAIN], parts.train, parts.train.y, weights, seed)
            networks[PLAIN].set_weights(after[-1])
            scores[way].append(_score(networks[PLAIN], test, spec))
            if way == PLAIN:
                chosen = min(
                    after, key=lambda one: _with_gap(networks[PLAIN], one, parts.validation)
                )
                networks[PLAIN].set_weights(chosen)
                scores[CHOSEN].append(_score(networks[PLAIN], test, spec))
        y = np.stack([parts.train.y, _women(parts.train)], axis=1)
        _train(networks[CONSTRAINED], parts.train, y, np.ones(len(y)), seed)
        scores[CONSTRAINED].append(_score(networks[CONSTRAINED], test, spec))
    gaps = {way: [gap for gap, _ in each] for way, each in scores.items()}
    right = {way: float(np.mean([one for _, one in each])) for way, each in scores.items()}
    means = {way: float(np.mean(each)) for way, each in gaps.items()}
    closed = {way: 1 - mean / means[PLAIN] for way, mean in means.items()}
    overlap = ", where the two ranges overlap" if max(gaps[CHOSEN]) > min(gaps[PLAIN]) else ""
    return Measured(
        columns=("way", "accuracy, best less worst judged", "lowest", "highest", "accuracy of all"),
        rows=tuple(
            (way, means[way], min(each), max(each), right[way]) for way, each in gaps.items()
        ),
        figures={
            **{f"gap, {way}": mean for way, mean in means.items()},
            "accuracy, as the data is": right[PLAIN],
            "accuracy lost by the constraint": right[PLAIN] - right[CONSTRAINED],
        },
        seen=(
            "Of smiling and serious women and men, the accuracy of the best judged and of the "
            f"worst lie {means[PLAIN]:.2f} apart when a network is trained on the data as it is. "
            f"With the constraint in the loss it is {means[CONSTRAINED]:.2f}, at an accuracy of "
            f"{right[CONSTRAINED]:.3f} instead of {right[PLAIN]:.3f}; with weights that make label "
            f"and group independent, {means[REWEIGHED]:.2f} and {right[REWEIGHED]:.3f}. Choosing "
            "among the epochs of the plain training the one with the least sum of loss and gap (in "
            f"the share of smiles found) leaves {means[CHOSEN]:.2f} and {right[CHOSEN]:.3f}: "
            f"choice alone closes {closed[CHOSEN]:.0%} of the difference{overlap}, weights "
            f"{closed[REWEIGHED]:.0%} and the constraint {closed[CONSTRAINED]:.0%}."
        ),
        differs=(
            "the lecture names constraints without a form of them. This one asks that, among the "
            "smiling and among the serious, the mean probability of a smile be the same for women "
            "and men; it needs the group of every training face, though not of a new one."
        ),
        picture=_picture(gaps, right),
    )


def _network(spec: DataSpec, loss: keras.losses.Loss) -> keras.Model:
    model = build_tabular(spec, hidden_units=(32, 32), encoding="plain")
    model.compile(keras.optimizers.Adam(5e-3), loss, jit_compile=False)
    return model


def _train(
    model: keras.Model,
    train: Split,
    y: NDArray[np.generic],
    weights: NDArray[np.generic] | None,
    seed: int,
) -> list[list[NDArray[np.float32]]]:
    """Return the network's weights after each epoch."""
    start_again(model, seed=seed)
    after: list[list[NDArray[np.float32]]] = []
    keep = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: after.append(model.get_weights())
    )
    model.fit(train.x, y, BATCH, EPOCHS, verbose=0, sample_weight=weights, callbacks=[keep])
    return after


def _women(part: Split) -> NDArray[np.int64]:
    return np.array(_groups(part) == "woman", dtype=np.int64)


def _groups(part: Split) -> NDArray[np.object_]:
    """Return the group of each face; the recipe names it as a subgroup."""
    return np.array([] if part.subgroups is None else part.subgroups["group"], dtype=object)


def _smiling(model: keras.Model, part: Split) -> NDArray[np.float64]:
    """Return the probability of a smile, `(examples,)`."""
    logits = np.asarray(model.predict_on_batch(part.x), np.float64).reshape(-1)
    return 1 / (1 + np.exp(-logits))


def _with_gap(model: keras.Model, weights: list[NDArray[np.float32]], validation: Split) -> float:
    """Return the loss plus the difference in how many of the smiling are found."""
    model.set_weights(weights)
    p, smiles = _smiling(model, validation), validation.y == 1
    loss = -np.log(np.where(smiles, p, 1 - p)).mean()
    women = _women(validation) == 1
    shares = [(p[smiles & group] > 0.5).mean() for group in (women, ~women)]
    return float(loss + abs(shares[0] - shares[1]))


def _score(model: keras.Model, test: Split, spec: DataSpec) -> tuple[float, float]:
    """Return the largest gap between two of the four cells, and the accuracy."""
    p = _smiling(model, test)
    groups = Columns({"group": _groups(test)})
    (found,) = measure_subgroups(test.y, np.stack([1 - p, p], axis=1), groups, spec, part="test")
    gaps = {gap.name: gap.value for gap in found.gaps}
    return gaps["label × group accuracy difference"], float(np.mean((p > 0.5) == test.y))


def _test_part(splits: Splits) -> Split:
    """Return the test part, opened once nothing is left to be chosen by it."""
    with TemporaryDirectory() as folder:
        ledger = Path(folder) / "test_sets.jsonl"
        return splits.preprocessed(splits.test.open("scores of the lesson", ledger=ledger))


def _picture(gaps: dict[str, list[float]], right: dict[str, float]) -> Figure:
    figure = draw(1, 2, size=(4.0, 2.8))
    first, second = figure.axes
    for at, (way, each) in enumerate(gaps.items()):
        label = way.replace(" ", "\n", 1)
        first.bar(label, np.mean(each), color=COLOURS[at], alpha=0.6)
        first.plot([label] * len(each), each, "o", color=COLOURS[at])
        second.bar(label, right[way], color=COLOURS[at], alpha=0.6)
    first.set(title="best less worst judged", ylabel="difference of accuracy")
    second.set(title="all faces", ylabel="accuracy", ylim=(0.5, 0.8))
    for panel in (first, second):
        panel.tick_params(axis="x", labelsize=7)
    return figure


LESSON = Lesson(
    name="constraint",
    lecture="S1",
    title="A constraint in the loss",
    claim=(
        "A network that notices which group a face belongs to (here women and men) lets that sway "
        "its answer (here: smiling or not). Besides more data of the group that is judged badly, a "
        "constraint can be added to the loss, the number that the training makes small."
    ),
    advice=(
        "Weigh the examples first (`dlr.data.reweigh_groups`), which leaves nothing to be chosen; "
        "where the gap stays, add `dlr.losses.EqualOddsLoss`, whose strength has to be, and "
        "measure with `--subgroup`."
    ),
    run=run,
    holds={
        "gap, as the data is": (0.3, 0.7),
        "gap, chosen by the gap": (0.12, 0.7),
        "gap, reweighed": (0, 0.15),
        "gap, constraint in the loss": (0, 0.1),
        "accuracy lost by the constraint": (-0.005, 0.02),
    },
    rows=("Constraint in training", "Fairness"),
    seconds=20,
    full_minutes=1,
)
