"""A function's result, computed in a fresh process.

What one measurement leaves behind (traces, memory, threads, a dtype policy) never weighs on the
next. This module is also what the fresh process runs:

    python -m measuring.fresh_process MODULE:FUNCTION RESULT_FILE < arguments.json
"""

from __future__ import annotations

import importlib
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

_BENCHMARKS = Path(__file__).resolve().parent.parent
Result = dict[str, object]


class ProcessFailed(RuntimeError):
    """A fresh process did not end with a result."""


def in_fresh_process(function: str, timeout: float | None = None, **arguments: object) -> Result:
    """Call a function in a fresh process and return what it returns.

    Args:
        function: `"module:function"`; takes and returns what JSON can hold.
        timeout: Seconds after which the process is stopped; None for never.
        **arguments: The function's arguments.

    Returns:
        The function's result, with the process's peak memory as `peak_rss_mb`.

    Raises:
        ProcessFailed: If the function raises, the process dies, or the time is up.
    """
    paths = [str(_BENCHMARKS), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "result.json"
        command = [sys.executable, "-m", "measuring.fresh_process", function, str(file)]
        try:
            ended = subprocess.run(
                command,
                input=json.dumps(arguments),
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=timeout,
            )
        except subprocess.TimeoutExpired as error:
            raise ProcessFailed(f"{function} took longer than {timeout:.0f} s") from error
        if ended.returncode or not file.exists():
            raise ProcessFailed(f"{function} {arguments} failed:\n{ended.stderr[-3000:]}")
        result: Result = json.loads(file.read_text(encoding="utf-8"))
    return result


def main() -> None:
    """Read arguments, call the function, write its result."""
    module, _, name = sys.argv[1].partition(":")
    function = getattr(importlib.import_module(module), name)
    result = function(**json.load(sys.stdin))
    result["peak_rss_mb"] = _peak_megabytes()
    Path(sys.argv[2]).write_text(json.dumps(result), encoding="utf-8")


def _peak_megabytes() -> float:
    status = Path("/proc/self/status")
    if status.is_file():
        # `getrusage` counts what the parent held when it forked.
        return int(re.findall(r"VmHWM:\s*(\d+)", status.read_text())[0]) / 1e3
    # macOS counts in bytes.
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


if __name__ == "__main__":
    main()
