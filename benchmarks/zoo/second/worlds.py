"""Data of the second part: tables, series, texts and pictures, mostly generated."""

from __future__ import annotations

import numpy as np
from sklearn import datasets

from zoo.data import Parts, parts


def cut(seed, *arrays, shares=(0.6, 0.2)):
    """Return training, validation and held-out rows of several arrays that belong together."""
    order = np.random.default_rng(seed).permutation(len(arrays[0]))
    one = int(len(order) * shares[0])
    two = one + int(len(order) * shares[1])
    return [
        tuple(array[rows] for array in arrays)
        for rows in (order[:one], order[one:two], order[two:])
    ]


def by_training(d: Parts) -> Parts:
    """Return the same with columns of mean 0 and deviation 1 in the training rows."""
    mean, spread = d.x.mean(axis=0), d.x.std(axis=0) + 1e-9
    x, vx, hx = (((one - mean) / spread).astype("float32") for one in (d.x, d.vx, d.hx))
    return d._replace(x=x, vx=vx, hx=hx)


# ---- tables


def customers(count=2000, seed=0) -> Parts:
    """Fee, months, calls, age, income and a plan of three as it comes; whether they leave."""
    g = np.random.default_rng(seed)
    fee = g.uniform(15, 120, count)
    months = g.exponential(24, count)
    calls = g.poisson(1.5, count)
    age = g.integers(18, 80, count)
    income = np.exp(g.normal(10.4, 0.4, count))
    plan = g.integers(3, size=count)
    odds = 0.04 * (fee - 65) - 0.06 * (months - 24) + 0.9 * (calls - 1.5) + 1.5 * (plan == 1)
    odds = 1.4 * (odds - 1.1 - 2.2 * np.log(income / 33000))
    y = (g.uniform(size=count) < 1 / (1 + np.exp(-odds))).astype(int)
    x = np.column_stack([fee, months, calls, age, income, *(plan == one for one in range(3))])
    return parts(x.astype("float32"), y, seed)


def loans(count=3000, share=0.05, seed=0, features=8) -> Parts:
    """Standardised columns and a rare default that depends on sums and on a product."""
    g = np.random.default_rng(seed)
    x = g.normal(size=(count, features))
    risk = 1.6 * x[:, 0] - 1.2 * x[:, 1] + x[:, 2] * x[:, 3] + g.normal(scale=0.6, size=count)
    y = (risk > np.quantile(risk, 1 - share)).astype(int)
    return parts(x.astype("float32"), y, seed)


def friedman(count=1200, noise=1.0, seed=0) -> Parts:
    """Ten columns, five of which count; targets between 0 and 30."""
    x, y = datasets.make_friedman1(count, n_features=10, noise=noise, random_state=seed)
    return parts((2 * x - 1).astype("float32") * 1.7, y.astype("float32"), seed)


def songs(count=1500, seed=0) -> Parts:
    """Twelve standardised measures of timbre, and the year of the song."""
    g = np.random.default_rng(seed)
    x = g.normal(size=(count, 12))
    late = x[:, 0] + 0.6 * np.tanh(2 * x[:, 1]) + 0.5 * x[:, 2] * x[:, 3] + 0.4 * x[:, 4]
    y = np.clip(np.round(1985 + 9 * late + g.normal(scale=4, size=count)), 1940, 2015)
    return parts(x.astype("float32"), y.astype("float32"), seed)


def visits(count=1500, seed=0) -> Parts:
    """Sine and cosine of the hour, a free day, warmth; how many come."""
    g = np.random.default_rng(seed)
    hour = g.integers(24, size=count) * 2 * np.pi / 24
    free = g.integers(2, size=count)
    warmth = g.normal(size=count)
    rate = np.exp(1.6 - 1.1 * np.cos(hour) + 0.5 * free * np.sin(hour) + 0.4 * warmth)
    x = np.column_stack([np.sin(hour), np.cos(hour), free, warmth])
    return parts(x.astype("float32"), g.poisson(rate).astype("float32"), seed)


def letters(count=2600, classes=26, features=16, seed=0, spread=0.6) -> Parts:
    """Many groups, each in two places, in a space of many columns."""
    g = np.random.default_rng(seed)
    y = g.integers(classes, size=count)
    centres = g.normal(size=(classes, 2, features))
    x = centres[y, g.integers(2, size=count)] + g.normal(scale=spread, size=(count, features))
    return parts(x.astype("float32"), y, seed)


def genes(count=260, columns=300, seed=0, shares=(0.4, 0.2)) -> Parts:
    """More columns than rows; eight of them tell the class."""
    g = np.random.default_rng(seed)
    x = g.normal(size=(count, columns))
    y = (x[:, :8].sum(axis=1) + g.normal(scale=1.0, size=count) > 0).astype(int)
    return parts(x.astype("float32"), y, seed, shares)


def topics(count=1500, words=60, labels=5, seed=0, share=0.3) -> Parts:
    """Which of some words occur; several topics may hold together."""
    g = np.random.default_rng(seed)
    y = (g.uniform(size=(count, labels)) < share).astype("float32")
    uses = g.uniform(size=(labels, words)) < 0.2
    chance = 1 - 0.92 * np.prod(np.where(uses[None], 1 - 0.45 * y[..., None], 1), axis=1)
    x = (g.uniform(size=(count, words)) < chance).astype("float32")
    return parts(x, y, seed)


