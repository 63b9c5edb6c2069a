"""Texts as the token numbers that a network takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from dlrecipes.checks import check_choice, check_integer
from dlrecipes.data.option_text import as_option
from dlrecipes.data.parts.columns import Columns
from dlrecipes.data.texts.plain_text import cut_texts, frequent_tokens, plain_characters, plain_text
from dlrecipes.data.texts.scripts import WITHOUT_SPACES
from dlrecipes.data.unknown_values import (
    UnknownValues,
    count_unknown_texts,
    learn_usual_texts,
)
from dlrecipes.errors import DataError
from dlrecipes.results import Column, Feature, plural

MOST_TOKENS = 512
LEAST_KNOWN = 0.1
_ONE_WORD = re.compile(rf"[^\s{WITHOUT_SPACES}]{{1,20}}")
_SPLITS = {"words": plain_text, "characters": plain_characters}

# What the arguments are called in older configurations.
_OLD_NAMES = {"length": "sequence_length", "most": "max_tokens", "least": "min_frequency"}


@keras.saving.register_keras_serializable(package="dlrecipes")
class TextTokens(keras.layers.Layer):
    """Turn one column of text into a row of token numbers an example.

    Text is put into lower case; punctuation marks are tokens of their own, and a number becomes
    as many zeros as it has digits, so that all five-digit numbers are one token. A character of a
    script without spaces (Chinese, Japanese, Thai, …) is a token (`plain_text`). Token 0 fills up
    short texts, 1 stands for what training did not see often enough; longer texts are cut off.

    Texts that have hardly a word in common, as names and codes of one word, are cut into
    characters, digits too, and the first and the last of a word are tokens of their own kind
    (`plain_characters`).

    Args:
        columns: The columns that are inputs: one of kind `"text"`.
        sequence_length: Tokens kept of a text, at least 1; None for what 99 % of the training
            texts need, 512 at most.
        max_tokens: Tokens in the vocabulary, the most frequent ones, at least 1.
        min_frequency: Training texts that a token must occur in, at least 1.
        split: What a token is, `"words"` or `"characters"`; None for characters where, of the
            words of different training texts, less than a tenth is in two of them. A text of at
            most 20 characters without a space is one word then, whatever marks it has.
        learned: What an adapted layer has learned; leave it to the layer.

    Call arguments:
        inputs: `{column: strings (batch,)}`.

    Raises:
        ArgumentError: If a number is out of range, or `split` is something else.
        DataError: If the input is anything but one column of text.

    Example:
        >>> layer = dlr.data.TextTokens([dlr.results.Column("text", "text")])
        >>> layer.adapt(dlr.data.Columns({"text": ["a good film", "a bad film", "bad"]}))
        >>> dlr.data.apply_preprocess(layer, dlr.data.Columns({"text": ["A bad day"]})).tolist()
        [[2.0, 3.0, 1.0]]
    """

    kind = "text"

    def __init__(
        self,
        columns: Sequence[Column | Mapping[str, Any]],
        sequence_length: int | None = None,
        max_tokens: int = 20_000,
        min_frequency: int = 2,
        split: str | None = None,
        learned: Mapping[str, Any] | None = None,
        **kwargs: object,
    ) -> None:
        super().__init__(**{"dtype": "float32", "trainable": False, **kwargs})
        made = [
            column if isinstance(column, Column) else Column.from_config(column)
            for column in columns
        ]
        used = [column for column in made if column.kind != "ignored"]
        names = [column.name for column in made]
        if [column.kind for column in used] != ["text"]:
            raise DataError(
                "There must be one input, a column of text.",
                received=", ".join(f"{column.name}: {column.kind}" for column in made)
                or "no columns",
                fix="Say which holds the texts, and leave others out: "
                f"{as_option('kinds', f'{made[0].name}=text') if made else '--kinds'}"
                f"{' ' + as_option('drop', *names[1:]) if names[1:] else ''}. The recipe `tabular` "
                "takes texts beside other columns.",
            )
        self.column = used[0]
        self.sequence_length = (
            None
            if sequence_length is None
            else check_integer("sequence_length", sequence_length, 1)
        )
        self.max_tokens = check_integer("max_tokens", max_tokens, 1)
        self.min_frequency = check_integer("min_frequency", min_frequency, 1)
        self.split = None if split is None else check_choice("split", split, _SPLITS)
        self._learned: dict[str, Any] | None = None
        if learned is not None:
            self._set(learned)

    @property
    def features(self) -> tuple[Feature, ...]:
        """What the numbers of an example are: tokens, or characters."""
        learned = self._adapted()
        # What fills up, and the unknown.
        size = 2 + len(learned["vocabulary"])
        name = "character" if learned["split"] == "characters" else "token"
        return tuple(
            Feature(f"{name} {at}", "category", size=size) for at in range(learned["length"])
        )

    def adapt(self, columns: Columns) -> None:
        """Learn what a token is, the vocabulary and the length.

        Args:
            columns: The training part.

        Raises:
            DataError: If the column is missing, if all texts are blank, or if no token is in
                enough of them.
        """
        if not isinstance(columns, Columns) or self.column.name not in columns.names:
            raise DataError(f"The column {self.column.name!r} must be there, as string.")
        texts = columns[self.column.name]
        split = self.split or "words"
        tokens = cut_texts(texts, _SPLITS[split])
        if self.split is None and _known_words(texts, tokens) < LEAST_KNOWN:
            split = "characters"
            tokens = cut_texts(texts, _SPLITS[split])
        vocabulary = list(frequent_tokens(tokens, self.min_frequency, self.max_tokens))
        if not vocabulary:
            raise self._nothing_shared(tokens, split)
        lengths = [len(text) for text in tokens]
        enough = np.quantile(lengths, 0.99, method="inverted_cdf")
        needed = int(np.clip(enough, 1, MOST_TOKENS))
        length = self.sequence_length or needed
        usual = learn_usual_texts(tokens, vocabulary, self.min_frequency)
        self._set({"split": split, "vocabulary": vocabulary, "length": length, "usual": usual})

    def unknown_values(self, columns: Columns) -> tuple[UnknownValues, ...]:
        """Return how many texts have words that training did not have.

        Args:
            columns: Inputs, `(examples,)` each.
        """
        learned = self._adapted()
        if "usual" not in learned:  # saved before there was an account
            return ()
        name = self.column.name
        tokens = cut_texts(columns[name], _SPLITS[learned["split"]])
        words = learned["split"] == "words"
        return (
            count_unknown_texts(name, tokens, learned["vocabulary"], learned["usual"], words=words),
        )

    def call(self, inputs: Mapping[str, tf.Tensor]) -> tf.Tensor:
        plain = _SPLITS[self._adapted()["split"]](inputs[self.column.name])
        tokens = self._lookup(plain)
        return tf.cast(tokens, "float32")

    def compute_output_shape(
        self, input_shape: dict[str, tuple[int | None, ...]]
    ) -> tuple[int | None, int]:
        return next(iter(input_shape.values()))[0], self._adapted()["length"]

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "columns": [asdict(self.column)],
            "sequence_length": self.sequence_length,
            "max_tokens": self.max_tokens,
            "min_frequency": self.min_frequency,
            "split": self.split,
            "learned": self._learned,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> TextTokens:
        """Make the layer from its `get_config`, or an older one with other names."""
        return cls(**{_OLD_NAMES.get(name, name): value for name, value in config.items()})

    def build_from_config(self, config: Mapping[str, Any]) -> None:
        self.built = True

    def _adapted(self) -> dict[str, Any]:
        if self._learned is None:
            raise DataError("`TextTokens` must be adapted on the training part first.")
        return self._learned

    def _nothing_shared(self, tokens: list[list[str]], split: str) -> DataError:
        if not any(tokens):
            return DataError(
                "The training texts must not all be blank.",
                received=f"{plural(len(tokens), 'blank text')} in column {self.column.name!r}",
                fix="Say which column holds the texts: --kinds COLUMN=text.",
            )
        fix = (
            "TextTokens(…, min_frequency=1) keeps those that one text has, instead of "
            f"{self.min_frequency}."
        )
        if split == "words":
            fix = f"TextTokens(…, split='characters') cuts words up; {fix}"
        return DataError(
            f"The training texts must share some {split}.",
            received=f"{plural(len(tokens), 'text')}, no token in {self.min_frequency} of them",
            fix=fix,
        )

    def _set(self, learned: Mapping[str, Any]) -> None:
        # What was saved before there was a choice has words.
        self._learned = {"split": "words", **learned}
        self._lookup = keras.layers.TextVectorization(
            standardize=None,
            split="whitespace",
            output_mode="int",
            output_sequence_length=learned["length"],
            vocabulary=list(learned["vocabulary"]),
            name="tokens",
        )


def _known_words(texts: Iterable[str], tokens: list[list[str]]) -> float:
    """Return the share of the words of different texts that are in two of them.

    It says how many words of a text that training has not seen would be known. Copies of a text
    are one, as they all stand in one part. A code is one word, whatever its marks: its parts may
    be known, but its digits are not.
    """
    different = {
        text.strip().casefold(): cut for text, cut in zip(texts, tokens, strict=True) if cut
    }
    words = [
        [text] if _ONE_WORD.fullmatch(text) else list(filter(_has_letter, cut))
        for text, cut in different.items()
    ]
    total = sum(map(len, words))
    shared = frequent_tokens(words, 2, total)
    return sum(word in shared for text in words for word in text) / max(1, total)


def _has_letter(token: str) -> bool:
    return any(map(str.isalpha, token))
