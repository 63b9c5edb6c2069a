"""Several targets at once: a class, a grade and a number from one network.

Shows a table with several targets, of which some are missing here and there. One trunk learns what
they share, each has a head of its own: logits for classes, cumulative ones for grades in an order,
values in the user's units for numbers. Each loss is divided by that of knowing nothing, so that
none drowns another, and leaves missing targets out. The run is judged by the skill, the mean over
the targets of the share of that loss that is predicted away; the report has every target by itself.

    dlrecipes tune multitask
    dlrecipes tune multitask --data houses.csv --target price,condition --task condition=ordinal

The options of `dlrecipes.data.load_table` pass through: `--orders "condition=poor<fair<good"` gives
the order of grades that are words, `--drop` leaves columns out, …

Without `--data` it takes the Wisconsin tumours: from the mean and the standard error of ten
measurements of cell nuclei it predicts the diagnosis, how concave the worst nuclei are (a grade of
three) and their radius (a number), where a third of the grades and of the radii are left out. One
minute on two CPU cores. Expect a test skill of 0.867 ± 0.011 (ten study seeds on the default
split): accuracies of 0.96 and 0.84 and an RMSE of 1.04. Nearest neighbours, 0.723, are beaten with
each of the seeds; linear models, one a target, have 0.883, which is "equal within the noise" to all
ten runs: there are 114 test examples, about 80 of them with a grade or a radius. Of the diagnosis
and of the radius the network is ahead of them, in log loss and RMSE, of the grade it is behind.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import keras
import keras_tuner
import numpy as np
import pandas as pd

from dlrecipes.data import (
    ColumnRules,
    SplitRule,
    Splits,
    TablePreprocess,
    TableReading,
    check_only_with_data,
    load_table,
)
from dlrecipes.errors import ArgumentError
from dlrecipes.models import build_multitask, build_table_encoder
from dlrecipes.recipe import Recipe
from dlrecipes.results import DataSpec
from dlrecipes.search import CoarseToFine
from dlrecipes.targets import loss_and_metrics

GRADES = ("low", "moderate", "high")

EPOCHS = 60
BATCH_SIZE = 32
ENOUGH = 1_000
"""Examples from which on it can be told where a curve bends."""


def load(
    data: str | Path | None = None,
    target: Sequence[str] | None = None,
    *,
    task: str | Mapping[str, str] | None = None,
    test: str | Path | None = None,
    reading: TableReading = TableReading(),
    split_rule: SplitRule = SplitRule(),
    column_rules: ColumnRules = ColumnRules(),
) -> Splits:
    """Load a table with several targets, or the tumours.

    Args:
        data: A table, as `load_table` takes it; None for the tumours.
        target: The columns to be predicted.
        task: Their kinds by name, see `load_table`.
        test: A file with the official test part.
        reading: How the file is read.
        split_rule: How rows are split into parts.
        column_rules: What the columns are.
    """
    if data is None:
        check_only_with_data(target=target, task=task, test=test, reading=reading)
        target = ("diagnosis", "worst_concavity", "worst_radius")
        orders = {"worst_concavity": GRADES, **column_rules.orders}
        column_rules = replace(column_rules, orders=orders)
    if not target:
        raise ArgumentError(
            "The targets must be named.",
            received=f"data={data!r} without a target",
            fix="For example --target price,condition.",
        )
    return load_table(
        tumours() if data is None else data,
        list(target),
        task=task,
        test=test,
        reading=reading,
        split_rule=split_rule,
        column_rules=column_rules,
    )


def tumours(missing: float = 1 / 3) -> pd.DataFrame:
    """Return mean and standard error of ten measurements, and three targets, two with gaps."""
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer(as_frame=True)
    inputs = [name for name in bunch.data if not name.startswith("worst")]
    generator = np.random.default_rng(0)
    kept = pd.DataFrame(generator.random((len(bunch.data), 2)) >= missing)
    grades = pd.cut(bunch.data["worst concavity"], [-1.0, 0.15, 0.3, 10.0], labels=list(GRADES))
    table: pd.DataFrame = bunch.data[inputs].assign(
        diagnosis=bunch.target_names[bunch.target],
        worst_concavity=grades.astype(object).where(kept[0]),
        worst_radius=bunch.data["worst radius"].where(kept[1]),
    )
    table.attrs["name"] = "tumours"
    return table


def preprocess(spec: DataSpec) -> keras.Layer:
    """Turn raw columns into numbers."""
    return TablePreprocess(spec.columns)


def build(hp: keras_tuner.HyperParameters, spec: DataSpec) -> keras.Model:
    """Return a compiled network with one trunk and a head for each target."""
    encoding = "plain"
    if spec.train_size >= ENOUGH:
        encoding = hp.Choice("encoding", ["plain", "piecewise"])
    model = build_multitask(
        spec.input_shape,
        spec.targets,
        trunk=build_table_encoder(spec, encoding=encoding),
        # Two layers of 64 learned few examples by heart, and what is linear the heads see directly.
        hidden_units=(32,),
        wide=True,
        dropout_rate=hp.Float("dropout", 0.0, 0.5),
    )
    rate = hp.Float("learning_rate", 1e-3, 3e-2, sampling="log")
    # The cosine runs over a whole training, that of a short trial, too.
    epochs = hp.Fixed("epochs", EPOCHS)
    steps = epochs * math.ceil(spec.train_size / BATCH_SIZE)
    model.compile(
        optimizer=keras.optimizers.AdamW(
            learning_rate=keras.optimizers.schedules.CosineDecay(rate, steps),
            weight_decay=hp.Float("weight_decay", 1e-4, 1.0, sampling="log"),
        ),
        **loss_and_metrics(spec.targets),
    )
    return model


RECIPE = Recipe(
    name="multitask",
    task="tables",
    load=load,
    preprocess=preprocess,
    build=build,
    objective="val_loss",
    plan=CoarseToFine(trials=16, epochs=EPOCHS, batch_size=BATCH_SIZE, refit_seeds=3),
    shows="several targets, some of them missing here and there",
    minutes=1,
    expected="test skill 0.867 ± 0.011",
    beats=("nearest neighbour", "nearest neighbours"),
)
