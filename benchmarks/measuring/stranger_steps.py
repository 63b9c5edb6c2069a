"""What becomes of one builder of `strangers`, step by step.

A step ends with `"ok"`, with a message, or with `NOT_REACHED`; nothing that a member raises is
hidden. Only the loading of data is adapted: arrays go into `dlr.data.from_arrays`, data sets and
sample weights into `dlr.data.from_dataset`, `validation_split` is the data's own argument, so is
`task="regression"` where whole numbers in floats may be either, and endless batches, with the
number of steps that end an epoch, are replaced by the arrays that they are drawn from.
Everything else that its author hands to `search`, or to the tuner, goes into `dlr.tune` by the
same name.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import math
import pickle
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

TRIALS, EPOCHS, REFITS = 4, 4, 2
PEER_TRIALS, PEER_EPOCHS = 2, 3
BASELINE_SECONDS = 1.0
SCORE_TOLERANCE = 0.05
"""By which two engines' scores of one trial may differ, of the score where that is above 1: they
draw other random numbers for dropout and the order of examples."""
SEEDS = 4
"""Of how many trials two engines are compared if they differ in the first."""
SAME_SCORE = 1e-3
"""By which a refit's score in the search may differ from the one that is reported: of a function of
one's own, Keras takes the mean over batches."""
SAME_PREDICTION = 1e-5

OK, NOT_REACHED = "ok", "not reached"
OWN_STEPS = (
    "tune",
    "right",
    "refits",
    "resume",
    "engines",
    "open",
    "saved_model",
    "keras",
    "alone",
)
PEER_STEPS = ("keras_tuner", "optuna")
INPUTS, ROW = "inputs.pickle", "row.json"


class Differs(Exception):
    """A step ended without an error and with a wrong result."""


class Row:
    """What is known of a member so far, in a file that outlives its process.

    Args:
        folder: Where the file is.
        steps: The steps that are to be taken.
    """

    def __init__(self, folder: Path, steps: tuple[str, ...]) -> None:
        self._file = folder / ROW
        self.content: dict[str, Any] = {"steps": dict.fromkeys(steps, NOT_REACHED)}
        self._write()

    def note(self, **facts: object) -> None:
        """Keep facts about the member."""
        self.content.update(facts)
        self._write()

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Keep how the step ends; what it raises ends only this step."""
        self._set(name, "did not end")
        began = time.monotonic()
        try:
            yield
        except (Exception, KeyboardInterrupt, SystemExit) as error:
            self._set(name, first_line(error))
        else:
            self._set(name, OK)
        seconds = self.content.setdefault("step_seconds", {})
        seconds[name] = round(time.monotonic() - began, 1)
        self._write()

    def ended_well(self, name: str) -> bool:
        """Whether a step ended with `"ok"`."""
        return bool(self.content["steps"][name] == OK)

    def _set(self, name: str, outcome: str) -> None:
        self.content["steps"][name] = outcome
        self._write()

    def _write(self) -> None:
        self._file.write_text(json.dumps(self.content), encoding="utf-8")


def first_line(error: BaseException) -> str:
    """Return an error's type and the first line of what it says."""
    said = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {said[0] if said else ''}"[:300]


def run_stranger(*, name: str, folder: str, steps: Sequence[str] = OWN_STEPS) -> dict[str, Any]:
    """Tune, judge, resume, open and export one member.

    Args:
        name: The member's.
        folder: An empty folder, for its runs and its row.
        steps: Which steps are taken; the first always is.
    """
    stranger = find_stranger(name)
    place = Path(folder)
    row = Row(place, tuple(step for step in OWN_STEPS if step in {"tune", *steps}))
    given = stranger.data()
    run: Any = None
    with row.step("tune"):
        splits = load_splits(given, stranger.search())
        began = time.monotonic()
        clock = _first_trial_clock(began)
        run = _tune(stranger, splits, place / "run", listener=clock)
        row.note(
            engine=run.result.engine.name,
            why=clock.why,
            first_trial_seconds=_rounded(clock.seconds),
            seconds=round(time.monotonic() - began, 1),
        )
    if not row.ended_well("tune"):
        return row.content
    engine = run.result.engine.name
    checks: dict[str, Callable[[], object]] = {
        "right": lambda: row.note(score=_check_right(stranger, run)),
        "refits": lambda: _check_refits(run),
        "resume": lambda: _check_resumed(stranger, splits, run, place / "resumed"),
        "engines": lambda: _check_engines(stranger, splits, engine, place),
        "open": lambda: run.open_test_set("a benchmark of builders"),
        "saved_model": lambda: run.export("saved_model"),
        "keras": lambda: row.note(**_export_keras_file(run)),
        "alone": lambda: _leave_for_another_process(given, run, place),
    }
    for step, check in checks.items():
        if step in steps:
            with row.step(step):
                check()
    return row.content


