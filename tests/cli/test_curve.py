"""`dlrecipes curve`: errors against the number of examples, and what twice as many would bring."""

import pytest


@pytest.fixture
def tiny(tmp_path, recipe_text):
    (tmp_path / "tiny.py").write_text(recipe_text())


def test_of_a_run(cli, tiny, copied):
    run = copied()
    words = ("--seeds", "1", "--first", "18", "--epochs", "1")
    result = cli("curve", "tiny.py", "--run", run, *words)
    assert result.exit_code == 0, result.stdout
    rows = [line.split() for line in result.stdout.splitlines()]
    assert [row[0] for row in rows if len(row) == 3 and row[0].isdigit()] == ["18", "36", "72"]
    assert "\nTwice the data would bring the error rate from 0." in result.stdout
    assert result.stdout.splitlines()[-1] == str(run / "learning_curve.html")
    assert (run / "learning_curve.html").is_file()


def test_a_run_on_other_data_keeps_its_page(cli, tiny, copied):
    run = copied()
    (run / "learning_curve.html").write_text("kept")
    result = cli("curve", "tiny.py", "--run", run, "--examples", "40")
    assert result.exit_code == 2
    assert "drawn on its own data" in result.stdout + result.stderr
    assert (run / "learning_curve.html").read_text() == "kept"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--first", "60"), "at least three rungs"),
        (("--seeds", "0"), "`seeds`"),
        (("--run", "nowhere"), "holds a `run.json`. Received: nowhere."),
        (("--run", "."), "holds a `run.json`"),
        (("--out", "gone/curve.html"), "a folder that exists"),
        (("--out", "."), "A page is a file"),
    ],
)
def test_what_cannot_be_is_one_message(cli, tiny, tmp_path, words, said):
    result = cli("curve", "tiny.py", *words)
    assert result.exit_code == 2
    assert said in result.stdout + result.stderr
    assert not (tmp_path / "learning_curve.html").exists()
