"""Checks of a training before its first step: network, data, loss and optimizer together."""

from dlrecipes.diagnose.program.check_program import CHECKS, check

__all__ = ["CHECKS", "check"]
