"""Do the inputs need scaling?"""

from __future__ import annotations

import numpy as np

from dlrecipes.data.split import Split
from dlrecipes.results import Finding, significant

MAX_RATIO = 100.0


def check_feature_scales(train: Split) -> Finding:
    """Return how much the scales of the features differ, for data without preprocessing.

    The features are the columns of a table and the channels of an image: pixels of one channel
    have one scale.

    Args:
        train: The training part.
    """
    features = train.array.reshape(-1, train.array.shape[-1])
    deviations = features.std(axis=0, dtype=np.float64)
    varying = np.flatnonzero(deviations > 0)
    if len(varying) < 2:
        number, pixels = len(deviations), train.array.ndim == 4
        if number == 1 and pixels:
            said = "The images have one channel, so that all their pixels have one scale."
        elif number == 1:
            said = "The examples have one feature, so that there is one scale."
        else:
            what = "channels" if pixels else "features"
            said = f"At most one of the {number:,} {what} varies, so that there is one scale."
        return Finding("feature scales", said)
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
        "The standard deviations of the features differ by a factor of up to "
        f"{significant(ratio, 3)}.",
        evidence,
        advice="Put a `keras.layers.Normalization` in front as preprocessing." if unscaled else "",
    )
