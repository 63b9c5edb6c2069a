import datetime
import decimal

import numpy as np
import pandas as pd
import pytest

from dlrecipes.data.sources import infer_columns, parse_dates
from dlrecipes.errors import DataError

N = 40
TOWNS = [f"town {i % 4}" for i in range(N)]
WORDS = [f"this is sentence number {i}" for i in range(N)]
DAYS = pd.date_range("2011-01-20", periods=N)


def infer(values, name="x", **arguments):
    return infer_columns(pd.DataFrame({name: values}), **arguments)[0]


@pytest.mark.parametrize(
    ("values", "kind", "evidence"),
    [
        (np.linspace(0, 1, N), "number", "0 to 1"),
        (np.arange(N) % 3, "number", "0 to 2"),
        ([1.0, np.nan] * 20, "number", "1 to 1, 50 % missing"),
        ([np.nan] + [1.5, 2.5] * 100, "number", "1.5 to 2.5, under 1 % missing"),
        (np.arange(10), "number", "0 to 9"),
        ([str(i % 7) for i in range(N)], "number", "0 to 6"),
        ([decimal.Decimal("1.5"), 2] * 20, "number", "1.5 to 2"),
        (pd.array([1, None] * 20, dtype="Int64"), "number", "50 % missing"),
        (TOWNS, "category", "4 values"),
        (["a", None] * 20, "category", "1 value, 50 % missing"),
        ([True, False] * 20, "category", "2 values"),
        ([True, None] * 20, "category", "1 value, 50 % missing"),
        (pd.Categorical([1, 2] * 20), "category", "2 values"),
        (list("abcdefghij"), "category", "10 values"),
        (WORDS, "text", "5 words on average, 100 % different"),
        ([*WORDS[:36], None, None, None, None], "text", "10 % missing"),
        (DAYS.strftime("%Y-%m-%d"), "date", "2011-01-20 to 2011-02-28"),
        (DAYS, "date", "2011-01-20 to 2011-02-28"),
        (DAYS.tz_localize("Europe/Rome"), "date", "2011-01-20 to 2011-02-28"),
        ([datetime.date(2020, 1, 1 + i % 9) for i in range(N)], "date", "2020-01-01 to"),
        (np.arange(N) + 1, "ignored", "identifier: 40 different whole numbers"),
        (np.random.default_rng(0).permutation(N), "ignored", "identifier"),
        ([f"K{i:05}" for i in range(N)], "ignored", "identifier: all 40 values are different"),
        (np.zeros(N), "ignored", "constant: always 0"),
        (["f"] * N, "ignored", "constant: always f"),
        ([True] * N, "ignored", "constant: always True"),
        (["2011-01-01"] * N, "ignored", "constant: always 2011-01-01"),
        ([np.nan] * N, "ignored", "all missing"),
        ([None] * N, "ignored", "all missing"),
    ],
)
def test_kinds(values, kind, evidence):
    column = infer(values)
    assert (column.name, column.kind) == ("x", kind)
    assert evidence in column.evidence


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("customer_id", "ignored"),
        ("PassengerId", "ignored"),
        ("ID", "ignored"),
        ("height", "number"),
        ("paid", "number"),
        ("grid", "number"),
    ],
)
def test_different_whole_numbers_with_the_name_of_a_key(name, kind):
    assert infer(np.arange(N) ** 2, name).kind == kind


def test_many_categories_are_kept():
    column = infer([f"v{i}" for i in range(10_001)] * 2)
    assert column.kind == "category"
    assert column.evidence.startswith("10,001 values; more than 10,000")


@pytest.mark.parametrize(
    ("different", "kind", "evidence"),
    [(1000, "category", "1,000 values"), (1001, "text", "4 words on average, 1,001 different")],
)
def test_more_sentences_than_categories_are_kept_are_text(different, kind, evidence):
    column = infer([f"the part number {i}" for i in range(different)] * 3)
    assert (column.kind, column.evidence) == (kind, evidence)


@pytest.mark.parametrize(
    "form",
    [
        "%Y-%m-%d",
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%d %H:%M:%S.%f",
        "%Y-%m-%d %H:%MZ",
        "%Y-%m-%dT%H:%M:%S+02:00",
        "%Y/%m/%d",
        "%d.%m.%Y",
        "%d.%m.%Y %H:%M",
        "%d/%m/%Y",
        "%m/%d/%Y %H:%M:%S",
        "%d-%m-%Y",
    ],
)
def test_dates_come_back(form):
    frame = pd.DataFrame({"x": DAYS.strftime(form)})
    (column,) = infer_columns(frame)
    assert column.kind == "date"
    shift = pd.Timedelta(hours=2 if form.endswith("+02:00") else 0)
    assert (parse_dates(frame["x"], column.date_format) == DAYS - shift).all()


def test_a_cell_without_a_date_is_named():
    frame = pd.DataFrame({"x": [*DAYS.strftime("%Y-%m-%d")] * 5 + ["soon", None]})
    with pytest.raises(DataError, match="'x' must hold dates only.*'soon' in row 200.*missing="):
        infer_columns(frame)


