"""What fits into the time of a run: trials, their epochs, and trainings of what was found.

More time first makes more trials, then longer ones, then more networks of what was found. What a
training costs is measured in the run itself, by the clock, from a first small stage on.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from dlrecipes.results import (
    Finding,
    Hyperparameter,
    Objective,
    Plan,
    Stage,
    StageSize,
    TimePlan,
    TrialRecord,
    plural,
    significant,
)
from dlrecipes.results.time_plan import AFTER_SEARCH, ENSEMBLE, MORE_REFITS, REFITS
from dlrecipes.search.activity import in_words
from dlrecipes.search.ranges import rank
from dlrecipes.search.training_cost import FEWEST_TRIALS, Cost, fit_stage, measure_cost, paces
from dlrecipes.training.outcome import BestEpoch

_PILOT_TRIALS = 4
_PILOT_EPOCHS = 5
_PILOT_SHARE = 0.2
_FEW = 2
"""Trials that a stage must have, or else it is left out; of the last one, epochs are cut for them.
"""
_TRIALS_EACH = 16
"""Trials for each hyperparameter beyond which longer trials help more than further ones."""
_LONGEST = 4
"""Times the plan's epochs."""
_WIDENING = 0.2
"""The share of a stage's time that is left to search beyond an edge."""
_MARGIN = 1.1
"""Refits may take longer than those before them."""
_CAUTION = 1.2
"""A training by itself takes longer than beside many others."""
_SEARCHED = 0.7
"""The share of what is left that a search has before it is known what a refit costs."""
_ENDING = 0.4
"""What the end of the run may take of the time that its search began with, but for one refit."""
_BASELINES = 0.5
"""The share of the whole time that baselines may take, most of it beside the search."""
_REFITS = 1 / 3
"""What trainings of what was found may take, of the time that the search began with."""
_PAIRED = 0.3
"""Two networks err on the same examples: their difference varies by about so much of a score's
standard error."""
_MEMBERS, _MEMBERS_SHARE = 4, 0.2
"""The members of an ensemble that nobody asked for for which time is kept, and what they may take
of the whole."""
_FEWEST_MEMBERS, _MOST_MEMBERS = 2, 8
"""Its members where less or more time is left in the end."""
_CHOOSING = 0.3
"""The share of its time in which an ensemble's members are chosen; in the rest their mean is saved
and compared. A member takes as long in all as a network that is saved and tested by itself: the
preprocessing is written once, but each is restored."""
_MUCH, _MUCH_SECONDS = 0.1, 15.0
"""What a run may take more than its time, or is said to have spared, the larger of both."""
_OVERRUN = 0.25
"""The share of it that a stage may take which cannot be left out."""


@dataclass(frozen=True)
class Ending:
    """What comes after the last training, in seconds.

    Args:
        fixed: Diagnosis, exports, test set, report.
        network: What each network takes that is saved, predicted with and tested.

    Example:
        >>> from dlrecipes.search import Ending
        >>> Ending(fixed=4.0, network=2.0).of(3)
        10.0
    """

    fixed: float
    network: float

    def of(self, networks: float) -> float:
        """Return what it takes with so many networks."""
        return self.fixed + networks * self.network


def noise_of(score: float, examples: int, objective: Objective) -> float:
    """Return how much a score may differ between two networks by chance.

    It is a part of the standard error of the score itself, since both are scored on the same
    examples. Of a share the error is that of a binomial; a mean of losses is taken to vary as
    widely between examples as it is high.

    Args:
        score: The score, of the validation part.
        examples: Examples that it is a mean over.
        objective: What is better.
    """
    share = objective.direction == "max" and 0 <= score <= 1
    spread = math.sqrt(score * (1 - score)) if share else abs(score)
    return _PAIRED * spread / math.sqrt(max(1, examples))


