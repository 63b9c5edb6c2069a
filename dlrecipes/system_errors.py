"""What the operating system refuses, as one message: a full disk, a long name, no permission."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dlrecipes.errors import DlrecipesError, RunError

_FREE_SPACE = "Free some space."
_MORE_MEMORY = "Free some memory, or take fewer examples."
_READABLE = "Choose another place, or change its permissions."
_FIXES = {
    errno.ENOSPC: _FREE_SPACE,
    errno.EDQUOT: _FREE_SPACE,
    errno.EFBIG: "Files may not be so large here: raise the limit (`ulimit -f`).",
    errno.ENAMETOOLONG: "Choose a shorter name.",
    errno.EACCES: _READABLE,
    errno.EPERM: _READABLE,
    errno.EROFS: _READABLE,
    errno.EMFILE: "Allow more open files: `ulimit -n 4096`.",
    errno.ENFILE: "Allow more open files: `ulimit -n 4096`.",
    errno.EIO: "Check the disk, or the connection to it.",
    errno.ENOMEM: _MORE_MEMORY,
    errno.ENOENT: "It was moved or removed, or never there.",
}
# Libraries written in C or C++ put the system's words into an exception of their own.
_WORDS = {os.strerror(code): fix for code, fix in _FIXES.items() if code != errno.ENOENT} | {
    "database or disk is full": _FREE_SPACE,
    "attempt to write a readonly database": _READABLE,
    "disk I/O error": _FIXES[errno.EIO],
    "unable to open database file": _READABLE,
}
_MAX_PATH = 200


@dataclass(frozen=True)
class Refusal:
    """What the operating system refused.

    Args:
        said: What it said, and of which file: `"No space left on device: runs/a/result.json"`.
        fix: What to do about it, as a sentence; empty if nothing general helps.
    """

    said: str
    fix: str


def find_refusal(error: BaseException | None) -> Refusal | None:
    """Return what the operating system refused; None for an error of another kind.

    A reader that has gone (`dlrecipes list | head -1`) is no refusal.

    Args:
        error: Whatever was raised, if anything. What it was raised from counts, too.

    >>> find_refusal(OSError(28, "No space left on device", "result.json"))
    Refusal(said='No space left on device: result.json', fix='Free some space.')
    >>> find_refusal(ValueError("units=0"))
    """
    seen = error
    while seen is not None:
        found = _refusal(seen)
        if found is not None:
            return found
        seen = seen.__cause__
    return None


@contextmanager
def system_errors(then: Callable[[], str] = str) -> Iterator[None]:
    """Turn what the operating system refuses into one `RunError`; also a decorator.

    Args:
        then: Returns what follows the fix, as a sentence; by default nothing.

    Raises:
        RunError: If it refused something in the block.
    """
    try:
        yield
    except DlrecipesError as error:
        # Said without knowing how to go on, further down.
        refusal = find_refusal(error.__cause__) if type(error) is RunError else None
        if refusal is None or str(error) != str(refused(refusal)) or not then():
            raise
        raise refused(refusal, then()) from error.__cause__
    except Exception as error:
        refusal = find_refusal(error)
        if refusal is None:
            raise
        raise refused(refusal, then()) from error


def refused(refusal: Refusal, then: str = "") -> RunError:
    """Return the error that says what was refused, and what to do.

    Args:
        refusal: What was refused.
        then: What follows the fix, as a sentence.
    """
    return RunError(
        "The system must let dlrecipes read and write.",
        received=refusal.said,
        fix=" ".join(filter(None, (refusal.fix, then))),
    )


def _refusal(error: BaseException) -> Refusal | None:
    if isinstance(error, BrokenPipeError):
        return None
    if isinstance(error, MemoryError):
        return Refusal(str(error) or os.strerror(errno.ENOMEM), _MORE_MEMORY)
    if isinstance(error, OSError) and error.errno:
        said = error.strerror or os.strerror(error.errno)
        files = [_shown(file) for file in (error.filename, error.filename2) if file is not None]
        return Refusal(": ".join([said, *files[-1:]]), _FIXES.get(error.errno, ""))
    text = str(error)
    for words, fix in _WORDS.items():
        if words in text:
            line = next(line for line in text.splitlines() if words in line)
            return Refusal(re.sub(r"\x1b\[[0-9;]*m", "", line).strip()[:300], fix)
    return None


def _shown(file: object) -> str:
    name = os.fsdecode(file) if isinstance(file, str | bytes | os.PathLike) else str(file)
    if len(name) <= _MAX_PATH:
        return name
    half = _MAX_PATH // 2
    return f"{name[:half]}…{name[-half:]} ({len(name)} characters)"
