"""A preprocessed table as a network takes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np

from dlrecipes.checks import check_choice, check_integer, check_real
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.layers import (
    OneHot,
    PeriodicBiasEmbedding,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    PiecewiseLinearEncoding,
    matched_initializer,
)
from dlrecipes.results import DataSpec, Feature, plural

ENCODINGS = ("piecewise", "plain", "ple", "plr", "pbld")
_SIZES = {"ple": 16, "plr": 24, "pbld": 4}
"""Numbers that a number becomes, as the authors have it."""
_SCALES = {"plr": 0.1, "pbld": 0.1}
_BASES, _MOTIF = 4, 8


@dataclass(frozen=True)
class EncodedTable:
    """Preprocessed rows as hidden layers take them.

    Args:
        outputs: Symbolic tensor `(batch, encoded)`.
        chunks: How many of these numbers each feature of the preprocessed table became.
    """

    outputs: keras.KerasTensor
    chunks: tuple[int, ...]


def build_table_encoder(
    spec: DataSpec,
    *,
    encoding: str = "piecewise",
    number_size: int | None = None,
    frequency_scale: float | None = None,
    embedding_size: int = 8,
    one_hot: int = 0,
    motifs: int = 0,
) -> keras.Model:
    """Return a model from preprocessed rows to what hidden layers can use.

    `build_tabular` begins so; it is for networks of your own, and the trunk of `build_multitask`.

    Args:
        spec: The preprocessed data; its `features` say which numbers are categories.
        encoding: What numbers become. `"plain"`: they stay as they are. `"piecewise"`: their place
            in each of the bins of `spec.features` (`PiecewiseLinearEncoding`). Or a trained
            embedding: `"ple"` (`PiecewiseLinearEmbedding`), `"plr"` (`PeriodicEmbedding`), `"pbld"`
            (`PeriodicBiasEmbedding`).
        number_size: Numbers that an embedding makes of a number, at least 1; None for the authors'
            16 (PLE), 24 (PLR) and 4 (PBLD).
        frequency_scale: Standard deviation with which the frequencies of `"plr"` and `"pbld"`
            begin, above 0; the authors search it from 0.01 to 100, on a log scale. None for 0.1.
        embedding_size: Numbers an embedding of a category has, at least 1.
        one_hot: Columns with at most so many categories, the unknown one included, are one-hot;
            0 for none.
        motifs: Filters of a convolution over each column of DNA; 0 for none, see `build_tabular`.

    Returns:
        A model `(batch, features) -> (batch, encoded)`.

    Raises:
        DataError: If the spec does not describe its features.
        ArgumentError: If another argument is out of range.

    Example:
        >>> splits = dlr.data.load_table()  # scikit-learn's wine: 13 numbers
        >>> splits = splits.with_preprocess(dlr.data.TablePreprocess(splits.raw_spec.columns))
        >>> spec = splits.model_spec
        >>> dlr.models.build_table_encoder(spec, encoding="plain").output_shape
        (None, 13)
        >>> dlr.models.build_table_encoder(spec).output_shape  # up to 24 pieces a number
        (None, 296)

    Reference:
        Gorishniy, Rubachev and Babenko 2022, On Embeddings for Numerical Features in Tabular
        Deep Learning (arXiv:2203.05556).
    """
    inputs = keras.Input(spec.input_shape, name="inputs")
    encoded = encode_table(
        inputs,
        spec,
        encoding=encoding,
        number_size=number_size,
        frequency_scale=frequency_scale,
        embedding_size=embedding_size,
        one_hot=one_hot,
        motifs=motifs,
    )
    return keras.Model(inputs, encoded.outputs, name="table_encoder")


def encode_table(  # noqa: PLR0913 - each argument is one choice of the encoding
    inputs: keras.KerasTensor,
    spec: DataSpec,
    *,
    encoding: str,
    embedding_size: int,
    one_hot: int,
    motifs: int,
    number_size: int | None = None,
    frequency_scale: float | None = None,
    embeddings_initializer: str | keras.initializers.Initializer = "uniform",
) -> EncodedTable:
    """Return preprocessed rows with categories embedded and numbers encoded.

    Args:
        inputs: Symbolic tensor `(batch, features)`.
        spec: As for `build_table_encoder`, like all that follow.
        encoding: What numbers become.
        embedding_size: Numbers an embedding has.
        one_hot: Categories up to which a column is one-hot.
        motifs: Filters of a convolution over each column of DNA.
        number_size: Numbers that an embedding makes of a number.
        frequency_scale: With which frequencies begin.
        embeddings_initializer: With which embeddings of categories begin.
    """
    check_choice("encoding", encoding, ENCODINGS)
    size = _number_size(encoding, number_size)
    scale = _frequency_scale(encoding, frequency_scale)
    check_integer("embedding_size", embedding_size, 1)
    check_integer("one_hot", one_hot, 0)
    check_integer("motifs", motifs, 0)
    if len(spec.features) != spec.input_shape[0]:
        raise DataError(
            "The builder must know what the features are.",
            received=f"{plural(len(spec.features), 'description')} of "
            f"{plural(spec.input_shape[0], 'feature')}",
            fix="Preprocess the table with `TablePreprocess`, or use `build_mlp`.",
        )
    parts: list[keras.KerasTensor] = []
    chunks: list[int] = []
    for kind, start, stop in _runs(spec.features, one_hot):
        features = spec.features[start:stop]
        x, widths = inputs[:, start:stop], [1] * len(features)
        edges = [feature.edges or (-1.0, 1.0) for feature in features]
        if kind == "category":
            x = _embedded(x, features, embedding_size, embeddings_initializer, start)
            widths = [embedding_size] * len(features)
        elif kind == "one-hot":
            widths = [feature.size for feature in features]
            x = OneHot(widths, name=f"one_hot_{start}")(x)
        elif kind == "number" and encoding == "piecewise":
            x = PiecewiseLinearEncoding(edges=edges, name=f"pieces_{start}")(x)
            widths = [max(len(own) - 1, 1) for own in edges]
        elif kind == "number" and encoding != "plain":
            x = _number_embedding(encoding, size, scale, edges, f"numbers_{start}")(x)
            widths = [size] * len(features)
        elif kind == "letter" and motifs:
            x = _motifs(x, motifs, start)
            widths = [1] * motifs
        parts.append(x)
        chunks += widths
    if len(parts) > 1:
        parts = [keras.layers.Concatenate(name="encoded")(parts)]
    return EncodedTable(parts[0], tuple(chunks))


def _number_size(encoding: str, given: int | None) -> int:
    usual = _SIZES.get(encoding, 1)
    if given is None:
        return usual
    if encoding not in _SIZES:
        raise ArgumentError(
            f"`number_size` is of {', '.join(map(repr, _SIZES))}.",
            received=f"number_size={given!r} with encoding={encoding!r}",
        )
    return check_integer("number_size", given, 2 if encoding == "pbld" else 1)


def _frequency_scale(encoding: str, given: float | None) -> float:
    if given is None:
        return _SCALES.get(encoding, 0.0)
    if encoding not in _SCALES:
        raise ArgumentError(
            f"`frequency_scale` is of {', '.join(map(repr, _SCALES))}.",
            received=f"frequency_scale={given!r} with encoding={encoding!r}",
        )
    return check_real("frequency_scale", given, 0, low_open=True)


def _number_embedding(
    encoding: str, size: int, scale: float, edges: Sequence[Sequence[float]], name: str
) -> keras.Layer:
    if encoding == "ple":
        return PiecewiseLinearEmbedding(size, edges=edges, name=name)
    if encoding == "plr":
        start = keras.initializers.TruncatedNormal(stddev=scale)
        return PeriodicEmbedding(size, frequencies_initializer=start, name=name)
    start = keras.initializers.RandomNormal(stddev=scale)
    return PeriodicBiasEmbedding(size, frequencies_initializer=start, name=name)


def _runs(features: Sequence[Feature], one_hot: int) -> list[tuple[str, int, int]]:
    """Return `(kind, first, one past the last)` of neighbours that are treated alike."""
    runs: list[tuple[str, int, int]] = []
    for at, feature in enumerate(features):
        kind: str = feature.kind
        if kind == "category" and feature.size <= one_hot:
            kind = "one-hot"
        first = runs[-1][1] if runs and runs[-1][0] == kind else None
        if kind == "letter" and first is not None and at - first == _BASES * features[first].size:
            first = None  # the next sequence
        if first is not None:
            runs[-1] = (kind, first, at + 1)
        else:
            runs.append((kind, at, at + 1))
    return runs


def _embedded(
    x: keras.KerasTensor,
    features: Sequence[Feature],
    size: int,
    initializer: str | keras.initializers.Initializer,
    start: int,
) -> keras.KerasTensor:
    """Look all categories up in one table, each column in rows of its own."""
    sizes = [feature.size for feature in features]
    offsets = np.cumsum([0, *sizes[:-1]]).astype("float32")
    x = keras.layers.Rescaling(1.0, offsets, dtype="float32", name=f"rows_{start}")(x)
    x = keras.layers.Embedding(sum(sizes), size, initializer, name=f"embedding_{start}")(x)
    return keras.layers.Reshape((len(sizes) * size,), name=f"embedded_{start}")(x)


def _motifs(x: keras.KerasTensor, filters: int, start: int) -> keras.KerasTensor:
    """Return how well each filter fits a sequence at the place where it fits best."""
    places = int(x.shape[1]) // _BASES
    x = keras.layers.Reshape((places, _BASES), name=f"letters_{start}")(x)
    x = keras.layers.Conv1D(
        filters,
        min(_MOTIF, places),
        activation="relu",
        kernel_initializer=matched_initializer("relu"),
        name=f"motifs_{start}",
    )(x)
    return keras.layers.GlobalMaxPooling1D(name=f"best_place_{start}")(x)
