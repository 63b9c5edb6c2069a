"""What a metric is called in a sentence."""

from __future__ import annotations

import re

_WORDS = {"pr_auc": "average precision", "roc_auc": "ROC AUC", "rmse": "RMSE", "mae": "MAE"}


def metric_words(name: str) -> str:
    """Return a metric's name in a sentence, such as `"average precision"` for `"pr_auc"`.

    Args:
        name: Its name among the scores.
    """
    if re.fullmatch(r"f\d+(\.\d+)?", name):
        return name.upper()
    return _WORDS.get(name, name.replace("_", " "))
