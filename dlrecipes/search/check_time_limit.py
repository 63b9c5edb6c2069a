"""Check: did the time limit end the search?"""

from __future__ import annotations

from collections.abc import Sequence

from dlrecipes.results import Finding, TrialRecord


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
    under_way = (
        f"; {unfinished} were under way and count with what they had reached" if unfinished else ""
    )
    return (
        Finding(
            "time_limit",
            f"The time was up after {finished} of {planned} trials{under_way}.",
            {"planned": planned, "finished": finished, "unfinished": unfinished},
            "Give more minutes, or plan fewer trials or epochs.",
            severity="warning",
        ),
    )
