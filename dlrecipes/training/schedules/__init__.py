"""What changes during a training by a plan: rates, momentum, decay."""

from dlrecipes.training.schedules.cos_log4 import CosLog4
from dlrecipes.training.schedules.flat_cos import FlatCos
from dlrecipes.training.schedules.one_cycle import CyclicalMomentum, OneCycle
from dlrecipes.training.schedules.scheduled_adamw import ScheduledAdamW

__all__ = ["CosLog4", "CyclicalMomentum", "FlatCos", "OneCycle", "ScheduledAdamW"]
