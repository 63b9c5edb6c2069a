"""A recipe: a whole worked task."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, cast

import keras
from pydantic import TypeAdapter, ValidationError

from dlrecipes.checks import did_you_mean, shown
from dlrecipes.data import Splits, start_small
from dlrecipes.errors import ArgumentError, DlrecipesError, RecipeError, RunError
from dlrecipes.recipe.line_in import line_in
from dlrecipes.recipe.load_options import LoadOption, gather, load_options, value_of_text
from dlrecipes.results import (
    DataSpec,
    Finding,
    LearningCurve,
    Objective,
    Plan,
    RunInfo,
    RunSettings,
    TimePlan,
)
from dlrecipes.results.run_info import SourceValue
from dlrecipes.run import Origin, Run, learning_curve, resume, tune
from dlrecipes.run.learning_rates import LearningRates, find_learning_rates
from dlrecipes.run.look_before import look_before
from dlrecipes.rundir import RunDirectory
from dlrecipes.search import (
    Build,
    CoarseToFine,
    HyperParameters,
    Listener,
    PlainProgress,
    SpecBuilder,
    builder_of,
    fit_of,
    users_first,
    with_budget,
)
from dlrecipes.targets import has_threshold

Made = TypeVar("Made")
_EXAMPLES = LoadOption(
    "examples",
    None,
    "A number or share of the training examples, to start small.",
    int | float | None,
)
_CLASSES = LoadOption(
    "classes",
    None,
    "A number of classes, or names of some, to start small.",
    int | list[str] | None,
)
_TYPED_SOURCE = 3
_SOURCE_VALUES: TypeAdapter[SourceValue] = TypeAdapter(SourceValue)


class Recipe:
    """A worked task: data, preprocessing, builder and plan.

    Args:
        name: The recipe's name, its file's without `.py`.
        task: What its data is, for `dlrecipes list --task`: `"images"`, `"tables"`, `"text"`,
            `"series"`, or a word of your own.
        load: Loads the data: `load(**source) -> Splits`.
        build: `build(hp, spec) -> compiled keras.Model`, where `spec` describes the data after
            preprocessing.
        preprocess: `preprocess(spec) -> keras.Layer`, adapted once on the training part and put
            in front of the exported model; None for none.
        objective: What the study optimises.
        plan: How the trials are spent; None for `CoarseToFine()`.
        threshold: What the threshold is chosen for where the data has two classes and the settings
            name no other goal, for example `"f1"`; None for the more probable class.
        shows: What the recipe shows, in a few words.
        minutes: How long it takes on two CPU cores.
        max_minutes: The time of the whole run where nobody asks for trials, epochs, a plan or
            minutes, above 0: of the plan's trials as many are carried out as fit; None for the
            plan, whatever it takes.
        expected: The score to expect: the mean over at least ten study seeds and its standard
            deviation, such as `"test accuracy 0.987 ± 0.002"`.
        beats: Names of baselines that it beats on that data, whatever the seed.

    Example:
        >>> def build(hp, spec):
        ...     model = dlr.models.build_mlp(
        ...         spec.input_shape, spec.outputs, hidden_units=(hp.Int("units", 4, 64),)
        ...     )
        ...     loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        ...     model.compile("adam", loss, metrics=["accuracy"])
        ...     return model
        >>> recipe = dlr.Recipe(name="iris", load=lambda: dlr.data.load("iris"), build=build)
        >>> splits = recipe.load()
        >>> recipe.name, recipe.plan.trials, len(splits.train)
        ('iris', 64, 90)
    """

    def __init__(  # noqa: PLR0913  (a recipe is these thirteen things)
        self,
        *,
        name: str,
        task: str = "",
        load: Callable[..., Splits],
        build: Callable[[HyperParameters, DataSpec], keras.Model],
        preprocess: Callable[[DataSpec], keras.Layer] | None = None,
        objective: object = "val_accuracy",
        plan: Plan | None = None,
        threshold: str | None = None,
        shows: str = "",
        minutes: float = 0.0,
        max_minutes: float | None = None,
        expected: str = "",
        beats: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.task = task
        self.objective = objective
        self.plan = plan or CoarseToFine()
        self.threshold = threshold
        self.shows = shows
        self.minutes = minutes
        self.max_minutes = max_minutes
        self.expected = expected
        self.beats = tuple(beats)
        self.path: Path | None = None
        self._load = load
        self._fit = fit_of(build)
        self._build = cast(Callable[[HyperParameters, DataSpec], keras.Model], builder_of(build))
        self._preprocess = preprocess

    @property
    def loader(self) -> Callable[..., Splits]:
        """The recipe's own `load`, as it was given."""
        return self._load

    @property
    def options(self) -> dict[str, LoadOption]:
        """What `load` takes, by name; and `examples`, `classes`, where it has none of that name."""
        small = {option.name: option for option in (_EXAMPLES, _CLASSES)}
        known = load_options(self._load)
        return known | {name: option for name, option in small.items() if name not in known}

    @property
    def takes_any(self) -> bool:
        """Whether `load` takes options by any name (`**options`)."""
        known = inspect.signature(self._load).parameters.values()
        return any(parameter.kind is parameter.VAR_KEYWORD for parameter in known)

    def load(self, **source: SourceValue) -> Splits:
        """Load the data, with the recipe's preprocessing adapted on the training part.

        Args:
            source: Arguments of the recipe's own `load`, the fields of a group such as
                `SplitRule` by their names (`time="day"`); and to start small (`start_small`)
                `examples`, a number or share of the training examples, and `classes`, a number of
                classes or names of some, for every recipe whose `load` has no argument of that
                name. One number under `classes` is always that.

        Raises:
            RecipeError: If it has no such argument or lacks one, raises, or does not return
                `Splits`.
            DataError: If the data cannot be used.
        """
        known = load_options(self._load)
        examples = None if "examples" in known else source.pop("examples", None)
        classes = _some_classes(source.get("classes"), own="classes" in known)
        if classes is not None:
            del source["classes"]
        unknown = [name for name in source if name not in known]
        if unknown and not self.takes_any:
            raise RecipeError(
                f"Recipe {self.name!r} takes {', '.join(known) or 'no arguments'} for its data.",
                received=", ".join(f"{name}={source[name]!r}" for name in unknown),
                fix=did_you_mean(unknown[0], known),
            )
        missing = [
            name
            for name, option in known.items()
            if option.default is inspect.Parameter.empty and name not in source
        ]
        if missing:
            raise RecipeError(
                f"Recipe {self.name!r} needs {', '.join(missing)} for its data.",
                received=", ".join(f"{name}={source[name]!r}" for name in source) or "nothing",
                fix=f"On the command line: {' '.join(f'--{name} …' for name in missing)}",
            )
        arguments = gather(self._load, source)
        splits = self._run("load", lambda: self._load(**arguments))
        if not isinstance(splits, Splits):
            raise RecipeError(
                "A recipe's `load` must return `Splits`.",
                received=type(splits).__name__,
                fix="Use `dlrecipes.data.load` or `dlrecipes.data.from_arrays`.",
            )
        if examples is not None or classes is not None:
            size = 1.0 if examples is None else _size_or_fraction(examples)
            splits = start_small(splits, size, classes=classes)
        preprocess = self._preprocess
        if preprocess is None:
            return splits
        return splits.with_preprocess(self._run("preprocess", lambda: preprocess(splits.raw_spec)))

    def source_of(self, info: RunInfo) -> dict[str, SourceValue]:
        """Return the arguments of `load` that a run began with.

        Args:
            info: What `run.json` holds; before its version 3 options stood there as the text of
                the command line.
        """
        known = self.options if info.schema_version < _TYPED_SOURCE else {}
        return {
            name: value_of_text(known[name], value)
            if name in known and isinstance(value, str)
            else value
            for name, value in info.origin.source.items()
        }

    def builder(self, splits: Splits) -> Build:
        """Return the recipe's builder for this data: a plain `build(hp)`, as KerasTuner has it.

        It holds the data's description and nothing else.

        Args:
            splits: The data, from `load`.
        """
        return SpecBuilder(self._build, splits.model_spec, self.name, fit=self._fit)

    def check(self, **source: SourceValue) -> tuple[Finding, ...]:
        """Say what is wrong with data and default network before a search.

        Args:
            source: Arguments of the recipe's `load`.

        Returns:
            What the audit and `dlrecipes.check` find, errors first, then warnings, then what was
            looked for and not found.

        Raises:
            RecipeError: If the recipe's `load` has no such argument.
            DataError: If the data cannot be used.
            BuilderError: If the network does not fit the data.
        """
        splits = self.load(**_plain(source))
        return look_before(self.builder(splits), splits, self.plan)

    def curve(
        self,
        run: str | Path | None = None,
        *,
        epochs: int | None = None,
        seeds: int = 3,
        first: float | None = None,
        settings: RunSettings | None = None,
        listener: Listener | None = None,
        **source: SourceValue,
    ) -> LearningCurve:
        """Say what more data would bring: train one network on more and more of the examples.

        Args:
            run: The directory of a finished run, whose winner is trained, on its data; None for
                the builder's defaults.
            epochs: Epochs of a training on all examples; None for those of the run's refits, or the
                plan's.
            seeds: Trainings for each number of examples.
            first: Examples of the first rung, or their share; None for a sixteenth.
            settings: Engine, precision and seed.
            listener: Hears of every training; None for plain lines.
            source: Arguments of the recipe's `load`; of a run those that it began with.

        Raises:
            RunError: If the directory is no run, another recipe's or one on other data, or no
                training has a score.
            ArgumentError: If an argument is out of range, or there are too few examples.
        """
        listener = listener or PlainProgress(Objective.parse(self.objective))
        given, plan, opened = _plain(source), self.plan, None
        if run is not None:
            info = self._info_of(run)
            given, plan, opened = {**self.source_of(info), **given}, info.plan, Run(run)
        listener.on_phase("data")
        with listener.busy():
            splits = self.load(**given)
        return learning_curve(
            self.builder(splits),
            splits,
            self.objective,
            run=opened,
            plan=plan if epochs is None else with_budget(plan, epochs=epochs),
            settings=settings,
            seeds=seeds,
            first=first,
            listener=listener,
        )

    def lr(
        self, *, weight_decays: Sequence[float] = (), seed: int = 0, **source: SourceValue
    ) -> LearningRates:
        """Say which learning rate the default network bears, in a training of some 100 steps.

        Args:
            weight_decays: Weight decays to set on the optimizer, one range test each, at least 0;
                none for the builder's own.
            seed: Of first weights and order, at least 0.
            source: Arguments of the recipe's `load`.

        Returns:
            The suggested rate and weight decay, the range tests (`tests`), and their picture
            (`picture(file)`).

        Raises:
            RecipeError: If the recipe's `load` has no such argument.
            ArgumentError: If a decay is no number of at least 0, or the optimizer has none.
            DataError: If the data cannot be used.
            BuilderError: If the network does not fit the data.
        """
        splits = self.load(**_plain(source))
        return find_learning_rates(
            self.builder(splits),
            splits,
            self.plan,
            weight_decays=weight_decays,
            name=self.name,
            seed=seed,
        )

    def tune(  # noqa: PLR0913  (one argument a decision)
        self,
        *,
        trials: int | None = None,
        epochs: int | None = None,
        plan: Plan | None = None,
        settings: RunSettings | None = None,
        listener: Listener | None = None,
        compare: bool = False,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        time_plan: TimePlan | None = None,
        began: float | None = None,
        **source: SourceValue,
    ) -> Run:
        """Carry out the whole procedure: search, refits, export, test set, report.

        A test set that a run in the same folder of runs has opened before stays sealed, unless
        `RunSettings(sealed=False)` says otherwise; `open` opens it later.

        Args:
            trials: Search trials; None for the plan's, or for as many as fit into the minutes of
                the settings or of the recipe, where no plan is given either.
            epochs: Epochs of a full trial; None for the plan's, or for those that fit.
            plan: Another plan than the recipe's. What it tries first that the recipe's own does not
                comes before that, of which as much is left out as there are too few trials for.
            settings: Engine, precision, storage, directory, seed, minutes, seal.
            listener: Hears of every stage, epoch and trial; None for plain lines.
            compare: Whether simpler searches are run for real, at equal cost.
            callbacks: Keras callbacks, of which every trial and refit has a copy; the engine `fit`
                trains then.
            time_plan: As in `dlr.tune`, where a plan is given that is the shape only.
            began: `time.monotonic()` at which the minutes began; None for now.
            source: Arguments of the recipe's `load`.
        """
        began = time.monotonic() if began is None else began
        settings = settings or RunSettings()
        if time_plan is None and plan is None:
            settings, time_plan = self.divide_time(
                settings, trials=trials is not None, epochs=epochs is not None
            )
        source = _plain(source)
        RunDirectory.planned(settings.out, self.name)  # before the data, which may take long
        listener = listener or PlainProgress(Objective.parse(self.objective))
        listener.on_phase("data")
        with listener.busy():
            splits = self.load(**source)
        if settings.threshold is None and has_threshold(splits.raw_spec):
            settings = replace(settings, threshold=self.threshold)
        own = [values for stage in self.plan.stages for values in stage.first]
        run = tune(
            self.builder(splits),
            splits,
            self.objective,
            with_budget(users_first(plan or self.plan, own), trials, epochs),
            settings,
            listener=listener,
            origin=self._origin(source),
            compare=compare,
            callbacks=callbacks,
            time_plan=time_plan,
            began=began,
        )
        run.finish(sealed=settings.sealed)
        return run

    def divide_time(
        self, settings: RunSettings, *, trials: bool, epochs: bool
    ) -> tuple[RunSettings, TimePlan | None]:
        """Return the settings with the run's time, and how it is divided.

        Args:
            settings: What was asked for.
            trials: Whether a number of trials was.
            epochs: Whether a number of epochs was.

        Returns:
            `RunSettings.minutes` are spent on as many trials as help; without them the recipe's
            own `max_minutes` are the most that its plan takes. None where the plan decides.
        """
        if trials:
            return settings, None
        if settings.minutes is not None:
            return settings, TimePlan(keep_epochs=epochs)
        if self.max_minutes is None or epochs:
            return settings, None
        return replace(settings, minutes=self.max_minutes), TimePlan(within_plan=True)

    def resume(  # noqa: PLR0913  (one argument a decision)
        self,
        directory: str | Path,
        *,
        plan: Plan | None = None,
        minutes: float | None = None,
        storage: str | None = None,
        listener: Listener | None = None,
        compare: bool = False,
        sealed: bool | None = None,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        began: float | None = None,
    ) -> Run:
        """Go on with a run that was cut off, and end it.

        Args:
            directory: The run directory.
            plan: Another plan, such as the run's own with more trials, or with none to end the
                search with the best so far (`dlrecipes.search.with_budget`).
            minutes: As in `dlr.resume`.
            storage: The storage's URL, where it needs a password.
            listener: Hears of every stage, epoch and trial; None for plain lines.
            compare: Whether simpler searches are run for real, at equal cost.
            sealed: Whether the test set stays closed; None for what the run began with.
            callbacks: Those that the run began with.
            began: `time.monotonic()` at which the minutes go on; None for now.

        Raises:
            RunError: If the directory is no run, or another recipe's, or if the recipe makes
                another network, data or objective than it did when the run began.
        """
        began = time.monotonic() if began is None else began
        info = self._info_of(directory)
        objective = Objective.parse(self.objective)
        if (objective.name, objective.direction) != (info.objective, info.direction):
            raise RunError(
                "A resumed run keeps its objective.",
                received=f"{objective.name} ({objective.direction}) in the recipe, begun with "
                f"{info.objective} ({info.direction})",
                fix="Restore it, or start a new run.",
            )
        listener = listener or PlainProgress(Objective(info.objective, info.direction))
        listener.on_phase("data")
        with listener.busy():
            splits = self.load(**self.source_of(info))
        run = resume(
            directory,
            self.builder(splits),
            splits,
            plan=plan,
            minutes=minutes,
            storage=storage,
            listener=listener,
            compare=compare,
            origin=self._origin(self.source_of(info)),
            callbacks=callbacks,
            began=began,
        )
        run.finish(sealed=info.settings.sealed if sealed is None else sealed)
        return run

    def open(
        self,
        directory: str | Path,
        reason: str = "final score of the procedure",
        *,
        listener: Listener | None = None,
    ) -> Run:
        """Open the test set of a run that stayed sealed, and write its report again.

        Where this run has opened it before, what was found then is all that is returned.

        Args:
            directory: The run directory.
            reason: Why it is opened, for the ledger.
            listener: Hears what takes a while, and how it ended; None for plain lines.

        Raises:
            RunError: If the directory is no run, or another recipe's, or the data is not what the
                run began with.
            SealError: If a study on this data is running, or the reason is empty.
        """
        info = self._info_of(directory)
        listener = listener or PlainProgress(Objective(info.objective, info.direction))
        run = Run(directory, listener=listener)
        if run.result.test is None:
            listener.on_phase("data")
            with listener.busy():
                splits = self.load(**self.source_of(info))
            run = Run(directory, splits, listener)
        run.finish(reason, sealed=False)
        return run

    def export_baseline(
        self,
        directory: str | Path,
        name: str | None = None,
        path: str | Path | None = None,
        *,
        listener: Listener | None = None,
    ) -> Path:
        """Load the data of a run and export one of its baselines (`Run.export_baseline`).

        Args:
            directory: The run directory.
            name: As for `Run.export_baseline`.
            path: As for `Run.export_baseline`.
            listener: Hears what takes a while; None for plain lines.

        Returns:
            The folder that was written.

        Raises:
            RunError: As `open`.
            ArgumentError: As `Run.export_baseline`.
            ExportError: As `Run.export_baseline`.
        """
        info = self._info_of(directory)
        listener = listener or PlainProgress(Objective(info.objective, info.direction))
        listener.on_phase("data")
        with listener.busy():
            splits = self.load(**self.source_of(info))
        return Run(directory, splits, listener).export_baseline(name, path)

    def _info_of(self, directory: str | Path) -> RunInfo:
        """Return what a run of this recipe was started with."""
        info = RunDirectory.existing(directory).read_info()
        if info.origin.recipe != self.name:
            raise RunError(
                "A run belongs to its own recipe.",
                received=f"{self.name!r} for {directory}, a run of {info.origin.recipe!r}",
            )
        return info

    def _run(self, part: str, call: Callable[[], Made]) -> Made:
        """Call a function of the recipe and turn whatever it raises into one clear message."""
        try:
            return call()
        except DlrecipesError:
            raise
        except Exception as error:  # the recipe is the user's code
            line = line_in(error, self.path) if self.path else None
            where = f"{self.path}, line {line}: " if line else ""
            raise RecipeError(
                f"A recipe's `{part}` must run.",
                received=f"{where}{type(error).__name__}: {error}",
            ) from error

    def _origin(self, source: dict[str, SourceValue]) -> Origin:
        """Return where the run comes from; its source was found to be plain before."""
        path = self.path
        text = path.read_text(encoding="utf-8") if path else ""
        place = str(path.resolve()) if path else ""
        return Origin(self.name, place, text, dict(source), self.plan)


