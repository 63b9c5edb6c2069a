import json

import keras
import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st

from dlrecipes.errors import ArgumentError
from dlrecipes.layers import PiecewiseLinearEncoding

NAN = np.nan


def run(layer, x):
    return keras.ops.convert_to_numpy(layer(np.asarray(x)))


def paper(value, edges):
    """Equation (1) of arXiv:2203.05556, word for word."""
    last = len(edges) - 1
    components = []
    for t in range(1, last + 1):
        if value < edges[t - 1] and t > 1:
            components.append(0.0)
        elif value >= edges[t] and t < last:
            components.append(1.0)
        else:
            components.append((value - edges[t - 1]) / (edges[t] - edges[t - 1]))
    return components


def test_example():
    layer = PiecewiseLinearEncoding(edges=[[0, 1, 3, 4], [10, 20]])
    x = [[2, 15], [-2, 0], [6, 40], [1, 10], [NAN, 20]]
    expected = [
        [1, 0.5, 0, 0.5],
        [-2, 0, 0, -1],
        [1, 1, 3, 3],
        [1, 0, 0, 0],
        [NAN, NAN, NAN, 1],
    ]
    np.testing.assert_array_equal(run(layer, x), expected)


@settings(deadline=None, max_examples=40)
@given(
    columns=st.lists(
        st.lists(st.integers(-1000, 1000), min_size=2, max_size=6, unique=True).map(sorted),
        min_size=1,
        max_size=3,
    ),
    value=st.floats(-2000, 2000, width=32),
)
def test_equals_the_paper(columns, value):
    layer = PiecewiseLinearEncoding(edges=columns)
    expected = [part for edges in columns for part in paper(value, edges)]
    output = run(layer, np.full((1, len(columns)), value, "float32"))[0]
    np.testing.assert_allclose(output, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("bins", [1, 4, 16])
def test_edges_are_quantiles(bins):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(300, 3)).astype("float32") * [1, 100, 1e-3]
    x[::7, 1] = NAN
    layer = PiecewiseLinearEncoding(bins)
    layer.adapt(x)
    rounded = x.astype("float32").astype("float64")
    expected = np.nanquantile(rounded, np.linspace(0, 1, bins + 1), axis=0)
    np.testing.assert_array_equal(np.array(layer.edges), expected.T.astype("float32"))
    output = run(layer, x[:50])
    assert output.shape == (50, 3 * bins)
    pairs = zip(rounded[1], layer.edges, strict=True)
    row = [part for value, own in pairs for part in paper(value, own)]
    np.testing.assert_allclose(output[1], row, rtol=1e-4, atol=1e-5)


def test_equal_quantiles_are_merged():
    layer = PiecewiseLinearEncoding(4)
    layer.adapt([[0.0, 5.0, NAN]] * 8 + [[1.0, 5.0, NAN]])
    assert layer.edges == ((0.0, 1.0), (5.0,), (0.0,))
    output = run(layer, [[0.25, 5.0, 1.0], [2.0, -9.0, NAN], [NAN, NAN, np.inf]])
    np.testing.assert_array_equal(output, [[0.25, 0, 0], [2, 0, NAN], [NAN, NAN, 0]])


def test_one_row():
    layer = PiecewiseLinearEncoding()
    layer.adapt([[3.0, 1e8]])
    assert layer.edges == ((3.0,), (1e8,))
    np.testing.assert_array_equal(run(layer, [[7.0, 0.0]]), [[0, 0]])


def test_a_large_offset_does_not_cancel():
    x = 1e8 + 8.0 * np.arange(101)[:, None]
    layer = PiecewiseLinearEncoding(4)
    layer.adapt(x)
    np.testing.assert_allclose(run(layer, x).sum(axis=1), np.arange(101) / 25, atol=1e-6)


def test_edges_make_the_same_layer():
    x = np.random.default_rng(0).normal(size=(50, 3)).round(1)
    x[:, 2] = 4.0
    learned = PiecewiseLinearEncoding(5)
    learned.adapt(x)
    given_edges = PiecewiseLinearEncoding(edges=learned.edges)
    np.testing.assert_array_equal(run(given_edges, x), run(learned, x))
    assert given_edges.edges == learned.edges
    config = given_edges.get_config()
    copy = PiecewiseLinearEncoding.from_config(json.loads(json.dumps(config)))
    assert copy.get_config() == config
    np.testing.assert_array_equal(run(copy, x), run(learned, x))


def test_with_edges_adapt_changes_nothing():
    layer = PiecewiseLinearEncoding(edges=[[0, 1]])
    layer.adapt([[5.0], [7.0]])
    assert layer.edges == ((0.0, 1.0),)
    with pytest.raises(ArgumentError, match="layout of the training data"):
        layer.adapt([[5.0, 7.0]])


def test_saving_with_edges(tmp_path):
    inputs = keras.Input((2,))
    model = keras.Model(inputs, PiecewiseLinearEncoding(edges=[[0, 1, 2], [3]])(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(np.ones((1, 2))), [[1, 0, 0]])
    assert keras.models.clone_model(model).layers[-1].edges == ((0.0, 1.0, 2.0), (3.0,))


def test_edges_need_adapt():
    with pytest.raises(ArgumentError, match="must be adapted"):
        _ = PiecewiseLinearEncoding().edges


@settings(deadline=None, max_examples=15)
@given(
    train=st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=20),
    values=st.lists(st.floats(-2e6, 2e6, width=32), min_size=2, max_size=20),
    bins=st.integers(1, 6),
)
@example(train=[0.0, 1.1754943508222875e-38], values=[4.0, 4.0], bins=1)
def test_monotone_in_each_component(train, values, bins):
    layer = PiecewiseLinearEncoding(bins)
    layer.adapt(np.asarray(train)[:, None])
    output = run(layer, np.sort(values)[:, None])
    assert (np.diff(output, axis=0) >= 0).all()
    inside = run(layer, np.asarray(train)[:, None])
    assert ((inside >= 0) & (inside <= 1)).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_bins": 0}, "`n_bins` must be an integer, at least 1"),
        ({"n_bins": 2.0}, "`n_bins` must be an integer"),
        ({"edges": []}, "`edges` must hold.*no columns"),
        ({"edges": [[0, 1], []]}, r"`edges` must hold.*\[\] for column 1"),
        ({"edges": [[0, 0]]}, "strictly increasing"),
        ({"edges": [[1, 0]]}, "strictly increasing"),
        ({"edges": [[1e8, 1e8 + 1]]}, "strictly increasing in float32"),
        ({"edges": [[0, NAN]]}, "`edges` must hold"),
        ({"edges": [[0, np.inf]]}, "`edges` must hold"),
        ({"edges": [0, 1]}, "`edges` must hold"),
        ({"edges": 3}, "`edges` must hold"),
        ({"edges": [["a", "b"]]}, "`edges` must hold"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        PiecewiseLinearEncoding(**arguments)


def test_a_layer_saved_under_older_names():
    config = PiecewiseLinearEncoding(3).get_config()
    config["bins"] = config.pop("n_bins")
    assert PiecewiseLinearEncoding.from_config(config).n_bins == 3
