"""Cells with several facts, taken apart in TensorFlow as an exported model does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from dlrecipes.data.parts.columns import Columns
from dlrecipes.data.sources.scan_cells import BLANK, boundary, parts_pattern
from dlrecipes.data.tables.graph_dates import check_cells, one_of
from dlrecipes.results import Column


def read_items(texts: tf.Tensor, column: Column) -> tf.RaggedTensor:
    """Return the items of each cell, an empty text for a cell without any.

    Args:
        texts: Cells `(batch,)`, `""` for a missing one.
        column: A column of kind `"list"`.

    Returns:
        Strings `(batch, items)`, ragged.
    """
    mark, written = boundary(column.separator, column.heads)
    items = tf.strings.split(tf.strings.regex_replace(texts, mark, written), "\x1f")
    return items.with_flat_values(tf.strings.strip(items.flat_values))


def cut_items(texts: Sequence[str] | np.ndarray, column: Column) -> list[list[str]]:
    """Return the items of each cell as Python texts, without empty ones.

    Args:
        texts: Cells, `""` for a missing one, `(examples,)`.
        column: A column of kind `"list"`.
    """
    given = list(texts)
    items = read_items(tf.constant(given, dtype=tf.string, shape=len(given)), column)
    return [[item.decode() for item in cell if item] for cell in items.to_list()]


def read_parts(texts: tf.Tensor, column: Column) -> dict[str, tf.Tensor]:
    """Return what stands at each place of the cells.

    Args:
        texts: Cells `(batch,)`, `""` for a missing one.
        column: A column of kind `"parts"`.

    Returns:
        `{name of the part: (batch,)}`, numbers as float32 with NaN for a missing one, all else as
        strings with `""`.

    Raises:
        tf.errors.InvalidArgumentError: If a cell has other parts.
    """
    missing = tf.strings.regex_full_match(tf.strings.strip(texts), one_of(BLANK))
    fits = tf.strings.regex_full_match(texts, parts_pattern(column))
    example = column.separator.join("1" if part.kind == "number" else "a" for part in column.parts)
    check_cells(texts, ~(missing | fits), column.name, f"cells such as {example}")
    number = len(column.parts)
    whole = tf.where(missing, column.separator * (number - 1), texts)
    pieces = tf.strings.strip(
        tf.strings.split(whole, column.separator).to_tensor("", shape=(None, number))
    )
    blank = tf.strings.regex_full_match(pieces, one_of(BLANK))
    pieces = tf.where(blank, "", pieces)
    return {
        part.name: _numbers(pieces[:, at]) if part.kind == "number" else pieces[:, at]
        for at, part in enumerate(column.parts)
    }


def flat_columns(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Return the columns with those that have parts replaced by their parts.

    Args:
        columns: The columns that are inputs.
    """
    return tuple(part for column in columns for part in (column.parts or (column,)))


def with_parts(
    inputs: Mapping[str, tf.Tensor], columns: Sequence[Column]
) -> Mapping[str, tf.Tensor]:
    """Return the inputs with the parts of those that have any.

    Args:
        inputs: `{column: (batch,)}`.
        columns: The columns that are inputs.
    """
    found = dict(inputs)
    for column in columns:
        if column.parts:
            found |= read_parts(inputs[column.name], column)
    return found


def with_part_columns(given: Columns, columns: Sequence[Column]) -> Columns:
    """Return a table's columns with the parts of those that have any, read as a model reads them.

    Args:
        given: Inputs, `(examples,)` each.
        columns: The columns that are inputs.
    """
    if not any(column.parts for column in columns):
        return given
    found: dict[str, Any] = dict(given.items())
    for column in columns:
        if column.parts:
            texts = tf.constant(given[column.name].tolist(), dtype=tf.string, shape=len(given))
            for name, values in read_parts(texts, column).items():
                found[name] = (
                    values.numpy()
                    if values.dtype != tf.string
                    else np.array([text.decode() for text in values.numpy()], dtype=object)
                )
    return Columns(found, wide=given.wide)


def _numbers(texts: tf.Tensor) -> tf.Tensor:
    plain = tf.strings.regex_replace(texts, ",", ".")
    return tf.strings.to_number(tf.where(plain == "", "nan", plain), tf.float32)
