"""What a big table costs until training may begin: what a fresh process measures."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

NUMBERS, CATEGORIES = 20, 8
_WHOLE, _WITH_GAPS = 5, 6
_GAPS = 0.02
_COPIES = 0.001
_ROWS_AT_ONCE = 100_000


def write_table(path: str, rows: int, seed: int) -> dict[str, object]:
    """Write a CSV file of 30 columns: 20 numbers, 8 categories, a date and a binary target.

    2 % of the cells of eight columns are missing, and one row in a thousand repeats another.

    Returns:
        `megabytes` of the file.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.csv as arrow_csv

    generator = np.random.default_rng(seed)
    sizes = np.geomspace(2, 2000, CATEGORIES).astype(int)
    writer = None
    for start in range(0, rows, _ROWS_AT_ONCE):
        count = min(_ROWS_AT_ONCE, rows - start)
        numbers = generator.normal(size=(count, NUMBERS)).round(4)
        numbers[:, :2] = generator.lognormal(3, 1, size=(count, 2)).round(2)
        score = numbers[:, 5] + 0.5 * numbers[:, 6] + generator.normal(size=count)
        columns: dict[str, Any] = {}
        for place in range(NUMBERS):
            values: Any = numbers[:, place]
            if place >= NUMBERS - _WHOLE:
                values = (1000 * values).astype(np.int64)
            gaps = generator.random(count) < _GAPS if place < _WITH_GAPS else None
            columns[f"number_{place}"] = pa.array(values, mask=gaps)
        for place, size in enumerate(sizes):
            picked = (size * generator.random(count) ** 2).astype(int)
            gaps = generator.random(count) < _GAPS if place < 2 else None
            names = np.array([f"value {one}" for one in range(size)], dtype=object)
            columns[f"category_{place}"] = pa.array(names[picked], mask=gaps)
        seconds = generator.integers(1_600_000_000, 1_700_000_000, count) // 3600 * 3600
        dates = np.datetime_as_string(seconds.astype("M8[s]"), unit="m")
        columns["date"] = pa.array(np.char.replace(dates, "T", " "))
        columns["target"] = pa.array(np.where(score > 1.0, "yes", "no"))
        table = pa.table(columns)
        copies = np.arange(count)
        copies[: int(_COPIES * count)] = count - 1 - copies[: int(_COPIES * count)]
        table = table.take(pa.array(copies))
        writer = writer or arrow_csv.CSVWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()
    return {"megabytes": Path(path).stat().st_size / 1e6}


def measure_steps(path: str, target: str, cores: int) -> dict[str, object]:
    """Read, split and audit a table.

    Args:
        path: The file.
        target: The column to be predicted.
        cores: Cores that the process may use.

    Returns:
        `import`, `read`, `split` and `audit`, each with `seconds`, the `peak_mb` meanwhile and
        the `held_mb` afterwards; and how many findings there were of each severity.
    """
    # Before libraries count the cores.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    steps: dict[str, Any] = {}

    def load_libraries() -> Any:  # noqa: ANN401  (a module)
        from dlrecipes import data
        from dlrecipes.data.sources import read_table

        return data, read_table

    data, read_table = _measure(steps, "import", load_libraries)
    tables = [_measure(steps, "read", lambda: read_table(path))]
    splits = _measure(steps, "split", lambda: data.from_table(tables.pop(), target))
    findings = _measure(steps, "audit", lambda: data.audit(splits))
    severities = [finding.severity for finding in findings]
    counts = {name: severities.count(name) for name in ("info", "warning", "error")}
    return {"steps": steps, "findings": counts, "rows": len(splits.train) + len(splits.validation)}


def _measure(steps: dict[str, Any], name: str, function: Callable[[], Any]) -> Any:  # noqa: ANN401
    # The highest memory so far is forgotten, so that each step has its own.
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    start = time.perf_counter()
    result = function()
    seconds = time.perf_counter() - start
    steps[name] = {"seconds": seconds, "peak_mb": _memory("VmHWM"), "held_mb": _memory("VmRSS")}
    return result


def _memory(entry: str) -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.findall(rf"{entry}:\s*(\d+)", status)[0]) / 1e3
