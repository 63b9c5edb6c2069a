"""A table's columns as the numbers that a network takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from dlrecipes.checks import check_choice, check_integer
from dlrecipes.data.parts.columns import Columns
from dlrecipes.data.sources.plain_values import MISSING
from dlrecipes.data.sources.scan_dna import BASES, letters_of
from dlrecipes.data.sources.typed_table import BOOLEANS, FALSE, TRUE
from dlrecipes.data.tables.cells_apart import (
    cut_items,
    flat_columns,
    read_items,
    with_part_columns,
    with_parts,
)
from dlrecipes.data.tables.date_parts import DateParts
from dlrecipes.data.tables.dna_letters import read_dna
from dlrecipes.data.tables.graph_dates import check_cells, one_of
from dlrecipes.data.texts.plain_text import frequent_tokens
from dlrecipes.data.texts.tfidf import TextWeights
from dlrecipes.data.unknown_values import (
    UnknownValues,
    count_outside,
    count_unknown,
    count_unknown_texts,
    learn_usual,
    learn_usual_texts,
)
from dlrecipes.errors import DataError
from dlrecipes.layers import (
    Imputation,
    QuantileClip,
    QuantileToNormal,
    RobustScaling,
    Standardization,
)
from dlrecipes.layers.adapted_layer import AdaptedLayer
from dlrecipes.layers.quantile_clip import with_quantile_range
from dlrecipes.results import Column, Feature, plural

SCALINGS: dict[str, type[AdaptedLayer]] = {
    "standard": Standardization,
    "robust": RobustScaling,
    "normal": QuantileToNormal,
}
# What the arguments are called in older configurations.
_OLD_NAMES = {
    "least": "min_frequency",
    "most": "max_categories",
    "pieces": "n_bins",
    "values": "n_value_bins",
    "words": "max_features",
}


@keras.saving.register_keras_serializable(package="dlrecipes")
class TablePreprocess(keras.layers.Layer):
    """Turn a table's raw columns into one row of numbers an example.

    Numbers are clipped to their training quantiles, missing ones replaced by the training median
    and marked by an indicator, and scaled. Dates become a trend and cycles (`DateParts`).
    Categories become indices: 0 is for all that training did not see often enough, an empty cell
    is a category of its own where training has enough of them. Texts become the TF-IDF weights of
    their words (`TfIdf`). Of a list each item that training has often enough becomes an indicator;
    the parts of a cell such as `F/3` become what each of them is. Each letter of DNA becomes its
    shares of A, C, G and T, with as many places as the longest training sequence has. Nothing is
    learned from anything but the training part.

    Args:
        columns: The columns that are inputs; those of kind `"ignored"` are left out.
        quantile_range: Quantiles beyond which numbers are clipped, as fractions:
            `0 <= lower < upper <= 1`; 0 and 1 for the smallest and the largest.
        min_frequency: Examples that a category or a word must have in the training part, at
            least 1.
        max_categories: Categories kept of a column, the most frequent ones, at least 1.
        n_bins: Of a number's `edges`, for a piecewise-linear encoding: bins with equally many
            examples, at least 1, beside those with equally many different values.
        n_value_bins: Bins with equally many different values, at least 1; None for half of
            `n_bins`.
        max_features: Words kept of a column of texts, the most frequent ones, at least 1.
        max_letters: Places kept of a column of DNA, from the beginning, at least 1.
        unclipped: Columns of numbers that are not clipped, such as the last value of a series that
            rises beyond what training had.
        scaling: What becomes of clipped numbers: `"standard"` (mean 0 and standard deviation 1,
            `Standardization`), `"robust"` (by median and quartiles, tails bent, `RobustScaling`) or
            `"normal"` (by rank, `QuantileToNormal`).
        learned: What an adapted layer has learned; leave it to the layer.

    Call arguments:
        inputs: `{column: tensor (batch,)}`, numbers as float32 (float64 where the column is
            `wide`) with NaN for a missing one, all else as strings with `""` for a missing one.
            Dates and booleans may be written in every way that a file's are read: a text that is
            none lets the call fail.

    Raises:
        DataError: If no column is an input.

    Example:
        >>> columns = dlr.data.Columns(
        ...     {"age": [20.0, 30.0, 40.0], "town": ["Oslo", "Bergen", "Oslo"]}
        ... )
        >>> kinds = [dlr.results.Column("age", "number"), dlr.results.Column("town", "category")]
        >>> layer = dlr.data.TablePreprocess(kinds, min_frequency=1)
        >>> layer.adapt(columns)
        >>> rows = dlr.data.Columns({"age": [30.0, None], "town": ["Oslo", "Rome"]})
        >>> dlr.data.apply_preprocess(layer, rows).tolist()
        [[0.0, 1.0], [0.0, 0.0]]
    """

    def __init__(  # noqa: PLR0913  (one argument a choice about the columns)
        self,
        columns: Sequence[Column | Mapping[str, Any]],
        quantile_range: Sequence[float] = (0.001, 0.999),
        min_frequency: int = 5,
        max_categories: int = 1000,
        n_bins: int = 16,
        n_value_bins: int | None = None,
        max_features: int = 256,
        max_letters: int = 512,
        unclipped: Sequence[str] = (),
        scaling: str = "standard",
        learned: Mapping[str, Any] | None = None,
        **kwargs: object,
    ) -> None:
        # Inputs in float64 must not be rounded before an offset is taken off.
        super().__init__(**{"dtype": "float32", "trainable": False, "autocast": False, **kwargs})
        made = [
            column if isinstance(column, Column) else Column.from_config(column)
            for column in columns
        ]
        self.columns = tuple(column for column in made if column.kind != "ignored")
        self.quantile_range = tuple(quantile_range)
        self.min_frequency = check_integer("min_frequency", min_frequency, 1)
        self.max_categories = check_integer("max_categories", max_categories, 1)
        self.n_bins = check_integer("n_bins", n_bins, 1)
        value_bins = max(1, n_bins // 2) if n_value_bins is None else n_value_bins
        self.n_value_bins = check_integer("n_value_bins", value_bins, 1)
        self.max_features = check_integer("max_features", max_features, 1)
        self.max_letters = check_integer("max_letters", max_letters, 1)
        self.unclipped = tuple(unclipped)
        self.scaling = scaling
        if not self.columns:
            raise DataError("A table must have at least one column that is an input.")
        self._flat = flat_columns(self.columns)
        self._numbers = self._names("number")
        self._dates = self._names("date")
        self._categories = self._names("category")
        self._spellings = {column.name: column.spelling for column in self._flat}
        self._wide = tuple(column.name for column in self.columns if column.wide)
        self._clip = QuantileClip(quantile_range, name="clip")
        self._fill = Imputation(name="fill")
        self._scale = SCALINGS[check_choice("scaling", scaling, SCALINGS)](name="scale")
        dates = (column for column in self.columns if column.kind == "date")
        self._parts = {
            column.name: DateParts(
                date_format=column.date_format,
                offsets=column.offsets,
                column=column.name,
                name=f"date_{at}",
            )
            for at, column in enumerate(dates)
        }
        self._lists = {column.name: column for column in self.columns if column.kind == "list"}
        self._texts = {
            name: TextWeights(self.max_features, self.min_frequency, name=f"text_{at}")
            for at, name in enumerate(self._names("text"))
        }
        self._dna = self._names("dna")
        self._learned: dict[str, Any] | None = None
        self._lookups: dict[str, keras.layers.StringLookup] = {}
        if learned is not None:
            self._set(learned)

    @property
    def features(self) -> tuple[Feature, ...]:
        """What the numbers of an example are, in their order."""
        learned = self._adapted()
        found = [
            Feature(name, "number", edges=tuple(learned["edges"][name])) for name in self._numbers
        ]
        found += [
            Feature(f"{self._numbers[at]} missing", "indicator") for at in learned["indicators"]
        ]
        for name, part in self._parts.items():
            found += [Feature(f"{name} {part_name}", "indicator") for part_name in part.names]
        found += [
            Feature(name, "category", size=1 + len(learned["vocabularies"][name]))
            for name in self._categories
        ]
        for name in self._lists:
            items = learned["vocabularies"][name]
            found += [Feature(f"{name} {item!r}", "indicator") for item in items]
        for name, text in self._texts.items():
            found += [Feature(f"{name} {word!r}", "weight") for word in text.words]
        for name in self._dna:
            places = learned["lengths"][name]
            found += [
                Feature(f"{name} {base} at {place}", "letter", size=places)
                for place in range(1, places + 1)
                for base in BASES
            ]
        return tuple(found)

    def adapt(self, columns: Columns) -> None:
        """Learn medians, quantiles, scales, vocabularies, dates and words.

        Args:
            columns: The training part.

        Raises:
            DataError: If a column is missing or of another kind, or if all inputs are texts and
                no word is in enough of them.
        """
        self._check(columns)
        columns = with_part_columns(columns, self.columns)
        learned: dict[str, Any] = {
            "edges": {},
            "indicators": [],
            "dates": {},
            "vocabularies": {},
            "texts": {},
            "offsets": {name: _middle(columns[name]) for name in self._wide},
            "usual": {name: learn_usual(columns[name]) for name in self._numbers},
        }
        if self._numbers:
            offsets = learned["offsets"]
            x = np.stack(
                [
                    (columns[name] - offsets.get(name, 0.0)).astype(np.float32)
                    for name in self._numbers
                ],
                axis=-1,
            )
            free = [at for at, name in enumerate(self._numbers) if name in self.unclipped]
            clipped_only = x.copy()
            clipped_only[:, free] = np.nan  # a column without a quantile is not clipped
            self._clip.adapt(clipped_only)
            clipped = keras.ops.convert_to_numpy(self._clip(x))
            self._fill.adapt(clipped)
            filled = keras.ops.convert_to_numpy(self._fill(clipped))[:, : len(self._numbers)]
            self._scale.adapt(filled)
            scaled = keras.ops.convert_to_numpy(self._scale(filled))
            learned["indicators"] = list(self._fill.indicator_columns)
            learned["edges"] = {
                name: _edges(scaled[:, at], self.n_bins, self.n_value_bins)
                for at, name in enumerate(self._numbers)
            }
        for name, part in self._parts.items():
            part.adapt(columns[name])
            learned["usual"][name] = learn_usual(part.days(columns[name]))
            learned["dates"][name] = {"first": part.first, "cycles": list(part.cycles or ())}
        for name in self._categories:
            learned["vocabularies"][name] = self._vocabulary(columns[name])
            learned["usual"][name] = learn_usual(columns[name], self.min_frequency)
        for name, column in self._lists.items():
            items = cut_items(columns[name], column)
            known = list(frequent_tokens(items, self.min_frequency, self.max_features))
            learned["vocabularies"][name] = known
            learned["usual"][name] = learn_usual_texts(items, known, self.min_frequency)
        for name, text in self._texts.items():
            text.adapt(columns[name])
            learned["texts"][name] = text.learned
        learned["lengths"] = {name: self._places(columns[name]) for name in self._dna}
        self._set(learned)
        if not self.features:
            raise DataError(
                "The training texts must share some words.",
                received=f"{plural(len(columns), 'text')}, no word in {self.min_frequency} of them",
                fix="The recipe `text` takes one column of texts, by characters if need be.",
            )

    def call(self, inputs: Mapping[str, tf.Tensor]) -> tf.Tensor:
        self._adapted()
        inputs = with_parts(inputs, self.columns)
        parts = []
        if self._numbers:
            x = tf.stack([self._number(name, inputs[name]) for name in self._numbers], axis=-1)
            filled = self._fill(self._clip(x))
            parts += [
                self._scale(filled[:, : len(self._numbers)]),
                filled[:, len(self._numbers) :],
            ]
        parts += [part(inputs[name]) for name, part in self._parts.items()]
        parts += [
            tf.cast(self._lookups[name](self._spelled(name, inputs[name])), "float32")[
                :, tf.newaxis
            ]
            for name in self._categories
        ]
        parts += [self._indicators(inputs[name], column) for name, column in self._lists.items()]
        parts += [text(inputs[name]) for name, text in self._texts.items()]
        for name in self._dna:
            places = self._adapted()["lengths"][name]
            letters = read_dna(inputs[name], name, places)
            parts.append(tf.reshape(letters, (-1, len(BASES) * places)))
        return tf.concat(parts, axis=-1)

    def compute_output_shape(
        self, input_shape: dict[str, tuple[int | None, ...]]
    ) -> tuple[int | None, int]:
        return next(iter(input_shape.values()))[0], len(self.features)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "columns": [asdict(column) for column in self.columns],
            "quantile_range": list(self.quantile_range),
            "min_frequency": self.min_frequency,
            "max_categories": self.max_categories,
            "n_bins": self.n_bins,
            "n_value_bins": self.n_value_bins,
            "max_features": self.max_features,
            "max_letters": self.max_letters,
            "unclipped": list(self.unclipped),
            "scaling": self.scaling,
            "learned": self._learned,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> TablePreprocess:
        """Make the layer from its `get_config`, or an older one with other names."""
        renamed = {_OLD_NAMES.get(name, name): value for name, value in config.items()}
        return cls(**with_quantile_range(renamed))

    def build(self, input_shape: object) -> None:
        """Say that there is nothing to build: what is learned comes with `adapt`."""
        self.built = True

    def get_build_config(self) -> dict[str, Any]:
        return {layer.name: layer.get_build_config() for layer in self._number_layers()}

    def build_from_config(self, config: Mapping[str, Any]) -> None:
        for layer in self._number_layers():
            layer.build_from_config(config[layer.name])
        self.built = True

    def unknown_values(self, columns: Columns) -> tuple[UnknownValues, ...]:
        """Return by column what this layer does not know from the training part.

        Args:
            columns: Inputs, `(examples,)` each.
        """
        usual = self._adapted().get("usual", {})
        columns = with_part_columns(columns, self.columns)
        found = [
            count_outside(name, columns[name], usual[name])
            for name in self._numbers
            if name in usual
        ]
        found += [
            count_unknown(name, columns[name], self._adapted()["vocabularies"][name], usual[name])
            for name in self._categories
            if name in usual
        ]
        found += [
            count_outside(name, part.days(columns[name]), usual[name], dates=True)
            for name, part in self._parts.items()
            if name in usual
        ]
        found += [
            count_unknown_texts(
                name,
                cut_items(columns[name], column),
                self._adapted()["vocabularies"][name],
                usual[name],
            )
            for name, column in self._lists.items()
            if name in usual
        ]
        texts = [layer.unknown_values(name, columns[name]) for name, layer in self._texts.items()]
        return (*found, *(count for count in texts if count is not None))

    def _number(self, name: str, values: tf.Tensor) -> tf.Tensor:
        offset = self._adapted().get("offsets", {}).get(name)
        if offset is None:
            return tf.cast(values, "float32")
        return tf.cast(tf.cast(values, "float64") - offset, "float32")

    def _indicators(self, texts: tf.Tensor, column: Column) -> tf.Tensor:
        """Return which of the known items each cell has, `(batch, items)`."""
        items = read_items(texts, column)
        size = len(self._adapted()["vocabularies"][column.name])
        places = tf.cast(self._lookups[column.name](items.flat_values), "int32") - 1
        hot = tf.one_hot(places, size)  # all zeros for what is not known
        counts = tf.math.unsorted_segment_sum(hot, items.value_rowids(), tf.shape(texts)[0])
        return tf.minimum(counts, 1.0)

    def _spelled(self, name: str, texts: tf.Tensor) -> tf.Tensor:
        """Return categories in the one spelling that the vocabulary has."""
        if self._spellings[name] == "number":
            return tf.strings.regex_replace(texts, r"^([+-]?\d+)\.0*$", r"\1")
        if self._spellings[name] == "boolean":
            return _booleans(texts, name)
        return texts

    def _number_layers(self) -> tuple[keras.layers.Layer, ...]:
        return (self._clip, self._fill, self._scale) if self._numbers else ()

    def _names(self, kind: str) -> tuple[str, ...]:
        return tuple(column.name for column in self._flat if column.kind == kind)

    def _adapted(self) -> dict[str, Any]:
        if self._learned is None:
            raise DataError("`TablePreprocess` must be adapted on the training part first.")
        return self._learned

    def _set(self, learned: Mapping[str, Any]) -> None:
        self._learned = dict(learned)
        for name, part in self._parts.items():
            part.first = learned["dates"][name]["first"]
            part.cycles = tuple(learned["dates"][name]["cycles"])
        for name, text in self._texts.items():
            text.set_learned(learned["texts"][name])
        self._lookups = {
            # An empty vocabulary is refused; no cell holds a NUL.
            name: keras.layers.StringLookup(
                vocabulary=list(learned["vocabularies"][name]) or ["\0"], name=f"lookup_{at}"
            )
            for at, name in enumerate((*self._categories, *self._lists))
        }

    def _check(self, columns: Columns) -> None:
        if not isinstance(columns, Columns):
            raise DataError(
                "`TablePreprocess` must be adapted on the columns of a table.",
                received=f"{type(columns).__name__}",
            )
        for column in self.columns:
            dtype = columns.dtypes.get(column.name)
            if dtype != column.dtype:
                raise DataError(
                    f"The column {column.name!r} must be there, as {column.dtype}.",
                    received=f"{dtype or 'no such column'} among {', '.join(columns.names)}",
                )

    def _places(self, values: NDArray[Any]) -> int:
        """Return how many letters of a column of DNA are kept."""
        longest = max(len(letters_of(text)) for text in values.tolist())
        return min(max(1, longest), self.max_letters)

    def _vocabulary(self, values: NDArray[Any]) -> list[str]:
        """Return the categories that are frequent enough, the most frequent first."""
        counts = Counter(values.tolist())
        ranked = sorted(counts.items(), key=lambda counted: (-counted[1], counted[0]))
        return [text for text, count in ranked if count >= self.min_frequency][
            : self.max_categories
        ]


def _booleans(texts: tf.Tensor, column: str) -> tf.Tensor:
    """Return booleans in one spelling, empty where one is missing."""
    cells = tf.strings.strip(texts)
    read = tf.fill(tf.shape(cells), "")
    for spelled in (TRUE, FALSE):
        words = one_of(word for word, meant in BOOLEANS.items() if meant == spelled)
        read = tf.where(tf.strings.regex_full_match(cells, f"(?i:{words})"), spelled, read)
    missing = tf.strings.regex_full_match(cells, one_of(MISSING))
    check_cells(texts, (read == "") & ~missing, column, "true or false")
    return read


def _middle(values: NDArray[Any]) -> float:
    """Return the median, in float64; 0 if all are missing."""
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else 0.0


def _edges(values: NDArray[np.float32], n_bins: int, n_value_bins: int) -> list[float]:
    """Return the edges of bins with equally many examples, or equally many different values.

    The latter for columns such as an income that is zero for most: its quantiles are zero, too.
    """
    exact = values.astype(np.float64)
    of_examples = np.quantile(exact, np.linspace(0, 1, n_bins + 1))
    of_values = np.quantile(np.unique(exact), np.linspace(0, 1, n_value_bins + 1))
    edges = np.unique(np.concatenate([of_examples, of_values]).astype(np.float32))
    return [float(edge) for edge in edges]
