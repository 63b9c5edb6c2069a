"""Patients: several facts in one cell, as they stand and taken apart.

Run it with `dlrecipes lesson patients`.
"""

from __future__ import annotations

import keras
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from dlrecipes.data import (
    ColumnRules,
    TablePreprocess,
    apply_preprocess,
    from_table,
    table_columns,
)
from dlrecipes.lesson import COLOURS, Lesson, Measured, draw, make_patients
from dlrecipes.models import build_tabular
from dlrecipes.results import DataSpec

TARGET = "Treated"
SEEDS = 3
EPOCHS, BATCH = 30, 90


def run(*, full: bool = False) -> Measured:
    """Learn from made tables of 600 patients, and score on 1,000 others each.

    Args:
        full: Five tables instead of three.
    """
    found: dict[str, list[float]] = {"one category": [], "taken apart": [], "linear": []}
    values, features, apart = 0, 0, 0
    for seed in range(5 if full else SEEDS):
        table, others = make_patients(600, seed=seed), make_patients(1_000, seed=100 + seed)
        cells = [str(name) for name in table if name != TARGET]
        y = (others[TARGET] == "yes").to_numpy()
        for name, kinds in (
            ("one category", dict.fromkeys(cells, "category")),
            ("taken apart", {}),
        ):
            splits = from_table(table, TARGET, column_rules=ColumnRules(kinds=kinds))
            columns = splits.raw_spec.columns
            splits = splits.with_preprocess(TablePreprocess(columns))
            layer = splits.preprocess
            x = apply_preprocess(layer, splits.train.x)
            new = apply_preprocess(layer, table_columns(others, columns))
            logits = _fit(splits.model_spec, x, splits.train.y, new, seed)
            found[name].append(float(np.mean((logits > 0) == y)))
        linear = LogisticRegression(max_iter=1_000).fit(x, splits.train.y)
        found["linear"].append(float(np.mean(linear.predict(new) == y)))
        apart = sum(column.kind in ("list", "parts") for column in columns)
        values, features = int(table["Clinical findings"].nunique()), x.shape[1]
    means = {name: float(np.mean(scores)) for name, scores in found.items()}
    spread = {name: (min(scores), max(scores)) for name, scores in found.items()}
    return Measured(
        columns=("cells", "right on new patients", "lowest table", "highest table"),
        rows=tuple(
            ("taken apart, linear model" if name == "linear" else name, mean, *spread[name])
            for name, mean in means.items()
        ),
        figures={**means, "worst taken apart": spread["taken apart"][0], "columns": float(apart)},
        seen=(
            f"{apart} columns were noticed and taken apart, into {features} inputs. With "
            f"each cell as one category, the findings one of {values} values, a network is right "
            f"for {means['one category']:.0%} of new patients: it knows the lists that it has seen "
            f"often. Taken apart, the same network is right for {means['taken apart']:.1%}; "
            f"a linear model for {means['linear']:.0%}, as the label is whether a patient "
            "has one of two findings but not both."
        ),
        picture=_picture(found),
    )


def _fit(
    spec: DataSpec,
    x: NDArray[np.float32],
    y: NDArray[np.generic],
    new: NDArray[np.float32],
    seed: int,
) -> NDArray[np.float32]:
    """Return the logits of new rows."""
    keras.utils.set_random_seed(seed)
    model = build_tabular(spec, hidden_units=(64, 64))
    model.compile(
        keras.optimizers.AdamW(5e-3, weight_decay=0.05),
        keras.losses.BinaryCrossentropy(from_logits=True),
        jit_compile=False,
    )
    passes = np.tile(np.arange(len(y)), EPOCHS)
    passes = passes[: len(passes) // BATCH * BATCH]  # whole batches are traced but once
    model.fit(x[passes], y[passes], batch_size=BATCH, verbose=0)
    return np.asarray(model.predict_on_batch(new)).reshape(-1)


def _picture(found: dict[str, list[float]]) -> Figure:
    figure = draw(1, 1, size=(4.2, 2.6))
    panel = figure.axes[0]
    for at, (name, scores) in enumerate(found.items()):
        panel.bar(name, np.mean(scores), color=COLOURS[at], alpha=0.6)
        panel.plot([name] * len(scores), scores, "o", color=COLOURS[at])
    panel.axhline(0.5, color="grey", linestyle="--")
    panel.set(title="new patients that are right", ylabel="accuracy", ylim=(0, 1))
    return figure


LESSON = Lesson(
    name="patients",
    lecture="S3",
    title="A cell with several facts must be taken apart",
    claim=(
        "Real tables are messy: sex and age in one cell, lists of findings, two mutations where "
        "others have one. A network learns from such a table only once it is written as numbers."
    ),
    advice=(
        "Look at which cells were taken apart; `--kinds COLUMN=category` leaves one as it stands, "
        "`=list` or `=parts` takes one apart that was not noticed."
    ),
    run=run,
    holds={
        "taken apart": (0.95, 1),
        "one category": (0, 0.9),
        "linear": (0.3, 0.7),
        "columns": (4, 4),
    },
    rows=("Patients' table", "Messy data"),
    seconds=15,
    full_minutes=1,
)
