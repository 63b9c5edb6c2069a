"""From arrays in memory to the three parts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dlrecipes.data.inputs import encode_inputs, kind_of_shape
from dlrecipes.data.sealed_split import SealedSplit
from dlrecipes.data.split import Split
from dlrecipes.data.split_stratified import split_stratified
from dlrecipes.data.splits import Splits
from dlrecipes.data.targets import encode_target
from dlrecipes.errors import DataError
from dlrecipes.results import DataSpec


def from_arrays(
    x: object,
    y: object,
    *,
    name: str = "data",
    task: str | None = None,
    classes: Sequence[str] | None = None,
    validation_fraction: float = 0.2,
    test_fraction: float = 0.2,
    split_seed: int = 0,
) -> Splits:
    """Split arrays into a training, a validation and a sealed test part.

    The split is stratified by class, and by chance for regression. The parts are copies.

    Args:
        x: Numbers, `(examples, features)`, images `(examples, height, width)` or
            `(examples, height, width, channels)`, or `(examples, …)`; cast to float32.
        y: Labels (text, booleans, whole numbers) or values, `(examples,)`. Labels become
            indices 0…C-1 (int32), values float32.
        name: What the data is called in reports.
        task: `"classification"` or `"regression"`; None to tell it from `y`: text, booleans
            and whole numbers with few different values are classes, all else is regression.
        classes: Names of the classes in the order of the sorted labels; for text labels, the
            labels themselves in the order that their indices shall have.
        validation_fraction: Share of the validation part, in (0, 1).
        test_fraction: Share of the test part, in (0, 1); the two together below 1.
        split_seed: Seed of the split, at least 0, apart from any study's seed.

    Raises:
        DataError: If the data cannot be trained on as it is: lengths differ, values are
            missing, not finite or not numbers, or the target has nothing to learn.
        ArgumentError: If another argument is outside its range.
    """
    inputs = encode_inputs(x)
    target = encode_target(y, task=task, classes=classes)
    if len(inputs) != len(target.values):
        raise DataError(
            "`x` and `y` must have the same number of examples.",
            received=f"x.shape={inputs.shape}, y.shape={target.values.shape}",
        )
    regression = target.task == "regression"
    rows = split_stratified(
        np.zeros(len(inputs)) if regression else target.values,
        validation_fraction=validation_fraction,
        test_fraction=test_fraction,
        split_seed=split_seed,
        # R² needs two examples.
        minimum=2 if regression else 1,
    )
    train, validation, test = (
        Split(x=inputs[part], y=target.values[part], ids=part) for part in rows
    )
    priors = () if regression else np.bincount(train.y, minlength=len(target.classes)) / len(train)
    spec = DataSpec(
        name=name,
        task=target.task,
        input_shape=inputs.shape[1:],
        input_dtype=inputs.dtype.name,
        kind=kind_of_shape(inputs.shape[1:]),
        classes=target.classes,
        priors=tuple(float(prior) for prior in priors),
        target_mean=float(train.y.mean(dtype=np.float64)) if regression else 0.0,
        target_std=float(train.y.std(dtype=np.float64)) if regression else 1.0,
        train_size=len(train),
    )
    return Splits(train, validation, SealedSplit(test), spec, split_seed=split_seed)
