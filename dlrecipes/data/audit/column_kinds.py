"""What are the columns of a table taken for?"""

from __future__ import annotations

from dlrecipes.results import DataSpec, Finding, plural


def check_column_kinds(spec: DataSpec) -> Finding:
    """Return what each column of a table is taken for, and which are left out and why.

    Args:
        spec: The raw data's description.
    """
    evidence: dict[str, float | int | str | list[str]] = {
        column.name: f"{column.kind}: {column.evidence}"
        for column in (*spec.columns, *spec.ignored)
    }
    left_out = ", ".join(repr(column.name) for column in spec.ignored)
    number = len(spec.columns)
    verdict = plural(number, "column is an input", "columns are inputs") + (
        f"; left out: {left_out}." if left_out else "; none is left out."
    )
    doubts = [column.doubt for column in (*spec.columns, *spec.ignored) if column.doubt]
    if doubts:
        said = "; ".join(doubts)
        return Finding(
            "column kinds",
            f"{verdict} Not all could be told for sure.",
            evidence,
            advice=f"{said[0].upper()}{said[1:]}." if said[0].islower() else f"{said}.",
            severity="warning",
        )
    return Finding(
        "column kinds",
        verdict,
        evidence,
        advice="If a kind is wrong, name the right one: kinds='column=category'."
        if left_out
        else "",
    )