def mixtures(count=1500, seed=0) -> Parts:
    """Eight absorptions, and four concentrations within [0, 1] that add up to anything."""
    g = np.random.default_rng(seed)
    y = g.beta(1.2, 1.2, size=(count, 4))
    lines = g.uniform(0, 1, size=(4, 8))
    x = 1 - np.exp(-y @ lines) + g.normal(scale=0.015, size=(count, 8))
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    return parts(x.astype("float32"), y.astype("float32"), seed)


def ratings(count=5000, users=60, items=40, seed=0):
    """Who, what, and how much better or worse than usual it was found."""
    g = np.random.default_rng(seed)
    taste, trait = g.normal(size=(users, 3)), g.normal(size=(items, 3))
    who, what = g.integers(users, size=count), g.integers(items, size=count)
    y = (taste[who] * trait[what]).sum(axis=1) / 1.7 + g.normal(scale=0.25, size=count)
    return cut(seed, who.astype("int32"), what.astype("int32"), y.astype("float32"))


# ---- series and texts


def motions(count=1000, length=40, seed=0) -> Parts:
    """Three accelerations over time; four ways to move, told by which axis swings how fast."""
    g = np.random.default_rng(seed)
    y = g.integers(4, size=count)
    at = np.arange(length)[None, :]
    phase = g.uniform(0, 6.28, size=(count, 3, 1))
    pace = np.array([[0.3, 0.3, 0.3], [0.3, 0.7, 0.3], [0.7, 0.3, 0.3], [0.7, 0.7, 0.3]])
    x = np.sin(pace[y][..., None] * at[:, None] * g.uniform(0.9, 1.1, (count, 3, 1)) + phase)
    x = x + g.normal(scale=0.5, size=x.shape)
    return parts(np.swapaxes(x, 1, 2).astype("float32"), y, seed)


def reviews(count=1600, words=400, seed=0, longest=24, loud=0.5):
    """Lists of word codes from 1 up, of any length, the likely words first; kind or not."""
    g = np.random.default_rng(seed)
    feeling = g.permutation(np.resize([-1, 0, 0, 1], words + 1))
    chance = 1 / (np.arange(words) + 1) ** loud
    chance /= chance.sum()
    texts = [1 + g.choice(words, p=chance, size=g.integers(8, longest + 1)) for _ in range(count)]
    total = np.array([feeling[text].sum() for text in texts])
    texts = [text for text, one in zip(texts, total, strict=True) if one]
    return texts, (total[total != 0] > 0).astype(int)


def pad(texts, length, keep_end=True):
    """Return the texts as rows of one length, zeros behind."""
    rows = np.zeros((len(texts), length), "int32")
    for row, text in zip(rows, texts, strict=True):
        text = text[-length:] if keep_end else text[:length]
        row[: len(text)] = text
    return rows


def tags(count=700, length=14, words=40, seed=0) -> Parts:
    """Word codes, and for every word one of four tags that its kind and the one before give."""
    g = np.random.default_rng(seed)
    kind = g.permutation(np.resize([0, 1], words))
    x = g.integers(words, size=(count, length))
    before = np.concatenate([np.zeros((count, 1), int), kind[x][:, :-1]], axis=1)
    return parts(x.astype("int32"), kind[x] + 2 * before, seed)


# ---- pictures


def shapes(count=900, size=14, seed=0, noise=0.15) -> Parts:
    """A frame, a cross or a disc somewhere in a dark picture, in [0, 1]."""
    g = np.random.default_rng(seed)
    y = g.integers(3, size=count)
    x = np.zeros((count, size, size))
    across, down = np.mgrid[:7, :7] - 3
    frame = np.maximum(abs(across), abs(down)) == 3
    cross = (across == 0) | (down == 0)
    disc = across**2 + down**2 <= 6
    for picture, one in zip(x, y, strict=True):
        row, column = g.integers(size - 6, size=2)
        picture[row : row + 7, column : column + 7] = (frame, cross, disc)[one] * g.uniform(0.5, 1)
    x = np.clip(x + g.normal(scale=noise, size=x.shape), 0, 1)
    return parts(x[..., None].astype("float32"), y, seed)


def spots(count=1000, size=16, seed=0) -> Parts:
    """A blurred light in a noisy picture, and its row and column in pixels."""
    g = np.random.default_rng(seed)
    y = g.uniform(1, size - 2, size=(count, 2))
    rows, columns = np.mgrid[:size, :size]
    far = (rows - y[:, :1, None]) ** 2 + (columns - y[:, 1:, None]) ** 2
    x = np.clip(np.exp(-far / 6) + g.normal(scale=0.08, size=far.shape), 0, 1)
    return parts(x[..., None].astype("float32"), y.astype("float32"), seed)


def fields(count=400, size=16, seed=0, discs=(1, 3)) -> Parts:
    """Grey discs on black; for every pixel 0 outside, 1 in a dark disc, 2 in a light one."""
    g = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size]
    y = np.zeros((count, size, size), int)
    for picture in y:
        for _ in range(g.integers(discs[0], discs[1] + 1)):
            row, column = g.uniform(2, size - 2, size=2)
            inside = (rows - row) ** 2 + (columns - column) ** 2 < g.uniform(4, 16)
            picture[inside] = g.integers(1, 3)
    x = np.array([0.1, 0.45, 0.8])[y] + g.normal(scale=0.15, size=y.shape)
    return parts(np.clip(x, 0, 1)[..., None].astype("float32"), y, seed)
