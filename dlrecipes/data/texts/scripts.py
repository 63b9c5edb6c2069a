"""Scripts that are written without spaces between words."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_HAN_AND_KANA = (
    "\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303c"  # marks of repetition, numerals
    "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # kana
    "\u3105-\u312f\u31a0-\u31bf\ua000-\ua48c"  # Bopomofo, Yi
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # Han
    "\U00016fe0-\U00018d7f\U0001aff0-\U0001b2ff\U00020000-\U0003fffd"  # the rare of all of them
)
# Their digits are numbers, as everywhere.
_ALPHABETS = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u0edc-\u0edf"  # Thai, Lao
    "\u1000-\u103f\u1050-\u108f\u109a-\u109f\ua9e0-\ua9ef\ua9fa-\ua9fe\uaa60-\uaa7f"  # Myanmar
    "\u1780-\u17d3\u17d7\u17dc-\u17dd"  # Khmer
    "\u1950-\u1974\u1980-\u19c9\u1a20-\u1a7c\uaa80-\uaadf"  # the scripts of the Tai
    "\u1b00-\u1b4c\ua980-\ua9c0"  # Balinese, Javanese
)
WITHOUT_SPACES = _HAN_AND_KANA + _ALPHABETS
"""The characters of these scripts, as the inside of a character class: `f"[{WITHOUT_SPACES}]"` is
the same in Python's `re` and in TensorFlow's RE2."""

WORD_SPACES = "\u0f0b\u1361"
"""Points that stand where others write a space: between syllables in Tibetan, between words in
Ethiopic."""

HAN_A_WORD, LETTERS_A_WORD = 2, 4
_HAN = re.compile(f"[{_HAN_AND_KANA}]")
_LETTER = re.compile(f"[{_ALPHABETS}]")
_SPACES = str.maketrans(dict.fromkeys(WORD_SPACES, " "))


def count_words(texts: Sequence[str]) -> NDArray[np.float64]:
    """Return about how many words each text has, `(texts,)`, at least 0.

    What stands between white space (or `WORD_SPACES`) is a word. In scripts without spaces, two
    characters are one (Han, kana), or four letters and vowel signs (Thai, Lao, Khmer, Myanmar);
    that is about what their words have.

    Args:
        texts: Texts without a missing one.

    Example:
        >>> count_words(["two words", "这家店很好吃", ""]).tolist()
        [2.0, 3.0, 0.0]
    """
    return np.array([_count(text) for text in texts], dtype=np.float64)


def _count(text: str) -> float:
    if text.isascii():
        return len(text.split())
    rest, han = _HAN.subn(" ", text.translate(_SPACES))
    rest, letters = _LETTER.subn(" ", rest)
    words = rest.split()
    if han or letters:  # marks between them are no words
        words = [word for word in words if any(map(str.isalnum, word))]
    return len(words) + han / HAN_A_WORD + letters / LETTERS_A_WORD
