"""What is measured on predictions, with scikit-learn's exact formulas."""

from dlrecipes.metrics.per_example_loss import per_example_loss
from dlrecipes.metrics.score import score_predictions

__all__ = ["per_example_loss", "score_predictions"]
