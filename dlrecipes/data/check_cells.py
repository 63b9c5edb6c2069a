"""Cells of text that a model's graph cannot read."""

from __future__ import annotations

import re
from collections.abc import Iterable

import tensorflow as tf


def one_of(texts: Iterable[str]) -> str:
    """Return the regular expression of any of some texts."""
    return "|".join(re.escape(text) for text in sorted(texts))


def check_cells(texts: tf.Tensor, bad: tf.Tensor, column: str, what: str) -> None:
    """Let a model fail, in TensorFlow alone, too, rather than take a cell for something else.

    Args:
        texts: The cells, `(batch,)`.
        bad: Which cannot be read, `(batch,)`.
        column: The column's name.
        what: What it must hold.

    Raises:
        tf.errors.InvalidArgumentError: If there is one; it has the first.
    """
    first = tf.strings.reduce_join(tf.boolean_mask(texts, bad)[:1])
    said = tf.strings.join(
        [
            # TensorFlow would write a quote with a backslash.
            f"Column {column} must hold {what}, as in the training part. Received: ",
            first,
            ". Write it as the training table has it, or as an empty text if it is missing.",
        ]
    )
    tf.debugging.Assert(tf.logical_not(tf.reduce_any(bad)), [said])
