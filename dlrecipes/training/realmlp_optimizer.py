"""The optimizer of RealMLP: rates per kind of weight, all of them by schedules."""

from __future__ import annotations

import keras

from dlrecipes.checks import check_integer, check_real
from dlrecipes.training.schedules import CosLog4, FlatCos, ScheduledAdamW

_KINDS = {
    ".*/scale": "scale",
    r"numbers_\d+/.*": "numbers",
    r"(?!numbers_\d+/).*/bias": "bias",
    ".*/alpha": "alpha",
}
"""`{weights of `build_realmlp` by their paths: kind}`."""


def realmlp_optimizer(  # noqa: PLR0913 - each argument is one of the numbers that are tuned
    learning_rate: float,
    steps: int,
    *,
    weight_decay: float = 0.02,
    scale_factor: float = 6.0,
    numbers_factor: float = 0.1,
    bias_factor: float = 0.1,
    alpha_factor: float = 0.1,
    beta_2: float = 0.95,
) -> keras.optimizers.MultiOptimizer:
    """Return the optimizer with which the authors train RealMLP.

    Adam whose rate goes through four growing cycles (`CosLog4`), with a decoupled decay that is
    flat and then falls (`FlatCos`). The factors of `FeatureScaling` have a rate 6 times as high,
    biases, the slopes of `ParametricActivation` and the embeddings of numbers one of a tenth;
    biases do not decay.

    Args:
        learning_rate: The highest rate, above 0; the authors' are 0.04 for classes and 0.2 for
            values, searched from 0.02 to 0.3.
        steps: Steps of the whole training, `epochs * ceil(examples / batch_size)`, at least 1.
        weight_decay: The decay of the first half, at least 0; searched from 0.001 to 0.05.
        scale_factor: By what the rate is multiplied for the factors of the inputs, above 0.
        numbers_factor: The same for embeddings of numbers.
        bias_factor: The same for biases.
        alpha_factor: The same for the slopes of activations.
        beta_2: Adam's decay of the mean square, in [0, 1).

    Raises:
        ArgumentError: If a number is out of its range.

    Example:
        >>> optimizer = dlr.training.realmlp_optimizer(0.04, steps=1000)
        >>> rates = [one.get_config()["learning_rate"] for one in optimizer.optimizers]
        >>> [round(rate["config"]["peak"], 3) for rate in rates]
        [0.24, 0.004, 0.004, 0.004, 0.04]

    Reference:
        Holzmüller, Grinsztajn and Steinwart 2024, arXiv:2407.04491, table of the defaults.
    """
    check_real("learning_rate", learning_rate, 0, low_open=True)
    check_integer("steps", steps, 1)
    check_real("weight_decay", weight_decay, 0)
    check_real("beta_2", beta_2, 0, 1, high_open=True)
    factors = {
        "scale": scale_factor,
        "numbers": numbers_factor,
        "bias": bias_factor,
        "alpha": alpha_factor,
    }

    def rated(factor: float, *, decays: bool = True) -> ScheduledAdamW:
        return ScheduledAdamW(
            CosLog4(factor * learning_rate, steps),
            FlatCos(weight_decay, steps) if decays else 0.0,
            beta_2=beta_2,
            epsilon=1e-8,
        )

    for name, factor in factors.items():
        check_real(f"{name}_factor", factor, 0, low_open=True)
    optimizers = {
        path: rated(factors[kind], decays=kind != "bias") for path, kind in _KINDS.items()
    }
    return keras.optimizers.MultiOptimizer(keras.optimizers.OptimizerMap(rated(1.0), optimizers))
