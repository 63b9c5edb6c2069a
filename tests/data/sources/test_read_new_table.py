import pandas as pd
import pytest

from dlrecipes.data.sources import read_new_table, typed_table
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.results import Column, TableFile

WHOLE = ("id", "age", "job", "left")
TRAINED_ON = TableFile(columns=WHOLE, targets=("left",))
INPUTS = (Column("age", "number"), Column("job", "category"))


@pytest.fixture
def read(tmp_path):
    """`read(text, name="new.csv", trained_on=TRAINED_ON, **options)`: a file's inputs, typed."""

    def make(text, name="new.csv", trained_on=TRAINED_ON, inputs=INPUTS, **options):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return typed(read_new_table(path, inputs, trained_on, **options), inputs, trained_on)

    return make


def typed(table, inputs, trained_on):
    there = [column for column in inputs if column.name in table]
    return table.assign(**typed_table(table, there, file=trained_on))


@pytest.mark.parametrize(
    "text",
    [
        # ---- under a header, wherever they stand
        "age,job\n31,cook\n52,clerk\n",
        "job,more,age\ncook,1,31\nclerk,2,52\n",
        # ---- by position: the inputs, all without the target, all
        "31,cook\n52,clerk\n",
        "1,31,cook\n2,52,clerk\n",
        "1,31,cook,yes\n2,52,clerk,no\n",
        "31;cook\n52;clerk\n",
    ],
)
def test_the_inputs_are_found(read, text):
    table = read(text)
    assert table["age"].tolist() == [31, 52]
    assert table["job"].tolist() == ["cook", "clerk"]


def test_one_row(read):
    assert read("31,cook\n")["job"].tolist() == ["cook"]
    assert read("job,age\ncook,31\n")["age"].tolist() == [31]


def test_marks_in_a_column_without_a_single_number(read):
    table = read("age,job\n-,none\n")
    assert table["age"].isna().all()
    assert table["job"].tolist() == ["none"]
    named = TableFile(columns=WHOLE, missing=("?",))
    with pytest.raises(DataError, match="'age' must hold numbers.*'-' in row 0"):
        read("age,job\n-,?\n", trained_on=named)


def test_half_of_the_names_make_a_header(read):
    table = read("age,town\n31,Rome\n")
    assert (list(table.columns), len(table)) == (["age", "town"], 1)


def test_names_that_look_like_values(read):
    trained_on = TableFile(columns=("0", "1", "2"), targets=("2",))
    inputs = (Column("0", "number"), Column("1", "number"))
    options = {"trained_on": trained_on, "inputs": inputs}
    assert read("0,1\n5,7\n6,8\n", **options)["1"].tolist() == [7, 8]
    assert read("0,1,2\n5,7,1\n", **options)["1"].tolist() == [7]
    assert read("5,7\n6,8\n", **options)["1"].tolist() == [7, 8]


def test_what_the_caller_knows(read):
    words = (Column("first", "category"), Column("second", "category"))
    options = {"trained_on": None, "inputs": words}
    assert read("a,b\nc,d\n", header=False, **options)["second"].tolist() == ["b", "d"]
    assert len(read("first,second\nc,d\n", header=False, **options)) == 2
    assert read("first,second\n1,2\n", header=True, **options)["second"].tolist() == ["2"]


def test_read_as_the_training_file_was(read):
    quoted = TableFile(
        columns=("age", "job"),
        separator="|",
        missing=("-9", "none"),
        encoding="latin-1",
        quoting=False,
    )
    table = read('-9|"Bäcker\n31|none\n'.encode("latin-1"), trained_on=quoted)
    assert table["age"].isna().tolist() == [True, False]
    assert table["job"].fillna("").tolist() == ['"Bäcker', ""]
    usual = read("age,job\n-9,cook\n31,?\n")
    assert usual["age"].tolist() == [-9, 31]
    assert usual["job"].isna().tolist() == [False, True]


@pytest.mark.parametrize("name", ["new.parquet", "new.tsv"])
def test_other_files(tmp_path, name):
    frame = pd.DataFrame({"job": ["cook", "none"], "age": [31, -9]})
    if name.endswith("parquet"):
        frame.to_parquet(tmp_path / name)
    else:
        frame.to_csv(tmp_path / name, sep="\t", index=False)
    trained_on = TableFile(columns=WHOLE, missing=("-9", "none"))
    table = typed(read_new_table(tmp_path / name, INPUTS, trained_on), INPUTS, trained_on)
    assert table["age"].isna().tolist() == [False, True]
    assert table["job"].isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("1,2,3,4,5\n", {}, r"5 in .*2 inputs in this order: 'age', 'job'; or all 4 .*with or wi"),
        ("31\n", {"trained_on": None}, "by their number.*1 in .*'age', 'job'; or a header"),
        ("years,work\n31,cook\n", {}, r"must name the columns.*'years', 'work'.*--header no"),
        ("first,line\nsecond,row\n", {}, r"'first', 'line'.*--header no"),
        ("a,3\nb,4\n1,5\n", {"header": True}, "'a', '3'"),
        ("cook,clerk\n", {}, "at least one row below its header.*--header no"),
        ("", {}, "must not be empty"),
        ("\n\n", {}, "at least one row"),
        ("1,2\n3\n", {}, "same number of cells"),
    ],
)
def test_tables_that_do_not_fit(read, text, options, message):
    with pytest.raises(DataError, match=message):
        read(text, **options)


def test_a_parquet_file_has_names_of_its_own(tmp_path):
    pd.DataFrame({"age": [1], "job": ["cook"]}).to_parquet(tmp_path / "new.parquet")
    with pytest.raises(DataError, match="A Parquet file has its own columns"):
        read_new_table(tmp_path / "new.parquet", INPUTS, TRAINED_ON, header=False)


def test_another_encoding_is_told(read):
    text = "age,job\n31,Bäcker\n"
    with pytest.raises(DataError, match=r"in UTF-8.*--encoding utf-8"):
        read(text, trained_on=TableFile(columns=WHOLE, encoding="cp1252"))
    with pytest.raises(DataError, match=r"0xe4.*--encoding cp1252"):
        read(text.encode("cp1252"))
    assert read(text.encode("cp1252"), encoding="cp1252")["job"].tolist() == ["Bäcker"]


def test_a_separator_is_one_character(read):
    with pytest.raises(ArgumentError, match="one character.*separator='xx'"):
        read("31,cook\n", separator="xx")
