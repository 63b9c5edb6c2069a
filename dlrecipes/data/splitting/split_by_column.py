"""The three parts as a column of the data gives them, and what people call them."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from dlrecipes.checks import check_choice
from dlrecipes.data.splitting.column import encode_column
from dlrecipes.data.splitting.split_stratified import Rows
from dlrecipes.errors import DataError


def split_by_column(
    values: object, names: Mapping[object, str] | None = None
) -> tuple[Rows, Rows | None, Rows]:
    """Return the rows of the training, the validation and the test part, in rising order.

    Known are the words that `part_named` knows. Numbers are not guessed. The validation part is
    None where no row belongs to it: it must then be split off the training rows.

    Args:
        values: The part of each example, text or numbers, `(examples,)`.
        names: What other values mean, for example `{0: "train", 1: "validation", 2: "test"}`;
            each is `"train"`, `"validation"` or `"test"`. Case does not count.

    Raises:
        ArgumentError: If `names` holds something other than the three parts.
        DataError: If a value is missing or unknown, or if the training or the test part is
            empty.
    """
    given = {
        _plain(value): check_choice("names", part, PARTS) for value, part in (names or {}).items()
    }
    column = encode_column("values", values)
    parts = [given.get(_plain(value)) or part_named(value) for value in column.names.tolist()]
    unknown = [str(name) for name, part in zip(column.names, parts, strict=True) if part is None]
    if unknown:
        more = f" and {len(unknown) - 10} more" if len(unknown) > 10 else ""
        raise DataError(
            "Every value of the column must name the training, the validation or the test part.",
            received=", ".join(map(repr, unknown[:10])) + more,
            fix="Write train, validation or test into the column instead.",
        )
    numbers_of_parts = np.array([PARTS.index(part) for part in parts if part is not None])
    part_of_row = numbers_of_parts[column.codes]
    train, validation, test = (np.flatnonzero(part_of_row == number) for number in range(3))
    for name, rows in (("training", train), ("test", test)):
        if not len(rows):
            raise DataError(
                f"The column must give rows to the {name} part.",
                received=f"only {', '.join(str(value) for value in column.names)}",
            )
    return train, validation if len(validation) else None, test


def _plain(value: object) -> str:
    """Return the text of a value as it is compared: without case, 1.0 as 1."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip().casefold()


PARTS = ("train", "validation", "test")

_WORDS = {
    "train": "train(ing)?|trn",
    "validation": "val|valid|validation|dev|development",
    "test": "tests?|testing|tst",
}
# What stands beside such a word and says nothing more: test-set, stage1_test, 01_train_images.
_AROUND = (
    "(?:(?:set|data|dataset|split|part|folder|dir|image|img|picture|photo|text|file|example|sample"
    "|stage|public|private|official)s?)*"
)
_NAMES = {part: re.compile(f"{_AROUND}(?:{words}){_AROUND}") for part, words in _WORDS.items()}
# Some take it for the test part, others for the validation part.
_UNCLEAR = re.compile(f"{_AROUND}(?:eval|evaluation|holdout|heldout|unseen|submission){_AROUND}")
_UNLABELLED = re.compile(f"{_AROUND}(?:unsup|unlabell?ed){_AROUND}")


def part_named(name: object) -> str | None:
    """Return the part that a name stands for: `"train"`, `"validation"`, `"test"`; None for none.

    Known are train and training; validation, valid, val, dev and development; test, tests and
    testing. Case, digits and punctuation do not count, nor do words such as set, data or images:
    `Training`, `test-set` and `01_train_images` are parts.

    Args:
        name: A folder's name, or a cell of a column.
    """
    letters = _letters(name)
    return next((part for part, known in _NAMES.items() if known.fullmatch(letters)), None)


def may_be_part(name: str) -> bool:
    """Return whether a name is that of a part, also of one that may be this or that, as `eval`.

    Args:
        name: A folder's name.
    """
    return part_named(name) is not None or _UNCLEAR.fullmatch(_letters(name)) is not None


def is_unlabelled(name: str) -> bool:
    """Return whether a name says that its files have no classes, as `unsup` of the IMDB reviews.

    Args:
        name: A folder's name.
    """
    return _UNLABELLED.fullmatch(_letters(name)) is not None


def _letters(name: object) -> str:
    return re.sub(r"[\W\d_]+", "", str(name).casefold())
