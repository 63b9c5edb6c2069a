"""Files as people have them: each is read rightly, or one message says what settles it."""

import re
import shlex

import numpy as np
import pandas as pd
import pytest

from dlrecipes.cli.options import read_extra
from dlrecipes.data import (
    ColumnRules,
    SplitRule,
    TablePreprocess,
    add_lags,
    as_tensors,
    audit,
    load_table,
)
from dlrecipes.errors import DataError, DlrecipesError
from dlrecipes.export import read_inputs

ROWS = 120
GENERATOR = np.random.default_rng(7)
X = GENERATOR.normal(size=ROWS).round(3)
Y = np.where(X > 0, "yes", "no")


def csv(separator=",", target=Y, **columns):
    """A table with the columns given, a number `x` and the target `y`."""
    cells = {**columns, "x": [f"{value}" for value in X], "y": target}
    if separator == ";":
        cells["x"] = [text.replace(".", ",") for text in cells["x"]]
    lines = [separator.join(cells)]
    lines += [separator.join(map(str, row)) for row in zip(*cells.values(), strict=True)]
    return "\n".join(lines) + "\n"


@pytest.fixture
def load(tmp_path, as_written):
    """`load(text, **options)`: the splits of a file, for options as the command line has them."""

    def load(text, **options):
        path = tmp_path / "train.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return as_written(load_table, path, "y", **options)

    return load


@pytest.fixture
def read(tmp_path):
    """`read(splits, text)`: the columns of a file to predict."""

    def read(splits, text, name="new.csv", **options):
        path = tmp_path / name
        if isinstance(text, pd.DataFrame):
            text.to_parquet(path)
        else:
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return {name: list(x) for name, x in read_inputs(path, splits.raw_spec, **options).items()}

    return read


def kinds(splits):
    return {column.name: column.kind for column in splits.raw_spec.columns}


def train_values(splits, name, cells):
    """What training rows hold, and what they should hold by their numbers in the file."""
    return splits.train.x[name].tolist(), [cells[row] for row in splits.train.ids]


# ---- a file is typed anew from its own cells


def test_a_code_is_the_same_beside_any_others(load, read):
    codes = [("01", "02", "03", "04", "X9")[at % 5] for at in range(ROWS)]
    splits = load(csv(code=codes))
    assert kinds(splits)["code"] == "category"
    assert not any(column.doubt for column in splits.raw_spec.columns)
    for rows in ("01,0.1\n02,0.1\n", "01,0.1\n02,0.1\nX9,0.1\n"):
        assert read(splits, f"code,x\n{rows}")["code"][:2] == ["01", "02"]


def test_and_so_it_is_in_an_official_test_part(load, tmp_path):
    codes = [("01", "02", "03", "04", "X9")[at % 5] for at in range(ROWS)]
    (tmp_path / "test.csv").write_text("code,x,y\n01,0.5,yes\n02,-0.5,no\n03,1,yes\n04,-1,no\n")
    splits = load(csv(code=codes), test=tmp_path / "test.csv")
    with pytest.MonkeyPatch.context():
        from dlrecipes.data.parts.sealed_split import _peek

        assert _peek(splits.test).x["code"].tolist() == ["01", "02", "03", "04"]


@pytest.mark.parametrize(
    "spelled",
    [("true", "false"), ("True", "False"), ("TRUE", "FALSE"), ("t", "f"), ("WAHR", "FALSCH")],
)
def test_booleans_of_any_writer(load, read, spelled):
    splits = load(csv(flag=[spelled[at % 2] for at in range(ROWS)]))
    files = [f"flag,x\n{yes},0.1\n{no},0.1\n" for yes, no in [
        ("true", "false"), ("True", "False"), ("TRUE", "FALSE"), ("1", "0"), ("t", "f"),
    ]]  # fmt: skip
    for text in files:
        assert read(splits, text)["flag"] == ["True", "False"]
    frame = pd.DataFrame({"flag": [True, False], "x": [0.1, 0.1]})
    assert read(splits, frame, "new.parquet")["flag"] == ["True", "False"]
    with pytest.raises(DataError, match="'flag' must hold true or false.*'maybe' in row 1"):
        read(splits, "flag,x\ntrue,0.1\nmaybe,0.1\n")


