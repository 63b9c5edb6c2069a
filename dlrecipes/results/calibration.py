"""How sure a model's probabilities are made, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CalibrationScores:
    """Probabilities of one part before and after a temperature.

    Args:
        log_loss: Mean log loss before.
        calibrated_log_loss: After.
        error: Expected calibration error before, as `dlrecipes.diagnose.calibration` measures it.
        calibrated_error: After.
    """

    log_loss: float
    calibrated_log_loss: float
    error: float
    calibrated_error: float


@dataclass(frozen=True)
class Calibration:
    """The temperature of a model's probabilities, and what it does to them.

    Args:
        temperature: By what the logarithms of probabilities are divided in the model; 1 where they
            stay as they are.
        sentence: What was done, and why.
        validation: The validation part's scores: after, each half is at the temperature of the
            other, so that no example is judged by a temperature that was fitted to it.
        test: The test part's, at the temperature itself; None until the test set is opened.
    """

    temperature: float
    sentence: str
    validation: CalibrationScores
    test: CalibrationScores | None = None
