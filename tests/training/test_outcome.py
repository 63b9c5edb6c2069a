import math

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, strategies as st

from dlrecipes.results import Objective, Stopping
from dlrecipes.training.outcome import BestEpoch, headline, log_value

MAXIMIZE, MINIMIZE = Objective("val_accuracy", "max"), Objective("val_loss", "min")
scores = st.lists(
    st.one_of(st.integers(0, 4).map(float), st.sampled_from([math.nan, math.inf, -math.inf])),
    max_size=30,
)


@given(scores, st.sampled_from([MAXIMIZE, MINIMIZE]), st.one_of(st.none(), st.integers(1, 6)))
def test_against_a_naive_one(curve, objective, patience):
    watch = BestEpoch(objective, Stopping(patience))
    pick = max if objective.direction == "max" else min
    last_better = -1
    for epoch, score in enumerate(curve):
        finite = [one for one in curve[:epoch] if math.isfinite(one)]
        strictly = math.isfinite(score) and (not finite or objective.better(score, pick(finite)))
        tie = math.isfinite(score) and bool(finite) and score == pick(finite)
        assert watch.update(epoch, score) == (strictly or tie)
        last_better = epoch if strictly else last_better
        seen = [one for one in curve[: epoch + 1] if math.isfinite(one)]
        if seen:
            best = pick(seen)
            assert watch.score == best
            # The last of equal ones.
            assert watch.epoch == max(at for at in range(epoch + 1) if curve[at] == best)
        else:
            assert (watch.epoch, watch.score) == (None, None)
        assert watch.should_stop == (patience is not None and epoch - last_better >= patience)


@given(
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=20),
    st.sampled_from([MAXIMIZE, MINIMIZE]),
    st.integers(0, 3),
    st.integers(0, 3),
)
def test_least_improvement_and_highest_loss_by_hand(epochs, objective, delta, highest):
    """The score as Keras' `EarlyStopping` takes it, the loss as a loop over its curve."""
    patience = Stopping(2, min_delta=delta)
    watch, by_loss = (
        BestEpoch(objective, patience),
        BestEpoch(objective, Stopping(None, 0, highest)),
    )
    sign = 1 if objective.direction == "max" else -1
    best, waited, lowest = -math.inf, 0, math.inf
    for epoch, (score, loss) in enumerate(epochs):
        watch.update(epoch, float(score), float(loss))
        by_loss.update(epoch, float(score), float(loss))
        if sign * score - delta > best:
            best, waited = sign * score, 0
        else:
            waited += 1
        lowest = min(lowest, loss)
        assert watch.should_stop == (waited >= 2)
        assert by_loss.should_stop == (loss > lowest + highest)
        assert watch.score == sign * max(sign * one for one, _ in epochs[: epoch + 1])


def test_a_loss_that_is_no_number_is_no_rise():
    watch = BestEpoch(MAXIMIZE, Stopping(max_loss_rise=0.25))
    for epoch, loss in enumerate([1.0, math.nan, None, 1.25]):
        watch.update(epoch, 0.5, loss)
        assert not watch.should_stop
    watch.update(4, 0.6, 1.5)
    assert watch.should_stop


@pytest.mark.parametrize("objective", [MAXIMIZE, MINIMIZE])
def test_a_first_epoch_without_a_number_is_not_kept(objective):
    watch = BestEpoch(objective)
    assert not watch.update(0, math.nan)
    assert watch.update(1, 0.5)
    assert not watch.update(2, math.nan)
    assert (watch.epoch, watch.score) == (1, 0.5)
    assert not watch.should_stop


@pytest.mark.parametrize("value", [0.5, np.float32(0.5), np.array([0.5]), tf.constant([[0.5]])])
def test_one_number(value):
    assert log_value(value) == 0.5


def test_several():
    with pytest.raises(ValueError, match="reshape"):
        log_value([0.5, 0.5])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("no such layer", "no such layer"),
        ("\n  first \nsecond", "first"),
        ("", ""),
        (
            "Exception encountered when calling Dense.call().\n\n\x1b[1mWrong shape\x1b[0m\n\n"
            "Arguments received by Dense.call():\n  • inputs=3",
            "Wrong shape",
        ),
        ("Exception encountered when calling A.call().", "Exception encountered when calling A"),
        ("x" * 1000, "x" * 300),
    ],
)
def test_headline(text, line):
    assert headline(ValueError(text)).startswith(line)
    assert len(headline(ValueError(text))) <= 300
