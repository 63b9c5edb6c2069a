"""Numbers, durations and values as a reader wants them."""

from __future__ import annotations

import html
import math
import re
from datetime import UTC, datetime

from markupsafe import Markup, escape

from dlrecipes.results import Value

MISSING = "–"
_LONGEST = 60


def format_number(value: float | None) -> str:
    """Return four significant digits or four decimals, `–` for None, NaN and infinity."""
    if value is None or not math.isfinite(value):
        return MISSING
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e6 or size < 1e-3:
        mantissa, exponent = f"{value:.2e}".split("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    if size >= 1000:
        return f"{value:,.0f}" if size >= 10_000 or value == int(value) else f"{value:,.1f}"
    return f"{value:.4f}" if size < 10 else f"{value:.2f}"


def format_value(value: Value) -> str:
    """Return a hyperparameter's value, short enough for a table."""
    if value is None:
        return MISSING
    if isinstance(value, float):
        return f"{value:.4g}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")
    text = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def format_hyperparameter(value: Value) -> str:
    """Return the value that a trial has for a hyperparameter; None is one, too."""
    return "None" if value is None else format_value(value)


def format_seconds(seconds: float) -> str:
    """Return a duration in the units a person would use."""
    if not math.isfinite(seconds):
        return MISSING
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 100:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"


def format_time(moment: str) -> str:
    """Return an ISO 8601 time to the minute, in UTC; text that is none stays as it is."""
    try:
        return f"{datetime.fromisoformat(moment).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    except ValueError:
        return moment


def plot_text(text: object) -> str:
    """Return text that Plotly shows as it is, though it knows some HTML tags."""
    return html.escape(str(text), quote=False)


def breakable(name: str) -> Markup:
    """Return a name that the page may break after its words: `mean_` | `radius`."""
    parts = re.split(r"(?<=[_./-])(?=[^_./-])", name)
    return Markup("<wbr>").join(escape(part) for part in parts)


def with_code(text: str) -> Markup:
    """Return a sentence with what stands between backticks set as code."""
    parts = [escape(part) for part in text.split("`")]
    if len(parts) % 2 == 0:  # one without its partner
        return escape(text)
    marked = [Markup("<code>%s</code>") % part if at % 2 else part for at, part in enumerate(parts)]
    return Markup("").join(marked)
