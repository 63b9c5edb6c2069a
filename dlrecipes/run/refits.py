"""The refits of a run: they begin differently, and are saved as the models that will be tested."""

from __future__ import annotations

import hashlib
import io
import math
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.data import Example, Splits
from dlrecipes.errors import RunError
from dlrecipes.export import build_calibrated_model, build_inference_model
from dlrecipes.results import (
    Calibration,
    Finding,
    Objective,
    RefitResult,
    RunInfo,
    StudyResult,
    TrialRecord,
    Value,
    write_text,
)
from dlrecipes.run.calibrate import calibrated, predicted_and_calibrated
from dlrecipes.run.keep_network import (
    keep_gallery,
    keep_preprocess,
    keep_statistics,
    keep_weights,
    restore_kept,
    save_as_trained,
    with_weights,
)
from dlrecipes.run.score_test_set import keep_predictions
from dlrecipes.rundir import KERAS, RunDirectory
from dlrecipes.search import (
    Build,
    GivenHyperParameters,
    HyperParameters,
    Store,
    StudyContext,
    refit,
    refit_stage,
    run_builder,
)
from dlrecipes.targets import score_predictions
from dlrecipes.training.engines import Engine
from dlrecipes.training.job import derive_seed
from dlrecipes.training.precision import dtype_policy

_SEEDS = (1, 2)


@dataclass(frozen=True)
class Refits:
    """What the refits of a run came to.

    Args:
        results: Those that ended with a score, the best first.
        records: The records of all.
        predictions: What each of the results' models predicts for the validation part, calibrated,
            `(refits, examples, …)`.
        summary: The network as Keras summarises it.
        parameters: Number of its weights.
        findings: That some of them are the same network.
        seconds: What it took to save each and to predict with it; None if that was done before.
    """

    results: tuple[RefitResult, ...]
    records: tuple[TrialRecord, ...]
    predictions: NDArray[np.float32]
    summary: str
    parameters: int
    findings: tuple[Finding, ...] = ()
    seconds: float | None = None

    def exported(self, directory: RunDirectory) -> TrialRecord:
        """Return the record of the refit that is exported, the first of the results.

        Args:
            directory: The run directory.
        """
        return self.scored(directory)[0]

    def scored(self, directory: RunDirectory) -> tuple[TrialRecord, ...]:
        """Return the records of the results, in their order.

        Args:
            directory: The run directory.
        """
        by_name = {_name(directory, record): record for record in self.records}
        return tuple(by_name[result.checkpoint] for result in self.results)


def refit_winner(
    study: StudyResult,
    info: RunInfo,
    splits: Splits,
    engine: Engine,
    store: Store,
    context: StudyContext,
    directory: RunDirectory,
) -> Refits:
    """Train the winner again, save each refit and score it on the validation part.

    What was done before stays: there may be further refits of the same winner. A refit's weights
    are written before its trial counts as finished, so a finished one always has its network. What
    each predicts for the validation part is kept, and all that is said about that part is said by
    these predictions.

    The refit with the best validation score comes first: it is the one that is exported, and it is
    named before the test set is opened; refits that were tested keep their order.

    Raises:
        RunError: If no refit ended with a score, or an earlier version trained them.
        ExportError: If a saved refit answers otherwise than the trained one.
        BuilderError: If the builder builds another network for the same values.
    """
    stage = refit_stage(info.plan, study.best, info.given)
    winner = [study.best] * stage.trials
    keep = keep_weights(directory, stage.name)
    records = refit(stage, winner, study.space, engine, store, context, keep)
    networks, ended = directory.networks(stage.name), time.monotonic()
    usable = with_weights(records, directory)
    usable.sort(key=lambda record: _badness(record, context.objective))
    usable = _as_tested(usable, directory)
    if not usable:
        reasons = "; ".join(sorted({record.error or record.status for record in records}))
        raise RunError(
            "At least one refit of the winner must end with a score.",
            received=reasons or "no refit",
            fix="Narrow the range of the learning rate and tune again.",
        )
    context.listener.on_step("predictions of the refits on the validation part")
    keep_preprocess(splits, directory)
    keep_statistics(splits, directory)
    new = sum(networks.kept_predictions(record.number) is None for record in usable)
    results, predictions = [], []
    for record in usable:
        is_best = record is usable[0]
        found, calibration = _kept(record, directory, info, splits, context, is_best=is_best)
        predictions.append(calibrated(found, calibration))
        results.append(
            RefitResult(
                seed=record.seed,
                validation=score_predictions(splits.validation.y, predictions[-1], info.spec),
                history=record.history,
                best_epoch=record.best_epoch or 0,
                seconds=record.seconds,
                policy=record.policy,
                checkpoint=_name(directory, record),
                calibration=calibration,
            )
        )
    together = np.stack(predictions)
    keep_predictions(directory, splits.validation, together, name="validation")
    summary = networks.summary.read_text(encoding="utf-8")
    same = find_same(usable, directory)
    for finding in same:
        context.listener.on_finding(finding)
    return Refits(
        tuple(results),
        records,
        together,
        summary,
        usable[0].parameters,
        same,
        (time.monotonic() - ended) / new if new else None,
    )


