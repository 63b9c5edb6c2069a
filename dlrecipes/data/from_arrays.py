"""From arrays in memory to the three parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data.drawing import draw_parts
from dlrecipes.data.inputs import as_array, encode_inputs, kind_of_shape
from dlrecipes.data.sealed_split import SealedSplit
from dlrecipes.data.split import Split
from dlrecipes.data.splits import Splits
from dlrecipes.data.targets import Target, encode_target
from dlrecipes.errors import DataError
from dlrecipes.results import DataSpec

Part = tuple[object, object] | Split


def from_arrays(  # noqa: PLR0913  (one argument a choice about the data)
    x: object,
    y: object,
    *,
    test: Part | None = None,
    validation: Part | None = None,
    groups: object = None,
    ids: object = None,
    name: str = "data",
    task: str | None = None,
    classes: Sequence[str] | None = None,
    validation_fraction: float = 0.2,
    test_fraction: float = 0.2,
    split_seed: int = 0,
) -> Splits:
    """Split arrays into a training, a validation and a sealed test part.

    What is not given is drawn from `x` and `y`: by group, or stratified by class and by chance
    for regression. The parts are copies.

    Args:
        x: Numbers, `(examples, features)`, images `(examples, height, width)` or
            `(examples, height, width, channels)`, or `(examples, …)`; cast to float32.
        y: Labels (text, booleans, whole numbers) or values, `(examples,)`. Labels become
            indices 0…C-1 (int32), values float32.
        test: An official test part, `(x, y)` or a `Split` with ids; None to draw one.
        validation: A given validation part, likewise.
        groups: The group (patient, family, …) of each example, `(examples,)`, of which all stay
            in one part; None if there are none.
        ids: What each example is called in reports, `(examples,)`; None for row numbers.
        name: What the data is called in reports.
        task: `"classification"` or `"regression"`; None to tell it from `y`: text, booleans
            and whole numbers with few different values are classes, all else is regression.
        classes: Names of the classes in the order of the sorted labels; for text labels, the
            labels themselves in the order that their indices shall have.
        validation_fraction: Share of the validation part of `x`, in (0, 1).
        test_fraction: Share of the test part of `x`, in (0, 1); of those that are drawn, the sum
            must be below 1.
        split_seed: Seed of the split, at least 0, apart from any study's seed.

    Raises:
        DataError: If the data cannot be trained on as it is: lengths differ, values are
            missing, not finite or not numbers, or the target has nothing to learn; or if a given
            part has other shapes or labels.
        ArgumentError: If another argument is outside its range.
    """
    official = {"test": test, "validation": validation}
    given = {what: _read(what, part) for what, part in official.items() if part is not None}
    inputs = encode_inputs(x)
    target, labels = _encode_targets(y, given, task=task, classes=classes)
    if len(inputs) != len(target.values):
        raise DataError(
            "`x` and `y` must have the same number of examples.",
            received=f"x.shape={inputs.shape}, y.shape={target.values.shape}",
        )
    regression = target.task == "regression"
    drawn = draw_parts(
        np.zeros(len(inputs)) if regression else target.values,
        groups=groups,
        validation_fraction=None if "validation" in given else validation_fraction,
        test_fraction=None if "test" in given else test_fraction,
        split_seed=split_seed,
        # R² needs two examples.
        minimum=2 if regression else 1,
    )
    names = np.arange(len(inputs)) if ids is None else as_array("ids", ids)
    members = None if groups is None else as_array("groups", groups).astype(str)
    parts = {}
    for what, rows in zip(("train", "validation", "test"), drawn, strict=True):
        if what in given:
            parts[what] = replace(given[what], y=labels[what])
            continue
        parts[what] = Split(
            x=inputs[rows],
            y=target.values[rows],
            ids=names[rows],
            groups=None if members is None else members[rows],
        )
    train = parts["train"]
    _check_given(parts, given, target.classes)
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
        eight_bit=inputs.ndim == 4 and as_array("x", x).dtype == np.uint8,
    )
    return Splits(
        train,
        parts["validation"],
        SealedSplit(parts["test"]),
        spec,
        split_seed=None if len(given) == 2 else split_seed,
    )


def _read(what: str, part: Part) -> Split:
    """Return a given part with encoded inputs, its targets as they are."""
    x: object
    y: object
    ids = None
    if isinstance(part, Split):
        x, y, ids = part.x, part.y, part.ids
    else:
        try:
            x, y = part
        except (TypeError, ValueError) as error:
            raise DataError(
                f"`{what}` must be inputs and targets, (x, y).", received=type(part).__name__
            ) from error
    inputs, labels = encode_inputs(x), as_array(f"{what} y", y)
    if ids is None:
        ids = np.array([f"{what} {row}" for row in range(len(inputs))])
    return Split(x=inputs, y=labels.copy(), ids=ids)


def _encode_targets(
    y: object, given: dict[str, Split], *, task: str | None, classes: Sequence[str] | None
) -> tuple[Target, dict[str, NDArray[Any]]]:
    """Return the target of `y`, and the targets of the given parts in the same indices."""
    if not given:
        return encode_target(y, task=task, classes=classes), {}
    columns = [as_array("y", y), *(part.y for part in given.values())]
    columns = [one[:, 0] if one.ndim == 2 and one.shape[1] == 1 else one for one in columns]
    for one in columns:
        if one.ndim != 1:
            encode_target(one)  # says why not
    if len({one.dtype.kind in "biuf" for one in columns if one.dtype.kind != "O"}) > 1:
        raise DataError(
            "The targets of all parts must be text, or all be numbers.",
            received=" and ".join(str(one.dtype) for one in columns),
        )
    whole = encode_target(np.concatenate(columns), task=task, classes=classes)
    pieces = np.split(whole.values, np.cumsum([len(one) for one in columns])[:-1])
    return replace(whole, values=pieces[0]), dict(zip(given, pieces[1:], strict=True))


def _check_given(
    parts: dict[str, Split], given: dict[str, Split], classes: tuple[str, ...]
) -> None:
    """Check that a given part has the shape and no other classes than the training part."""
    train = parts["train"]
    for what in given:
        part = parts[what]
        if part.x.shape[1:] != train.x.shape[1:]:
            raise DataError(
                f"The {what} part must have the shape of the training part.",
                received=f"examples of shape {part.x.shape[1:]}, in training {train.x.shape[1:]}",
            )
        unknown = np.setdiff1d(part.y, train.y) if classes else ()
        if len(unknown):
            raise DataError(
                f"The classes of the {what} part must occur in training.",
                received=", ".join(repr(classes[int(one)]) for one in unknown[:5]),
            )
