import gzip
import io
import zipfile

import numpy as np
import pandas as pd
import pytest

from dlrecipes.data.sources import MISSING, read_table
from dlrecipes.errors import ArgumentError, DataError


@pytest.fixture
def write(tmp_path):
    def write(content, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def zipped(**members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in members.items():
            archive.writestr(name.replace("_", "."), text)
    return packed.getvalue()


def rows(frame):
    return frame.astype(object).where(frame.notna(), None).to_numpy().tolist()


@pytest.mark.parametrize(
    ("content", "names", "expected"),
    [
        ("a,b\n1,x\n2,y\n", "ab", [[1, "x"], [2, "y"]]),
        ("a,b\r\n1,x\r\n2,y", "ab", [[1, "x"], [2, "y"]]),
        ("a,b\r1,x\r2,y\r", "ab", [[1, "x"], [2, "y"]]),
        ("\ufeffa,b\n1,x\n", "ab", [[1, "x"]]),
        ("a;b\n1;x\n", "ab", [[1, "x"]]),
        ("a\tb\n1\tx, y\n", "ab", [[1, "x, y"]]),
        ("a|b\n1|x\n", "ab", [[1, "x"]]),
        ("a\n1\n2\n", "a", [[1], [2]]),
        ("\na,b\n\n1,x\n   \n2,y\n\n", "ab", [[1, "x"], [2, "y"]]),
        ("a, b\n1,  x \n 2 , y\n", "ab", [[1, "x"], [2, "y"]]),
        ('a,b\n1,"x, y"\n2,"say ""hi"""\n', "ab", [[1, "x, y"], [2, 'say "hi"']]),
        ('a, b\n1, "x, y"\n2 , "z" \n', "ab", [[1, "x, y"], [2, "z"]]),
        ('a,b\n"1" ,"x" \n', "ab", [[1, "x"]]),
        ('a,b\n1,"x\ny, z"\n2,w\n', "ab", [[1, "x\ny, z"], [2, "w"]]),
        ('a,b\n1,6" nail\n', "ab", [[1, '6" nail']]),
        ("a,b\n1,?\nNA,y\n", "ab", [[1, None], [None, "y"]]),
        ("a,b\n1,-\n-,y\n2,None\n", "ab", [[1, "-"], [None, "y"], [2, "None"]]),
        ("a,b\n1,\n2,\n", "ab", [[1, None], [2, None]]),
        ("a,b\n1.5,-2e3\n+.5,7\n", "ab", [[1.5, -2000], [0.5, 7]]),
        ("a,b\nt,yes\nf,no\n", "ab", [["t", "yes"], ["f", "no"]]),
        ("a;b\n1,5;2\n-0,25;3\n", "ab", [[1.5, 2], [-0.25, 3]]),
        ("a;b\n1,500;2\n", "ab", [[1.5, 2]]),
        ("1,5;2,5\n3,5;4,5\n", ["column_1", "column_2"], [[1.5, 2.5], [3.5, 4.5]]),
        ("a\tb\n1,500\t2\n20\t3\n", "ab", [[1500, 2], [20, 3]]),
        ("a\tb\n1,500\t2\n0,250\t3\n", "ab", [[1.5, 2], [0.25, 3]]),
        ('a,b\n"1,500",2\n', "ab", [[1500, 2]]),
        ("a;b\n1.500;2,5\n20;3\n", "ab", [[1500, 2.5], [20, 3]]),
        ("a;b\n1.500,50 €;20 %\n-3 €;3,5 %\n", "ab", [[1500.5, 0.2], [-3, 0.035]]),
        ("a,b\n(94),17:30\n83,06:45\n", "ab", [[-94, 17.5], [83, 6.75]]),
        ("a,b\n007,1\n010,2\n", "ab", [["007", 1], ["010", 2]]),
        ("sep=;\na;b\n1,5;x\n", "ab", [[1.5, "x"]]),
        ("# made by hand\n# in 2024\na,b\n1,x\n", "ab", [[1, "x"]]),
        ("# a b\n1 2\n3 4\n", "ab", [[1, 2], [3, 4]]),
        ("#a,b\n1,x\n", ["#a", "b"], [[1, "x"]]),
        ("a b\n 1.5   2\n10  20 \n", "ab", [[1.5, 2], [10, 20]]),
        (
            '18.0   8\t"chevrolet malibu"\n15.0  10\t"buick"\n',
            ["column_1", "column_2", "column_3"],
            [[18, 8, "chevrolet malibu"], [15, 10, "buick"]],
        ),
        ("a,b\n1,4,\n2,5,\n", "ab", [[1, 4], [2, 5]]),
        ("a,b,\n1,4,\n2,5,\n", "ab", [[1, 4], [2, 5]]),
        (f"a,b\n{'x' * 200_000},2\n", "ab", [["x" * 200_000, 2]]),
        ("a,b\n0x10,2\n0x11,3\n", "ab", [["0x10", 2], ["0x11", 3]]),
        ("a,b\n92233720368547758080,2\n", "ab", [["92233720368547758080", 2]]),
        ("a,b\n9007199254740993,2\n", "ab", [[9007199254740993, 2]]),
        ("a,,b\n1,2,3\n", ["a", "column_2", "b"], [[1, 2, 3]]),
    ],
)
def test_reads(write, content, names, expected):
    frame = read_table(write(content))
    assert list(frame.columns) == list(names)
    assert rows(frame) == expected


def test_types(write):
    frame = read_table(write("a,b,c,d,e\n1,1.5,x,?,2\n2,2,y,NA,?\n"))
    assert [str(dtype) for dtype in frame.dtypes] == ["int64", "float64", "str", *["float64"] * 2]


@pytest.mark.parametrize(
    ("content", "header"),
    [
        ("39, State-gov, 77516, <=50K\n50, Private, 83311, <=50K\n", False),
        ("1,2,3\n4,5,6\n", False),
        ("1,2,3\n", False),
        ("2011-01-01,x\n2011-01-02,y\n", False),
        ("ham\tGo now\nspam\tWin\nham\tOk\n", False),
        ("x,,y\nu,v,w\n", False),
        ("x,x,y\nu,v,w\n", False),
        ("12,x\na,y\nb,z\n", False),
        ("a long first sentence of some text\nanother one\n", False),
        ("?,a\n1,b\n2,a\n", False),
        ("age,name\n39,Bob\n", True),
        ("day,name\n2011-01-01,Bob\n", True),
        ("name,town\nBob,Rome\nEve,Oslo\n", True),
        (",name\nBob,Rome\nEve,Oslo\n", True),
        (",age\n0,39\n1,40\n", True),
        ("0,1,2,3,4\n5.1,3.5,1.4,0.2,1\n", True),
        ("age,name\n?,Bob\n39,Eve\n", True),
    ],
)
def test_detects_header(write, content, header):
    lines = content.count("\n")
    assert len(read_table(write(content))) == lines - header


def test_header_as_the_user_says(write):
    path = write("1,2\n3,4\n")
    assert list(read_table(path, header=True).columns) == ["1", "2"]
    path = write("a,b\n3,4\n")
    assert rows(read_table(path, header=False)) == [["a", "b"], ["3", "4"]]


@pytest.mark.parametrize("content", ["1,x\n2,y\n", "a,b\n1,x\n2,y\n", "u, v \n1,x\n2,y\n"])
def test_names_are_given(write, content):
    frame = read_table(write(content), columns=["a", "b"])
    assert list(frame.columns) == ["a", "b"]
    assert rows(frame) == [[1, "x"], [2, "y"]]


def test_names_are_given_to_text(write):
    frame = read_table(write("u,v\nw,x\n"), columns=["a", "b"])
    assert rows(frame) == [["u", "v"], ["w", "x"]]


def test_names_replace_a_header(write):
    frame = read_table(write("x,y\n1,2\n"), header=True, columns=["a", "b"])
    assert list(frame.columns) == ["a", "b"]
    assert len(frame) == 1


def test_missing_is_what_the_user_says(write):
    path = write("a,b,c\n-999,NA,1\n-999.0,x,\n1,none,2\n")
    assert rows(read_table(path, missing=["-999", "none"])) == [
        [None, "NA", 1],
        [None, "x", None],
        [1, None, 2],
    ]
    assert rows(read_table(path, missing=[*MISSING, "-999"]))[0] == [None, None, 1]


def test_quotes_as_ordinary_characters(write):
    path = write('ham\t"Hi, you\nspam\tWin" it\nham\t"\n', "sms.tsv")
    frame = read_table(path, quoting=False)
    assert rows(frame) == [["ham", '"Hi, you'], ["spam", 'Win" it'], ["ham", '"']]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-16-le", "utf-8", "UTF8"])
def test_encodings(write, encoding):
    path = write("town,size\nZürich,1\n".encode(encoding))
    assert rows(read_table(path, encoding=encoding)) == [["Zürich", 1]]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv.gz", gzip.compress(b"a,b\n1,x\n", mtime=0)),
        ("T.CSV.GZ", gzip.compress(b"a,b\n1,x\n", mtime=0)),
        ("t.zip", zipped(t_csv="a,b\n1,x\n", README_md="hello")),
        ("t.tsv.zip", zipped(t_tsv="a\tb\n1\tx\n")),
        ("t.data", b"a,b\n1,x\n"),
        ("t.v2.txt", b"a,b\n1,x\n"),
    ],
)
def test_suffixes(write, name, content):
    assert rows(read_table(write(content, name))) == [[1, "x"]]


