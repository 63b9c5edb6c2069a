"""Many networks for tables in one, which share their weights."""

from __future__ import annotations

import math
from collections.abc import Sequence

import keras

from dlrecipes.checks import check_integer
from dlrecipes.layers import InvertedDropout, MemberMean, MemberScaling
from dlrecipes.layers.activations import Activation, keras_activation
from dlrecipes.models.check_sizes import check_sizes
from dlrecipes.models.encode_table import encode_table
from dlrecipes.models.member_model import MemberModel
from dlrecipes.models.task_outputs import task_outputs
from dlrecipes.results import DataSpec
from dlrecipes.targets import kind_of
from dlrecipes.targets.output_layer import member_output_layer


def build_tabm(  # noqa: PLR0913 - each argument is one choice of the architecture
    spec: DataSpec,
    *,
    members: int = 16,
    hidden_units: Sequence[int] = (256, 256),
    encoding: str = "ple",
    number_size: int | None = None,
    frequency_scale: float | None = None,
    embedding_size: int = 8,
    one_hot: int = 100,
    motifs: int = 0,
    activation: Activation = "relu",
    dropout_rate: float | None = 0.1,
    output_bias: Sequence[float] | None = None,
) -> MemberModel:
    """Return an uncompiled TabM-mini for a preprocessed table: an ensemble at little cost.

    Each of the members sees the encoded inputs times factors of its own (`MemberScaling`), all
    go through the same hidden layers, and each has an output layer of its own. In training each
    learns by its own loss; what the model predicts is the mean of their probabilities or values
    (`MemberModel`). It is compiled, trained, saved and exported as any model of Keras.

    The authors train it with AdamW, a learning rate of 0.002 and a weight decay of 0.0003, which
    leaves the biases out.

    Args:
        spec: The preprocessed data; its `features` say what the numbers are.
        members: Number of members, at least 1. A step costs as much as one of so many networks,
            without their weights: more of them are more exact, from 8 on by little.
        hidden_units: Width of each hidden layer, at least one of them.
        encoding: What numbers become, as for `build_table_encoder`.
        number_size: Numbers that an embedding makes of a number; None for what its authors have.
        frequency_scale: With which the frequencies of `"plr"` and `"pbld"` begin; None for 0.1.
        embedding_size: Numbers an embedding of a category has, at least 1.
        one_hot: Columns with at most so many categories, the unknown one included, are one-hot
            and have no embedding.
        motifs: Of each column of DNA, filters of a convolution, as for `build_tabular`; 0 for none.
        activation: Name of the hidden activation, or a function of a tensor.
        dropout_rate: Share dropped behind each hidden layer, in [0, 1); None for no dropout.
        output_bias: Start value of each output, as `prior_bias` gives it; None for zero logits,
            or for the mean of the targets.

    Raises:
        DataError: If the spec does not describe its features, or has several targets.
        ArgumentError: If another argument is out of range.

    Example:
        >>> splits = dlr.data.load_table()  # scikit-learn's wine: 13 numbers, 3 classes
        >>> splits = splits.with_preprocess(dlr.data.TablePreprocess(splits.raw_spec.columns))
        >>> spec = splits.model_spec
        >>> model = dlr.models.build_tabm(spec, members=8, hidden_units=(32, 32))
        >>> model.compile("adamw", **dlr.targets.loss_and_metrics(spec.targets))
        >>> model.output_shape
        (None, 3)

    Reference:
        Gorishniy, Kotelnikov and Babenko 2024, TabM: Advancing Tabular Deep Learning with
        Parameter-Efficient Ensembling, arXiv:2410.24210.
    """
    widths = check_sizes("hidden_units", hidden_units, 1)
    check_integer("members", members, 1)
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
    x = MemberScaling(members, encoded.chunks, name="members")(encoded.outputs)
    for index, units in enumerate(widths, start=1):
        # As the authors start it: uniform within ±1 / sqrt(inputs), biases, too.
        limit = 1 / math.sqrt(x.shape[-1])
        x = keras.layers.Dense(
            units,
            kernel_initializer=keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform"),
            bias_initializer=keras.initializers.RandomUniform(-limit, limit),
            name=f"hidden_{index}_dense",
        )(x)
        x = keras.layers.Activation(
            keras_activation(activation), name=f"hidden_{index}_activation"
        )(x)
        if dropout_rate is not None:
            x = InvertedDropout(dropout_rate, name=f"hidden_{index}_dropout")(x)
    outputs = task_outputs(x, spec, output_bias, penalty=None, layer=member_output_layer)
    kind = "values" if kind_of(spec.target).puts_out_values else "logits"
    return MemberModel(
        inputs, MemberMean(kind, dtype=outputs.dtype, name="mean")(outputs), name="tabm"
    )