def find_same(records: Sequence[TrialRecord], directory: RunDirectory) -> tuple[Finding, ...]:
    """Return that refits are the same network, bit for bit, if they are.

    They have drawn the weights that an initialiser draws by their own seeds, and have gone through
    the examples in orders of their own. Where nothing of this is left to chance, several refits
    are one.

    Args:
        records: The refits.
        directory: Where their weights are kept.
    """
    digests = Counter(
        hashlib.sha256(
            b"".join(
                np.ascontiguousarray(weights).tobytes()
                for weights in directory.networks(record.stage).read_weights(record.number)
            )
        ).hexdigest()
        for record in records
    )
    if len(digests) == len(records):
        return ()
    alike = max(digests.values())
    return (
        Finding(
            name="refits are the same",
            verdict=f"{alike} of {len(records)} refits are the same network, bit for bit: "
            "their spread says nothing of how much chance there is in the score.",
            evidence={"refits": len(records), "different": len(digests)},
            advice="Leave seeds, given weights and `shuffle=False` out of `build` and `fit`, or "
            "read the score as that of one network.",
            severity="error",
        ),
    )


def _kept(
    record: TrialRecord,
    directory: RunDirectory,
    info: RunInfo,
    splits: Splits,
    context: StudyContext,
    *,
    is_best: bool,
) -> tuple[NDArray[np.float32], Calibration | None]:
    """Return a refit's own validation predictions and its temperature, after making what is not."""
    networks = directory.networks(record.stage)
    predictions = networks.kept_predictions(record.number)
    whole = networks.model(record.number).is_dir() and networks.summary.is_file()
    if predictions is not None and whole:
        return predictions, networks.kept_calibration(record.number)
    network = restore_kept(record, directory, context, splits.development(), info.policy)
    if is_best:
        keep_gallery(network, splits.development(), directory)
    text = io.StringIO()
    network.summary(print_fn=lambda line: text.write(line + "\n"), line_length=90)
    write_text(networks.summary, text.getvalue())
    model = build_inference_model(network, splits.preprocess, splits.raw_spec, info.spec)
    part, folder = splits.validation, networks.model(record.number)
    predictions, calibration = predicted_and_calibrated(
        model, record, directory, (part.x, part.y), info.spec
    )
    model = build_calibrated_model(model, 1.0 if calibration is None else calibration.temperature)
    save_as_trained(model, folder, part.x, calibrated(predictions, calibration), info)
    return predictions, calibration


def _badness(record: TrialRecord, objective: Objective) -> tuple[float, float, int]:
    """Return what refits are sorted by: the objective, then the loss, both at the best epoch."""
    score = math.nan if record.score is None else record.score
    losses, best = record.history.get("val_loss", ()), record.best_epoch or 0
    loss = losses[best] if best < len(losses) else None
    sign = -1.0 if objective.direction == "max" else 1.0
    worst = math.inf
    return (
        sign * score if math.isfinite(score) else worst,
        loss if loss is not None and math.isfinite(loss) else worst,
        record.number,
    )


def _as_tested(records: list[TrialRecord], directory: RunDirectory) -> list[TrialRecord]:
    """Return the refits in the order in which they were tested, if they were.

    Which network is exported is settled before the test set is opened. Versions that took the
    first seed's network left such runs.
    """
    before = directory.read_result() if directory.result_file.exists() else None
    if before is None or before.test is None:
        return records
    order = [refit.checkpoint.removesuffix(KERAS) for refit in before.refits]
    names = [_name(directory, record) for record in records]
    if sorted(names) != sorted(order):
        return records
    return sorted(records, key=lambda record: order.index(_name(directory, record)))


