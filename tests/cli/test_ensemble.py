def test_a_negative_number(cli, tmp_path, recipe_text):
    (tmp_path / "tiny.py").write_text(recipe_text())
    result = cli("tune", "tiny.py", "--ensemble", "-1")
    assert result.exit_code == 2
    assert "`ensemble` must be an integer, at least 0" in result.stderr
    assert not (tmp_path / "runs").exists()


def test_another_number_for_a_run_that_began_without(cli, copied):
    copied()
    result = cli("tune", "tiny.py", "--resume", "run", "--ensemble", "4")
    assert result.exit_code == 2
    assert "A resumed run keeps its ensemble" in result.stderr
    assert "ensemble=4, begun with 0" in result.stderr
