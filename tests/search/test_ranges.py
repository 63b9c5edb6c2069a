import math
from dataclasses import replace

import pytest
from hypothesis import assume, given, strategies as st

from dlrecipes.errors import ArgumentError
from dlrecipes.results import Hyperparameter, Objective, TrialRecord
from dlrecipes.search.ranges import (
    EDGE,
    added_part,
    as_range,
    edge,
    narrow,
    position,
    ranges_of,
    rank,
    replace_ranges,
    widened,
)

OBJECTIVE = Objective("val_accuracy", "max")
RATE = Hyperparameter("rate", "float", 1e-4, 1e-1, log=True)
DROPOUT = Hyperparameter("dropout", "float", 0.0, 0.9, step=0.1)


@st.composite
def reversed_or_stepped(draw):
    """A range on a reversed log scale, or with steps on a log scale."""
    kind = draw(st.sampled_from(["int", "float"]))
    low = draw(st.integers(1, 50)) if kind == "int" else 10.0 ** draw(st.floats(-5, 2))
    if draw(st.booleans()):
        high = (
            low + draw(st.integers(1, 1000)) if kind == "int" else low * draw(st.floats(1.1, 1e5))
        )
        return Hyperparameter("x", kind, low, high, log=True, mirror=low + high)
    values = tuple(low * 2**at for at in range(draw(st.integers(2, 12))))
    return Hyperparameter("x", kind, low, values[-1], step=2, log=True, choices=values)


@st.composite
def numeric(draw):
    """A hyperparameter of any numeric kind, as a builder may declare it."""
    log = draw(st.booleans())
    if draw(st.sampled_from([True, False, False])):
        return draw(reversed_or_stepped())
    if draw(st.booleans()):
        low = draw(st.integers(1 if log else -50, 200))
        high = low + draw(st.integers(1, 1000))
        step = None if log else draw(st.sampled_from([None, None, 2, 5]))
        assume(step is None or high - low >= step)
        return Hyperparameter("x", "int", low, high, step=step, log=log)
    if log:
        low = 10.0 ** draw(st.floats(-8, 3))
        return Hyperparameter("x", "float", low, low * 10.0 ** draw(st.floats(0.01, 6)), log=True)
    low = draw(st.sampled_from([-1.0, 0.0, 0.05, 0.3]))
    step = draw(st.sampled_from([None, 0.1, 0.05, 0.3]))
    if step is None:
        return Hyperparameter("x", "float", low, low + draw(st.floats(0.01, 100)))
    # Not always a whole number of steps, as in KerasTuner.
    high = low + step * draw(st.integers(1, 30)) + draw(st.sampled_from([0.0, step / 3]))
    return Hyperparameter("x", "float", low, high, step=step)


def value_in(one, unit):
    """A value of the hyperparameter, about at `unit` of its range."""
    if one.choices:
        return one.choices[round(unit * (len(one.choices) - 1))]
    if one.mirror is not None:
        low, high = one.mirrored(one.high), one.mirrored(one.low)
        value = one.mirror - math.exp(math.log(low) + (1 - unit) * math.log(high / low))
    elif one.log:
        value = math.exp(math.log(one.low) + unit * math.log(one.high / one.low))
    else:
        value = one.low + unit * (one.high - one.low)
    if one.step and not one.choices:
        value = one.low + one.step * math.floor((value - one.low) / one.step + 1e-9)
    value = min(max(value, one.low), one.high)
    return min(max(round(value), one.low), one.high) if one.kind == "int" else value


def check_valid(one, origin):
    """What holds of every range, whatever was done to it."""
    assert one.low < one.high
    assert not one.log or one.low > 0 or one.mirror is not None
    if one.kind == "int":
        assert isinstance(one.low, int)
        assert isinstance(one.high, int)
    if one.mirror is not None:
        assert one.high < one.mirror
    if one.choices:
        assert {one.low, one.high} <= set(origin.choices)
    elif one.step:
        for end in (one.low, one.high):
            steps = (end - origin.low) / one.step
            assert math.isclose(steps, round(steps), abs_tol=1e-6)


def trial(number, value, score):
    return TrialRecord(
        "coarse", number, {"x": value}, "completed", score, 0, 1, {}, 0.0, 0, "float32", "fake"
    )