def test_parquet_keeps_its_types(tmp_path):
    path = tmp_path / "t.parquet"
    frame = pd.DataFrame(
        {
            "whole": np.arange(3, dtype=np.int16),
            "part": np.array([0.5, np.nan, -9], dtype=np.float32),
            "code": ["007", " ? ", "x"],
            "kind": pd.Categorical(["u", "v", "u"]),
            "flag": [True, False, True],
            "day": pd.to_datetime(["2020-01-01", None, "2020-01-03"]),
            "none": [None, None, None],
        }
    )
    frame.to_parquet(path)
    table = read_table(path)
    assert [str(dtype) for dtype in table.dtypes[:5]] == ["int64", "float64", "str", "str", "bool"]
    assert table["day"].dtype.kind == "M"
    assert rows(table[["whole", "part", "code", "kind", "flag"]]) == [
        [0, 0.5, "007", "u", True],
        [1, None, None, "v", False],
        [2, -9, "x", "u", True],
    ]
    assert table["none"].isna().all()
    assert np.isnan(read_table(path, missing=["-9"])["part"][2])


SWALLOWED = '"Hi\nham\tyou'
PLAIN = "a,b\n1,2\n"


@pytest.mark.parametrize(
    ("name", "content", "arguments", "message"),
    [
        ("t.csv", "", {}, "must not be empty.*0 bytes"),
        ("t.csv.gz", gzip.compress(b"", mtime=0), {}, "must not be empty"),
        ("t.csv", "\n \n\n", {}, "at least one row"),
        ("t.csv", "\ufeff", {}, "at least one row"),
        ("t.csv", "a,b\n", {}, "below its header.*a, b only.*header=False"),
        ("t.csv", "1,2\n", {"header": True}, "below its header"),
        ("t.csv", "a,b,c\n1,2,3\n\n4,5\n", {}, "2 cells in line 4, 3 expected.*Fill in"),
        ("t.csv", "a,b\n1,2\n3,4,5\n", {}, "3 cells in line 3, 2 expected.*stand in quotes"),
        ("t.csv", 'a,b\n1,"x\ny"\n3,4,5\n', {}, "3 cells in line 4"),
        ("t.csv", 'a,b\n1,2\n3,"4,5"\n', {"quoting": False}, "3 cells in line 3.*quoting=True"),
        ("t.csv", "a,b,c\n1,2\n", {}, "2 cells in line 2, 3 expected"),
        ("t.csv", "title\na,b\n1,2\n3,4\n", {}, "2 cells in line 2, 1 expected"),
        ("t.csv", 'a,b\n1,"x\n2,y\n', {}, "must end with a quote.*from line 2.*--quoting no"),
        ("t.csv", 'a,b\n1,"x" y\n2,z\n', {}, "text right behind one in the row from line 2"),
        ("t.tsv", f'ham\t{SWALLOWED}"\nham\tx\n', {}, "whole rows.*quoting=False"),
        ("t.csv", 'a,b\n1,"x\n2,y\n3,z\n4,w"\n5,v\n', {}, "from line 2 to line 5.*whole rows"),
        ("t.csv", "a,b\n1,Zürich\n".encode("latin-1"), {}, "'utf-8'.*encoding='cp1252'"),
        ("t.csv", "a,b\n1,x\n".encode("utf-16"), {}, "UTF-16.*encoding='utf-16'"),
        ("t.csv", "a,b\n1,x\n".encode("utf-16-le"), {}, "UTF-16.*encoding='utf-16-le'"),
        ("t.csv", "a,b\n1,x\n".encode("utf-16-be"), {}, "UTF-16.*encoding='utf-16-be'"),
        ("t.csv", PLAIN, {"encoding": "utf-16"}, "encoding 'utf-16'"),
        ("t.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0\xff\xfe\x07", {}, "zero bytes"),
        ("t.csv", "a,a,b\n1,2,3\n", {}, "different names.*'a' more than once"),
        ("t.csv", "a, a\nx,y\n", {"header": True}, "'a' more than once"),
        ("t.csv", "id,2019\n1,2\n3,4\n", {}, "clear whether.*'id' and '2019'.*header=True"),
        ("t.csv", PLAIN, {"columns": ["a"]}, "1 name for 2 columns"),
        ("t.csv", PLAIN, {"columns": ["a", "b", "c"]}, "3 names for 2 columns"),
        ("t.csv", "1,2\n", {"columns": ["a", "a"]}, "'a' more than once"),
        ("t.csv", PLAIN, {"columns": "ab"}, "`columns` must be a list of text"),
        ("t.csv", PLAIN, {"missing": "?"}, "`missing` must be a list of text"),
        ("t.csv", PLAIN, {"missing": [-999]}, "`missing` must be a list of text"),
        ("t.csv", PLAIN, {"separator": "::"}, "one character"),
        ("t.csv", PLAIN, {"separator": '"'}, "no quote"),
        ("t.csv", PLAIN, {"encoding": "klingon"}, "`encoding` must be a text encoding"),
        ("t.csv", PLAIN, {"encoding": "base64"}, "`encoding` must be a text encoding"),
        ("t.xlsx", PLAIN, {}, "must end in .csv.*Save it"),
        ("table", PLAIN, {}, "must end in .csv"),
        ("t.gz", gzip.compress(b"a,b\n1,2\n", mtime=0), {}, "must end in .csv"),
        ("t.csv.gz", PLAIN, {}, "packed file must be whole"),
        (
            "t.csv.gz",
            gzip.compress(PLAIN.encode() * 999, mtime=0)[:-9],
            {},
            "packed file must be whole",
        ),
        ("t.zip", PLAIN, {}, "packed file must be whole"),
        ("t.zip", zipped(a_csv=PLAIN, b_csv=PLAIN), {}, "one table.*2 tables: a.csv, b.csv"),
        ("t.zip", zipped(a_md=PLAIN), {}, "one table.*0 tables: a.md"),
        ("t.zip", zipped(), {}, "0 tables: nothing"),
        ("t.parquet", PLAIN, {}, "Parquet file must be whole"),
        ("t.parquet", "", {}, "must not be empty"),
        ("t.parquet", PLAIN, {"header": True}, "its own columns"),
    ],
)
def test_malformed_files(write, name, content, arguments, message):
    with pytest.raises((DataError, ArgumentError), match=f"(?s){message}") as caught:
        read_table(write(content, name), **arguments)
    assert "\n" not in str(caught.value)


