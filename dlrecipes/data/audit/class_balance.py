"""Is a class rare?"""

from __future__ import annotations

import numpy as np
from scipy.stats import binom

from dlrecipes.data.rare_class import rare_below
from dlrecipes.data.split import Split
from dlrecipes.results import Finding, Target, plural

USUAL_SHARE = 0.5
"""Of the fair share, what a usual class has at least."""
UNLIKELY = 0.05


def check_class_balance(train: Split, target: Target) -> Finding:
    """Return how often the rarest and the most frequent class occur in the training part.

    A class with less than two fifths of its fair share 1/C (`rare_below`) is a warning: accuracy
    then says little about it. Of a few examples that may be luck: the warning needs fewer than the
    rarest of C classes with half their fair share would have by chance, in 95 %.

    Args:
        train: The training part, with this target only.
        target: Classes.
    """
    names = target.class_names
    counts = np.bincount(train.y, minlength=len(names))
    rarest, largest = int(np.argmin(counts)), int(np.argmax(counts))
    share = float(counts[rarest] / len(train))
    evidence: dict[str, float | int | str | list[str]] = {
        "rarest": names[rarest],
        "rarest examples": int(counts[rarest]),
        "rarest share": share,
        "largest": names[largest],
        "largest share": float(counts[largest] / len(train)),
    }
    rare = share < rare_below(len(names))
    fewer = binom.cdf(counts[rarest], len(train), USUAL_SHARE / len(names))
    rare = rare and bool(fewer * len(names) < UNLIKELY)
    return Finding(
        "class balance",
        f"The rarest class is {names[rarest]!r} with "
        f"{plural(int(counts[rarest]), 'training example')} ({share:.1%}).",
        evidence,
        advice="Compare macro F1 or the area under the precision-recall curve, not accuracy."
        if rare
        else "",
        severity="warning" if rare else "info",
    )
