"""Networks tried before anything trains, and before the refits: can they be exported?

What is exported in the end is a graph from raw inputs to predictions. Whether a network has one is
told by tracing it, in a tenth of a second, long before a search has spent its time on it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import keras

from dlrecipes.data import Splits
from dlrecipes.errors import DlrecipesError, ExportError
from dlrecipes.export import build_inference_model, check_same_predictions, predict_few, trace
from dlrecipes.results import Hyperparameter, StudyResult, TrialRecord, Value
from dlrecipes.search import Build, build_with, rank
from dlrecipes.system_errors import find_refusal
from dlrecipes.training.build_model import build_model
from dlrecipes.training.network_record import record_network
from dlrecipes.training.outcome import headline
from dlrecipes.training.precision import dtype_policy, policy_that_ran

_ROWS = 8
_SECONDS = 15.0


@dataclass(frozen=True)
class DryExport:
    """Tries networks of a builder, each kind of network once.

    Args:
        build: The builder.
        splits: The data; its test part is not touched.
        policy: The dtype policy of the networks.
        tried: Fingerprints of the networks that can be exported.
    """

    build: Build
    splits: Splits
    policy: str
    tried: set[str] = field(default_factory=set)

    def of_values(self, values: dict[str, Value]) -> None:
        """Build a network and trace what would be exported of it.

        Args:
            values: Its hyperparameters; those that are not named have their defaults.

        Raises:
            ExportError: If it has no graph, or one that answers otherwise.
            BuilderError: If the builder raises.
        """
        with dtype_policy(self.policy):
            example = self.splits.development().train.inputs[:1]
            network = build_model(lambda: build_with(self.build, values), example)
            digest = record_network(values, network).parts["network"]
            if digest not in self.tried:
                self._trace(network, values)
                self.tried.add(digest)

    def refuses(self, values: dict[str, Value]) -> ExportError | None:
        """Return why a network cannot be exported; None if it can.

        Args:
            values: Its hyperparameters.
        """
        try:
            self.of_values(values)
        except ExportError as error:
            return error
        return None

    def _trace(self, network: keras.Model, values: dict[str, Value]) -> None:
        splits = self.splits
        some = splits.validation.x[: min(_ROWS, len(splits.validation))]
        try:
            model = build_inference_model(
                network, splits.preprocess, splits.raw_spec, splits.model_spec
            )
            answers = trace(model, splits.raw_spec)(some)
            predicted = predict_few(model, some)
        except DlrecipesError:
            raise
        except Exception as error:  # Keras and TensorFlow raise what they please here
            if find_refusal(error) is not None:
                raise
            raise ExportError(
                "Every network that the search may try must have a graph to be exported.",
                received=f"{_shown(values)}: {type(error).__name__}: {headline(error)}",
                fix="Layers must compute with `keras.ops` or TensorFlow, so that they can be "
                "traced.",
            ) from error
        check_same_predictions(
            answers,
            predicted,
            splits.model_spec,
            policy=policy_that_ran(network, self.policy),
            what=f"the graph of the untrained network with {_shown(values)}",
        )


def try_choices(
    dry: DryExport, space: tuple[Hyperparameter, ...], seconds: float = _SECONDS
) -> tuple[str, ...]:
    """Try the networks of each choice's values, one value at a time beside the defaults.

    Args:
        dry: Has tried the default.
        space: The search space.
        seconds: How long; what is left then is named in a line.

    Returns:
        A line with what was not tried; none where all was.

    Raises:
        ExportError: If a network cannot be exported.
    """
    began, left = time.monotonic(), []
    for hyperparameter in space:
        for value in hyperparameter.choices:
            if hyperparameter.kind == "fixed" or value == hyperparameter.default:
                continue
            if time.monotonic() - began > seconds:
                left.append(f"{hyperparameter.name}={value!r}")
                continue
            parents = {name: values[0] for name, values in hyperparameter.conditions}
            try:
                dry.of_values({**parents, hyperparameter.name: value})
            except ExportError:
                raise
            except DlrecipesError:  # a builder may refuse values; then those trials fail
                continue
    if not left:
        return ()
    return (f"Not tried before the search, for the time: {', '.join(left)}.",)


def exportable_winner(
    study: StudyResult, dry: DryExport, on_note: Callable[[str], None]
) -> StudyResult:
    """Return the study with the best trial whose network can be exported.

    Args:
        study: The search.
        dry: Tries them.
        on_note: Hears of a trial that cannot win.

    Raises:
        ExportError: If none can.
    """
    ranked = [study.best, *(trial for trial in rank(study.trials, study.objective))]
    failed: list[TrialRecord] = []
    for trial in ranked:
        if any(trial.values == other.values for other in failed):
            continue
        error = dry.refuses(dict(trial.values))
        if error is None:
            return study if trial is study.best else replace(study, best=trial)
        failed.append(trial)
        on_note(
            f"{trial.stage} trial {trial.number} cannot be exported, so the next best is taken: "
            f"{error}"
        )
        last = error
    raise last


def _shown(values: dict[str, Value]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in values.items()) or "the defaults"
