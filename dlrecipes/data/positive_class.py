"""Which of two classes is looked for."""

from __future__ import annotations

from dataclasses import replace

from dlrecipes.data.targets import Target
from dlrecipes.errors import DataError


def with_positive(target: Target, positive: str) -> Target:
    """Return a target of two classes with the given one as class 1.

    Precision, recall, the areas under their curves and the threshold are those of class 1, which
    by default is the label that comes later in sorted order.

    Args:
        target: An encoded target.
        positive: The label of the class that is looked for, as in the file.

    Raises:
        DataError: If there are not two classes, or none has that label.
    """
    if target.task != "binary" or positive not in target.classes:
        raise DataError(
            "The positive class must be one of two.",
            received=f"positive={positive!r}",
            fix=f"The classes are {', '.join(map(repr, target.classes[:20])) or 'none'}.",
        )
    if target.classes[1] == positive:
        return target
    return replace(target, values=1 - target.values, classes=target.classes[::-1])
