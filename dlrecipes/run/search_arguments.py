"""Arguments of `keras_tuner.Tuner.search`, and of `fit`, that people bring by habit."""

from __future__ import annotations

from collections.abc import Mapping

from dlrecipes.checks import did_you_mean
from dlrecipes.errors import ArgumentError

_DATA = "The split is part of the procedure: `splits = dlr.data.from_arrays(x, y)`"
_EVERY_EPOCH = "An epoch is all of the training part, in batches of the plan's `batch_size`."
_FIXES = {
    "x": f"{_DATA}.",
    "y": f"{_DATA}.",
    "validation_data": f"{_DATA[:-1]}, validation=(x_val, y_val))`.",
    "validation_split": f"{_DATA[:-1]}, validation_fraction=0.2)`.",
    "sample_weight": "Weights belong to the parts: `dataclasses.replace(splits, "
    "train=dataclasses.replace(splits.train, sample_weight=w))` with one number for each row of "
    "`splits.train` (`splits.train.ids` are their numbers in `x`).",
    "epochs": "The plan says them: `dlr.CoarseToFine(trials, epochs=20)`.",
    "batch_size": "The plan says it: `dlr.CoarseToFine(batch_size=64)`; or the builder asks for "
    '`hp.Choice("batch_size", [32, 64])`.',
    "steps_per_epoch": _EVERY_EPOCH,
    "validation_steps": "All of the validation part counts.",
    "validation_batch_size": "The validation part's batches do not change its score.",
    "validation_freq": "Each epoch is validated.",
    "initial_epoch": "Each trial begins at its first epoch.",
    "shuffle": "Each epoch goes through the examples in a new order; a `fit(self, hp, model, "
    "*args, **kwargs)` of a HyperModel may pass `shuffle=False` on.",
    "verbose": "`listener=dlr.search.Listener()` is silent, None prints plain lines.",
    "max_trials": "The plan says them: `dlr.CoarseToFine(30)`.",
    "executions_per_trial": "`dlr.CoarseToFine(refit_seeds=3)` trains the winner again with other "
    "seeds; `dlr.RunSettings(folds=5)` scores each trial by its mean over folds.",
    "directory": '`dlr.RunSettings(out="runs/first")` says where.',
    "project_name": '`dlr.RunSettings(out="runs/first")` says where.',
    "overwrite": "A run is never overwritten: `dlr.resume(directory, build, splits)` goes on.",
    "seed": "`dlr.RunSettings(seed=1)` says it.",
}


def refuse_search_arguments(given: Mapping[str, object], known: tuple[str, ...]) -> None:
    """Refuse arguments by a line that says how to say the same here.

    Args:
        given: What was given besides the arguments that there are.
        known: The names of those that there are.

    Raises:
        ArgumentError: If there is one.
    """
    for name in given:
        raise ArgumentError(
            f"`{name}` is no argument of this function.",
            received=f"{name}=…",
            fix=_FIXES.get(name) or did_you_mean(name, known),
        )
