import unicodedata

import pytest
import tensorflow as tf
from hypothesis import example, given, settings, strategies as st

from dlrecipes.data.texts.plain_text import cut_texts, frequent_tokens, plain_characters, plain_text


def tokens(text, function=plain_text):
    return cut_texts([text], function)[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It's 50% of £5, a_b.", "it ' s 00 % of £ 0 , a _ b ."),
        ("हिन्दी में लिखा है।", "हिन्दी में लिखा है ।"),
        ("தமிழ் மொழி", "தமிழ் மொழி"),
        ("עִבְרִית, שָׁלוֹם", "עִבְרִית , שָׁלוֹם"),
        ("كَتَبَ ٱلْكِتَابَ، ١٢٣", "كَتَبَ ٱلْكِتَابَ ، 000"),
        ("한국어 문장입니다.", "한국어 문장입니다 ."),
        ("ΟΔΟΣ", "οδος"),
        ("İSTANBUL İyi", "istanbul iyi"),
        ("१२ ៣៤ ５６", "00 00 00"),
    ],
)
def test_words_keep_their_marks(text, expected):
    assert tokens(text) == expected.split(" ")


def test_decomposed_accents_stay_in_the_word():
    for text in ("Café au lait", "Tiếng Việt"):
        apart = unicodedata.normalize("NFD", text)
        assert apart != text
        assert tokens(apart) == apart.lower().split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我爱 北京。", "我 爱 北 京 。"),
        ("東京タワーへ", "東 京 タ ワ ー へ"),
        ("用iPhone12吗?", "用 iphone00 吗 ?"),
        ("ฉันรัก ๑๒", "ฉั น รั ก 00"),
        ("မြန်မာ", "မြ န် မာ"),
        ("ខ្ញុំ\u200bស្រី", "ខ្ ញុំ ស្ រី"),
        ("བོད་སྐད", "བོད སྐད"),
    ],
)
def test_scripts_without_spaces(text, expected):
    assert tokens(text) == expected.split(" ")


@pytest.mark.parametrize(
    "symbol",
    ["❤️", "👨\u200d👩\u200d👧", "👍🏽", "🇫🇷", "❤️\u200d🔥", "🏴\U000e0067\U000e0062\U000e007f", "!"],
)
def test_one_picture_is_one_token(symbol):
    assert tokens(f"so{symbol}{symbol} good") == ["so", symbol, symbol, "good"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("می\u200cخواهم", ["می\u200cخواهم"]),
        (
            "\u200cمی\u200c \u200c \u200cکتاب\u200c\u200c. \u200c۵\u200cساله",
            ["می", "کتاب", ".", "0\u200cساله"],
        ),
        ("क्\u200dष", ["क्\u200dष"]),
    ],
)
def test_joiners_stay_inside_words(text, expected):
    assert tokens(text) == expected


def test_what_nobody_sees():
    assert tokens("Donau\u00addampf \u200fשלום\u200e \ufeffa\u2060b") == [
        "donaudampf",
        "שלום",
        "ab",
    ]
    assert tokens("one\u00a0two\u3000three\u2028four\u0085five\x1csix") == (
        ["one", "two", "three", "four", "five", "six"]
    )
    for blank in ("", " ", "\u00a0\u200b\t", "\x00", "\u200f\ufeff"):
        assert tokens(blank) == tokens(blank, plain_characters) == []


@pytest.mark.parametrize("function", [plain_text, plain_characters])
def test_nothing_ends_at_nul(function):
    assert tokens("hel\0lo\0 world good\0", function) == tokens("hello world good", function)


def test_bytes_that_are_no_text():
    assert tokens(b"A\xff B\x00c \xc3") == ["a", "\ufffd", "bc", "\ufffd"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Anna", "▁a n n a▁"),
        (" anna  O'Neil 42", "▁a n n a▁ ▁o ' n e i l▁ ▁4 2▁"),
        ("हिन्दी", "▁हि न् दी▁"),
        ("I", "▁i▁"),
        ("مي\u200cخ", "▁م ي\u200c خ▁"),
    ],
)
def test_characters(text, expected):
    assert tokens(text, plain_characters) == expected.split(" ")


@pytest.mark.parametrize(("piece", "count"), [("Ab é ", 2), ("पु", 0), ("中", 1), ("! ", 1)])
def test_a_million_characters(piece, count):
    times = 1_000_000 // len(piece)
    assert len(tokens(piece * times)) == max(1, count * times)


def test_any_shape():
    texts = tf.constant([[["A b", ""], ["中文", "!"]]])
    assert plain_text(texts).shape == plain_characters(texts).shape == texts.shape
    assert cut_texts([]) == []


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@settings(deadline=None, max_examples=25)
@given(st.lists(TEXTS, min_size=1, max_size=5))
@example(["\u200c", "\u0301", "▁", "a\u200d", "\u0085", "\x1c"])
def test_tokens_are_a_text_s_own_and_the_same_for_python_and_tensorflow(texts):
    for function in (plain_text, plain_characters):
        alone = [tokens(text, function) for text in texts]
        assert cut_texts(texts, function) == alone
        in_the_graph = tf.strings.split(function(tf.constant(texts))).to_list()
        assert in_the_graph == [[token.encode() for token in text] for text in alone]


@settings(deadline=None, max_examples=50)
@given(TEXTS)
def test_every_letter_stays(text):
    letters = sum(map(str.isalpha, text.lower()))
    for function in (plain_text, plain_characters):
        assert sum(map(str.isalpha, "".join(tokens(text, function)))) == letters


@settings(deadline=None, max_examples=50)
@given(TEXTS)
def test_plain_text_stays_as_it_is(text):
    once = tokens(text)
    assert tokens(" ".join(once)) == once


TOKENS = [["b", "a", "b"], ["c", "b"], ["a"], [], ["d"]]


def test_counts_are_of_texts_and_ties_are_in_order():
    assert list(frequent_tokens(TOKENS, min_frequency=1, max_tokens=9).items()) == [
        ("a", 2),
        ("b", 2),
        ("c", 1),
        ("d", 1),
    ]


def test_limits():
    assert frequent_tokens(TOKENS, min_frequency=2, max_tokens=9) == {"a": 2, "b": 2}
    assert frequent_tokens(TOKENS, min_frequency=1, max_tokens=3) == {"a": 2, "b": 2, "c": 1}
    assert frequent_tokens(TOKENS, min_frequency=3, max_tokens=3) == {}
