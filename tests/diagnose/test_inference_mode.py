"""Training and inference are two networks where moving averages lag."""

import keras
import numpy as np
import pytest

from dlrecipes.data import from_arrays
from dlrecipes.diagnose import check_inference_mode
from dlrecipes.results import LossParts
from dlrecipes.training.loss_parts import take_loss_apart


def _after(momentum, steps, data, dropout=0.0):
    """Return what is said of a small network after so many steps on all examples."""
    keras.utils.set_random_seed(0)
    network = keras.Sequential([keras.Input((4,))])
    for _ in range(2):
        network.add(keras.layers.Dense(32, "relu"))
        network.add(keras.layers.BatchNormalization(momentum=momentum))
        network.add(keras.layers.Dropout(dropout))
    network.add(keras.layers.Dense(1, "sigmoid"))
    network.compile(keras.optimizers.Adam(0.01), "binary_crossentropy")
    x, y = data.train.array, data.train.y.astype("float32")
    curve = network.fit(x, y, epochs=steps, batch_size=len(x), verbose=0).history
    parts = take_loss_apart(network, data.train, data.model_spec)
    return check_inference_mode(curve, steps - 1, parts)


@pytest.mark.slow
def test_batch_normalisation_after_a_few_steps():
    generator = np.random.default_rng(0)
    x = generator.normal(0.5, 0.1, size=(120, 4)).astype("float32")
    data = from_arrays(x, np.where(x[:, 0] > x[:, 1], "yes", "no")).development()
    (finding,) = _after(0.99, 40, data)
    assert (finding.name, finding.severity) == ("moving averages", "warning")
    assert finding.evidence["inference"] > 2 * finding.evidence["training"]
    assert "lower the momentum" in finding.advice
    assert _after(0.8, 40, data) == ()
    assert _after(0.8, 40, data, dropout=0.5) == ()


@pytest.mark.parametrize(
    ("curve", "best", "now"),
    [
        ([0.9, 0.5, 0.4], 2, 0.39),
        ([0.9, 0.5, 0.4], 2, 0.7),  # less than twice
        ([0.9, 0.01, 1e-4], 2, 1e-3),  # more than twice, of nothing
        ([0.9, None, None], 2, 5.0),
        ([0.9, 0.1], 7, 5.0),
        ([-0.9, -1.2], 1, 5.0),
        ([], 0, 5.0),
    ],
)
def test_no_cause_for_alarm(curve, best, now):
    assert check_inference_mode({"loss": curve}, best, LossParts(now, 0.0, now)) == ()
    assert check_inference_mode({}, best, None) == ()
