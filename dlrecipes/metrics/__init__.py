"""What is measured on predictions, with scikit-learn's exact formulas."""

from dlrecipes.metrics.average_precision_shares import average_precision_shares
from dlrecipes.metrics.known_values import known_values
from dlrecipes.metrics.linearised_shares import f_shares, rmse_shares
from dlrecipes.metrics.metric_words import metric_words
from dlrecipes.metrics.per_example_loss import per_example_loss
from dlrecipes.metrics.score import score_predictions
from dlrecipes.metrics.split_predictions import join_predictions, split_predictions

__all__ = [
    "average_precision_shares",
    "f_shares",
    "join_predictions",
    "known_values",
    "metric_words",
    "per_example_loss",
    "rmse_shares",
    "score_predictions",
    "split_predictions",
]
