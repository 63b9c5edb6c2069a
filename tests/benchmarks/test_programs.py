"""Every program says how it is used; what it does is measured by hand."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = sorted((Path(__file__).parents[2] / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_help(program):
    command = [sys.executable, str(program), "--help"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert program.name in ended.stdout
