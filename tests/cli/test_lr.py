"""`dlrecipes lr`: suggestions on the screen, a picture beside it."""


def test_one_curve_and_several(cli, tmp_path, recipe_text):
    (tmp_path / "tiny.py").write_text(recipe_text())
    result = cli("lr", "tiny.py")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines()[-1] == "lr-tiny.html"
    assert "plotly" in (tmp_path / "lr-tiny.html").read_text()
    result = cli("lr", "tiny.py", "--weight-decay", "0,1e-2", "--out", "decays.html")
    assert (result.exit_code, result.stderr) == (0, "")
    assert (tmp_path / "decays.html").exists()
    assert not (tmp_path / "runs").exists()


def test_what_is_no_decay_or_option(cli, tmp_path, recipe_text):
    (tmp_path / "tiny.py").write_text(recipe_text())
    for words in (("--weight-decay", "0,much"), ("--weight-decay", "-1"), ("--examples", "many")):
        result = cli("lr", "tiny.py", *words)
        assert result.exit_code == 2, words
        assert not list(tmp_path.glob("*.html"))


def test_a_picture_that_cannot_be_written_is_told_before_anything_loads(cli, tmp_path, recipe_text):
    (tmp_path / "tiny.py").write_text(recipe_text(load="raise ValueError('loaded')"))
    result = cli("lr", "tiny.py", "--out", "gone/deep/x.html")
    said = " ".join((result.stdout + result.stderr).split())
    assert result.exit_code == 2
    assert "a folder that exists" in said
    assert "no folder gone/deep" in said
    assert "loaded" not in said
