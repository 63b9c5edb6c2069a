"""What is measured on predictions, with scikit-learn's exact formulas."""

from dlrecipes.metrics.curves import precision_at_share, precision_recall_steps
from dlrecipes.metrics.detection import Boxes, box_overlaps, detection_average_precision
from dlrecipes.metrics.metric_facts import better_low, metric_words
from dlrecipes.metrics.scores import probability_scores, value_scores
from dlrecipes.metrics.shares import average_precision_shares, f_shares, rmse_shares

__all__ = [
    "Boxes",
    "average_precision_shares",
    "better_low",
    "box_overlaps",
    "detection_average_precision",
    "f_shares",
    "metric_words",
    "precision_at_share",
    "precision_recall_steps",
    "probability_scores",
    "rmse_shares",
    "value_scores",
]
