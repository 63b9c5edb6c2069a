"""Whether the validation part tells what it is taken to tell: other rows, of the same world."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.diagnose.program.program import Program
from dlrecipes.results import Finding

Array = NDArray[Any]

_FEWEST = 20
_SAME, _COPIED = 0.3, 0.1
_COMPARED = 2000
_AT_ONCE = 1024
_MANY_VALUES = 0.5
_SELDOM, _COLUMNS = 0.2, 12
_MOST_COLUMNS = 200
_WIDER, _FAR_WIDER = 4.0, 10.0
_AWAY, _FAR_AWAY = 3.0, 5.0
_FEW_COLUMNS = 3
_NEW = 0.05
_USUAL = 0.95


@dataclass(frozen=True)
class _Parts:
    """Inputs by name and targets of both parts."""

    x: dict[str, Array]
    y: list[Array]
    held_x: dict[str, Array]
    held_y: list[Array]


def check_held_out(program: Program) -> Iterator[Finding]:
    """Say what keeps the validation part from telling how new examples will be judged.

    Args:
        program: The training.
    """
    parts = _cut(program)
    if parts is None:
        return
    yield from _same_rows(parts)
    yield from _other_units(program, parts)
    for at, output in enumerate(program.outputs):
        if output.classes is not None:
            yield from _other_classes(program, parts, at)


def _cut(program: Program) -> _Parts | None:
    """Return both parts: what was handed over, or what `validation_split` takes off the end."""
    y = [one.targets for one in program.outputs]
    if program.validation is not None:
        held_x, held_y = program.validation
        lengths = {len(one) for one in (*held_x.values(), *held_y)}
        fits = set(held_x) == set(program.x) and len(held_y) == len(y) and len(lengths) == 1
        alike = fits and all(held_x[name].shape[1:] == x.shape[1:] for name, x in program.x.items())
        return _Parts(program.x, y, held_x, held_y) if alike and 0 not in lengths else None
    at = program.examples
    if not program.fit.get("validation_split") or not 0 < at < len(y[0]):
        return None
    return _Parts(
        {name: x[:at] for name, x in program.x.items()},
        [one[:at] for one in y],
        {name: x[at:] for name, x in program.x.items()},
        [one[at:] for one in y],
    )


# ---- examples of the training part


def _same_rows(parts: _Parts) -> Iterator[Finding]:
    """Find validation examples that are training examples."""
    train = _digests(parts.x, len(parts.y[0]))
    seen = Counter(train)
    rows = _digests(parts.held_x, _COMPARED)
    share = float(np.mean([row in seen for row in rows])) if rows else 0.0
    if share <= _COPIED:
        return
    # Of few columns with few values, examples are alike by themselves.
    by_itself = float(np.mean([seen[row] > 1 for row in train]))
    first = np.unique(np.array(train), return_index=True)[1]
    copied = len(rows) >= _FEWEST and _never_alike({n: x[first] for n, x in parts.x.items()})
    if copied or (share > _SAME and share > 2 * by_itself):
        yield Finding(
            "validation",
            f"{100 * share:.0f} % of the validation examples are among the training examples.",
            {"share": share},
            "Hold examples out, before any is repeated: `dlr.data.from_arrays(x, y)` does, or "
            "`validation_split=0.2`.",
            severity="error",
        )


def _never_alike(distinct: Mapping[str, Array]) -> bool:
    """Whether distinct examples differ so much that two of them are never equal by chance."""
    rows = len(next(iter(distinct.values())))
    if rows < _FEWEST:
        return False
    some = np.linspace(0, rows - 1, min(rows, _COMPARED)).astype(int)
    seldom = 0
    for x in distinct.values():
        flat = x[some].reshape(len(some), -1)
        for at in np.linspace(0, flat.shape[1] - 1, min(flat.shape[1], _MOST_COLUMNS)).astype(int):
            times = np.unique(flat[:, at], return_counts=True)[1]
            if len(times) > _MANY_VALUES * len(some):
                return True
            seldom += float(((times / len(some)) ** 2).sum()) < _SELDOM
    return seldom >= _COLUMNS


def _digests(x: Mapping[str, Array], most: int) -> list[bytes]:
    """Return a digest of each of the first examples; none of examples that are no numbers."""
    digests: list[bytes] = []
    if any(one.dtype.kind not in "biuf" for one in x.values()):
        return digests
    length = min(most, *(len(one) for one in x.values()))
    for start in range(0, length, _AT_ONCE):
        parts = [np.asarray(one[start : min(start + _AT_ONCE, length)]) for one in x.values()]
        joined = np.concatenate(
            [part.reshape(len(part), -1).astype(np.float32) for part in parts], axis=1
        )
        digests += [hashlib.blake2b(row.tobytes(), digest_size=8).digest() for row in joined]
    return digests


# ---- numbers of another unit


def _other_units(program: Program, parts: _Parts) -> Iterator[Finding]:
    """Find inputs or values that were scaled in one part, and not, or otherwise, in the other.

    Time goes on and other places are otherwise: only what no drift explains is told.
    """
    for name, x in parts.x.items():
        yield from _compared(x, parts.held_x[name], f"inputs{f' of {name!r}' if name else ''}")
    for output, y, held_y in zip(program.outputs, parts.y, parts.held_y, strict=True):
        if output.classes is None and output.loss is not None and y.shape[1:] == held_y.shape[1:]:
            yield from _compared(y, held_y, f"targets{output.whose}", drift=True)


def _compared(x: Array, held: Array, what: str, *, drift: bool = False) -> Iterator[Finding]:
    if x.dtype.kind not in "biuf" or held.dtype.kind not in "biuf" or len(held) < _FEWEST:
        return
    here, there = _quantiles(x), _quantiles(held)
    known = np.isfinite(here).all(axis=0) & np.isfinite(there).all(axis=0)
    known &= (here[2] > here[0]) & (there[2] > there[0])
    if not known.any():
        return
    here, there = here[:, known], there[:, known]
    widths = here[2] - here[0], there[2] - there[0]
    wider = float(np.median(np.abs(np.log(widths[1] / widths[0]))))
    away = float(np.median(np.abs(there[1] - here[1]) / np.maximum(*widths)))
    far = drift or known.sum() < _FEW_COLUMNS
    if wider > np.log(_FAR_WIDER if far else _WIDER) or away > (_FAR_AWAY if far else _AWAY):
        at = int(np.abs(np.log(widths[1] / widths[0])).argmax())
        yield Finding(
            "validation",
            f"Validation {what} are of another scale than those of the training part: from "
            f"{there[0, at]:.3g} to {there[2, at]:.3g} where these go from {here[0, at]:.3g} to "
            f"{here[2, at]:.3g} (the middle 80 %).",
            {"times_as_wide": float(np.exp(wider)), "widths_away": away},
            "Scale both parts alike, with the numbers of the training part: best by a "
            "`Normalization` layer in the network.",
            severity="error",
        )


def _quantiles(x: Array) -> NDArray[np.float64]:
    """Return the tenth, the half and nine tenths of each column, `(3, columns)`.

    Of pictures and series all places of a channel are one column.
    """
    rows = np.linspace(0, len(x) - 1, min(len(x), _COMPARED)).astype(int)
    some = np.asarray(x[rows], np.float64)
    columns = some.reshape(-1, some.shape[-1] if some.ndim > 1 else 1)[:, :_MOST_COLUMNS]
    found: NDArray[np.float64] = np.quantile(columns, [0.1, 0.5, 0.9], axis=0)
    return found


# ---- classes


def _other_classes(program: Program, parts: _Parts, at: int) -> Iterator[Finding]:
    output = program.outputs[at]
    here, there = parts.y[at], parts.held_y[at]
    if here.shape[1:] != there.shape[1:] or there.dtype.kind not in "biuf":
        return
    train, held_out = [
        one.argmax(axis=1) if output.one_hot else one.reshape(len(one)) for one in (here, there)
    ]
    new = sorted(set(held_out.tolist()) - set(train.tolist()))
    share = float(np.isin(held_out, new).mean())
    if program.validation is None and new:
        yield Finding(
            "validation",
            f"`validation_split` takes the last examples, and of {_named(new)}{output.whose} none "
            "is left for training.",
            {"missing": len(new)},
            "Shuffle the data once before, or split it by class.",
            severity="error",
        )
    elif share > _NEW and len(held_out) >= _FEWEST:
        yield Finding(
            "validation",
            f"{100 * share:.0f} % of the validation examples{output.whose} are of {_named(new)}, "
            "which the training part does not have.",
            {"missing": len(new), "share": share},
            "Split by class (`stratify`), and number the classes once for both parts.",
            severity="error",
        )
    kinds, counts = np.unique(train, return_counts=True)
    only = np.unique(held_out)
    if len(only) == 1 < len(kinds) and len(held_out) >= _FEWEST and not new:
        usual = float(counts[kinds == only[0]].sum() / counts.sum())
        if usual < _USUAL and usual ** len(held_out) < _SAME / len(held_out):
            yield Finding(
                "validation",
                f"All validation examples{output.whose} are of class {only[0]:g}, as "
                f"{100 * usual:.0f} % of the training examples are.",
                {"share": usual},
                "Shuffle before the split, or split by class.",
                severity="error",
            )


def _named(classes: list[float]) -> str:
    return f"class{'es' * (len(classes) > 1)} {', '.join(f'{one:g}' for one in classes[:5])}"
