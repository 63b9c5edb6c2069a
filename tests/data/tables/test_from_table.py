import numpy as np
import pandas as pd
import pytest

from dlrecipes.data import ColumnRules, SplitRule, audit, from_table
from dlrecipes.data.parts.sealed_split import _peek
from dlrecipes.errors import ArgumentError, DataError


@pytest.fixture
def people():
    """300 rows: a number, a category, a group, a time, a part, two targets."""
    generator = np.random.default_rng(0)
    rows = 300
    age = generator.normal(40, 10, rows).round(1)
    return pd.DataFrame(
        {
            "age": np.where(generator.random(rows) < 0.05, np.nan, age),
            "job": generator.choice(["clerk", "cook", None], rows),
            "family": [f"f{at % 40}" for at in range(rows)],
            "day": pd.date_range("2024-01-01", periods=rows).strftime("%Y-%m-%d"),
            "part": np.array(["train", "train", "validation", "test"])[np.arange(rows) % 4],
            "left": np.where(age > 40, "yes", "no"),
            "pay": age * 10,
        }
    ).sample(frac=1, random_state=0, ignore_index=True)


def parts(splits):
    return {"train": splits.train, "validation": splits.validation, "test": _peek(splits.test)}


def test_by_chance(people):
    splits = from_table(people, "left", column_rules=ColumnRules(drop=["pay", "part", "family"]))
    assert {name: len(part) for name, part in parts(splits).items()} == {
        "train": 180,
        "validation": 60,
        "test": 60,
    }
    assert splits.raw_spec.task == "binary"
    assert splits.raw_spec.target.class_names == ("no", "yes")
    assert {column.name: column.kind for column in splits.raw_spec.columns} == {
        "age": "number",
        "job": "category",
        "day": "date",
    }
    ids = np.concatenate([part.ids for part in parts(splits).values()])
    assert sorted(ids.tolist()) == list(range(300))
    # ---- rows stay together with their targets
    for part in parts(splits).values():
        row = people.iloc[int(part.ids[0])]
        assert part.x["day"][0].startswith(row["day"])
        assert splits.raw_spec.target.class_names[part.y[0]] == row["left"]


def test_copies_stay_in_one_part(people):
    inputs = people.drop(columns=["pay", "part", "family"])
    doubled = pd.concat([inputs, inputs.head(100)], ignore_index=True)
    found = parts(from_table(doubled, "left")).values()
    rows = [set(map(tuple, doubled.iloc[part.ids].astype("str").to_numpy())) for part in found]
    assert sum(map(len, rows)) == len(set.union(*rows))
    assert sum(len(part) for part in found) == 400


def test_by_group(people):
    splits = from_table(people, "left", split_rule=SplitRule(group="family"))
    groups = [set(part.groups) for part in parts(splits).values()]
    assert groups[0] | groups[1] | groups[2] == set(people["family"])
    assert sum(map(len, groups)) == people["family"].nunique()
    assert "family" not in splits.train.x.names


def test_by_time(people):
    splits = from_table(
        people,
        "pay",
        split_rule=SplitRule(time="day", gap="10D"),
        column_rules=ColumnRules(drop=["left"]),
    )
    days = [pd.to_datetime(part.time) for part in parts(splits).values()]
    assert (days[1].min() - days[0].max()).days > 10
    assert (days[2].min() - days[1].max()).days > 10
    assert splits.raw_spec.task == "regression"
    assert splits.raw_spec.target.mean == pytest.approx(splits.train.y.mean(), rel=1e-6)


def test_by_a_column(people):
    splits = from_table(people, "left", split_rule=SplitRule(part="part"))
    for name, part in parts(splits).items():
        assert set(people["part"].iloc[part.ids.astype(int)]) == {name}
    assert "part" not in splits.train.x.names


def test_an_official_test_part(people):
    test = people.head(50).copy()
    test["left"] += "."
    test.loc[0, "job"] = "pilot"
    splits = from_table(people.tail(250), "left", test=test, column_rules=ColumnRules(drop=["pay"]))
    assert len(splits.test) == 50
    assert len(splits.train) + len(splits.validation) == 250
    held_out = _peek(splits.test)
    names = splits.raw_spec.target.class_names
    assert [names[index] for index in held_out.y] == people["left"][:50].tolist()
    assert held_out.x["job"][0] == "pilot"
    assert held_out.ids[0] == "test 0"


def test_an_official_test_part_and_time(people):
    splits = from_table(
        people,
        "pay",
        test=people.head(20),
        split_rule=SplitRule(time="day"),
        column_rules=ColumnRules(drop=["left"]),
    )
    days = [pd.to_datetime(part.time) for part in (splits.train, splits.validation)]
    assert days[0].max() < days[1].min()
    assert (len(splits.train), len(splits.validation)) == (240, 60)


