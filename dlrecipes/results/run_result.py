"""The result of a run: what `result.json` holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from dlrecipes.results.calibration import Calibration
from dlrecipes.results.finding import Finding
from dlrecipes.results.fit_result import FitResult
from dlrecipes.results.plan import Value
from dlrecipes.results.study_result import History, StageResult
from dlrecipes.results.subgroup_result import PenaltyResult, SubgroupResult
from dlrecipes.results.target import Target, read_older_targets
from dlrecipes.results.threshold import Threshold
from dlrecipes.results.time_spent import TimeSpent

SCHEMA_VERSION = 1
Metrics = dict[str, float]


@dataclass(frozen=True)
class EngineResult:
    """The engine that trained and the precision that ran."""

    name: str
    precision: str


@dataclass(frozen=True)
class DataResult:
    """Sizes of the parts, fingerprint of the test part, the task and the targets."""

    name: str
    train: int
    validation: int
    test: int
    fingerprint: str
    task: str
    targets: tuple[Annotated[Target, Field(discriminator="kind")], ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _read_older(cls, data: Any) -> Any:  # noqa: ANN401  (JSON)
        return read_older_targets(data)


@dataclass(frozen=True)
class BaselineResult:
    """What a baseline reached; `test` is empty until the test set is opened.

    Args:
        validation: Its scores on the validation part.
        test: Its scores on the test part.
        choice: What was chosen for it: enough to fit it again without a search.
        note: What was cut because of its cost; empty where nothing was.
        threshold: Where the verdict is about decisions, the one that was chosen on its validation
            predictions.
        exportable: Whether it can be taken out of the run (`Run.export_baseline`).
    """

    validation: Metrics
    test: Metrics = field(default_factory=dict)
    threshold: float | None = None
    choice: dict[str, float] = field(default_factory=dict)
    note: str = ""
    exportable: bool = False


@dataclass(frozen=True)
class BestResult:
    """The winning trial: `run.result.best.values` are its hyperparameters.

    Where its score is a mean over folds, `fold_scores` has each.
    """

    values: dict[str, Value]
    validation: Metrics
    stage: str
    trial: int
    epoch: int
    fold_scores: tuple[float, ...] = ()


@dataclass(frozen=True)
class RefitResult:
    """The winner trained again with one seed.

    Where the verdict is about decisions, `threshold` is the one that was chosen on this refit's
    validation predictions. `calibration` is None of values, of several targets, and in results of
    earlier versions: then probabilities are the network's own.
    """

    seed: int
    validation: Metrics
    test: Metrics = field(default_factory=dict)
    history: History = field(default_factory=dict)
    best_epoch: int = 0
    seconds: float = 0.0
    policy: str = ""
    checkpoint: str = ""
    threshold: float | None = None
    calibration: Calibration | None = None


@dataclass(frozen=True)
class TestResult:
    """The score on the sealed test set: mean and spread over the refits.

    Args:
        metric: The metric that the verdict is about, for example `"accuracy"`.
        direction: Whether it is better high (`"max"`) or low (`"min"`).
        mean: `{metric: mean over the refits}`.
        spread: `{metric: standard deviation over the refits}`, 0 with a single refit.
        opened: How often this test set has been opened, by anyone using this runs folder.
        studies: By how many different runs.
        at_threshold: `accuracy`, `precision`, `recall` and `f1` of the exported model at the
            threshold that was chosen; empty where none was.
        unknown: What the test rows hold that training did not have; None where the preprocessing
            keeps no account.
        reason: Why the verdict is about this metric, in a sentence.
    """

    __test__ = False  # not a test class, whatever pytest thinks of its name

    metric: str
    direction: Literal["max", "min"]
    mean: Metrics
    spread: Metrics
    opened: int
    studies: int
    at_threshold: Metrics = field(default_factory=dict)
    unknown: Finding | None = None
    reason: str = ""


@dataclass(frozen=True)
class Verdict:
    """The network against the strongest baseline.

    The strongest is chosen on the validation part: of the baselines within one standard error of
    the best there, the one with the lowest log loss, where there is one (`strongest_baseline`).
    Runs of earlier versions chose it on the test part.

    Args:
        outcome: `"better"`, `"equal"` (within the noise) or `"worse"`.
        sentence: The verdict as one plain sentence.
        baseline: The strongest baseline's name.
        difference: Mean advantage of the network in `metric`, positive when it is better.
        interval: Half the width of the 95 % interval of that difference.
        metric: `"accuracy"`, `"RMSE"`, `"skill"`, where class 1 is rare `"average precision"`, or
            what a threshold was chosen for, such as `"F1"` or `"cost"`.
        by_target: `{target: its strongest baseline}` of several targets.
    """

    outcome: Literal["better", "equal", "worse"]
    sentence: str
    baseline: str
    difference: float
    interval: float
    metric: str = "accuracy"
    by_target: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Comparison:
    """Another way to spend the same budget, and what it reached.

    Args:
        name: `"random search"` or `"one epoch, then the top k"`.
        score: The validation score it reaches.
        epochs: The epochs it cost.
        measured: True when it was really run, False when estimated from the recorded curves.
        gap: The gap between groups that goes with the score, where a penalty was declared.
    """

    name: str
    score: float
    epochs: int
    measured: bool
    gap: float | None = None


@dataclass(frozen=True)
class RunResult:
    """The result of a run, phase by phase; later phases are None until they are done.

    `metric` is what the verdict is, or will be, about; empty in results of earlier versions, whose
    `fit` is None: how well the exported refit fits its training part, beside the validation part.

    `exported` says which model is exported, tested against the baselines and predicted with, and
    `threshold` is its: the ensemble where that is better than the best refit on the validation
    part, beyond the noise; else the first of `refits`, the one with the best validation score. It
    is settled before the test set is opened; in results of earlier versions it is the refit.
    `sealed` says why the run ended with its test set closed: because that was asked for, because
    the set had been opened before, `opened_before` times, or because the data has none; it is empty
    where the set was opened, and while the run has not ended.

    `seconds` are those of the clock, of each phase and, as `"total"`, of all; `time_spent` says
    what the phases spent them on.
    """

    recipe: str
    run: str
    seed: int
    split_seed: int | None
    objective: str
    direction: Literal["max", "min"]
    engine: EngineResult
    data: DataResult
    baselines: dict[str, BaselineResult] = field(default_factory=dict)
    stages: tuple[StageResult, ...] = ()
    best: BestResult | None = None
    refits: tuple[RefitResult, ...] = ()
    test: TestResult | None = None
    verdict: Verdict | None = None
    ensemble: EnsembleResult | None = None
    comparisons: tuple[Comparison, ...] = ()
    fit: FitResult | None = None
    findings: tuple[Finding, ...] = ()
    subgroups: tuple[SubgroupResult, ...] = ()
    importances: dict[str, float] = field(default_factory=dict)
    threshold: Threshold | None = None
    gap_penalty: PenaltyResult | None = None
    artifacts: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    time_spent: dict[str, TimeSpent] = field(default_factory=dict)
    metric: str = ""
    exported: Literal["refit", "ensemble"] = "refit"
    sealed: Literal["", "asked", "opened before", "no test part"] = ""
    opened_before: int = 0
    schema_version: int = SCHEMA_VERSION

    @property
    def has_test(self) -> bool:
        """Whether the data has a test part that can be opened."""
        return self.data.test > 0

    @property
    def exported_ensemble(self) -> EnsembleResult | None:
        """The ensemble, where it is what is exported; None where the first refit is."""
        return self.ensemble if self.exported == "ensemble" else None

    @property
    def exported_model(self) -> RefitResult | EnsembleResult:
        """What is exported."""
        return self.exported_ensemble or self.refits[0]


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
    """A trial of the search, or a refit of the winner, that is a member of the ensemble.

    In results of earlier versions the trials had been trained again for it.

    Args:
        stage: The trial's stage; of a refit the winner's.
        trial: Its number there.
        values: Its hyperparameters.
        seed: Seed of the training.
        validation: The scores of this member alone on the validation part.
        checkpoint: The file of its network's weights.
        weight: Its share of the mean; None in results of earlier versions, where all count alike.
    """

    stage: str
    trial: int
    values: dict[str, Value]
    seed: int
    validation: dict[str, float]
    checkpoint: str
    weight: float | None = None


@dataclass(frozen=True)
class EnsembleResult:
    """The weighted mean of what the members predict.

    Args:
        asked: How many members it might have.
        members: The trials and refits that have a weight (`select_members`).
        validation: The ensemble's scores on the validation part, on which members and weights were
            chosen.
        validation_gain: What a mean of which members and weights were chosen on other examples is
            better there than the best refit, which would be exported without it; called better only
            beyond the luck of the choice (`may_be_luck`). Of earlier versions, than the mean refit.
        checkpoint: The SavedModel of the average, from raw examples.
        threshold: The one chosen on the ensemble's validation predictions, where the verdict is
            about decisions; None elsewhere.
        calibration: The temperature of the mean's probabilities; None as in `RefitResult`.
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
    calibration: Calibration | None = None
