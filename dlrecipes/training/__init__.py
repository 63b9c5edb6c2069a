"""One training, or many: jobs, outcomes, precision, and the engines that carry them out."""

from dlrecipes.training.batch_size_rule import scale_learning_rate
from dlrecipes.training.one_cycle import CyclicalMomentum, OneCycle

__all__ = ["CyclicalMomentum", "OneCycle", "scale_learning_rate"]