def test_booleans_inside_the_model_are_spelled_in_any_way(load):
    splits = load(csv(flag=[("true", "false")[at % 2] for at in range(ROWS)]))
    layer = TablePreprocess(splits.raw_spec.columns)
    layer.adapt(splits.train.x)
    spelled = ["true", "True", "TRUE", "T", "1", " wahr", "false", "False", "FALSE", "F", "0"]
    import tensorflow as tf

    given = {"flag": tf.constant(spelled), "x": tf.zeros(len(spelled))}
    found = np.asarray(layer(given))[:, -1]
    assert len(set(found[:6])) == len(set(found[6:])) == 1
    assert found[0] != found[6]
    with pytest.raises(tf.errors.InvalidArgumentError, match="flag must hold true or false.*maybe"):
        layer({"flag": tf.constant(["", "maybe"]), "x": tf.zeros(2)})


def test_dates_in_another_form(load, read):
    days = pd.date_range("2021-01-02", periods=ROWS, freq="9D")
    splits = load(csv(day=days.strftime("%d/%m/%Y")))
    expected = ["2023-02-15 00:00", "2023-10-05 00:00"]
    for first, second in (("15/02/2023", "05/10/2023"), ("2023-02-15", "2023-10-05"),
                          ("15.02.2023", "05.10.2023")):  # fmt: skip
        assert read(splits, f"day,x\n{first},0.1\n{second},0.1\n")["day"] == expected
    with pytest.raises(
        DataError, match="'day' must hold dates such as 31/05/2024.*'02/15/2023' in"
    ):
        read(splits, "day,x\n02/15/2023,0.1\n10/05/2023,0.1\n")
    with pytest.raises(DataError, match="'day' must hold dates.*'soon' in row 1"):
        read(splits, "day,x\n2023-02-15,0.1\nsoon,0.1\n")


def test_numbers_in_another_form(load, read):
    splits = load(csv(";", area=[f"{2 + at}.{100 + at}" for at in range(ROWS)]))
    assert read(splits, "area;x\n2.500;0,5\n12;1\n")["area"] == [2500, 12]
    for cell in ("2,500", "2500.5", "2.50", "many"):
        with pytest.raises(DataError, match=re.escape(f"first '{cell}' in row 0")):
            read(splits, f"area;x\n{cell};0,5\n")
    whole = load(csv(area=range(ROWS)[::-1]), kinds="area=number")
    with pytest.raises(DataError, match=r"'area' must hold numbers.*'1\.234' in row 0"):
        read(whole, "area,x\n1.234,0.5\n")


def test_whole_numbers_as_categories(load, read):
    splits = load(csv(floor=[at % 4 for at in range(ROWS)]), kinds="floor=category")
    assert read(splits, "floor,x\n3,0.1\n3.0,0.1\n")["floor"] == ["3", "3"]
    frame = pd.DataFrame({"floor": [3.0, np.nan], "x": [0.1, 0.1]})
    assert read(splits, frame, "new.parquet")["floor"] == ["3", ""]


def test_decomposed_letters_are_composed(load, read):
    towns = [("Zu\u0308rich", "Lima", "Oslo")[at % 3] for at in range(ROWS)]
    splits = load(csv(town=towns))
    assert read(splits, "town,x\nZürich,0.1\nZu\u0308rich,0.1\n")["town"] == ["Zürich"] * 2


# ---- what the model does not know


def test_what_training_did_not_have_is_said(load, read):
    colours = [("Red", "Green", "Blue")[at % 3] for at in range(ROWS)]
    splits = load(csv(c=colours))
    layer = TablePreprocess(splits.raw_spec.columns)
    layer.adapt(splits.train.x)

    def said(text):
        from dlrecipes.data import Columns

        found = read(splits, text)
        columns = Columns({name: np.array(x, object if name == "c" else float)
                           for name, x in found.items()})  # fmt: skip
        return [line for count in layer.unknown_values(columns) for line in count.sentences(2)]

    assert said("c,x\nRed,0.1\nGreen,-0.2\n") == []
    (line,) = said("c,x\nred,0.1\ngreen,0.1\nblue,0.1\n")
    assert line.startswith("3 of 3 cells of 'c' are values that training did not have")
    assert "'blue', 'green', 'red'" in line
    (line,) = said("c,x\nRed,900\nRed,0.1\n")
    assert line.startswith("1 of 2 cells of 'x' are outside the range of training")
    (line,) = said("c,x\n,0.1\n,0.2\n,0.3\n")
    assert line == "3 of 3 cells of 'c' are missing."


