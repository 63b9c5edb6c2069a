"""The commands when all is well."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from dlrecipes.cli.app import with_values


def test_list(cli):
    result = cli("list")
    assert result.exit_code == 0
    assert "digits_mlp" in result.stdout
    assert "breast_cancer" in result.stdout


def test_list_by_task(cli):
    images = cli("list", "--task", "images").stdout
    assert images == cli("list", "--task", "Image").stdout
    assert "digits_mlp" in images
    assert "breast_cancer" not in images
    unknown = cli("list", "--task", "sounds")
    assert unknown.exit_code == 2
    assert "The tasks are images, series, tables, text." in unknown.stderr


def test_no_command_shows_the_help(cli):
    result = cli()
    for command in ("list", "copy", "check", "tune", "open", "report", "export", "predict"):
        assert command in result.output


@pytest.mark.parametrize("dest", [(), (".",), ("mine.py",)])
def test_copy(cli, tmp_path, dest):
    result = cli("copy", "digits_mlp", *dest)
    assert result.exit_code == 0
    file = tmp_path / (dest[0] if dest[:1] == ("mine.py",) else "digits_mlp.py")
    assert "RECIPE = Recipe(" in file.read_text()
    assert f"dlrecipes tune {file.name}" in result.stdout


def test_copy_is_loaded_instead_of_the_bundled_one(cli, tmp_path):
    from dlrecipes.recipe import load_recipe

    cli("copy", "digits_mlp")
    assert load_recipe("digits_mlp.py").path == Path("digits_mlp.py")
    assert load_recipe("digits_mlp").path != Path("digits_mlp.py")


@pytest.fixture
def tiny(tmp_path, recipe_text):
    (tmp_path / "tiny.py").write_text(recipe_text())


def test_values_to_try_must_fit(cli, tmp_path, tiny):
    result = cli("tune", "tiny.py", "--out", "run", "--try", "learning_rat=0.1")
    assert result.exit_code == 2
    assert "hyperparameters of the builder. Received: learning_rat=0.1." in result.stderr
    assert not (tmp_path / "run").exists()
    other = cli("tune", "tiny.py", "--out", "run", "--like", "nowhere")
    assert other.exit_code == 2
    assert "A run directory holds a `run.json`. Received: nowhere." in other.stderr


def test_tune_in_plain_lines(cli, tmp_path, tiny):
    words = ("--set", "coarse.sampler=random", "--set", "batch_size=16", "--set", "refit_seeds=1")
    result = cli("tune", "tiny.py", "--out", "run", "--trials", "2", "--epochs", "1", *words)
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    for line in (
        r"^run directory: run$",
        r"^stage coarse: 1 trial, scored by val_accuracy, higher is better$",
        r"^  coarse trial 0 (completed|pruned) 0\.\d{4} in (less than )?\d+\.\d s, best 0\.\d{4} "
        r"\(1 of 1 done\)$",
        r"^The network .*: test accuracy \d.* against \d.*\.$",
        r"^Difference in accuracy, in the network's favour: [+-].* ± .* \(95 %\)\.$",
        r"^This test set was opened 1 time, by 1 run\.$",
        r"^report +run/report\.html$",
        # What was read is said before anything is done with it, and what the user waited at last.
        r"^data …\n  tiny: 120 examples, 72 to train, 24 to validate, 24 to test; each 4 numbers\n"
        r"  to predict: 2 classes \('no' .*%, 'yes' .*%\)\ncheck …$",
        r"^time +\d.*\nnext +[A-Z].*: dlrecipes (tune|curve) tiny\.py ",
    ):
        assert re.search(line, result.stdout, re.MULTILINE), (line, result.stdout)
    assert "\x1b" not in result.stdout
    assert (tmp_path / "run" / "report.html").is_file()
    plan = json.loads((tmp_path / "run" / "run.json").read_text())["plan"]
    assert plan["stages"][0]["sampler"] == "random"
    assert (plan["batch_size"], plan["refit_seeds"]) == (16, 1)


def test_report_export_predict(cli, tmp_path, copied):
    run = copied()
    (run / "report.html").unlink()
    result = cli("report", "run")
    assert (result.exit_code, result.stdout) == (0, "run/report.html\n")
    assert (run / "report.html").is_file()
    for name, path in (("keras", "run/model.keras"), ("saved_model", "run/saved_model")):
        result = cli("export", "run", "--format", name)
        assert (result.exit_code, result.stdout) == (0, f"{path}\n")
    np.savez(tmp_path / "x.npz", x=np.full((2, 4), 5.0))
    shown = cli("predict", "run", "x.npz")
    assert shown.exit_code == 0
    assert shown.stdout.splitlines()[0] == "label,probability no,probability yes"
    assert len(shown.stdout.splitlines()) == 3
    assert cli("predict", "run", "x.npz", "--out", "y.csv").stdout == "y.csv\n"
    assert (tmp_path / "y.csv").read_text() == shown.stdout
    (tmp_path / "x.csv").write_text("5,5,5,5\n5,5,5,5\n")
    assert cli("predict", "run", "x.csv", "--header", "no").stdout == shown.stdout


def test_sealed_run_is_opened_later(cli, tmp_path, tiny):
    words = ("--trials", "2", "--epochs", "1", "--set", "refit_seeds=2")
    result = cli("tune", "tiny.py", "--out", "run", "--sealed", *words)
    assert result.exit_code == 0, result.stderr
    assert re.search(
        r"The test set stays sealed\. Validation accuracy 0\.\d+ ± .* over 2 refits; the best "
        r"baseline there, [a-z ]+, \d",
        result.stdout,
    ), result.stdout
    assert "Open it: dlrecipes open run" in result.stdout
    assert "Exported is the best of 2 refits by their validation accuracy, seed" in result.stdout
    assert not (tmp_path / "test_sets.jsonl").exists()
    assert json.loads((tmp_path / "run" / "run.json").read_text())["settings"]["sealed"] is True
    left = json.loads((tmp_path / "run" / "result.json").read_text())
    assert (left["sealed"], left["opened_before"], left["test"]) == ("asked", 0, None)
    opened = cli("open", "run", "--reason", "a decision")
    assert opened.exit_code == 0, opened.stderr
    assert "This test set was opened 1 time, by 1 run." in opened.stdout
    assert re.search(r"Exported is .*, test accuracy \d", opened.stdout)
    assert "a decision" in (tmp_path / "test_sets.jsonl").read_text()
    # ---- once more: it says so, and what was found then
    again = cli("open", "run", "--reason", "another")
    assert again.exit_code == 0, again.stderr
    assert re.search(
        r"has opened its test set before on \d{4}-.* UTC: a decision\. It is not opened again",
        again.stdout,
    ), again.stdout
    assert "This test set was opened 1 time, by 1 run." in again.stdout
    assert "another" not in (tmp_path / "test_sets.jsonl").read_text()


def test_commands_work_when_the_recipe_is_gone(cli, tmp_path, copied):
    copied()
    (tmp_path / "tiny.py").unlink()
    assert cli("report", "run").exit_code == 0


def test_message_is_printed_as_it_is(cli):
    result = cli("report", "[bold]:warning:[/bold]")
    assert "[bold]:warning:[/bold]" in result.stderr


@pytest.mark.slow
def test_json_and_nothing_else(process, tmp_path, tiny):
    done = process("tune", "tiny.py", "--out", "run", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads((tmp_path / "run" / "result.json").read_text())
    assert done.stderr == ""


@pytest.mark.slow
def test_bare_resume_takes_the_newest(process, tmp_path, copied):
    run = copied()
    (run / "report.html").unlink()
    (tmp_path / "runs").mkdir()
    run.rename(tmp_path / "runs" / "tiny-1")
    done = process("tune", "tiny.py", "--resume", "--json")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "runs" / "tiny-1" / "report.html").is_file()


def _tune_until_the_third_trial(folder):
    with subprocess.Popen(
        [Path(sys.executable).with_name("dlrecipes"), "tune", "tiny.py", "--out", "my run"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as running:
        lines = []
        while not lines or " (3 of " not in lines[-1]:
            lines.append(running.stdout.readline())
            assert lines[-1], running.stderr.read()
        time.sleep(0.3)
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=60)
    return running.returncode, errors


@pytest.mark.slow
def test_ctrl_c_and_the_best_so_far(process, tmp_path, recipe_text):
    plan = "CoarseToFine(trials=60, epochs=6, refit_seeds=1)"
    (tmp_path / "tiny.py").write_text(recipe_text(plan=plan))
    status, errors = _tune_until_the_third_trial(tmp_path)
    assert status == 130
    assert "Traceback" not in errors
    assert errors.startswith("Ctrl-C: the search ends with this epoch; once more ends it at once.")
    assert "\nInterrupted.\n" in errors
    assert "Every finished trial is kept in my run." in errors
    assert "dlrecipes tune tiny.py --resume 'my run' --trials 0" in errors
    assert not (tmp_path / "my run" / "result.json").exists()
    done = process("tune", "tiny.py", "--resume", "my run", "--trials", "0")
    assert done.returncode == 0, done.stderr
    for name in ("report.html", "model.keras", "saved_model", "test_predictions.npz"):
        assert (tmp_path / "my run" / name).exists()
    result = json.loads((tmp_path / "my run" / "result.json").read_text())
    trials = sum(sum(stage["trials"].values()) for stage in result["stages"])
    assert 3 <= trials < 60
    assert result["verdict"]


def test_export_of_a_baseline(cli, copied):
    pytest.importorskip("skops.io", reason="pip install dlrecipes[trees]")
    import dlrecipes

    run = copied()
    result = cli("export", "run", "--baseline", "logistic regression")
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[-1] == str(Path("run") / "baseline")
    assert dlrecipes.load_baseline(run / "baseline").predict(np.zeros((2, 4))).shape == (2, 2)
    assert cli("export", "run", "--baseline", "ridge").exit_code == 2


@pytest.mark.parametrize(
    ("words", "taken"),
    [
        (["export", "run", "--baseline"], ["export", "run", "--baseline=the strongest"]),
        (["export", "--baseline", "--out", "x", "run"], None),
        (["export", "run", "--baseline", "LightGBM"], ["export", "run", "--baseline", "LightGBM"]),
        (["tune", "digits", "--resume"], ["tune", "digits", "--resume=newest"]),
    ],
)
def test_options_that_may_stand_alone(words, taken):
    expected = taken or ["export", "--baseline=the strongest", "--out", "x", "run"]
    assert with_values(words) == expected
