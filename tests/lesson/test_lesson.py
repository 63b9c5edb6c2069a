"""Lessons as they are found, loaded, run and drawn; `test_lessons_*.py` run them all."""

import math
import re

import pytest
from typer.testing import CliRunner

import dlrecipes as dlr
from dlrecipes.cli.app import app
from dlrecipes.errors import ArgumentError, RecipeError
from dlrecipes.lesson import Lesson, Measured, draw, lesson_facts, load_lesson, save_picture

FILE = """
from dlrecipes.lesson import Lesson, Measured, draw

def run(*, full=False):
    figure = draw()
    figure.axes[0].plot([1, 2], [2, 1])
    return Measured(("what", "here"), (("one", 1.23456), ("none", None)), {"one": 1.23456},
                    "Seen it.", figure, differs="It says two.")

LESSON = Lesson(name="mine", lecture="S9", title="An idea", claim="One is two.",
                advice="Do not count.", run=run, holds={"one": (0, 1)})
"""


def dlrecipes(*words):
    return CliRunner().invoke(app, words)


def test_the_list_names_lecture_and_idea_of_each():
    names = dlr.lesson.lesson_names()
    result = dlrecipes("list", "--lessons")
    assert result.exit_code == 0
    assert all(name in result.output for name in names)
    for name in names:
        lecture, title, seconds, _ = lesson_facts(name)
        assert re.fullmatch(r"S[1-4](, S[1-4])*", lecture), name
        assert title, name
        assert 0 < seconds < 60, name


def test_one_is_run_from_a_file(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(FILE)
    monkeypatch.chdir(tmp_path)
    result = dlrecipes("lesson", "mine.py")
    assert result.exit_code == 0, result.output
    for said in (
        "An idea",
        "Claimed in lecture S9: One is two.",
        "1.23",
        "Seen it.",
        "It says two.",
        "Do not count",
    ):
        assert said in result.output
    assert "one is 1.235, held between 0 and 1" in " ".join(result.output.split())
    assert "±" not in result.output  # is explained where a table has it
    assert (tmp_path / "mine.svg").read_text().startswith("<?xml")
    marked = FILE.replace("1.23456),", "'1.2 ± 0.1 (1 to 2)'),").replace("S9", "S2, S3, S4")
    (tmp_path / "mine.py").write_text(marked)
    again = " ".join(dlrecipes("lesson", "mine.py").output.split())
    assert "Claimed in lectures S2, S3 and S4: One is two." in again
    assert "In brackets: from the least" in again
    assert "±: how far repeats scatter" in again


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("convolutoin",), "A lesson must be a bundled one"),
        (("convolution", "--full"), "Only a lesson with a longer form"),
        (("convolution", "--out", "a.png"), "The picture is an SVG file"),
    ],
)
def test_mistakes_on_the_command_line(words, message):
    result = dlrecipes("lesson", *words)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())


def test_a_file_without_a_lesson_is_refused(tmp_path):
    (tmp_path / "none.py").write_text("LESSON = 3")
    with pytest.raises(RecipeError, match="must define `LESSON"):
        load_lesson(tmp_path / "none.py")


def test_figures_that_do_not_hold_are_named():
    lesson = Lesson("a", "S1", "t", "c", "a", lambda: None, holds={"x": (0, 1), "y": (2, 2)})
    measured = Measured((), (), {"x": math.nan, "y": 2.0}, "", None)
    (line,) = lesson.missed(measured)
    assert line == "x is nan, held between 0 and 1"


def test_a_picture_is_the_same_bytes_each_time(tmp_path):
    written = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        figure = draw(1, 2)
        figure.axes[1].plot([0, 1], [1, 0])
        written.append(save_picture(figure, tmp_path / name / "same.svg").read_bytes())
    assert written[0] == written[1]
    assert b"<svg" in written[0]
    with pytest.raises(ArgumentError, match="rows"):
        draw(0)
