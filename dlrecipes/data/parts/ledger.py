"""Which test parts were opened, when and by whom."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from dlrecipes.errors import RunError
from dlrecipes.rundir import LEDGER

DEFAULT_LEDGER = Path("runs") / LEDGER


class Ledger:
    """Append-only record of test set openings, one JSON object a line.

    Args:
        path: The file; it and its folder are created at the first opening.

    Example:
        >>> import tempfile
        >>> ledger = dlr.data.Ledger(f"{tempfile.mkdtemp()}/test_sets.jsonl")
        >>> for run, reason in (("digits-1", "final score"), ("digits-2", "another look")):
        ...     opening = ledger.append("0123456789abcdef", reason=reason, study=run)
        >>> ledger.counts("0123456789abcdef")  # openings, studies
        (2, 2)
        >>> [opening.reason for opening in ledger.openings("0123456789abcdef")]
        ['final score', 'another look']
    """

    def __init__(self, path: str | Path = DEFAULT_LEDGER) -> None:
        self.path = Path(path)

    def __repr__(self) -> str:
        return f"Ledger({str(self.path)!r})"

    def append(self, fingerprint: str, *, reason: str, study: str = "") -> Opening:
        """Write one opening to disk and return it.

        Args:
            fingerprint: `SealedSplit.fingerprint` of the test part.
            reason: Why it is opened.
            study: By which study or run; empty if outside one.

        Raises:
            RunError: If the file cannot be written.
        """
        time = datetime.now(UTC).isoformat(timespec="seconds")
        opening = Opening(time=time, fingerprint=fingerprint, reason=reason, study=study)
        line = json.dumps(asdict(opening)).encode() + b"\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Unbuffered and in append mode: the line is one write at the file's end, so that
            # two processes cannot mix theirs.
            with self.path.open("ab+", buffering=0) as file:
                if file.seek(0, os.SEEK_END):
                    file.seek(-1, os.SEEK_END)
                    # A killed writer may have left half a line: ours starts on a fresh one.
                    if file.read(1) != b"\n":
                        line = b"\n" + line
                # A disk that is nearly full takes a part, and says nothing.
                if file.write(line) < len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(file.fileno())
        except OSError as error:
            raise self._unusable("writable", error) from error
        return opening

    def openings(self, fingerprint: str) -> list[Opening]:
        """Return the openings of the test set with this fingerprint, oldest first.

        Lines that cannot be read are skipped.

        Raises:
            RunError: If the file is there and cannot be read.
        """
        try:
            lines = self.path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._unusable("readable", error) from error
        parsed = (_parse_opening(line) for line in lines)
        return [entry for entry in parsed if entry and entry.fingerprint == fingerprint]

    def counts(self, fingerprint: str) -> tuple[int, int]:
        """Return how often and by how many different studies this test set was opened.

        All openings without a study's name count as one study.

        Raises:
            RunError: If the file is there and cannot be read.
        """
        openings = self.openings(fingerprint)
        return len(openings), len({entry.study for entry in openings})

    def _unusable(self, ability: str, error: OSError) -> RunError:
        return RunError(
            f"The ledger of test set openings must be {ability}.",
            received=f"{self.path}: {error.strerror or error}",
            fix="Without it the test set stays closed: repair the path or name another one.",
        )


def _parse_opening(line: bytes) -> Opening | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    names = ("time", "fingerprint", "reason", "study")
    if not isinstance(entry, dict) or not all(isinstance(entry.get(name), str) for name in names):
        return None
    return Opening(**{name: entry[name] for name in names})


@dataclass(frozen=True)
class Opening:
    """One opening of a test set.

    Args:
        time: When, ISO 8601 in UTC.
        fingerprint: `SealedSplit.fingerprint` of the test part.
        reason: Why it was opened.
        study: By which study or run; empty if opened outside one.

    Example:
        >>> fingerprint = dlr.data.load("iris").test.fingerprint
        >>> opening = dlr.data.Opening(
        ...     "2026-01-31T12:00:00+00:00", fingerprint, "final score", "iris-1"
        ... )
        >>> opening.reason, opening.study
        ('final score', 'iris-1')
    """

    time: str
    fingerprint: str
    reason: str
    study: str = ""
