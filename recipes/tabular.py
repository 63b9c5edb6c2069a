"""Any table: numbers, categories, dates, texts and DNA, missing values included.

Shows a table from a file to an exported model that takes the raw columns. Numbers are clipped,
filled in and scaled by rank, and cut into pieces as fine as their values; categories are one-hot or
embedded, dates a trend and cycles, texts the TF-IDF weights of their words. All of it is learned
from the training part and inside the exported model. Numbers from 0 on whose errors grow with
their size, such as prices, are learned through a root. The study chooses among a perceptron, an
ensemble in one network (TabM) and RealMLP.

    dlrecipes tune tabular
    dlrecipes tune tabular --data churn.csv --target Churn

The options of `dlrecipes.data.load_table` say how the file is read (`--header no`, `--missing
"-9,?"`, …) and how its rows are split (`--test FILE`, `--group COLUMN`, `--time COLUMN`, …).
Without `--data` it takes scikit-learn's wine: half a minute on two CPU cores. Expect a test
accuracy of 0.991 ± 0.010 (ten study seeds on the default split), equal within the noise to logistic
regression, 1.0, and boosted trees, 1.0: there are 36 test examples.

A run without `--trials` or `--minutes` has 1.75 minutes in all: a large table has fewer trials.
Adult (UCI, official test file) had a test accuracy of 0.868 after that, `--minutes 10`
searches on. What the parts of the networks bring there, with fixed hyperparameters on the
validation part, is in `benchmarks/table_networks.py`: accuracy 0.872 for TabM and 0.870 for the
perceptron, which without the fine pieces has 0.858.

    dlrecipes tune tabular --data adult-train.csv --test adult-test.csv --target income --columns
        age,workclass,fnlwgt,education,education_num,marital_status,occupation,relationship,race,
        sex,capital_gain,capital_loss,hours_per_week,native_country,income
        --subgroup sex,race
"""

from __future__ import annotations

from functools import partial

import keras
import keras_tuner

from dlrecipes.data import TablePreprocess, load_table
from dlrecipes.models import build_realmlp, build_tabm, build_tabular, prior_bias
from dlrecipes.recipe import Recipe
from dlrecipes.results import DataSpec, Value
from dlrecipes.search import CoarseToFine, with_first_trial
from dlrecipes.targets import loss_and_metrics, usual_link, with_link
from dlrecipes.training import realmlp_optimizer, table_batch_size
from dlrecipes.training.schedules import FlatCos

EPOCHS = 30
# What had low losses on the validation parts of five tables, beside slower and less decayed ones.
PLE: dict[str, Value] = {"encoding": "ple", "dropout": 0.1, "weight_decay": 3e-2}
PLAN = CoarseToFine(trials=12, epochs=EPOCHS, patience=8, refit_seeds=3)
FIRST: tuple[dict[str, Value], ...] = (
    {"network": "mlp", "learning_rate": 2e-3},
    {"network": "tabm", "learning_rate": 4e-3},
)
for first in FIRST:
    PLAN = with_first_trial(PLAN, PLE | first)


def preprocess(spec: DataSpec) -> keras.Layer:
    """Turn raw columns into numbers, by rank and with pieces as fine as their values."""
    return TablePreprocess(spec.columns, scaling="normal", n_bins=48, n_value_bins=128)


def build(hp: keras_tuner.HyperParameters, spec: DataSpec) -> keras.Model:
    """Return a compiled network: a perceptron, an ensemble in one (TabM) or RealMLP."""
    network = hp.Choice("network", ["mlp", "tabm", "realmlp"])
    batch_size = hp.Fixed("batch_size", table_batch_size(spec.train_size))
    dropout = hp.Float("dropout", 0.0, 0.5)
    encoding = hp.Choice("encoding", ["ple", "plr"])
    has_dna = any(feature.kind == "letter" for feature in spec.features)
    motifs = hp.Choice("motifs", [0, 32]) if has_dna else 0
    if spec.task == "regression":  # errors of prices or durations grow with their size
        spec = with_link(spec, hp.Fixed("link", usual_link(spec)))
    epochs = hp.Fixed("epochs", EPOCHS)  # those of the stage that trains it
    steps = epochs * -(-spec.train_size // batch_size)  # of the schedules
    if network == "realmlp":
        with hp.conditional_scope("network", ["realmlp"]):
            rate = hp.Float("realmlp_rate", 0.01, 0.2, sampling="log")
            decay = hp.Float("realmlp_decay", 1e-3, 5e-2, sampling="log")
        optimizer = realmlp_optimizer(rate, steps, weight_decay=decay)
    else:
        with hp.conditional_scope("network", ["mlp", "tabm"]):
            rate = hp.Float("learning_rate", 3e-4, 1e-2, sampling="log")
            decay = hp.Float("weight_decay", 1e-4, 1e-1, sampling="log")
        falling = keras.optimizers.schedules.CosineDecay(rate, steps)
        optimizer = keras.optimizers.AdamW(falling, weight_decay=decay)
        optimizer.exclude_from_weight_decay(var_names=["bias"])
    make = {
        "mlp": partial(build_tabular, hidden_units=(256, 256), one_hot=100, dropout_rate=dropout),
        "tabm": partial(build_tabm, hidden_units=(256, 256), members=8, dropout_rate=dropout),
        "realmlp": partial(build_realmlp, dropout_rate=FlatCos(dropout, steps)),
    }[network]
    model = make(spec, encoding=encoding, motifs=motifs, output_bias=prior_bias(spec))
    model.compile(optimizer, **loss_and_metrics(spec.targets))
    return model


RECIPE = Recipe(
    name="tabular",
    task="tables",
    load=load_table,
    preprocess=preprocess,
    build=build,
    objective="val_loss",
    plan=PLAN,
    shows="a table with categories, dates, texts and missing values",
    minutes=0.5,
    max_minutes=1.75,
    expected="test accuracy 0.991 ± 0.010",
)
