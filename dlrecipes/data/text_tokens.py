"""Texts as the token numbers that a network takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from dlrecipes.checks import check_integer
from dlrecipes.data.columns import Columns
from dlrecipes.data.frequent_tokens import frequent_tokens
from dlrecipes.data.plain_text import plain_text
from dlrecipes.errors import DataError
from dlrecipes.results import Column, Feature


@keras.saving.register_keras_serializable(package="dlrecipes")
class TextTokens(keras.layers.Layer):
    """Turn one column of text into a row of token numbers an example.

    Text is put into lower case; punctuation marks are tokens of their own, and a number becomes
    as many zeros as it has digits, so that all five-digit numbers are one token. Token 0 fills up
    short texts, 1 stands for what training did not see often enough; longer texts are cut off.

    Args:
        columns: The columns that are inputs: one of kind `"text"`.
        length: Tokens kept of a text, at least 1; None for what 99 % of the training texts need,
            512 at most.
        most: Tokens in the vocabulary, the most frequent ones, at least 1.
        least: Training texts that a token must occur in, at least 1.
        learned: What an adapted layer has learned; leave it to the layer.

    Call arguments:
        inputs: `{column: strings (batch,)}`.

    Raises:
        DataError: If the input is anything but one column of text.
    """

    kind = "text"

    def __init__(
        self,
        columns: Sequence[Column | Mapping[str, Any]],
        length: int | None = None,
        most: int = 20_000,
        least: int = 2,
        learned: Mapping[str, Any] | None = None,
        **kwargs: object,
    ) -> None:
        super().__init__(**{"dtype": "float32", "trainable": False, **kwargs})
        made = [one if isinstance(one, Column) else Column(**one) for one in columns]
        used = [one for one in made if one.kind != "ignored"]
        if [one.kind for one in used] != ["text"]:
            raise DataError(
                "There must be one input, a column of text.",
                received=", ".join(f"{one.name}: {one.kind}" for one in made) or "no columns",
                fix="Say which: kinds='column=text', and leave others out with drop='column'. The "
                "recipe `tabular` takes texts beside other columns.",
            )
        self.column = used[0]
        self.length = None if length is None else check_integer("length", length, 1)
        self.most = check_integer("most", most, 1)
        self.least = check_integer("least", least, 1)
        self._learned: dict[str, Any] | None = None
        if learned is not None:
            self._set(learned)

    @property
    def features(self) -> tuple[Feature, ...]:
        """What the numbers of an example are: tokens."""
        learned = self._adapted()
        # What fills up, and the unknown.
        size = 2 + len(learned["vocabulary"])
        return tuple(
            Feature(f"token {at}", "category", size=size) for at in range(learned["length"])
        )

    def adapt(self, columns: Columns) -> None:
        """Learn the vocabulary and the length.

        Args:
            columns: The training part.

        Raises:
            DataError: If the column is missing, or without a single token.
        """
        if not isinstance(columns, Columns) or self.column.name not in columns.names:
            raise DataError(f"The column {self.column.name!r} must be there, as string.")
        plain = plain_text(tf.constant(list(columns[self.column.name])))
        tokens = [text.decode().split() for text in plain.numpy()]
        vocabulary = list(frequent_tokens(tokens, least=self.least, most=self.most))
        if not vocabulary:
            raise DataError(
                "The training texts must share some words.",
                received=f"{len(tokens)} texts, no token in {self.least} of them",
            )
        lengths = [len(text) for text in tokens]
        needed = int(np.clip(np.quantile(lengths, 0.99), 1, 512))
        self._set({"vocabulary": vocabulary, "length": self.length or needed})

    def call(self, inputs: Mapping[str, tf.Tensor]) -> tf.Tensor:
        self._adapted()
        tokens = self._lookup(plain_text(inputs[self.column.name]))
        return tf.cast(tokens, "float32")

    def compute_output_shape(
        self, input_shape: dict[str, tuple[int | None, ...]]
    ) -> tuple[int | None, int]:
        return next(iter(input_shape.values()))[0], self._adapted()["length"]

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "columns": [asdict(self.column)],
            "length": self.length,
            "most": self.most,
            "least": self.least,
            "learned": self._learned,
        }

    def build_from_config(self, config: Mapping[str, Any]) -> None:
        self.built = True

    def _adapted(self) -> dict[str, Any]:
        if self._learned is None:
            raise DataError("`TextTokens` must be adapted on the training part first.")
        return self._learned

    def _set(self, learned: Mapping[str, Any]) -> None:
        self._learned = dict(learned)
        self._lookup = keras.layers.TextVectorization(
            standardize=None,
            split="whitespace",
            output_mode="int",
            output_sequence_length=learned["length"],
            vocabulary=list(learned["vocabulary"]),
            name="tokens",
        )