def test_no_file(tmp_path):
    with pytest.raises(DataError, match="must exist"):
        read_table(tmp_path / "t.csv")
    (tmp_path / "d.csv").mkdir()
    with pytest.raises(DataError, match="must be no directory"):
        read_table(tmp_path / "d.csv")


@pytest.mark.parametrize("values", [[[1], [2, 3]], [b"a", b"b"]])
def test_parquet_of_lists_or_bytes(tmp_path, values):
    path = tmp_path / "t.parquet"
    pd.DataFrame({"x": [1, 2], "y": values}).to_parquet(path)
    with pytest.raises(DataError, match="numbers, text, dates or booleans.*column 'y'"):
        read_table(path)


def test_parquet_without_rows(tmp_path):
    path = tmp_path / "t.parquet"
    pd.DataFrame({"x": np.zeros(0)}).to_parquet(path)
    with pytest.raises(DataError, match="at least one row.*0 rows and 1 column"):
        read_table(path)


def test_rows_beyond_the_first_chunk(write):
    lines = [f"{i},{'even' if i % 2 == 0 else 'odd'}" for i in range(45_000)]
    frame = read_table(write("n,kind\n" + "\n".join(lines) + "\n"))
    np.testing.assert_array_equal(frame["n"], np.arange(45_000))
    assert frame["kind"].iloc[-1] == "odd"
    with pytest.raises(DataError, match="1 cell in line 45002, 2 expected"):
        read_table(write("n,kind\n" + "\n".join([*lines, "1"]) + "\n"))
