"""Folds of the development data: who is where, and what each fold has learned."""

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.data import (
    ColumnRules,
    Columns,
    SplitRule,
    TablePreprocess,
    draw_folds,
    from_arrays,
    from_table,
)
from dlrecipes.errors import ArgumentError, DataError


def splits_of(examples=120, classes=2, seed=0, split_seed=0):
    generator = np.random.default_rng(seed)
    x = generator.normal(5.0, 3.0, size=(examples, 3))
    return from_arrays(x, np.arange(examples) % classes, split_seed=split_seed)


def table(rows=120):
    generator = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "size": generator.normal(size=rows),
            "town": generator.choice(["Oslo", "Rome"], rows),
            "family": [f"family {row // 3}" for row in range(rows)],
            "day": pd.date_range("2024-01-01", periods=rows).strftime("%Y-%m-%d"),
            "left": generator.choice(["yes", "no"], rows),
        }
    )


def ids(part):
    return set(part.ids.tolist())


@settings(deadline=None, max_examples=15)
@given(
    examples=st.integers(40, 150),
    classes=st.integers(2, 4),
    folds=st.integers(2, 5),
    repeats=st.integers(1, 2),
    seed=st.integers(0, 99),
)
def test_each_row_is_held_out_once_a_repeat(examples, classes, folds, repeats, seed):
    splits = splits_of(examples, classes, split_seed=seed)
    whole = ids(splits.train) | ids(splits.validation)
    drawn = draw_folds(splits, folds, repeats=repeats)
    assert len(drawn) == folds * repeats
    for repeat in range(repeats):
        held_out = [ids(fold.held_out) for fold in drawn[repeat * folds :][:folds]]
        assert sum(map(len, held_out)) == len(whole)
        assert set.union(*held_out) == whole
    for fold in drawn:
        train, stopping = ids(fold.development.train), ids(fold.development.validation)
        assert train
        assert stopping
        assert not train & stopping
        assert train | stopping == whole - ids(fold.held_out)
        assert fold.development.model_spec.train_size == len(train)
        shares = np.bincount(fold.development.train.y, minlength=classes) / len(train)
        assert fold.development.model_spec.target.priors == pytest.approx(shares.tolist())


def test_preprocessing_is_a_folds_own():
    layer = keras.layers.Normalization()
    splits = splits_of().with_preprocess(layer)
    whole = np.concatenate([splits.train.x, splits.validation.x])
    row = {
        int(one): at for at, one in enumerate([*splits.train.ids.tolist(), *splits.validation.ids])
    }
    means = set()
    for fold in draw_folds(splits, 3):
        raw = whole[[row[int(name)] for name in fold.development.train.ids]]
        held = whole[[row[int(name)] for name in fold.held_out.ids]]
        expected = (held - raw.mean(axis=0)) / raw.std(axis=0)
        np.testing.assert_allclose(fold.held_out.x, expected, rtol=1e-4, atol=1e-5)
        means.add(tuple(raw.mean(axis=0).tolist()))
    assert len(means) == 3
    # The layer of the run itself has not been touched.
    np.testing.assert_allclose(layer.mean.numpy()[0], splits.train.x.mean(axis=0), rtol=1e-4)


def test_groups_stay_together():
    splits = from_table(table(), "left", split_rule=SplitRule(group="family"))
    splits = splits.with_preprocess(TablePreprocess(splits.raw_spec.columns))
    for fold in draw_folds(splits, 4, repeats=2):
        parts = (fold.development.train, fold.development.validation, fold.held_out)
        families = [set(part.groups.tolist()) for part in parts]
        assert not families[0] & families[1]
        assert not (families[0] | families[1]) & families[2]


def test_time_goes_forward_and_the_gap_is_kept():
    split_rule = SplitRule(time="day", gap="4D")
    splits = from_table(table(), "left", split_rule=split_rule)
    splits = splits.with_preprocess(TablePreprocess(splits.raw_spec.columns))
    gap = pd.Timedelta("4D")
    for fold in draw_folds(splits, 3):
        train, stopping, held_out = (
            pd.to_datetime(part.time)
            for part in (fold.development.train, fold.development.validation, fold.held_out)
        )
        assert stopping.min() - train.max() > gap
        assert held_out.min() - stopping.max() > gap
    with pytest.raises(ArgumentError, match=r"order of time.*repeats=2"):
        draw_folds(splits, 3, repeats=2)


