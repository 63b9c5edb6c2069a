import keras
import numpy as np
import pytest
import tensorflow as tf

from dlrecipes.data import Columns, TablePreprocess, as_tensors
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.results import Column

COLUMNS = (
    Column("age", "number"),
    Column("pay", "number"),
    Column("job", "category"),
    Column("since", "date"),
    Column("note", "text"),
    Column("key", "ignored"),
)
NOTES = ["came late", "came late, left early", "never came", "", "on leave"]


def table(rows=200, seed=0):
    generator = np.random.default_rng(seed)
    return Columns(
        {
            "age": np.where(generator.random(rows) < 0.1, np.nan, generator.normal(40, 10, rows)),
            "pay": generator.lognormal(3, 1, rows),
            "job": generator.choice(["clerk", "cook", ""], rows, p=[0.6, 0.3, 0.1]),
            "since": [f"20{10 + at % 9}-0{1 + at % 9}-11" for at in range(rows)],
            "note": generator.choice(NOTES, rows),
            "key": [str(at) for at in range(rows)],
        }
    )


@pytest.fixture
def layer():
    made = TablePreprocess(COLUMNS)
    made.adapt(table())
    return made


def run(layer, columns):
    values = np.asarray(layer(as_tensors(columns)))
    return {feature.name: values[:, at] for at, feature in enumerate(layer.features)}


def changed(columns, **values):
    return Columns({**dict(columns.items()), **values})


def test_numbers_are_standardised_and_marked(layer):
    found = run(layer, table())
    missing = np.isnan(table()["age"])
    np.testing.assert_array_equal(found["age missing"], missing)
    assert "pay missing" not in found
    for name in ("age", "pay"):
        assert found[name].mean() == pytest.approx(0, abs=1e-4)
        assert found[name].std() == pytest.approx(1, abs=1e-3)
    # ---- a gap is filled with the training median
    known = table()["age"][~missing]
    share = np.searchsorted(np.sort(found["age"][~missing]), found["age"][missing][0]) / len(known)
    assert share == pytest.approx(0.5, abs=0.01)


def test_outliers_stop_at_the_training_quantiles(layer):
    usual = run(layer, table())
    wild = run(layer, changed(table(), pay=np.full(200, 1e30)))
    assert (wild["pay"] <= usual["pay"].max() + 1e-5).all()


def test_categories(layer):
    (job,) = [feature for feature in layer.features if feature.kind == "category"]
    assert (job.name, job.size) == ("job", 4)
    found = run(layer, changed(table(3), job=["clerk", "pilot", ""]))
    assert found["job"][0] == 1
    assert found["job"][1] == 0
    assert found["job"][2] == 3


def test_rare_and_too_many_categories():
    columns = Columns({"job": ["a"] * 9 + ["b"] * 6 + ["c"] * 5 + ["d"] * 2})
    layer = TablePreprocess((Column("job", "category"),), min_frequency=3, max_categories=2)
    layer.adapt(columns)
    assert run(layer, columns)["job"].tolist() == [1] * 9 + [2] * 6 + [0] * 7
    none = TablePreprocess((Column("job", "category"),), min_frequency=100)
    none.adapt(columns)
    assert set(run(none, columns)["job"].tolist()) == {0}


def test_texts(layer):
    found = run(layer, changed(table(4), note=["CAME", "came late", "", "a zebra"]))
    words = ["came", "late", ",", "left", "early", "never", "on", "leave"]
    # ---- behind all other features
    assert {feature.name for feature in layer.features[-8:]} == {f"note {word!r}" for word in words}
    assert [feature.kind for feature in layer.features].count("weight") == 8
    assert found["note 'came'"][0] > found["note 'came'"][1] > 0
    assert found["note 'late'"].tolist()[2:] == [0, 0]
    assert found["note 'early'"].tolist() == [0, 0, 0, 0]


def test_fewer_words():
    fewer = TablePreprocess(COLUMNS, max_features=2)
    fewer.adapt(table())
    names = [feature.name for feature in fewer.features if feature.kind == "weight"]
    assert names == ["note 'came'", "note 'late'"]
    assert TablePreprocess.from_config(fewer.get_config()).features == fewer.features
    with pytest.raises(ArgumentError, match="`max_features`"):
        TablePreprocess(COLUMNS, max_features=0)


