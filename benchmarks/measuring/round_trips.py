"""One random table in two forms: does a network get the same numbers?"""

from __future__ import annotations

import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data import Splits, TablePreprocess, as_tensors, load_table
from dlrecipes.errors import DlrecipesError
from dlrecipes.export import read_inputs
from measuring.table_forms import FORMS, DrawnTable, Form, draw_table

Loaded = Splits | list[Any] | str
Outcome = Literal["same", "refused", "refused without a column", "different", "traceback"]


@dataclass(frozen=True)
class RoundTrip:
    """What became of a table in two forms.

    Args:
        seed: Of the table and its forms.
        forms: Names of the two.
        trained: Whether training on either form gives the same arrays.
        predicted: Whether the second form is read as the first, by a model of the first.
        messages: Errors and differences.
    """

    seed: int
    forms: tuple[str, str]
    trained: Outcome
    predicted: Outcome
    messages: tuple[str, ...]


def make_round_trip(seed: int, *, raw: bool = False) -> RoundTrip:
    """Write a random table in two forms and compare what a network gets.

    Args:
        seed: Of the table and the choice of its forms.
        raw: Whether the columns are compared as they go into the preprocessing, which makes the
            same of the same: faster.
    """
    generator = np.random.default_rng(seed)
    table = draw_table(generator)
    first, second = (FORMS[place] for place in generator.choice(len(FORMS), 2, replace=False))
    messages: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        paths = [
            Path(folder) / f"{place}{form.suffix}" for place, form in enumerate((first, second))
        ]
        for form, path in zip((first, second), paths, strict=True):
            form.write(table, path)
        load = load_raw if raw else load_for_training
        loaded = [
            _tried(lambda path=path, form=form: load(path, form), table, messages)
            for path, form in zip(paths, (first, second), strict=True)
        ]
        trained = _compare(*loaded, _raw_arrays if raw else _training_arrays, messages)
        # A table that nothing can be learned of is one in every form.
        if len(messages) == 2 and messages[0] == messages[1] and trained != "traceback":
            trained = "refused"
        predicted: Outcome = trained
        if isinstance(loaded[0], Splits):
            splits = loaded[0]
            read = [
                _tried(lambda path=path: _read(splits, path, raw=raw), table, messages)
                for path in paths
            ]
            predicted = _compare(*read, list, messages)
    return RoundTrip(seed, (first.name, second.name), trained, predicted, tuple(messages))


def load_raw(path: Path, form: Form) -> Splits:
    """Return the splits of a form's file."""
    return load_table(path, "outcome", reading=form.reading)


def load_for_training(path: Path, form: Form) -> Splits:
    """Return the splits of a form's file, with the preprocessing adapted."""
    splits = load_raw(path, form)
    return splits.with_preprocess(TablePreprocess(splits.raw_spec.columns))


def network_inputs(splits: Splits, path: Path) -> NDArray[np.float32]:
    """Return what a network that was trained on `splits` gets of a file to predict."""
    preprocess: Any = splits.preprocess
    inputs = read_inputs(path, splits.raw_spec)
    return np.asarray(preprocess(as_tensors(inputs)))


def _read(splits: Splits, path: Path, *, raw: bool) -> list[Any]:
    if raw:
        inputs: Any = read_inputs(path, splits.raw_spec)
        return [values for _, values in inputs.items()]
    return [network_inputs(splits, path)]


def _raw_arrays(splits: Splits) -> list[Any]:
    parts: tuple[Any, ...] = (splits.train, splits.validation)
    columns = [values for part in parts for _, values in part.x.items()]
    labels = np.array(splits.raw_spec.target.class_names)
    return [*columns, *(array for part in parts for array in (part.y, part.ids)), labels]


def _training_arrays(splits: Splits) -> list[Any]:
    data = splits.development()
    parts = (data.train, data.validation)
    labels = np.array(data.model_spec.target.class_names)
    return [array for part in parts for array in (part.array, part.y, part.ids)] + [labels]


def _tried(call: Callable[[], Any], table: DrawnTable, messages: list[str]) -> Loaded:
    try:
        return call()
    except DlrecipesError as error:
        messages.append(f"{type(error).__name__}: {error}")
        named = any(repr(column.name) in str(error) for column in table.all_columns)
        return "refused" if named else "refused without a column"
    except Exception:
        messages.append(traceback.format_exc(limit=-3))
        return "traceback"


def _compare(
    first: Loaded, second: Loaded, arrays: Callable[[Any], list[Any]], messages: list[str]
) -> Outcome:
    for outcome in ("traceback", "refused without a column", "refused"):
        if any(isinstance(result, str) and result == outcome for result in (first, second)):
            return outcome  # type: ignore[return-value]  # one of the outcomes
    for ours, other in zip(arrays(first), arrays(second), strict=True):
        if ours.shape != other.shape or ours.dtype.kind != other.dtype.kind:
            messages.append(
                f"shapes {ours.shape} and {other.shape}, {ours.dtype} and {other.dtype}"
            )
            return "different"
        if not np.array_equal(ours, other, equal_nan=ours.dtype.kind == "f"):
            messages.append(f"{int((ours != other).sum())} of {ours.size} values differ")
            return "different"
    return "same"
