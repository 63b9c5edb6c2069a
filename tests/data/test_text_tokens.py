import keras
import numpy as np
import pytest

from dlrecipes.data import Columns, TextTokens, as_tensors
from dlrecipes.errors import DataError
from dlrecipes.results import Column

COLUMNS = (Column("text", "text"),)
TEXTS = ["Call 12345 now!", "call me, now", "Ünder the tree", "under THE tree", "", "call 67890!"]


@pytest.fixture
def layer():
    made = TextTokens(COLUMNS)
    made.adapt(Columns({"text": TEXTS}))
    return made


def tokens(layer, *texts):
    return np.asarray(layer(as_tensors(Columns({"text": list(texts)})))).astype(int).tolist()


def test_case_marks_and_numbers(layer):
    one, other = tokens(layer, "CALL 55555 !", "call 12345!")
    assert one == other
    assert one[0] != one[1] != one[2]
    assert 1 not in one[:3]
    assert tokens(layer, "ÜNDER")[0][0] == 1  # in one training text only


def test_short_long_and_unknown(layer):
    length = len(layer.features)
    assert length == 4
    empty, long, unknown = tokens(layer, "", "now " * 9, "zebra now")
    assert empty == [0] * length
    assert len(set(long)) == 1
    assert 0 not in long
    assert unknown[0] == 1
    assert unknown[2:] == [0, 0]
    size = layer.features[0].size
    assert {feature.size for feature in layer.features} == {size}
    assert max(map(max, tokens(layer, *TEXTS))) == size - 1


def test_limits():
    layer = TextTokens(COLUMNS, length=2, most=1, least=1)
    layer.adapt(Columns({"text": TEXTS}))
    assert (len(layer.features), layer.features[0].size) == (2, 3)


def test_saved_and_loaded(layer, tmp_path):
    inputs = {"text": keras.Input((), dtype="string", name="text")}
    model = keras.Model(inputs, layer(inputs))
    model.save(tmp_path / "text.keras")
    loaded = keras.saving.load_model(tmp_path / "text.keras")
    given = as_tensors(Columns({"text": ["call the zebra", ""]}))
    np.testing.assert_array_equal(loaded(given), model(given))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ((), "no columns"),
        ((Column("age", "number"),), "age: number"),
        ((*COLUMNS, Column("more", "text")), "text: text, more: text"),
        ((*COLUMNS, Column("age", "number")), "text: text, age: number"),
    ],
)
def test_wrong_columns(columns, message):
    with pytest.raises(DataError, match=message):
        TextTokens(columns)


def test_wrong_texts():
    with pytest.raises(DataError, match="must share some words"):
        TextTokens(COLUMNS).adapt(Columns({"text": ["", "one", "two"]}))
    with pytest.raises(DataError, match="The column 'text' must be there"):
        TextTokens(COLUMNS).adapt(Columns({"note": ["one"]}))
    with pytest.raises(DataError, match="must be adapted"):
        _ = TextTokens(COLUMNS).features
