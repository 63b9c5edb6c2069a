"""What people call the parts of their data."""

from __future__ import annotations

import re

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
