"""How much memory a call takes for a while, beyond what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

_PROCESS = Path("/proc/self")
_RESET_PEAK = "5"  # see `man 5 proc_pid_clear_refs`
_KILOBYTE = 1024


def peak_memory(call: Callable[[], object]) -> int | None:
    """Return by how many bytes the process grows at most while a function is called.

    Linux keeps the highest resident size of a process, and can be told to forget it. What an
    allocator already holds is used without being seen, so call the function once before, and
    measure what is tens of megabytes large: such blocks are handed back when they are free. Where
    TensorFlow computes with oneDNN they are not: set `TF_ENABLE_ONEDNN_OPTS=0` before it starts.

    Args:
        call: A function without arguments.

    Returns:
        The bytes; None where the system does not say, as outside of Linux.

    Example:
        >>> grown = dlr.lesson.peak_memory(lambda: np.ones(2**24).sum())
        >>> grown is None or 100e6 < grown < 200e6
        True
    """
    try:
        (_PROCESS / "clear_refs").write_text(_RESET_PEAK, encoding="ascii")
        before = _resident("VmRSS")
    except OSError:
        return None
    call()
    return _resident("VmHWM") - before


def _resident(line: str) -> int:
    """Return a size of this process in bytes, as the kernel has it in kB."""
    status = (_PROCESS / "status").read_text(encoding="ascii")
    value = next(one for one in status.splitlines() if one.startswith(f"{line}:"))
    return int(value.split()[1]) * _KILOBYTE
