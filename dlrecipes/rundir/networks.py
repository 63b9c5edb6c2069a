"""What is kept of the networks that a stage of a run trained: weights, predictions, models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.results import Calibration, dump_json, parse_json, write_text
from dlrecipes.rundir.arrays import read_arrays, write_arrays

KERAS = ".keras"
NO_KERAS = ".keras.txt"
"""Why there is no `.keras` file of a model."""
_WEIGHTS, _PREDICTIONS = ".weights.npz", ".validation.npz"
_CALIBRATION = ".calibration.json"


@dataclass(frozen=True)
class Networks:
    """What is kept of the networks of one stage, each under its trial's number.

    Args:
        folder: Where.
        kind: What the networks are, the word that their files begin with: `"refit"` or `"trial"`.
    """

    folder: Path
    kind: str = "refit"

    def create(self) -> None:
        """Make the folder."""
        self.folder.mkdir(parents=True, exist_ok=True)

    def model(self, number: int) -> Path:
        """The model that is tested, from inputs to predictions, as a SavedModel."""
        return self.folder / f"{self.kind}-{number}"

    @property
    def ensemble(self) -> Path:
        """The model that averages them, where they are the members of an ensemble, likewise."""
        return self.folder / "ensemble"

    @property
    def summary(self) -> Path:
        """The network as Keras summarises it."""
        return self.folder / "summary.txt"

    def weights(self, number: int) -> Path:
        """The file of a network's weights."""
        return beside(self.model(number), _WEIGHTS)

    def has_weights(self, number: int) -> bool:
        """Whether the weights of a network are kept."""
        return self.weights(number).is_file()

    def write_weights(self, number: int, weights: Sequence[NDArray[Any]]) -> None:
        """Keep a network's weights.

        Args:
            number: The trial's number.
            weights: In the order of `model.get_weights()`. Types that NumPy does not know by
                itself, such as bfloat16, are written as float32, which loses nothing.
        """
        known = [
            np.asarray(array, np.float32) if array.dtype.kind == "V" else array for array in weights
        ]
        arrays = {str(at): array for at, array in enumerate(known)}
        # Weights hardly become smaller by packing.
        write_arrays(self.weights(number), arrays, compress=False)

    def read_weights(self, number: int) -> list[NDArray[Any]]:
        """Return a network's weights, in the order of `model.get_weights()`.

        Raises:
            RunError: If they are not kept, or damaged.
        """
        arrays = read_arrays(self.weights(number), "weights of a network")
        return [arrays[str(at)] for at in range(len(arrays))]

    def remove(self, number: int) -> None:
        """Remove what is kept of a network, its weights first, without which it is none.

        Args:
            number: The trial's number.
        """
        for suffix in (_WEIGHTS, _PREDICTIONS, _CALIBRATION):
            beside(self.model(number), suffix).unlink(missing_ok=True)

    def keep_calibration(self, number: int, calibration: Calibration) -> None:
        """Keep the temperature of a network's probabilities."""
        write_text(beside(self.model(number), _CALIBRATION), dump_json(calibration))

    def kept_calibration(self, number: int) -> Calibration | None:
        """Return the temperature of a network's probabilities; None if that is not kept.

        Raises:
            RunError: If the file is damaged.
        """
        file = beside(self.model(number), _CALIBRATION)
        if not file.is_file():
            return None
        return parse_json(Calibration, file.read_text(encoding="utf-8"), source=str(file))

    def keep_predictions(self, number: int, predictions: NDArray[np.float32]) -> None:
        """Keep what a network predicts for the validation part, before any temperature."""
        write_arrays(beside(self.model(number), _PREDICTIONS), {"predictions": predictions})

    def kept_predictions(self, number: int) -> NDArray[np.float32] | None:
        """Return what `keep_predictions` kept; None if that is not kept.

        Raises:
            RunError: If the file is damaged.
        """
        file = beside(self.model(number), _PREDICTIONS)
        if not file.is_file():
            return None
        return read_arrays(file, "kept predictions", "predictions")["predictions"]


def beside(model: Path, suffix: str) -> Path:
    """Return the file of a model that lies beside its SavedModel.

    Args:
        model: The SavedModel's folder; of runs of earlier versions the `.keras` file.
        suffix: Such as `KERAS`.
    """
    return model.with_name(model.name.removesuffix(KERAS) + suffix)
