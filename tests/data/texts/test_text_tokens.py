from copy import deepcopy

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings, strategies as st

from dlrecipes.data import Columns, TextTokens, as_tensors
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.results import Column

COLUMNS = (Column("text", "text"),)
TEXTS = ["Call 12345 now!", "call me, now", "Ünder the tree", "under THE tree", "", "call 67890!"]
NAMES = ["Anna", "maria", "Olga", "Marko", "ivan", "Ada", ""]


def adapted(texts, **options):
    made = TextTokens(COLUMNS, **options)
    made.adapt(Columns({"text": texts}))
    return made


@pytest.fixture(scope="module")
def layer():
    return adapted(TEXTS)


@pytest.fixture(scope="module")
def characters():
    return adapted(NAMES)


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
    layer = adapted(TEXTS, sequence_length=2, max_tokens=1, min_frequency=1)
    assert (len(layer.features), layer.features[0].size) == (2, 3)


def test_names_are_cut_into_characters(layer, characters):
    assert layer.features[0].name == "token 0"
    assert characters.features[0].name == "character 0"
    assert len(characters.features) == 5
    anna, maria, inside, unknown, blank = tokens(characters, "ANNA", "maria", "oao", "xa", "")
    last = maria[4]
    assert anna[0] > 1
    assert anna[1:] == [1, 1, last, 0]  # n is in one name only
    assert 1 < maria[1] == inside[1] != last  # an a at the end is another token
    assert unknown == [1, last, 0, 0, 0]
    assert blank == [0] * 5


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (["red", "green", "red", "blue"], "characters"),  # copies stand in one part
        (["12-34", "555-1", "77-88"], "characters"),
        (["AB-1234-X", "AB-99-Y", "AB-5-X"], "characters"),
        (["anna@mail.com", "otto@mail.com"], "characters"),
        (["https://films.com/good/7", "https://films.com/bad/8"], "words"),
        (["call 12345", "call 67890"], "words"),
        (["अनीता", "अनिल", "कविता"], "characters"),
        (["ok", "ok then", "then no", "no"], "words"),
        (["one two three", "three four five", "six seven eight nine"], "words"),
        (["我影气去", "电天今影", "们影我我坏"], "words"),
        (["हिन्दी में", "वह में है"], "words"),
    ],
)
def test_what_is_cut_into_characters(texts, found):
    assert adapted(texts).get_config()["learned"]["split"] == found
    for split in ("words", "characters"):
        learned = adapted(texts, min_frequency=1, split=split).get_config()["learned"]
        assert learned["split"] == split


def test_digits_are_characters_and_no_zeros():
    layer = adapted(["a17", "b17", "c18"], min_frequency=1)
    first, second, third = tokens(layer, "a17", "a18", "a1")
    assert len({tuple(first), tuple(second), tuple(third)}) == 3


def test_scripts_without_spaces_and_words_with_marks():
    layer = adapted(["天气好。", "天气 坏。", "हिन्दी में", "में हिन्दी"])
    good, bad, hindi = tokens(layer, "天气好", "天气坏", "हिन्दी में हि")
    assert good == bad
    assert good[:2] + [1, 0] == good
    assert hindi[:3] == [*hindi[:2], 1]
    assert len({0, 1, *hindi[:2]}) == 4


PIECES = st.sampled_from(["call", "Now", "12345", "!", "zebra", "ü", "天", "\u00a0", " ", "में"])


@settings(deadline=None, max_examples=15)
@given(st.lists(st.lists(PIECES, max_size=6).map("".join), min_size=1, max_size=6))
def test_tokens_are_those_of_a_text_alone(layer, characters, texts):
    for made in (layer, characters):
        together = tokens(made, *texts)
        assert together == [tokens(made, text)[0] for text in texts]
        assert together[::-1] == tokens(made, *texts[::-1])
        for row in together:
            kept = np.count_nonzero(row)
            assert 0 not in row[:kept]


@pytest.mark.parametrize("name", ["layer", "characters"])
def test_saved_loaded_and_exported(name, request, tmp_path):
    layer = request.getfixturevalue(name)
    inputs = {"text": keras.Input((), dtype="string", name="text")}
    model = keras.Model(inputs, layer(inputs))
    model.save(tmp_path / "text.keras")
    model.export(str(tmp_path / "exported"), verbose=False)
    loaded = keras.saving.load_model(tmp_path / "text.keras")
    served = tf.saved_model.load(str(tmp_path / "exported")).serve
    given = as_tensors(Columns({"text": ["call the zebra", "", "maria", "में 天!", "a\u00a0b"]}))
    np.testing.assert_array_equal(loaded(given), model(given))
    np.testing.assert_array_equal(served(given), model(given))


def test_saved_before_there_were_characters(layer):
    config = deepcopy(layer.get_config())
    del config["split"]
    del config["learned"]["split"]
    again = TextTokens.from_config(config)
    assert tokens(again, *TEXTS) == tokens(layer, *TEXTS)


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


def test_wrong_texts(layer):
    with pytest.raises(DataError, match="The column 'text' must be there"):
        TextTokens(COLUMNS).adapt(Columns({"note": ["one"]}))
    with pytest.raises(DataError, match="must be adapted"):
        _ = TextTokens(COLUMNS).features
    with pytest.raises(DataError, match="must not all be blank.*3 blank texts in column 'text'"):
        adapted(["", " ", "\u00a0"])
    with pytest.raises(ArgumentError, match="`split` must be one of 'characters', 'words'"):
        TextTokens(COLUMNS, split="letters")


def test_nothing_in_common():
    with pytest.raises(
        DataError, match=r"share some characters.*2 texts.*min_frequency=1\)"
    ) as told:
        adapted(["one", "2"])
    assert "split=" not in str(told.value)
    assert len(adapted(["one", "2"], min_frequency=1).features) == 3
    texts = ["", "one", "two"]
    with pytest.raises(
        DataError, match=r"share some words.*split='characters'\).*min_frequency=1\)"
    ):
        adapted(texts, split="words")
    assert len(adapted(["one", "oxen"], split="characters").features) == 4
    assert len(adapted(texts, split="words", min_frequency=1).features) == 1


def test_a_layer_saved_under_older_names():
    config = TextTokens(COLUMNS, sequence_length=7, max_tokens=9, min_frequency=3).get_config()
    old = {"length": "sequence_length", "most": "max_tokens", "least": "min_frequency"}
    config |= {name: config.pop(new) for name, new in old.items()}
    again = TextTokens.from_config(config)
    assert (again.sequence_length, again.max_tokens, again.min_frequency) == (7, 9, 3)
