import numpy as np
import pytest

from dlrecipes.baselines import fit_nearest_neighbours
from dlrecipes.data import from_arrays


def test_columns_of_a_table_are_scaled():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(300, 2)) * [1, 1e4]
    development = from_arrays(x, x[:, 0] > 0).development()
    for predict in fit_nearest_neighbours(development).values():
        table = predict(development.validation.x)
        assert (table.argmax(axis=1) == development.validation.y).mean() > 0.9


@pytest.mark.parametrize("size", [9, 12])
def test_few_examples(size):
    x = np.arange(size * 2.0).reshape(size, 2)
    for y in (np.arange(size) % 2, np.arange(size) + 0.5):
        development = from_arrays(x, y).development()
        for predict in fit_nearest_neighbours(development).values():
            predictions = predict(development.validation.x)
            assert len(predictions) == len(development.validation)
