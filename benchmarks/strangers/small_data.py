"""Small data: scikit-learn's bundled sets, and some that are made with a seed."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from sklearn import datasets

from strangers.stranger import Given

SHARE = 0.25


def take(values: Any, rows: Any) -> Any:  # noqa: ANN401  (arrays in any nest)
    """Return the rows of every array in a nest of dictionaries, lists and tuples."""
    if isinstance(values, dict):
        return {name: take(inner, rows) for name, inner in values.items()}
    if isinstance(values, list | tuple):
        return type(values)(take(inner, rows) for inner in values)
    return values[rows]


def held_out(x: Any, y: Any, weights: Any = None) -> Given:  # noqa: ANN401
    """Shuffle the examples and hold a quarter of them out."""
    some = y
    while isinstance(some, dict | list | tuple):
        some = next(iter(some.values() if isinstance(some, dict) else some))
    order = np.random.default_rng(1).permutation(len(some))
    cut = int(len(order) * (1 - SHARE))
    first, last = order[:cut], order[cut:]
    train = (take(x, first), take(y, first))
    if weights is not None:
        train = (*train, weights[first])
    return Given(train, (take(x, last), take(y, last)))


def _scaled(x):
    return ((x - x.mean(axis=0)) / x.std(axis=0)).astype("float32")


def digits(rows=1000):
    """Return flat pictures of digits, between 0 and 1, and what they show."""
    x, y = datasets.load_digits(return_X_y=True)
    return (x[:rows] / 16.0).astype("float32"), y[:rows]


def pictures(rows=1000):
    """Return digits as pictures with one channel."""
    x, y = digits(rows)
    return x.reshape(-1, 8, 8, 1), y


def iris():
    """Return four scaled lengths and the species."""
    x, y = datasets.load_iris(return_X_y=True)
    return np.tile(_scaled(x), (3, 1)) + _noise((450, 4), 0.1), np.tile(y, 3)


def wine():
    """Return measurements as they are, unscaled, and the cultivar; each bottle measured thrice."""
    x, y = datasets.load_wine(return_X_y=True)
    return (np.tile(x, (3, 1)) * (1 + _noise((534, 13), 0.02))).astype("float32"), np.tile(y, 3)


def tumours():
    """Return thirty scaled figures of a cell and whether it is benign."""
    x, y = datasets.load_breast_cancer(return_X_y=True)
    return _scaled(x), y


def diabetes():
    """Return ten scaled figures of a patient and the progression, scaled."""
    x, y = datasets.load_diabetes(return_X_y=True)
    return _scaled(x), _scaled(y)


def groups(classes=3, rows=600, features=8, spread=0.7, seed=0):
    """Return points around one centre a class, and the class."""
    generator = np.random.default_rng(seed)
    centres = generator.normal(size=(classes, features))
    kind = generator.integers(0, classes, rows)
    x = centres[kind] + spread * generator.normal(size=(rows, features))
    return x.astype("float32"), kind


def two_groups():
    """Return points and one of two classes."""
    return groups(classes=2, spread=2.0, seed=3)


def rare(rows=900):
    """Return points of which one in eight is of the class 1."""
    generator = np.random.default_rng(5)
    y = (generator.random(rows) < 0.125).astype(int)
    x = generator.normal(size=(rows, 6)) + 1.2 * y[:, None]
    return x.astype("float32"), y


def plane(rows=600, features=8, values=1, seed=2):
    """Return points and values that are linear in them, with a little noise."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(rows, features))
    y = x @ generator.normal(size=(features, values)) / np.sqrt(features)
    y = y + 0.05 * generator.normal(size=y.shape)
    return x.astype("float32"), y.astype("float32")


def waves(rows=600, steps=24):
    """Return curves of two channels and which of three frequencies they have."""
    generator = np.random.default_rng(6)
    kind = generator.integers(0, 3, rows)
    time = np.arange(steps) / steps
    phase = generator.uniform(0, 1, (rows, 1))
    angle = 2 * np.pi * (np.array([1, 2, 4])[kind][:, None] * time + phase)
    x = np.stack([np.sin(angle), np.cos(angle)], axis=2)
    return (x + 0.2 * generator.normal(size=x.shape)).astype("float32"), kind


