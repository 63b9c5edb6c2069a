"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from dlrecipes.results.plan import PlanChange

Severity = Literal["info", "warning", "error"]
NEXT_STEPS = ("stronger baseline", "next step")
"""Names of the findings that say what to do next, which a run ends with."""


@dataclass(frozen=True)
class Finding:
    """The outcome of one check: evidence, a verdict and what to do next.

    Args:
        name: The check's name, for example `"duplicates"`.
        verdict: One sentence that says what was found.
        evidence: The numbers behind it; row ids and column names are lists of strings.
        advice: One sentence that says what to do; empty when nothing is to be done.
        action: The change to the plan that carries the advice out, where there is one.
        severity: `"info"`, `"warning"` (nearly always costs something) or `"error"` (of the data:
            stops the procedure; of a network: it cannot learn).

    Example:
        >>> verdict, advice = "1 column is constant: x1.", "Leave it out."
        >>> finding = dlr.Finding("constant features", verdict, advice=advice, severity="warning")
        >>> finding.advice, finding.evidence
        ('Leave it out.', {})
    """

    name: str
    verdict: str
    evidence: dict[str, float | int | str | list[str]] = field(default_factory=dict)
    advice: str = ""
    action: PlanChange | None = None
    severity: Severity = "info"
