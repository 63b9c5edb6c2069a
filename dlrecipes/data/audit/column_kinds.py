"""What are the columns of a table taken for?"""

from __future__ import annotations

from dlrecipes.results import DataSpec, Finding


def check_column_kinds(spec: DataSpec) -> Finding:
    """Return what each column of a table is taken for, and which are left out and why.

    Args:
        spec: The raw data's description.
    """
    evidence: dict[str, float | int | str | list[str]] = {
        one.name: f"{one.kind}: {one.evidence}" for one in (*spec.columns, *spec.ignored)
    }
    left_out = ", ".join(repr(one.name) for one in spec.ignored)
    return Finding(
        "column kinds",
        f"{len(spec.columns)} columns are inputs"
        + (f"; left out: {left_out}." if left_out else "; none is left out."),
        evidence,
        advice="If a kind is wrong, name the right one: kinds='column=category'."
        if left_out
        else "",
    )
