"""How the time of a run is divided among its stages, where its minutes say how many trials."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dlrecipes.checks import check_integer, check_real
from dlrecipes.errors import ArgumentError
from dlrecipes.results.plan import Plan, Stage

REFITS = "refits"
MORE_REFITS = "more-refits"
ENSEMBLE = "ensemble"
AFTER_SEARCH = (REFITS, MORE_REFITS, ENSEMBLE)


@dataclass(frozen=True)
class StageSize:
    """What a stage was given when it began.

    Args:
        name: The stage, or `"refits"`, `"more-refits"`, `"ensemble"`.
        trials: Its trials, or trainings, at least 0; of an ensemble the members that it may have.
        epochs: Epochs of each that is not pruned, at least 1; 1 of an ensemble, which trains none.
        spent: Seconds of the run's time that were spent before it, at least 0.
        until: Seconds of the run's time after which it ends, at least 0: trainings under way then
            end with their best epoch so far.

    Raises:
        ArgumentError: If a number is out of range.

    Example:
        >>> from dlrecipes.results import StageSize
        >>> StageSize("coarse", trials=37, epochs=10, spent=12.5, until=60.0).trials
        37
    """

    name: str
    trials: int
    epochs: int
    spent: float
    until: float

    def __post_init__(self) -> None:
        check_integer("trials", self.trials, 0)
        check_integer("epochs", self.epochs, 1)
        check_real("spent", self.spent, 0)
        check_real("until", self.until, 0)


@dataclass(frozen=True)
class TimePlan:
    """That a run's minutes say how many trials, epochs and refits it has, and what was decided.

    The stages of the plan are its shape: their order, samplers and pruners, and how their trials
    times epochs share the time out.

    Args:
        sizes: What each stage was given, in the order in which they began.
        keep_epochs: Whether the plan's epochs stay as they are, because they were asked for.
        within_plan: Whether the plan's trials, epochs and refits are the most, and the time only
            says how many of them fit: that of a recipe, for which nobody asked.
        seconds: The time of the whole run; None until it begins.
        given: How often the run was given more time, after which refits are trained anew.

    Raises:
        ArgumentError: If the seconds are not above 0, or a stage began twice.

    Example:
        >>> from dlrecipes.results import StageSize, TimePlan
        >>> pilot = StageSize("coarse-pilot", trials=4, epochs=5, spent=6.0, until=14.0)
        >>> TimePlan((pilot,), seconds=60.0).size("coarse-pilot") is pilot
        True
    """

    sizes: tuple[StageSize, ...] = ()
    keep_epochs: bool = False
    within_plan: bool = False
    seconds: float | None = None
    given: int = 0

    def __post_init__(self) -> None:
        check_integer("given", self.given, 0)
        if self.seconds is not None:
            check_real("seconds", self.seconds, 0, low_open=True)
        names = [size.name for size in self.sizes]
        if len(set(names)) < len(names):
            raise ArgumentError("A stage begins once.", received=f"sizes of {', '.join(names)}")

    def size(self, name: str) -> StageSize | None:
        """Return what a stage was given; None while it has not begun.

        Args:
            name: The stage.
        """
        return next((size for size in self.sizes if size.name == name), None)

    def carried_out(self, plan: Plan) -> Plan:
        """Return a plan with the stages that began, as they began, and the refits.

        Args:
            plan: The plan that is the shape.
        """
        stages: list[Stage] = []
        for size in self.sizes:
            if size.name in AFTER_SEARCH:
                continue
            own = [stage for stage in plan.stages if stage.name == size.name]
            like = [stage for stage in plan.stages if size.name.startswith(f"{stage.name}-")]
            stage = (own or like or plan.stages)[0]
            stages.append(
                replace(stage, name=size.name, trials=size.trials, epochs=size.epochs, first=())
            )
        refits, more = self.size(REFITS), self.size(MORE_REFITS)
        if refits is not None:
            seeds = max(1, refits.trials) + (0 if more is None else more.trials)
            plan = replace(plan, refit_seeds=seeds, refit_epochs=refits.epochs)
        return replace(plan, stages=tuple(stages)) if stages else plan
