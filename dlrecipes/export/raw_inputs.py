"""The inputs of a model that takes raw data, and names that Python, TensorFlow and Keras accept."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import keras

from dlrecipes.errors import DataError
from dlrecipes.results import DataSpec

# A dictionary with these two keys is a saved object to Keras, not the inputs of a layer.
_LOADED = frozenset({"class_name", "config"})


Symbolic: TypeAlias = Any
"""A `KerasTensor`, or a dictionary or a list of them."""


def raw_inputs(spec: DataSpec) -> Symbolic:
    """Return a symbolic input, for a table one a column under its `input_names`.

    Several inputs are a dictionary or a list of them, as the data has them.

    Args:
        spec: The data as loaded.
    """
    if spec.inputs:
        return spec.arranged(
            [keras.Input(one.shape, dtype=one.dtype, name=one.name) for one in spec.inputs]
        )
    if not spec.columns:
        return keras.Input(spec.input_shape, dtype=spec.input_dtype, name="x")
    names = input_names([column.name for column in spec.columns])
    return {
        names[column.name]: keras.Input((), dtype=column.dtype, name=names[column.name])
        for column in spec.columns
    }


def preprocessed(
    inputs: Symbolic,
    preprocess: keras.Layer | None,
    spec: DataSpec,
) -> Symbolic:
    """Return what the preprocessing makes of `raw_inputs`.

    Args:
        inputs: The inputs; a table's are passed on under the names of its columns.
        preprocess: The adapted layer, or None.
        spec: The data as loaded.

    Raises:
        DataError: If the columns have names that Keras takes for its own when it loads a model.
    """
    if preprocess is None:
        return inputs
    if isinstance(inputs, dict) and spec.columns:
        if _LOADED.issubset(column.name for column in spec.columns):
            raise DataError(
                "Columns must not be called 'class_name' and 'config' at once: Keras could not "
                "load the model.",
                received="inputs of both names",
                fix="Rename one of them, or leave it out with drop=['config'] (--drop config).",
            )
        inputs = dict(zip((column.name for column in spec.columns), inputs.values(), strict=True))
    return preprocess(inputs)


def serving_names(columns: Sequence[str]) -> dict[str, str]:
    """Return `{column: the name under which a SavedModel takes it}`.

    TensorFlow makes parameters of a function of them, and does not tell `Sex` from `sex`. So what
    is no letter, digit or underscore is written `_`; a name that does not begin with a letter, or
    that Python keeps for itself (`class`, `from`, `None`, `self`), gets `column_` in front; and
    where two become the same, upper and lower case being the same, the later one gets a number:

    >>> serving_names(["age", "home town", "class", "1st", "Age", "größe"])
    {'age': 'age', 'home town': 'home_town', 'class': 'column_class', '1st': 'column_1st', \
'Age': 'Age_2', 'größe': 'gr__e'}

    The SavedModel says them itself: its signature `columns` takes nothing and returns the `name`
    of each column and the `input` under which it is taken.

    Args:
        columns: The columns' names, in order: any text, all different.
    """
    safe = [f"column_{word}" if _is_kept(word) else word for word in map(_plain, columns)]
    return dict(zip(columns, _numbered(safe, same=str.lower), strict=True))


def output_prefixes(targets: Sequence[str]) -> dict[str, str]:
    """Return `{target: what the names of its answers begin with}`, as in `price_value`.

    They are written as `serving_names` are; what follows them makes a name of any word.

    Args:
        targets: The targets' names, in order.
    """
    return dict(zip(targets, _numbered(list(map(_plain, targets)), same=str.lower), strict=True))


def input_names(columns: Sequence[str]) -> dict[str, str]:
    """Return `{column: the name of its input in a Keras model}`.

    Layers must not have the same name, so `text` becomes `column_text`.

    Args:
        columns: The columns' names, in order.
    """
    names = _numbered(list(map(_plain, columns)), same=str)
    return {column: f"column_{name}" for column, name in zip(columns, names, strict=True)}


def _plain(name: str) -> str:
    plain = re.sub(r"\W", "_", name, flags=re.ASCII)
    return plain if re.match(r"[A-Za-z]", plain) else f"column_{plain}"


def _is_kept(name: str) -> bool:
    return keyword.iskeyword(name) or name == "self"


def _numbered(names: Sequence[str], *, same: Callable[[str], str]) -> list[str]:
    """Return the names, later ones with a number where `same` makes them one that is taken."""
    found: list[str] = []
    taken: set[str] = set()
    counts: dict[str, int] = {}
    for plain in names:
        name, count = plain, counts.get(same(plain), 1)
        while same(name) in taken:
            count += 1
            name = f"{plain}_{count}"
        counts[same(plain)] = count
        taken.add(same(name))
        found.append(name)
    return found
