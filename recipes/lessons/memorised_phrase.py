"""A phrase learned by heart: loss curves of images and of texts, and what one phrase tells.

Run it with `dlrecipes lesson memorised_phrase`.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from dlrecipes.data import ColumnRules, SplitRule, TextTokens, from_table
from dlrecipes.data.audit import check_phrases
from dlrecipes.lesson import (
    COLOURS,
    Lesson,
    Measured,
    draw,
    fit_together,
    make_reviews,
    start_again,
)
from dlrecipes.models import build_mlp, build_text
from dlrecipes.results import Finding

SEEDS, ROWS, EPOCHS, SHARE = 3, 400, 20, 0.7
BATCH = 40  # a divisor of the rows: a smaller last batch would be traced anew
PLAIN, PHRASE = "reviews", "reviews, phrase in training"


@dataclass(frozen=True, eq=False)
class _Reviews:
    """Curves of several networks, the good ones among new reviews found, and the audit's word."""

    loss: NDArray[np.float64]  # (seeds, epochs)
    new_loss: NDArray[np.float64]
    found: list[float]
    said: Finding


def run(*, full: bool = False) -> Measured:
    """Train on digits, on made reviews, and on reviews with a phrase in the training part alone.

    Args:
        full: Five starts instead of three.
    """
    seeds = 5 if full else SEEDS
    digits = _digits(seeds)
    texts = {name: _reviews(share, seeds) for name, share in ((PLAIN, 0.0), (PHRASE, SHARE))}
    curves = {"digits": digits} | {name: (one.loss, one.new_loss) for name, one in texts.items()}
    rise = {name: new[:, -1] / new.min(axis=1) for name, (_, new) in curves.items()}
    found = {name: float(np.mean(one.found)) for name, one in texts.items()}
    on_training, on_new = _by_phrase(texts[PHRASE])
    figures = {
        **{f"{name}, last loss by lowest": float(values.mean()) for name, values in rise.items()},
        "phrase alone, training": on_training,
        "phrase alone, validation": on_new,
        "good ones found, no phrase": found[PLAIN],
        "good ones found, phrase in training": found[PHRASE],
        "alarms of the audit": float(sum(one.said.severity == "warning" for one in texts.values())),
    }
    return Measured(
        columns=(
            "data",
            "last training loss",
            "lowest validation loss",
            "last validation loss",
            "± seeds",
            "good new reviews found",
            "± seeds",
            "phrase alone right, training part",
            "validation part",
            "audit of phrases",
        ),
        rows=tuple(
            (
                name,
                float(loss[:, -1].mean()),
                float(new.min(axis=1).mean()),
                float(new[:, -1].mean()),
                float(new[:, -1].std()),
                *_of_texts(texts.get(name)),
            )
            for name, (loss, new) in curves.items()
        ),
        figures=figures,
        seen=(
            "Losses say how wrong a network is, on the training part or on examples kept out (the "
            "validation part). On digits the last validation loss is "
            f"{rise['digits'].mean():.2f} times the lowest of all epochs; on reviews (made by a "
            f"program, of good and bad words) {rise[PLAIN].mean():.1f} times, while the training "
            f"loss goes to {curves[PLAIN][0][:, -1].mean():.1g}. Then a phrase was put into "
            f"{SHARE:.0%} of the good reviews of the training part, and of no other. Who goes by "
            f"the phrase alone has {on_training:.2f} right there and {on_new:.2f} in the "
            "validation part (means of good and bad reviews; 0.5 is guessing). The network trained "
            f"on it finds {found[PHRASE]:.0%} of the good ones among new reviews, one without the "
            f"phrase {found[PLAIN]:.0%}. The audit, which looks at the data before anything is "
            f"trained, {_of_audit(texts[PHRASE])}."
        ),
        picture=_picture(curves),
    )


def _of_texts(one: _Reviews | None) -> tuple[str | float | None, ...]:
    """Return the cells that only reviews have, and of these some only where the audit warned."""
    if one is None:
        return (None,) * 5
    found = (float(np.mean(one.found)), float(np.std(one.found)))
    if one.said.severity != "warning":
        return *found, None, None, "no warning"
    return *found, *_by_phrase(one), "warning"


