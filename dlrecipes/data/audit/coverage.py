"""Has every part enough examples of every class, and of every target?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from dlrecipes.data.parts.split import Split
from dlrecipes.results import DataSpec, Finding, Target, plural
from dlrecipes.targets import known_values, rare_below

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
            advice="Join these classes with others, leave them out, or split the rows by chance.",
            severity="error",
        )
    if not few and not any(lacking.values()):
        return Finding("class coverage", "Every part has examples of every class.", evidence)
    evidence["hardly any"] = few
    missing = ", ".join(repr(label) for label in dict.fromkeys(sum(lacking.values(), few)))
    return Finding(
        "class coverage",
        f"Some parts have no or hardly any example of {missing}.",
        evidence,
        advice="Scores say nothing about these classes: join them with others, collect more, or "
        "score by cross-validation (folds=5).",
        severity="warning",
    )


FEW = 50
MOSTLY = 0.5


def check_target_coverage(parts: Mapping[str, Split], spec: DataSpec) -> Finding:
    """Return the share of examples whose target is known, by target and part.

    A target that fewer than 50 examples of a part have is a warning, if that is for the gaps: at
    least 50 examples, or twice as many as have it, are there. Its score then says little.

    Args:
        parts: `{name: part}` with several targets.
        spec: The data's description.
    """
    evidence: dict[str, float | int | str | list[str]] = {}
    few, incomplete = [], []
    for target in spec.targets:
        for name, part in parts.items():
            known = known_values(part.y, spec, target)[0]
            if not known.all():
                evidence[f"{name}: {target.shown}"] = float(known.mean())
                incomplete.append(target.shown)
            if known.sum() < FEW and (len(part) >= FEW or known.mean() < MOSTLY):
                few.append(f"{target.shown!r} in {name} ({int(known.sum())})")
    if few:
        return Finding(
            "target coverage",
            f"Fewer than {FEW} examples have the target: {', '.join(few)}.",
            evidence,
            advice="Collect more of these, or do not read much into their scores.",
            severity="warning",
        )
    named = ", ".join(map(repr, dict.fromkeys(incomplete)))
    return Finding(
        "target coverage",
        f"Some examples have no {named}: losses and scores leave them out."
        if incomplete
        else "All examples have all targets.",
        evidence,
    )
