"""What a training step of a member should take, before anything was measured."""

from __future__ import annotations

# At least, and products of weights and inputs a second.
_LEAST_SECONDS = 2e-5
_PRODUCTS_PER_SECOND = 2e10
_PRODUCTS_PER_WEIGHT = 3  # forward, and the gradients of inputs and weights


def estimate_step_seconds(parameters: int, batch_size: int) -> float:
    """Return about how long a step takes for one member of a population on two cores.

    For dense layers, and the same in each run, which a measurement is not.

    Args:
        parameters: Weights of the model.
        batch_size: Examples a batch.
    """
    products = _PRODUCTS_PER_WEIGHT * parameters * batch_size
    return _LEAST_SECONDS + products / _PRODUCTS_PER_SECOND
