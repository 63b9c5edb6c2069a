"""What CONTRIBUTING.md says of the files to touch is so, and they are few."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text()
ROWS = [
    (cells[0].strip(), re.findall(r"(?<!as )`([\w/.]+/[\w.]+)`", cells[1]))
    for line in TEXT.splitlines()
    if line.startswith("| a") and len(cells := line.strip("|").split("|")) == 3
]
ASKED_FOR = {
    "a layer",
    "a loss",
    "a metric",
    "a kind of target",
    "a kind of column",
    "a check of the data",
    "a format to export",
    "a rule of splitting",
    "a section of the report",
    "an option of a recipe",
}


def test_ten_changes_that_contributors_want_have_a_row():
    assert {what for what, _ in ROWS} >= ASKED_FOR


@pytest.mark.parametrize(("what", "files"), ROWS)
def test_each_touches_at_most_five_files(what, files):
    assert 2 <= len(files) <= 5


@pytest.mark.parametrize("file", sorted(set(re.findall(r"`([\w/.]+/[\w.]+\.\w+)`", TEXT))))
def test_each_file_is_there(file):
    if "NAME" not in file:
        assert (ROOT / file).is_file()
