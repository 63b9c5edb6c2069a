"""The report of a run: one HTML file that needs nothing else."""

from dlrecipes.report.more_data import write_learning_curve
from dlrecipes.report.write_report import write_report

__all__ = ["write_learning_curve", "write_report"]
