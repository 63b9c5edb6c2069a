"""What the operating system refuses, told from everything else."""

import errno
import os

import pytest

from dlrecipes.errors import DataError, RunError
from dlrecipes.system_errors import find_refusal, system_errors

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "runs/a/result.json")


def raised_from(error, cause):
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "said", "fix"),
    [
        (FULL, "No space left on device: runs/a/result.json", "Free some space."),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "Disk quota exceeded", "Free some space."),
        (OSError(errno.ENOTDIR, "Not a directory", "a/b"), "Not a directory: a/b", ""),
        (OSError(errno.EIO, ""), "Input/output error", "Check the disk, or the connection to it."),
        (OSError(errno.EXDEV, "Cross-device link", "a", None, "b"), "Cross-device link: b", ""),
        (PermissionError(errno.EPERM, "Not permitted", b"a"), "Not permitted: a",
         "Choose another place, or change its permissions."),
        (MemoryError(), "Cannot allocate memory", "Free some memory, or take fewer examples."),
        (
            RuntimeError("write failed\n\x1b[1m/tmp/x; No space left on device\x1b[0m\nat f.cc"),
            "/tmp/x; No space left on device",
            "Free some space.",
        ),
        (raised_from(ValueError("not saved"), FULL), "No space left on device: runs/a/result.json",
         "Free some space."),
        (raised_from(KeyError(), raised_from(KeyError(), MemoryError("of 1 TiB"))), "of 1 TiB",
         "Free some memory, or take fewer examples."),
        (RuntimeError("(sqlite3.OperationalError) database or disk is full\n[SQL: x]"),
         "(sqlite3.OperationalError) database or disk is full", "Free some space."),
    ],
)  # fmt: skip
def test_refusals(error, said, fix):
    found = find_refusal(error)
    assert (found.said, found.fix) == (said, fix)


def handled(error):
    """An error that came while another was looked at, and has nothing to do with it."""
    try:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", "cache")
    except FileNotFoundError:
        try:
            raise error
        except type(error) as raised:
            return raised


@pytest.mark.parametrize(
    "error",
    [
        KeyError("units"),
        OSError("a library's own"),
        BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE)),
        handled(KeyError("units")),
        KeyboardInterrupt(),
    ],
)
def test_what_is_none(error):
    assert find_refusal(error) is None
    with pytest.raises(type(error)) as caught, system_errors():
        raise error
    assert caught.value is error


def test_a_long_path_is_cut():
    said = find_refusal(OSError(errno.ENAMETOOLONG, "File name too long", "a" * 5_000)).said
    assert said.startswith("File name too long: aaa")
    assert said.endswith("aaa (5000 characters)")
    assert len(said) < 300


def test_one_error():
    with pytest.raises(RunError) as caught, system_errors(lambda: "Go on."):
        raise FULL
    assert str(caught.value) == (
        "The system must let dlrecipes read and write. Received: No space left on device: "
        "runs/a/result.json. Free some space. Go on."
    )
    assert caught.value.__cause__ is FULL


def test_errors_of_ours_stay_as_they_are():
    mine = DataError("Rule.")
    mine.__cause__ = FULL
    with pytest.raises(DataError) as caught, system_errors():
        raise mine
    assert caught.value is mine


def test_as_a_decorator():
    @system_errors()
    def write(text, *, folder=""):
        """Write."""
        raise FULL

    assert write.__doc__ == "Write."
    for _ in range(2):
        with pytest.raises(RunError, match="No space left"):
            write("a", folder="b")
