"""What holds of every lesson in its short form."""

import math
from xml.etree import ElementTree as ET

import pytest

from dlrecipes.lesson import load_lesson, save_picture


@pytest.fixture
def hold_lesson(tmp_path):
    """A lesson runs, draws its picture and holds what it states."""

    def hold(name):
        lesson = load_lesson(name)
        assert lesson.name == name
        assert lesson.holds
        measured = lesson.run(full=False)
        assert lesson.missed(measured) == ()
        assert measured.seen
        assert all(len(row) == len(measured.columns) for row in measured.rows)
        assert all(math.isfinite(value) for value in measured.figures.values())
        assert ET.parse(save_picture(measured.picture, tmp_path / f"{name}.svg"))  # noqa: S314

    return hold
