"""What search, training and checks may see."""

from __future__ import annotations

from dataclasses import dataclass

from dlrecipes.data.split import Split
from dlrecipes.results import DataSpec


@dataclass(frozen=True, eq=False)
class Development:
    """The training and the validation part, preprocessed; nothing in it leads to the test part.

    Args:
        train: What is trained on.
        validation: What trials are compared on.
        spec: Shapes, classes and priors of these arrays.
    """

    train: Split
    validation: Split
    spec: DataSpec
