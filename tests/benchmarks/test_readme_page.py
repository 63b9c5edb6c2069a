"""What programs write into the README stands between their marks."""

import pytest
from measuring.readme_page import END, README, begin_mark, markdown, write_between


def test_a_text_takes_the_place_of_what_stood_there(tmp_path):
    file = tmp_path / "README.md"
    mark, other = begin_mark("tables.py"), begin_mark("everyday.py")
    file.write_text(f"a\n{other}\nkept\n{END}\n{mark}\nold\n{END}\nb\n")
    write_between(file, "tables.py", "new")
    expected = f"a\n{other}\nkept\n{END}\n{mark}\n\nnew\n\n{END}\nb\n"
    assert file.read_text() == expected
    write_between(file, "tables.py", "new")
    assert file.read_text() == expected
    file.write_text("no marks")
    with pytest.raises(SystemExit, match="must have the lines <!-- tables.py"):
        write_between(file, "tables.py", "new")


def test_a_table_has_a_line_a_row():
    assert markdown(["a", "b"], [["1", "2"]]) == ["| a | b |", "| --- | --- |", "| 1 | 2 |"]


@pytest.mark.parametrize("program", ["everyday.py", "tables.py"])
def test_the_readme_has_the_marks(program):
    text = README.read_text(encoding="utf-8")
    assert END in text.partition(begin_mark(program))[2]
