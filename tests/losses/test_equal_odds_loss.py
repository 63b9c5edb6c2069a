from itertools import combinations

import keras
import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from dlrecipes.errors import ArgumentError
from dlrecipes.losses import EqualOddsLoss


def _constraint(label, group, logits):
    p, total = expit(logits.astype(float)), 0.0
    for c in (0, 1):
        cells = [p[(label == c) & (group == g)] for g in range(group.max() + 1)]
        means = [cell.mean() for cell in cells if len(cell)]
        total += sum((a - b) ** 2 for a, b in combinations(means, 2))
    return total


@pytest.mark.parametrize("groups", [2, 4])
def test_the_formula_in_numpy(groups):
    generator = np.random.default_rng(groups)
    label, group = generator.integers(0, 2, 60), generator.integers(0, groups, 60)
    label[group == 0] = 1  # none of group 0 has label 0
    group[:2] = [0, groups - 1]
    logits = generator.normal(0, 3, 60).astype("float32")
    y = np.stack([label, group], axis=1)
    expected = log_loss(label, expit(logits)) + 3 * _constraint(label, group, logits)
    for shape in ((60,), (60, 1)):
        found = float(EqualOddsLoss(3, groups)(y, logits.reshape(shape)))
        assert found == pytest.approx(expected, rel=1e-5)
    plain = keras.losses.BinaryCrossentropy(from_logits=True)(label[:, None], logits[:, None])
    assert float(EqualOddsLoss(0, groups)(y, logits)) == pytest.approx(float(plain), rel=1e-5)


def test_a_linear_model_forgets_the_group():
    generator = np.random.default_rng(0)
    group = generator.integers(0, 2, 2_000)
    label = (generator.random(2_000) < np.where(group == 1, 0.9, 0.4)).astype(int)
    x = np.stack([label + generator.normal(0, 1, 2_000), group], axis=1).astype("float32")
    plain = LogisticRegression().fit(x, label).coef_[0]
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    loss = keras.losses.deserialize(keras.losses.serialize(EqualOddsLoss(30)))
    model.compile(keras.optimizers.Adam(0.1), loss, jit_compile=False)
    model.fit(x, np.stack([label, group], axis=1), 500, 12, verbose=0)
    constrained = np.asarray(model.layers[0].kernel).ravel()
    assert plain[1] > 1.5
    assert abs(constrained[1]) < 0.3
    assert constrained[0] > 0.5


def test_mistakes():
    with pytest.raises(ArgumentError, match=r"two columns.*Received: y_true of shape \(4,\)"):
        EqualOddsLoss()(np.zeros(4), np.zeros(4))
    with pytest.raises(ArgumentError, match="`strength`"):
        EqualOddsLoss(-1)
    with pytest.raises(ArgumentError, match="`groups`"):
        EqualOddsLoss(groups=1)
