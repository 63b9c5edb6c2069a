"""Every program says how it is used; what it does is measured by hand."""

import runpy
from pathlib import Path

import pytest

PROGRAMS = sorted((Path(__file__).parents[2] / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_help(program, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", [str(program), "--help"])
    with pytest.raises(SystemExit, match="^0$"):
        runpy.run_path(str(program), run_name="__main__")
    assert program.name in capsys.readouterr().out
