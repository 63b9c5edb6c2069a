"""Lessons in their short forms; those of the other half run beside, in a process of their own."""

import pytest

from dlrecipes.lesson import lesson_names


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in lesson_names() if name >= "m"])
def test_it_holds(name, hold_lesson):
    hold_lesson(name)
