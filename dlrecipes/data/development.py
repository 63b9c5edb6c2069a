"""What search, training and checks may see."""

from __future__ import annotations

from dataclasses import dataclass

from dlrecipes.data.fingerprint import fingerprint
from dlrecipes.data.split import Split
from dlrecipes.results import DataSpec
from dlrecipes.targets import shaped_targets


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

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that stand for inputs, targets and weights of both parts.

        The form of a single target counts: a metric may have another value in another one.
        """
        train, validation = self.train, self.validation
        weights = [
            part.sample_weight for part in (train, validation) if part.sample_weight is not None
        ]
        targets = [shaped_targets(part.y, self.spec) for part in (train, validation)]
        return fingerprint(train.x, targets[0], validation.x, targets[1], *weights)
