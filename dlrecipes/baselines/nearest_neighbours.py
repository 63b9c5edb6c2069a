"""Nearest neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.baselines.predictor import (
    Predictor,
    choose_on_validation,
    compact,
    encode,
    training_matrix,
)
from dlrecipes.data import Development

NEIGHBOURS = (1, 3, 5, 9, 15, 25)


def fit_nearest_neighbours(development: Development, *, seed: int = 0) -> Predictor:
    """Return nearest neighbours, their number chosen on validation.

    The columns of a table are standardised first; pixels share one scale and stay as they are.
    Of more than 20,000 training rows it remembers 20,000, drawn with `seed`.

    Args:
        development: Training and validation part.
        seed: Seed of that draw, at least 0.
    """
    from sklearn.neighbors import NearestNeighbors
    from sklearn.preprocessing import StandardScaler

    spec = development.spec
    x, y = training_matrix(development.train, development.spec, seed=seed)
    table = spec.kind == "table"
    scaler = StandardScaler(with_mean=table, with_std=table).fit(x)
    possible = [neighbours for neighbours in NEIGHBOURS if neighbours <= len(x)]
    index = NearestNeighbors(n_neighbors=possible[-1]).fit(compact(scaler.transform(x)))
    found: list[tuple[NDArray[Any], NDArray[np.int64]]] = []

    def nearest(inputs: NDArray[Any]) -> NDArray[np.int64]:
        # All candidates are asked about the same inputs, and the search is what takes time.
        if not found or found[0][0] is not inputs:
            scaled = compact(scaler.transform(encode(inputs, spec)))
            found[:] = [(inputs, index.kneighbors(scaled, return_distance=False))]
        return found[0][1]

    def fit(neighbours: int) -> Predictor:
        def predict_values(inputs: NDArray[Any]) -> NDArray[np.float64]:
            values: NDArray[np.float64] = y[nearest(inputs)[:, :neighbours]].mean(
                axis=1, dtype=np.float64
            )
            return values

        def predict(inputs: NDArray[Any]) -> NDArray[np.float64]:
            votes = y[nearest(inputs)[:, :neighbours]]
            labels = np.arange(len(spec.classes))
            return np.stack([(votes == label).mean(axis=1) for label in labels], axis=1)

        return predict_values if spec.task == "regression" else predict

    return choose_on_validation(map(fit, possible), development)
