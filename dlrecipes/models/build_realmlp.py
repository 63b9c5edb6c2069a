"""RealMLP: a perceptron for tables whose defaults were tuned on many of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import keras

from dlrecipes.layers import (
    FeatureScaling,
    InvertedDropout,
    NTKDense,
    ParametricActivation,
    ScheduledDropout,
)
from dlrecipes.layers.activations import Activation, keras_activation
from dlrecipes.models.check_sizes import check_sizes
from dlrecipes.models.encode_table import encode_table
from dlrecipes.models.task_outputs import task_outputs
from dlrecipes.results import DataSpec
from dlrecipes.targets import kind_of
from dlrecipes.targets.output_layer import ntk_output_layer

_SCHEDULE = keras.optimizers.schedules.LearningRateSchedule


def build_realmlp(  # noqa: PLR0913 - each argument is one choice of the architecture
    spec: DataSpec,
    *,
    hidden_units: Sequence[int] = (256, 256, 256),
    encoding: str = "pbld",
    number_size: int | None = None,
    frequency_scale: float | None = None,
    embedding_size: int = 8,
    one_hot: int = 10,
    motifs: int = 0,
    activation: Activation | None = None,
    parametric: bool = True,
    dropout_rate: float | keras.optimizers.schedules.LearningRateSchedule | None = 0.15,
    output_bias: Sequence[float] | None = None,
) -> keras.Model:
    """Return an uncompiled RealMLP for a preprocessed table.

    Numbers are embedded by waves beside themselves, all inputs are scaled by factors that are
    trained, and the layers are in NTK parametrisation, `x W / sqrt(inputs) + b`. It is RealMLP-TD
    with `dlrecipes.training.realmlp_optimizer`, numbers scaled by `TablePreprocess(...,
    scaling="robust")`, batches of 256 and 256 epochs; its simple variant TD-S is
    `encoding="plain", parametric=False, dropout_rate=None`.

    Two defaults of the authors need the data, which no builder has; what is near them without:
    kernels begin as N(0, 1) instead of divided by the spread of what they put out, and biases as
    N(0, 1/3), the spread of the mean of five examples by random weights.

    Args:
        spec: The preprocessed data; its `features` say what the numbers are.
        hidden_units: Width of each hidden layer, at least one of them.
        encoding: What numbers become, as for `build_table_encoder`.
        number_size: Numbers that an embedding makes of a number; None for what its authors have.
        frequency_scale: With which the frequencies of `"plr"` and `"pbld"` begin; None for 0.1.
        embedding_size: Numbers an embedding of a category has, at least 1.
        one_hot: Columns with at most so many categories, the unknown one included, are one-hot
            and have no embedding.
        motifs: Of each column of DNA, filters of a convolution, as for `build_tabular`; 0 for none.
        activation: Name of the hidden activation, or a function of a tensor; None for the authors'
            SELU for classes and Mish for values.
        parametric: Whether each unit learns how much of its activation it takes
            (`ParametricActivation`).
        dropout_rate: Share dropped behind each hidden layer, in [0, 1), or a schedule of it, as the
            authors' `dlr.training.schedules.FlatCos(0.15, steps)`; None for no dropout.
        output_bias: Start value of each output, as `prior_bias` gives it; None for zero logits,
            or for the mean of the targets.

    Raises:
        DataError: If the spec does not describe its features, or has several targets.
        ArgumentError: If another argument is out of range.

    Example:
        >>> splits = dlr.data.load_table()  # scikit-learn's wine: 13 numbers, 3 classes
        >>> preprocess = dlr.data.TablePreprocess(splits.raw_spec.columns, scaling="robust")
        >>> spec = splits.with_preprocess(preprocess).model_spec
        >>> model = dlr.models.build_realmlp(spec, hidden_units=(32, 32))
        >>> optimizer = dlr.training.realmlp_optimizer(0.04, steps=1000)
        >>> model.compile(optimizer, **dlr.targets.loss_and_metrics(spec.targets))
        >>> model.output_shape
        (None, 3)

    Reference:
        Holzmüller, Grinsztajn and Steinwart 2024, Better by Default: Strong Pre-Tuned MLPs and
        Boosted Trees on Tabular Data, arXiv:2407.04491.
    """
    widths = check_sizes("hidden_units", hidden_units, 1)
    if activation is None:
        activation = "mish" if kind_of(spec.target).puts_out_values else "selu"
    inputs = keras.Input(spec.input_shape, name="inputs")
    x = encode_table(
        inputs,
        spec,
        encoding=encoding,
        number_size=number_size,
        frequency_scale=frequency_scale,
        embedding_size=embedding_size,
        embeddings_initializer=keras.initializers.RandomNormal(stddev=1.0),
        one_hot=one_hot,
        motifs=motifs,
    ).outputs
    x = FeatureScaling(name="scaling")(x)
    for index, units in enumerate(widths, start=1):
        name = f"hidden_{index}"
        x = NTKDense(
            units,
            bias_initializer=keras.initializers.RandomNormal(stddev=math.sqrt(1 / 3)),
            name=f"{name}_dense",
        )(x)
        x = (
            ParametricActivation(activation, name=f"{name}_activation")
            if parametric
            else keras.layers.Activation(keras_activation(activation), name=f"{name}_activation")
        )(x)
        if dropout_rate is not None:
            x = (
                ScheduledDropout(dropout_rate, name=f"{name}_dropout")
                if isinstance(dropout_rate, _SCHEDULE)
                else InvertedDropout(dropout_rate, name=f"{name}_dropout")
            )(x)
    outputs = task_outputs(x, spec, output_bias, penalty=None, layer=ntk_output_layer)
    return keras.Model(inputs, outputs, name="realmlp")
