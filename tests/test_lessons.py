"""Every lesson in its short form: it runs, draws its picture and holds what it states."""

import math
from xml.etree import ElementTree as ET

import pytest

from dlrecipes.lesson import lesson_names, load_lesson, save_picture


@pytest.mark.slow
@pytest.mark.parametrize("name", lesson_names())
def test_it_holds(name, tmp_path):
    lesson = load_lesson(name)
    assert lesson.name == name
    assert lesson.holds
    measured = lesson.run(full=False)
    assert lesson.missed(measured) == ()
    assert measured.seen
    assert all(len(row) == len(measured.columns) for row in measured.rows)
    assert all(math.isfinite(value) for value in measured.figures.values())
    assert ET.parse(save_picture(measured.picture, tmp_path / f"{name}.svg"))  # noqa: S314
