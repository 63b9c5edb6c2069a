"""The log of a run."""

import io

import pytest

from dlrecipes.errors import DataError
from dlrecipes.rundir import run_log


class _Full(io.StringIO):
    def flush(self):
        raise OSError(28, "No space left on device")

    close = flush


def test_a_full_disk_costs_lines_and_nothing_else(tmp_path, capsys):
    def run():
        with run_log(tmp_path / "log.txt") as log:
            log.info("begun")
            log.handlers[0].setStream(_Full())
            log.info("lost")
            raise KeyError("units")

    with pytest.raises(KeyError, match="units"):
        run()
    assert "begun" in (tmp_path / "log.txt").read_text()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("error", "traceback"),
    [(KeyError("a"), True), (DataError("a"), False), (KeyboardInterrupt(), False)],
)
def test_what_ends_a_run_is_its_last_line(tmp_path, error, traceback):
    with pytest.raises(type(error)), run_log(tmp_path / "log.txt"):
        raise error
    text = (tmp_path / "log.txt").read_text()
    assert f"ended by {type(error).__name__}" in text
    assert ("Traceback" in text) is traceback
