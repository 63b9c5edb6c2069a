"""Frozen dataclasses that the layers hand to each other, and their JSON."""

from dlrecipes.results.calibration import Calibration, CalibrationScores
from dlrecipes.results.column import Column, ColumnKind, NumberForm, Spelling
from dlrecipes.results.data_spec import DataSpec, Feature, InputSpec, Lags, TableFile
from dlrecipes.results.finding import NEXT_STEPS, Finding
from dlrecipes.results.fit_result import BiasVariance, FitResult, LossParts
from dlrecipes.results.learning_curve import LearningCurve, PowerLaw, Rung
from dlrecipes.results.objective import Objective
from dlrecipes.results.plan import Hyperparameter, Plan, PlanChange, Prior, Stage, Value
from dlrecipes.results.plural import plural
from dlrecipes.results.run_info import (
    BuilderRecord,
    EngineChoice,
    NetworkRecord,
    Origin,
    RunInfo,
    upgrade_info,
)
from dlrecipes.results.run_result import (
    BaselineResult,
    BestResult,
    Comparison,
    DataResult,
    EngineResult,
    EnsembleMember,
    EnsembleResult,
    Gain,
    Metrics,
    RefitResult,
    RunResult,
    TestResult,
    Verdict,
)
from dlrecipes.results.run_settings import RunSettings
from dlrecipes.results.serialize import dump_json, parse_json
from dlrecipes.results.significant import score_text, significant
from dlrecipes.results.stopping import Stopping
from dlrecipes.results.study_result import (
    History,
    Interaction,
    Interactions,
    StageResult,
    StudyResult,
    TrialCounts,
    TrialRecord,
)
from dlrecipes.results.subgroup_result import (
    Estimate,
    Gap,
    GapPenalty,
    GroupResult,
    PenalisedTrial,
    PenaltyResult,
    SubgroupResult,
)
from dlrecipes.results.target import (
    ClassTarget,
    CountTarget,
    Link,
    OrdinalTarget,
    Target,
    TargetForm,
    ValueTarget,
)
from dlrecipes.results.threshold import Decisions, Threshold, ThresholdGoal
from dlrecipes.results.time_plan import StageSize, TimePlan
from dlrecipes.results.time_spent import TimeSpent
from dlrecipes.results.training_statistics import InputStatistics, TrainingStatistics
from dlrecipes.results.whole_file import write_text, written_whole

__all__ = [
    "NEXT_STEPS",
    "BaselineResult",
    "BestResult",
    "BiasVariance",
    "BuilderRecord",
    "Calibration",
    "CalibrationScores",
    "Column",
    "ColumnKind",
    "NumberForm",
    "Spelling",
    "Comparison",
    "DataResult",
    "DataSpec",
    "Decisions",
    "EngineChoice",
    "EngineResult",
    "EnsembleMember",
    "EnsembleResult",
    "Estimate",
    "Feature",
    "Finding",
    "FitResult",
    "Gain",
    "Gap",
    "InputStatistics",
    "GapPenalty",
    "GroupResult",
    "History",
    "Hyperparameter",
    "InputSpec",
    "Interaction",
    "Interactions",
    "Lags",
    "LearningCurve",
    "LossParts",
    "Metrics",
    "NetworkRecord",
    "Objective",
    "PenalisedTrial",
    "PenaltyResult",
    "Origin",
    "Plan",
    "PlanChange",
    "Prior",
    "PowerLaw",
    "RefitResult",
    "Rung",
    "RunInfo",
    "RunResult",
    "RunSettings",
    "Stage",
    "StageResult",
    "StageSize",
    "Stopping",
    "StudyResult",
    "TrainingStatistics",
    "SubgroupResult",
    "TableFile",
    "ClassTarget",
    "CountTarget",
    "Link",
    "OrdinalTarget",
    "Target",
    "TargetForm",
    "ValueTarget",
    "TestResult",
    "Threshold",
    "ThresholdGoal",
    "TimePlan",
    "TimeSpent",
    "TrialCounts",
    "TrialRecord",
    "Value",
    "Verdict",
    "dump_json",
    "parse_json",
    "plural",
    "score_text",
    "significant",
    "upgrade_info",
    "write_text",
    "written_whole",
]
