"""What a run was started with: what `run.json` holds."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from dlrecipes.results.data_spec import DataSpec
from dlrecipes.results.finding import Finding
from dlrecipes.results.plan import Hyperparameter, Plan, Value
from dlrecipes.results.run_settings import RunSettings
from dlrecipes.results.time_plan import TimePlan

SCHEMA_VERSION = 4
_ORIGIN = {"recipe": "recipe", "recipe_path": "path", "recipe_text": "text", "source": "source"}
_SETTINGS = tuple(field.name for field in fields(RunSettings))

SourceValue = bool | int | float | str | list[str | int | float] | dict[str, str | list[str]]
"""An argument of a recipe's `load`."""


@dataclass(frozen=True)
class Origin:
    """Where builder and data of a run come from, for the record and for resuming.

    Args:
        recipe: The recipe's name, or the builder's, or what the run is called.
        path: The recipe's file; empty when the run was started from Python.
        text: Its text, or the builder's source where Python can show it.
        source: Options of the recipe's `load`, to load the same data when resuming: text, numbers,
            and lists and dictionaries of them.
        plan: The recipe's own plan, which that of the run may be a change of; None where the run
            was started from Python, or by an earlier version.
    """

    recipe: str
    path: str = ""
    text: str = ""
    source: dict[str, SourceValue] = field(default_factory=dict)
    plan: Plan | None = None


@dataclass(frozen=True)
class RunInfo:
    """Settings, seeds, versions, device and the recipe's text of a run.

    Args:
        run: The run's name, which was its directory's when it began.
        study: Its name in the storage and the ledger, which no other run has.
        origin: The recipe with its text and options, or the builder.
        created: Start in UTC, ISO 8601.
        objective: Key in the logs of an epoch.
        direction: `"max"` or `"min"`.
        settings: What the run was asked for, the storage's URL without its password.
        plan: The plan.
        policy: The dtype policy chosen for this device.
        device: The device in words.
        versions: `{package: version}`.
        raw_spec: The data as loaded.
        spec: The data after preprocessing, as the builder sees it.
        fingerprint: The test part's fingerprint.
        development: The fingerprint of the training and validation part, preprocessed.
        split_seed: The split's seed; None where the split was given.
        model_summary: `model.summary()` of the winner; empty until the refits are done.
        parameters: Number of weights of the winner.
        engines: Which engine trains each structure, and the timings behind it.
        builder: What the builder made when the run began, which a resumed run is compared with;
            None of a run that an earlier version began.
        own_training: What the user brought to each training, in words: the `fit` of a HyperModel,
            callbacks.
        class_weight: `{class: weight}` of the training loss; None for none.
        found: What was found when the run began and is not looked for again on resuming.
        time_plan: How the run's minutes are divided, where they say how many trials there are;
            None where the plan does, as in every run of an earlier version.
        schema_version: Of the `run.json` that it was begun with; `upgrade_info` says what changed.
    """

    run: str
    study: str
    origin: Origin
    created: str
    objective: str
    direction: Literal["max", "min"]
    settings: RunSettings
    plan: Plan
    policy: str
    device: str
    versions: dict[str, str]
    raw_spec: DataSpec
    spec: DataSpec
    fingerprint: str
    development: str
    split_seed: int | None
    model_summary: str = ""
    parameters: int = 0
    engines: tuple[EngineChoice, ...] = ()
    builder: BuilderRecord | None = None
    own_training: tuple[str, ...] = ()
    class_weight: dict[str, float] | None = None
    found: tuple[Finding, ...] = ()
    time_plan: TimePlan | None = None
    schema_version: int = SCHEMA_VERSION

    @property
    def plan_carried_out(self) -> Plan:
        """The plan with the trials and epochs that the run's minutes made of it, if they did."""
        return self.plan if self.time_plan is None else self.time_plan.carried_out(self.plan)

    @property
    def given(self) -> int:
        """How often the run was given more time."""
        return 0 if self.time_plan is None else self.time_plan.given


def upgrade_info(text: str) -> str:
    """Return a `run.json` of any version as this one writes it.

    Before version 2 the settings stood among the other fields, with empty text for None, and
    before version 4 so did the origin. The version stays, for before version 3 `source` has the
    text of the command line.

    Args:
        text: JSON; what is none is returned as it is, for the reader to say so.
    """
    try:
        known = json.loads(text)
    except ValueError:
        return text
    if not isinstance(known, dict) or "origin" in known:
        return text
    if "schema_version" not in known:
        settings: dict[str, Any] = {name: known.pop(name) for name in _SETTINGS if name in known}
        settings = {name: None if value == "" else value for name, value in settings.items()}
        known |= {"settings": settings, "schema_version": 1}
    known["origin"] = {now: known.pop(then) for then, now in _ORIGIN.items() if then in known}
    return json.dumps(known)


@dataclass(frozen=True)
class NetworkRecord:
    """One network of a builder, as fingerprints.

    Args:
        values: The hyperparameters' values that it was built with.
        parts: `{part: fingerprint}` of `"network"`, `"optimizer"`, `"loss"`, `"metrics"` and
            `"code"` (that of the user's own layers, losses, metrics and training steps).
    """

    values: dict[str, Value]
    parts: dict[str, str]


@dataclass(frozen=True)
class BuilderRecord:
    """What a builder made when a run began, to be compared with what it makes on resuming.

    Args:
        space: The hyperparameters that it asks for.
        networks: What it makes with its defaults, in each conditional scope and with some other
            values.
    """

    space: tuple[Hyperparameter, ...]
    networks: tuple[NetworkRecord, ...]


@dataclass(frozen=True)
class EngineChoice:
    """Which engine trains a structure, and why.

    Args:
        structure: A digest of everything that the graph of its models follows from.
        engine: `"population"`, `"resident"` or `"fit"`.
        members: Members that are trained side by side in one call.
        xla: Whether training is compiled by XLA.
        reason: Why, in words.
        milliseconds: Time of one training step of one member with each way that was timed.
        compile_seconds: Time to trace and compile what was chosen.
    """

    structure: str
    engine: str
    members: int = 1
    xla: bool = False
    reason: str = ""
    milliseconds: dict[str, float] = field(default_factory=dict)
    compile_seconds: float = 0.0
