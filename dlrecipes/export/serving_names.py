"""Names of columns that Python, TensorFlow and Keras accept."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Sequence


def serving_names(columns: Sequence[str]) -> dict[str, str]:
    """Return `{column: the name under which a SavedModel takes it}`.

    TensorFlow makes parameters of a function of them, and does not tell `Sex` from `sex`. So what
    is no letter, digit or underscore is written `_`; a name that does not begin with a letter, or
    that Python keeps for itself (`class`, `from`, `None`, `self`), gets `column_` in front; and
    where two become the same, upper and lower case being the same, the later one gets a number:

    >>> serving_names(["age", "home town", "class", "1st", "Age", "größe"])
    {'age': 'age', 'home town': 'home_town', 'class': 'column_class', '1st': 'column_1st', \
'Age': 'Age_2', 'größe': 'gr__e'}

    The SavedModel says them itself: its signature `columns` takes nothing and returns the `name`
    of each column and the `input` under which it is taken.

    Args:
        columns: The columns' names, in order: any text, all different.
    """
    safe = [f"column_{one}" if _is_kept(one) else one for one in map(_plain, columns)]
    return dict(zip(columns, _numbered(safe, same=str.lower), strict=True))


def output_prefixes(targets: Sequence[str]) -> dict[str, str]:
    """Return `{target: what the names of its answers begin with}`, as in `price_value`.

    They are written as `serving_names` are; what follows them makes a name of any word.

    Args:
        targets: The targets' names, in order.
    """
    return dict(zip(targets, _numbered(list(map(_plain, targets)), same=str.lower), strict=True))


def input_names(columns: Sequence[str]) -> dict[str, str]:
    """Return `{column: the name of its input in a Keras model}`.

    Layers must not have the same name, so `text` becomes `column_text`.

    Args:
        columns: The columns' names, in order.
    """
    names = _numbered(list(map(_plain, columns)), same=str)
    return {column: f"column_{name}" for column, name in zip(columns, names, strict=True)}


def _plain(name: str) -> str:
    plain = re.sub(r"\W", "_", name, flags=re.ASCII)
    return plain if re.match(r"[A-Za-z]", plain) else f"column_{plain}"


def _is_kept(name: str) -> bool:
    return keyword.iskeyword(name) or name == "self"


def _numbered(names: Sequence[str], *, same: Callable[[str], str]) -> list[str]:
    """Return the names, later ones with a number where `same` makes them one that is taken."""
    found: list[str] = []
    taken: set[str] = set()
    counts: dict[str, int] = {}
    for plain in names:
        name, count = plain, counts.get(same(plain), 1)
        while same(name) in taken:
            count += 1
            name = f"{plain}_{count}"
        counts[same(plain)] = count
        taken.add(same(name))
        found.append(name)
    return found
