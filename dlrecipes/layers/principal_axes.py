"""The axes of the training data's ellipsoid, for both whitening layers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dlrecipes.errors import DataError
from dlrecipes.layers.adapted_layer import mean_and_deviation, varies
from dlrecipes.results import plural

SMALLEST_SHARE = 1e-12
"""Of the largest variance: a direction below it is the rounding of float32 inputs."""


@dataclass(frozen=True)
class PrincipalAxes:
    """The directions in which training data vary.

    Attributes:
        mean: Mean of the data, of the shape of an example; `features` is its size.
        axes: Orthonormal directions as columns, `(features, directions)`, by falling variance;
            the largest entry of each is positive.
        variance: Variance along each (divided by n - 1), `(directions,)`.
    """

    mean: NDArray[np.float64]
    axes: NDArray[np.float64]
    variance: NDArray[np.float64]

    def scales(self, epsilon: float) -> NDArray[np.float64]:
        """Return what each direction is multiplied by, `(directions,)`.

        Args:
            epsilon: Share of the largest variance that is added to each, at least 0.
        """
        scales: NDArray[np.float64] = 1.0 / np.sqrt(self.variance + epsilon * self.variance[0])
        return scales

    def weights(self, matrix: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Return `mean`, `matrix` and the `offset` that undoes the rounding of the mean.

        Args:
            matrix: What centred examples are multiplied by, `(features, columns out)`.
        """
        rest = self.mean.astype(np.float32) - self.mean
        return {"mean": self.mean, "matrix": matrix, "offset": rest.ravel() @ matrix}


def principal_axes(x: NDArray[np.float64]) -> PrincipalAxes:
    """Return the directions in which flattened examples vary.

    Directions without variance (constant columns, columns that follow from others, all beyond
    the number of examples minus 1) are left out, and so are those whose variance is under 1e-12
    of the largest.

    Args:
        x: Training data `(examples, ...)`.

    Raises:
        DataError: If there is a NaN or if all examples are the same.
    """
    if np.isnan(x).any():
        raise DataError(
            "Whitening needs training data without NaN.",
            received=f"{int(np.isnan(x).sum())} NaN",
            fix="Put an `Imputation` in front of it.",
        )
    flat = x.reshape(len(x), -1)
    mean, deviation = mean_and_deviation(flat)
    centred = np.where(varies(deviation, np.abs(mean)), flat - mean, 0.0)
    degrees = max(len(flat) - 1, 1)
    if len(flat) < flat.shape[1]:
        _, singular, rows = np.linalg.svd(centred, full_matrices=False)
        variance, axes = singular**2 / degrees, rows.T
    else:
        variance, axes = np.linalg.eigh(centred.T @ centred / degrees)
        variance, axes = variance[::-1], axes[:, ::-1]
    smallest = max(SMALLEST_SHARE * variance[0], float(np.finfo(np.float32).tiny) ** 2)
    kept = variance > smallest
    if not kept.any():
        raise DataError(
            "Whitening needs training examples that differ.",
            received=f"{plural(len(x), 'example')} without variance",
        )
    axes = axes[:, kept]
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=0)[None], axis=0)
    return PrincipalAxes(mean.reshape(x.shape[1:]), axes * np.sign(largest), variance[kept])
