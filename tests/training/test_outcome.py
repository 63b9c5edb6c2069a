import math

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, strategies as st

from dlrecipes.results import Objective
from dlrecipes.training.outcome import BestEpoch, headline, log_value

MAXIMIZE, MINIMIZE = Objective("val_accuracy", "max"), Objective("val_loss", "min")
scores = st.lists(
    st.one_of(st.integers(0, 4).map(float), st.sampled_from([math.nan, math.inf, -math.inf])),
    max_size=30,
)


@given(scores, st.sampled_from([MAXIMIZE, MINIMIZE]), st.one_of(st.none(), st.integers(1, 6)))
def test_against_a_naive_one(curve, objective, patience):
    watch = BestEpoch(objective, patience)
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
        assert watch.exhausted == (patience is not None and epoch - last_better >= patience)


@pytest.mark.parametrize("objective", [MAXIMIZE, MINIMIZE])
def test_a_first_epoch_without_a_number_is_not_kept(objective):
    watch = BestEpoch(objective)
    assert not watch.update(0, math.nan)
    assert watch.update(1, 0.5)
    assert not watch.update(2, math.nan)
    assert (watch.epoch, watch.score) == (1, 0.5)
    assert not watch.exhausted


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
