"""The study's best trials, averaged in one model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from dlrecipes.results.plan_change import Value


@dataclass(frozen=True)
class Gain:
    """The ensemble against a single network, on the same examples.

    Args:
        metric: `"accuracy"`, `"average precision"`, `"RMSE"`, or what a threshold was chosen for.
        value: The ensemble's mean advantage over the refits in `metric`, positive when it is
            better.
        interval: Half the width of the 95 % interval of that advantage.
        outcome: `"better"`, `"equal"` (within the noise) or `"worse"`.
        sentence: The same as one plain sentence.
    """

    metric: str
    value: float
    interval: float
    outcome: Literal["better", "equal", "worse"]
    sentence: str


@dataclass(frozen=True)
class EnsembleMember:
    """A trial of the study, trained again as a member of the ensemble.

    Args:
        stage: The trial's stage.
        trial: Its number there.
        values: Its hyperparameters.
        seed: Seed of the training.
        validation: The scores of this member alone on the validation part.
        checkpoint: The file of its network, which takes preprocessed examples.
    """

    stage: str
    trial: int
    values: dict[str, Value]
    seed: int
    validation: dict[str, float]
    checkpoint: str


@dataclass(frozen=True)
class EnsembleResult:
    """The mean of what the members predict.

    Args:
        asked: How many members were asked for; fewer were to be had where `members` has fewer.
        members: The members.
        validation: The ensemble's scores on the validation part.
        validation_gain: What that is better than the mean refit. Winner and members were chosen
            on these examples, so look at `test_gain`.
        checkpoint: The file of the averaged model, from raw examples.
        threshold: The one chosen on the ensemble's validation predictions, where the verdict is
            about decisions; None elsewhere.
        test: Its scores on the test part; empty until the test set is opened.
        test_gain: What that is better than the mean refit; None until then.
    """

    asked: int
    members: tuple[EnsembleMember, ...]
    validation: dict[str, float]
    validation_gain: Gain
    checkpoint: str
    test: dict[str, float] = field(default_factory=dict)
    test_gain: Gain | None = None
    threshold: float | None = None
