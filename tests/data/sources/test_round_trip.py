import csv
import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np
from hypothesis import given, settings, strategies as st

from dlrecipes.data.sources import infer_columns, read_table
from dlrecipes.errors import DataError

texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"], include_characters=" \n"),
    min_size=1,
    max_size=12,
)
cells = {
    "whole": st.integers(-(2**62), 2**62),
    "part": st.floats(allow_nan=False, allow_infinity=False),
    "text": texts.map(lambda text: f"x{text.strip()}"),
}


@st.composite
def tables(draw):
    kinds = draw(st.lists(st.sampled_from(sorted(cells)), min_size=1, max_size=5))
    size = draw(st.integers(1, 12))
    return [
        draw(st.lists(st.one_of(st.none(), cells[kind]), min_size=size, max_size=size))
        for kind in kinds
    ]


@settings(deadline=None, max_examples=50)
@given(separator=st.sampled_from([",", ";", "\t", "|"]), table=tables())
def test_written_tables_come_back(separator, table):
    names = [f"name {number}" for number in range(len(table))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, delimiter=separator)
            writer.writerows([names, *zip(*table, strict=True)])
        frame = read_table(path, header=True, separator=separator)
    assert list(frame.columns) == names
    assert len(frame) == len(table[0])
    for name, values in zip(names, table, strict=True):
        for value, found in zip(values, frame[name], strict=True):
            if value is None:
                assert found is None or np.isnan(found)
            elif isinstance(value, str) or None not in values:
                assert found == value
            else:  # float64 is what has room for a missing number
                assert found == float(value)


pieces = st.sampled_from(
    [
        '"',
        '""',
        ",",
        ";",
        "\t",
        "|",
        "\n",
        "\r",
        " ",
        "\0",
        "?",
        "-",
        "1",
        "1,5",
        "inf",
        "1e999",
        "x",
    ]
    + ["2020-01-01T00:00Z", "2020-01-01 00:00+02:00", "01/02/2020", "\ufeff", "\x85", "9" * 30]
)


@settings(deadline=None, max_examples=50)
@given(
    st.one_of(st.binary(max_size=60), st.lists(pieces, max_size=40).map("".join).map(str.encode)),
    st.sampled_from(["t.csv", "t.tsv", "t.txt.gz", "t.zip", "t.parquet"]),
    st.booleans(),
)
def test_any_file_is_a_table_or_one_message(content, name, quoting):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        with suppress(DataError):
            assert infer_columns(read_table(path, quoting=quoting))