# ---- numbers and dates in disguise


ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
DISGUISED = {
    "thousands elsewhere": (";", "einwohner", lambda v: f"{v * 977 + 4:,}".replace(",", "."),
                                     lambda v: v * 977 + 4),
    "thousands with commas": (",", "n", lambda v: f'"{v * 977 + 4:,}"', lambda v: v * 977 + 4),
    "thousands with apostrophes": (",", "n", lambda v: f"{v * 9771 + 4:,}".replace(",", "’"),
                                   lambda v: v * 9771 + 4),
    "thousands with spaces": (",", "n", lambda v: f"{v * 9771 + 4:,}".replace(",", "\u202f"),
                              lambda v: v * 9771 + 4),
    "dollars": (",", "price", lambda v: f'"${v * 31.25:,.2f}"', lambda v: v * 31.25),
    "euros behind": (";", "price", lambda v: f"{v * 31 + 0.5:.2f} €".replace(".", ","),
                     lambda v: v * 31 + 0.5),
    "percent": (",", "rate", lambda v: f"{v / 4:.2f}%", lambda v: v / 400),
    "a Unicode minus": (",", "n", lambda v: f"{v - 60}".replace("-", "\u2212"), lambda v: v - 60),
    "a minus behind": (",", "n", lambda v: f"{abs(v - 60)}-" if v < 60 else f"{v - 60}",
                       lambda v: v - 60),
    "accountants' parentheses": (",", "n", lambda v: f"({60 - v})" if v < 60 else f"{v - 60}",
                                 lambda v: v - 60),
    "kilograms": (",", "weight", lambda v: f"{v / 2} kg", lambda v: v / 2),
    "one month, two months": (",", "age", lambda v: f"{v % 9 + 1} month{'s' if v % 9 else ''}",
                              lambda v: v % 9 + 1),
    "times of the day": (",", "clock", lambda v: f"{v % 24}:30", lambda v: v % 24 + 0.5),
    "half days": (",", "clock", lambda v: f"{v % 9 + 1}:30 PM", lambda v: v % 9 + 13.5),
    "Arabic digits": (",", "n", lambda v: f"{v}".translate(ARABIC),
                      lambda v: v),
    "exponents": (",", "n", lambda v: f"{v + 0.5:.3E}", lambda v: v + 0.5),
}  # fmt: skip


@pytest.mark.parametrize("name", DISGUISED)
def test_numbers_in_disguise(load, name):
    separator, column, write, value = DISGUISED[name]
    splits = load(csv(separator, **{column: [write(at) for at in range(1, ROWS + 1)]}))
    assert kinds(splits)[column] == "number", splits.raw_spec.columns
    found, expected = train_values(splits, column, [value(at) for at in range(1, ROWS + 1)])
    np.testing.assert_allclose(found, expected, rtol=1e-6)


DAYS = [pd.Timestamp("2019-03-05 00:46") + pd.Timedelta(hours=173 * at) for at in range(ROWS)]


@pytest.mark.parametrize(
    ("form", "read_back"),
    [
        ("%d/%m/%y", "%Y-%m-%d 00:00"),
        ("%m/%d/%Y %I:%M %p", "%Y-%m-%d %H:%M"),
        ("%d-%b-%Y", "%Y-%m-%d 00:00"),
        ("%Y%m%d", "%Y-%m-%d 00:00"),
        ('"%B %d, %Y"', "%Y-%m-%d 00:00"),
        ("%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M"),
        ("%Y-%m-%dT%H:%M:%S+02:00", "%Y-%m-%d %H:%M+02:00"),
    ],
)
def test_dates_in_disguise(load, form, read_back):
    splits = load(csv(day=[day.strftime(form) for day in DAYS]))
    assert kinds(splits)["day"] == "date"
    found, expected = train_values(splits, "day", [day.strftime(read_back) for day in DAYS])
    assert found == expected


