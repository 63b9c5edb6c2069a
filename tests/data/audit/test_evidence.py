import numpy as np
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays

from dlrecipes.data import Columns
from dlrecipes.data.audit.evidence import row_hashes

CELLS = st.sampled_from([0.0, -0.0, 1.0, -1.0, np.nan, 2.0**-30])
TEXTS = st.sampled_from(["", "a", "A", "a ", "nan", "é"])


@given(arrays(np.float32, (12, 2), elements=CELLS.map(np.float32)))
def test_the_same_bits_for_the_same_numbers(x):
    hashes = row_hashes(Columns({"a": x[:, 0], "b": x[:, 1]}))
    for first in range(len(x)):
        for second in range(len(x)):
            same = np.array_equal(x[first], x[second], equal_nan=True)
            assert (hashes[first] == hashes[second]) == same


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=2, max_size=12))
def test_the_same_bits_for_the_same_texts(rows):
    first, second = zip(*rows, strict=True)
    hashes = row_hashes(Columns({"a": list(first), "b": list(second)})).tolist()
    expected = [rows.index(row) for row in rows]
    assert [hashes.index(row_hash) for row_hash in hashes] == expected


def test_arrays_and_the_order_of_columns():
    x = np.array([[0.0, 1.0], [-0.0, 1.0], [1.0, 0.0]])
    hashes = row_hashes(x)
    assert hashes[0] == hashes[1] != hashes[2]
    table = row_hashes(Columns({"a": x[:, 0], "b": x[:, 1]}))
    assert table[0] == table[1] != table[2]


def test_no_two_of_many_rows_share_their_bits():
    x = np.stack(np.meshgrid(np.arange(300), np.arange(300)), axis=-1).reshape(-1, 2)
    assert len(np.unique(row_hashes(Columns({"a": x[:, 0], "b": x[:, 1]})))) == 90_000