def _plain(source: Mapping[str, object]) -> dict[str, SourceValue]:
    """Return options as a run's file holds them; what is None is left out.

    Raises:
        ArgumentError: If a value is none that a file can hold, such as a data frame.
    """
    known: dict[str, SourceValue] = {}
    for name, value in source.items():
        if value is None:
            continue
        value = str(value) if isinstance(value, Path) else value
        value = list(value) if isinstance(value, tuple) else value
        try:
            known[name] = _SOURCE_VALUES.validate_python(value, strict=True)
        except ValidationError as error:
            raise ArgumentError(
                "A run loads its data again when it goes on: its options are text, numbers, and "
                "lists or dictionaries of these.",
                received=f"{name}={shown(value)}, {type(value).__name__}",
                fix="With data in memory: `splits = recipe.load(…)`, then "
                "`dlr.tune(recipe.builder(splits), splits, …)`.",
            ) from error
    return known


def _some_classes(classes: Any, *, own: bool) -> int | list[str] | None:  # noqa: ANN401  (JSON)
    """Return the classes to start small with; None where there are none, or `load` names all."""
    one = classes[0] if isinstance(classes, list | tuple) and len(classes) == 1 else classes
    if isinstance(one, str) and one.isdecimal():
        return int(one)
    if own and not (isinstance(one, int) and not isinstance(one, bool)):
        return None
    found: int | list[str] | None = [classes] if isinstance(classes, str) else classes
    return found


def _size_or_fraction(examples: object) -> float:
    """Return a number of examples as an int, a share of them as a float."""
    if isinstance(examples, bool) or not isinstance(examples, int | float):
        raise ArgumentError(
            "`examples` is a number of training examples, or a share of them.",
            received=f"examples={examples!r}",
            fix="For example 500, or 0.1.",
        )
    return examples
