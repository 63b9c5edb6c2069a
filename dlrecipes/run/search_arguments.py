"""Arguments of `keras_tuner.Tuner.search`, and of `fit`, that people bring by habit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dlrecipes.checks import did_you_mean
from dlrecipes.errors import ArgumentError
from dlrecipes.results import Plan
from dlrecipes.search import Listener

_DATA = "The split is part of the procedure: `splits = dlr.data.from_arrays(x, y)`"
_EVERY_EPOCH = "An epoch is all of the training part, in batches of the plan's `batch_size`."
_OF_TUNER = "`dlr.search.Tuner` takes it as KerasTuner's tuners do"
_FIXES = {
    "hyperparameters": f"{_OF_TUNER}; a plan has ranges of its own: `Stage(ranges={{name: …}})`.",
    **dict.fromkeys(
        (
            "allow_new_entries",
            "distribution_strategy",
            "logger",
            "loss",
            "max_consecutive_failed_trials",
            "max_model_size",
            "max_retries_per_trial",
            "metrics",
            "optimizer",
            "tune_new_entries",
            "tuner_id",
        ),
        f"{_OF_TUNER}.",
    ),
    "x": f"{_DATA}.",
    "y": f"{_DATA}.",
    "validation_data": f"{_DATA[:-2]}, validation=(x_val, y_val))`.",
    "validation_split": f"{_DATA[:-2]}, validation_fraction=0.2)`.",
    "sample_weight": "Weights belong to the parts: `dataclasses.replace(splits, "
    "train=dataclasses.replace(splits.train, sample_weight=w))` with one number for each row of "
    "`splits.train` (`splits.train.ids` are their numbers in `x`).",
    "epochs": "The plan says them: `dlr.CoarseToFine(trials, epochs=20)`.",
    "steps_per_epoch": _EVERY_EPOCH,
    "validation_steps": "All of the validation part counts.",
    "validation_freq": "Each epoch is validated.",
    "initial_epoch": "Each trial begins at its first epoch.",
    "shuffle": "Each epoch goes through the examples in a new order; a `fit(self, hp, model, "
    "*args, **kwargs)` of a HyperModel may pass `shuffle=False` on.",
    "max_trials": "The plan says them: `dlr.CoarseToFine(30)`.",
    "executions_per_trial": "`dlr.CoarseToFine(refit_seeds=3)` trains the winner again with other "
    "seeds; `dlr.RunSettings(folds=5)` scores each trial by its mean over folds.",
    "directory": '`dlr.RunSettings(out="runs/first")` says where.',
    "project_name": '`dlr.RunSettings(out="runs/first")` says where.',
    "overwrite": "A run is never overwritten: `dlr.resume(directory, build, splits)` goes on.",
    "seed": "`dlr.RunSettings(seed=1)` says it.",
}
_AS_IT_IS: dict[str, tuple[object, ...]] = {
    "validation_data": (None,),
    "validation_split": (None, 0, 0.0),
    "sample_weight": (None,),
    "steps_per_epoch": (None,),
    "validation_steps": (None,),
    "validation_freq": (1,),
    "initial_epoch": (0,),
    "shuffle": (True,),
}
"""Values that ask for what is done anyway."""

_TAKEN = ("batch_size", "verbose", "validation_batch_size")


def take_search_arguments(
    given: Mapping[str, object], known: tuple[str, ...], plan: Plan, listener: Listener | None
) -> tuple[Plan, Listener | None]:
    """Return plan and listener as such arguments want them.

    `batch_size` is the plan's, `verbose=0` is silence, the batches of the validation part do not
    change its score, and what is done anyway may be asked for.

    Args:
        given: What was given besides the arguments that there are.
        known: The names of those that there are.
        plan: How the trials are spent.
        listener: Who hears of the search; None for plain lines.

    Raises:
        ArgumentError: If there is another one; it says how to say the same here.
    """
    for name, value in given.items():
        plain = value is None or isinstance(value, int | float)
        if name in _TAKEN or (plain and value in _AS_IT_IS.get(name, ())):
            continue
        raise ArgumentError(
            f"`{name}` is no argument of this function.",
            received=f"{name}=…",
            fix=_FIXES.get(name) or did_you_mean(name, known),
        )
    batch_size: Any = given.get("batch_size")
    if batch_size is not None:
        plan = replace(plan, batch_size=batch_size)
    if listener is None and given.get("verbose") == 0:
        listener = Listener()
    return plan, listener
