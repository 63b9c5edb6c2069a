"""The procedure, and the handle over what it leaves behind."""

from dlrecipes.quiet import hush_retracing
from dlrecipes.results import Origin
from dlrecipes.run.handle import Run
from dlrecipes.run.rungs import learning_curve
from dlrecipes.run.start import resume, tune
from dlrecipes.run.trained_model import TRAINED_CHECKS, check_trained

hush_retracing()

__all__ = [
    "TRAINED_CHECKS",
    "Origin",
    "Run",
    "check_trained",
    "learning_curve",
    "resume",
    "tune",
]
