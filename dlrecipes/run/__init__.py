"""The procedure, and the handle over what it leaves behind."""

from dlrecipes.run.handle import Run
from dlrecipes.run.origin import Origin
from dlrecipes.run.start import resume, tune

__all__ = ["Origin", "Run", "resume", "tune"]
