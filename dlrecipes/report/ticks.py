"""Where an axis has its labels, and what they say."""

from __future__ import annotations

import math

Ticks = list[tuple[float, str]]


def tick_text(value: float) -> str:
    """Return a round number as short as possible: `0.001`, `1e-5`, `20,000`."""
    if value == 0:
        return "0"
    if not 1e-3 <= abs(value) < 1e6:
        mantissa, exponent = f"{value:.2e}".split("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def linear_ticks(low: float, high: float, most: int = 6) -> Ticks:
    """Return multiples of 1, 2 or 5 times a power of ten between both ends."""
    if not high > low:
        return [(low, tick_text(low))]
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    return [
        (value, tick_text(value))
        for value in (round(i * step, digits) for i in range(first, last + 1))
    ]


def log_ticks(low: float, high: float, most: int = 6) -> Ticks:
    """Return powers of ten, with 2 and 5 or 3 between them where there is room.

    Args:
        low: Lower end, above 0.
        high: Upper end.
        most: About how many there should be.
    """
    decades = math.log10(high / low)
    if decades < 0.5:
        return linear_ticks(low, high, most)
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    step = 1
    if decades <= most / 3:
        factors: tuple[float, ...] = (1, 2, 5)
    elif decades <= most / 2:
        factors = (1, 3)
    else:
        factors, step = (1,), math.ceil(decades / most)
    values = [
        float(f"{factor}e{power}") for power in range(first, last + 1, step) for factor in factors
    ]
    slack = 1 + 1e-9
    return [(value, tick_text(value)) for value in values if low / slack <= value <= high * slack]
