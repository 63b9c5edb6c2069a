"""Are there features that never change?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data.columns import Columns
from dlrecipes.data.split import Split
from dlrecipes.results import Finding, plural

MAX_COLUMNS = 20


def check_constant_features(parts: Mapping[str, Split]) -> Finding:
    """Return the features that are constant in the training part.

    In images they are usual at the border, hence information only; in a table they are a
    warning, since a column that never changes is often one that was filled in wrongly. One that
    changes in another part has a rare value, which was not dealt to training: that is told. Of
    the test part, only whether a feature changes comes back.

    Args:
        parts: `{"train", "validation" and "test": part}`.
    """
    train = parts["train"]
    names, constant = _constant(train)
    evidence: dict[str, float | int | str | list[str]] = {
        "constant": len(constant),
        "features": len(names),
    }
    if not constant:
        return Finding("constant features", "Every feature varies.", evidence)
    evidence["columns"] = constant[:MAX_COLUMNS]
    are = "is" if len(constant) == 1 else "are"
    told = (
        f"{len(constant):,} of {plural(len(names), 'feature')} {are} constant in the training part"
    )
    if len(train.x.shape) != 2:
        return Finding("constant features", f"{told}.", evidence)
    rare = _changing(parts, constant)
    if len(rare) == len(constant):
        return Finding(
            "constant features",
            f"{told}, since their other values are too rare to be dealt to each part.",
            evidence,
            advice="A network learns nothing of them: more rows would help, or leave them out.",
        )
    return Finding(
        "constant features",
        f"{told}.",
        evidence,
        advice="Leave these columns out, they say nothing.",
        severity="warning",
    )


def _constant(part: Split) -> tuple[list[str], list[str]]:
    """Return the names of all features and of those that are constant."""
    if isinstance(part.x, Columns):
        names = list(part.x.names)
        return names, [name for name, values in part.x.items() if _is_constant(values)]
    features = part.x.reshape(len(part), -1)
    names = [str(column) for column in range(features.shape[1])]
    same = np.flatnonzero(features.min(axis=0) == features.max(axis=0))
    return names, [names[at] for at in same]


def _changing(parts: Mapping[str, Split], constant: list[str]) -> list[str]:
    """Return the features, constant in training, that have another value elsewhere."""
    others = [part for name, part in parts.items() if name != "train"]
    changing = []
    for name in constant:
        usual = _feature(parts["train"], name)[0]
        cells = [_feature(part, name) for part in others]
        # Nothing but gaps in training: any value is another one.
        unlike = [cell == cell if usual != usual else cell != usual for cell in cells]
        if any(bool(differs.any()) for differs in unlike):
            changing.append(name)
    return changing


def _feature(part: Split, name: str) -> NDArray[Any]:
    return part.x[name] if isinstance(part.x, Columns) else part.array[:, int(name)]


def _is_constant(values: NDArray[Any]) -> bool:
    # A column without any value is constant, too: NaN does not equal itself.
    return bool((values == values[0]).all() or (values != values).all())
