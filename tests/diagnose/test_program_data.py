"""Columns that know the answer, other validation parts, inputs scaled with wrong numbers.

Each of the sick has a healthy neighbour.
"""

import keras
import numpy as np
import pytest

import dlrecipes as dlr

LAYERS = keras.layers
GENERATOR = np.random.default_rng(0)
ROWS = 1200
X = GENERATOR.normal(size=(ROWS, 5))
SCORE = X[:, 0] + X[:, 1] + 1.5 * GENERATOR.normal(size=ROWS)
TWO = (SCORE > 0).astype(int)
THREE = np.digitize(SCORE, [-1, 1])
NOISE = GENERATOR.normal(size=ROWS)
FEW = GENERATOR.integers(0, 3, size=(ROWS, 4)).astype(float)
IMAGES = GENERATOR.uniform(size=(300, 6, 6, 1))
OF_IMAGES = np.arange(300) % 3
STREET = GENERATOR.integers(400, size=ROWS)
MEAN_OF_STREET = (np.bincount(STREET, TWO, 400) / np.maximum(np.bincount(STREET), 1))[STREET]
IN_ORDER = np.argsort(TWO, kind="stable")
REPEATED = GENERATOR.permutation(np.repeat(np.arange(400), 3))
SERIES = np.cumsum(GENERATOR.normal(size=ROWS)) + 0.05 * np.arange(ROWS)
LAGS = np.lib.stride_tricks.sliding_window_view(SERIES, 6)[:-1]


def beside(column, x=X):
    """A table with one more column, in an order that says nothing."""
    return np.column_stack([x, column])


def told(x, y, *body, drop=("initial loss",), **arguments):
    """Names and verdicts of all that is no information."""
    values = y.dtype.kind == "f"
    flat = [LAYERS.Flatten()] if x.ndim > 2 else []
    units = 1 if values else int(y.max()) + 1
    head = LAYERS.Dense(units, None if values else "softmax")
    model = keras.Sequential([keras.Input(x.shape[1:]), *body, *flat, head])
    model.compile("adam", "mse" if values else "sparse_categorical_crossentropy")
    found = dlr.check(model, x, y, epochs=20, train=False, **arguments)
    return [(o.name, o.verdict) for o in found if o.severity != "info" and o.name not in drop]


def parts(x, y, at=800):
    return x[:at], y[:at], (x[at:], y[at:])


KNOWING = {
    "the label with noise": (beside(TWO + 0.1 * NOISE), TWO, "the same within each class"),
    "one of three": (beside(THREE + 0.05 * NOISE), THREE, "the same within each class"),
    "filled in for one class": (beside(TWO * np.exp(NOISE)), TWO, "the same within each class"),
    "what the label was cut from": (beside(SCORE + 0.01 * NOISE), TWO, "tells 99"),
    "a mean over few rows": (beside(MEAN_OF_STREET), TWO, "is made of the labels"),
    "a row number": (
        beside(np.arange(ROWS) / ROWS, X[IN_ORDER])[np.random.default_rng(1).permutation(ROWS)],
        TWO[IN_ORDER][np.random.default_rng(1).permutation(ROWS)],
        "number of the row",
    ),
    "the price with taxes": (beside(1.2 * SCORE + 0.03 * NOISE), SCORE, "of the target's variance"),
}


@pytest.mark.parametrize("case", KNOWING)
def test_a_column_that_knows_the_answer(case):
    x, y, said = KNOWING[case]
    ((name, verdict),) = told(x, y)
    assert name == "inputs"
    assert said in verdict
    assert verdict.startswith("Column 5")


NOT_KNOWING = {
    "a strong column": (beside(SCORE + 0.5 * NOISE), TWO),
    "a threshold in noise": (X, (X[:, 0] > 0).astype(int)),
    "a strong column of values": (beside(SCORE + 0.5 * NOISE), SCORE),
    "a time that says nothing": (beside(np.arange(ROWS) / ROWS), TWO),
    "a mean of other rows": (beside((X[:, 0] > 0) / 2), TWO),
    "all columns are strong": (beside(TWO + 0.3 * NOISE, X + 3 * TWO[:, None]), TWO),
    "few values": (FEW, (FEW.sum(axis=1) + NOISE > 4).astype(int)),
}


@pytest.mark.parametrize("case", NOT_KNOWING)
def test_a_column_that_is_only_strong(case):
    assert told(*NOT_KNOWING[case]) == []


