"""Several targets: what each is, where it is known, and how they get through splits and audit."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.data import (
    ColumnRules,
    SplitRule,
    audit,
    draw_folds,
    from_arrays,
    from_table,
    keras_targets,
    load_table,
    start_small,
    target_development,
    target_part,
)
from dlrecipes.data.parts.inputs import as_array
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.targets.encode import encode_targets


def encoded_arrays(columns, **options):
    return encode_targets({name: as_array(name, y) for name, y in columns.items()}, **options)


def encoded(values, **options):
    found = encoded_arrays({"t": values, "whole": np.arange(len(values)) + 0.5}, **options)
    return found.values[:, 0], found.targets[0]


@pytest.mark.parametrize(
    ("values", "options", "indices", "task", "labels"),
    [
        (["b", None, "a", "b", "a", "a", "b"], {}, [1, np.nan, 0, 1, 0, 0, 1], "binary", "a b"),
        ([2.0, np.nan, 1, 3, 1, 2, 3, 1, 2, 3], {}, None, "multiclass", "1 2 3"),
        ([0.5, np.nan, 1.5, 2.5], {}, [0.5, np.nan, 1.5, 2.5], "regression", ""),
        ([3, 1, 2, 1, 2, 3, 1, 2, 3], {"tasks": {"t": "ordinal"}}, None, "ordinal", "1 2 3"),
        (
            [3, 1, 2, 1, 2, 3, 1, 2, 3],
            {"orders": {"t": ["3", "2", "1"]}},
            [0, 2, 1, 2, 1, 0, 2, 1, 0],
            "ordinal",
            "3 2 1",
        ),
        (
            ["lo", "hi", "mid", None] * 3,
            {"orders": {"t": ["lo", "mid", "hi"]}},
            [0, 2, 1, np.nan] * 3,
            "ordinal",
            "lo mid hi",
        ),
        ([1, 2, 3, 4], {"tasks": {"t": "regression"}}, [1, 2, 3, 4], "regression", ""),
        ([True, False, True, False, True, False], {}, [1, 0, 1, 0, 1, 0], "binary", "False True"),
    ],
)
def test_what_a_target_is(values, options, indices, task, labels):
    found, target = encoded(values, **options)
    assert target.task == task
    assert target.class_names == tuple(labels.split())
    assert found.dtype == np.float32
    if indices is not None:
        np.testing.assert_array_equal(found, np.array(indices, "float32"))
    assert target.known == np.isfinite(found).sum()


@pytest.mark.parametrize(
    ("columns", "options", "error", "message"),
    [
        ({}, {}, DataError, "at least one target"),
        ({"a": [None, None]}, {}, DataError, "known for some examples. Received: a: none is"),
        ({"a": ["x", "y"] * 3, "b": [1.5, 2.5]}, {}, DataError, "same number"),
        ({"a": ["x"] * 6}, {}, DataError, "The target 'a' cannot be learned"),
        ({"a": [1.5, 1.5]}, {}, DataError, "The target 'a' cannot be learned.*constant"),
        ({"a": ["x", "y", None] * 3}, {}, DataError, "at least one of the targets.*row 2"),
        ({"a": ["x", "y"] * 3}, {"tasks": {"b": "ordinal"}}, ArgumentError, "'b'.*targets are 'a'"),
        ({"a": ["x", "y"] * 3}, {"orders": {"b": []}}, ArgumentError, "'b'"),
        ({"a": ["x", "y"] * 3}, {"tasks": {"a": "ranking"}}, ArgumentError, "ranking"),
        ({"a": ["x", "y"] * 3}, {"tasks": {"a": "ordinal"}}, DataError, "order.*must be known"),
        ({"a": ["x", "y"] * 3}, {"orders": {"a": ["x"]}}, DataError, "each class once"),
        ({"a": [1, 2] * 3}, {"orders": {"a": ["1", "4"]}}, DataError, "each label once"),
        (
            {"a": ["x", "y"] * 3},
            {"tasks": {"a": "classification"}, "orders": {"a": ["x", "y"]}},
            ArgumentError,
            "Only an ordinal target",
        ),
        ({"a": np.zeros((6, 2))}, {}, DataError, "one value an example"),
    ],
)
def test_what_cannot_be_learned(columns, options, error, message):
    with pytest.raises(error, match=message):
        encoded_arrays(columns, **options)


def test_names_are_those_of_outputs():
    columns = ["median value (€)", "a b", "a_b", "价格", "_x", "val", "val_x", "value"]
    found = encoded_arrays({name: [1.5, 2.5, 3.5] for name in columns}).targets
    assert [one.shown for one in found] == columns
    assert [one.name for one in found] == [
        "median_value____",
        "a_b",
        "a_b_",
        "target_4",
        "target_x",
        "target_val",
        "target_val_x",
        "value",
    ]


def test_booleans_keep_their_labels_beside_a_gap():
    values = np.array([True, False, None] * 4, dtype=object)
    assert encoded(values)[1].class_names == ("False", "True")
    frame = pd.DataFrame({"x": np.arange(60.0), "t": pd.array([True, False, None] * 20, "boolean")})
    frame["u"] = frame["x"] ** 2
    assert from_table(frame, ["t", "u"]).raw_spec.targets[0].class_names == ("False", "True")


def test_an_ordered_categorical_has_its_order():
    grades = pd.Categorical(["b", "a", "c"] * 20, categories=["c", "b", "a", "z"], ordered=True)
    frame = pd.DataFrame({"x": np.arange(60.0), "t": grades, "u": np.arange(60.0) + 0.5})
    target = from_table(frame, ["t", "u"]).raw_spec.targets[0]
    assert (target.task, target.class_names) == ("ordinal", ("c", "b", "a"))


def test_a_task_for_one_name_only_is_said_as_such():
    with pytest.raises(DataError, match=re.escape("task={'t': 'regression'}")):
        encoded_arrays({"t": [1.0, 2.0, 3.0, 4.0] * 3})


@pytest.fixture
def table():
    generator = np.random.default_rng(0)
    size = generator.normal(size=300)
    frame = pd.DataFrame(
        {
            "size": size,
            "noise": generator.normal(size=300),
            "price": 100 + 10 * size + generator.normal(size=300),
            "sold": np.where(size + generator.normal(size=300) > 0, "yes", "no"),
            "state": np.select([size < -0.5, size < 0.5], ["poor", "fair"], "good"),
        }
    )
    frame.loc[generator.random(300) < 0.3, "price"] = np.nan
    frame.loc[generator.random(300) < 0.3, "state"] = None
    return frame


TARGETS = ["price", "sold", "state"]
ORDER = {"state": ["poor", "fair", "good"]}


def test_a_table(table):
    splits = from_table(table, TARGETS, column_rules=ColumnRules(orders=ORDER))
    assert splits.raw_spec.task == "multitask"
    assert [one.name for one in splits.raw_spec.columns] == ["size", "noise"]
    assert [one.task for one in splits.raw_spec.targets] == ["regression", "binary", "ordinal"]
    for name, part in (("train", splits.train), ("validation", splits.validation)):
        assert part.y.shape == (len(part), 3), name
        source = table.loc[part.ids]
        np.testing.assert_allclose(part.y[:, 0], source["price"], rtol=1e-6)
        known = source["state"].notna().to_numpy()
        np.testing.assert_array_equal(np.isnan(part.y[:, 2]), ~known)
        labels = np.array(ORDER["state"])[part.y[known, 2].astype(int)]
        assert labels.tolist() == source["state"][known].tolist()
    price = splits.raw_spec.targets[0]
    trained = table.loc[splits.train.ids, "price"].dropna()
    assert price.mean == pytest.approx(trained.mean(), rel=1e-6)
    assert price.std == pytest.approx(trained.std(ddof=0), rel=1e-5)
    assert price.known == len(trained)


def test_parts_are_stratified_by_the_first_classes(table):
    splits = from_table(table, TARGETS, column_rules=ColumnRules(orders=ORDER))
    shares = [
        float((part.y[:, 1] == 1).mean())
        for part in (splits.train, splits.validation, splits.test.open("a look at the shares"))
    ]
    assert max(shares) - min(shares) < 0.02


def test_one_target_alone(table):
    splits = from_table(
        table.dropna(subset="price"), TARGETS, column_rules=ColumnRules(orders=ORDER)
    )
    sold = splits.raw_spec.targets[1]
    part = target_part(splits.train, splits.raw_spec, splits.raw_spec.targets[2])
    assert len(part) == splits.raw_spec.targets[2].known < len(splits.train)
    assert part.y.dtype == np.int32
    plain = splits.raw_spec.of_target(sold)
    assert (plain.task, plain.target.class_names, plain.keyed) == ("binary", ("no", "yes"), False)
    given = keras_targets(splits.train.y, splits.raw_spec)
    assert list(given) == TARGETS
    np.testing.assert_array_equal(given["sold"], splits.train.y[:, 1])


def test_a_single_target_has_no_dictionary():
    y = np.arange(3)
    splits = from_arrays(np.random.default_rng(0).normal(size=(60, 2)), [0, 1] * 30)
    np.testing.assert_array_equal(keras_targets(y, splits.raw_spec), y)


def test_official_test_table(table):
    test = table.iloc[:50].copy()
    test["sold"] = test["sold"] + "."  # as in the test file of Adult
    test.loc[0, "state"] = None
    splits = from_table(
        table.iloc[50:].reset_index(drop=True),
        TARGETS,
        test=test,
        column_rules=ColumnRules(orders=ORDER),
    )
    opened = splits.test.open("a test")
    assert len(opened) == 50
    np.testing.assert_array_equal(opened.y[:, 1], (test["sold"] == "yes.").to_numpy())
    assert np.isnan(opened.y[0, 2])


def test_in_the_order_of_time(table):
    table["day"] = pd.date_range("2020-01-01", periods=300)
    splits = from_table(
        table, TARGETS, split_rule=SplitRule(time="day"), column_rules=ColumnRules(orders=ORDER)
    )
    assert splits.train.time.max() < splits.validation.time.min()


@pytest.mark.parametrize(
    ("change", "options", "error", "message"),
    [
        ({}, {"target": ["price", "prise"]}, DataError, r"target\[1\]='prise'"),
        ({}, {"target": ["price", "price"]}, ArgumentError, "named once"),
        ({}, {"target": []}, ArgumentError, "name of a column, or a list"),
        ({}, {"target": None}, ArgumentError, "name of a column, or a list"),
        (
            {},
            {"column_rules": ColumnRules(orders=ORDER, drop=["sold"])},
            ArgumentError,
            "must not be dropped. Received: target='sold'",
        ),
        (
            {},
            {"column_rules": ColumnRules(orders=ORDER, subgroup=["noise"])},
            ArgumentError,
            "Subgroups.*single target",
        ),
        ({}, {"positive": "yes"}, ArgumentError, "no positive class"),
        ({}, {"task": "regression"}, ArgumentError, "tasks by name"),
        (
            {},
            {"target": "sold", "column_rules": ColumnRules(orders={"price": ["no"]})},
            ArgumentError,
            "name the target",
        ),
        ({}, {"target": "sold", "task": {"sold": "ordinal"}}, DataError, "order of an ordinal"),
        (
            {"price": [1.5, 2.5] + [np.nan] * 298},
            {},
            DataError,
            "at least 2 examples of every part",
        ),
    ],
)
def test_tables_that_cannot_be_used(table, change, options, error, message):
    target = options.get("target", TARGETS)
    orders = ORDER if "state" in (target or ()) else {}
    given = {"target": target, "column_rules": ColumnRules(orders=orders), **options}
    with pytest.raises(error, match=message):
        from_table(table.assign(**change), **given)


def test_options_of_the_command_line(table, tmp_path, as_written):
    path = tmp_path / "a.csv"
    table.to_csv(path, index=False)
    splits = as_written(load_table, path, target="price, sold,state", orders="state=poor<fair<good")
    assert [one.task for one in splits.raw_spec.targets] == ["regression", "binary", "ordinal"]
    by_task = as_written(
        load_table, path, target="price,sold", task="price=regression", drop="state"
    )
    assert [one.name for one in by_task.raw_spec.targets] == ["price", "sold"]
    alone = as_written(load_table, path, target="sold", orders="sold=no<yes", drop="price,state")
    assert [one.task for one in alone.raw_spec.targets] == ["ordinal"]
    plain = as_written(load_table, path, target="sold", task="classification", drop="price,state")
    assert plain.raw_spec.target.class_names == ("no", "yes")


def test_every_part_has_its_share_of_a_sparse_target():
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({"x": generator.normal(size=400), "kind": ["u", "v"] * 200})
    frame["price"] = np.where(np.arange(400) % 16 == 0, generator.normal(size=400), np.nan)
    splits = from_table(frame, ["kind", "price"])
    parts = (splits.train, splits.validation, splits.test.open("a share"))
    assert [int(np.isfinite(part.y[:, 1]).sum()) for part in parts] == [15, 5, 5]


def test_few_missing_classes_do_not_stop_folds():
    generator = np.random.default_rng(0)
    kind = np.array(["u", "v"] * 150, dtype=object)
    kind[:4] = None
    splits = from_arrays(
        generator.normal(size=(300, 2)), {"kind": kind, "sum": generator.normal(size=300)}
    )
    assert len(draw_folds(splits, 5)) == 5


def test_a_fold_without_the_target_is_refused():
    generator = np.random.default_rng(0)
    price = np.full(400, np.nan)
    price[:12] = generator.normal(size=12)
    splits = from_arrays(
        generator.normal(size=(400, 2)), {"price": price, "sum": generator.normal(size=400)}
    )
    with pytest.raises(DataError, match="'price' for . of .* in the .* part.*fewer folds"):
        draw_folds(splits, 5)


def test_training_with_one_class_only_is_said_as_such():
    frame = pd.DataFrame({"x": np.arange(60.0), "a": np.arange(60.0) + 0.5})
    frame["part"] = ["train"] * 40 + ["validation"] * 10 + ["test"] * 10
    frame["b"] = ["u"] * 40 + ["u", "v"] * 10
    with pytest.raises(DataError, match="'b', the same in all of 40 training examples"):
        from_table(frame, ["a", "b"], split_rule=SplitRule(part="part"))


def test_options_for_one_target_in_a_list(table, tmp_path):
    table.dropna().to_csv(tmp_path / "a.csv", index=False)
    alone = load_table(
        tmp_path / "a.csv",
        ["price"],
        task="regression",
        column_rules=ColumnRules(drop=["sold", "state"]),
    )
    assert [one.task for one in alone.raw_spec.targets] == ["regression"]


def test_lags_of_each_target(table, tmp_path):
    table["day"] = pd.date_range("2020-01-01", periods=300)
    table["heat"] = np.random.default_rng(1).normal(size=300)
    table["price"] = table["price"].fillna(100.0)
    table.to_csv(tmp_path / "a.csv", index=False)
    splits = load_table(
        tmp_path / "a.csv",
        ["price", "heat"],
        split_rule=SplitRule(time="day"),
        column_rules=ColumnRules(lags="1D", drop=["sold", "state"]),
    )
    inputs = [one.name for one in splits.raw_spec.columns]
    assert sum("price" in name for name in inputs) == 1
    assert sum("heat" in name for name in inputs) == 1


def test_a_column_with_a_comma_is_one_target(table, tmp_path):
    table = table.rename(columns={"sold": "price,sold"}).drop(columns=["price", "state"])
    table.to_csv(tmp_path / "a.csv", index=False)
    assert load_table(tmp_path / "a.csv", "price,sold").raw_spec.target.class_names == ("no", "yes")


class TestArrays:
    def arrays(self, examples=90):
        generator = np.random.default_rng(0)
        x = generator.normal(size=(examples, 2))
        return x, {"sign": (x[:, 0] > 0).astype(int), "sum": x.sum(axis=1)}

    def test_a_dictionary_is_several(self):
        x, y = self.arrays()
        y["sum"][::3] = np.nan
        splits = from_arrays(x, y)
        assert [one.task for one in splits.raw_spec.targets] == ["binary", "regression"]
        np.testing.assert_allclose(splits.train.y[:, 1], y["sum"][splits.train.ids], rtol=1e-6)

    def test_given_parts(self):
        x, y = self.arrays()
        test = (x[:9] + 1, {name: one[:9] for name, one in y.items()})
        splits = from_arrays(x, y, test=test, task={"sign": "ordinal"})
        assert splits.raw_spec.targets[0].task == "ordinal"
        np.testing.assert_allclose(splits.test.open("a test").y[:, 1], y["sum"][:9], rtol=1e-6)

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"task": "regression"}, "given by name for several"),
            ({"classes": ["a", "b"]}, "given by name for several"),
            ({"test": (np.zeros((3, 2)), [1, 2, 3])}, "same targets"),
            ({"test": (np.zeros((3, 2)), {"sign": [0, 1, 0]})}, "part with sign"),
            (
                {"test": (np.zeros((3, 2)), {"sign": [2, 2, 2], "sum": [1.5, 2.5, 3.5]})},
                "classes of the test part must occur in training. Received: '2'",
            ),
            ({"test": (np.zeros((3, 2)), {"sign": [0], "sum": [1.0]})}, "same number of examples"),
        ],
    )
    def test_what_does_not_fit(self, options, message):
        x, y = self.arrays()
        with pytest.raises((ArgumentError, DataError), match=message):
            from_arrays(x, y, **options)

    def test_names_belong_to_several(self):
        x, y = self.arrays()
        with pytest.raises(ArgumentError, match="given by name for several"):
            from_arrays(x, y["sign"], task={"sign": "ordinal"})


def test_audit_looks_at_each_target(table):
    table["copy"] = table["sold"].map({"yes": 1, "no": 0}) + 5
    findings = {
        one.name: one
        for one in audit(from_table(table, TARGETS, column_rules=ColumnRules(orders=ORDER)))
    }
    assert findings["target leak: sold"].severity == "error"
    assert "copy" in findings["target leak: sold"].verdict
    assert findings["target leak: price"].severity != "error"
    assert {"class balance: sold", "class coverage: state", "target coverage"} <= set(findings)
    coverage = findings["target coverage"]
    assert coverage.severity == "warning"  # few in the small parts
    assert coverage.evidence["train: price"] == pytest.approx(0.7, abs=0.1)


def test_audit_of_arrays_takes_missing_targets_as_they_are():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(400, 2))
    y = {"a": generator.normal(size=400), "b": generator.normal(size=400)}
    y["a"][::2] = np.nan
    findings = {one.name: one for one in audit(from_arrays(x, y))}
    assert findings["missing values"].severity == "info"
    assert "'a'" in findings["target coverage"].verdict


def test_fewer_examples_and_folds_keep_their_own_statistics(table):
    splits = from_table(table, TARGETS, column_rules=ColumnRules(orders=ORDER))
    small = start_small(splits, 60)
    known = small.train.y[:, 0][np.isfinite(small.train.y[:, 0])]
    assert small.raw_spec.targets[0].mean == pytest.approx(float(known.mean()), rel=1e-6)
    x = np.random.default_rng(0).normal(size=(90, 2))
    for fold in draw_folds(from_arrays(x, {"sign": x[:, 0] > 0, "sum": x.sum(axis=1)}), 3):
        train, spec = fold.development.train, fold.development.model_spec
        assert spec.targets[1].mean == pytest.approx(float(train.y[:, 1].mean()), abs=1e-6)


def test_development_of_one_target(table):
    splits = from_arrays(
        table[["size", "noise"]].to_numpy(),
        {"price": table["price"].to_numpy(), "sold": table["sold"].to_numpy()},
    )
    price = splits.raw_spec.targets[0]
    development = target_development(splits.development(), price)
    assert development.model_spec.task == "regression"
    assert development.model_spec.target.mean == price.mean
    assert np.isfinite(development.validation.y).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.floats(0.0, 0.8))
def test_no_part_has_a_value_that_the_table_has_not(seed, missing):
    generator = np.random.default_rng(seed)
    table = pd.DataFrame(generator.normal(size=(200, 3)), columns=["x", "a", "b"])
    table.loc[generator.random(200) < missing, "a"] = np.nan
    splits = from_table(table, ["a", "b"])
    parts = (splits.train, splits.validation, splits.test.open("a property"))
    assert sorted(np.concatenate([part.ids for part in parts])) == list(range(200))
    for part in parts:
        np.testing.assert_array_equal(part.y[:, 0], table.loc[part.ids, "a"].astype("float32"))
