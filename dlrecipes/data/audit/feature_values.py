"""What the features' values are: missing, constant, of unequal scales, of which kinds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data.parts.columns import Columns
from dlrecipes.data.parts.split import Split
from dlrecipes.data.sources.scan_cells import overruled
from dlrecipes.results import DataSpec, Finding, plural, significant
from dlrecipes.results.column import APART


def check_missing_values(parts: Mapping[str, Split]) -> Finding:
    """Return how many rows hold NaN or infinity; an error if any does.

    `from_arrays` refuses such data, so this concerns parts made by hand. In the columns of a table
    missing values are usual: they are filled in, and here only counted.

    Args:
        parts: `{name: part}`.
    """
    counts: dict[str, float | int | str | list[str]] = {}
    if any(isinstance(part.x, Columns) for part in parts.values()):
        return _in_columns(parts)
    for name, part in parts.items():
        bad = ~np.isfinite(part.array.reshape(len(part), -1)).all(axis=1)
        if part.y.dtype.kind == "f" and part.y.ndim == 1:  # one of several may be missing
            bad |= ~np.isfinite(part.y)
        counts[name] = int(bad.sum())
    total = sum(count for count in counts.values() if isinstance(count, int))
    if not total:
        return Finding("missing values", "No values are missing.", counts)
    return Finding(
        "missing values",
        f"{plural(total, 'row holds', 'rows hold')} NaN or infinity.",
        counts,
        advice="Fill in the missing values or leave those rows out.",
        severity="error",
    )


def _in_columns(parts: Mapping[str, Split]) -> Finding:
    """Return the share of missing cells of each column that has some."""
    evidence: dict[str, float | int | str | list[str]] = {}
    for name, part in parts.items():
        if not isinstance(part.x, Columns):
            continue
        for column, values in part.x.items():
            empty = values == "" if values.dtype == object else np.isnan(values)
            if empty.any():
                evidence[f"{name}: {column}"] = float(np.mean(empty))
    columns = {key.split(": ", 1)[1] for key in evidence}
    return Finding(
        "missing values",
        f"{plural(len(columns), 'column has', 'columns have')} missing cells, which are filled in "
        "and marked."
        if columns
        else "No values are missing.",
        evidence,
    )


MAX_COLUMNS = 20


def check_constant_features(parts: Mapping[str, Split]) -> Finding:
    """Return the features that are constant in the training part.

    In images they are usual at the border, hence information only; in a table they are a
    warning, since a column that never changes is often one that was filled in wrongly. One that
    changes in another part has a rare value, which is not in training: that is told. Of
    the test part, only whether a feature changes comes back.

    Args:
        parts: `{"train", "validation" and "test": part}`.
    """
    train = parts["train"]
    names, constant = _constant(train)
    evidence: dict[str, float | int | str | list[str]] = {
        "constant": len(constant),
        "features": len(names),
    }
    if not constant:
        return Finding("constant features", "Every feature varies.", evidence)
    evidence["columns"] = constant[:MAX_COLUMNS]
    are = "is" if len(constant) == 1 else "are"
    told = (
        f"{len(constant):,} of {plural(len(names), 'feature')} {are} constant in the training part"
    )
    if len(train.x.shape) != 2:
        return Finding("constant features", f"{told}.", evidence)
    rare = _changing(parts, constant)
    if len(rare) == len(constant):
        return Finding(
            "constant features",
            f"{told}, since their other values are too rare to be in each part.",
            evidence,
            advice="A network learns nothing of them: more rows would help, or leave them out.",
        )
    return Finding(
        "constant features",
        f"{told}.",
        evidence,
        advice="Leave these columns out, they say nothing.",
        severity="warning",
    )


def _constant(part: Split) -> tuple[list[str], list[str]]:
    """Return the names of all features and of those that are constant."""
    if isinstance(part.x, Columns):
        names = list(part.x.names)
        return names, [name for name, values in part.x.items() if _is_constant(values)]
    features = part.array.reshape(len(part), -1)
    names = [str(column) for column in range(features.shape[1])]
    same = np.flatnonzero(features.min(axis=0) == features.max(axis=0))
    return names, [names[at] for at in same]


def _changing(parts: Mapping[str, Split], constant: list[str]) -> list[str]:
    """Return the features, constant in training, that have another value elsewhere."""
    others = [part for name, part in parts.items() if name != "train"]
    changing = []
    for name in constant:
        usual = _feature(parts["train"], name)[0]
        cells = [_feature(part, name) for part in others]
        # Nothing but gaps in training: any value is another one.
        unlike = [cell == cell if usual != usual else cell != usual for cell in cells]
        if any(bool(differs.any()) for differs in unlike):
            changing.append(name)
    return changing


def _feature(part: Split, name: str) -> NDArray[Any]:
    return part.x[name] if isinstance(part.x, Columns) else part.array[:, int(name)]


def _is_constant(values: NDArray[Any]) -> bool:
    # A column without any value is constant, too: NaN does not equal itself.
    return bool((values == values[0]).all() or (values != values).all())


MAX_RATIO = 100.0


def check_feature_scales(train: Split) -> Finding:
    """Return how much the scales of the features differ, for data without preprocessing.

    The features are the columns of a table and the channels of an image: pixels of one channel
    have one scale.

    Args:
        train: The training part.
    """
    features = train.array.reshape(-1, train.array.shape[-1])
    deviations = features.std(axis=0, dtype=np.float64)
    varying = np.flatnonzero(deviations > 0)
    if len(varying) < 2:
        number, pixels = len(deviations), train.array.ndim == 4
        if number == 1 and pixels:
            said = "The images have one channel, so that all their pixels have one scale."
        elif number == 1:
            said = "The examples have one feature, so that there is one scale."
        else:
            what = "channels" if pixels else "features"
            said = f"At most one of the {number:,} {what} varies, so that there is one scale."
        return Finding("feature scales", said)
    smallest = int(varying[np.argmin(deviations[varying])])
    largest = int(varying[np.argmax(deviations[varying])])
    ratio = float(deviations[largest] / deviations[smallest])
    evidence: dict[str, float | int | str | list[str]] = {
        "ratio": ratio,
        "largest column": str(largest),
        "largest deviation": float(deviations[largest]),
        "smallest column": str(smallest),
        "smallest deviation": float(deviations[smallest]),
    }
    unscaled = ratio > MAX_RATIO
    return Finding(
        "feature scales",
        "The standard deviations of the features differ by a factor of up to "
        f"{significant(ratio, 3)}.",
        evidence,
        advice="Put a `keras.layers.Normalization` in front as preprocessing: features of small "
        "numbers need large weights, which an L2 penalty or weight decay holds down most."
        if unscaled
        else "",
    )


def check_cells_apart(spec: DataSpec) -> Finding:
    """Return which columns have several facts a cell, and how these are taken apart.

    Args:
        spec: The raw data's description.
    """
    found = [column for column in spec.columns if column.kind in APART]
    if not found:
        return Finding("cells taken apart", "No cell has several facts.", {})
    named = {column.name: column.evidence for column in found}
    said = "; ".join(f"{name!r} has {evidence}" for name, evidence in named.items())
    options = " or ".join(overruled(column) for column in found[:3])
    return Finding(
        "cells taken apart",
        f"{plural(len(found), 'column')} with several facts in a cell "
        f"{'is' if len(found) == 1 else 'are'} taken apart: {said}.",
        dict(named),
        advice=f"If a cell is one value after all: kinds={{{found[0].name!r}: 'category'}} "
        f"({options}).",
    )


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
        advice="If a kind is wrong, name the right one: kinds={'column': 'category'} "
        "(--kinds column=category)."
        if left_out
        else "",
    )
