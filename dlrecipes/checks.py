"""The one wording of argument checks.

Each function returns the checked value, so that a check and an assignment are one line.
Booleans are not numbers here: `True` where a number belongs is nearly always a mistake.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches

from dlrecipes.errors import ArgumentError

LARGEST = 2**63 - 1
_MOST_DIGITS, _MOST_SHOWN = 20, 200


def check_real(
    name: str,
    value: object,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    low_open: bool = False,
    high_open: bool = False,
) -> float:
    """Return `value` as a float inside an interval.

    Args:
        name: The argument's name, for the message.
        value: What the user gave.
        low: Lower bound, included unless `low_open`.
        high: Upper bound, included unless `high_open`.
        low_open: Whether `low` itself is excluded.
        high_open: Whether `high` itself is excluded.

    Raises:
        ArgumentError: If `value` is no finite real number inside the interval.
    """
    interval = f"{'(' if low_open else '['}{low:g}, {high:g}{')' if high_open else ']'}"
    rule = f"`{name}` must be a finite number in {interval}."
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise ArgumentError(rule, received=f"{name}={shown(value)}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    too_low = number < low or (low_open and number == low)
    too_high = number > high or (high_open and number == high)
    if not math.isfinite(number) or too_low or too_high:
        raise ArgumentError(rule, received=f"{name}={shown(value)}")
    return number


def check_integer(name: str, value: object, low: int = 0, high: int | None = None) -> int:
    """Return `value` as an int inside `[low, high]`.

    Args:
        name: The argument's name, for the message.
        value: What the user gave.
        low: Lower bound, included.
        high: Upper bound, included; None for none but the largest number that libraries take.

    Raises:
        ArgumentError: If `value` is no integer inside the bounds.
    """
    bound = f"at least {low}" if high is None else f"in [{low}, {high}]"
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise ArgumentError(f"`{name}` must be an integer, {bound}.", received=f"{name}={value!r}")
    number, most = int(value), LARGEST if high is None else high
    if number > most:
        bound = f"in [{low}, {most}]"
    if not low <= number <= most:
        raise ArgumentError(
            f"`{name}` must be an integer, {bound}.", received=f"{name}={shown(value)}"
        )
    return number


def check_choice(name: str, value: object, choices: Collection[str]) -> str:
    """Return `value` if it is one of `choices`.

    Args:
        name: The argument's name, for the message.
        value: What the user gave.
        choices: The known values.

    Raises:
        ArgumentError: If `value` is none of them.
    """
    if not isinstance(value, str) or value not in choices:
        known = ", ".join(repr(choice) for choice in sorted(choices))
        raise ArgumentError(
            f"`{name}` must be one of {known}.",
            received=f"{name}={shown(value)}",
            fix=did_you_mean(value, choices),
        )
    return value


def check_flag(name: str, value: object) -> bool:
    """Return `value` if it is True or False; the text `"no"` would be taken for True.

    Args:
        name: The argument's name, for the message.
        value: What the user gave; 0 and 1 are what JSON may make of it.

    Raises:
        ArgumentError: If it is neither.
    """
    if isinstance(value, str) or value not in (False, True):
        raise ArgumentError(f"`{name}` must be True or False.", received=f"{name}={shown(value)}")
    return bool(value)


def check_mapping(name: str, value: Mapping[str, object]) -> Mapping[str, object]:
    """Return `value` if it is a dictionary.

    Args:
        name: The argument's name, for the message.
        value: What the user gave.

    Raises:
        ArgumentError: If it is none.
    """
    if not isinstance(value, Mapping):
        raise ArgumentError(
            f"`{name}` must be a dictionary of columns.", received=f"{name}={shown(value)}"
        )
    return value


def check_list(name: str, value: Sequence[str]) -> Sequence[str]:
    """Return `value` if it is a list of text; one text alone would be taken for its letters.

    Args:
        name: The argument's name, for the message.
        value: What the user gave.

    Raises:
        ArgumentError: If it is no list, or holds something else than text.
    """
    if isinstance(value, str):
        raise ArgumentError(
            f"`{name}` must be a list of text.",
            received=f"{name}={shown(value)}",
            fix=f"For example {name}=[{shown(value)}].",
        )
    if not isinstance(value, Sequence) or not all(isinstance(text, str) for text in value):
        raise ArgumentError(f"`{name}` must be a list of text.", received=f"{name}={shown(value)}")
    return value


def shown(value: object) -> str:
    """Return how a value is written in a message; of a long one the beginning and the length.

    Args:
        value: What the user gave.

    >>> shown(1.5), shown("tpe"), shown(10**400)
    ('1.5', "'tpe'", '1000000000… (401 digits)')
    """
    if isinstance(value, int) and abs(value) >= 10**_MOST_DIGITS:
        # Python writes no number of more than 4,300 digits.
        digits = int(math.log10(abs(value))) + 1
        sign = "-" if value < 0 else ""
        return f"{sign}{abs(value) // 10 ** (digits - 10)}… ({digits:,} digits)"
    text = repr(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}… ({len(text):,} characters)"


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """Return `"Did you mean 'trials'?"` where a word is close to a known one; else `""`.

    Args:
        word: What the user wrote; what is no text is close to nothing.
        known: The words that there are.
    """
    if not isinstance(word, str):
        return ""
    # In small letters and with the same dashes, so that only what else differs counts.
    alike = {_plain(name): name for name in known}
    close = get_close_matches(_plain(word), alike, n=1, cutoff=0.75)
    return f"Did you mean {alike[close[0]]!r}?" if close else ""


def _plain(word: str) -> str:
    return word.lower().replace("-", "_").replace(" ", "_")
