"""Texts as a model's graph reads them: plain, cut into tokens, and the tokens that they share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import tensorflow as tf

from dlrecipes.data.texts.scripts import WITHOUT_SPACES, WORD_SPACES

# Soft hyphens, marks of direction and the like: nobody sees them. TensorFlow ends a text at NUL.
_UNSEEN = "[\\x00\u00ad\u034f\u061c\u180e\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]"
# RE2's `\s` knows neither the fixed space nor the ideographic one.
_SPACES = "\\x01-\\x1f\\x7f-\u00a0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u3000"
_WHITE = f"[{_SPACES}{WORD_SPACES}]"
_DOTTED_I = "i\u0307"  # what lower case makes of the Turkish capital
# The joiners of Persian and Indic words (U+200C, U+200D) and of emoji (U+200D).
_JOINERS = r"\x{200c}\x{200d}"
_STRAY_JOINER = r"(^|[^\pL\pM\pN\x{200c}])\x{200c}+|\x{200c}+([^\pL\pM\pN\x{200c}]|$)\x{200c}*"
_SYMBOL = rf"[^\pL\pM\pN\s{_JOINERS}]"
# Variation selectors are marks; tones of skin; the letters of a flag.
_OF_A_SYMBOL = r"[\pM\x{1f3fb}-\x{1f3ff}\x{e0020}-\x{e007f}]"
_APART = (
    r"[\x{1f1e6}-\x{1f1ff}]{2}"
    rf"|{_SYMBOL}(?:{_OF_A_SYMBOL}|\x{{200d}}{_SYMBOL})*"
    rf"|[{WITHOUT_SPACES}][\pM{_JOINERS}]*"
)
EDGE = "▁"
_EDGES = ((r"^.", rf"{EDGE}\0"), (r".$", rf"\0{EDGE}"), (" +", f"{EDGE} {EDGE}"))
_CHARACTER = rf"{EDGE}?[^{EDGE}\s\pM{_JOINERS}][\pM{_JOINERS}]*{EDGE}?"


def plain_text(texts: tf.Tensor) -> tf.Tensor:
    """Return texts in lower case with all tokens apart, digits as zeros.

    What stands between spaces is then a token:

    - a word with all its vowel signs, points and accents, and with the joiners inside it;
    - a character, with its signs, of a script without spaces (`WITHOUT_SPACES`);
    - a punctuation mark or symbol; what is joined to one picture (emoji) is one;
    - a number, as many zeros long as it has digits, in whatever script.

    Nobody's eye tells soft hyphens, marks of direction and NUL: they vanish. All of it is
    TensorFlow, so that an exported model does the same. It does not compose accents: "é" as one
    character and as two are different words. What reads tables composes them (NFC), and so must
    who calls an exported model.

    Args:
        texts: Strings in UTF-8, of any shape and length; bytes that are none become U+FFFD.
    """
    apart = tf.strings.regex_replace(_lower(texts), _APART, r" \0 ")
    return tf.strings.regex_replace(apart, r"\p{Nd}", "0")


def plain_characters(texts: tf.Tensor) -> tf.Tensor:
    """Return texts in lower case with spaces between their characters.

    Marks stay with their character. The first and the last of a word are other tokens than the
    same character inside of it ("▁a" and "a▁"): endings tell much, and a network that looks at
    which tokens are there, not at their order, would not see them.

    Args:
        texts: Strings as `plain_text` takes them.
    """
    plain = tf.strings.strip(_lower(texts))
    for pattern, with_edges in _EDGES:
        plain = tf.strings.regex_replace(plain, pattern, with_edges)
    return tf.strings.regex_replace(plain, _CHARACTER, r" \0 ")


def cut_texts(
    texts: Iterable[str], plain: Callable[[tf.Tensor], tf.Tensor] = plain_text
) -> list[list[str]]:
    """Return the tokens of each text, as an exported model will see them.

    Args:
        texts: Texts, `""` for a missing one.
        plain: `plain_text` or `plain_characters`.

    Example:
        >>> cut_texts(["A good film!", "好电影"])
        [['a', 'good', 'film', '!'], ['好', '电', '影']]
    """
    given = list(texts)
    made = plain(tf.constant(given, dtype=tf.string, shape=len(given)))
    return [text.decode().split() for text in made.numpy()]


def _lower(texts: tf.Tensor) -> tf.Tensor:
    """Return texts in lower case, without what cannot be seen, all white space as spaces."""
    seen = tf.strings.regex_replace(texts, _UNSEEN, "")
    lower = tf.strings.lower(seen, encoding="utf-8")
    lower = tf.strings.regex_replace(lower, _DOTTED_I, "i")
    lower = tf.strings.regex_replace(lower, _WHITE, " ")
    return tf.strings.regex_replace(lower, _STRAY_JOINER, r"\1\2")


def frequent_tokens(
    texts: Iterable[Sequence[str]], min_frequency: int, max_tokens: int
) -> dict[str, int]:
    """Return `{token: number of texts it occurs in}`, the most frequent first.

    Args:
        texts: The tokens of each text.
        min_frequency: Texts that a token must occur in, at least 1.
        max_tokens: Tokens that are kept at most; of equally frequent ones, those first in the
            alphabet.
    """
    counts = Counter(token for text in texts for token in set(text))
    ranked = sorted(counts.items(), key=lambda counted: (-counted[1], counted[0]))
    return {token: count for token, count in ranked[:max_tokens] if count >= min_frequency}
