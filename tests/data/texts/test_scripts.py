import re
import unicodedata

import pytest

from dlrecipes.data.texts.scripts import WITHOUT_SPACES, WORD_SPACES, count_words

NAMES = (
    "CJK UNIFIED",
    "HIRAGANA LETTER",
    "KATAKANA LETTER",
    "BOPOMOFO LETTER",
    "THAI CHARACTER",
    "LAO LETTER",
    "LAO VOWEL",
    "KHMER LETTER",
    "KHMER VOWEL",
    "MYANMAR LETTER",
    "MYANMAR VOWEL",
)
LETTERS = {
    chr(at): unicodedata.name(chr(at), "")
    for at in range(0x20000)
    if unicodedata.category(chr(at))[0] == "L"
}


def test_letters_of_these_scripts_and_of_no_other():
    found = {letter for letter in LETTERS if re.match(f"[{WITHOUT_SPACES}]", letter)}
    expected = {letter for letter, name in LETTERS.items() if name.startswith(NAMES)}
    assert expected <= found
    others = ("LATIN", "CYRILLIC", "ARABIC", "HEBREW", "DEVANAGARI", "TAMIL", "HANGUL", "TIBETAN")
    assert not [letter for letter in found if LETTERS[letter].startswith(others)]


def test_digits_are_none_of_them():
    digits = [chr(at) for at in range(0x20000) if unicodedata.category(chr(at)) == "Nd"]
    assert not re.findall(f"[{WITHOUT_SPACES}{WORD_SPACES}]", "".join(digits))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("one, two – three !", 5),  # as always: what stands between white space
        ("हिन्दी में", 2),
        ("我影气去电天今电们影我我坏", 6.5),
        ("王小明", 1.5),
        ("你好,世界!", 2),
        ("iPhone 手机 128G", 3),
        ("東京タワーへ", 3),
        ("ฉันรักเมืองไทย", 3.5),
        ("한국어 문장", 2),
        ("བོད་སྐད་ཡིན", 3),
    ],
)
def test_count_words(text, words):
    assert count_words([text, "x"]).tolist() == [words, 1]


def test_no_texts():
    assert count_words([]).shape == (0,)
