"""Cells with several facts as a model takes them apart, in TensorFlow alone, too."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from sklearn.preprocessing import MultiLabelBinarizer

import dlrecipes as dlr
from dlrecipes.data.sources import infer_columns
from dlrecipes.data.sources.scan_cells import items_of
from dlrecipes.data.tables.cells_apart import cut_items
from dlrecipes.errors import DataError
from dlrecipes.export import build_inference_model, export_saved_model, predict_saved_model
from dlrecipes.results import Column

TABLE = dlr.lesson.make_patients(600)


@pytest.fixture(scope="module")
def splits():
    found = dlr.data.from_table(TABLE, "Treated")
    layer = dlr.data.TablePreprocess(found.raw_spec.columns, quantile_range=(0, 1))
    return found.with_preprocess(layer)


def test_every_item_is_an_indicator_as_in_sklearn(splits):
    layer, raw = splits.preprocess, dlr.data.table_columns(TABLE, splits.raw_spec.columns)
    x = dlr.data.apply_preprocess(layer, raw)
    names = [feature.name for feature in layer.features]
    cells = [cell.split("; ") if cell else [] for cell in TABLE["Clinical findings"]]
    expected = MultiLabelBinarizer(classes=dlr.lesson.FINDINGS).fit_transform(cells)
    places = [names.index(f"Clinical findings {item!r}") for item in dlr.lesson.FINDINGS]
    np.testing.assert_array_equal(x[:, places], expected)


def test_parts_are_what_they_are(splits):
    layer, raw = splits.preprocess, dlr.data.table_columns(TABLE, splits.raw_spec.columns)
    x = dlr.data.apply_preprocess(layer, raw)
    names = [feature.name for feature in layer.features]
    ages = TABLE["Gender/Age"].str[2:].astype(float).to_numpy()
    age, sex = names.index("Gender/Age: Age"), names.index("Gender/Age: Gender")
    assert np.corrcoef(x[:, age], ages)[0, 1] == pytest.approx(1, abs=1e-5)
    assert len(set(zip(TABLE["Gender/Age"].str[0], x[:, sex], strict=True))) == 2


def test_graph_and_python_cut_alike():
    for column in infer_columns(TABLE, target=["Treated"]):
        if column.kind == "list":
            cells = TABLE[column.name].tolist()
            expected = [items_of(cell, column.separator, column.heads) for cell in cells]
            assert cut_items(cells, column) == expected


def test_an_unknown_item_is_none_and_a_missing_part_is_marked():
    kinds = [
        Column("f", "list", separator=";"),
        Column("p", "parts", separator="/", parts=(Column("s", "category"), Column("a", "number"))),
    ]
    layer = dlr.data.TablePreprocess(kinds, min_frequency=1)
    layer.adapt(dlr.data.Columns({"f": ["a;b", "b", ""], "p": ["F/1", "M/3,5", "F/"]}))
    rows = dlr.data.Columns({"f": ["c; a", "b;b", ""], "p": ["M/", "?", " F / 1 "]})
    x = dlr.data.apply_preprocess(layer, rows)
    names = [feature.name for feature in layer.features]
    assert names == ["a", "a missing", "s", "f 'b'", "f 'a'"]
    assert x[:, 1].tolist() == [1, 1, 0]
    assert x[:, 3:].tolist() == [[0, 1], [1, 0], [0, 0]]
    with pytest.raises(tf.errors.InvalidArgumentError, match="Column p must hold cells such as"):
        layer({"f": tf.constant(["a"]), "p": tf.constant(["F"])})


def test_a_new_table_with_other_cells_is_refused(splits):
    new = TABLE.head(3).assign(**{"Gender/Age": ["F/3", "F", "M/2"]})
    with pytest.raises(DataError, match=r"'Gender/Age' must hold a category and a number.*'F'"):
        dlr.data.table_columns(new, splits.raw_spec.columns)


def test_the_layer_comes_back_from_its_configuration(splits):
    layer, raw = splits.preprocess, dlr.data.table_columns(TABLE, splits.raw_spec.columns)
    again = dlr.data.TablePreprocess.from_config(layer.get_config())
    again.build_from_config(layer.get_build_config())
    assert again.features == layer.features
    assert again.unknown_values(raw) == layer.unknown_values(raw)


def test_a_saved_model_takes_raw_cells(splits, tmp_path):
    network = dlr.models.build_tabular(splits.model_spec, hidden_units=(4,))
    network.compile("sgd", keras.losses.BinaryCrossentropy(from_logits=True))
    model = build_inference_model(network, splits.preprocess, splits.raw_spec, splits.model_spec)
    export_saved_model(model, tmp_path / "m", splits.raw_spec)
    new = dlr.lesson.make_patients(40, seed=5)
    raw = dlr.data.table_columns(new, splits.raw_spec.columns)
    found = predict_saved_model(tmp_path / "m", raw)
    x = dlr.data.apply_preprocess(splits.preprocess, raw)
    expected = 1 / (1 + np.exp(-np.asarray(network(x)).ravel()))
    np.testing.assert_allclose(np.asarray(found).reshape(len(new), -1)[:, -1], expected, atol=1e-5)


def test_the_audit_announces_it_with_the_option(splits):
    (found,) = [one for one in dlr.data.audit(splits) if one.name == "cells taken apart"]
    assert "4 columns" in found.verdict
    assert "'Clinical findings' has lists, 6 different items between ';'" in found.verdict
    assert "--kinds 'Clinical findings=category'" in found.advice
    plain = dlr.data.from_table(pd.DataFrame({"a": np.sqrt(range(40)), "y": ["n", "j"] * 20}), "y")
    assert "cells taken apart" not in [one.name for one in dlr.data.audit(plain)]
