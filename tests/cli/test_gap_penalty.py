def test_a_penalty_that_is_none(cli, tmp_path, recipe_text):
    (tmp_path / "tiny.py").write_text(recipe_text())
    result = cli("tune", "tiny.py", "--gap-penalty", "sex: accuracy")
    assert result.exit_code == 2
    assert "COLUMN: MEASURE=WEIGHT" in result.stderr
    assert "Traceback" not in result.stderr


def test_data_without_subgroups(cli, tmp_path, recipe_text):
    (tmp_path / "tiny.py").write_text(recipe_text())
    result = cli("tune", "tiny.py", "--gap-penalty", "sex: accuracy=1")
    assert result.exit_code == 2
    assert "'sex'; the subgroups are none" in result.stderr
    assert not (tmp_path / "runs").exists()


def test_another_penalty_for_a_run_that_has_none(cli, tmp_path, recipe_text, copied):
    copied()
    result = cli("tune", "tiny.py", "--resume", "run", "--gap-penalty", "sex: accuracy=1")
    assert result.exit_code == 2
    assert "A resumed run keeps its gap penalty" in result.stderr