@dataclass
class _Rounds:
    """Which further round may still help: longer trials, or more of them."""

    base: int
    keep_epochs: bool
    epochs: int = 0
    tried: dict[str, int] = field(default_factory=lambda: {"longer": 0, "more": 0})
    failed: set[str] = field(default_factory=set)

    def next(self) -> tuple[str, int] | None:
        """Return the kind of the next round and its epochs; None where none helps."""
        epochs = self.epochs or self.base
        can_grow = not self.keep_epochs and 2 * epochs <= _LONGEST * self.base
        if can_grow and "longer" not in self.failed:
            return "longer", 2 * epochs
        return None if "more" in self.failed else ("more", epochs)

    def take(self, kind: str, epochs: int, *, better: bool, whole: bool = True) -> None:
        """Take how a round ended."""
        self.tried[kind] += 1
        if better:
            self.epochs = epochs
        elif whole:
            self.failed.add(kind)


class TimeBudget:
    """Decides what each stage is given when it begins, and remembers what it decided.

    Args:
        time_plan: What was decided before, with the run's time.
        ending: What comes after the last training.
        objective: What is better.
        examples: Examples that a score is a mean over.
        members: How many members an ensemble may have; 0 where the time says it, None for none.
        began: Time by `clock` at which this process began; None for now.
        before: Seconds that earlier processes spent; None for those up to the last decision, and
            what its stage's trials took.
        cores: Trainings that go on side by side.
        on_size: Is told of each decision before the stage's first trial.
        on_note: Takes a line on each.
        clock: Returns seconds.

    Example:
        >>> from dlrecipes.results import TimePlan
        >>> from dlrecipes.search import Ending, TimeBudget
        >>> goal, ending = dlr.Objective.parse("val_loss"), Ending(fixed=4.0, network=2.0)
        >>> budget = TimeBudget(TimePlan(seconds=60.0), ending=ending, objective=goal, examples=400)
        >>> pilot = next(budget.stages(dlr.CoarseToFine(12, 9), (), []))
        >>> pilot.name, pilot.trials, pilot.epochs
        ('coarse-pilot', 4, 3)
    """

    def __init__(  # noqa: PLR0913  (one argument a fact)
        self,
        time_plan: TimePlan,
        *,
        ending: Ending,
        objective: Objective,
        examples: int,
        members: int | None = None,
        began: float | None = None,
        before: float | None = None,
        cores: int = 1,
        on_size: Callable[[TimePlan], None] = lambda time_plan: None,
        on_note: Callable[[str], None] = lambda line: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.time_plan = time_plan
        self._ending, self._objective = ending, objective
        self._examples, self._members = examples, members
        self._cores, self._on_size, self._on_note = cores, on_size, on_note
        self._clock = clock
        self._began = clock() if began is None else began
        self._resumed = before is None and bool(time_plan.sizes)
        self._before = time_plan.sizes[-1].spent if self._resumed else before or 0.0
        self._saturated: Finding | None = None
        self._met: set[str] = set()

    # ---- the time

    @property
    def seconds(self) -> float:
        """The time of the whole run."""
        return self.time_plan.seconds or 0.0

    @property
    def spent(self) -> float:
        """Seconds of it that are spent."""
        return self._before + self._clock() - self._began

    @property
    def left(self) -> float:
        """Seconds of it that are left, at least 0."""
        return max(0.0, self.seconds - self.spent)

    @property
    def _least(self) -> float:
        """What the first stage and the refits have where no time is left."""
        return _OVERRUN * max(_MUCH_SECONDS, _MUCH * self.seconds)

    def ends(self, name: str) -> float:
        """Return the time by the clock at which a stage ends: at once if another has begun.

        Args:
            name: The stage, which has begun.
        """
        sizes = self.time_plan.sizes
        if sizes and sizes[-1].name != name:
            return -math.inf
        until = sizes[-1].until if sizes else 0.0
        return self._clock() + until - self.spent

    def needs(self, name: str) -> bool:
        """Whether a stage must have a trial, whatever the time: the first, for there to be one.

        Args:
            name: The stage, which has begun.
        """
        return self.time_plan.sizes[0].name == name

    def resume(self, name: str, records: Sequence[TrialRecord]) -> None:
        """Count what an earlier process spent on the stage in which it was cut off.

        Args:
            name: The stage.
            records: Its finished trials.
        """
        if self._resumed and self.time_plan.sizes[-1].name == name:
            self._resumed = False
            self._before += sum(record.seconds for record in records)

    # ---- the stages of the search

    def stages(
        self,
        plan: Plan,
        space: Sequence[Hyperparameter],
        trials: Sequence[TrialRecord],
    ) -> Iterator[Stage]:
        """Yield the stages in turn, each with its trials and epochs.

        A first small one measures what trials cost. Then come those of the plan, and rounds of
        longer and further trials as long as these help, unless the plan's trials are the most.

        Args:
            plan: The shape.
            space: The builder's search space.
            trials: All trials so far; they grow while the stages are carried out.
        """
        first = plan.stages[0]
        pilot = replace(first, name=f"{first.name}-pilot", pruner="none", narrow=False, widen=False)
        if pilot.sampler == "grid":
            pilot = replace(pilot, sampler="sobol")
        yield self._begin(pilot, partial(self._pilot, pilot, plan))
        varying = {one.name for one in space if one.kind != "fixed"}
        most = max(FEWEST_TRIALS, _TRIALS_EACH * len(varying))
        weights = [stage.trials * stage.epochs for stage in plan.stages]
        for at, stage in enumerate(plan.stages):
            share = weights[at] / max(1, sum(weights[at:]))
            cap = max(stage.trials, math.ceil(most * stage.trials / max(1, plan.trials)))
            if self.time_plan.within_plan:  # the pilot's trials are some of the first stage's
                most_left = (stage if stage is first else plan).trials - len(trials)
                cap = max(0, min(stage.trials, most_left))
            yield self._begin(stage, partial(self._stage, stage, plan, trials, share, cap))
        if not self.time_plan.within_plan:
            yield from self._further(plan, trials, max(2 * FEWEST_TRIALS, most // 3))

    def beyond(self, stage: Stage, trials: Sequence[TrialRecord]) -> int:
        """Return how many trials beyond an edge fit into the time of the stage before.

        Args:
            stage: The stage beyond the edge, with its trials at most.
            trials: All trials so far.
        """
        size = self.time_plan.size(stage.name)
        if size is not None:
            return size.trials
        return 0 if self._reading else self._beyond(stage, trials)[0]

    def begin_beyond(self, stage: Stage, trials: Sequence[TrialRecord]) -> Stage:
        """Return that stage as it begins.

        Args:
            stage: As for `beyond`.
            trials: All trials so far.
        """
        return self._begin(stage, partial(self._beyond, stage, trials))

    def _beyond(self, stage: Stage, trials: Sequence[TrialRecord]) -> tuple[int, int, float]:
        until = self.time_plan.sizes[-1].until if self.time_plan.sizes else 0.0
        cost, seconds = self._cost(trials), until - self.spent
        return *fit_stage(stage, seconds, cost, most=stage.trials, keep_epochs=True), until

    def findings(self, plan: Plan) -> tuple[Finding, ...]:
        """Return that the time was too short for the plan's stages, or longer than it helped.

        Args:
            plan: The shape.
        """
        if self._saturated is not None:
            return (self._saturated,)
        missing = [stage.name for stage in plan.stages if self.time_plan.size(stage.name) is None]
        begun = [size for size in self.time_plan.sizes if size.name not in AFTER_SEARCH]
        trials, minutes = sum(size.trials for size in begun), self.seconds / 60
        sizes = [(stage, self.time_plan.size(stage.name)) for stage in plan.stages]
        shorter = any(size and size.epochs < stage.epochs for stage, size in sizes)
        if self.time_plan.within_plan and (trials < plan.trials or shorter):
            return (
                Finding(
                    "plan cut short",
                    f"The {minutes:.3g} minutes that the recipe takes for itself had room for "
                    f"{trials} of its {plural(plan.trials, 'trial')}"
                    f"{', and for a part of their epochs' * shorter}.",
                    {"seconds": self.seconds, "trials": trials, "planned": plan.trials},
                    f"Give it more time, such as `--minutes {math.ceil(4 * minutes)}`, or say how "
                    f"many trials it has whatever they take, `--trials {plan.trials}`.",
                ),
            )
        if not missing or self.time_plan.within_plan:
            return ()
        return (
            Finding(
                "time too short",
                f"There was no time for the {'stages' if len(missing) > 1 else 'stage'} "
                f"{' and '.join(missing)}: {plural(trials, 'trial')} are hardly "
                "a search.",
                {"seconds": self.seconds, "missing": missing, "trials": trials},
                f"Give more than {minutes:.3g} minutes.",
                severity="warning",
            ),
        )

    def _begin(self, stage: Stage, decide: Callable[[], tuple[int, int, float]]) -> Stage:
        """Return a stage as it was or is decided to be; without a trial where none fits."""
        size = self.time_plan.size(stage.name)
        self._met.add(stage.name)
        if size is None:
            trials, epochs, until = (0, 1, 0.0) if self._reading else decide()
            if not trials:
                return replace(stage, trials=0)
            size = self._decide(stage.name, trials, epochs, until)
            self._on_note(
                f"Stage {stage.name}: {plural(trials, 'trial')} of {plural(epochs, 'epoch')} "
                f"in at most {in_words(max(1.0, size.until - size.spent))}."
            )
        return replace(stage, trials=size.trials, epochs=size.epochs)

    @property
    def _reading(self) -> bool:
        """Whether later stages have begun: what was left out before them stays so."""
        return any(size.name not in self._met for size in self.time_plan.sizes)

    def _decide(self, name: str, trials: int, epochs: int, until: float) -> StageSize:
        spent = self.spent
        size = StageSize(name, trials, epochs, spent, max(spent, until))
        self.time_plan = replace(self.time_plan, sizes=(*self.time_plan.sizes, size))
        self._on_size(self.time_plan)
        return size

    def _pilot(self, stage: Stage, plan: Plan) -> tuple[int, int, float]:
        trials = max(_PILOT_TRIALS, len(stage.first) + 2)
        epochs = stage.epochs if self.time_plan.keep_epochs else min(stage.epochs, _PILOT_EPOCHS)
        # Also where no time is left: one network is needed.
        seconds = max(_PILOT_SHARE * self._for_search(plan, (), epochs), self._least)
        return trials, epochs, self.spent + seconds

    def _stage(
        self, stage: Stage, plan: Plan, trials: Sequence[TrialRecord], share: float, most: int
    ) -> tuple[int, int, float]:
        longest = max(one.epochs for one in plan.stages)
        given = share * self._for_search(plan, trials, longest)
        trials_in = (1 - _WIDENING) * given if stage.widen else given
        last = stage is plan.stages[-1]
        number, epochs = fit_stage(
            stage,
            trials_in,
            self._cost(trials),
            most=most,
            # The last one begins with the best so far, which few epochs would not do justice.
            fewest=_FEW if last else FEWEST_TRIALS,
            keep_epochs=self.time_plan.keep_epochs,
        )
        # One trial is no stage, nor are some of few epochs: the next one has the time.
        poor = number < min(_FEW, most) or 2 * epochs < stage.epochs
        return 0 if poor and not last else number, epochs, self.spent + given

    def _further(self, plan: Plan, trials: Sequence[TrialRecord], most: int) -> Iterator[Stage]:
        """Yield rounds of longer and of further trials, as long as they help."""
        last = plan.stages[-1]
        sampler = "tpe" if last.sampler == "grid" else last.sampler
        plain = replace(
            last, sampler=sampler, ranges={}, first=(), priors={}, narrow=True, widen=False
        )
        begun = [self.time_plan.size(stage.name) for stage in plan.stages]
        base = max((size.epochs for size in begun if size is not None), default=1)
        rounds, carried_out = _Rounds(base, self.time_plan.keep_epochs), False
        while (found := rounds.next()) is not None:
            kind, epochs = found
            stage = replace(
                plain, name=f"{last.name}-{kind}-{rounds.tried[kind] + 1}", epochs=epochs
            )
            before = self._best(trials)
            sized = self._begin(stage, partial(self._round, stage, plan, trials, most))
            if not sized.trials or before is None:  # it does not fit; a shorter one may
                rounds.take(kind, epochs, better=False)
                continue
            yield sized
            carried_out = True
            after = self._best(trials)
            better = after is not None and self._objective.better(after, before)
            noise = noise_of(before, self._examples, self._objective)
            gained = better and after is not None and abs(after - before) > noise
            # What the time has made smaller than a whole round says nothing against its kind.
            rounds.take(kind, epochs, better=gained, whole=sized.trials >= most)
        if carried_out:
            self._saturate(plan, trials)

    def _round(
        self, stage: Stage, plan: Plan, trials: Sequence[TrialRecord], most: int
    ) -> tuple[int, int, float]:
        seconds, cost = self._for_search(plan, trials, stage.epochs), self._cost(trials)
        number, epochs = fit_stage(stage, seconds, cost, most=most, keep_epochs=True)
        return (number if number >= FEWEST_TRIALS else 0), epochs, self.spent + seconds

    def _saturate(self, plan: Plan, trials: Sequence[TrialRecord]) -> None:
        refits, best = self.time_plan.size(REFITS), self._best(trials)
        spent = self.spent if refits is None else refits.spent
        epochs = max(size.epochs for size in self.time_plan.sizes)
        spared = self.seconds - spent - self._reserve(plan, trials, epochs)
        if best is None or spared < max(_MUCH_SECONDS, _MUCH * self.seconds):
            return
        noise = noise_of(best, self._examples, self._objective)
        self._saturated = Finding(
            "time not needed",
            f"The search ended {in_words(spared)} before its time: neither longer nor further "
            f"trials have improved {self._objective.name}, {significant(best)}, by more than "
            f"chance explains, about {significant(noise)}.",
            {"spared": spared, "score": best, "noise": noise},
            "More time brings nothing here; other features, more data or another network may.",
        )
        self._on_note(f"{self._saturated.verdict} {self._saturated.advice}")

    # ---- what was found, trained again

    def refits(self, plan: Plan, trials: Sequence[TrialRecord], best: TrialRecord) -> Plan:
        """Return the plan with the refits that fit; decided once.

        Args:
            plan: The plan.
            trials: All trials.
            best: The winner.
        """
        size = self.time_plan.size(REFITS)
        if size is None:
            room = self.left - self._ending.fixed - self._for_members
            epochs = plan.refit_epochs or self._refit_epochs(plan, trials, best, room)
            one = self._refit_cost(plan, trials, best, epochs) + self._ending.network
            fit = int(room / one) if one > 0 else plan.refit_seeds
            # Twice as many tell more of chance, where a search needs no more time.
            many = fit >= 4 * plan.refit_seeds and not self.time_plan.within_plan
            most = 2 * plan.refit_seeds if many else plan.refit_seeds
            number = max(1, min(fit, most))
            after = self._ending.of(number) + self._for_members
            seconds = max(self.left - after, min(self._least, one))
            until = self.spent + seconds
            size = self._decide(REFITS, number, epochs, until)
            self._on_note(
                f"{plural(number, 'refit')} of {plural(epochs, 'epoch')} "
                f"in at most {in_words(max(1.0, size.until - size.spent))}."
            )
        return replace(plan, refit_seeds=size.trials, refit_epochs=size.epochs)

    def more_refits(self, plan: Plan, records: Sequence[TrialRecord], saving: float | None) -> Plan:
        """Return the plan with further refits, where time is left that nothing else needs.

        They are members that an ensemble may have. What the first ones took tells what fits; it is
        decided once, and of no run that goes on after its refits.

        Args:
            plan: The plan with the first refits.
            records: Those, trained.
            saving: Seconds that were spent since on saving each and predicting with it; None if
                that was done before.
        """
        first, size = self.time_plan.size(REFITS), self.time_plan.size(MORE_REFITS)
        last = self.time_plan.sizes[-1:] == (first,)
        if size is None and first is not None and last and not self.cut_refits(plan, records):
            number, until = self._further_refits(first, records, saving)
            if number:
                size = self._decide(MORE_REFITS, number, first.epochs, until)
                self._on_note(
                    f"{plural(number, 'further refit')} of {plural(size.epochs, 'epoch')} "
                    f"in at most {in_words(max(1.0, size.until - size.spent))}."
                )
        if size is None:
            return plan
        return replace(plan, refit_seeds=plan.refit_seeds + size.trials)

    def _further_refits(
        self, first: StageSize, records: Sequence[TrialRecord], saving: float | None
    ) -> tuple[int, float]:
        """Return how many further refits fit, and when they end."""
        known = len(records)
        if self.time_plan.within_plan or self._members is None or not known:
            return 0, 0.0
        network, saved = self._ending.network, 0.0
        if saving is not None:  # half of what a network takes is its test; the other half is known
            network, saved = min(network, max(network / 2, 2 * saving)), known * saving
        # Without the ensemble they would be for nothing.
        members = self._for_members or self._cost_of_members(_FEWEST_MEMBERS)
        room = self.left - self._ending.fixed - known * network / 2 - members
        # Keras' `fit` trains one network at a time.
        abreast = 1 if any(one.engine == "fit" for one in records) else self._cores
        round_seconds = (self.spent - saved - first.spent) / math.ceil(known / abreast)
        number = 0
        for more in range(1, _MOST_MEMBERS - known + 1):
            trained = _MARGIN * round_seconds * math.ceil(more / abreast)
            if trained + more * network <= room:
                number = more
        return number, self.spent + room - number * network

    def cut_refits(self, plan: Plan, records: Sequence[TrialRecord]) -> tuple[Finding, ...]:
        """Return that refits have ended before their last epoch because the time was up.

        Args:
            plan: The plan, whose stopping may end a refit, too.
            records: The refits; of further ones, which are exported only where they are better, it
                is not asked.
        """
        size = self.time_plan.size(REFITS)
        if size is None:
            return ()
        cut = [
            one
            for one in records[: size.trials]
            if one.status == "completed"
            and one.epochs < size.epochs
            and not self._stopped(one, plan)
        ]
        if not cut or self.spent < size.until:
            return ()
        least = min(one.epochs for one in cut)
        return (
            Finding(
                "refits cut short",
                f"The time was up after {least} of {plural(size.epochs, 'epoch')} of a refit: the "
                "network may be worse than the trial that was found.",
                {"epochs": least, "planned": size.epochs, "refits": len(cut)},
                "Give more minutes; with `--resume RUN --minutes 5` they are trained anew.",
                severity="warning",
            ),
        )

    def _stopped(self, record: TrialRecord, plan: Plan) -> bool:
        """Whether a refit ended because the plan's stopping has ended it."""
        curve = record.history.get(self._objective.name, ())
        losses = record.history.get("val_loss", ())
        best = BestEpoch(self._objective, plan.stopping)
        for epoch, score in enumerate(curve):
            loss = losses[epoch] if epoch < len(losses) else None
            best.update(epoch, math.nan if score is None else score, loss)
        return best.should_stop

    def ensemble(self, refits: int) -> int:
        """Return how many members an ensemble may have, 0 for none; decided once.

        They are trained already: what takes time is to predict with all that may be members, and to
        save, load and compare the mean of those that are.

        Args:
            refits: How many refits there are.
        """
        size = self.time_plan.size(ENSEMBLE)
        if size is None:
            # The refits are saved and predicted with; that they are tested is still to come.
            members, room = self._members or 0, self.left - self._ending.of(0.5 * refits)
            if self._members == 0:
                one = self._cost_of_members(1)
                fit = min(_MOST_MEMBERS, int(room / one) if one > 0 else _MOST_MEMBERS)
                members = fit if fit >= _FEWEST_MEMBERS else 0
            until = self.spent + room - (1 - _CHOOSING) * self._cost_of_members(members)
            size = self._decide(ENSEMBLE, members, 1, until)
        return size.trials

    def _cost_of_members(self, members: int) -> float:
        return members * self._ending.network

    @property
    def _for_members(self) -> float:
        """The seconds that are kept for an ensemble."""
        if self._members == 0:
            cost = self._cost_of_members(_MEMBERS)
            return cost if cost <= _MEMBERS_SHARE * self.seconds else 0.0
        return self._cost_of_members(self._members or 0)

    def expect(self, seconds: float) -> None:
        """Count what else the end of the run takes.

        Args:
            seconds: At least 0.
        """
        self._ending = replace(self._ending, fixed=self._ending.fixed + seconds)

    def baseline_seconds(self, asked: float) -> float:
        """Return what the baselines may take together.

        Args:
            asked: What they may take where time is no matter.
        """
        return min(asked, max(1.0, _BASELINES * self.seconds))

    def seconds_more(self, usual: float) -> float:
        """Return how long baselines may go on after the search.

        Args:
            usual: Where time is no matter.
        """
        return max(1.0, min(usual, self.left - self._ending.fixed))

    def _refit_epochs(
        self, plan: Plan, trials: Sequence[TrialRecord], best: TrialRecord, room: float
    ) -> int:
        """Return the epochs of the longest stage, or more up to the plan's where one refit fits."""
        if best.gap is not None:  # a gap may grow with the epochs
            return best.epochs
        names = {stage.name for stage in plan.stages} | {best.stage}
        begun = [size.epochs for size in self.time_plan.sizes if size.name in names]
        planned = max(stage.epochs for stage in plan.stages)
        found = max(begun, default=planned)
        if planned <= found:
            return found
        # One longer refit is worth more than several short ones.
        alone = replace(plan, refit_seeds=1)
        least = self._refit_cost(alone, trials, best, found)
        each = (self._refit_cost(alone, trials, best, 2 * found) - least) / found
        if each <= 0:
            return planned
        longer = found + max(0, int((room - self._ending.network - least) / each))
        if self.time_plan.keep_epochs and longer < planned:
            return found
        return min(planned, longer)

    def _refit_cost(
        self, plan: Plan, trials: Sequence[TrialRecord], best: TrialRecord, epochs: int
    ) -> float:
        """Return the seconds by the clock of one refit among others."""
        alike = [one for one in trials if one.parameters == best.parameters and one.epochs]
        if not alike:
            return 0.0
        folds = max(1, len(best.fold_scores))
        # In a stage with many trials side by side, an epoch of one costs less than in a refit; one
        # trial alone may have compiled.
        stages = dict.fromkeys(one.stage for one in alike)
        groups = [[one for one in alike if one.stage == name] for name in stages]
        several = [group for group in groups if len(group) > 1] or [alike]
        pace = max(paces(group)[best.parameters] for group in several)
        fastest = paces(alike)[best.parameters]
        first_use = max(one.seconds - one.epochs * fastest for one in alike)
        rounds = math.ceil(plan.refit_seeds / self._cores) * self._cores / plan.refit_seeds
        return (_CAUTION * rounds * epochs * pace + first_use / plan.refit_seeds) / folds

    def _reserve(self, plan: Plan, trials: Sequence[TrialRecord], epochs: int) -> float:
        """Return the seconds of all that comes after the search, with refits of so many epochs."""
        networks = self._networks(plan)
        ending, left = self._ending.of(networks) + self._for_members, self.left
        ranked = rank(trials, self._objective)
        if not ranked:
            return ending + (1 - _SEARCHED) * max(0.0, left - ending)
        # Where they would take more of the time that the search began with, there are fewer.
        sizes = self.time_plan.sizes
        free = self.seconds - sizes[0].spent - ending if sizes else left - ending
        one = self._refit_cost(plan, trials, ranked[0], plan.refit_epochs or epochs)
        return ending + min(networks * one, _REFITS * max(0.0, free))

    def _networks(self, plan: Plan) -> int:
        """Return for how many networks time is kept: the fewer, the less there is."""
        sizes = self.time_plan.sizes
        since = self.seconds - sizes[0].spent if sizes else self.left
        spare = _ENDING * since - self._ending.of(1) - self._for_members
        more = int(spare / self._ending.network) if self._ending.network > 0 else plan.refit_seeds
        return 1 + max(0, min(more, plan.refit_seeds - 1))

    def _best(self, trials: Sequence[TrialRecord]) -> float | None:
        ranked = rank(trials, self._objective)
        return ranked[0].score if ranked else None

    def _for_search(self, plan: Plan, trials: Sequence[TrialRecord], epochs: int) -> float:
        return max(0.0, self.left - self._reserve(plan, trials, epochs))

    def _cost(self, trials: Sequence[TrialRecord]) -> Cost:
        """Return what trials cost in the last stage that had some."""
        sizes = self.time_plan.sizes
        for at in reversed(range(len(sizes))):
            own = [one for one in trials if one.stage == sizes[at].name]
            if len(own) >= min(FEWEST_TRIALS, sizes[at].trials):
                end = sizes[at + 1].spent if at + 1 < len(sizes) else self.spent
                return measure_cost(own, end - sizes[at].spent, first=at == 0)
        return Cost(0.0, 0.0)