def predict_alone(*, folder: str) -> dict[str, Any]:
    """Predict in a process that never saw the builder, and compare.

    Args:
        folder: The one that `run_stranger` filled.
    """
    import dlrecipes as dlr

    place = Path(folder)
    kept = pickle.loads((place / INPUTS).read_bytes())
    try:
        run = dlr.Run(place / "run")
        compare_predictions(run.predict(kept["inputs"]), kept["predictions"])
        if isinstance(kept["inputs"], np.ndarray) and not isinstance(kept["predictions"], dict):
            served = dlr.export.predict_saved_model(place / "run" / "saved_model", kept["inputs"])
            if run.info.spec.joint:  # as a SavedModel answers: each label has two classes
                parts = dlr.targets.split_predictions(served, run.info.spec).values()
                served = np.stack([part if part.ndim == 1 else part[:, 1] for part in parts], 1)
            compare_predictions(served, kept["predictions"])
    except Exception as error:
        return {"alone": first_line(error)}
    return {"alone": OK}


def run_peers(*, name: str, folder: str) -> dict[str, Any]:
    """Run one member in KerasTuner and in a plain Optuna objective.

    Args:
        name: The member's.
        folder: An empty folder, for its row.
    """
    stranger = find_stranger(name)
    row = Row(Path(folder), PEER_STEPS)
    with row.step("keras_tuner"):
        row.note(keras_tuner_score=_run_keras_tuner(stranger))
    with row.step("optuna"):
        _run_optuna(stranger)
    return row.content


def find_stranger(name: str) -> Any:  # noqa: ANN401  (a Stranger, whose module imports Keras)
    """Return the member of this name."""
    from strangers import STRANGERS

    return next(one for one in STRANGERS if one.name == name)


# ---- data


def load_splits(given: Any, search: Any) -> Any:  # noqa: ANN401
    """Return the data as the library wants it.

    Args:
        given: A `Given`.
        search: The arguments that their author hands to `search`.
    """
    import tensorflow as tf

    import dlrecipes as dlr

    given = given.source or given
    if isinstance(given.train, tf.data.Dataset):
        return dlr.data.from_dataset(given.train, given.validation)
    if len(given.train) > 2:
        weighted = tf.data.Dataset.from_tensor_slices(given.train)
        return dlr.data.from_dataset(weighted, tf.data.Dataset.from_tensor_slices(given.validation))
    share = search.get("validation_split")
    how = {} if share is None else {"validation_fraction": share}
    validation = given.validation and _in_arrays(given.validation)
    x, y = _in_arrays(given.train)
    if _asked_for_task(y):
        how["task"] = "regression"
    return dlr.data.from_arrays(x, y, validation=validation, **how)


def _asked_for_task(y: Any) -> bool:  # noqa: ANN401
    """Whether the library asks whether whole numbers in floats are classes or values."""
    import dlrecipes as dlr

    try:
        dlr.data.from_arrays(np.arange(float(len(y))).reshape(-1, 1), y)
    except dlr.errors.DataError as error:
        return "classes or values" in str(error)
    except ValueError:
        pass
    return False


def _in_arrays(values: Any) -> Any:  # noqa: ANN401
    if isinstance(values, dict):
        return {name: _in_arrays(inner) for name, inner in values.items()}
    if isinstance(values, list | tuple):
        return type(values)(_in_arrays(inner) for inner in values)
    array = np.asarray(values)
    if array.dtype == object and array.size and isinstance(array.flat[0], bytes):
        return np.char.decode(array.astype(bytes), "utf-8")
    return array


def _some_inputs(given: Any, rows: int = 32) -> Any:  # noqa: ANN401
    """Return the inputs of a few examples."""
    import tensorflow as tf
    from strangers.small_data import take

    part = (given.source or given).validation or given.train
    if isinstance(part, tf.data.Dataset):
        batch = next(iter(part.unbatch().batch(rows)))[0]
        return _in_arrays(tf.nest.map_structure(lambda values: values.numpy(), batch))
    return take(_in_arrays(part[0]), slice(rows))


# ---- the library


