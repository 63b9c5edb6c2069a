"""Networks for tables."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

from dlrecipes.checks import check_choice, check_integer
from dlrecipes.errors import DataError
from dlrecipes.layers import InvertedDropout, OneHot, PiecewiseLinearEncoding
from dlrecipes.models.check_sizes import check_sizes
from dlrecipes.models.dense_block import dense_block
from dlrecipes.models.task_outputs import task_outputs
from dlrecipes.results import DataSpec, Feature

ENCODINGS = ("piecewise", "plain")


def build_tabular(
    spec: DataSpec,
    *,
    hidden_units: Sequence[int] = (128, 128),
    encoding: str = "piecewise",
    embedding_size: int = 8,
    one_hot: int = 0,
    dropout_rate: float | None = None,
    output_bias: Sequence[float] | None = None,
) -> keras.Model:
    """Return an uncompiled perceptron for a preprocessed table.

    Each category has an embedding. Numbers come in as they are or, by default, encoded: each is
    spread over pieces between its training quantiles, so that the first layer can bend anywhere
    and not only at zero. Outputs are logits, or values in the user's units.

    Args:
        spec: The preprocessed data; its `features` say which numbers are categories.
        hidden_units: Width of each hidden layer, at least one of them.
        encoding: `"piecewise"`, or `"plain"` to take numbers as they are.
        embedding_size: Numbers an embedding has, at least 1.
        one_hot: Columns with at most so many categories, the unknown one included, are one-hot
            and have no embedding; 0 for none. With little data it is learned sooner what they say.
        dropout_rate: Share dropped behind each hidden layer, in [0, 1); None for no dropout.
        output_bias: Start value of each output, as `prior_bias` gives it; None for zero logits,
            or for the mean of the targets.

    Raises:
        DataError: If the spec does not describe its features.
        ArgumentError: If another argument is out of range.

    Reference:
        Gorishniy, Rubachev and Babenko 2022, On Embeddings for Numerical Features in Tabular
        Deep Learning (arXiv:2203.05556).
    """
    check_choice("encoding", encoding, ENCODINGS)
    check_integer("embedding_size", embedding_size, 1)
    check_integer("one_hot", one_hot, 0)
    if len(spec.features) != spec.input_shape[0]:
        raise DataError(
            "`build_tabular` must know what the features are.",
            received=f"{len(spec.features)} descriptions of {spec.input_shape[0]} features",
            fix="Preprocess the table with `TablePreprocess`, or use `build_mlp`.",
        )
    inputs = keras.Input(spec.input_shape, name="inputs")
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
        parts.append(x)
    x = parts[0] if len(parts) == 1 else keras.layers.Concatenate(name="encoded")(parts)
    for index, units in enumerate(check_sizes("hidden_units", hidden_units, 1), start=1):
        x = dense_block(
            x, units, activation="relu", l2=None, batch_normalization=False, name=f"hidden_{index}"
        )
        if dropout_rate is not None:
            x = InvertedDropout(dropout_rate, name=f"hidden_{index}_dropout")(x)
    return keras.Model(inputs, task_outputs(x, spec, output_bias), name="tabular")


def _runs(features: Sequence[Feature], one_hot: int) -> list[tuple[str, int, int]]:
    """Return `(kind, first, one past the last)` of neighbours that are treated alike."""
    runs: list[tuple[str, int, int]] = []
    for at, feature in enumerate(features):
        kind: str = feature.kind
        if kind == "category" and feature.size <= one_hot:
            kind = "one-hot"
        if runs and runs[-1][0] == kind:
            runs[-1] = (kind, runs[-1][1], at + 1)
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
