"""The plan that the courses teach: coarse first, then fine."""

from __future__ import annotations

from dlrecipes.checks import check_integer
from dlrecipes.results import Plan, Stage


def CoarseToFine(  # noqa: N802, PLR0913  (it reads as a kind of plan; one argument a decision)
    trials: int = 64,
    epochs: int = 30,
    *,
    coarse_epochs: int | None = None,
    batch_size: int = 32,
    refit_seeds: int = 3,
    patience: int | None = None,
    min_delta: float = 0.0,
    max_loss_rise: float | None = None,
    limits: dict[str, tuple[float, float]] | None = None,
    fine_sampler: str = "tpe",
) -> Plan:
    """Return a plan with a coarse stage, a fine stage and refits.

    The coarse stage spends two thirds of the trials on scrambled Sobol points over the full
    ranges with a third of the epochs and successive halving; if the best value lies at the
    edge of a range, that range is widened and searched further. The fine stage spends the
    rest, with all epochs, on ranges narrowed around the best coarse trials, starting from
    those; a coarse list of floats, `hp.Choice("learning_rate", [0.1, 0.03, 0.01])`, becomes the
    range between the neighbours of the best one, unless it is declared with `ordered=False`. The
    winner is trained again with several seeds.

    Args:
        trials: All search trials, at least 2; refits are extra.
        epochs: Epochs of a fine trial and of a refit, at least 1.
        coarse_epochs: Epochs of a coarse trial; None for a third of `epochs`.
        batch_size: Examples a batch, unless the builder asks for `batch_size`.
        refit_seeds: Number of refits.
        patience: Epochs without a better score after which a training ends; None for never.
        min_delta: How much better a score must be for patience to count it, at least 0.
        max_loss_rise: A training ends once its validation loss lies above its best by more than
            this, at least 0; None for any height.
        limits: `{hyperparameter: (low, high)}` beyond which no range is widened.
        fine_sampler: Sampler of the fine stage, see `Stage`.

    Raises:
        ArgumentError: If an argument is out of range.

    Example:
        >>> plan = dlr.CoarseToFine(trials=30, epochs=12, limits={"dropout": (0.0, 0.7)})
        >>> [(stage.name, stage.trials, stage.epochs, stage.sampler) for stage in plan.stages]
        [('coarse', 20, 4, 'sobol'), ('fine', 10, 12, 'tpe')]

    Reference:
        Bergstra and Bengio 2012, Random Search for Hyper-Parameter Optimization; Google's Deep
        Learning Tuning Playbook (quasi-random exploration, then exploitation).
    """
    check_integer("trials", trials, 2)
    check_integer("epochs", epochs, 1)
    fine = max(1, trials // 3)
    return Plan(
        stages=(
            Stage(
                "coarse",
                trials - fine,
                max(1, round(epochs / 3)) if coarse_epochs is None else coarse_epochs,
                sampler="sobol",
                pruner="halving",
                widen=True,
            ),
            Stage("fine", fine, epochs, sampler=fine_sampler, pruner="median", narrow=True),
        ),
        batch_size=batch_size,
        refit_seeds=refit_seeds,
        patience=patience,
        min_delta=min_delta,
        max_loss_rise=max_loss_rise,
        limits=limits or {},
    )
