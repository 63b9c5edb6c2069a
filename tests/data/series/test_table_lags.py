"""Earlier targets of a table, in training and in a table to predict."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dlrecipes.data import ColumnRules, SplitRule, TablePreprocess, audit, from_table, load_table
from dlrecipes.data.parts.sealed_split import _peek
from dlrecipes.data.series.table_lags import with_lags_to_predict
from dlrecipes.errors import DataError, DataWarning
from dlrecipes.export import given_examples, read_examples, read_inputs
from dlrecipes.export.given_inputs import given_inputs
from dlrecipes.results import DataSpec, dump_json, parse_json

HOURS = 600


@pytest.fixture
def hours():
    generator = np.random.default_rng(0)
    times = pd.date_range("2024-01-01", periods=HOURS, freq="h")
    return pd.DataFrame(
        {
            "date": times.strftime("%d.%m.%Y"),
            "hr": times.hour,
            "rain": generator.normal(size=HOURS).round(3),
            "sold": 1000.0 + np.arange(HOURS),
        }
    )


def write(table, path):
    table.to_csv(path, index=False)
    return path


@pytest.fixture
def load(as_written):
    """`load(path, **options)`: the splits of a file, for options as the command line has them."""

    def load(path, **options):
        given = {"time": "date,hr", "lags": "step", "task": "regression", **options}
        return as_written(load_table, path, "sold", **given)

    return load


def test_one_step_ahead(hours, tmp_path, load):
    splits = load(write(hours, tmp_path / "a.csv"), gap="5h")
    lags = splits.raw_spec.lags
    assert lags.lags == ("last", "last 2", "last 3", "1D", "2D", "7D")
    assert lags.last == "sold last value"
    assert "one step ahead" in lags.sentence
    assert set(lags.columns) <= {column.name for column in splits.raw_spec.columns}
    back = dict(zip(lags.columns, (1, 2, 3, 24, 48, 168), strict=True))
    for part in (splits.train, splits.validation, _peek(splits.test)):
        for name, steps in back.items():  # across a gap, too: the value was known by then
            known = ~np.isnan(part.x[name])
            np.testing.assert_array_equal(part.x[name][known], part.y[known] - steps)
            assert known[-100:].all()
    text = dump_json(splits.raw_spec)
    assert parse_json(DataSpec, text, source="run.json").lags == lags
    # ---- the last value says what comes next, and is no leak
    (leak,) = (found for found in audit(splits) if found.name == "target leak")
    assert leak.severity == "info"
    assert lags.last not in leak.verdict


def test_values_of_one_time_are_averaged_and_counted(hours, tmp_path, load):
    path = write(pd.concat([hours, hours.assign(sold=hours["sold"] + 10)]), tmp_path / "a.csv")
    splits = load(path)
    last = splits.train.x[splits.raw_spec.lags.last]
    np.testing.assert_array_equal(np.unique(last[~np.isnan(last)])[:2], [1005, 1006])
    (finding,) = splits.noticed
    assert "1,200 of 1,200 rows" in finding.verdict
    assert "--series COLUMN" in finding.advice
    with pytest.raises(DataError, match="A time must occur once"):
        load(path, lags="7D")
    shops = pd.concat([hours.assign(shop=1), hours.assign(shop=2, sold=hours["sold"] + 10)])
    splits = load(write(shops, tmp_path / "b.csv"), series="shop")
    assert not splits.noticed
    known = ~np.isnan(splits.train.x["sold last value"])
    np.testing.assert_array_equal(
        splits.train.x["sold last value"][known], splits.train.y[known] - 1
    )


def test_rows_without_a_target_are_passed_over(hours, tmp_path, load):
    hours.loc[100, "sold"] = np.nan
    splits = load(write(hours, tmp_path / "a.csv"))
    after = splits.train.ids == 101
    assert splits.train.x["sold last value"][after] == 1099
    assert splits.train.x["sold 2nd last value"][after] == 1098


def test_no_lags(hours, tmp_path, load):
    path = write(hours, tmp_path / "a.csv")
    assert load(path, lags="none").raw_spec.lags is None
    kinds = hours.assign(sold=np.where(hours["hr"] < 12, "few", "many"))
    splits = load(write(kinds, tmp_path / "b.csv"), task="classification")
    assert splits.raw_spec.lags is None
    splits = from_table(
        hours,
        "sold",
        split_rule=SplitRule(time=["date", "hr"]),
        column_rules=ColumnRules(lags=["7D", 1]),
    )
    assert splits.raw_spec.lags.columns == ("sold 7D earlier", "sold 1 row earlier")
    assert splits.raw_spec.lags.last is None
    assert "one step" not in splits.raw_spec.lags.sentence


@pytest.mark.parametrize("lags", ["step", "1,24h", "last,7D"])
@pytest.mark.parametrize("series", [None, "shop"])
def test_a_file_to_predict_has_the_lags_of_training(hours, tmp_path, lags, series, load):
    table = hours
    if series is not None:
        table = pd.concat([hours.assign(shop="a"), hours.assign(shop="b", sold=-hours["sold"])])
    splits = load(write(table, tmp_path / "a.csv"), lags=lags, series=series)
    trained = pd.DataFrame({name: splits.train.x[name] for name in splits.train.x.names})
    for name, shown in (("all.csv", table), ("part.csv", table[["sold", "hr", *table.columns[2:3],
                        "date", *([] if series is None else ["shop"])]])):  # fmt: skip
        found = read_inputs(write(shown, tmp_path / name), splits.raw_spec)
        frame = pd.DataFrame({name: found[name] for name in found.names})
        # The file has the rows in its own order, training in that of time.
        places = [int(row) for row in splits.train.ids]
        pd.testing.assert_frame_equal(
            frame.iloc[places].reset_index(drop=True)[list(trained)], trained
        )
        # From Python as from a file, whatever the index says.
        given = pd.read_csv(tmp_path / name).set_axis(range(7, 7 + len(shown)), axis=0)
        for inputs in (given, {column: given[column].tolist() for column in given}):
            made = given_inputs(inputs, splits.raw_spec)
            again = pd.DataFrame({column: made[column] for column in made.names})
            pd.testing.assert_frame_equal(again, frame)


def test_the_next_step(hours, tmp_path, load):
    splits = load(write(hours, tmp_path / "a.csv"))
    coming = hours.tail(200).astype({"sold": object})
    coming.iloc[-1, -1] = ""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = read_inputs(write(coming, tmp_path / "new.csv"), splits.raw_spec)
    assert found["sold last value"][-1] == 1000 + HOURS - 2
    assert found["sold 7D earlier"][-1] == 1000 + HOURS - 1 - 168
    # ---- without a header, as the training table stands
    coming.to_csv(tmp_path / "bare.csv", index=False, header=False)
    bare = read_inputs(tmp_path / "bare.csv", splits.raw_spec)
    np.testing.assert_array_equal(bare["sold last value"], found["sold last value"])
    coming.drop(columns="sold").to_csv(tmp_path / "short.csv", index=False, header=False)
    with pytest.raises(DataError, match="columns of a table are known by their number"):
        read_inputs(tmp_path / "short.csv", splits.raw_spec)
    # ---- further ahead than the model was trained for
    coming.iloc[-24:, -1] = ""
    with pytest.warns(DataWarning, match="one step ahead, and 23 of the rows"):
        found = read_inputs(write(coming, tmp_path / "new.csv"), splits.raw_spec)
    np.testing.assert_array_equal(found["sold last value"][-24:], 1000 + HOURS - 25)


def test_rows_to_come_are_those_without_a_target(hours, tmp_path, load):
    splits = load(write(hours, tmp_path / "a.csv"))
    assert splits.raw_spec.time == ("date", "hr")
    coming = hours.tail(200).astype({"sold": object})
    coming.iloc[-1, -1] = ""
    for inputs in (write(coming, tmp_path / "new.csv"), coming.replace("", None)):
        read = read_examples if isinstance(inputs, Path) else given_examples
        examples = read(inputs, splits.raw_spec)
        assert len(examples.x) == 200
        one = examples.only_to_come()
        assert one.key.to_dict("list") == {"date": ["25.01.2024"], "hr": one.key["hr"].tolist()}
        assert int(one.key["hr"][0]) == 23
        assert one.x["sold last value"].tolist() == [1000 + HOURS - 2]
    # ---- where every row has a target, all are forecast
    examples = read_examples(write(hours, tmp_path / "old.csv"), splits.raw_spec)
    assert len(examples.only_to_come().x) == HOURS
    # ---- without lags, too
    splits = load(write(hours, tmp_path / "a.csv"), lags="none")
    assert len(read_examples(tmp_path / "new.csv", splits.raw_spec).only_to_come().x) == 1
    without = read_examples(
        write(hours.drop(columns="sold"), tmp_path / "short.csv"), splits.raw_spec
    )
    assert len(without.only_to_come().x) == HOURS


def test_a_series_is_told_with_its_rows_to_come(hours, tmp_path, load):
    table = pd.concat([hours.assign(shop="a"), hours.assign(shop="b", sold=-hours["sold"])])
    splits = load(write(table, tmp_path / "a.csv"), series="shop")
    table = table.astype({"sold": object})
    table.loc[HOURS - 1, "sold"] = ""
    examples = read_examples(write(table, tmp_path / "new.csv"), splits.raw_spec).only_to_come()
    assert list(examples.key) == ["date", "hr", "shop"]
    assert examples.key["shop"].tolist() == ["a", "b"]
    np.testing.assert_array_equal(examples.x["sold last value"], [998 + HOURS, -998 - HOURS])


def test_a_table_that_cannot_have_lags(hours, tmp_path, load):
    splits = load(write(hours, tmp_path / "a.csv"))
    names = splits.raw_spec.lags.columns
    with pytest.raises(DataError, match=r"earlier values of 'sold'.*without 'sold'.*earlier rows"):
        read_inputs(write(hours.drop(columns="sold"), tmp_path / "new.csv"), splits.raw_spec)
    with pytest.raises(DataError, match="no row that has one.*'sold last value'"):
        read_inputs(write(hours.assign(sold=""), tmp_path / "new.csv"), splits.raw_spec)
    with pytest.raises(DataError, match="'sold' must hold numbers"):
        read_inputs(write(hours.assign(sold="many"), tmp_path / "new.csv"), splits.raw_spec)
    # ---- whoever has made them is taken at their word
    own = hours.drop(columns="sold").assign(**dict.fromkeys(names, 7.0))
    assert with_lags_to_predict(own, splits.raw_spec) is own
    found = read_inputs(write(own, tmp_path / "own.csv"), splits.raw_spec)
    assert all((found[name] == 7).all() for name in names)


def test_a_series_that_has_nothing_but_its_number(tmp_path):
    table = pd.DataFrame({"step": np.arange(100), "y": np.arange(100.0) ** 2})
    splits = load_table(
        write(table, tmp_path / "a.csv"),
        "y",
        split_rule=SplitRule(time="step"),
        column_rules=ColumnRules(lags="step"),
    )
    assert [column.name for column in splits.raw_spec.columns] == list(splits.raw_spec.lags.columns)
    for header in (True, False):
        table.to_csv(tmp_path / "new.csv", index=False, header=header)
        found = read_inputs(tmp_path / "new.csv", splits.raw_spec)
        np.testing.assert_array_equal(found["y last value"][1:], table["y"][:-1])


def test_a_series_that_rises_is_not_clipped(hours, tmp_path, load):
    splits = load(write(hours, tmp_path / "a.csv"))
    lags = splits.raw_spec.lags.columns
    splits = splits.with_preprocess(TablePreprocess(splits.raw_spec.columns, unclipped=lags))
    data = splits.development()
    at = [feature.name for feature in data.model_spec.features].index("sold last value")
    steps = np.diff(np.concatenate([data.train.x[1:, at], data.validation.x[:, at]]))
    np.testing.assert_allclose(steps, steps[0], rtol=1e-3)
    again = TablePreprocess.from_config(splits.preprocess.get_config())
    assert again.unclipped == lags