def test_numbers_that_float32_makes_equal_stay_different(load):
    start = 1_700_000_000
    seconds = [start + 7 * at for at in range(ROWS)]
    splits = load(csv(epoch=seconds))
    assert len(np.unique(splits.train.x["epoch"])) == len(splits.train)
    inputs = (
        splits.with_preprocess(TablePreprocess(splits.raw_spec.columns)).development().train.array
    )
    assert len(np.unique(inputs[:, 0])) == len(splits.train)
    dated = load(csv(epoch=seconds), kinds="epoch=date")
    expected = pd.to_datetime(pd.Series(seconds), unit="s").dt.strftime("%Y-%m-%d %H:%M")
    found, days = train_values(dated, "epoch", expected.tolist())
    assert [text[:16] for text in found] == days
    big = load(
        csv(big=[2**60 + at for at in np.random.default_rng(0).permutation(ROWS * 9)[:ROWS]])
    )
    (finding,) = (found for found in audit(big) if found.name == "column kinds")
    assert finding.severity == "warning"
    assert "numbers of 'big' equal another one in float64" in finding.advice


def test_what_is_in_doubt_is_said_on_the_screen(load):
    mixed = [day.strftime("%m/%d/%Y" if at % 2 else "%d/%m/%Y") for at, day in enumerate(DAYS)]
    units = [f"{at + 1} {'kg' if at % 2 else 'lb'}" for at in range(ROWS)]
    splits = load(csv(mixed=mixed, weight=units))
    findings = {finding.name: finding for finding in audit(splits)}
    kinds_found = findings["column kinds"]
    assert kinds_found.severity == "warning"
    assert "'mixed' looks like dates in no one form" in kinds_found.advice
    assert "'weight' looks like numbers with different units" in kinds_found.advice
    assert "drop" not in findings["identifiers"].advice


# ---- times with a zone


def test_lags_are_between_instants():
    for start in ("2024-03-30", "2024-10-26"):
        times = pd.date_range(start, periods=72, freq="h", tz="Europe/Berlin")
        table = pd.DataFrame({"t": times, "y": np.arange(72)})
        text = table.assign(t=[moment.isoformat() for moment in times])
        for given in (table, text):
            lagged = add_lags(given, ["24h"], column="y", time="t")["y 24h earlier"]
            np.testing.assert_array_equal(lagged, [*[np.nan] * 24, *range(48)])


def test_two_rows_of_one_hour_of_the_clock_are_no_copies(load, tmp_path):
    times = pd.date_range("2024-10-20", periods=240, freq="h", tz="Europe/Berlin")
    pd.DataFrame({"t": times, "y": np.arange(240.0)}).to_parquet(tmp_path / "t.parquet")
    splits = load_table(tmp_path / "t.parquet", "y", split_rule=SplitRule(time="t"))
    (finding,) = (found for found in audit(splits) if found.name == "duplicates")
    assert finding.severity == "info"
    assert np.all(np.diff(splits.train.time) == np.timedelta64(1, "h"))


# ---- rows without a target


def test_rows_without_a_target_are_left_out_and_counted(load, tmp_path):
    continents = [("NA", "EU", "AS", "")[at % 4] for at in range(ROWS)]
    splits = load(csv(target=continents))
    assert splits.raw_spec.target.class_names == ("AS", "EU")
    assert {at % 4 for at in splits.train.ids} == {1, 2}
    (finding,) = splits.noticed
    assert "60 of 120 rows have no 'y' and are left out ('NA': 30)" in finding.verdict
    option = re.search(r"\(--missing \"\"\)", finding.advice)
    assert option
    kept = load(csv(target=continents), **read_extra(shlex.split(option[0][1:-1])))
    assert kept.raw_spec.target.class_names == ("AS", "EU", "NA")
    assert "30 of 120" in kept.noticed[0].verdict
    values = load(csv(target=["" if at % 20 == 0 else f"{at * 1.5}" for at in range(ROWS)]))
    assert values.raw_spec.task == "regression"
    assert "6 of 120" in values.noticed[0].verdict


# ---- advice that can be followed

