"""Texts in the form in which they are cut into tokens."""

from __future__ import annotations

import tensorflow as tf

_PUNCTUATION = r"[^\pL\pN\s]"


def plain_text(texts: tf.Tensor) -> tf.Tensor:
    """Return texts in lower case, punctuation marks apart, digits as zeros.

    What stands between white space is then a token: a word, a mark, or a number as many zeros
    long as it has digits. All of it is TensorFlow, so that an exported model does the same.

    Args:
        texts: Strings in UTF-8, of any shape.
    """
    lower = tf.strings.lower(texts, encoding="utf-8")
    apart = tf.strings.regex_replace(lower, _PUNCTUATION, r" \0 ")
    return tf.strings.regex_replace(apart, r"\d", "0")
