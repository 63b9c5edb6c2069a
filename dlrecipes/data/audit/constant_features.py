"""Are there features that never change?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data.columns import Columns
from dlrecipes.data.split import Split
from dlrecipes.results import Finding

MAX_COLUMNS = 20


def check_constant_features(train: Split) -> Finding:
    """Return the features that are constant in the training part.

    In images they are usual at the border, hence information only; in a table they are a
    warning, since a column that never changes is often one that was filled in wrongly.

    Args:
        train: The training part.
    """
    if isinstance(train.x, Columns):
        names = list(train.x.names)
        constant = [name for name, values in train.x.items() if _is_constant(values)]
    else:
        features = train.x.reshape(len(train), -1)
        names = [str(column) for column in range(features.shape[1])]
        constant = [
            names[at] for at in np.flatnonzero(features.min(axis=0) == features.max(axis=0))
        ]
    evidence: dict[str, float | int | str | list[str]] = {
        "constant": len(constant),
        "features": len(names),
    }
    if not len(constant):
        return Finding("constant features", "Every feature varies.", evidence)
    evidence["columns"] = constant[:MAX_COLUMNS]
    table = len(train.x.shape) == 2
    return Finding(
        "constant features",
        f"{len(constant)} of {len(names)} features are constant in the training part.",
        evidence,
        advice="Leave these columns out, they say nothing." if table else "",
        severity="warning" if table else "info",
    )


def _is_constant(values: NDArray[Any]) -> bool:
    # A column without any value is constant, too: NaN does not equal itself.
    return bool((values == values[0]).all() or (values != values).all())
