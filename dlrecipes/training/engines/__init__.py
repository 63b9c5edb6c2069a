"""Engines: what trains the trials of a study."""

from dlrecipes.training.engines.device import (
    check_backend,
    describe_device,
    weakest_capability,
)
from dlrecipes.training.engines.engine import Engine
from dlrecipes.training.engines.fit_engine import FitEngine

__all__ = ["Engine", "FitEngine", "check_backend", "describe_device", "weakest_capability"]
