"""Checks of a training before it begins: network, data, loss and optimizer together."""

from dlrecipes.diagnose.program.check_program import CHECKS, check, worst_first
from dlrecipes.diagnose.program.losses import is_lopsided
from dlrecipes.diagnose.program.program import (
    Output,
    compiled,
    fixed_batch,
    flat_outputs,
    read_program,
)

__all__ = [
    "CHECKS",
    "Output",
    "check",
    "compiled",
    "fixed_batch",
    "flat_outputs",
    "is_lopsided",
    "read_program",
    "worst_first",
]
