"""Several inputs keep names, order, shapes and dtypes, and are told apart by their values."""

import numpy as np
import pytest

from dlrecipes.data import Inputs, Split, from_arrays, keras_inputs, pack_inputs, unpack_inputs
from dlrecipes.data.parts.several_inputs import as_described, describe_inputs, row_bytes
from dlrecipes.data.parts.split import fingerprint
from dlrecipes.errors import DataError

TOKENS = np.arange(12).reshape(6, 2)
TEXT = np.array(["a", "b", "ä", "", "e", "f"])
PRICE = np.linspace(0, 1, 6)
X = {"tokens": TOKENS, "text": TEXT, "price": PRICE}


def test_all_stays_as_it_is():
    x = Inputs(X)
    assert x.names == ("tokens", "text", "price")
    assert x.dtypes == {"tokens": "int64", "text": "string", "price": "float32"}
    assert x.shapes == {"tokens": (2,), "text": (), "price": ()}
    given = keras_inputs(x)
    assert [text.decode() for text in given["text"].numpy()] == TEXT.tolist()
    np.testing.assert_array_equal(given["tokens"], TOKENS)
    picked = x[np.array([4, 0])]
    assert picked["text"].tolist() == ["e", "a"]
    assert picked["tokens"].tolist() == [[8, 9], [0, 1]]


@pytest.mark.parametrize("given", [X, list(X.values())])
def test_packed_and_unpacked(given):
    x = Inputs(given)
    again = unpack_inputs(pack_inputs(x))
    assert (again.names, again.is_list) == (x.names, x.is_list)
    assert fingerprint(again) == fingerprint(x)


def test_each_value_and_name_counts():
    other = X | {"text": np.array(["a", "b", "c", "", "e", "f"])}
    renamed = {"other" if name == "text" else name: values for name, values in X.items()}
    prints = {fingerprint(Inputs(x)) for x in (X, other, renamed)}
    assert len(prints) == 3


def test_equal_rows_have_equal_bytes():
    x = Inputs({"number": [0.0, -0.0, 0.0], "text": ["a", "a", "b"]})
    first, second, third = row_bytes(x)
    assert first == second != third


def test_parts_of_a_split():
    splits = from_arrays(X | {"price": [*PRICE[:5], 0.1]}, [0, 1] * 3)
    spec = splits.raw_spec
    assert [(one.name, one.shape, one.dtype) for one in spec.inputs] == [
        ("tokens", (2,), "int64"),
        ("text", (), "string"),
        ("price", (), "float32"),
    ]
    assert not spec.input_list
    whole = splits.train.joined(splits.validation)
    assert len(whole) == 4
    for part in (splits.train, splits.validation):
        for row, name in enumerate(part.ids):
            assert part.x["text"][row] == TEXT[name]


def test_a_list_of_one_array_is_an_input_by_position():
    splits = from_arrays([TOKENS], [0, 1] * 3)
    assert splits.raw_spec.input_list
    assert splits.train.x["input_0"].dtype == np.int64


def test_a_list_of_rows_is_one_array():
    assert from_arrays([*np.eye(6)], [0, 1] * 3).raw_spec.input_shape == (6,)


def test_large_whole_numbers_and_text_keep_their_dtype():
    large = np.arange(6)[:, np.newaxis] + 2**24
    assert from_arrays(large, [0, 1] * 3).train.x.dtype == np.int64
    splits = from_arrays(TEXT, [0, 1] * 3)
    assert (splits.raw_spec.input_dtype, splits.raw_spec.kind) == ("string", "array")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"tokens": TOKENS, "text": TEXT}, "without 'price'"),
        (X | {"more": PRICE}, "with 'more'"),
        (X | {"tokens": TOKENS[:, :1]}, r"'tokens' must have the shape \(2,\)"),
        (X | {"tokens": TOKENS + 0.5}, "'tokens' must hold numbers that are int64"),
        (X | {"price": TEXT}, "'price' must hold float32.*string"),
        (X | {"text": TEXT[:5]}, "same number of examples"),
        (PRICE, "takes 3 inputs"),
        ([TOKENS, TEXT], "without 'price'|without 'tokens'"),
    ],
)
def test_others_are_refused(given, message):
    wanted = describe_inputs(Inputs(X))
    with pytest.raises(DataError, match=message):
        as_described(given, wanted, is_list=False)


def test_numbers_are_cast_where_nothing_is_lost():
    wanted = describe_inputs(Inputs(X))
    again = as_described(X | {"tokens": TOKENS.astype(float)}, wanted, is_list=False)
    assert again.dtypes["tokens"] == "int64"


def test_a_part_owns_its_memory():
    part = Split(Inputs(X), np.arange(6))
    rows = part.pick(np.arange(3))
    assert all(values.base is None for _, values in rows.x.items())
