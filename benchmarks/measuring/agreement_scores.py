"""The best validation scores of fixed configurations, trained by one engine."""

from __future__ import annotations

from typing import Any

from scipy.stats import qmc

from dlrecipes.results import Objective, Value
from dlrecipes.search import discover_space
from dlrecipes.training.engines import make_engine
from measuring.choices import TaskChoice
from measuring.scripted_source import ScriptedSource, make_jobs
from measuring.tasks import Build, load_task


def best_scores(*, engine: str, seed: int, configurations: int, epochs: int) -> dict[str, Any]:
    """Train the digits MLP with evenly spread values and return each one's best scores.

    Args:
        engine: The engine.
        seed: Of initial weights, order and masks; the configurations are always the same.
        configurations: How many.
        epochs: Epochs of each.
    """
    task = load_task(TaskChoice("digits_mlp_deep"))
    values = _spread(task.build, configurations)
    goal = Objective("val_loss", "min")
    jobs = make_jobs(
        task.build, values, epochs=epochs, batch_size=task.batch_size, seed=1000 * (seed + 1)
    )
    source = ScriptedSource(jobs)
    make_engine(engine, task.development, goal, "float32").run(source)
    if source.error:
        raise RuntimeError(source.error)
    in_order = sorted(source.finished, key=lambda pair: pair[0].number)
    return {
        "engines": sorted(source.engines),
        "loss": [outcome.score for _, outcome in in_order],
        "accuracy": [max(outcome.history["val_accuracy"]) for _, outcome in in_order],
    }


def _spread(build: Build, configurations: int) -> list[dict[str, Value]]:
    """Return evenly spread values of all hyperparameters, on the scale each is searched on."""
    space = discover_space(build)
    points = qmc.Sobol(len(space), rng=0).random(configurations)
    return [
        {
            one.name: float(
                one.low * (one.high / one.low) ** share
                if one.log
                else one.low + share * (one.high - one.low)
            )
            for one, share in zip(space, point, strict=True)
        }
        for point in points
    ]
