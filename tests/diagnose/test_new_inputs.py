"""New inputs like those of training pass; others are named."""

import numpy as np
import pytest

from dlrecipes.data import Columns, Split
from dlrecipes.diagnose import check_new_inputs, describe_inputs
from dlrecipes.results import ClassTarget, Column, DataSpec, TrainingStatistics
from dlrecipes.results.serialize import dump_json, parse_json

KINDS = {"age": "number", "pay": "number", "rooms": "number", "town": "category", "note": "text"}


def make_spec(shape=(5,), kind="table", columns=True):
    named = tuple(Column(name, of) for name, of in KINDS.items()) if columns else ()
    target = ClassTarget(class_names=("no", "yes"))
    return DataSpec("made", shape, "float32", kind, (target,), 10, columns=named)


def people(rows, seed=0, **changed):
    generator = np.random.default_rng(seed)
    age = generator.normal(40, 10, rows)
    columns = {
        "age": np.where(generator.random(rows) < 0.1, np.nan, age),
        "pay": generator.lognormal(8, 1, rows),
        "rooms": generator.poisson(2, rows).astype(float),
        "town": generator.choice(
            [*(f"t{at}" for at in range(80)), ""], rows, p=np.r_[np.full(80, 0.95 / 80), 0.05]
        ).astype(object),
        "note": np.array([f"a note {at}" for at in range(rows)], dtype=object),
    }
    return Columns(columns | changed)


def described(rows=2000, **parts):
    train = Split(people(rows), np.zeros(rows, dtype=int), **parts)
    return describe_inputs(train, make_spec())


def unlike(statistics, x, spec=None):
    finding = check_new_inputs(statistics, x, spec or make_spec())
    assert (finding.severity == "warning") == bool(finding.evidence)
    return list(finding.evidence)


@pytest.mark.parametrize("rows", [1, 29, 30, 100, 1000, 20_000])
@pytest.mark.parametrize("trained", [60, 2000])
def test_rows_like_those_of_training_give_no_alarm(rows, trained):
    statistics = described(trained)
    draws = 3 if rows > 1000 else 30
    alarms = sum(bool(unlike(statistics, people(rows, seed=1 + at))) for at in range(draws))
    assert alarms <= 1


def test_a_small_difference_in_many_rows_is_no_alarm():
    statistics = described(20_000)
    pay = people(50_000, seed=1)["pay"] * 1.1
    assert unlike(statistics, people(50_000, seed=1, pay=pay)) == []


@pytest.mark.parametrize("rows", [50, 1000])
def test_columns_that_differ_are_named_the_worst_first(rows):
    generator = np.random.default_rng(3)
    changed = {
        "age": generator.normal(60, 10, rows),
        "town": np.full(rows, "t1", dtype=object),
        "rooms": np.full(rows, 2.0),
    }
    found = unlike(described(), people(rows, seed=1, **changed))
    assert sorted(found) == ["age", "rooms", "town"]
    finding = check_new_inputs(described(), people(rows, seed=1, **changed), make_spec())
    assert list(finding.evidence.values()) == sorted(finding.evidence.values(), reverse=True)
    assert f"in 3 inputs: {found[0]!r}" in finding.verdict


def test_groups_count_once():
    """Rows of few groups are alike, and differ from training by the luck of their groups."""
    generator = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), 50)
    level = generator.normal(size=1000)
    x = Columns({"age": level[:40][groups] + 0.1 * generator.normal(size=2000)})
    train = Split(x, np.zeros(2000, dtype=int), groups=groups)
    statistics = describe_inputs(train, make_spec())
    new = Columns({"age": level[500] + 0.1 * generator.normal(size=500)})
    assert unlike(statistics, new) == []


def test_copies_that_balance_the_classes_count_once():
    rows = np.r_[np.arange(1000), np.repeat(np.arange(10), 100)]
    whole = Split(people(1000), np.zeros(1000, dtype=int), ids=np.arange(1000))
    again = describe_inputs(whole.pick(rows), make_spec())
    assert again == describe_inputs(whole, make_spec())


def test_the_order_of_time_is_not_compared():
    assert described(100, time=np.arange(100)) is None


def test_the_index_is_that_of_its_formula():
    """Against NumPy, on bins that need not be joined: sum of (q - p) log(q / p)."""
    generator = np.random.default_rng(0)
    before, now = generator.normal(size=100_000), generator.normal(1, 1, size=100_000)
    spec = make_spec((1,), columns=False)
    train = Split(before[:, None], np.zeros(len(before), dtype=int))
    finding = check_new_inputs(describe_inputs(train, spec), now[:, None], spec)
    edges = np.quantile(before, np.arange(1, 20) / 20)
    p, q = (np.bincount(np.searchsorted(edges, v), minlength=20) / 1e5 for v in (before, now))
    assert finding.evidence["feature 0"] == pytest.approx(((q - p) * np.log(q / p)).sum(), abs=0.01)
    # Of two normal distributions one apart it is 1, a little less by bins.
    assert finding.evidence["feature 0"] == pytest.approx(1.0, abs=0.1)


def images(rows, seed=0, scale=255.0, brighter=0.0):
    generator = np.random.default_rng(seed)
    level = generator.uniform(0.2, 0.6, (rows, 1, 1, 1)) + brighter
    return (level + 0.2 * generator.uniform(-1, 1, (rows, 8, 8, 3))) * scale


@pytest.mark.parametrize(("trained", "given"), [(255.0, 1.0), (1.0, 255.0)])
def test_a_single_image_on_another_scale_is_told(trained, given):
    spec = make_spec((8, 8, 3), "image", columns=False)
    train = Split(images(200, scale=trained), np.zeros(200, dtype=int))
    statistics = describe_inputs(train, spec)
    assert unlike(statistics, images(1, 1, given), spec) == ["low", "high"]
    assert unlike(statistics, images(1, 1, trained), spec) == []
    assert unlike(statistics, np.zeros((1, 8, 8, 3)), spec) == []
    assert unlike(statistics, images(50, 1, trained), spec) == []
    found = unlike(statistics, images(50, 1, trained, brighter=0.3), spec)
    assert sorted(found) == [f"mean of channel {at}" for at in range(3)]


def test_it_is_kept_as_text():
    statistics = described(100)
    text = dump_json(statistics)
    assert parse_json(TrainingStatistics, text, source="here") == statistics
    assert len(text) < 20_000
