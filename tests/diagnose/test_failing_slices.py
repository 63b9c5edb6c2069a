"""A slice that nobody named is found, and none that is not there."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.data import Columns
from dlrecipes.diagnose import find_failing_slices
from dlrecipes.errors import ArgumentError


def table(rng, rows=2000):
    return {
        "age": rng.normal(40, 10, rows),
        "pay": rng.lognormal(8, 1, rows),
        "town": rng.choice(["Oslo", "Rome", "Bern"], rows).astype(object),
        "shop": rng.choice([f"s{at}" for at in range(20)], rows).astype(object),
    }


def plant(rng, columns, kind):
    """Return which rows are in a slice of a twentieth, told by `columns`, and what names it."""
    rows = len(columns["age"])
    age = columns["age"]
    if kind == "end":
        return age >= np.quantile(age, 0.95), "age ≥ "
    inside = rng.random(rows) < 0.05
    if kind == "gap":
        columns["age"] = np.where(inside, np.nan, age)
        return inside, "age is missing"
    if kind == "pair":
        inside = (columns["town"] == "Oslo") & (columns["pay"] > np.quantile(columns["pay"], 0.8))
        return inside, "pay"
    columns["town"] = np.where(inside, "Narvik", columns["town"])
    return inside, "town = 'Narvik'"


def finds(kind, seed):
    rng = np.random.default_rng(seed)
    columns = table(rng)
    inside, name = plant(rng, columns, kind)
    wrong = rng.random(len(inside)) < np.where(inside, 0.3, 0.1)
    finding = find_failing_slices(columns, wrong)
    return finding.severity == "warning" and name in finding.evidence["slices"][0]


@pytest.mark.parametrize("kind", ["value", "gap", "end", "pair"])
def test_a_slice_20_points_less_accurate_is_found(kind):
    assert sum(finds(kind, seed) for seed in range(5)) >= 4


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind",
    ["value", "pair", *(pytest.param(one, marks=pytest.mark.exhaustive) for one in ("gap", "end"))],
)
def test_it_is_found_in_9_of_10_draws(kind):
    assert sum(finds(kind, seed) for seed in range(5, 45)) >= 36


def losses(kind, rng, rows):
    return {
        "mistakes": rng.random(rows) < 0.1,
        "heavy": rng.standard_t(1.5, rows) ** 2,
        "log": -np.log(rng.beta(5, 1, rows)),
    }[kind]


@pytest.mark.parametrize("kind", ["mistakes", "heavy", "log"])
@pytest.mark.parametrize("rows", [120, 1000])
def test_chance_makes_no_slice(kind, rows):
    alarms = 0
    for seed in range(20 if rows == 120 else 8):
        rng = np.random.default_rng(seed)
        finding = find_failing_slices(table(rng, rows), losses(kind, rng, rows))
        alarms += finding.severity != "info"
    assert alarms <= 2  # 4 % are expected


def test_what_the_model_knows_is_information():
    """Where classes meet mistakes are many, and the model says so with its confidence."""
    rng = np.random.default_rng(0)
    columns = table(rng)
    margin = (columns["age"] - 40) / 5
    probability = 1 / (1 + np.exp(-margin))
    wrong = (rng.random(2000) < probability) != (probability > 0.5)
    sure = np.maximum(probability, 1 - probability)
    finding = find_failing_slices(columns, wrong, confidence=sure)
    assert finding.severity == "info"
    assert "age" in finding.evidence["slices"][0]
    assert find_failing_slices(columns, wrong).severity == "warning"
    odd = columns["town"] == "Bern"  # and a slice that it does not know is told all the same
    wrong = np.where(odd & (rng.random(2000) < 0.3), True, wrong)
    finding = find_failing_slices(columns, wrong, confidence=sure)
    assert (finding.severity, finding.evidence["slices"][0]) == ("warning", "town = 'Bern'")


def test_numbers_are_those_of_the_rows():
    rng = np.random.default_rng(0)
    columns = table(rng)
    inside, _ = plant(rng, columns, "value")
    off = rng.exponential(np.where(inside, 3.0, 1.0))
    finding = find_failing_slices(columns, off)
    assert finding.evidence["slices"] == ["town = 'Narvik'"]
    worse, others = off[inside].mean(), off[~inside].mean()
    assert finding.evidence["town = 'Narvik'"] == (
        f"{inside.sum()} examples, mean loss {worse:.4g}"
    )
    assert finding.evidence["all others"].endswith(f"mean loss {others:.4g}")
    # The same, whatever holds the columns.
    for same in (pd.DataFrame(columns), Columns(columns)):
        assert find_failing_slices(same, off) == finding


def test_two_slices_and_not_their_shadows():
    rng = np.random.default_rng(0)
    columns = table(rng)
    columns["copy"] = columns["town"]
    first, second = columns["town"] == "Rome", columns["shop"] == "s7"
    wrong = rng.random(2000) < np.where(first, 0.4, np.where(second, 0.9, 0.05))
    slices = find_failing_slices(columns, wrong).evidence["slices"]
    assert sorted(slices, key=len) in (
        ["shop = 's7'", "copy = 'Rome'"],
        ["shop = 's7'", "town = 'Rome'"],
    )


def test_dates_booleans_and_mixed_columns():
    rng = np.random.default_rng(0)
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(1000), unit="D")
    frame = pd.DataFrame({"day": days, "flag": rng.random(1000) < 0.2, "mixed": [1, "a"] * 500})
    late = find_failing_slices(frame, np.arange(1000) >= 900).evidence["slices"]
    assert late == ["day ≥ 2026-06-19"]
    assert find_failing_slices(frame, frame["flag"]).evidence["slices"] == ["flag = 'True'"]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.1, 1e3))
def test_the_scale_of_losses_does_not_matter(seed, factor):
    rng = np.random.default_rng(seed)
    columns, off = table(rng, 300), rng.exponential(size=300)
    off = np.where(columns["town"] == "Rome", 2 * off, off)
    first, second = (find_failing_slices(columns, off * by) for by in (1.0, factor))
    assert first.evidence.get("slices") == second.evidence.get("slices")


def test_few_rows_equal_losses_and_one_category():
    assert "too few" in find_failing_slices({"a": np.arange(20.0)}, np.ones(20)).verdict
    assert "equally well" in find_failing_slices({"a": np.arange(200.0)}, np.ones(200)).verdict
    same = find_failing_slices({"a": ["x"] * 200}, np.arange(200.0))
    assert (same.severity, same.evidence["conditions tried"]) == ("info", 0)


@pytest.mark.parametrize(
    ("columns", "off", "message"),
    [
        ([1, 2], np.ones(2), "`columns` must be a data frame, or a dictionary .*Received: list"),
        ({}, np.ones(2), "at least one column"),
        ({"a": [1, 2], "b": [1]}, np.ones(2), "same length.*a: 2, b: 1"),
        ({"a": np.ones((2, 2))}, np.ones(2), r"one value an example.*a of shape \(2, 2\)"),
        ({"a": [1.0, 2.0]}, [1.0, np.nan], "one finite number.*nan in 1 example"),
        ({"a": [1.0, 2.0]}, [1.0], r"one finite number.*shape \(1,\) for 2 examples"),
        ({"a": [1.0, 2.0]}, ["yes", "no"], "`losses` must be one finite number"),
    ],
)
def test_what_cannot_be_searched(columns, off, message):
    with pytest.raises(ArgumentError, match=message):
        find_failing_slices(columns, off)
