"""`dlrecipes check`: what is wrong is printed, and the exit status says whether it is an error."""

HIGH = "keras.optimizers.Adam(50.0), keras.losses.BinaryCrossentropy(from_logits=True)"


def test_nothing_is_wrong(cli, tmp_path, recipe_text):
    text = recipe_text(plan="CoarseToFine(trials=3, epochs=9)")
    (tmp_path / "tiny.py").write_text(text)
    result = cli("check", "tiny.py")
    assert (result.exit_code, result.stderr) == (0, "")
    first, *_, last = result.stdout.splitlines()
    assert first.startswith("The loss begins at 0.")
    assert last.startswith("Nothing is wrong, as far as can be told before training: ")
    assert not (tmp_path / "runs").exists()


def test_a_warning_says_what_to_do(cli, tmp_path, recipe_text):
    text = recipe_text(
        plan="CoarseToFine(trials=3, epochs=9)", compile=HIGH, objective="'val_loss'"
    )
    (tmp_path / "tiny.py").write_text(text)
    result = cli("check", "tiny.py")
    assert result.exit_code == 0
    assert "warning: Adam with a rate of 50: above 0.2" in result.stdout
    assert "\n  Begin with 1e-3" in result.stdout


def test_an_error_is_the_exit_status(cli, tmp_path, recipe_text):
    still = "for layer in model.layers: layer.trainable = False\n    return model"
    (tmp_path / "tiny.py").write_text(recipe_text(after=still))
    result = cli("check", "tiny.py")
    assert result.exit_code == 1
    assert "error: No weight can be trained." in result.stdout


def test_what_does_not_fit_is_one_message(cli, tmp_path, recipe_text):
    (tmp_path / "tiny.py").write_text(recipe_text(units="7", activation="softmax"))
    assert cli("check", "tiny.py", "--examples", "many").exit_code == 2
    assert cli("check", "nowhere.py").exit_code == 2
