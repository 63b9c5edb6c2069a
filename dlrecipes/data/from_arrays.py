"""From arrays in memory to the three parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data.parts.inputs import as_array, encode_any, kind_of_shape
from dlrecipes.data.parts.part_targets import check_known, with_statistics
from dlrecipes.data.parts.sealed_split import SealedSplit
from dlrecipes.data.parts.several_inputs import (
    Inputs,
    are_several,
    as_described,
    describe_inputs,
    dtype_name,
)
from dlrecipes.data.parts.split import Split
from dlrecipes.data.parts.splits import Splits
from dlrecipes.data.splitting import split_parts
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.results import DataSpec, plural
from dlrecipes.targets import kind_of, known_values, least_of_part, strata
from dlrecipes.targets.encode import (
    EncodedTargets,
    encode_target,
    encode_targets,
)
from dlrecipes.targets.joint import JointTargets, by_output, find_joint
from dlrecipes.targets.read_labels import read_form

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
    kind: str | None = None,
    task: str | Mapping[str, str] | None = None,
    classes: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
    validation_fraction: float = 0.2,
    test_fraction: float = 0.2,
    split_seed: int = 0,
) -> Splits:
    """Split arrays into a training, a validation and a sealed test part.

    What is not given is split off `x` and `y`: by group, or stratified by class and by chance
    for regression. The parts are copies.

    Args:
        x: Numbers, `(examples, features)`, sequences `(examples, steps, features)`, images
            `(examples, height, width, channels)`, or `(examples, …)`; cast to float32, but for
            whole numbers beyond 2**24. Text, `(examples, …)`. A dictionary or a list of arrays for
            a network with several inputs, which is given each as it is: see `Inputs`.
        y: Labels (text, booleans, whole numbers, the floats 0 and 1) or values, `(examples,)`.
            They are handed to Keras in the form that they have here, whatever that in other parts:
            a column `(examples, 1)`, one-hot rows `(examples, classes)`, floats, booleans, -1 and
            1 as such, values in float32; text and other whole numbers as indices 0…C-1 (int32).
            For several targets `{name: (examples,)}`, each of them NaN
            or None where it is missing. An array `(examples, targets)` of values, or of the labels
            0 and 1 of which several may be 1, is several targets for a network with one output of
            as many units, to which it is handed as it is; they are named `y0`, `y1`, …, by
            `classes`, or as a data frame has them.
        test: An official test part, `(x, y)` or, with one target, a `Split` with ids; None to split
            one off.
        validation: A given validation part, likewise.
        groups: The group (patient, family, …) of each example, `(examples,)`, of which all stay
            in one part; None if there are none.
        ids: What each example is called in reports, `(examples,)`; None for row numbers.
        name: What the data is called in reports.
        kind: What an example is: `"table"`, `"sequence"`, `"image"` (then `x` may also be
            `(examples, height, width)`) or `"array"`; None to tell it from the axes.
        task: `"classification"`, `"ordinal"` or `"regression"`; None to tell it from `y`, see
            `encode_target`. Of several targets `{name: task}`.
        classes: Names of the classes in the order of the sorted labels; for text labels, the
            labels themselves in the order that their indices shall have. Of several targets
            `{name: labels}` of ordinal ones, from the lowest to the highest.
        validation_fraction: Share of the validation part of `x`, in (0, 1).
        test_fraction: Share of the test part of `x`, in (0, 1); of the parts that are split
            off, the sum must be below 1.
        split_seed: Seed of the split, at least 0, apart from any study's seed.

    Raises:
        DataError: If the data cannot be trained on as it is: lengths differ, values are
            missing, not finite or not numbers, or the target has nothing to learn; or if a given
            part has other shapes or labels.
        ArgumentError: If another argument is outside its range.

    Example:
        >>> x = np.arange(20.0).reshape(-1, 1)
        >>> splits = dlr.data.from_arrays(x, ["no", "yes"] * 10)
        >>> len(splits.train), len(splits.validation), len(splits.test)
        (12, 4, 4)
        >>> splits.train.y.dtype.name, sorted(set(splits.train.y.tolist()))
        ('int32', [0, 1])
    """
    y, listed = by_output(y, _lengths(x))
    official = {"test": test, "validation": validation}
    inputs = encode_any(x, kind, examples=_examples(y))
    given = {
        what: _read(what, part, kind, inputs) for what, part in official.items() if part is not None
    }
    joint = None
    if not isinstance(y, Mapping) and isinstance(task, str | None):
        joint = find_joint(y, task, None if isinstance(classes, Mapping) else classes)
    if joint is None:
        target, labels = _encode_targets(y, given, task=task, classes=classes)
    else:
        target, labels = _encode_joint(y, given, joint)
    if len(inputs) != len(target.values):
        raise DataError(
            "`x` and `y` must have the same number of examples.",
            received=f"{inputs}, y.shape={target.values.shape}"
            if isinstance(inputs, Inputs)
            else f"x.shape={inputs.shape}, y.shape={target.values.shape}",
        )
    spec = replace(
        _describe(x, inputs, target, name=name, kind=kind),
        joint=joint is not None,
        target_list=listed,
    )
    minimum = least_of_part(spec)
    split_rows = split_parts(
        strata(target.values, spec, least=3 * minimum),
        groups=groups,
        validation_fraction=None if "validation" in given else validation_fraction,
        test_fraction=None if "test" in given else test_fraction,
        split_seed=split_seed,
        minimum=minimum,
    )
    names = np.arange(len(inputs)) if ids is None else as_array("ids", ids)
    members = None if groups is None else as_array("groups", groups).astype(str)
    parts = {}
    for what, rows in zip(("train", "validation", "test"), split_rows, strict=True):
        if what in given:
            parts[what] = Split(x=given[what].x, y=labels[what], ids=given[what].ids)
            continue
        parts[what] = Split(
            x=inputs[rows],
            y=target.values[rows],
            ids=names[rows],
            groups=None if members is None else members[rows],
        )
    train = parts["train"]
    _check_given(parts, given, spec)
    check_known(
        (("training", train), ("validation", parts["validation"]), ("test", parts["test"])), spec
    )
    spec = with_statistics(spec, train)
    return Splits(
        train,
        parts["validation"],
        SealedSplit(parts["test"]),
        spec,
        split_seed=None if len(given) == 2 else split_seed,
    )


def _describe(
    x: object, inputs: NDArray[Any] | Inputs, target: EncodedTargets, *, name: str, kind: str | None
) -> DataSpec:
    """Return what the data are, before their statistics."""
    if isinstance(inputs, Inputs):
        return DataSpec(
            name=name,
            input_shape=(),
            input_dtype="several",
            kind="array",
            targets=target.targets,
            inputs=describe_inputs(inputs),
            input_list=inputs.is_list,
        )
    plain = kind == "array" or inputs.dtype == object
    return DataSpec(
        name=name,
        input_shape=inputs.shape[1:],
        input_dtype=dtype_name(inputs),
        kind="array" if plain else kind_of_shape(inputs.shape[1:]),
        eight_bit=inputs.ndim == 4 and as_array("x", x).dtype == np.uint8,
        targets=target.targets,
    )


def _lengths(x: object) -> set[int]:
    """Return how many examples inputs may have: a list has arrays of inputs, or rows."""
    one = next(iter(x.values()), ()) if isinstance(x, Mapping) else x
    first = one[0] if isinstance(one, list | tuple) and one else None
    return {len(part) for part in (one, first) if hasattr(part, "__len__")}


def _examples(y: object) -> int:
    """Return how many examples targets are of; -1 if they do not say."""
    one = next(iter(y.values()), ()) if isinstance(y, Mapping) else y
    return len(one) if hasattr(one, "__len__") else -1


@dataclass(frozen=True, eq=False)
class _Given:
    """A given part with encoded inputs, its targets as they are."""

    x: NDArray[Any] | Inputs
    y: object
    ids: NDArray[Any]


def _read(what: str, part: Part, kind: str | None, train: NDArray[Any] | Inputs) -> _Given:
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
        y, _ = by_output(y, _lengths(x))
    several = are_several(x, _examples(y))
    if isinstance(train, Inputs) or several:
        if not (isinstance(train, Inputs) and several):
            raise DataError(
                "All parts must have the same inputs.",
                received=f"{what} with {'several' if several else 'one'}, training with "
                f"{'one' if several else 'several'}",
            )
        inputs: NDArray[Any] | Inputs = as_described(
            x, describe_inputs(train), is_list=train.is_list, what=f"the {what} part"
        )
    else:
        inputs = _like(encode_any(x, kind), train)
    labels = y if isinstance(y, Mapping) else {what: as_array(f"{what} y", y)}
    for name, values in labels.items():
        if len(as_array(name, values)) != len(inputs):
            raise DataError(
                f"`x` and `y` of the {what} part must have the same number of examples.",
                received=f"x: {plural(len(inputs), 'row')}, {name}: "
                f"{plural(len(as_array(name, values)), 'row')}",
            )
    if ids is None:
        ids = np.array([f"{what} {row}" for row in range(len(inputs))])
    return _Given(inputs, y if isinstance(y, Mapping) else labels[what], ids)


def _like(x: NDArray[Any] | Inputs, train: NDArray[Any]) -> NDArray[Any] | Inputs:
    """Return whole numbers in the dtype of the training part, where float32 has them exactly."""
    if isinstance(x, Inputs) or x.dtype == train.dtype:
        return x
    if "O" in (x.dtype.kind, train.dtype.kind):
        raise DataError(
            "All parts must have numbers, or all text.",
            received=f"{dtype_name(x)}, in training {dtype_name(train)}",
        )
    cast = x.astype(train.dtype)
    if not np.array_equal(cast.astype(np.float64), x.astype(np.float64)):
        raise DataError(
            "All parts must have inputs of one dtype.",
            received=f"{x.dtype}, in training {train.dtype}",
            fix="Give all parts as whole numbers, or all as floats.",
        )
    return cast


def _encode_targets(
    y: object,
    given: Mapping[str, _Given],
    *,
    task: str | Mapping[str, str] | None,
    classes: Sequence[str] | Mapping[str, Sequence[str]] | None,
) -> tuple[EncodedTargets, dict[str, NDArray[Any]]]:
    """Return the targets of `y`, and those of the given parts in the same indices."""
    several = isinstance(y, Mapping)
    named = [isinstance(argument, Mapping) for argument in (task, classes) if argument is not None]
    if any(by_name is not several for by_name in named):
        raise ArgumentError(
            "Tasks and classes are given by name for several targets, and only for those.",
            received=f"task={task!r}, classes={classes!r} and y={type(y).__name__}",
        )
    parts = [_by_text(part_y) for part_y in (y, *(part.y for part in given.values()))]
    if isinstance(parts[0], Mapping):
        whole = encode_targets(
            {
                name: _in_form(_joined_column(name, parts), as_array(name, values).shape[1:])
                for name, values in parts[0].items()
            },
            tasks=task if isinstance(task, Mapping) else None,
            orders=classes if isinstance(classes, Mapping) else None,
        )
        sizes = [len(as_array("y", next(iter(part.values())))) for part in parts]  # type: ignore[attr-defined]  # checked by _joined_column
    else:
        single = task if isinstance(task, str | None) else None
        labels = None if isinstance(classes, Mapping) else classes
        if not given:
            return encode_target(as_array("y", y), task=single, classes=labels), {}
        columns = _columns(parts)
        joined = _in_form(np.concatenate(columns), as_array("y", y).shape[1:])
        whole = encode_target(joined, task=single, classes=labels)
        sizes = [len(column) for column in columns]
    pieces = np.split(whole.values, np.cumsum(sizes)[:-1])
    return replace(whole, values=pieces[0]), dict(zip(given, pieces[1:], strict=True))


def _encode_joint(
    y: object, given: Mapping[str, _Given], joint: JointTargets
) -> tuple[EncodedTargets, dict[str, NDArray[Any]]]:
    arrays = [as_array("y", y), *(as_array(what, part.y) for what, part in given.items())]
    shapes = {array.shape[1:] for array in arrays}
    if len(shapes) > 1:
        raise DataError(
            "The targets of all parts must have the same columns.",
            received=" and ".join(str(array.shape) for array in arrays),
        )
    whole = joint.encode(np.concatenate(arrays))
    pieces = np.split(whole.values, np.cumsum([len(array) for array in arrays])[:-1])
    return replace(whole, values=pieces[0]), dict(zip(given, pieces[1:], strict=True))


def _by_text(y: object) -> object:
    """Return several targets with their names as text."""
    return {str(name): values for name, values in y.items()} if isinstance(y, Mapping) else y


def _joined_column(name: str, parts: Sequence[object]) -> NDArray[Any]:
    """Return one of several targets over all parts."""
    columns = []
    for part in parts:
        if not isinstance(part, Mapping) or set(part) != set(parts[0]):  # type: ignore[call-overload]  # a mapping, for it has `name`
            raise DataError(
                "All parts must have the same targets.",
                received=f"a part with {', '.join(part) if isinstance(part, Mapping) else 'one'}",
                fix="Give each part its targets as {name: values}.",
            )
        columns.append(read_form(as_array(name, part[name]))[0])
    if len({column.dtype.kind in "biuf" for column in columns}) > 1:
        columns = [column.astype(object) for column in columns]
    return np.concatenate(columns)


def _columns(parts: Sequence[object]) -> list[NDArray[Any]]:
    """Return the targets of all parts as arrays `(examples,)` that can be joined."""
    columns = [read_form(as_array("y", part))[0] for part in parts]
    if len({column.dtype.kind in "biuf" for column in columns if column.dtype.kind != "O"}) > 1:
        raise DataError(
            "The targets of all parts must be text, or all be numbers.",
            received=" and ".join(str(column.dtype) for column in columns),
        )
    return columns


def _check_given(parts: Mapping[str, Split], given: Mapping[str, _Given], spec: DataSpec) -> None:
    """Check that a given part has the shape and no other classes than the training part."""
    train = parts["train"]
    for what in given:
        part = parts[what]
        if part.x.shape[1:] != train.x.shape[1:]:
            raise DataError(
                f"The {what} part must have the shape of the training part.",
                received=f"examples of shape {part.x.shape[1:]}, in training {train.x.shape[1:]}",
            )
        for target in spec.targets:
            strata = kind_of(target).strata
            here, trained = (strata(known_values(y, spec, target)[1]) for y in (part.y, train.y))
            unknown = np.setdiff1d(here, trained)
            if len(unknown):
                names = target.class_names
                raise DataError(
                    f"The classes of the {what} part must occur in training.",
                    received=", ".join(repr(names[int(index)]) for index in unknown[:5]),
                )


def _in_form(column: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Return labels `(examples,)` in the shape in which they were handed in."""
    if shape in ((), (1,)):
        return column.reshape(-1, *shape)
    one_hot: NDArray[Any] = np.eye(shape[0], dtype=np.float32)[column]
    return one_hot
