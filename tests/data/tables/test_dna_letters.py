"""Columns of DNA: noticed, refused, and as numbers in TensorFlow alone, too."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from sklearn.preprocessing import OneHotEncoder

import dlrecipes as dlr
from dlrecipes.data.sources import infer_columns
from dlrecipes.data.tables.dna_letters import read_dna
from dlrecipes.errors import DataError
from dlrecipes.export import build_inference_model, export_saved_model, predict_saved_model

TABLE = dlr.lesson.make_promoters(120)
TABLE["length"] = TABLE["sequence"].str.len() + np.linspace(0, 0.5, len(TABLE))


@pytest.fixture(scope="module")
def splits():
    found = dlr.data.from_table(TABLE, "promoter", positive="yes")
    return found.with_preprocess(dlr.data.TablePreprocess(found.raw_spec.columns))


def _kind(cells, **kinds):
    (column,) = infer_columns(pd.DataFrame({"site": cells}), kinds=kinds)
    return column


def _sequences(letters, number=40, length=12, seed=0):
    rows = np.random.default_rng(seed).choice(list(letters), (number, length))
    return ["".join(row) for row in rows]


def test_letters_are_one_hot_as_in_sklearn():
    cells = _sequences("ACGT")
    letters = np.array([list(cell) for cell in cells])
    expected = OneHotEncoder(categories=[list("ACGT")] * 12).fit_transform(letters).toarray()
    found = read_dna(tf.constant(cells), "site", 12).numpy()
    np.testing.assert_array_equal(found.reshape(len(cells), -1), expected)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("ac\n Gt", np.eye(4)),
        ("A", np.eye(4) * [[1], [0], [0], [0]]),
        ("ACGTACGT", np.eye(4)),
        ("ACGU", np.eye(4)),
        ("RY-N", [[0.5, 0, 0.5, 0], [0, 0.5, 0, 0.5], [0] * 4, [0.25] * 4]),
        ("BDHV", (1 - np.eye(4)) / 3),
        ("", np.zeros((4, 4))),
        (" NA ", np.zeros((4, 4))),
    ],
    ids=["small", "short", "long", "rna", "codes", "not", "empty", "missing"],
)
def test_other_cells(cell, expected):
    np.testing.assert_allclose(read_dna(tf.constant([cell]), "site", 4)[0], expected)


def test_another_letter_is_refused(splits):
    with pytest.raises(tf.errors.InvalidArgumentError, match="Column site must hold DNA"):
        read_dna(tf.constant(["ACXT"]), "site", 4)
    new = TABLE.head(3).assign(sequence=["ACGT", "", "ACEGT"])
    with pytest.raises(DataError, match=r"'sequence' must hold DNA.*'ACEGT'"):
        dlr.data.table_columns(new, splits.raw_spec.columns)


@pytest.mark.parametrize("letters", ["ACGT", "acgu", "AAACCCGGGTTTN-"])
def test_it_is_noticed(letters):
    column = _kind([*_sequences(letters), None, "ACG"])
    assert (column.kind, column.evidence) == ("dna", "DNA, 3 to 12 letters, 2 % missing")


@pytest.mark.parametrize(
    "cells",
    [
        _sequences("ACGT", length=3),
        _sequences("ACGT", number=9) * 5,
        _sequences("ACDEFGHIKLMNPQRSTVWY"),
        _sequences("RYSWKMAC"),
        _sequences("AT"),
        ["Nashville TN", "Albany NY", "Cary", "Bath"] * 10,
    ],
    ids=["short codes", "few", "protein", "codes only", "two letters", "words"],
)
def test_it_is_not_noticed(cells):
    assert _kind(cells).kind != "dna"


def test_the_user_knows_better():
    few = _sequences("ACGT", number=3, length=4)
    assert _kind(few, site="dna").kind == "dna"
    assert _kind(_sequences("ACGT"), site="category").kind == "category"
    with pytest.raises(DataError, match=r"DNA only, as kinds asks.*'E' in 'HELLO', row 1"):
        _kind(["ACG", "HELLO"], site="dna")
    with pytest.raises(DataError, match="must hold DNA, as kinds asks"):
        _kind([None, None], site="dna")
    with pytest.raises(DataError, match=r"as most of it does.*'X' in 'ACGXTTGA', row 40.*site=cat"):
        _kind([*_sequences("ACGT"), "ACGXTTGA"])


def test_the_layer_comes_back_and_a_saved_model_takes_raw_cells(splits, tmp_path):
    layer, spec = splits.preprocess, splits.model_spec
    again = dlr.data.TablePreprocess.from_config(layer.get_config())
    assert again.features == layer.features
    assert [feature.name for feature in layer.features[1:4]] == [
        "sequence A at 1",
        "sequence C at 1",
        "sequence G at 1",
    ]
    network = dlr.models.build_tabular(spec, hidden_units=(4,), motifs=3)
    network.compile("sgd", keras.losses.BinaryCrossentropy(from_logits=True))
    model = build_inference_model(network, layer, splits.raw_spec, spec)
    export_saved_model(model, tmp_path / "m", splits.raw_spec)
    new = dlr.lesson.make_promoters(9, seed=5).assign(length=50.0)
    raw = dlr.data.table_columns(new, splits.raw_spec.columns)
    x = dlr.data.apply_preprocess(layer, raw)
    expected = 1 / (1 + np.exp(-np.asarray(network(x)).ravel()))
    found = np.asarray(predict_saved_model(tmp_path / "m", raw)).reshape(len(new), -1)[:, -1]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_audit_announces_it_with_the_option(splits):
    found = {one.name: one for one in dlr.data.audit(splits)}
    assert "'sequence' has DNA, 40 to 60 letters" in found["cells taken apart"].verdict
    assert "--kinds sequence=category" in found["cells taken apart"].advice
    assert found["column kinds"].severity == "info"
    assert found["identifiers"].severity == "info"  # though all sequences differ
    assert found["group candidates"].severity == "info"


def test_longer_sequences_than_are_kept():
    table = dlr.data.Columns({"s": ["ACG", "ACGTA"]})
    layer = dlr.data.TablePreprocess([dlr.results.Column("s", "dna")], max_letters=4)
    layer.adapt(table)
    assert len(layer.features) == 4 * 4
    assert dlr.data.apply_preprocess(layer, table).sum(axis=1).tolist() == [3, 4]
