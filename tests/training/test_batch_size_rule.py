"""The rate of another batch size."""

import keras
import pytest
from hypothesis import given, strategies as st

from dlrecipes.errors import ArgumentError
from dlrecipes.training import scale_learning_rate


@given(st.floats(1e-6, 10), st.integers(1, 4096), st.integers(1, 4096), st.integers(1, 4096))
def test_going_there_over_another_size_is_the_same(rate, one, other, third):
    for optimizer in ("sgd", "adamw"):
        there = scale_learning_rate(
            rate, batch_size=other, base_batch_size=one, optimizer=optimizer
        )
        over = scale_learning_rate(
            there, batch_size=third, base_batch_size=other, optimizer=optimizer
        )
        straight = scale_learning_rate(
            rate, batch_size=third, base_batch_size=one, optimizer=optimizer
        )
        assert over == pytest.approx(straight)


def test_goyal_and_malladi():
    goyal = scale_learning_rate(
        0.1, batch_size=8192, base_batch_size=256, optimizer=keras.optimizers.SGD(momentum=0.9)
    )
    assert goyal == pytest.approx(3.2)  # arXiv:1706.02677, §5.1
    scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.RMSprop())
    assert scale_learning_rate(
        1e-3, batch_size=64, base_batch_size=4, optimizer=scaled
    ) == pytest.approx(4e-3)


@pytest.mark.parametrize(
    "optimizer", ["madam", None, 3, keras.optimizers.Adadelta(), keras.optimizers.SGD]
)
def test_an_optimizer_without_a_known_rule(optimizer):
    with pytest.raises(ArgumentError, match="rate is known to follow.*Received: optimizer="):
        scale_learning_rate(0.1, batch_size=64, base_batch_size=32, optimizer=optimizer)


def test_numbers_that_are_none():
    for name, value in (("rate", 0), ("batch_size", 0), ("base_batch_size", 1.5)):
        given = {"rate": 0.1, "batch_size": 2, "base_batch_size": 2, name: value}
        with pytest.raises(ArgumentError, match=f"`{name}`"):
            scale_learning_rate(**given, optimizer="sgd")
