"""Opening a study's storage, also after a process died while writing to it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import optuna

from dlrecipes.errors import StorageError
from dlrecipes.search.backends.buffered_journal import BufferedStorage
from dlrecipes.system_errors import find_refusal


def open_storage(location: str | Path) -> optuna.storages.BaseStorage:
    """Open a storage.

    Args:
        location: A database URL, or the path of a journal file, made if it does not exist. The
            caller holds the run directory's lock, so a journal's lock file that lies there is
            a dead process's (Optuna would wait 30 s for it).

    Raises:
        StorageError: If the database cannot be reached or the journal is damaged.
    """
    if "://" in str(location):
        return _open_database(str(location))
    path = Path(location)
    repair_journal(path)
    for left in path.parent.glob(f"{path.name}.lock*"):
        left.unlink(missing_ok=True)
    with storage_errors(str(path)):
        return BufferedStorage(path)


def repair_journal(path: Path) -> None:
    """Cut a journal back to its last whole line: a killed process may have torn the last one.

    Raises:
        StorageError: If a line before the last is damaged.
    """
    if not path.exists():
        return
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    lines = whole.splitlines()
    for number, line in enumerate(lines, start=1):
        try:
            json.loads(line)
        except ValueError as error:
            if number == len(lines):
                whole = whole[: len(whole) - len(line) - 1]
                break
            raise StorageError(
                "A study journal must be one JSON object a line.",
                received=f"line {number} of {path}",
                fix="Restore the file from a copy, or start a new run.",
            ) from error
    if len(whole) < len(content):
        with path.open("r+b") as file:
            file.truncate(len(whole))


@contextmanager
def write_errors(location: str) -> Iterator[None]:
    """Turn a full disk or a lost connection into one clear message."""
    try:
        yield
    except (OSError, optuna.exceptions.StorageInternalError) as error:
        raise _not_writable(location, error) from error


@contextmanager
def storage_errors(location: str) -> Iterator[None]:
    """Turn what a storage raises into one clear message."""
    try:
        yield
    except (
        KeyError,
        AssertionError,
        OSError,
        json.JSONDecodeError,
        optuna.exceptions.StorageInternalError,
    ) as error:
        if find_refusal(error) is not None:
            raise _not_writable(location, error) from error
        raise StorageError(
            "The study's storage must be readable.",
            received=f"{mask_password(location)} ({type(error).__name__}: {error})",
            fix="It is damaged or not writable; restore it or start a new run.",
        ) from error


def _not_writable(location: str, error: Exception) -> StorageError:
    said, fix = f"{type(error).__name__}: {error}", "Mend the storage."
    refusal = find_refusal(error)
    if refusal is not None:
        said, fix = refusal.said, refusal.fix
    return StorageError(
        "The study's storage must stay writable.",
        received=f"{mask_password(location)} ({said})",
        fix=f"{fix} Every finished trial is kept: resume the run.",
    )


def _open_database(url: str) -> optuna.storages.BaseStorage:
    try:
        return optuna.storages.RDBStorage(url, engine_kwargs={"pool_pre_ping": True})
    except ImportError as error:
        raise StorageError(
            "The driver of a database must be installed.",
            received=f"storage={mask_password(url)} ({error})",
            fix="For PostgreSQL: pip install 'psycopg[binary]' and postgresql+psycopg://…",
        ) from error
    except Exception as error:  # SQLAlchemy's many; its last line names the cause
        cause = str(error).strip().splitlines()
        raise StorageError(
            "The study's database must be reachable.",
            received=f"storage={mask_password(url)} ({cause[0] if cause else error!r})",
            fix="Use a URL such as sqlite:///study.db or postgresql+psycopg://user@host/name.",
        ) from error


def mask_password(url: str) -> str:
    """Return a storage's URL without the password in it; a path stays as it is."""
    if "://" not in url:
        return url
    scheme, _, rest = url.partition("://")
    credentials, at, host = rest.rpartition("@")
    shown = f"{scheme}://{credentials.split(':')[0]}{at}{host}"
    return re.sub(r"(?i)(password=)[^&\s]*", r"\1…", shown)
