"""Settings of a run that do not belong to the search plan."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dlrecipes.checks import check_choice, check_flag, check_integer, check_real
from dlrecipes.errors import ArgumentError
from dlrecipes.results.subgroup_result import GapPenalty
from dlrecipes.results.threshold import ThresholdGoal

ENGINES = ("auto", "population", "resident", "fit")
_MOST_MINUTES = 1e6
PRECISIONS = ("auto", "float32", "mixed_bfloat16", "mixed_float16")


@dataclass(frozen=True)
class RunSettings:
    """How and where a run is carried out.

    Args:
        engine: `"auto"` (by timing a few steps), `"population"` (trials of one structure side by
            side in one compiled program), `"resident"` (one trial a core, the data on the device)
            or `"fit"` (`keras.Model.fit`). What an engine cannot train, `fit` trains.
        precision: `"auto"` (by device), `"float32"`, `"mixed_bfloat16"` or `"mixed_float16"`.
        storage: Any database URL that Optuna takes (`sqlite:///…`, `postgresql://…`); None for the
            journal in the run directory.
        out: The run directory; None for a new one, named after recipe and time, in `runs/`.
        seed: Seed of everything random except the split, at least 0. The same run again gives the
            same figures with the same engine; `"auto"` may choose another one.
        minutes: Without a plan or a number of trials the minutes of the whole run, into which
            trials, epochs and refits are fitted (`TimePlan`). With one, minutes after which the
            search ends and the best so far is taken; comparisons and refits are then not cut
            short. None for no limit.
        folds: Folds of which a trial's score is the mean, at least 2, at so many times the cost;
            None to score trials on the validation part.
        repeats: How often the rows are divided into folds, at least 1.
        threshold: What the threshold between two classes is chosen for, on the validation part:
            `"f1"`, `"recall@precision=0.9"`, `"precision@recall=0.8"` or `"cost=1:10"`, see
            `ThresholdGoal`; None to call an example what is more probable.
        ensemble: How many different networks are averaged in one model beside the winner, at most:
            trials of the search and refits, as they were trained, chosen on the validation part
            (`select_members`). The weights of the best 32 trials are kept for it. 0 or 1 for none;
            `minutes` without a plan may then have one by themselves.
        gap_penalty: What a gap between groups takes off the score that trials are compared by,
            such as `"sex: true positive rate=1"`, see `GapPenalty`; None for nothing.
        sealed: Whether a recipe's run ends with its test set still closed. None closes it only
            where the set has been opened before, by a run in the same folder of runs; False opens
            it all the same. `dlr.tune` never opens it: `run.open_test_set(reason)` does.
        baseline_seconds: What the baselines may take together, above 0. Boosted trees grow beside
            the search and get at most half of its time, or 10 s, when it has ended.
        lr_range_test: Whether the first stage begins around the learning rate that a range test of
            the default network suggests (`lr_range_test`), which its plan then says.
        like: The directory of an earlier run on a similar task: what its winner and this builder
            share is tried first, and a third of the first stage's trials is drawn around it
            (`Stage.priors`), which the run's plan then says; None for none.
        human_error: The error that people make, in the main metric's unit (1 - accuracy, the RMSE,
            …), at least 0, against which bias is measured; None for that of the best baseline.

    Raises:
        ArgumentError: If a value is none of these.

    Example:
        >>> dlr.RunSettings(engine="fit", seed=1, threshold="f1").threshold
        'f1'
        >>> dlr.RunSettings(seed=-1)
        Traceback (most recent call last):
        ...
        dlrecipes.errors.ArgumentError: `seed` must be an integer, ... Received: seed=-1.
    """

    engine: str = "auto"
    precision: str = "auto"
    storage: str | None = None
    out: str | Path | None = None
    seed: int = 0
    minutes: float | None = None
    folds: int | None = None
    repeats: int = 1
    threshold: str | ThresholdGoal | None = None
    ensemble: int = 0
    gap_penalty: str | GapPenalty | None = None
    sealed: bool | None = None
    baseline_seconds: float = 60.0
    lr_range_test: bool = False
    like: str | Path | None = None
    human_error: float | None = None

    @property
    def goal(self) -> str:
        """What the threshold is chosen for, as text; empty for none."""
        return "" if self.threshold is None else str(ThresholdGoal.parse(self.threshold))

    @property
    def penalty(self) -> GapPenalty | None:
        """The declared penalty; None for none."""
        return None if self.gap_penalty is None else GapPenalty.parse(self.gap_penalty)

    def __post_init__(self) -> None:
        check_choice("engine", self.engine, ENGINES)
        check_choice("precision", self.precision, PRECISIONS)
        if self.storage is not None and "://" not in self.storage:
            raise ArgumentError(
                "`storage` must be a database URL.",
                received=f"storage={self.storage!r}",
                fix="For example sqlite:///study.db; without one, a journal in the run directory.",
            )
        check_integer("seed", self.seed, 0, 2**31 - 1)
        if self.threshold is not None:
            ThresholdGoal.parse(self.threshold)
        if self.gap_penalty is not None:
            GapPenalty.parse(self.gap_penalty)
        if self.folds is not None:
            check_integer("folds", self.folds, 2)
        check_real("baseline_seconds", self.baseline_seconds, 0, 60 * _MOST_MINUTES, low_open=True)
        check_flag("lr_range_test", self.lr_range_test)
        if self.human_error is not None:
            check_real("human_error", self.human_error, 0)
        check_integer("repeats", self.repeats, 1)
        check_integer("ensemble", self.ensemble, 0)
        if self.folds is None and self.repeats > 1:
            raise ArgumentError(
                "Only folds can be repeated.",
                received=f"repeats={self.repeats} without folds",
                fix="Give `folds`, such as 5.",
            )
        if self.sealed not in (True, False, None):
            raise ArgumentError(
                "`sealed` must be True, False or None.", received=f"sealed={self.sealed!r}"
            )
        if self.minutes is not None:
            check_real("minutes", self.minutes, 0, _MOST_MINUTES, low_open=True)
