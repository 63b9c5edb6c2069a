"""Boosted trees that grow as long as there is time; also run as a program of its own.

    python -P grow_trees.py FOLDER < a pipe that ends with the caller

The program imports NumPy and scikit-learn only, so that it costs little beside a search. It reads
`0.json`, `0.x.npy`, `0.y.npy`, then `1.json`, …, and keeps the trees as they are after every few
rounds in `0-0.2.pickle`. `ends.json` says when its time is up; it may be changed meanwhile.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SECOND_ROUNDS = 4
_RATE_SHARE = 0.6


@dataclass(frozen=True)
class TreeSettings:
    """What trees are to be grown.

    Args:
        loss: `"log_loss"` for classes, or what values are grown for, as scikit-learn calls it.
        early_stopping: Whether a tenth of the rows says when to stop.
        categories: Which columns are categories, or None.
        seed: Seed of the trees.
        rates: Learning rates in the order in which they are tried.
        rounds: Most rounds; with several classes each is a tree a class.
        first: Rounds that are grown before the clock is looked at.
    """

    loss: str
    early_stopping: bool
    categories: list[bool] | None
    seed: int
    rates: list[float]
    rounds: int
    first: int = 1


@dataclass(frozen=True)
class GrownTrees:
    """Trees as they are now: `ended` when more rounds would not be grown whatever the time."""

    rate: float
    rounds: int
    ended: bool
    model: Any


def grow_trees(
    x: NDArray[Any],
    y: NDArray[Any],
    settings: TreeSettings,
    left: Callable[[], float],
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[GrownTrees]:
    """Yield the trees after every few rounds; another rate only where the last one got through.

    Args:
        x: Inputs, `(rows, columns)`.
        y: Classes or values, `(rows,)`.
        settings: What is to be grown.
        left: Returns how many seconds are left; it may change its mind.
        clock: Returns the time in seconds.
    """
    whole = left()
    for place, rate in enumerate(settings.rates):
        if place and left() < (1 - _RATE_SHARE) * whole:
            return
        ended = False
        for grown in _grow(x, y, settings, rate, left, clock):
            ended = grown.ended
            yield grown
        if not ended:
            return


def _grow(
    x: NDArray[Any],
    y: NDArray[Any],
    settings: TreeSettings,
    rate: float,
    left: Callable[[], float],
    clock: Callable[[], float],
) -> Iterator[GrownTrees]:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = (
        HistGradientBoostingClassifier
        if settings.loss == "log_loss"
        else HistGradientBoostingRegressor
    )
    trees = kind(
        loss=settings.loss,
        learning_rate=rate,
        early_stopping=settings.early_stopping,
        categorical_features=settings.categories,
        random_state=settings.seed,
        warm_start=True,
    )
    # Each call bins the columns anew, which takes a while: there are few of them.
    began, done, wanted, call = clock(), 0, min(settings.first, settings.rounds), 0.0
    while wanted > done:
        start = clock()
        trees.set_params(max_iter=wanted).fit(x, y)
        took, grown = clock() - start, int(trees.n_iter_)
        ended = grown < wanted or grown >= settings.rounds or _stopped(trees)
        yield GrownTrees(rate, grown, ended, trees)
        if ended:
            return
        if not done:
            call = took
            more = _SECOND_ROUNDS if left() > 2 * call else 0
        else:
            each = max(took - 0.8 * call, took / 10) / (grown - done)
            # What is growing when the time is up is lost: at most as much as there is already.
            spend = min(0.6 * left(), max(2 * call, clock() - began))
            more = max(int((spend - call) / each), int(left() > 2 * (call + each)))
        done, wanted = grown, min(settings.rounds, grown + more)


def _stopped(trees: Any) -> bool:  # noqa: ANN401  (of scikit-learn, which is imported late)
    """Return whether early stopping ends the trees here, by scikit-learn's rule."""
    patience, scores = trees.n_iter_no_change, trees.validation_score_
    if len(scores) < patience + 1:
        return False
    return not any(scores[-patience:] > scores[-patience - 1] + trees.tol)


def main() -> None:
    """Grow the trees of a folder's jobs, one after the other."""
    folder = Path(sys.argv[1])
    threading.Thread(target=_end_with_parent, args=(folder,), daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(10)
    jobs = sorted(folder.glob("*.json"))
    jobs = sorted((file for file in jobs if file.stem.isdigit()), key=lambda file: int(file.stem))
    for place, file in enumerate(jobs):
        ends = time.time() + _left(folder) / (len(jobs) - place)
        x, y = (np.load(file.with_suffix(f".{name}.npy"), mmap_mode="r") for name in "xy")
        settings = TreeSettings(**json.loads(file.read_text(encoding="utf-8")))

        def left(ends: float = ends) -> float:
            return min(ends - time.time(), _left(folder))

        for grown in grow_trees(x, y, settings, left):
            kept = folder / f"{file.stem}-{grown.rate}.pickle"
            partial = kept.with_suffix(".partial")
            partial.write_bytes(pickle.dumps((grown.rounds, grown.ended, grown.model)))
            partial.replace(kept)


def _left(folder: Path) -> float:
    ends: float = json.loads((folder / "ends.json").read_text(encoding="utf-8"))
    return max(0.0, ends - time.time())


def _end_with_parent(folder: Path) -> None:
    """Leave nothing behind when the caller is gone, however it went."""
    while os.read(0, 1):  # not by `sys.stdin`, whose lock would be held when this process ends
        pass
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


if __name__ == "__main__":
    main()
