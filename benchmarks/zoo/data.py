"""Data that several programs share: bundled with scikit-learn, or generated."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn import datasets


class Parts(NamedTuple):
    """Training, validation and held-out data."""

    x: Any
    y: Any
    vx: Any
    vy: Any
    hx: Any
    hy: Any


def parts(x, y, seed=0, shares=(0.6, 0.2)) -> Parts:
    """Return the rows in a random order, cut in three."""
    order = np.random.default_rng(seed).permutation(len(x))
    x, y = x[order], y[order]
    one = int(len(x) * shares[0])
    two = one + int(len(x) * shares[1])
    return Parts(x[:one], y[:one], x[one:two], y[one:two], x[two:], y[two:])


def scale(x):
    """Return columns of mean 0 and deviation 1."""
    return ((x - x.mean(axis=0)) / (x.std(axis=0) + 1e-9)).astype("float32")


def digits(flat=True, seed=0) -> Parts:
    """Handwritten digits, 8 by 8, in [0, 1]."""
    x, y = datasets.load_digits(return_X_y=True)
    x = (x / 16).astype("float32")
    return parts(x if flat else x.reshape(-1, 8, 8, 1), y, seed)


def wine(raw=False) -> Parts:
    x, y = datasets.load_wine(return_X_y=True)
    return parts(x.astype("float32") if raw else scale(x), y)


def iris() -> Parts:
    x, y = datasets.load_iris(return_X_y=True)
    return parts(scale(x), y, seed=1)


def tumours(raw=False) -> Parts:
    """Breast cancer: 30 measurements, benign or malignant."""
    x, y = datasets.load_breast_cancer(return_X_y=True)
    return parts(x.astype("float32") if raw else scale(x), y)


def diabetes() -> Parts:
    """Ten measurements, and a target from 25 to 346."""
    x, y = datasets.load_diabetes(return_X_y=True)
    return parts(scale(x), y.astype("float32"))


def moons(count=1000, noise=0.1, seed=0) -> Parts:
    x, y = datasets.make_moons(count, noise=noise, random_state=seed)
    return parts(x.astype("float32"), y, seed)


def rings(count=1000, seed=0) -> Parts:
    x, y = datasets.make_circles(count, noise=0.08, factor=0.5, random_state=seed)
    return parts(x.astype("float32"), y, seed)


def blobs(classes=4, count=1200, features=10, spread=1.0, seed=0) -> Parts:
    """Gaussian groups that overlap a little."""
    generator = np.random.default_rng(seed)
    y = generator.integers(classes, size=count)
    centres = generator.normal(scale=1.2, size=(classes, features))
    x = centres[y] + generator.normal(scale=spread, size=(count, features))
    return parts(x.astype("float32"), y, seed)


def curve(count=1500, seed=0) -> Parts:
    """A smooth function of three numbers, with a little noise; mean near 0, deviation near 1."""
    generator = np.random.default_rng(seed)
    x = generator.uniform(-2, 2, size=(count, 3))
    y = np.sin(2 * x[:, 0]) + 0.5 * x[:, 1] ** 2 - 0.7 + 0.3 * x[:, 2]
    y = y + generator.normal(scale=0.1, size=count)
    return parts(x.astype("float32"), y.astype("float32"), seed)


def houses(count=1500, seed=3) -> Parts:
    """Area, rooms, age and distance, scaled, and a price in full."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(count, 4))
    price = 250_000 + 60_000 * x[:, 0] + 20_000 * x[:, 1] * (x[:, 2] > 0) - 25_000 * x[:, 3]
    price = price + generator.normal(scale=10_000, size=count)
    return parts(x.astype("float32"), price.astype("float32"), seed)


def stripes(count=800, size=12, channels=3, seed=0) -> Parts:
    """Pictures, channels last: stripes that lie, stand or lean, somewhere in noise."""
    generator = np.random.default_rng(seed)
    y = generator.integers(3, size=count)
    rows, columns = np.mgrid[:size, :size]
    phase = np.stack([rows, columns, rows + columns])[y] * 1.6
    phase = phase + generator.uniform(0, 6.28, size=(count, 1, 1))
    x = np.sin(phase)[..., None] * generator.uniform(0.4, 1, size=(count, 1, 1, channels))
    x = x + generator.normal(scale=0.4, size=x.shape)
    return parts(x.astype("float32"), y, seed)


def sentences(count=1500, length=12, words=200, seed=0) -> Parts:
    """Rows of word codes; a third of the words is kind, a third is not, and the majority counts."""
    generator = np.random.default_rng(seed)
    feeling = generator.permutation(np.resize([-1, 0, 1], words))
    x = generator.integers(words, size=(count, length))
    total = feeling[x].sum(axis=1)
    keep = total != 0
    return parts(x[keep].astype("int32"), (total[keep] > 0).astype(int), seed)


def waves(count=900, length=24, seed=0) -> Parts:
    """Two noisy series an example; whether the slow or the fast one of two waves runs in them."""
    generator = np.random.default_rng(seed)
    y = generator.integers(2, size=count)
    at = np.arange(length)[None, :, None]
    phase = generator.uniform(0, 6.28, size=(count, 1, 2))
    x = np.sin(at * np.where(y, 0.8, 0.5)[:, None, None] + phase)
    x = x + generator.normal(scale=0.3, size=x.shape)
    return parts(x.astype("float32"), y, seed)
