"""The command line, in this process and in a fresh one."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner


@pytest.fixture
def cli(tmp_path, monkeypatch):
    """`cli(*words)`: the result of one command, run inside `tmp_path`."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        from dlrecipes.cli.app import app

        return CliRunner().invoke(app, [str(word) for word in words])

    return run


@pytest.fixture
def process(tmp_path):
    """`process(*words)`: one command as a real process inside `tmp_path`, finished."""

    def run(*words):
        return subprocess.run(
            [Path(sys.executable).with_name("dlrecipes"), *map(str, words)],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def contents():
    """`contents(folder)`: `{file: digest}` of all that lies in it, logs and locks left out."""

    def read(folder):
        return {
            str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(Path(folder).rglob("*"))
            if file.is_file() and file.name not in ("log.txt", ".lock")
        }

    return read
