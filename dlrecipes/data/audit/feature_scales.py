"""Do the inputs need scaling?"""

from __future__ import annotations

import numpy as np

from dlrecipes.data.split import Split
from dlrecipes.results import Finding

MAX_RATIO = 100.0


def check_feature_scales(train: Split) -> Finding:
    """Return how much the scales of the features differ, for data without preprocessing.

    The features are the columns of a table and the channels of an image.

    Args:
        train: The training part.
    """
    features = train.array.reshape(-1, train.array.shape[-1])
    deviations = features.std(axis=0, dtype=np.float64)
    varying = np.flatnonzero(deviations > 0)
    if len(varying) < 2:
        return Finding("feature scales", "There are no two features to compare.")
    smallest = int(varying[np.argmin(deviations[varying])])
    largest = int(varying[np.argmax(deviations[varying])])
    ratio = float(deviations[largest] / deviations[smallest])
    evidence: dict[str, float | int | str | list[str]] = {
        "ratio": ratio,
        "largest column": str(largest),
        "largest deviation": float(deviations[largest]),
        "smallest column": str(smallest),
        "smallest deviation": float(deviations[smallest]),
    }
    unscaled = ratio > MAX_RATIO
    return Finding(
        "feature scales",
        f"The standard deviations of the features differ by a factor of up to {ratio:.3g}.",
        evidence,
        advice="Put a `keras.layers.Normalization` in front as preprocessing." if unscaled else "",
    )
