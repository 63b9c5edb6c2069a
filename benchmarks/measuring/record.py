"""The JSON file of a benchmark, written after every measurement."""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from measuring.machine import describe_machine, describe_versions

Measurement = dict[str, Any]
_LEAST_WIDTH = 140


class Record:
    """What a benchmark has measured so far.

    A program that was cut off goes on from its file: measurements that are there are not
    repeated. A file of other settings or versions is refused.

    Args:
        file: Where it is kept; None to keep it in memory only.
        program: The benchmark's name.
        settings: What was asked for, as JSON can hold it.
    """

    def __init__(self, file: Path | None, program: str, settings: dict[str, Any]) -> None:
        self._file = file
        self._content: dict[str, Any] = {
            "program": program,
            "command": shlex.join(["python", *sys.argv]),
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": describe_machine(),
            "versions": describe_versions(),
            "settings": json.loads(json.dumps(settings, default=str)),
            "measurements": {},
        }
        if file is not None and file.exists():
            self._take_up(json.loads(file.read_text(encoding="utf-8")))

    def _take_up(self, before: dict[str, Any]) -> None:
        for part in ("program", "settings", "versions"):
            if before.get(part) != self._content[part]:
                raise SystemExit(
                    f"{self._file} holds measurements with other {part}: give another --json FILE."
                )
        self._content = before

    @property
    def measurements(self) -> dict[str, Measurement]:
        """What was measured so far: `{key: measurement}`."""
        found: dict[str, Measurement] = self._content["measurements"]
        return found

    def measure(self, key: str, function: Callable[[], Measurement]) -> Measurement:
        """Return the measurement called `key`, made now if it is not there.

        Args:
            key: Its name.
            function: Makes it.
        """
        if key not in self.measurements:
            start = time.monotonic()
            self.measurements[key] = function()
            self._write()
            print(f"{key}: {time.monotonic() - start:.0f} s", file=sys.stderr)
        return self.measurements[key]

    def conclude(self, summary: list[dict[str, Any]], table: Table) -> None:
        """Keep what the measurements come to and print it.

        Args:
            summary: The rows of the table, as numbers.
            table: The table.
        """
        self._content["summary"] = summary
        self._write()
        # Without a terminal rich assumes 80 columns and cuts figures off.
        console = Console(width=max(_LEAST_WIDTH, Console().width))
        console.print(table)
        console.print(self._describe(), style="dim", highlight=False)

    def _describe(self) -> str:
        """Return machine and versions in two lines."""
        machine = self._content["machine"]
        hardware = [machine["processor"], f"{machine['cores']} cores", *machine["gpus"]]
        versions = [f"{name} {version}" for name, version in self._content["versions"].items()]
        busy = f"load average {machine['load_average'][0]} at the start"
        return f"{', '.join(hardware)}; {busy}\n{', '.join(versions)}"

    def _write(self) -> None:
        if self._file is None:
            return
        # Whole or not at all: the next start reads it.
        partial = self._file.with_name(f"{self._file.name}.partial")
        partial.write_text(json.dumps(self._content, indent=1), encoding="utf-8")
        partial.replace(self._file)
