"""The program that draws, inside the page."""

from __future__ import annotations

import base64
import functools
import gzip

from plotly.offline import get_plotlyjs


@functools.cache
def packed_plotly() -> str:
    """Return the installed plotly.js as base64 of gzip; the page unpacks it before it draws."""
    return base64.b64encode(gzip.compress(get_plotlyjs().encode(), 6, mtime=0)).decode("ascii")
