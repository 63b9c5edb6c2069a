"""The line of an exception that says what is wrong."""

from __future__ import annotations

import re

_WRAPPERS = ("Exception encountered when calling", "Arguments received by")


def headline(error: BaseException) -> str:
    """Return the first line that says something, without colours; empty if there is none.

    Keras wraps what a layer raises: its first line says only that there was an exception.

    Args:
        error: Whatever was raised.
    """
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith(_WRAPPERS)]
    return (telling or lines or [""])[0][:300]
