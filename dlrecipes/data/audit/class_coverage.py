"""Is every class in every part?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data.split import Split
from dlrecipes.results import Finding, Target

LEAST_TRAIN = 5
LEAST_VALIDATION = 2
MAX_NAMED = 20


def check_class_coverage(parts: Mapping[str, Split], target: Target) -> Finding:
    """Return the classes that a part lacks, or has hardly any example of.

    A class that is validated but not trained on is an error: no trial can get it right, and a loss
    is mostly that. Other gaps are a warning. Of the test part, only whether a class is there comes
    back.

    Args:
        parts: `{"train", "validation" and "test": part}` with this target only.
        target: Classes.
    """
    names = target.class_names
    counts = {name: np.bincount(part.y, minlength=len(names)) for name, part in parts.items()}
    train, validation = counts["train"], counts["validation"]

    def named(where: NDArray[np.bool_]) -> list[str]:
        return [names[index] for index in np.flatnonzero(where)][:MAX_NAMED]

    lacking = {f"none in {name}": named(count == 0) for name, count in counts.items()}
    few = named((train < LEAST_TRAIN) | (validation < LEAST_VALIDATION))
    evidence: dict[str, float | int | str | list[str]] = {
        "fewest in train": int(train.min()),
        "fewest in validation": int(validation.min()),
        **{name: classes for name, classes in lacking.items() if classes},
    }
    untrained = named((train == 0) & (validation > 0))
    if untrained:
        return Finding(
            "class coverage",
            f"Validated, but not trained on: {', '.join(map(repr, untrained))}.",
            evidence,
            advice="Join these classes with others, leave them out, or deal the rows by chance.",
            severity="error",
        )
    if not few and not any(lacking.values()):
        return Finding("class coverage", "Every part has examples of every class.", evidence)
    evidence["hardly any"] = few
    missing = ", ".join(repr(one) for one in dict.fromkeys(sum(lacking.values(), few)))
    return Finding(
        "class coverage",
        f"Some parts have no or hardly any example of {missing}.",
        evidence,
        advice="Scores say nothing about these classes: join them with others, collect more, or "
        "score by cross-validation (folds=5).",
        severity="warning",
    )
