"""What a run was started with: what `run.json` holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dlrecipes.results.builder_record import BuilderRecord
from dlrecipes.results.data_spec import DataSpec
from dlrecipes.results.engine_choice import EngineChoice
from dlrecipes.results.plan import Plan

SourceValue = bool | int | float | str | list[str | int | float] | dict[str, str | list[str]]
"""An argument of a recipe's `load`."""


@dataclass(frozen=True)
class RunInfo:
    """Settings, seeds, versions, device and the recipe's text of a run.

    Args:
        run: The run's name, which was its directory's when it began.
        study: Its name in the storage and the ledger, which no other run has.
        recipe: The recipe's name, or the builder's.
        recipe_path: The recipe's file; empty when the run was started from Python.
        recipe_text: Its text, or the builder's source where Python can show it.
        source: Arguments of the recipe's `load`, to load the same data when resuming: text and
            numbers, from Python also lists and dictionaries of them.
        created: Start in UTC, ISO 8601.
        seed: The run's seed.
        objective: Key in the logs of an epoch.
        direction: `"max"` or `"min"`.
        plan: The plan.
        engine: The engine that was asked for.
        precision: The precision that was asked for.
        policy: The dtype policy chosen for this device.
        storage: Storage URL without its password; empty for the journal in the run directory.
        device: The device in words.
        versions: `{package: version}`.
        raw_spec: The data as loaded.
        spec: The data after preprocessing, as the builder sees it.
        fingerprint: The test part's fingerprint.
        development: The fingerprint of the training and validation part, preprocessed.
        split_seed: The split's seed; None where the split was given.
        model_summary: `model.summary()` of the winner; empty until the refits are done.
        parameters: Number of weights of the winner.
        folds: Folds of which a trial's score is the mean; None for the validation part.
        repeats: How often the rows are divided into folds.
        threshold: What the threshold between two classes is chosen for; empty for none.
        ensemble: Members asked for in the ensemble; 0 and 1 for none.
        gap_penalty: The penalty for a gap between groups, as `GapPenalty.parse` takes it; empty for
            none.
        sealed: Whether the run was asked to end with its test set closed, or to open it whoever
            has opened it before; None for neither.
        baseline_seconds: What the baselines may take together.
        engines: Which engine trains each structure, and the timings behind it.
        builder: What the builder made when the run began, which a resumed run is compared with;
            None of a run that an earlier version began.
    """

    run: str
    study: str
    recipe: str
    recipe_path: str
    recipe_text: str
    source: dict[str, SourceValue]
    created: str
    seed: int
    objective: str
    direction: Literal["max", "min"]
    plan: Plan
    engine: str
    precision: str
    policy: str
    storage: str
    device: str
    versions: dict[str, str]
    raw_spec: DataSpec
    spec: DataSpec
    fingerprint: str
    development: str
    split_seed: int | None
    model_summary: str = ""
    parameters: int = 0
    folds: int | None = None
    repeats: int = 1
    threshold: str = ""
    ensemble: int = 0
    gap_penalty: str = ""
    sealed: bool | None = None
    baseline_seconds: float = 60.0
    engines: tuple[EngineChoice, ...] = ()
    builder: BuilderRecord | None = None
