import keras
import numpy as np
import pytest

from dlrecipes.errors import ArgumentError
from dlrecipes.models import build_rnn


@pytest.mark.parametrize(
    "cell", ["simple", *(pytest.param(one, marks=pytest.mark.slow) for one in ("gru", "lstm"))]
)
def test_contract(check_model, cell):
    def make(**arguments):
        return build_rnn((5, 2), 3, cell=cell, recurrent_units=(4, 3), **arguments)

    check_model(make, (5, 2), 3)


def test_is_the_network_it_says():
    """Of simple cells, against the recursion."""
    model = build_rnn((4, 2), 2, cell="simple", recurrent_units=(3,), hidden_units=(5,))
    x = np.random.default_rng(0).normal(size=(7, 4, 2)).astype("float32")
    w, u, b, w1, b1, w2, b2 = model.get_weights()
    state = np.zeros((7, 3))
    for step in range(4):
        state = np.tanh(x[:, step] @ w + state @ u + b)
    hidden = np.maximum(state @ w1 + b1, 0)
    np.testing.assert_allclose(model(x), hidden @ w2 + b2, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_the_other_cells_are_those_of_keras(cell):
    keras.utils.set_random_seed(3)
    model = build_rnn((4, 2), 2, cell=cell, recurrent_units=(3, 5))
    layer = {"gru": keras.layers.GRU, "lstm": keras.layers.LSTM}[cell]
    theirs = keras.Sequential(
        [
            keras.Input((4, 2)),
            layer(3, return_sequences=True),
            layer(5),
            keras.layers.Dense(2),
        ]
    )
    theirs.set_weights(model.get_weights())
    x = np.random.default_rng(0).normal(size=(7, 4, 2)).astype("float32")
    np.testing.assert_allclose(model(x), theirs(x), rtol=1e-5, atol=1e-6)


def test_structure():
    model = build_rnn(
        (4, 2), 1, recurrent_units=(3, 3), hidden_units=(5,), dropout_rate=0.1, target_mean=20.0
    )
    assert [layer.name for layer in model.layers[1:]] == [
        "recurrent_1",
        "recurrent_1_dropout",
        "recurrent_2",
        "recurrent_2_dropout",
        "hidden_1_dense",
        "hidden_1_activation",
        "hidden_1_dropout",
        "outputs",
        "target_units",
    ]


def test_the_penalty_holds_for_both_kernels_of_a_cell():
    model = build_rnn((4, 2), 1, cell="gru", l1=0.5, l2=0.25, penalised=["recurrent_1"])
    w, u, *_ = model.get_weights()
    expected = sum(0.5 * np.abs(one).sum() + 0.25 * np.square(one).sum() for one in (w, u))
    assert float(sum(model.losses)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"input_shape": (4,)}, r"`input_shape` must be \(steps, features\).*axis of features"),
        ({"input_shape": (None, 3)}, r"`input_shape\[0\]` must be an integer, at least 1"),
        ({"cell": "rnn"}, r"`cell` must be one of"),
        ({"recurrent_units": ()}, r"`recurrent_units` must have at least 1 entry"),
        ({"hidden_units": (0,)}, r"`hidden_units\[0\]` must be an integer"),
        ({"penalised": ["lstm"]}, r"The layers are recurrent_1, outputs"),
        ({"target_std": 0.0}, r"`target_std` must be a finite number in \(0, inf\]"),
    ],
)
def test_argument_errors(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        build_rnn(**{"input_shape": (4, 3), "outputs": 2, **arguments})
