def test_a_goal_that_is_none(cli, tmp_path, recipe_text):
    (tmp_path / "tiny.py").write_text(recipe_text())
    result = cli("tune", "tiny.py", "--threshold", "accuracy")
    assert result.exit_code == 2
    assert "recall@precision=P" in result.stderr
    assert "Traceback" not in result.stderr


def test_another_goal_for_a_run_that_has_one(cli, tmp_path, recipe_text, copied):
    copied()
    result = cli("tune", "tiny.py", "--resume", "run", "--threshold", "f1")
    assert result.exit_code == 2
    assert "A resumed run keeps its threshold" in result.stderr
