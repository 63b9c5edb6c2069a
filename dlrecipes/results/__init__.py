"""Frozen dataclasses that the layers hand to each other, and their JSON."""

from dlrecipes.results.builder_record import BuilderRecord, NetworkRecord
from dlrecipes.results.column import Column, ColumnKind, NumberForm, Spelling
from dlrecipes.results.data_spec import DataSpec
from dlrecipes.results.engine_choice import EngineChoice
from dlrecipes.results.ensemble_result import EnsembleMember, EnsembleResult, Gain
from dlrecipes.results.feature import Feature
from dlrecipes.results.finding import Finding
from dlrecipes.results.gap_penalty import GapPenalty
from dlrecipes.results.hyperparameter import Hyperparameter
from dlrecipes.results.lags import Lags
from dlrecipes.results.objective import Objective
from dlrecipes.results.penalty_result import PenalisedTrial, PenaltyResult
from dlrecipes.results.plan import Plan
from dlrecipes.results.plan_change import PlanChange, Value
from dlrecipes.results.plural import plural
from dlrecipes.results.run_info import RunInfo
from dlrecipes.results.run_result import (
    BaselineResult,
    BestResult,
    Comparison,
    DataResult,
    EngineResult,
    Metrics,
    RefitResult,
    RunResult,
    TestResult,
    Verdict,
)
from dlrecipes.results.run_settings import RunSettings
from dlrecipes.results.serialize import dump_json, parse_json
from dlrecipes.results.significant import score_text, significant
from dlrecipes.results.stage import Stage
from dlrecipes.results.stage_result import StageResult, TrialCounts
from dlrecipes.results.study_result import StudyResult
from dlrecipes.results.subgroup_result import Estimate, Gap, GroupResult, SubgroupResult
from dlrecipes.results.table_file import TableFile
from dlrecipes.results.target import (
    ClassTarget,
    CountTarget,
    OrdinalTarget,
    Target,
    TargetForm,
    ValueTarget,
)
from dlrecipes.results.threshold import Decisions, Threshold
from dlrecipes.results.threshold_goal import ThresholdGoal
from dlrecipes.results.trial_record import History, TrialRecord
from dlrecipes.results.whole_file import write_text, written_whole

__all__ = [
    "BaselineResult",
    "BestResult",
    "BuilderRecord",
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
    "Gain",
    "Gap",
    "GapPenalty",
    "GroupResult",
    "History",
    "Hyperparameter",
    "Lags",
    "Metrics",
    "NetworkRecord",
    "Objective",
    "PenalisedTrial",
    "PenaltyResult",
    "Plan",
    "PlanChange",
    "RefitResult",
    "RunInfo",
    "RunResult",
    "RunSettings",
    "Stage",
    "StageResult",
    "StudyResult",
    "SubgroupResult",
    "TableFile",
    "ClassTarget",
    "CountTarget",
    "OrdinalTarget",
    "Target",
    "TargetForm",
    "ValueTarget",
    "TestResult",
    "Threshold",
    "ThresholdGoal",
    "TrialCounts",
    "TrialRecord",
    "Value",
    "Verdict",
    "dump_json",
    "parse_json",
    "plural",
    "score_text",
    "significant",
    "write_text",
    "written_whole",
]
