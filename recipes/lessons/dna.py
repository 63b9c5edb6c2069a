"""DNA: letters become columns of 0 and 1, and a convolution finds a motif wherever it is.

Run it with `dlrecipes lesson dna`.
"""

from __future__ import annotations

import keras
import numpy as np
from matplotlib.figure import Figure

from dlrecipes.data import TablePreprocess, apply_preprocess, from_table, table_columns
from dlrecipes.lesson import COLOURS, MOTIF, Lesson, Measured, draw, make_promoters, start_again
from dlrecipes.models import build_tabular
from dlrecipes.results import DataSpec, plural

SEEDS, ROWS, EPOCHS = 3, 1_000, 20
WAYS = {"each place by itself": 0, "convolution": 32}


def run(*, full: bool = False) -> Measured:
    """Find a motif that stands always at one place, and one that may stand anywhere.

    Args:
        full: Five tables of each kind instead of three.
    """
    found: dict[str, dict[str, list[float]]] = {
        place: {way: [] for way in WAYS} for place in ("one place", "anywhere")
    }
    networks: dict[str, keras.Model] = {}
    for seed in range(5 if full else SEEDS):
        for place, scores in found.items():
            anywhere = place == "anywhere"
            splits = from_table(
                make_promoters(ROWS, seed=seed, anywhere=anywhere), "promoter", positive="yes"
            )
            columns = splits.raw_spec.columns
            splits = splits.with_preprocess(TablePreprocess(columns))
            others = make_promoters(1_000, seed=100 + seed, anywhere=anywhere)
            new = apply_preprocess(splits.preprocess, table_columns(others, columns))
            for way, motifs in WAYS.items():
                if way not in networks:
                    networks[way] = _network(splits.model_spec, motifs)
                start_again(networks[way], seed=seed)
                train = splits.development().train
                passes = np.tile(np.arange(len(train.y)), EPOCHS)
                networks[way].fit(train.x[passes], train.y[passes], batch_size=50, verbose=0)
                says = np.asarray(networks[way].predict_on_batch(new)).reshape(-1) > 0
                right = says == (others["promoter"] == "yes").to_numpy()
                scores[way].append(float(right.mean()))
    means = {
        f"{place}, {way}": float(np.mean(values))
        for place, scores in found.items()
        for way, values in scores.items()
    }
    gain = np.subtract(found["anywhere"]["convolution"], found["anywhere"]["each place by itself"])
    return Measured(
        columns=("motif at", "network sees", "right on new sequences", "lowest", "highest"),
        rows=tuple(
            (place, way, float(np.mean(values)), min(values), max(values))
            for place, scores in found.items()
            for way, values in scores.items()
        ),
        figures={**means, "least gain of the convolution": float(gain.min())},
        seen=(
            f"The column was noticed ({columns[0].evidence}) and each letter written as four "
            "numbers, one for A, C, G and T; N, an unread letter, is a quarter of each. A motif "
            f"({MOTIF}) that always stands at one place is found by a network that has weights of "
            f"its own for each place ({means['one place, each place by itself']:.1%} right); a "
            "convolution, which looks for it with the same weights at every place, is right for "
            f"{means['one place, convolution']:.1%}. A motif that may stand anywhere is not found "
            f"by the first ({means['anywhere, each place by itself']:.1%}, where guessing gives "
            f"50 %), but by the convolution: {means['anywhere, convolution']:.1%}."
        ),
        differs=(
            "the lecture stops at the columns of 0 and 1. They are not enough here: from these "
            f"{plural(ROWS, 'sequence')} a network with weights for each place would have to learn "
            "the motif anew for each. That the columns are needed was not measured: all networks "
            "have them."
        ),
        picture=_picture(found),
    )


def _network(spec: DataSpec, motifs: int) -> keras.Model:
    model = build_tabular(spec, hidden_units=(32,), motifs=motifs)
    model.compile(
        keras.optimizers.AdamW(5e-3, weight_decay=0.05),
        keras.losses.BinaryCrossentropy(from_logits=True),
        jit_compile=False,
    )
    return model


def _picture(found: dict[str, dict[str, list[float]]]) -> Figure:
    figure = draw(1, 1, size=(4.6, 2.8))
    panel = figure.axes[0]
    for at, way in enumerate(WAYS):
        for group, (_, scores) in enumerate(found.items()):
            place = group + 0.36 * (at - 0.5)
            label = way if group == 0 else None
            panel.bar(place, np.mean(scores[way]), 0.34, color=COLOURS[at], alpha=0.6, label=label)
            panel.plot([place] * len(scores[way]), scores[way], "o", color=COLOURS[at])
    panel.axhline(0.5, color="grey", linestyle="--")
    panel.set_xticks(range(len(found)), [f"the motif: {place}" for place in found])
    panel.set(title="new sequences that are right", ylabel="accuracy", ylim=(0, 1.25))
    panel.legend(loc="upper center", ncols=2)
    return figure


LESSON = Lesson(
    name="dna",
    lecture="S3",
    title="Letters of DNA become columns of 0 and 1",
    claim=(
        "A network takes numbers. Letters of DNA must be written as numbers first, one column of 0 "
        "and 1 for each letter that there may be (one-hot)."
    ),
    advice=(
        "A column of DNA is noticed by itself (`--kinds COLUMN=dna` or `=category` overrules it); "
        "let the search choose between weights for each place (`motifs=0`) and a convolution, as "
        "the recipe `tabular` does: each is the better one in its case."
    ),
    run=run,
    holds={
        "one place, each place by itself": (0.9, 1),
        "anywhere, each place by itself": (0.45, 0.8),
        "anywhere, convolution": (0.87, 1),
        "least gain of the convolution": (0.2, 0.55),
    },
    rows=("Messy data",),
    seconds=20,
    full_minutes=1,
)