@given(numeric(), st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_narrowed_lies_inside_and_contains_the_best(one, units):
    records = [trial(at, value_in(one, unit), -at) for at, unit in enumerate(units)]
    (new,) = narrow((one,), records, OBJECTIVE)
    check_valid(new, one)
    assert one.low <= new.low < new.high <= one.high
    best = records[0].values["x"]
    assert (
        new.low <= best <= new.high or math.isclose(best, new.high) or math.isclose(best, new.low)
    )
    if not one.step and one.kind == "float":
        assert position(one, new.high) - position(one, new.low) >= 0.2 - 1e-9
    for top in records[: max(3, math.ceil(len(records) / 4))]:
        value = top.values["x"]
        assert new.low - 1e-9 * abs(new.low) <= value <= new.high + 1e-9 * abs(new.high)


@given(
    numeric(),
    st.sampled_from(["low", "high"]),
    st.booleans(),
    st.floats(0, 3),
    st.floats(0, 3),
)
def test_widened_contains_the_original_within_the_limits(one, side, limited, below, above):
    span = one.high - one.low
    limit = (one.low - below * span, one.high + above * span)
    new = widened(one, side, {"x": limit} if limited else {})
    if new is None:
        return
    check_valid(new, one)
    kept = one.low if side == "high" else one.high
    assert math.isclose(new.low if side == "high" else new.high, kept, abs_tol=one.step or 0)
    assert new.low <= one.low
    assert new.high >= one.high or (one.step and new.high > one.high - one.step)
    assert new.low < one.low or new.high > one.high
    if limited:
        assert limit[0] <= new.low
        assert new.high <= limit[1] or new.high == one.high
    else:
        assert one.log
    if one.log and one.mirror is None:
        assert new.high <= 10.0 * one.high * (1 + 1e-12)
        assert new.low >= 0.1 * one.low * (1 - 1e-12)
    part = added_part(one, new, side)
    check_valid(part, one)
    assert new.low <= part.low < part.high <= new.high
    assert (part.low if side == "low" else part.high) == (new.low if side == "low" else new.high)


@given(numeric(), st.floats(0, 1), st.floats(0, 1))
def test_position_is_monotone(one, first, second):
    low, high = sorted((value_in(one, first), value_in(one, second)))
    assert 0 <= position(one, low) <= position(one, high) <= 1
    assert (position(one, one.low), position(one, one.high)) == (0, 1)


@given(numeric(), st.floats(0, 1))
def test_edges_are_the_outer_tenths(one, unit):
    value = value_in(one, unit)
    where = position(one, value)
    side = edge(one, value)
    if where <= EDGE:
        natural = one.low in ((0, 1) if one.kind == "int" else (0,))
        assert side == (None if natural else "low")
    else:
        assert side == ("high" if where >= 1 - EDGE else None)


def test_position_is_on_the_own_scale():
    assert position(RATE, 1e-2) == pytest.approx(2 / 3)
    with pytest.raises(TypeError, match="rate has no position at 'x'"):
        position(RATE, "x")


@pytest.mark.parametrize(
    ("limit", "high"), [(0.95, None), (1.0, 1.0), (1.04, 1.0), (2.0, 1.3), (0.5, None)]
)
def test_widening_stays_on_the_grid_below_the_limit(limit, high):
    new = widened(DROPOUT, "high", {"dropout": (0.0, limit)})
    assert (new.high if new else None) == high


def test_widening_without_limits():
    assert widened(RATE, "low", {}).low == pytest.approx(1e-5)
    assert widened(RATE, "high", {}).high == pytest.approx(1.0)
    assert widened(DROPOUT, "high", {}) is None
    units = Hyperparameter("units", "int", 1, 64, log=True)
    assert widened(units, "high", {}).high == 128
    assert widened(units, "low", {}) is None


def test_a_reversed_log_range():
    kept = Hyperparameter("kept", "float", 0.01, 0.99, log=True, mirror=1.0)
    assert position(kept, 0.9) == pytest.approx(0.5, abs=2e-3)
    assert edge(kept, 0.985) == "high"
    assert widened(kept, "high", {}).high == pytest.approx(0.999)
    assert widened(kept, "low", {}) is None
    assert widened(kept, "high", {"kept": (0.0, 0.995)}).high == 0.995
    records = [trial(at, 0.9, -at) for at in range(4)]
    (new,) = narrow((replace(kept, name="x"),), records, OBJECTIVE)
    assert (new.low, new.high, new.mirror) == pytest.approx((0.842, 0.937, 1.0), abs=2e-3)
    with pytest.raises(ArgumentError, match=r"must end below 1, the sum .*\(0\.5, 1\)"):
        replace_ranges((kept,), {"kept": (0.5, 1.0)})


def test_steps_on_a_log_scale():
    units = Hyperparameter("x", "int", 4, 64, step=2, log=True, choices=(4, 8, 16, 32, 64))
    records = [trial(at, 32, -at) for at in range(4)]
    (new,) = narrow((units,), records, OBJECTIVE)
    assert new.grid == (16, 32, 64)
    assert widened(new, "low", {}).grid == (8, 16, 32, 64)
    assert widened(units, "high", {}) is None
    (chosen,) = replace_ranges((units,), {"x": (5, 40)})
    assert chosen.grid == (8, 16, 32)


def test_replaced_ranges():
    space = (RATE, DROPOUT, Hyperparameter("kind", "choice", choices=("a", "b")))
    new = replace_ranges(space, {"rate": (1e-3, 1e-2), "dropout": (0.15, 0.62)})
    assert ranges_of(new) == {"rate": (1e-3, 1e-2), "dropout": (0.2, 0.6)}
    assert ranges_of(space) == {"rate": (1e-4, 1e-1), "dropout": (0.0, 0.9)}


@pytest.mark.parametrize(
    ("ranges", "message"),
    [
        ({"rat": (0, 1)}, r"ranges\['rat'\].*Numeric hyperparameters here: rate, dropout"),
        ({"kind": (0, 1)}, r"must belong to a numeric.*ranges\['kind'\]"),
        ({"rate": (0, 1)}, r"low > 0 on a log scale.*ranges\['rate'\]=\(0, 1\)"),
        ({"dropout": (0.5, 0.1)}, r"low < high\. Received: ranges\['dropout'\]=\(0\.5, 0\.1\)"),
        ({"dropout": (0.51, 0.59)}, r"at least two of its values.*step=0\.1"),
    ],
)
def test_wrong_ranges(ranges, message):
    space = (RATE, DROPOUT, Hyperparameter("kind", "choice", choices=("a", "b")))
    with pytest.raises(ArgumentError, match=message):
        replace_ranges(space, ranges)


def test_ranking(record):
    records = [
        record(0, 0.5),
        record(1, 0.7, status="pruned"),
        record(2, 0.99, status="diverged"),
        record(3, None, status="failed"),
        record(4, 0.7),
        record(5, None),
    ]
    assert [one.number for one in rank(records, OBJECTIVE)] == [1, 4, 0]
    assert [one.number for one in rank(records, Objective("val_loss", "min"))] == [0, 1, 4]
    assert [one.number for one in rank(records, OBJECTIVE, diverged=True)] == [2, 1, 4, 0]


def test_narrowing_knows_whose_scope_a_value_is_from(record):
    """One name in two conditional scopes, each with a range of its own."""
    space = (
        Hyperparameter("optimizer", "choice", choices=("sgd", "adam")),
        Hyperparameter("rate", "float", 1e-2, 1.0, log=True, conditions=(("optimizer", ("sgd",)),)),
        Hyperparameter(
            "rate", "float", 1e-6, 1e-3, log=True, conditions=(("optimizer", ("adam",)),)
        ),
    )
    records = [
        record(at, 0.9 - at / 100, values={"optimizer": "adam", "rate": 1e-4 * 1.1**at})
        for at in range(4)
    ]
    _, sgd, adam = narrow(space, records, OBJECTIVE)
    assert sgd == space[1]
    assert 1e-6 < adam.low < 1e-4 < adam.high < 1e-3


def test_narrowing_around_trials_of_a_wider_range(record):
    records = [record(at, 0.9, values={"rate": 1.0 + at}) for at in range(4)]
    (new,) = narrow((RATE,), records, OBJECTIVE)
    assert RATE.low < new.low < new.high == RATE.high


def test_nothing_to_narrow_around(record):
    assert narrow((RATE,), [], OBJECTIVE) == (RATE,)
    failed = [record(0, None, status="failed", values={"rate": 1e-3})]
    assert narrow((RATE,), failed, OBJECTIVE) == (RATE,)


@pytest.mark.parametrize(
    ("values", "log"),
    [
        ([0.1, 0.05, 0.03, 0.01, 0.003, 0.001, 0.0005, 0.0001], True),
        ([0.5, 0.25, 0.75], False),
        ([1e-3, 1e-2, 1e-1], True),
        ([0.0, 0.1, 0.2, 0.5], False),
        ([-1.0, 0.0, 1.0], False),
    ],
)
def test_a_coarse_list_spans_a_range(values, log):
    listed = Hyperparameter("x", "choice", choices=tuple(values), ordered=True)
    found = as_range(listed)
    assert (found.low, found.high, found.log) == (min(values), max(values), log)
    assert found.numeric
    assert as_range(replace(listed, ordered=False)) is None
    (given,) = replace_ranges((listed,), {"x": (0.2, 0.4)})
    assert (given.low, given.high) == (0.2, 0.4)