@pytest.mark.parametrize(
    ("target", "split"),
    [("left", {}), ("left", {"group": "family"}), ("pay", {"time": "day"})],
)
def test_without_a_test_part_all_rows_train_and_validate(people, target, split):
    drop = [{"left": "pay", "pay": "left"}[target], "part"]
    splits = from_table(
        people,
        target,
        split_rule=SplitRule(test_fraction=0, validation_fraction=0.25, **split),
        column_rules=ColumnRules(drop=drop),
    )
    assert len(splits.test) == 0
    found = [splits.train, splits.validation]
    assert sorted(np.concatenate([part.ids for part in found]).tolist()) == list(range(300))
    assert len(splits.validation) == pytest.approx(75, abs=5)
    if split.get("group"):
        assert not set(found[0].groups) & set(found[1].groups)
    if split.get("time"):
        assert max(found[0].time) < min(found[1].time)
    found = {one.name for one in audit(splits)}
    assert {"duplicates", "missing values", "drift"} <= found


def test_no_test_part_beside_others_that_are_given(people):
    rule = SplitRule(test_fraction=0, part="part")
    by_part = from_table(people, "left", split_rule=rule)
    assert len(by_part.test) == (people["part"] == "test").sum()
    official = from_table(people, "left", test=people[:50], split_rule=SplitRule(test_fraction=0))
    assert (len(official.test), len(official.train)) == (50, 240)


@pytest.mark.parametrize(
    "wrong",
    [{"test_fraction": False}, {"test_fraction": -0.1}, {"validation_fraction": 1.0}],
)
def test_shares_without_a_test_part(people, wrong):
    with pytest.raises(ArgumentError, match=f"`{next(iter(wrong))}` must be"):
        from_table(people, "left", split_rule=SplitRule(**{"test_fraction": 0, **wrong}))


def test_only_the_seed_moves_rows(people):
    one = from_table(people, "left", split_rule=SplitRule(split_seed=1))
    same = from_table(people, "left", split_rule=SplitRule(split_seed=1))
    other = from_table(people, "left", split_rule=SplitRule(split_seed=2))
    assert one.test.fingerprint == same.test.fingerprint
    assert one.test.fingerprint != other.test.fingerprint


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (None, {"target": "gone"}, r"target='gone'. The columns are 'age'"),
        (None, {"split_rule": SplitRule(group="gone")}, "group='gone'"),
        (None, {"column_rules": ColumnRules(drop=["gone"])}, r"drop\[0\]='gone'"),
        (None, {"column_rules": ColumnRules(kinds={"gone": "number"})}, "gone"),
        (lambda t: t.assign(left=None), {}, "must have a target.*300 rows without 'left'"),
        (lambda t: t[["family", "left"]].assign(family=range(300)), {}, "one column to learn from"),
        (lambda t: t.assign(left="yes"), {}, "at least two classes"),
        (lambda t: t.assign(age=[*[1.0] * 299, np.inf]), {}, "finite numbers"),
        (None, {"test": pd.DataFrame({"age": [1.0]})}, "a test table without 'job'"),
        (None, {"split_rule": SplitRule(time="job")}, "numbers or dates"),
        (
            lambda t: t,
            {"test": pd.DataFrame(), "split_rule": SplitRule(part="part")},
            "a test table and",
        ),
        (None, {"split_rule": SplitRule(part="family")}, "f0"),
    ],
)
def test_wrong_tables(people, change, options, message):
    with pytest.raises((DataError, ArgumentError), match=message):
        from_table(people if change is None else change(people), **{"target": "left", **options})


def test_unknown_labels_in_the_test_part(people):
    test = people.head(9).assign(left="perhaps")
    with pytest.raises(DataError, match="labels must be those of the training table.*'perhaps'"):
        from_table(people, "left", test=test)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"group": "a", "time": "b"}, "group='a', time='b'"),
        ({"gap": "7D"}, "gap='7D' without `time`"),
    ],
)
def test_wrong_drawings(options, message):
    with pytest.raises(ArgumentError, match=message):
        SplitRule(**options)


def test_a_gap_that_is_no_duration(people):
    with pytest.raises(ArgumentError, match="gap='a while'"):
        from_table(people, "left", split_rule=SplitRule(time="day", gap="a while"))


def test_a_table_needs_preprocessing(people):
    splits = from_table(people, "left")
    with pytest.raises(DataError, match="A table must be preprocessed"):
        splits.development()


def test_the_class_that_is_looked_for(people):
    usual = from_table(people, "left", column_rules=ColumnRules(drop=["pay", "part", "family"]))
    turned = from_table(
        people, "left", positive="no", column_rules=ColumnRules(drop=["pay", "part", "family"])
    )
    assert turned.raw_spec.target.class_names == ("yes", "no")
    for part in parts(turned).values():
        labels = [turned.raw_spec.target.class_names[label] for label in part.y]
        assert labels == people["left"][part.ids].tolist()
    assert turned.raw_spec.target.priors == pytest.approx(
        usual.raw_spec.target.priors[::-1], abs=0.02
    )
    with pytest.raises(DataError, match=r"positive='maybe'.*The classes are 'no', 'yes'"):
        from_table(people, "left", positive="maybe")
