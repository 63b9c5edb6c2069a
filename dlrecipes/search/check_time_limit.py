"""Check: did the time limit end the search?"""

from __future__ import annotations

from collections.abc import Sequence

from dlrecipes.results import Finding, TrialRecord, plural


def check_time_limit(planned: int, records: Sequence[TrialRecord]) -> tuple[Finding, ...]:
    """Return a finding if trials of the plan are missing; to be asked once the time is up.

    Args:
        planned: Trials of the plan.
        records: The trials that were trained, to their end or not.
    """
    unfinished = sum(one.status == "unfinished" for one in records)
    finished = len(records) - unfinished
    if finished >= planned:
        return ()
    under_way = ""
    if unfinished == 1:
        under_way = "; one was under way and counts with what it had reached"
    elif unfinished:
        under_way = f"; {unfinished} were under way and count with what they had reached"
    return (
        Finding(
            "time_limit",
            f"The time was up after {finished} of {plural(planned, 'trial')}{under_way}.",
            {"planned": planned, "finished": finished, "unfinished": unfinished},
            "Give more minutes, or plan fewer trials or epochs.",
            severity="warning",
        ),
    )


# Of time that is used up to this share, nothing is said.
_MUCH = 0.5
# Later trials may take longer than those that were timed.
_CAUTION = 0.8


def check_unused_time(planned: int, seconds: float, limit: float) -> tuple[Finding, ...]:
    """Return a finding if the plan took less than half of the time that it was given.

    Args:
        planned: Trials of the plan, all of them done.
        seconds: What the search took.
        limit: Seconds that it was given.
    """
    if seconds > _MUCH * limit:
        return ()
    fitting = _round_down(_CAUTION * planned * limit / max(seconds, 1.0))
    took = f"{seconds / 60:.1f}" if seconds >= 6 else "less than 0.1"
    more = f"About {fitting:,} would fit: --trials {fitting}." if fitting > planned else ""
    return (
        Finding(
            "unused_time",
            f"The plan's {plural(planned, 'trial')} took {took} of {limit / 60:.3g} minutes.",
            {"planned": planned, "seconds": seconds, "limit": limit, "fitting": fitting},
            more,
        ),
    )


def _round_down(number: float) -> int:
    """Return a number to two digits: more would look measured."""
    digits = str(int(number))
    return int(digits[:2] + "0" * len(digits[2:]))
