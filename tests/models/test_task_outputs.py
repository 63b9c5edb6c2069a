import math

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.errors import ArgumentError
from dlrecipes.models import build_mlp, prior_bias
from dlrecipes.results import ClassTarget, DataSpec, ValueTarget


def spec(task, priors=(), mean=0.0, size=1000):
    classes = tuple(f"class {index}" for index in range(len(priors)))
    target = ClassTarget(class_names=classes, priors=priors, known=size)
    if task == "regression":
        target = ValueTarget(mean=mean)
    return DataSpec("test", (2,), "float32", "table", (target,), size)


@settings(deadline=None)
@given(st.floats(0.001, 0.999))
def test_binary_is_the_log_odds(p):
    (bias,) = prior_bias(spec("binary", (1 - p, p)))
    assert 1 / (1 + math.exp(-bias)) == pytest.approx(p)


@settings(deadline=None)
@given(st.lists(st.integers(1, 1000), min_size=3, max_size=8))
def test_softmax_gives_the_priors_back(counts):
    priors = np.asarray(counts) / np.sum(counts)
    bias = prior_bias(spec("multiclass", tuple(priors.tolist()), size=sum(counts)))
    np.testing.assert_allclose(np.exp(bias) / np.exp(bias).sum(), priors, rtol=1e-6)


def test_regression_is_the_mean():
    assert prior_bias(spec("regression", mean=152.1)) == [152.1]


def test_absent_class_is_half_an_example():
    bias = prior_bias(spec("multiclass", (0.5, 0.5, 0.0), size=100))
    assert bias[2] == pytest.approx(math.log(0.005))
    (bias,) = prior_bias(spec("binary", (1.0, 0.0), size=100))
    assert bias == pytest.approx(math.log(0.005))


def test_initial_loss_is_the_entropy():
    data = spec("binary", (0.998, 0.002))
    model = build_mlp((2,), data.outputs, output_bias=prior_bias(data))
    y = np.r_[np.zeros(998), np.ones(2)][:, None]
    loss = keras.losses.BinaryCrossentropy(from_logits=True)(y, model(np.zeros((1000, 2))))
    entropy = -(0.998 * math.log(0.998) + 0.002 * math.log(0.002))
    assert float(loss) == pytest.approx(entropy, rel=1e-4)
    assert float(loss) == pytest.approx(0.0144, abs=1e-4)


@pytest.mark.parametrize(
    ("task", "priors", "message"),
    [
        ("multiclass", (), r"one prior in \[0, 1\] .* Received: priors=\(\)"),
        ("multiclass", (1.2, -0.2), r"one prior in \[0, 1\] .* Received: priors=\(1\.2, -0\.2\)"),
    ],
)
def test_errors(task, priors, message):
    with pytest.raises(ArgumentError, match=message):
        prior_bias(spec(task, priors))
