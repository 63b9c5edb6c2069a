"""Scores that are right whatever the loss or the output activation of a program is.

More is better in all of them. Labels may be class indices or one-hot; predictions that are not
finite count as wrong.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from sklearn.metrics import balanced_accuracy_score, roc_auc_score


def _array(given: Any) -> np.ndarray:  # noqa: ANN401  (whatever a model gives)
    return keras.ops.convert_to_numpy(given).astype("float64")


def predict(model, x) -> np.ndarray:
    """Return what the model gives, in one batch, as at inference."""
    return _array(model(x, training=False))


def _threshold(model) -> float:
    """Return where the output of one unit changes its class."""
    loss = model.loss
    name = loss if isinstance(loss, str) else getattr(loss, "name", getattr(loss, "__name__", ""))
    return 0.0 if getattr(loss, "from_logits", False) or "hinge" in str(name) else 0.5


def _classes(model, x, y) -> tuple[np.ndarray, np.ndarray]:
    """Return predicted classes, -1 where there is none, and true ones."""
    given = predict(model, x)
    units = given.shape[-1]
    finite = np.isfinite(given).all(axis=-1).ravel()
    if units == 1:
        chosen = (given > _threshold(model)).astype(int)
    else:
        chosen = np.argmax(np.where(np.isfinite(given), given, 0.0), axis=-1)
    chosen = np.where(finite, chosen.ravel(), -1)
    y = np.asarray(y)
    if y.ndim == given.ndim and y.shape[-1] > 1:
        y = np.argmax(y, axis=-1)
    return chosen, y.ravel().astype(int)


def accuracy(model, x, y) -> float:
    """Return the share of right classes; with one unit, of right sides."""
    chosen, right = _classes(model, x, y)
    return float(np.mean(chosen == right))


def balanced_accuracy(model, x, y) -> float:
    """Return the mean over the classes of the share that is found."""
    chosen, right = _classes(model, x, y)
    return float(np.mean([np.mean(chosen[right == one] == one) for one in np.unique(right)]))


def label_accuracy(model, x, y) -> float:
    """Return the mean balanced accuracy of labels that may hold together, cut at a half."""
    given = predict(model, x) > (0.0 if getattr(model.loss, "from_logits", False) else 0.5)
    return float(
        np.mean([balanced_accuracy_score(t, p) for t, p in zip(y.T, given.T, strict=True)])
    )


def auc(model, x, y) -> float:
    """Return the area under the ROC curve of one unit, or of the second of two."""
    given = predict(model, x)[:, -1]
    return float(roc_auc_score(np.ravel(y), given)) if np.isfinite(given).all() else 0.0


def r2(model, x, y) -> float:
    """Return the share of variance explained, at least -1, whatever the scale of the targets."""
    given = predict(model, x)
    y = np.asarray(y, "float64")
    y = y.reshape(len(y), -1)
    given = given.reshape(len(given), -1)[:, : y.shape[1]]
    if not np.isfinite(given).all():
        return -1.0
    residual = np.mean((y - given) ** 2, axis=0)
    return float(max(-1.0, np.mean(1 - residual / np.var(y, axis=0))))


def accuracy_one_by_one(model, x, y) -> float:
    """Return the share of right classes when every example comes alone."""
    given = np.concatenate([predict(model, x[at : at + 1]) for at in range(len(x))])
    return float(np.mean(np.argmax(given, axis=-1) == np.ravel(y)))