def _tune(
    stranger: Any,  # noqa: ANN401
    splits: Any,  # noqa: ANN401
    out: Path,
    *,
    plan: Any = None,  # noqa: ANN401
    engine: str = "auto",
    seed: int = 0,
    listener: Any = None,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    import dlrecipes as dlr

    plan = plan or dlr.CoarseToFine(trials=TRIALS, epochs=EPOCHS, refit_seeds=REFITS)
    settings = dlr.RunSettings(out=out, engine=engine, seed=seed, baseline_seconds=BASELINE_SECONDS)
    return dlr.tune(
        stranger.make_hypermodel(),
        splits,
        stranger.objective,
        plan,
        settings,
        listener=listener or dlr.search.Listener(),
        **_further(stranger),
    )


def _further(stranger: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return what goes into `tune` beside builder, data and objective."""
    of_data = {"validation_split"}
    if stranger.data().source is not None:  # endless batches, of which arrays are the source
        of_data |= {"steps_per_epoch", "validation_steps"}
    search = {key: value for key, value in stranger.search().items() if key not in of_data}
    return {**search, **stranger.tuner()}


def _check_right(stranger: Any, run: Any) -> float:  # noqa: ANN401
    """Return the best score; raise where training did not reach what it should."""
    best = run.result.best.validation
    score = best.get(run.result.objective, next(iter(best.values())))
    if not (score >= stranger.right if run.result.direction == "max" else score <= stranger.right):
        raise Differs(f"{run.result.objective} {score:.4g}, expected {stranger.right:.4g}")
    return float(score)


def _check_refits(run: Any) -> None:  # noqa: ANN401
    """Refits train from other weights, and score what the search said."""
    refits = run.result.refits
    if len(refits) != REFITS:
        raise Differs(f"{len(refits)} refits, expected {REFITS}")
    if refits[0].history == refits[1].history:
        raise Differs("two refits with different seeds trained alike")
    searched_name = run.result.objective
    name = searched_name.removeprefix("val_")
    for refit in refits:
        if name not in refit.validation or searched_name not in refit.history:
            continue
        searched, scored = refit.history[searched_name][refit.best_epoch], refit.validation[name]
        if not math.isclose(searched, scored, rel_tol=SAME_SCORE, abs_tol=SAME_SCORE):
            raise Differs(f"{name} {searched:.5g} in the search, {scored:.5g} as scored")


def _check_resumed(stranger: Any, splits: Any, whole: Any, out: Path) -> None:  # noqa: ANN401
    """Stop a run after two trials, go on, and compare with the one that was not stopped."""
    import dlrecipes as dlr

    class Stop(dlr.search.Listener):
        left = 2

        def on_trial(self, record: object) -> None:
            self.left -= 1
            if not self.left:
                raise KeyboardInterrupt

    try:
        _tune(stranger, splits, out, engine=whole.result.engine.name, listener=Stop())
    except KeyboardInterrupt:
        pass
    else:
        raise Differs("was not stopped")
    heard = dlr.search.Listener()
    taken = _arguments_of(dlr.resume, _further(stranger))
    resumed = dlr.resume(out, stranger.make_hypermodel(), splits, listener=heard, **taken)
    ours, theirs = _trials(resumed), _trials(whole)
    if len(ours) != len(theirs):
        raise Differs(f"{len(ours)} trials, {len(theirs)} unbroken")
    for one, other in zip(ours, theirs, strict=True):
        same = one["values"] == other["values"] and one["status"] == other["status"]
        if not same or not _close(one["score"], other["score"], SAME_SCORE):
            raise Differs(
                f"trial {one['number']} of {one['stage']}: {one['status']} {one['score']}, "
                f"unbroken {other['status']} {other['score']}"
            )


def _arguments_of(function: Callable[..., Any], given: dict[str, Any]) -> dict[str, Any]:
    """Return those arguments that a run does not keep by itself."""
    return {name: given[name] for name in inspect.signature(function).parameters if name in given}


def _trials(run: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    trials = json.loads((run.directory / "study.json").read_text(encoding="utf-8"))["trials"]
    return sorted(trials, key=lambda trial: (trial["stage"], trial["number"]))


def _export_keras_file(run: Any) -> dict[str, str]:  # noqa: ANN401
    """Export the `.keras` file; a line that says why not, and what to do, is as good."""
    from dlrecipes.errors import ExportError

    try:
        run.export("keras")
    except ExportError as error:
        return {"keras_file": first_line(error)}
    return {}


def _leave_for_another_process(given: Any, run: Any, place: Path) -> None:  # noqa: ANN401
    inputs = _some_inputs(given)
    kept = {"inputs": inputs, "predictions": run.predict(inputs)}
    (place / INPUTS).write_bytes(pickle.dumps(kept))
    raise Differs("no fresh process has predicted")


def _check_engines(stranger: Any, splits: Any, engine: str, place: Path) -> None:  # noqa: ANN401
    """Train one trial by the engine that was chosen, and by Keras' own `fit`."""
    import dlrecipes as dlr

    if engine == "fit":
        return
    stage = dlr.Stage("one", trials=1, epochs=EPOCHS, sampler="random", pruner="none")
    plan = dlr.Plan((stage,), refit_seeds=1)
    pairs = []
    for seed in range(SEEDS):
        pair = []
        for name in (engine, "fit"):
            out = place / f"one-{name}-{seed}"
            run = _tune(stranger, splits, out, plan=plan, engine=name, seed=seed)
            pair.append(_trials(run)[0]["score"])
        if not seed and _close(*pair, SCORE_TOLERANCE):
            return
        pairs.append(pair)
    # Each has its own first weights: after few epochs only several seeds tell.
    differences = np.diff(np.asarray(pairs, float))[:, 0]
    noise = 3 * differences.std(ddof=1) / math.sqrt(SEEDS)
    if not abs(differences.mean()) <= noise + SCORE_TOLERANCE:
        raise Differs(f"{engine} and fit of {SEEDS} seeds: {pairs}")


def _close(one: float | None, other: float | None, tolerance: float) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= tolerance * max(1.0, abs(other))


def compare_predictions(found: Any, expected: Any) -> None:  # noqa: ANN401
    """Raise `Differs` unless two predictions are the same."""
    if isinstance(expected, dict):
        for name, values in expected.items():
            compare_predictions(found[name], values)
        return
    found, expected = np.asarray(found), np.asarray(expected)
    if found.shape != expected.shape:
        raise Differs(f"predictions of shape {found.shape}, expected {expected.shape}")
    if not np.allclose(found, expected, rtol=SAME_PREDICTION, atol=SAME_PREDICTION):
        raise Differs(f"predictions differ by {np.abs(found - expected).max():.3g}")


def _first_trial_clock(began: float) -> Any:  # noqa: ANN401  (a Listener)
    import dlrecipes as dlr

    class Clock(dlr.search.Listener):
        """Notes when the first stage begins, and why an engine trains."""

        seconds: float | None = None
        why: str = ""

        def on_note(self, line: str) -> None:
            if line.startswith("trained by"):
                self.why = line.partition(": ")[2]

        def on_stage(self, name: str, trials: int, done: int) -> None:
            if self.seconds is None:
                self.seconds = time.monotonic() - began

    return Clock()


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


# ---- the peers


def _fit_arguments(stranger: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:  # noqa: ANN401
    """Return what their author hands to `search` or to `fit`."""
    given = stranger.data()
    further = {"epochs": PEER_EPOCHS, "verbose": 0, **stranger.search()}
    if given.validation is not None:
        further["validation_data"] = given.validation
    if not given.in_arrays:
        return (given.train,), further
    if len(given.train) > 2:
        further["sample_weight"] = given.train[2]
    return given.train[:2], further


def _run_keras_tuner(stranger: Any) -> float:  # noqa: ANN401
    import keras_tuner

    arguments, further = _fit_arguments(stranger)
    with tempfile.TemporaryDirectory() as folder:
        tuner = keras_tuner.RandomSearch(
            stranger.make_hypermodel(),
            objective=stranger.objective,
            max_trials=PEER_TRIALS,
            seed=0,
            directory=folder,
            **stranger.tuner(),
        )
        tuner.search(*arguments, **further)
        score = tuner.oracle.get_best_trials(1)[0].score
    if score is None:
        raise Differs("no trial has a score")
    return float(score)


def _run_optuna(stranger: Any) -> None:  # noqa: ANN401
    import keras_tuner
    import optuna

    import dlrecipes as dlr

    build = stranger.make_hypermodel()
    own_fit = getattr(type(build), "fit", keras_tuner.HyperModel.fit)
    if own_fit is not keras_tuner.HyperModel.fit:
        raise Differs("not asked: its `fit` wants the hyperparameters, too")

    def objective(trial: optuna.Trial) -> float:
        model: Any = dlr.search.suggest(trial, build)
        arguments, further = _fit_arguments(stranger)
        history = model.fit(*arguments, **further).history
        return float(min(history["val_loss"]))

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    optuna.create_study().optimize(objective, n_trials=PEER_TRIALS)
