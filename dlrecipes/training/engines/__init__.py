"""Engines: what trains the trials of a study."""

from dlrecipes.training.engines.compiled.workload import count_cores, count_workers
from dlrecipes.training.engines.device import (
    check_backend,
    describe_device,
    weakest_capability,
)
from dlrecipes.training.engines.fit_engine import FitEngine
from dlrecipes.training.engines.make_engine import Engine, make_engine
from dlrecipes.training.engines.side_by_side_engine import SideBySideEngine

__all__ = [
    "Engine",
    "FitEngine",
    "SideBySideEngine",
    "check_backend",
    "count_cores",
    "count_workers",
    "describe_device",
    "make_engine",
    "weakest_capability",
]
