"""Networks for tables."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from dlrecipes.layers import InvertedDropout
from dlrecipes.layers.activations import Activation
from dlrecipes.models.check_sizes import check_sizes
from dlrecipes.models.dense_block import dense_block
from dlrecipes.models.encode_table import encode_table
from dlrecipes.models.penalties import Penalised, kernel_penalties
from dlrecipes.models.task_outputs import task_outputs
from dlrecipes.results import DataSpec


def build_tabular(  # noqa: PLR0913 - each argument is one choice of the architecture
    spec: DataSpec,
    *,
    hidden_units: Sequence[int] = (128, 128),
    encoding: str = "piecewise",
    number_size: int | None = None,
    frequency_scale: float | None = None,
    embedding_size: int = 8,
    one_hot: int = 0,
    motifs: int = 0,
    activation: Activation = "relu",
    dropout_rate: float | None = None,
    l2: float | None = None,
    l1: float | None = None,
    penalised: Penalised = "all",
    output_bias: Sequence[float] | None = None,
) -> keras.Model:
    """Return an uncompiled perceptron for a preprocessed table.

    Each category has an embedding. Numbers come in as they are or, by default, encoded: each is
    spread over pieces between its training quantiles, so that the first layer can bend anywhere
    and not only at zero. Indicators and the weights of words come in as they are. Outputs are
    logits, or values in the user's units.

    Args:
        spec: The preprocessed data; its `features` say which numbers are categories.
        hidden_units: Width of each hidden layer, at least one of them.
        encoding: What numbers become: `"piecewise"`, `"plain"` to take them as they are, or a
            trained embedding, `"ple"`, `"plr"` or `"pbld"`; see `build_table_encoder`.
        number_size: Numbers that such an embedding makes of a number, at least 1; None for what
            its authors have.
        frequency_scale: Standard deviation with which the frequencies of `"plr"` and `"pbld"`
            begin, above 0; None for 0.1.
        embedding_size: Numbers an embedding of a category has, at least 1.
        one_hot: Columns with at most so many categories, the unknown one included, are one-hot
            and have no embedding; 0 for none. With little data it is learned sooner what they say.
        motifs: Of each column of DNA, filters of a convolution 8 letters wide, of which the best
            fit counts wherever in the sequence it is; 0 to take each place by itself.
        activation: Name of the hidden activation, or a function of a tensor; initialisers follow
            from it.
        dropout_rate: Share dropped behind each hidden layer, in [0, 1); None for no dropout.
        l2: L2 factor of the kernels (never of biases or embeddings), at least 0. None for no
            penalty; 0.0 keeps the term.
        l1: L1 factor of the kernels, likewise; with `l2` the penalty is elastic.
        penalised: Kernels that `l1` and `l2` hold for: `"all"`, `"hidden"` for all but those of
            the outputs, or a sequence of names or places: `"hidden_1"` or 0 is the first,
            `"outputs"` or -1 the last.
        output_bias: Start value of each output, as `prior_bias` gives it; None for zero logits,
            or for the mean of the targets.

    Raises:
        DataError: If the spec does not describe its features.
        ArgumentError: If another argument is out of range.

    Example:
        >>> splits = dlr.data.load_table()  # scikit-learn's wine: 13 numbers, 3 classes
        >>> splits = splits.with_preprocess(dlr.data.TablePreprocess(splits.raw_spec.columns))
        >>> spec = splits.model_spec
        >>> model = dlr.models.build_tabular(spec, output_bias=dlr.models.prior_bias(spec))
        >>> model.input_shape, model.output_shape
        ((None, 13), (None, 3))

    Reference:
        Gorishniy, Rubachev and Babenko 2022, On Embeddings for Numerical Features in Tabular
        Deep Learning (arXiv:2203.05556).
    """
    widths = check_sizes("hidden_units", hidden_units, 1)
    names = [f"hidden_{index}" for index in range(1, len(widths) + 1)]
    penalties = kernel_penalties([*names, "outputs"], l2=l2, l1=l1, penalised=penalised)
    inputs = keras.Input(spec.input_shape, name="inputs")
    x = encode_table(
        inputs,
        spec,
        encoding=encoding,
        number_size=number_size,
        frequency_scale=frequency_scale,
        embedding_size=embedding_size,
        one_hot=one_hot,
        motifs=motifs,
    ).outputs
    for name, units in zip(names, widths, strict=True):
        x = dense_block(
            x,
            units,
            activation=activation,
            penalty=penalties[name],
            batch_normalization=False,
            name=name,
        )
        if dropout_rate is not None:
            x = InvertedDropout(dropout_rate, name=f"{name}_dropout")(x)
    outputs = task_outputs(x, spec, output_bias, penalty=penalties["outputs"])
    return keras.Model(inputs, outputs, name="tabular")
