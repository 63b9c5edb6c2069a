"""What is known of a metric by its name: what it is called, and which way is better."""

from __future__ import annotations

import re

_WORDS = {
    "macro_f1": "macro F1",
    "deviance": "Poisson deviance",
    "mae": "MAE",
    "mse": "MSE",
    "pr_auc": "average precision",
    "r2": "R²",
    "rmse": "RMSE",
    "roc_auc": "ROC AUC",
}
_LOW = ("rmse", "mae", "mse", "log_loss", "deviance", "cost")
_OF_TARGET = re.compile(rf"(.+)_({'|'.join(_WORDS)})")


def metric_words(name: str) -> str:
    """Return a metric's name in a sentence: `"average precision"` for `"pr_auc"`.

    Args:
        name: Its name among the scores; of several targets with the target's name in front.

    Example:
        >>> dlr.metrics.metric_words("pr_auc"), dlr.metrics.metric_words("rmse")
        ('average precision', 'RMSE')
    """
    if name in _WORDS:
        return _WORDS[name]
    of_target = _OF_TARGET.fullmatch(name)
    if of_target is not None:
        return f"{of_target[1].replace('_', ' ')} {_WORDS[of_target[2]]}"
    return name.upper() if re.fullmatch(r"f\d+(\.\d+)?", name) else name.replace("_", " ")


def better_low(name: str) -> bool:
    """Whether a score is better low: errors, losses and costs.

    Args:
        name: Its name among the scores; of several targets with the target's name in front.

    Example:
        >>> dlr.metrics.better_low("price_rmse"), dlr.metrics.better_low("accuracy")
        (True, False)
    """
    return any(name == low or name.endswith(f"_{low}") for low in _LOW)
