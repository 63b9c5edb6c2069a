"""Any table: numbers, categories, dates, texts and DNA, missing values included.

Shows a table from a file to an exported model that takes the raw columns. Numbers are clipped,
filled in and standardised, categories embedded, dates turned into a trend and cycles, texts into
the TF-IDF weights of their words; all of it is learned from the training part and inside the
exported model.

    dlrecipes tune tabular
    dlrecipes tune tabular --data churn.csv --target Churn

The options of `dlrecipes.data.load_table` say how the file is read (`--header no`, `--missing
"-9,?"`, …) and how its rows are split (`--test FILE`, `--group COLUMN`, `--time COLUMN`, …).
Without `--data` it takes scikit-learn's wine: a quarter of a minute on two CPU cores. Expect a test
accuracy of 0.982 ± 0.009 (ten study seeds on the default split), equal within the noise to nearest
neighbours, 1.0, and boosted trees, 0.997: there are 36 test examples.

Adult (UCI, official test file), one run of 100 s on two CPU cores, other programs beside: test
accuracy 0.8616 for the ensemble of four and 0.8600 ± 0.0003 for the network alone, three refits;
boosted trees reach 0.871. In the report the accuracy of the exported network among those who earn
more is 0.635 for men and 0.541 for women, and 0.53 to 0.63 for the races with enough examples.

    dlrecipes tune tabular --data adult-train.csv --test adult-test.csv --target income --columns
        age,workclass,fnlwgt,education,education_num,marital_status,occupation,relationship,race,
        sex,capital_gain,capital_loss,hours_per_week,native_country,income
        --subgroup sex,race --ensemble 4
"""

from __future__ import annotations

import keras
import keras_tuner

from dlrecipes.data import TablePreprocess, load_table
from dlrecipes.models import build_tabular, prior_bias
from dlrecipes.recipe import Recipe
from dlrecipes.results import DataSpec
from dlrecipes.search import CoarseToFine
from dlrecipes.targets import loss_and_metrics


def preprocess(spec: DataSpec) -> keras.Layer:
    """Turn raw columns into numbers."""
    return TablePreprocess(spec.columns)


def build(hp: keras_tuner.HyperParameters, spec: DataSpec) -> keras.Model:
    """Return a compiled perceptron on embedded categories and encoded numbers."""
    has_dna = any(feature.kind == "letter" for feature in spec.features)
    model = build_tabular(
        spec,
        hidden_units=(128, 128),
        motifs=hp.Choice("motifs", [0, 32]) if has_dna else 0,
        dropout_rate=hp.Float("dropout", 0.0, 0.5),
        output_bias=prior_bias(spec),
    )
    model.compile(
        optimizer=keras.optimizers.AdamW(
            learning_rate=hp.Float("learning_rate", 1e-4, 1e-2, sampling="log"),
            weight_decay=hp.Float("weight_decay", 1e-4, 1.0, sampling="log"),
        ),
        **loss_and_metrics(spec.targets),
    )
    return model


RECIPE = Recipe(
    name="tabular",
    task="tables",
    load=load_table,
    preprocess=preprocess,
    build=build,
    objective="val_loss",
    plan=CoarseToFine(trials=24, epochs=15, batch_size=256, refit_seeds=3),
    shows="a table with categories, dates, texts and missing values",
    minutes=0.3,
    expected="test accuracy 0.982 ± 0.009",
)
