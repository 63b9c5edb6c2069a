"""A preprocessed table as a network takes it."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

from dlrecipes.checks import check_choice, check_integer
from dlrecipes.errors import DataError
from dlrecipes.layers import OneHot, PiecewiseLinearEncoding, matched_initializer
from dlrecipes.results import DataSpec, Feature, plural

ENCODINGS = ("piecewise", "plain")
_BASES, _MOTIF = 4, 8


def build_table_encoder(
    spec: DataSpec,
    *,
    encoding: str = "piecewise",
    embedding_size: int = 8,
    one_hot: int = 0,
    motifs: int = 0,
) -> keras.Model:
    """Return a model from preprocessed rows to what hidden layers can use.

    `build_tabular` begins so; it is for networks of your own, and the trunk of `build_multitask`.

    Args:
        spec: The preprocessed data; its `features` say which numbers are categories.
        encoding: `"piecewise"`, or `"plain"` to take numbers as they are.
        embedding_size: Numbers an embedding has, at least 1.
        one_hot: Columns with at most so many categories are one-hot; 0 for none.
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
    x = encode_table(
        inputs,
        spec,
        encoding=encoding,
        embedding_size=embedding_size,
        one_hot=one_hot,
        motifs=motifs,
    )
    return keras.Model(inputs, x, name="table_encoder")


def encode_table(
    inputs: keras.KerasTensor,
    spec: DataSpec,
    *,
    encoding: str,
    embedding_size: int,
    one_hot: int,
    motifs: int,
) -> keras.KerasTensor:
    """Return preprocessed rows with categories embedded and numbers encoded.

    Args:
        inputs: Symbolic tensor `(batch, features)`.
        spec: As for `build_table_encoder`, like all that follow.
        encoding: `"piecewise"` or `"plain"`.
        embedding_size: Numbers an embedding has.
        one_hot: Categories up to which a column is one-hot.
        motifs: Filters of a convolution over each column of DNA.
    """
    check_choice("encoding", encoding, ENCODINGS)
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
    parts = []
    for kind, start, stop in _runs(spec.features, one_hot):
        features = spec.features[start:stop]
        x = inputs[:, start:stop]
        if kind == "category":
            x = _embedded(x, features, embedding_size, start)
        elif kind == "one-hot":
            x = OneHot([feature.size for feature in features], name=f"one_hot_{start}")(x)
        elif kind == "number" and encoding == "piecewise":
            edges = [feature.edges or (-1.0, 1.0) for feature in features]
            x = PiecewiseLinearEncoding(edges=edges, name=f"pieces_{start}")(x)
        elif kind == "letter" and motifs:
            x = _motifs(x, motifs, start)
        parts.append(x)
    return parts[0] if len(parts) == 1 else keras.layers.Concatenate(name="encoded")(parts)


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
    x: keras.KerasTensor, features: Sequence[Feature], size: int, start: int
) -> keras.KerasTensor:
    """Look all categories up in one table, each column in rows of its own."""
    sizes = [feature.size for feature in features]
    offsets = np.cumsum([0, *sizes[:-1]]).astype("float32")
    x = keras.layers.Rescaling(1.0, offsets, dtype="float32", name=f"rows_{start}")(x)
    x = keras.layers.Embedding(sum(sizes), size, name=f"embedding_{start}")(x)
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