OF_ANOTHER_WORLD = {
    "copies before the split": (X[REPEATED], TWO[REPEATED], {"validation_split": 0.25}, "among"),
    "copies of pictures": (
        IMAGES[REPEATED[:900] % 300],
        OF_IMAGES[REPEATED[:900] % 300],
        {"validation_data": (IMAGES[:90], OF_IMAGES[:90])},
        "among",
    ),
    "not scaled": (
        *parts(X, TWO)[:2],
        {"validation_data": (X[800:] * 40 + 300, TWO[800:])},
        "another scale",
    ),
    "from 0 to 1": (
        *parts(X, TWO)[:2],
        {"validation_data": ((X[800:] + 3.5) / 7, TWO[800:])},
        "another scale",
    ),
    "bytes": (
        IMAGES,
        OF_IMAGES,
        {"validation_data": (IMAGES[:99] ** 1.1 * 255, OF_IMAGES[:99])},
        "another scale",
    ),
    "targets in full": (
        *parts(X, SCORE)[:2],
        {"validation_data": (X[800:], 900 + 300 * SCORE[800:])},
        "Validation targets",
    ),
    "a new class": (
        X[:800],
        TWO[:800],
        {"validation_data": (X[800:], THREE[800:])},
        "of class 2, which",
    ),
    "one class": (
        X[:800],
        TWO[:800],
        {"validation_data": (X[800:][TWO[800:] == 1], TWO[800:][TWO[800:] == 1])},
        "are of class 1",
    ),
}


@pytest.mark.parametrize("case", OF_ANOTHER_WORLD)
def test_a_validation_part_of_another_world(case):
    x, y, arguments, said = OF_ANOTHER_WORLD[case]
    ((name, verdict),) = told(x, y, **arguments)
    assert name == "validation"
    assert said in verdict


OF_THIS_WORLD = {
    "rows of few values": parts(FEW, TWO),
    "repeated for training alone": (
        np.repeat(X[:800], 2, axis=0),
        np.repeat(TWO[:800], 2),
        (X[800:], TWO[800:]),
    ),
    "later in time": parts(
        (LAGS - LAGS[:800].mean()) / LAGS[:800].std(), SERIES[6:] / SERIES[:800].std()
    ),
    "a little of everything": (X[:1180], TWO[:1180], (X[1180:], TWO[1180:])),
    "brighter pictures": (IMAGES[:200], OF_IMAGES[:200], (IMAGES[200:] ** 0.5, OF_IMAGES[200:])),
}


@pytest.mark.parametrize("case", OF_THIS_WORLD)
def test_a_validation_part_of_this_world(case):
    x, y, other = OF_THIS_WORLD[case]
    assert told(x, y, validation_data=other) == []


def normalisation(of):
    return LAYERS.Normalization(mean=of.mean(axis=0), variance=of.var(axis=0))


RAW = 20 + np.array([0.01, 0.1, 1, 10, 100]) * (X + 5)


@pytest.mark.parametrize(
    ("x", "body", "said"),
    [
        (X, [normalisation(RAW)], "Behind the `Normalization`"),
        (RAW, [LAYERS.Normalization()], "Behind the `Normalization`"),
        (X * 0.02 - 2, [], "scaled twice"),
        (IMAGES, [LAYERS.Rescaling(1 / 60, offset=-2)], "scaled twice"),
    ],
    ids=["twice", "never adapted", "twice by hand", "pictures"],
)
def test_scaled_with_other_numbers(x, body, said):
    ((name, verdict),) = told(x, TWO[: len(x)], *body)
    assert name == "input scale"
    assert said in verdict


@pytest.mark.parametrize(
    ("x", "body"),
    [
        (RAW, [normalisation(RAW)]),
        (X, [LAYERS.Normalization()]),
        (beside(1 + 0.03 * NOISE), []),
        (X * 0.02 - 2, [LAYERS.Dense(4), LAYERS.BatchNormalization(), LAYERS.ReLU()]),
        (np.eye(5)[np.arange(ROWS) % 5], [normalisation(np.eye(5))]),
    ],
    ids=["once", "already scaled", "one column at 1", "normalised behind", "one-hot"],
)
def test_scaled_with_their_own_numbers(x, body):
    assert told(x, TWO, *body) == []


def test_units_are_alive_behind_a_normalisation_that_has_seen_nothing():
    """All weights of one sign: without the mean of a batch each unit would be dead."""
    some = keras.initializers.RandomUniform(0.1, 1, seed=0)
    before = X - 20
    body = [LAYERS.Dense(4, kernel_initializer=some), LAYERS.BatchNormalization(), LAYERS.ReLU()]
    assert "activations" not in dict(told(before, TWO, *body))
    assert "activations" in dict(
        told(before, TWO, LAYERS.Dense(4, "relu", kernel_initializer=some))
    )


@pytest.mark.parametrize("reverse", [False, True])
def test_validation_targets_by_name_go_with_their_outputs(reverse):
    inputs = keras.Input((5,))
    outputs = {
        "price": LAYERS.Dense(1, name="price")(inputs),
        "grade": LAYERS.Dense(3, "softmax", name="grade")(inputs),
    }
    model = keras.Model(inputs, outputs)
    model.compile("adam", {"price": "mse", "grade": "sparse_categorical_crossentropy"})
    y = {"grade": THREE, "price": SCORE}
    held_out = dict(reversed(y.items())) if reverse else y
    some = {name: one[:200] for name, one in held_out.items()}
    found = dlr.check(model, X, y, validation_data=(X[:200] + 0.01, some), train=False)
    assert not [one for one in found if one.name == "validation"]
