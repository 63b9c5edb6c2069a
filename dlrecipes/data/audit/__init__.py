"""Checks of the data before anything is trained, one a file."""

from dlrecipes.data.audit.audit import audit

__all__ = ["audit"]
