"""How many examples have each of several targets?"""

from __future__ import annotations

from collections.abc import Mapping

from dlrecipes.data.split import Split
from dlrecipes.results import DataSpec, Finding
from dlrecipes.targets import known_values

FEW = 50
MOSTLY = 0.5


def check_target_coverage(parts: Mapping[str, Split], spec: DataSpec) -> Finding:
    """Return the share of examples whose target is known, by target and part.

    A target that fewer than 50 examples of a part have is a warning, if that is for the gaps: at
    least 50 examples, or twice as many as have it, are there. Its score then says little.

    Args:
        parts: `{name: part}` with several targets.
        spec: The data's description.
    """
    evidence: dict[str, float | int | str | list[str]] = {}
    few, incomplete = [], []
    for target in spec.targets:
        for name, part in parts.items():
            known = known_values(part.y, spec, target)[0]
            if not known.all():
                evidence[f"{name}: {target.shown}"] = float(known.mean())
                incomplete.append(target.shown)
            if known.sum() < FEW and (len(part) >= FEW or known.mean() < MOSTLY):
                few.append(f"{target.shown!r} in {name} ({int(known.sum())})")
    if few:
        return Finding(
            "target coverage",
            f"Fewer than {FEW} examples have the target: {', '.join(few)}.",
            evidence,
            advice="Collect more of these, or do not read much into their scores.",
            severity="warning",
        )
    named = ", ".join(map(repr, dict.fromkeys(incomplete)))
    return Finding(
        "target coverage",
        f"Some examples have no {named}: losses and scores leave them out."
        if incomplete
        else "All examples have all targets.",
        evidence,
    )
