"""Is a class rare?"""

from __future__ import annotations

import numpy as np

from dlrecipes.data.split import Split
from dlrecipes.results import DataSpec, Finding

RARE_SHARE = 0.2


def check_class_balance(train: Split, spec: DataSpec) -> Finding:
    """Return how often the rarest and the most frequent class occur in the training part.

    A class with less than a fifth of its fair share 1/C is a warning: accuracy then says little
    about it.

    Args:
        train: The training part of a classification task.
        spec: Its description.
    """
    counts = np.bincount(train.y, minlength=len(spec.classes))
    rarest, largest = int(np.argmin(counts)), int(np.argmax(counts))
    share = float(counts[rarest] / len(train))
    evidence: dict[str, float | int | str | list[str]] = {
        "rarest": spec.classes[rarest],
        "rarest examples": int(counts[rarest]),
        "rarest share": share,
        "largest": spec.classes[largest],
        "largest share": float(counts[largest] / len(train)),
    }
    rare = share < RARE_SHARE / len(spec.classes)
    return Finding(
        "class balance",
        f"The rarest class is {spec.classes[rarest]!r} with {int(counts[rarest])} training "
        f"examples ({share:.1%}).",
        evidence,
        advice="Compare macro F1 or the area under the precision-recall curve, not accuracy."
        if rare
        else "",
        severity="warning" if rare else "info",
    )
