"""What is measured on predictions, with scikit-learn's exact formulas."""

from dlrecipes.metrics.average_precision_shares import average_precision_shares
from dlrecipes.metrics.per_example_loss import per_example_loss
from dlrecipes.metrics.score import score_predictions

__all__ = ["average_precision_shares", "per_example_loss", "score_predictions"]
