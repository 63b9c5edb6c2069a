"""What the predictions for the validation part say of rows, labels and probabilities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.data import Columns, Inputs, Split
from dlrecipes.diagnose import check_calibration, check_labels, find_failing_slices
from dlrecipes.results import DataSpec, Finding

_MOST_FEATURES = 200


def look_at_predictions(
    part: Split, predictions: NDArray[np.float32], spec: DataSpec
) -> Iterator[Finding]:
    """Yield a failing slice, suspicious labels and calibration, of data with one target.

    Slices and probabilities are those of the exported refit; labels are judged by all of them
    together, none of which trained on these rows. A slice of values is information only: values
    are seldom equally noisy everywhere, and no network can help that.

    Args:
        part: The raw validation part.
        predictions: `(refits, examples, classes)` probabilities, or `(refits, examples)` values;
            the exported refit first.
        spec: The raw data's description.
    """
    if spec.keyed or part.y.ndim != 1 or predictions.ndim > 3:
        return
    classes = predictions.ndim == 3
    exported = np.asarray(predictions[0], dtype=np.float64)
    columns = _columns(part, spec)
    if columns:
        if classes:
            losses: NDArray[Any] = exported.argmax(axis=1) != part.y
            sure = exported.max(axis=1)
        else:
            losses, sure = np.abs(exported - part.y), exported
        slices = find_failing_slices(columns, losses, confidence=sure)
        yield slices if classes else replace(slices, severity="info")
    together = predictions.mean(axis=0, dtype=np.float64)
    yield check_labels(part.y, together, ids=part.ids)
    if classes:
        yield check_calibration(part.y, exported)


def _columns(part: Split, spec: DataSpec) -> dict[str, Any]:
    """Return what conditions can be on; columns of subgroups have findings of their own."""
    known = () if part.subgroups is None else part.subgroups.names
    if isinstance(part.x, Columns):
        kinds = {column.name: column.kind for column in spec.columns}
        return {
            name: _with_gaps(values, date=kinds.get(name) == "date")
            for name, values in part.x.items()
            if name not in known and kinds.get(name) != "text"
        }
    if isinstance(part.x, Inputs) or part.x.ndim != 2 or part.x.dtype.kind not in "biuf":
        return {}
    features = part.x[:, :_MOST_FEATURES]
    return {f"feature {at}": values for at, values in enumerate(features.T)}


def _with_gaps(values: NDArray[Any], *, date: bool) -> Any:  # noqa: ANN401  (a series or an array)
    if values.dtype != object:
        return values
    texts = pd.Series(values.copy())
    texts[values == ""] = None
    return pd.to_datetime(texts, errors="coerce", utc=True) if date else texts
