"""One training, or many: jobs, outcomes, precision, and the engines that carry them out."""

from dlrecipes.training.batch_size_rule import scale_learning_rate, table_batch_size
from dlrecipes.training.range_test import RangeTest, lr_range_test
from dlrecipes.training.realmlp_optimizer import realmlp_optimizer
from dlrecipes.training.recalibrate import recalibrate
from dlrecipes.training.recorded_gradients import gradients_of, input_gradients
from dlrecipes.training.schedules import (
    CosLog4,
    CyclicalMomentum,
    FlatCos,
    OneCycle,
    ScheduledAdamW,
)

__all__ = [
    "CosLog4",
    "CyclicalMomentum",
    "FlatCos",
    "OneCycle",
    "RangeTest",
    "ScheduledAdamW",
    "gradients_of",
    "input_gradients",
    "lr_range_test",
    "realmlp_optimizer",
    "recalibrate",
    "scale_learning_rate",
    "table_batch_size",
]