def _by_phrase(one: _Reviews) -> tuple[float, float]:
    """Return the balanced accuracy of the phrase alone, on the training and validation part."""
    evidence = one.said.evidence
    first, second = (
        evidence[f"balanced accuracy on {part}"] for part in ("training", "validation")
    )
    return float(str(first)), float(str(second))


def _of_audit(one: _Reviews) -> str:
    return "warned of it" if one.said.severity == "warning" else "did not warn of it"


def _digits(seeds: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    data = load_digits()
    x, y = (data.data / 16).astype("float32"), data.target
    models = []
    for seed in range(seeds):
        keras.utils.set_random_seed(seed)
        models.append(build_mlp((64,), 10, hidden_units=(32,)))
    curves = fit_together(
        models,
        keras.optimizers.Adam(5e-3),
        x[:ROWS],
        y[:ROWS],
        validation=(x[ROWS : 2 * ROWS], y[ROWS : 2 * ROWS]),
        epochs=EPOCHS,
        batch_size=BATCH,
    )
    return curves["loss"], curves["val_loss"]


def _reviews(phrase: float, seeds: int) -> _Reviews:
    train, new = make_reviews(ROWS, phrase=phrase), make_reviews(ROWS, seed=1)
    named = {"train": train, "validation": new, "test": make_reviews(20, seed=2)}
    table = pd.concat([one.assign(part=name) for name, one in named.items()], ignore_index=True)
    splits = from_table(
        table,
        "label",
        positive="good",
        split_rule=SplitRule(part="part"),
        column_rules=ColumnRules(kinds={"text": "text"}),
    )
    splits = splits.with_preprocess(TextTokens(splits.raw_spec.columns))
    parts = splits.development()
    model = build_text(parts.model_spec)
    model.compile(
        keras.optimizers.Adam(5e-3),
        keras.losses.BinaryCrossentropy(from_logits=True),
        jit_compile=False,
    )
    losses, found = [], []
    for seed in range(seeds):
        start_again(model, seed=seed)
        other = parts.validation
        history = model.fit(
            parts.train.x,
            parts.train.y,
            BATCH,
            EPOCHS,
            verbose=0,
            validation_data=(other.x, other.y),
            validation_batch_size=ROWS,
        ).history
        losses.append((history["loss"], history["val_loss"]))
        says = np.asarray(model.predict_on_batch(other.x)).reshape(-1) > 0
        found.append(float(says[other.y == 1].mean()))
    loss, new_loss = np.array(losses).transpose(1, 0, 2)
    said = check_phrases(splits.train, splits.validation, splits.raw_spec)
    return _Reviews(loss, new_loss, found, said)


def _picture(curves: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]) -> Figure:
    figure = draw(1, len(curves), size=(2.9, 2.6))
    epochs = np.arange(1, EPOCHS + 1)
    for panel, (name, both) in zip(figure.axes, curves.items(), strict=True):
        for at, (part, losses) in enumerate(zip(("training", "validation"), both, strict=True)):
            panel.plot(epochs, losses.mean(axis=0), color=COLOURS[at], label=part)
            low, high = losses.min(axis=0), losses.max(axis=0)
            panel.fill_between(epochs, low, high, color=COLOURS[at], alpha=0.25, linewidth=0)
        panel.set(title=name.replace(", ", ",\n"), xlabel="epoch", ylim=(0, 2))
    figure.axes[0].set_ylabel("loss")
    figure.axes[0].legend()
    return figure


LESSON = Lesson(
    name="memorised_phrase",
    lecture="S3",
    title="A phrase learned by heart",
    claim=(
        "On data as simple as images of digits, training and validation loss fall together. On "
        "reviews of films the training loss falls and the validation loss rises: the network "
        "learns what it has read by heart."
    ),
    advice=(
        "Read what the audit says of phrases before you train on texts: take out what goes with a "
        "label in the training part alone, and stop where the validation loss is lowest."
    ),
    run=run,
    holds={
        "digits, last loss by lowest": (1, 1.3),
        "reviews, last loss by lowest": (1.4, 20),
        "phrase alone, training": (0.75, 0.95),
        "phrase alone, validation": (0.5, 0.5),
        "good ones found, no phrase": (0.5, 1),
        "good ones found, phrase in training": (0, 0.5),
        "alarms of the audit": (1, 1),
    },
    rows=("Memorised phrase", "Messy data"),
    seconds=31,
    full_minutes=1,
)
