"""Files that are written as a whole or not at all."""

import pytest

from dlrecipes.results import write_text, written_whole


def test_a_text(tmp_path):
    file = tmp_path / ("n" * 251 + ".txt")  # the longest name there is
    write_text(file, "São Paulo\n")
    assert file.read_text(encoding="utf-8") == "São Paulo\n"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("raised", [OSError("full"), KeyboardInterrupt(), ValueError("no")])
def test_a_block_that_raises_leaves_the_old_file(tmp_path, raised):
    file = tmp_path / "result.json"
    write_text(file, "old")

    def write_new():
        with written_whole(file) as partial:
            assert partial.suffix == ".json"
            partial.write_text("ne")
            raise raised

    with pytest.raises(type(raised)):
        write_new()
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_disk_that_says_at_last_that_it_is_full(tmp_path, monkeypatch):
    file = tmp_path / "result.json"

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*/result\.json'"):
        write_text(file, "new")
    assert not list(tmp_path.iterdir())


def test_the_name_in_the_message_is_the_file_itself(tmp_path):
    with pytest.raises(OSError, match=r"No such file or directory: '.*/no/result\.json'$"):
        write_text(tmp_path / "no" / "result.json", "new")
