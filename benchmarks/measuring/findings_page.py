"""The page of what the checks say: each kind of finding with a sick and a mended program."""

from __future__ import annotations

import math
from typing import Any

WIDTH, HEIGHT, LEFT, BELOW = 300, 150, 44, 22
PARTS = {
    "third": "third part, healthy programs alone",
    "second": "second part",
    "sealed": "first part, the half that was sealed once",
    "open": "first part, the other half",
    "collection": "collection",
}
"""What the parts of `findings.py` are called on the page."""


def make_page(measurements: dict[str, dict[str, Any]]) -> str:
    """Return the page in Markdown.

    Args:
        measurements: What `findings.py` has recorded.
    """
    from findings import right_and_others, summarize

    import dlrecipes as dlr
    from dlrecipes.run import TRAINED_CHECKS

    parts = {
        part: [
            {"name": key.partition(": ")[2], "moment": "", "after": [], "kind": "healthy", **row}
            for key, row in measurements.items()
            if key.startswith(f"{part}: ") and "not asked" not in row
        ]
        for part in PARTS
    }
    names = {**dlr.diagnose.CHECKS, **dlr.diagnose.HISTORY_CHECKS, **TRAINED_CHECKS}
    names |= dlr.diagnose.CHECKS  # a name of both is about more before training
    lines = [_of_part(part, summarize(rows)) for part, rows in parts.items() if rows]
    lines += ["", *_by_moment(parts)]
    for name, about in names.items():
        lines += ["", f"### {name}", "", f"{about[0].upper()}{about[1:]}."]
        counts = []
        for part, rows in parts.items():
            told = right = alarms = 0
            for row in rows:
                said = [one["name"] for one in (*row["before"], *row["after"])]
                if row["kind"] == "healthy":
                    alarms += name in said
                elif name in said:
                    told += 1
                    right += name in right_and_others(row)[1]
            if part == "collection":
                counts.append(f"{alarms} of {len(rows)} builders and recipes")
            elif rows and all(row["kind"] == "healthy" for row in rows):
                counts.append(f"{PARTS[part]}: {alarms} false alarms")
            elif rows:
                counts.append(f"{PARTS[part]}: right {right} of {told}, {alarms} false alarms")
        lines += ["", f"*{'; '.join(counts)}.*"]
        picture = measurements.get(f"picture: {name}")
        if picture:
            lines += [
                "",
                f"> {picture['verdict']} {picture['advice']}",
                "",
                f"{_called(picture['program'])}: {picture['fault']}.",
                "",
                '<div style="display: flex; flex-wrap: wrap; gap: 1em">',
                *(_draw(*picture[which], which) for which in ("sick", "mended")),
                "</div>",
            ]
    return "\n".join(lines) + "\n"


def _called(program: str) -> str:
    return program.capitalize() if " " in program else f"`{program}`"


def _of_part(part: str, summary: dict[str, Any]) -> str:
    alarmed = len(summary["alarmed"])
    if not summary["sick"] and part != "collection":
        return (
            f"- **{PARTS[part].capitalize()}**: of {summary['healthy']}, {alarmed} have a finding "
            f"before or after training ({', '.join(summary['alarmed']) or 'none'})."
        )
    if part == "collection":
        return (
            f"- **Collection**: of {summary['healthy']} builders and recipes that work, {alarmed} "
            f"have a finding before training ({', '.join(summary['alarmed']) or 'none'})."
        )
    return (
        f"- **{PARTS[part].capitalize()}**: of {summary['before or after']} faults that can be "
        f"told before or after training, {summary['told before']} are told before and "
        f"{summary['told after']} after it: recall {summary['recall']:.2f}; "
        f"{summary['named']} are named, of the others a symptom is. Of "
        f"{summary['right findings'] + summary['other findings']} findings "
        f"{summary['right findings']} are of the fault: precision {summary['precision']:.2f}. Of "
        f"{summary['healthy']} healthy programs {alarmed} have a finding"
        + (f" ({', '.join(summary['alarmed'])})." if alarmed else ".")
    )


def _by_moment(parts: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Return the table of when faults were told, by the earliest moment at which they can be."""
    from findings import right_and_others

    lines = [
        "| part | can be told | programs | told before | told after | not told |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    for part in ("second", "sealed", "open"):
        for moment in ("before", "after", "while"):
            told = [
                right_and_others(row)[0]
                for row in parts[part]
                if row["kind"] != "healthy" and row["moment"] == moment
            ]
            if told:
                counts = " | ".join(str(told.count(when)) for when in ("before", "after", ""))
                lines.append(f"| {PARTS[part]} | {moment} training | {len(told)} | {counts} |")
    return lines


def _draw(curves: dict[str, list[float | None]], score: float | None, which: str) -> str:
    """Return the losses of each epoch as a picture that takes the page's colours."""
    values = [one for curve in curves.values() for one in curve if one is not None]
    title = "with the fault" if which == "sick" else "mended"
    scored = "no score" if score is None else f"score on new data {score:.2f}"
    texts = [f'<text x="{LEFT}" y="12" font-weight="600">{title}</text>']
    texts.append(f'<text x="{WIDTH}" y="12" text-anchor="end">{scored}</text>')
    lines = []
    if values:
        low, high = min(values), max(values)
        reach = (high - low) or 1.0
        longest = max(len(curve) for curve in curves.values())
        for name, curve in curves.items():
            points = [
                (LEFT + (WIDTH - LEFT) * at / max(longest - 1, 1), value)
                for at, value in enumerate(curve)
                if value is not None
            ]
            path = " ".join(
                f"{x:.0f},{20 + (HEIGHT - 20 - BELOW) * (high - y) / reach:.0f}" for x, y in points
            )
            dash = "" if name == "val_loss" else ' stroke-dasharray="4 3"'
            lines.append(
                f'<polyline points="{path}" fill="none" stroke="currentColor" stroke-width="1.5"'
                f"{dash}/>"
            )
        for y, value in ((26, high), (HEIGHT - BELOW, low)):
            texts.append(f'<text x="{LEFT - 4}" y="{y}" text-anchor="end">{value:.3g}</text>')
    else:
        texts.append(f'<text x="{LEFT}" y="{HEIGHT // 2}">the training is refused</text>')
    texts.append(
        f'<text x="{LEFT}" y="{HEIGHT - 6}">loss: training dashed, validation drawn</text>'
    )
    return (
        f'<svg role="img" aria-label="{title}" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'font-size="10" fill="currentColor">{"".join([*lines, *texts])}</svg>'
    )


def show(make: Any, measure: Any) -> tuple[dict[str, list[float | None]], float | None]:  # noqa: ANN401
    """Return the losses of a program's training and its score on new data.

    Args:
        make: Makes the setup.
        measure: Judges the trained model.
    """
    import keras

    keras.backend.clear_session()
    keras.utils.set_random_seed(0)
    setup = make()
    try:
        history = setup.train().history
    except Exception:  # noqa: BLE001  (Keras refuses it)
        return {}, None
    curves = {
        name: [_finite(value) for value in history[name]]
        for name in ("loss", "val_loss")
        if name in history
    }
    return curves, _finite(measure(setup.model, *setup.held_out))


def _finite(value: float) -> float | None:
    return round(float(value), 4) if math.isfinite(value) else None
