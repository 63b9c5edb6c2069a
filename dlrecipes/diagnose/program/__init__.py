"""Checks of a training before it begins: network, data, loss and optimizer together."""

from dlrecipes.diagnose.program.check_program import CHECKS, check, worst_first

__all__ = ["CHECKS", "check", "worst_first"]
