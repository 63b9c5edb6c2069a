"""The procedure, and the handle over what it leaves behind."""

from dlrecipes.quiet import hush_retracing
from dlrecipes.results import Origin
from dlrecipes.run.handle import Run
from dlrecipes.run.rungs import learning_curve
from dlrecipes.run.start import resume, tune

hush_retracing()

__all__ = ["Origin", "Run", "learning_curve", "resume", "tune"]
