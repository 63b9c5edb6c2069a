"""Results to JSON and back."""

import dataclasses
import json
import math
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from dlrecipes import results
from dlrecipes.errors import ArgumentError, RunError
from dlrecipes.results import dump_json, parse_json

KINDS = [
    kind
    for name in results.__all__
    # None is written to a file as it is: a goal and a penalty are written as text.
    if dataclasses.is_dataclass(kind := getattr(results, name))
    and name not in ("GapPenalty", "RunSettings", "ThresholdGoal")
]
FINITE = st.floats(allow_nan=False, allow_infinity=False)
st.register_type_strategy(float, FINITE)
VALUES = st.none() | st.booleans() | st.integers(-99, 99) | FINITE | st.text(max_size=9)


# Hypothesis gives up examples that grow too large, and it takes long until it does.
def _few(kind):
    *inner, last = get_args(kind)
    if last is not Ellipsis:
        return st.tuples(*map(st.from_type, (*inner, last)))
    return st.lists(st.deferred(lambda: st.from_type(inner[0])), max_size=2).map(tuple)


st.register_type_strategy(tuple, _few)
st.register_type_strategy(
    dict, lambda kind: st.dictionaries(*map(st.from_type, get_args(kind)), max_size=2)
)


@st.composite
def _range(draw):
    low = draw(st.floats(-1e6, 1e6))
    return low, low + draw(st.floats(1.0, 1e6))


@st.composite
def _stage(draw):
    from dlrecipes.results import plan

    return results.Stage(
        name=draw(st.text(min_size=1).filter(lambda name: "/" not in name)),
        trials=draw(st.integers(0, 1000)),
        epochs=draw(st.integers(1, 1000)),
        sampler=draw(st.sampled_from(plan.SAMPLERS)),
        pruner=draw(st.sampled_from(plan.PRUNERS)),
        ranges=draw(st.dictionaries(st.text(), _range(), max_size=2)),
        first=tuple(
            draw(st.lists(st.dictionaries(st.text(), VALUES, min_size=1, max_size=2), max_size=2))
        ),
        priors=draw(st.dictionaries(st.text(), st.from_type(results.Prior), max_size=2)),
        narrow=draw(st.booleans()),
        widen=draw(st.booleans()),
    )


@st.composite
def _plan(draw):
    return results.Plan(
        stages=tuple(
            draw(st.lists(_stage(), min_size=1, max_size=2, unique_by=lambda stage: stage.name))
        ),
        batch_size=draw(st.integers(1, 1000)),
        refit_seeds=draw(st.integers(1, 9)),
        refit_epochs=draw(st.none() | st.integers(1, 99)),
        patience=draw(st.none() | st.integers(1, 99)),
        min_delta=draw(st.floats(0, 9)),
        max_loss_rise=draw(st.none() | st.floats(0, 9)),
        limits=draw(st.dictionaries(st.text(), _range(), max_size=2)),
    )


_settings = st.builds(
    results.RunSettings,
    engine=st.sampled_from(["auto", "fit", "population", "resident"]),
    precision=st.sampled_from(["auto", "float32"]),
    storage=st.none() | st.just("sqlite:///trials.db"),
    seed=st.integers(0, 2**31 - 1),
    minutes=st.none() | st.floats(0.1, 1e3),
    folds=st.none() | st.integers(2, 9),
    threshold=st.none() | st.just("f1"),
    ensemble=st.integers(0, 9),
    sealed=st.none() | st.booleans(),
    baseline_seconds=st.floats(0.1, 1e3),
)
st.register_type_strategy(results.RunSettings, _settings)
st.register_type_strategy(
    results.Stopping,
    st.builds(
        results.Stopping,
        patience=st.none() | st.integers(1, 99),
        min_delta=st.floats(0, 9),
        max_loss_rise=st.none() | st.floats(0, 9),
    ),
)
_size = st.builds(
    results.StageSize,
    name=st.text(),
    trials=st.integers(0, 99),
    epochs=st.integers(1, 99),
    spent=st.floats(0, 1e4),
    until=st.floats(0, 1e4),
)
_time_plan = st.builds(
    results.TimePlan,
    sizes=st.lists(_size, max_size=2, unique_by=lambda size: size.name).map(tuple),
    keep_epochs=st.booleans(),
    within_plan=st.booleans(),
    seconds=st.none() | st.floats(0.1, 1e4),
    given=st.integers(0, 9),
)
st.register_type_strategy(results.StageSize, _size)
st.register_type_strategy(results.TimePlan, _time_plan)
_prior = st.builds(results.Prior, VALUES, st.floats(0.01, 1.0))
st.register_type_strategy(results.Prior, _prior)
st.register_type_strategy(results.Stage, _stage())
st.register_type_strategy(results.Plan, _plan())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_round_trip(kind, data):
    result = data.draw(st.from_type(kind))
    text = dump_json(result)
    back = parse_json(kind, text, source="memory")
    assert back == result
    assert type(back) is kind
    assert dump_json(back) == text
    assert json.loads(text) is not None


@pytest.mark.parametrize("value", [1, 1.0, True, False, None, "1", "", "true", 1e300, 2**70])
def test_values_keep_their_kind(value):
    change = results.PlanChange(hyperparameter="units", add_value=value)
    back = parse_json(results.PlanChange, dump_json(change), source="memory").add_value
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_becomes_null(value):
    record = results.TrialRecord("coarse", 0, {}, "failed", seconds=value, history={"loss": [1.0]})
    assert json.loads(dump_json(record))["seconds"] is None


def test_gaps_in_a_curve_survive():
    record = results.TrialRecord("coarse", 0, {}, "diverged", history={"loss": [1.0, None]})
    assert parse_json(results.TrialRecord, dump_json(record), source="x").history == record.history


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"run\.json must hold a Objective.*Received: Invalid JSON.*another version"),
        ("[]", r"run\.json must hold a Objective"),
        ('{"name": "loss"}', r"Received: direction: Field required"),
        ('{"name": "loss", "direction": "up"}', r"Received: direction: .*'max' or 'min'"),
    ],
)
def test_damaged_text(text, message):
    with pytest.raises(RunError, match=message):
        parse_json(results.Objective, text, source="run.json")


def test_invalid_plan_in_a_file():
    text = dump_json(results.Plan((results.Stage("a", 1, 1),))).replace(
        '"epochs": 1', '"epochs": 0'
    )
    with pytest.raises((RunError, ArgumentError), match="`epochs` must be an integer"):
        parse_json(results.Plan, text, source="run.json")
