"""Where lessons are, what a file says of its lesson, and how one is loaded."""

from __future__ import annotations

from pathlib import Path

from dlrecipes.checks import did_you_mean
from dlrecipes.errors import RecipeError
from dlrecipes.lesson.lesson import Lesson
from dlrecipes.recipe import read_keywords, recipes_folder


def lesson_names() -> list[str]:
    """Return the names of the lessons.

    Example:
        >>> "convolution" in dlr.lesson.lesson_names()
        True
    """
    return sorted(path.stem for path in _folder().glob("[!_]*.py"))


def lesson_facts(name: str) -> tuple[str, str, float, float]:
    """Read a lesson's lecture, title, seconds and minutes of its longer form, running nothing.

    Args:
        name: A bundled lesson's name.
    """
    said = read_keywords(_folder() / f"{name}.py", "LESSON")
    lengths = [said.get(part, 0.0) for part in ("seconds", "full_minutes")]
    seconds, minutes = (float(one) if isinstance(one, int | float) else 0.0 for one in lengths)
    return str(said.get("lecture", "")), str(said.get("title", "")), seconds, minutes


def load_lesson(name_or_path: str | Path) -> Lesson:
    """Load a lesson.

    Args:
        name_or_path: A bundled lesson's name, or the path of a `.py` file that defines
            `LESSON = Lesson(...)`.

    Raises:
        RecipeError: If there is no such lesson, or its file cannot be imported or defines none.

    Example:
        >>> dlr.lesson.load_lesson("convolution").name
        'convolution'
    """
    from dlrecipes.recipe.load import import_file

    text = str(name_or_path)
    path = _folder() / f"{text}.py"
    if text not in lesson_names():
        path = Path(text)
        if path.suffix != ".py" or not path.is_file():
            raise RecipeError(
                "A lesson must be a bundled one or the path of a .py file.",
                received=f"{text!r}",
                fix=f"{did_you_mean(text, lesson_names())} `dlrecipes list --lessons` lists "
                "them.".strip(),
            )
    lesson = getattr(import_file(path), "LESSON", None)
    if not isinstance(lesson, Lesson):
        raise RecipeError(
            "A lesson's file must define `LESSON = Lesson(...)`.",
            received=f"{path} with LESSON={lesson!r}",
            fix="Start from one that works, in the folder `recipes/lessons`.",
        )
    return lesson


def _folder() -> Path:
    return recipes_folder() / "lessons"
