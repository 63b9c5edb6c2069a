import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings, strategies as st
from sklearn.preprocessing import normalize

from dlrecipes.data.texts.plain_text import plain_text
from dlrecipes.data.texts.tfidf import TfIdf
from dlrecipes.errors import ArgumentError, DataError

TEXTS = [
    "Good, good film!",
    "a BAD film, a bad film",
    "the film from 1999 was good",
    "",
    "The café of 2024 was bad!",
    "ünder the tree",
] * 3


@pytest.fixture(scope="module")
def layer():
    made = TfIdf(min_frequency=4)
    made.adapt(TEXTS)
    return made


def weights(layer, *texts):
    return np.asarray(layer(tf.constant(texts, dtype=tf.string)))


def test_words_that_enough_texts_have(layer):
    assert layer.words == ("film", "the", "!", ",", "0000", "bad", "good", "was")
    few = TfIdf(min_frequency=4, max_features=3)
    few.adapt(np.array(TEXTS, dtype=object))
    assert few.words == layer.words[:3]


def test_weights_are_those_of_keras_with_rows_of_one_length(layer):
    reference = keras.layers.TextVectorization(
        standardize=None, split="whitespace", output_mode="tf_idf"
    )
    plain = plain_text(tf.constant(TEXTS))
    reference.adapt(plain)
    vocabulary = reference.get_vocabulary()
    places = [vocabulary.index(word) for word in layer.words]
    expected = normalize(np.asarray(reference(plain))[:, places])
    found = weights(layer, *TEXTS)
    np.testing.assert_allclose(found / layer.learned["factor"], expected, atol=1e-6)


def test_a_word_that_is_there_weighs_about_one(layer):
    found = weights(layer, *TEXTS)
    assert found[found > 0].mean() == pytest.approx(1, abs=0.1)


def test_no_known_word(layer):
    found = weights(layer, "", "a zebra", "[UNK]", "film")
    assert not found[:3].any()
    assert found[3].any()
    assert weights(layer, "", "").shape == (2, 8)
    assert weights(layer).shape == (0, 8)


def test_no_word_is_frequent_enough():
    none = TfIdf(min_frequency=19)
    none.adapt(TEXTS)
    assert none.words == ()
    assert weights(none, *TEXTS).shape == (18, 0)


def test_words_with_marks_and_scripts_without_spaces():
    layer = TfIdf(min_frequency=2)
    layer.adapt(["हिन्दी में", "में हिन्दी", "天气好", "天气坏", "a\u00a0b\x00", "b\u3000a"])
    assert layer.words == ("a", "b", "में", "हिन्दी", "天", "气")
    found = weights(layer, "में", "好天坏", "a\u00a0हि\x00 b")
    np.testing.assert_array_equal(
        found > 0, np.array([[0, 0, 1, 0, 0, 0], [0, 0, 0, 0, 1, 0], [1, 1, 0, 0, 0, 0]])
    )


WORDS = st.sampled_from(["good", "bad", "film", "1", "zebra", "é", "!", ",", "[UNK]"])


@settings(deadline=None, max_examples=30)
@given(st.lists(WORDS, max_size=8))
def test_only_how_often_each_word_occurs_counts(layer, words):
    one, other, twice = weights(
        layer, " ".join(words), " ".join(reversed(words)).upper(), " ".join(words * 2)
    )
    np.testing.assert_allclose(one, other, atol=1e-6)
    np.testing.assert_allclose(one, twice, atol=1e-6)
    norm = np.linalg.norm(one)
    assert norm == 0 or norm == pytest.approx(layer.learned["factor"], rel=1e-5)


def test_saved_loaded_and_exported(layer, tmp_path):
    inputs = keras.Input((), dtype="string", name="text")
    model = keras.Model(inputs, layer(inputs))
    model.save(tmp_path / "text.keras")
    model.export(str(tmp_path / "exported"), verbose=False)
    given = tf.constant([*TEXTS, "zebra", "good \N{SNOWMAN}"])
    loaded = keras.saving.load_model(tmp_path / "text.keras")
    served = tf.saved_model.load(str(tmp_path / "exported")).serve
    for other in (loaded, served):
        np.testing.assert_allclose(other(given), layer(given), atol=1e-6)


def test_config(layer):
    again = TfIdf.from_config(layer.get_config())
    assert (again.max_features, again.min_frequency, again.learned) == (256, 4, layer.learned)
    np.testing.assert_array_equal(weights(again, *TEXTS), weights(layer, *TEXTS))


def test_wrong_uses():
    with pytest.raises(DataError, match="must be adapted on the training part first"):
        _ = TfIdf().words
    with pytest.raises(ArgumentError, match="`max_features`"):
        TfIdf(max_features=0)
    with pytest.raises(ArgumentError, match="`min_frequency`"):
        TfIdf(min_frequency=0)
