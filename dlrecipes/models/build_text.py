"""Networks for texts."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from dlrecipes.checks import check_choice, check_integer
from dlrecipes.errors import DataError
from dlrecipes.layers import InvertedDropout
from dlrecipes.layers.activations import Activation, keras_activation
from dlrecipes.models.dense_block import dense_block
from dlrecipes.models.penalties import Penalised, kernel_penalties
from dlrecipes.models.task_outputs import task_outputs
from dlrecipes.results import DataSpec, plural

ARCHITECTURES = ("bag", "cnn")


def build_text(  # noqa: PLR0913 - each argument is one choice of the architecture
    spec: DataSpec,
    *,
    architecture: str = "bag",
    embedding_size: int = 32,
    hidden_units: int = 64,
    activation: Activation = "relu",
    dropout_rate: float | None = None,
    l2: float | None = None,
    l1: float | None = None,
    penalised: Penalised = "all",
    output_bias: Sequence[float] | None = None,
) -> keras.Model:
    """Return an uncompiled network for texts as rows of tokens.

    `"bag"` takes mean and maximum of the tokens' embeddings, whatever their order; `"cnn"` puts a
    convolution over three neighbours before the maximum.

    Args:
        spec: The preprocessed data; its `features` are tokens, 0 fills up short texts.
        architecture: `"bag"` or `"cnn"`.
        embedding_size: Numbers an embedding has, at least 1.
        hidden_units: Width of the hidden layer, and number of filters of `"cnn"`, at least 1.
        activation: Name of the hidden layer's activation and the convolution's, or a function of a
            tensor.
        dropout_rate: Share dropped behind the embeddings' summary and behind the hidden layer, in
            [0, 1); None for no dropout.
        l2: L2 factor of the kernels (never of biases or embeddings), at least 0. None for no
            penalty; 0.0 keeps the term.
        l1: L1 factor of the kernels, likewise; with `l2` the penalty is elastic.
        penalised: Kernels that `l1` and `l2` hold for: `"all"`, `"hidden"` for all but those of
            the outputs, or a sequence of names or places: `"neighbours"` (`"cnn"`
            only), `"hidden"`, `"outputs"` or -1.
        output_bias: Start value of each output, as `prior_bias` gives it; None for zeros.

    Raises:
        DataError: If the spec does not describe tokens.
        ArgumentError: If another argument is out of range.

    Example:
        >>> import pandas as pd
        >>> texts = [
        ...     f"a {word} film of {year}" for year in range(1990, 2000) for word in ("good", "bad")
        ... ]
        >>> table = pd.DataFrame({"text": texts, "liked": ["yes", "no"] * 10})
        >>> splits = dlr.data.from_table(
        ...     table, "liked", column_rules=dlr.data.ColumnRules(kinds={"text": "text"})
        ... )
        >>> splits = splits.with_preprocess(dlr.data.TextTokens(splits.raw_spec.columns))
        >>> model = dlr.models.build_text(splits.model_spec, embedding_size=4, hidden_units=8)
        >>> model.input_shape, model.output_shape  # tokens, a logit
        ((None, 5), (None, 1))

    Reference:
        Joulin et al. 2016, Bag of Tricks for Efficient Text Classification (arXiv:1607.01759);
        Kim 2014, Convolutional Neural Networks for Sentence Classification (arXiv:1408.5882).
    """
    check_choice("architecture", architecture, ARCHITECTURES)
    check_integer("embedding_size", embedding_size, 1)
    check_integer("hidden_units", hidden_units, 1)
    sizes = {feature.size for feature in spec.features if feature.kind == "category"}
    if len(spec.features) != spec.input_shape[0] or len(sizes) != 1:
        raise DataError(
            "`build_text` must know the size of the vocabulary.",
            received=f"{plural(len(spec.features), 'description')} of "
            f"{plural(spec.input_shape[0], 'token')}",
            fix="Preprocess the texts with `TextTokens`.",
        )
    names = ["neighbours"] * (architecture == "cnn") + ["hidden", "outputs"]
    penalties = kernel_penalties(names, l2=l2, l1=l1, penalised=penalised)
    inputs = keras.Input(spec.input_shape, name="inputs")
    x = keras.layers.Embedding(sizes.pop(), embedding_size, name="embedding")(inputs)
    # (batch, length, 1): 1 for a token, 0 for what fills up.
    there = keras.ops.cast(inputs > 0, x.dtype)[:, :, None]
    if architecture == "cnn":
        x = keras.layers.Conv1D(
            hidden_units,
            3,
            padding="same",
            activation=keras_activation(activation),
            kernel_regularizer=penalties["neighbours"],
            name="neighbours",
        )(x)
    highest = keras.ops.max(x * there, axis=1)
    mean = keras.ops.sum(x * there, axis=1) / keras.ops.maximum(keras.ops.sum(there, axis=1), 1.0)
    x = keras.layers.Concatenate(name="summary")([mean, highest])
    for index in range(2):
        if dropout_rate is not None:
            x = InvertedDropout(dropout_rate, name=f"dropout_{index + 1}")(x)
        if index == 0:
            x = dense_block(
                x,
                hidden_units,
                activation=activation,
                penalty=penalties["hidden"],
                batch_normalization=False,
                name="hidden",
            )
    outputs = task_outputs(x, spec, output_bias, penalty=penalties["outputs"])
    return keras.Model(inputs, outputs, name="text")