def _name(directory: RunDirectory, record: TrialRecord) -> str:
    return directory.relative(directory.networks(record.stage).model(record.number))


def begin_differently(
    context: StudyContext, values: dict[str, Value], example: Example, policy: str
) -> tuple[StudyContext, tuple[Finding, ...]]:
    """Return a context in which every training begins from weights of its own.

    A builder that sets the seed, or seeds its initialisers, gives all refits the same initial
    weights, and after it Keras shuffles and drops alike: their spread would be nothing. Such
    weights are drawn again from each training's own seed.

    Args:
        context: What the refits share.
        values: Of the winner, which may be the only one for which the builder does so.
        example: A preprocessed example, `(1, …)`.
        policy: The dtype policy.

    Returns:
        The context, unchanged where the builder begins differently by itself; and a finding where
        it does not, whatever is drawn again.
    """
    if not _begins_alike(context.build, values, example, policy):
        return context, ()
    fresh = FreshStart(context.build)
    if not _begins_alike(fresh, values, example, policy):
        context.listener.on_note(
            "the builder begins with the same weights each time: refits draw theirs by their own "
            "seeds"
        )
        return replace(context, build=fresh), ()
    finding = Finding(
        name="refits begin alike",
        verdict="All refits begin with the same weights: their spread comes from the order of the "
        "examples and from dropped units only, not from the initial weights.",
        advice="Leave seeds and weights out of the builder, or read the spread as too small.",
        severity="warning",
    )
    context.listener.on_finding(finding)
    return replace(context, build=fresh), (finding,)


class FreshStart:
    """A builder whose model begins from weights drawn by the seed that was set before it.

    Args:
        build: A builder that sets a seed of its own, or seeds its initialisers.
    """

    def __init__(self, build: Build) -> None:
        self._build = build

    def __call__(self, hp: HyperParameters) -> keras.Model:
        """Return the model."""
        seed = random.getrandbits(31)  # which follows from the seed that the engine has set
        model = self._build(hp)
        if isinstance(model, keras.Model):
            draw_again(model, seed)
        keras.utils.set_random_seed(seed)  # of what is random after the builder
        return model


def draw_again(model: keras.Model, seed: int) -> None:
    """Draw the weights of a model again that its layers' initialisers have drawn.

    Those that were given in another way, such as pre-trained ones, stay: they are not what the
    initialiser gives. Weights that are made later are drawn by the new seed, too.

    Args:
        model: An untrained model.
        seed: At least 0.
    """
    drawn: dict[int, tuple[keras.initializers.Initializer, list[keras.Variable]]] = {}
    for layer in model._flatten_layers():
        for name, initializer in _initializers(layer):
            _, variables = drawn.setdefault(id(initializer), (initializer, []))
            of_name = [
                variable
                for variable in layer._trainable_variables
                if f"{variable.name}_initializer" == name
            ]
            variables += [variable for variable in of_name if _drew(initializer, variable)]
    for number, (initializer, variables) in enumerate(drawn.values()):
        initializer.seed = derive_seed(seed, "initial", number)
        for variable in variables:
            variable.assign(initializer(variable.shape, variable.dtype))
    generators = [
        variable for variable in model.variables if variable.path.endswith("seed_generator_state")
    ]
    for number, state in enumerate(generators):
        state.assign([derive_seed(seed, "masks", number), 0])


def _initializers(layer: keras.Layer) -> Iterator[tuple[str, keras.initializers.Initializer]]:
    """Yield the random initialisers of a layer, which always give the same of the same seed."""
    for name, value in vars(layer).items():
        random_one = isinstance(value, keras.initializers.Initializer)
        if random_one and isinstance(getattr(value, "seed", None), int):
            yield name, value


def _drew(initializer: keras.initializers.Initializer, variable: keras.Variable) -> bool:
    values = keras.ops.convert_to_numpy(initializer(variable.shape, variable.dtype))
    return np.array_equal(values, keras.ops.convert_to_numpy(variable))


def _begins_alike(build: Build, values: dict[str, Value], example: Example, policy: str) -> bool:
    begun = []
    for seed in _SEEDS:
        with dtype_policy(policy):
            keras.utils.set_random_seed(seed)
            model = run_builder(build, GivenHyperParameters(dict(values)))
            if not model.built:
                model(example, training=False)
        begun.append([keras.ops.convert_to_numpy(variable) for variable in model.trainable_weights])
    first, second = begun
    return len(first) == len(second) and all(map(np.array_equal, first, second))
