"""The run directory: whole files, one writer, a place of its own."""

import subprocess
import sys

import numpy as np
import pytest

from dlrecipes.errors import RunError
from dlrecipes.rundir import RunDirectory


def test_names_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = [RunDirectory.create(None, "digits").path for _ in range(3)]
    assert len(set(made)) == 3
    assert all(path.parent.name == "runs" and path.name.startswith("digits-") for path in made)


def test_runs_that_begin_in_the_same_moment_have_a_directory_each(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def meanwhile(path, what):
        (path / "checkpoints").mkdir(parents=True)  # by another run, under the name that was free

    monkeypatch.setattr("dlrecipes.rundir.run_directory.check_place", meanwhile)
    made = RunDirectory.create(None, "mine").path
    assert made.name.endswith("-2")
    assert (made / "checkpoints").is_dir()


def test_empty_folder_may_be_used(tmp_path):
    (tmp_path / "run").mkdir()
    assert RunDirectory.create(tmp_path / "run", "x").path == tmp_path / "run"


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_taken(tmp_path, kind):
    taken = tmp_path / "run" if kind == "file" else tmp_path / "run" / "a"
    taken.parent.mkdir(exist_ok=True)
    taken.touch()
    with pytest.raises(RunError, match=r"directory of its own.*run, which exists.*--resume"):
        RunDirectory.create(tmp_path / "run", "x")
    assert taken.exists()


def test_discard(tmp_path):
    directory = RunDirectory.create(tmp_path / "a" / "run", "x")
    directory.discard()
    assert not directory.path.exists()


def test_where_things_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    directory = RunDirectory.create("run", "x")
    assert directory.name == "run"
    # The ledger is shared by all runs of a folder, whatever the path is written like.
    assert directory.ledger == tmp_path / "test_sets.jsonl"
    assert RunDirectory(tmp_path / "run" / ".").name == "run"


HOLD = """
import sys, time
from dlrecipes.rundir import RunDirectory
with RunDirectory.existing(sys.argv[1]).locked():
    print("held", flush=True)
    time.sleep(60)
"""


def test_one_process_at_a_time_and_a_dead_one_holds_no_lock(tmp_path):
    directory = RunDirectory.create(tmp_path / "run", "x")
    directory.info_file.write_text("{}")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, directory.path], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(RunError, match=r"Only one process.*another process holds"):
            directory.locked().__enter__()
        other.kill()
    with directory.locked():
        pass
    with directory.locked():  # and it is given back
        pass


def test_lock_is_given_back_after_an_error(tmp_path):
    directory = RunDirectory.create(tmp_path / "run", "x")

    def fail():
        with directory.locked():
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        fail()
    with directory.locked():
        pass


def test_predictions_round_trip(tmp_path):
    directory = RunDirectory.create(tmp_path / "run", "x")
    x, predictions = np.ones((3, 2)), np.arange(6.0).reshape(2, 3)
    directory.write_predictions(np.arange(3), {"x": x}, np.zeros(3), predictions)
    found = directory.read_predictions()
    np.testing.assert_array_equal(found[0]["x"], x)
    np.testing.assert_array_equal(found[1], predictions[0])
    assert not list(directory.path.glob("*partial*"))
    directory.predictions.write_bytes(b"PK")
    with pytest.raises(RunError, match=r"saved predictions must be whole.*test_predictions\.npz"):
        directory.read_predictions()


def test_unfinished_run_says_how_to_go_on(tmp_path):
    directory = RunDirectory.create(tmp_path / "run", "x")
    with pytest.raises(RunError, match=r"must have a `result\.json`.*--resume .*run"):
        directory.read_result()
    with pytest.raises(RunError, match=r"holds a `run\.json`"):
        RunDirectory.existing(tmp_path / "run")


@pytest.mark.parametrize(
    "name", ["a" * 300, "é" * 200, "/".join(["a" * 200] * 21), "new/" + "a" * 300]
)
def test_a_name_that_is_too_long_is_said_before_anything_is_made(tmp_path, name):
    with pytest.raises(
        RunError, match=r"File name too long.*characters\)\. Choose a shorter"
    ) as caught:
        RunDirectory.planned(tmp_path / name, "x")
    assert len(str(caught.value)) < 500
    assert list(tmp_path.iterdir()) == []


def test_a_recipe_whose_name_is_too_long(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunError, match="File name too long"):
        RunDirectory.planned(None, "a" * 250)