def test_copies_stay_together():
    generator = np.random.default_rng(0)
    x = np.repeat(generator.normal(size=(40, 3)), 3, axis=0)
    splits = from_arrays(x, np.repeat(np.arange(40) % 2, 3))
    for fold in draw_folds(splits, 4):
        inside = {row.tobytes() for row in fold.development.train.x}
        inside |= {row.tobytes() for row in fold.development.validation.x}
        assert not inside & {row.tobytes() for row in fold.held_out.x}


def test_a_tables_copies_stay_together():
    rows = table(60)[["size", "town", "left"]]
    rows.loc[::7, "size"] = np.nan  # a gap equals a gap
    splits = from_table(pd.concat([rows, rows]), "left")
    splits = splits.with_preprocess(TablePreprocess(splits.raw_spec.columns))
    total = 0
    for fold in draw_folds(splits, 3):
        rows_of = [
            {int(name) % 60 for name in ids(part)}
            for part in (fold.development.train, fold.development.validation, fold.held_out)
        ]
        assert not (rows_of[0] | rows_of[1]) & rows_of[2]
        total += len(fold.held_out)
    assert total == len(splits.train) + len(splits.validation)


def test_a_folds_vocabulary_is_its_own():
    rows = table(60)
    rows["town"] = ["Oslo"] * 54 + ["Rome"] * 6
    splits = from_table(
        rows,
        "left",
        split_rule=SplitRule(time="day"),
        column_rules=ColumnRules(kinds={"town": "category"}),
    )
    splits = splits.with_preprocess(TablePreprocess(splits.raw_spec.columns, min_frequency=1))
    (first, *_) = draw_folds(splits, 3)
    sizes = {feature.name: feature.size for feature in first.development.model_spec.features}
    assert sizes["town"] == 2  # Oslo, and whatever else will come


def test_a_folds_words_are_its_own():
    rows = table(60)
    rows["note"] = ["came late"] * 54 + ["left early"] * 6
    splits = from_table(
        rows,
        "left",
        split_rule=SplitRule(time="day"),
        column_rules=ColumnRules(kinds={"note": "text"}),
    )
    splits = splits.with_preprocess(TablePreprocess(splits.raw_spec.columns, min_frequency=1))
    (first, *_) = draw_folds(splits, 3)
    words = [
        feature.name
        for feature in first.development.model_spec.features
        if feature.kind == "weight"
    ]
    assert words == ["note 'came'", "note 'late'"]


def test_sample_weights_come_along():
    splits = splits_of()
    weighted = {
        name: type(part)(
            part.x, part.y, sample_weight=np.asarray(part.ids, "float32"), ids=part.ids
        )
        for name, part in (("train", splits.train), ("validation", splits.validation))
    }
    import dataclasses

    splits = dataclasses.replace(splits, **weighted)
    for fold in draw_folds(splits, 2):
        for part in (fold.development.train, fold.development.validation, fold.held_out):
            np.testing.assert_array_equal(part.sample_weight, part.ids)


@pytest.mark.parametrize(("folds", "repeats"), [(1, 1), (0, 1), (2, 0), (2.5, 1), (True, 1)])
def test_wrong_numbers(folds, repeats):
    with pytest.raises(ArgumentError, match=r"`(folds|repeats)`"):
        draw_folds(splits_of(), folds, repeats=repeats)


def test_too_few_examples_of_a_class():
    x = np.random.default_rng(0).normal(size=(40, 2))
    splits = from_arrays(x, [0] * 36 + [1] * 4)
    with pytest.raises(DataError, match=r"as many examples of each class as folds.*'1' for 9"):
        draw_folds(splits, 9)


def test_a_layer_that_cannot_start_again():
    class Odd(keras.layers.Layer):
        def __init__(self, factor, **kwargs):
            super().__init__(**kwargs)
            self.factor = factor

        def call(self, x):
            return x * self.factor

        def get_config(self):
            return super().get_config()

    splits = splits_of().with_preprocess(Odd(2.0))
    with pytest.raises(DataError, match=r"start again.*Odd.*get_config"):
        draw_folds(splits, 2)


def test_columns_keep_their_kinds():
    splits = from_table(table(), "left")
    splits = splits.with_preprocess(TablePreprocess(splits.raw_spec.columns))
    assert isinstance(splits.train.x, Columns)
    (one, _) = draw_folds(splits, 2)
    assert one.held_out.x.dtype == np.float32