@pytest.mark.parametrize("values", [["01/02/2020", "03/04/2020"] * 20, ["1/2/2020"] * 39 + [None]])
def test_unclear_dates_ask(values):
    with pytest.raises(DataError, match="begin with the day.*/2020', and no date.*'day-first'"):
        infer(values)
    first, second = (infer(values, kinds={"x": kind}) for kind in ("day-first", "month-first"))
    assert (first.date_format, second.date_format) == ("%d/%m/%Y", "%m/%d/%Y")
    assert infer(values, kinds={"x": "category"}).kind == "category"


@pytest.mark.parametrize("values", [["1.2.3", "10.20.30"] * 20, ["1-2", "2-3"] * 20])
def test_what_only_looks_like_dates(values):
    assert infer(values).kind == "category"


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.arange(N), "number"),
        (np.zeros(N), "number"),
        (WORDS, "category"),
        ([f"K{i:05}" for i in range(N)], "category"),
        (["f"] * N, "category"),
    ],
)
def test_a_target_is_not_ignored(values, kind):
    assert infer(values, target=["x"]).kind == kind


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.arange(N), "number"),
        (np.arange(N), "category"),
        (np.arange(N) * 1.5, "text"),
        (TOWNS, "text"),
        (TOWNS, "ignored"),
        (WORDS, "category"),
        (["1", "2"] * 20, "category"),
        (["1", "2"] * 20, "number"),
        ([True, False] * 20, "number"),
        (["1"] * 39 + ["many"], "category"),
        ([np.inf] * N, "ignored"),
        ([[1]] * N, "ignored"),
        (DAYS.strftime("%d/%m/%Y"), "date"),
        (DAYS, "date"),
    ],
)
def test_kinds_that_the_user_knows(values, kind):
    column = infer(values, kinds={"x": kind})
    assert column.kind == kind
    assert "as asked" in column.evidence


@pytest.mark.parametrize(
    ("values", "arguments", "message"),
    [
        (["1"] * 39 + ["many"], {}, "'x' must hold numbers.*1 cell of 40.*'many' in row 39.*miss"),
        (["a", "b"] + ["1.5"] * 38, {}, r"2 cells of 40.*'a' in row 0.*kinds=\{'x': 'category'\}"),
        (["1,234", "2,345"] * 20, {}, "clear what the mark.*'1,234'.*1234.*decimal='.'"),
        ([1.0, np.inf, -np.inf] * 9, {}, "must hold finite.*18 cells of 27.*row 1.*missing="),
        (["1.5", "inf"] * 20, {}, "must hold finite"),
        (["2020-01-01T10:00Z", "2020-01-01T10:00+02:00"] * 9, {}, r"one time zone.*\+00:00, \+02"),
        (["2020-01-01T10:00Z", "2020-01-01T10:00"] * 9, {}, "one time zone.*none.*UTC"),
        (["2020-01-01T10:00Z", "2020-01-02"] * 9, {}, "one time zone.*none"),
        ([1j] * N, {}, "numbers, text, dates or booleans.*complex"),
        ([[1]] * N, {}, r"list in column 'x'.*'ignored'"),
        (pd.to_timedelta([1] * N), {}, "timedelta64.*'x'"),
        (TOWNS, {"kinds": {"y": "number"}}, "`kinds` must name columns.*'y'; the columns are 'x'"),
        (TOWNS, {"target": ["y"]}, "`target` must name columns.*'y'"),
        (TOWNS, {"target": "x"}, "`target` must be a list"),
        (TOWNS, {"kinds": {"x": "numeric"}}, "one of 'number', 'category'.*'numeric' for"),
        (TOWNS, {"kinds": {"x": "ignored"}, "target": ["x"]}, "target must not be ignored"),
        (TOWNS, {"kinds": {"x": "number"}}, "as kinds asks.*40 cells of 40.*'town 0' in row 0"),
        (DAYS, {"kinds": {"x": "number"}}, "must hold numbers.*dates"),
        ([np.inf] * N, {"kinds": {"x": "number"}}, "must hold finite"),
        (TOWNS, {"kinds": {"x": "date"}}, "must hold dates.*'town 0'"),
        (np.arange(N) / 7, {"kinds": {"x": "date"}}, "must hold dates.*float64"),
        (["01/02/2020"] * N, {"kinds": {"x": "date"}}, "begin with the day.*'01/02/2020'"),
        ([], {}, "at least one row"),
    ],
)
def test_malformed_columns(values, arguments, message):
    with pytest.raises(DataError, match=message):
        infer(values, **arguments)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame(index=range(3)), "at least one row and one column"),
        (pd.DataFrame(np.zeros((3, 2))), "must be text.*0, 1.*map"),
        (pd.DataFrame(np.zeros((3, 2)), columns=["a", "a"]), "'a' more than once"),
    ],
)
def test_malformed_frames(frame, message):
    with pytest.raises(DataError, match=message):
        infer_columns(frame)


def test_columns_keep_their_order():
    frame = pd.DataFrame({"b": TOWNS, "a": np.linspace(0, 1, N), "c": WORDS})
    columns = infer_columns(frame, kinds={"c": "ignored"}, target=["b"])
    assert [(column.name, column.kind) for column in columns] == [
        ("b", "category"),
        ("a", "number"),
        ("c", "ignored"),
    ]