def test_texts_without_a_word_in_common():
    columns = Columns({"note": ["x" * at for at in range(30)], "age": np.arange(30.0)})
    layer = TablePreprocess((Column("age", "number"), Column("note", "text")))
    layer.adapt(columns)
    assert [feature.name for feature in layer.features] == ["age"]
    assert layer(as_tensors(columns)).shape == (30, 1)
    with pytest.raises(DataError, match="share some words.*30 texts, no word in 5.*`text`"):
        TablePreprocess((Column("note", "text"),)).adapt(columns)


def test_nothing_is_learned_later(layer):
    before = run(layer, table(5))
    run(layer, changed(table(200, seed=1), pay=np.full(200, 1e6)))
    after = run(layer, table(5))
    assert all((before[name] == after[name]).all() for name in before)


def test_a_row_alone_is_the_row_in_a_batch(layer):
    together = run(layer, table(20))
    for row in range(20):
        alone = run(layer, table(20)[row : row + 1])
        for name, values in together.items():
            assert alone[name][0] == pytest.approx(values[row], abs=1e-5)


def test_saved_and_loaded(layer, tmp_path):
    inputs = {
        column.name: keras.Input((), dtype=column.dtype, name=column.name)
        for column in COLUMNS
        if column.kind != "ignored"
    }
    model = keras.Model(inputs, keras.layers.Dense(2)(layer(inputs)))
    model.save(tmp_path / "table.keras")
    loaded = keras.saving.load_model(tmp_path / "table.keras")
    given = {
        name: tensor for name, tensor in as_tensors(table(9, seed=3)).items() if name in inputs
    }
    np.testing.assert_array_equal(loaded(given), model(given))
    graph = tf.function(loaded)
    np.testing.assert_allclose(graph(given), model(given), rtol=1e-5, atol=1e-5)


def test_pieces_of_a_column_that_is_mostly_zero():
    pay = np.where(np.arange(1000) % 50 == 0, np.arange(1000) * 10.0, 0.0)
    layer = TablePreprocess((Column("pay", "number"),))
    layer.adapt(Columns({"pay": pay}))
    (feature,) = layer.features
    assert len(feature.edges) > 5
    assert list(feature.edges) == sorted(set(feature.edges))


def test_more_bins_are_finer():
    # Every other one is 0, so that values and examples divide otherwise.
    ages = np.random.default_rng(0).normal(40, 10, 1000)
    table = Columns({"age": np.where(np.arange(1000) % 2, ages, 0.0)})
    edges = {}
    for n_bins, n_value_bins in ((16, None), (64, None), (64, 1)):
        layer = TablePreprocess(
            (Column("age", "number"),), n_bins=n_bins, n_value_bins=n_value_bins
        )
        layer.adapt(table)
        edges[n_bins, n_value_bins] = set(layer.features[0].edges)
        again = TablePreprocess.from_config(layer.get_config())
        assert again.features == layer.features
    assert edges[16, None] < edges[64, None]
    assert edges[64, 1] < edges[64, None]
    with pytest.raises(ArgumentError, match="`n_bins`"):
        TablePreprocess((Column("age", "number"),), n_bins=0)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ((), "at least one column that is an input"),
        ((Column("key", "ignored"),), "at least one column that is an input"),
    ],
)
def test_wrong_columns(columns, message):
    with pytest.raises(DataError, match=message):
        TablePreprocess(columns)


def test_wrong_data():
    with pytest.raises(DataError, match="The column 'job' must be there, as string"):
        TablePreprocess(COLUMNS).adapt(changed(table(), job=np.ones(200)))
    with pytest.raises(DataError, match="no such column among age"):
        TablePreprocess(COLUMNS).adapt(Columns({"age": [1.0, 2.0]}))
    with pytest.raises(DataError, match="must be adapted on the training part first"):
        TablePreprocess(COLUMNS)(as_tensors(table()))


def test_a_layer_saved_under_older_names():
    made = TablePreprocess(COLUMNS, (0.1, 0.8), 3, 7, 4, 5, 6)
    config = made.get_config()
    config["low"], config["high"] = config.pop("quantile_range")
    old = {
        "least": "min_frequency",
        "most": "max_categories",
        "pieces": "n_bins",
        "values": "n_value_bins",
        "words": "max_features",
    }
    config |= {name: config.pop(new) for name, new in old.items()}
    assert TablePreprocess.from_config(config).get_config() == made.get_config()