def level(rows=600, steps=12):
    """Return curves of three channels and whether the first channel lies above zero on average."""
    generator = np.random.default_rng(7)
    kind = generator.integers(0, 2, rows)
    x = generator.normal(size=(rows, steps, 3))
    x[:, :, 0] += 0.9 * (2 * kind[:, None] - 1)
    return x.astype("float32"), kind


GOOD = ("lovely", "bright", "warm", "kind", "fresh", "clever", "smooth", "fair")
BAD = ("dull", "cold", "stale", "rude", "slow", "bitter", "broken", "noisy")
PLAIN = ("the", "room", "was", "and", "our", "meal", "with", "very", "a", "film", "trip", "host")


def sentences(rows=600):
    """Return short reviews as text and whether they praise."""
    generator = np.random.default_rng(8)
    y = generator.integers(0, 2, rows)
    texts = []
    for praises in y:
        words = list(generator.choice(PLAIN, 6)) + list(generator.choice((BAD, GOOD)[praises], 3))
        generator.shuffle(words)
        texts.append(" ".join(words))
    return np.array(texts), y


def tokens(rows=600, length=12):
    """Return reviews as whole numbers, padded with 0, and whether they praise."""
    texts, y = sentences(rows)
    vocabulary = {word: place for place, word in enumerate(GOOD + BAD + PLAIN, start=1)}
    numbered = [[vocabulary[word] for word in text.split()] for text in texts]
    return keras.utils.pad_sequences(numbered, maxlen=length), y


def forecast(rows=500, past=16, ahead=1):
    """Return windows of a noisy season and what follows each."""
    generator = np.random.default_rng(9)
    time = np.arange(rows + past + ahead)
    series = np.sin(time / 4) + 0.5 * np.sin(time / 11) + 0.05 * generator.normal(size=len(time))
    x = np.stack([series[start : start + past] for start in range(rows)])[:, :, None]
    y = np.stack([series[start + past : start + past + ahead] for start in range(rows)])
    return x.astype("float32"), y.astype("float32")


def visits(rows=700):
    """Return counts that depend on five figures."""
    generator = np.random.default_rng(10)
    x = generator.normal(size=(rows, 5))
    y = generator.poisson(np.exp(0.8 + 0.5 * x[:, 0] - 0.4 * x[:, 1]))
    return x.astype("float32"), y.astype("float32")


def homes(rows=800):
    """Return a home's numbers, town (text), zone (whole number); whether sold, price and grade."""
    generator = np.random.default_rng(11)
    towns = np.array(["Aa", "Bo", "Cam", "Dor"])
    town, zone = generator.integers(0, 4, rows), generator.integers(0, 6, rows)
    numbers = generator.normal(size=(rows, 5)).astype("float32")
    worth = numbers[:, 0] + 0.5 * numbers[:, 1] + 0.8 * (town - 1.5) + 0.3 * (zone - 2.5)
    worth = worth + 0.2 * generator.normal(size=rows)
    features = {"numbers": numbers, "town": towns[town], "zone": zone.astype("int32")}
    targets = {
        "sold": (worth > 0).astype("float32"),
        "price": worth.astype("float32"),
        "grade": np.digitize(worth, np.quantile(worth, [1 / 3, 2 / 3])),
    }
    return features, targets


def pairs(rows=900):
    """Return two pictures of digits below 3 each and whether they show the same one."""
    x, y = datasets.load_digits(return_X_y=True)
    x, y = (x[y < 3] / 16.0).astype("float32"), y[y < 3]
    generator = np.random.default_rng(12)
    left = generator.integers(0, len(y), rows)
    right = generator.integers(0, len(y), rows)
    alike = generator.random(rows) < 0.5
    same = [generator.choice(np.flatnonzero(y == y[one])) for one in left]
    right = np.where(alike, same, right)
    return [x[left], x[right]], (y[left] == y[right]).astype("float32")


def _noise(shape, size):
    return (size * np.random.default_rng(4).normal(size=shape)).astype("float32")
