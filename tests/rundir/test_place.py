"""Where a run may lie: wherever TensorFlow can load its SavedModel from."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given, settings, strategies as st

from dlrecipes.errors import RunError
from dlrecipes.rundir import RunDirectory, check_place

REFUSED = ["run[1]", "[a]", "a\\b", "\\", "a\\*b", "[a-z]", "x[!y]", "a[", "[?-"]
FINE = ["run 1", "run*", "run?", "50%", "#1", "Läufe", "a\nb", "{a,b}", "a]", "$HOME", "~"]


def loadable(folder, name):
    """Whether TensorFlow finds what lies in a folder of that name: it asks so before it reads."""
    (folder / name / "variables").mkdir(parents=True)
    (folder / name / "variables" / "variables.index").touch()
    path = f"{folder}/{name}/variables/variables.index"
    return path in tf.io.gfile.glob(path)


@pytest.mark.parametrize("name", REFUSED)
def test_refused_and_nothing_written(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    for path in (name, f"{name}/run", tmp_path / name):
        with pytest.raises(RunError, match=r"no \[brackets\] and no backslash.*Received: out="):
            RunDirectory.create(path, "x")
    assert not list(tmp_path.iterdir())
    assert name == "a[" or not loadable(tmp_path, name)  # no pattern without its other end


@pytest.mark.parametrize("name", FINE)
def test_fine(tmp_path, name):
    assert loadable(tmp_path, name)
    assert RunDirectory.create(tmp_path / "runs" / name, "x").path.is_dir()


@settings(deadline=None, max_examples=80)
@example("]")
@given(st.text("[]\\*?!^-ab .", min_size=1, max_size=6))
def test_what_is_let_through_is_loadable(tmp_path_factory, name):
    folder = tmp_path_factory.mktemp("place")
    try:
        check_place(folder / name)
    except RunError:
        return
    assert name in (".", "..") or loadable(folder, name)


def test_the_way_to_the_working_folder_does_not_count(tmp_path, monkeypatch):
    (tmp_path / "my [project]").mkdir()
    monkeypatch.chdir(tmp_path / "my [project]")
    assert RunDirectory.create("runs/a", "x").path == Path("runs/a")
    with pytest.raises(RunError, match=r"name for 'my \[project\]', or go into it"):
        RunDirectory.create(Path.cwd() / "run", "x")


def test_a_name_that_no_file_can_have(tmp_path):
    with pytest.raises(RunError, match=r"File name too long.*shorter name"):
        RunDirectory.create(tmp_path / ("a" * 300), "x")


def test_ids_that_are_objects_can_be_read_again(tmp_path):
    directory = RunDirectory.create(tmp_path / "run", "x")
    ids = np.array(["a", 2, None], dtype=object)
    directory.write_predictions(ids, {"x": np.ones(3)}, np.zeros(3), np.zeros((1, 3)))
    assert directory.read_predictions()[0]["ids"].tolist() == ["a", "2", "None"]