ADVISED = {
    "which mark": ("n;y\n" + "".join(f"{at if at % 3 else f'{at + 1}.200'};{Y[at]}\n"
                                     for at in range(1, ROWS)), 2),
    "text among numbers": (csv(n=["soon", *range(1, ROWS)]), 2),
    "text among dates": (csv(day=["never", *(f"{day:%Y-%m-%d}" for day in DAYS[1:])]), 2),
    "infinity": (csv(n=["inf", "-inf", *range(2, ROWS)]), 1),
    "day or month": (csv(day=[f"{day.day % 12 + 1:02}/{day.month:02}/2021" for day in DAYS]), 1),
    "names or values": (csv(**{"2019": [f"{value}" for value in X + 1]}), 1),
    "another encoding": (csv(town=["Zürich", "Bern"] * (ROWS // 2)).encode("cp1252"), 1),
    "UTF-16": (csv(town=["Zürich", "Bern"] * (ROWS // 2)).encode("utf-16"), 1),
    "UTF-8 after all": (csv(town=["Zürich", "Bern"] * (ROWS // 2)), 1),
    "stray quotes": ("text,y\n" + ''.join(f'"film {at},{Y[at]}\n' for at in range(60)), 1),
    "a key alone": ("text,y\n" + "".join(f"name{at}a,{'yes' if at % 2 else 'no'}\n"
                                         for at in range(60)), 1),
    "zones": (csv(day=["2021-03-05T00:00Z", "2021-04-05T00:00+05:00"] * (ROWS // 2)), 1),
    "a constant": ("a,y\n" + "1,yes\n1,no\n" * 30, 0),
}  # fmt: skip
GIVEN = {"UTF-8 after all": {"encoding": "cp1252"}, "stray quotes": {"kinds": "text=text"}}


@pytest.mark.parametrize("name", ADVISED)
def test_each_option_that_a_message_names_works(load, name):
    text, least = ADVISED[name]
    given = GIVEN.get(name, {})
    with pytest.raises(DlrecipesError) as caught:
        load(text, **given)
    message = str(caught.value)
    options = re.findall(r"\((--[a-z][^()]*?)\)", message)
    assert len(options) >= least, message
    for option in options:
        named = option.replace(" yes or no", " yes")
        assert load(text, **{**given, **read_extra(shlex.split(named))}).raw_spec.columns, option


def test_names_with_commas_can_be_given(load):
    text = csv(**{'"area, in m2"': [at % 7 for at in range(ROWS)]})
    splits = load(text, kinds='"area, in m2=category"')
    assert kinds(splits)["area, in m2"] == "category"
    assert [*kinds(load(text, drop='"area, in m2"'))] == ["x"]


# ---- files that are cut in another way


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: "sep=,\n" + text,
        lambda text: '"sep=,"\r\n' + text.replace("\n", "\r\n"),
        lambda text: "# exported on Monday, by hand\n#\n" + text,
        lambda text: "\n".join(f"{line}," if at else line for at, line in
                               enumerate(text.splitlines())) + "\n",
        lambda text: "\n".join(f"{line}," for line in text.splitlines()) + "\n",
        lambda text: text.replace(",", "   "),
        lambda text: text.replace(",", " \t "),
        lambda text: "\ufeff" + text,
    ],
)  # fmt: skip
def test_lines_that_are_no_rows(load, edit):
    plain, other = load(csv(n=range(3, ROWS + 3))), load(edit(csv(n=range(3, ROWS + 3))))
    np.testing.assert_array_equal(plain.train.x["x"], other.train.x["x"])
    np.testing.assert_array_equal(plain.train.y, other.train.y)


def test_zero_bytes_are_refused_wherever_they_stand(load):
    notes = ["a good film"] * (ROWS - 1) + ["hello\0world"]
    text = csv(notes=notes, filler=["z" * 90] * ROWS)
    assert text.index("\0") > 4096
    with pytest.raises(DataError, match=f"a zero byte in line {ROWS + 1}"):
        load(text, kinds="notes=text")


def test_numbers_that_were_categories_stay_some(tmp_path):
    frame = pd.DataFrame({"zone": pd.Categorical([at % 5 for at in range(ROWS)]), "x": X, "y": Y})
    frame.to_parquet(tmp_path / "t.parquet")
    splits = load_table(tmp_path / "t.parquet", "y")
    assert kinds(splits)["zone"] == "category"
    (tmp_path / "new.csv").write_text("zone,x\n3,0.5\n")
    assert read_inputs(tmp_path / "new.csv", splits.raw_spec)["zone"].tolist() == ["3"]
    numbers = load_table(
        tmp_path / "t.parquet", "y", column_rules=ColumnRules(kinds={"zone": "number"})
    )
    assert kinds(numbers)["zone"] == "number"


def test_the_same_answers_from_the_layer_whatever_the_file(load, read):
    """What enters a network of a row is the same in the file and alone."""
    colours = [("Red", "Green", "Blue")[at % 3] for at in range(ROWS)]
    splits = load(csv(c=colours, n=[f"{at}%" for at in range(ROWS)]))
    splits = splits.with_preprocess(TablePreprocess(splits.raw_spec.columns))
    from dlrecipes.data import Columns

    def entered(text):
        found = read(splits, text)
        columns = Columns({k: np.array(v, object if k == "c" else float) for k, v in found.items()})
        return np.asarray(splits.preprocess(as_tensors(columns)))

    whole = entered("c,n,x\nRed,5%,0.5\nGreen,7%,1\nX9,900%,-\n")
    np.testing.assert_array_equal(entered("c,n,x\nGreen,7%,1\n"), whole[1:2])
    np.testing.assert_array_equal(entered("x,c,n\n-,X9,900%\n0.5,Red,5%\n"), whole[[2, 0]])


# ---- what reviewers found: values that were wrong without a word


def test_zones_must_be_those_of_training(load, read):
    days = [f"{day:%Y-%m-%dT%H:%M}+02:00" for day in DAYS]
    splits = load(csv(day=days))
    assert read(splits, "day,x\n2024-05-31T12:00+01:00,0.1\n")["day"] == ["2024-05-31 12:00+01:00"]
    for cell in ("2024-05-31T10:00Z", "2024-05-31T12:00", "2024-05-31T19:00+09:00"):
        with pytest.raises(DataError, match=r"'day' must hold dates with the offset \+02:00"):
            read(splits, f"day,x\n{cell},0.1\n")
    naive = load(csv(day=[f"{day:%Y-%m-%dT%H:%M}" for day in DAYS]))
    with pytest.raises(DataError, match="'day' must hold dates without a time zone"):
        read(naive, "day,x\n2024-05-31T10:00Z,0.1\n")


def test_lags_and_times_are_read_as_the_columns_are(tmp_path, as_written):
    rows = [f"2021-{at // 28 + 1:02}-{at % 28 + 1:02};0,{at + 13};{at + 1}.{at + 100}"
            for at in range(90)]  # fmt: skip
    (tmp_path / "t.csv").write_text("day;g;sold\n" + "\n".join(rows) + "\n")
    splits = load_table(
        tmp_path / "t.csv",
        "sold",
        task="regression",
        split_rule=SplitRule(time="day"),
        column_rules=ColumnRules(lags=1),
    )
    earlier = splits.train.x["sold 1 row earlier"]
    np.testing.assert_array_equal(earlier[1:], splits.train.y[:-1])
    assert splits.train.y[0] == 1100
    unclear = [f"{at % 12 + 1:02}/{at // 12 + 1:02}/2021;0,5;{at}" for at in range(90)]
    (tmp_path / "u.csv").write_text("day;g;sold\n" + "\n".join(unclear) + "\n")
    given = {"time": "day", "lags": "1", "task": "regression", "kinds": "day=month-first"}
    assert len(as_written(load_table, tmp_path / "u.csv", "sold", **given).train)


def test_whole_numbers_beside_gaps(load, read, tmp_path):
    days = pd.Series([int(f"{day:%Y%m%d}") for day in DAYS], dtype="Int64")
    days[3] = pd.NA
    frame = pd.DataFrame({"day": days, "x": X, "y": Y})
    frame.to_parquet(tmp_path / "t.parquet")
    text = load(csv(day=["" if at == 3 else f"{day}.0" for at, day in enumerate(days)]))
    typed = load_table(tmp_path / "t.parquet", "y")
    assert kinds(text)["day"] == kinds(typed)["day"] == "date"
    assert text.train.x["day"].tolist() == typed.train.x["day"].tolist()
    ids = pd.Series([1234567890123456700 + at // 3 for at in range(ROWS)], dtype="Int64")
    ids[5] = pd.NA
    pd.DataFrame({"big": ids, "x": X, "y": Y}).to_parquet(tmp_path / "i.parquet")
    as_text = load(
        csv(big=["" if value is pd.NA else value for value in ids]), kinds="big=category"
    )
    as_typed = load_table(
        tmp_path / "i.parquet", "y", column_rules=ColumnRules(kinds={"big": "category"})
    )
    assert as_text.train.x["big"].tolist() == as_typed.train.x["big"].tolist()
    assert (
        "equal another one in float64"
        in load_table(tmp_path / "i.parquet", "y").raw_spec.columns[0].doubt
    )


def test_a_number_does_not_depend_on_its_neighbours(load, read):
    splits = load(csv(n=[2**60 + (at << 45) for at in range(ROWS)][::-1]), kinds="n=number")
    alone = read(splits, "n,x\n1152921573326323713,1\n")["n"]
    assert read(splits, "n,x\n1152921573326323713,1\n,2\n")["n"][:1] == alone


def test_days_among_which_zeros_are_missing(load):
    days = [f"{day:%Y%m%d}" for day in DAYS]
    with pytest.raises(DataError, match=r"dates only.*'00000000'.*--missing \+00000000"):
        load(csv(day=["00000000", *days[1:]]))
    splits = load(csv(day=["00000000", *days[1:]]), missing="+00000000")
    assert kinds(splits)["day"] == "date"


def test_a_list_tells_no_decimal_mark_of_others(load):
    tags = [('"1,2"', '"3,4"', '"2,5"')[at % 3] for at in range(ROWS)]
    with pytest.raises(DataError, match="mark in the numbers of column 'temp'"):
        load_without_x(load, tags=tags, temp=[f"{36 + at % 3}.{600 + at}" for at in range(ROWS)])


def load_without_x(load, **columns):
    lines = [",".join([*columns, "y"])]
    lines += [",".join(map(str, row)) for row in zip(*columns.values(), Y, strict=True)]
    return load("\n".join(lines) + "\n")


def test_what_is_mostly_numbers_is_said(load):
    cells = [("<0.5", "1.2", "0.7", "3.3", "2.1", "1.9")[at % 6] for at in range(ROWS)]
    (column, _) = load(csv(level=cells)).raw_spec.columns
    assert "most of 'level' are numbers, but not '<0.5'" in column.doubt
    (column, _) = load(
        csv(day=["0001-01-01", *(f"{day:%Y-%m-%d}" for day in DAYS[1:])])
    ).raw_spec.columns
    assert "before 1678 or after 2261, such as 0001-01-01, are taken as missing" in column.doubt


def test_groups_are_spelled_alike_in_every_part(load, tmp_path):
    groups = [at % 15 for at in range(ROWS)]
    (tmp_path / "test.csv").write_text("family,x,y\n3,0.5,yes\n4.0,-1,no\n5,1,yes\n6,-2,no\n")
    splits = load(csv(family=groups), group="family", test=tmp_path / "test.csv")
    (finding,) = (found for found in audit(splits) if found.name == "groups")
    assert finding.verdict.startswith("4 groups are in two parts")
    (tmp_path / "test.csv").write_text("family,x,y\n3,0.5,yes\n,-1,no\n")
    with pytest.raises(
        DataError, match="Every row of the test table must have a value in 'family'"
    ):
        load(csv(family=groups), group="family", test=tmp_path / "test.csv")


def test_a_class_that_was_taken_for_missing_is_named_in_the_error(load):
    with pytest.raises(DataError, match=r"at least two classes.*'NA': 60.*--missing \"\""):
        load(csv(target=["NA", "no"] * (ROWS // 2)))
    values = load(csv(target=["NA" if at % 9 == 0 else f"{at * 1.5}" for at in range(ROWS)]))
    assert "keep it" not in values.noticed[0].advice
