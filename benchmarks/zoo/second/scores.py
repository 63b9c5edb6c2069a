"""Scores that only the second part needs; more is better."""

import numpy as np
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from zoo.measures import accuracy, predict


def ninety_percent_below(model, x, y):
    """Return 1 less the distance of the share of targets below the prediction from 0.9."""
    given = predict(model, x)
    return float(1 - abs(np.mean(np.ravel(y) <= given.ravel()) - 0.9))


def nearer_if_alike(model, x, y):
    """Return the share of pairs of which the alike (1) is nearer than the other (0)."""
    given = predict(model, x).ravel()
    return float(roc_auc_score(np.ravel(y), -given)) if np.isfinite(given).all() else 0.0


def overlap(model, x, y):
    """Return the Dice coefficient of pixels above a half."""
    given, y = predict(model, x).ravel() > 0.5, np.ravel(y) > 0.5
    return float(2 * np.sum(given & y) / max(1, np.sum(given) + np.sum(y)))


def rebuilt(model, x, y):
    """Return the share of the variance of all columns together that is explained."""
    given = predict(model, x)
    rest = np.mean((np.asarray(y, "float64") - given) ** 2)
    around = np.mean((y - np.mean(y, axis=0)) ** 2)
    return float(1 - rest / around) if np.isfinite(rest) else -1.0


def same_order(model, x, y):
    """Return the rank correlation of targets and predictions."""
    given = predict(model, x).ravel()
    if not np.isfinite(given).all() or np.ptp(given) == 0:
        return 0.0
    return float(spearmanr(given, np.ravel(y))[0])


def first_of_several(model, x, y):
    """Return the accuracy of the first output."""

    class First:
        loss = ""

        def __call__(self, x, training):
            return model(x, training=training)[first]

    first = next(iter(y)) if isinstance(y, dict) else 0
    return accuracy(First(), x, y[first])
