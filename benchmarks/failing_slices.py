"""How often a slice that nobody named is found, and how often one is that is not there.

    python benchmarks/failing_slices.py --json benchmarks/failing_slices.json

Planted: 5 % of the validation rows have an accuracy 20 points lower than the others, told by one
value, gap or end of a range, by a range inside, or by two conditions at once; ten columns, five
of them numbers. Found: the first slice named has most of its rows in the planted one.

Healthy: mistakes and losses that no column has to do with, heavy-tailed ones among them, up to 200
columns, up to 1,000 categories, 150 to 2,500 rows; and classes that meet, where mistakes are many
and the model says so, with its confidence: a warning there is a false alarm.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from measuring.record import Record
from rich.table import Table

from dlrecipes.diagnose import find_failing_slices

Drawn = dict[str, np.ndarray]
SHARE, LOWER = 0.05, 0.2
KINDS = ("value", "gap", "end", "inside", "pair")


def draw_table(rng: np.random.Generator, rows: int, *, columns: int = 10) -> Drawn:
    """Return half numbers, half categories of 2 to 30 values."""
    table: Drawn = {f"number {at}": rng.normal(size=rows) for at in range(columns // 2)}
    for at in range(columns - columns // 2):
        values = [f"v{value}" for value in range((2, 3, 5, 10, 30)[at % 5])]
        shares = rng.dirichlet(np.full(len(values), 3.0))
        table[f"category {at}"] = rng.choice(values, rows, p=shares).astype(object)
    return table


def plant(rng: np.random.Generator, table: Drawn, kind: str) -> np.ndarray:
    """Return which rows are in the slice, a twentieth of them, and make the table tell it."""
    rows = len(table["number 0"])
    number = table["number 0"]
    if kind == "end":
        return number >= np.quantile(number, 1 - SHARE)
    if kind == "inside":
        low = rng.uniform(0.1, 0.85)
        return (number >= np.quantile(number, low)) & (number < np.quantile(number, low + SHARE))
    if kind == "pair":
        table["category 0"] = rng.choice(list("abcde"), rows).astype(object)
        return (table["category 0"] == "a") & (number >= np.quantile(number, 0.75))
    inside = rng.random(rows) < SHARE
    if kind == "value":
        table["category 1"] = np.where(inside, "odd", table["category 1"])
    else:
        table["number 0"] = np.where(inside, np.nan, number)
    return inside


def finds(kind: str, rows: int, accuracy: float, seed: int, *, known: bool = True) -> bool:
    """Return whether a planted slice is the first that is named."""
    rng = np.random.default_rng(seed)
    table = draw_table(rng, rows)
    inside = plant(rng, table, kind)
    # As sure as a calibrated model of that accuracy: seldom at all, or nearly everywhere.
    sure = 1 - (1 - accuracy) * rng.choice([0.25, 2.0], rows, p=[4 / 7, 3 / 7])
    right = rng.random(rows) < np.where(inside, sure - LOWER, sure)
    finding = find_failing_slices(table, ~right, confidence=sure if known else None, seed=seed)
    return finding.severity == "warning" and _tells(str(finding.evidence["slices"][0]), kind)


def _tells(slice_name: str, kind: str) -> bool:
    """Return whether a condition is about the column that tells the planted slice."""
    columns = {
        "value": ("category 1 = 'odd'",),
        "gap": ("number 0 is missing",),
        "end": ("number 0 ≥",),
        "inside": ("number 0",),
        "pair": ("category 0 = 'a'", "number 0"),
    }[kind]
    return all(column in slice_name for column in columns)


def _mistakes(rng: np.random.Generator, rows: int) -> np.ndarray:
    return rng.random(rows) < 0.1


def _seldom(rng: np.random.Generator, rows: int) -> np.ndarray:
    return rng.random(rows) < 0.02


def _log_losses(rng: np.random.Generator, rows: int) -> np.ndarray:
    sure = rng.beta(5, 1, rows)
    return -np.log(np.where(rng.random(rows) < sure, sure, 1 - sure) + 1e-12)


def _squares(rng: np.random.Generator, rows: int) -> np.ndarray:
    return rng.standard_t(2, rows) ** 2


def _cauchy(rng: np.random.Generator, rows: int) -> np.ndarray:
    return np.abs(rng.standard_cauchy(rows))


LOSSES: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "mistakes": _mistakes,
    "rare mistakes": _seldom,
    "log losses": _log_losses,
    "squared t(2)": _squares,
    "Cauchy": _cauchy,
}


SHAPES = ((10, 1500, 0), (10, 150, 0), (10, 2500, 1000))
WIDE = ((200, 1500, 0),)
"""Columns, rows, and how many categories five more columns have."""


def alarms(losses: str, columns: int, rows: int, categories: int, seed: int) -> bool:
    """Return whether a slice is found in losses that no column has to do with."""
    rng = np.random.default_rng(seed)
    table = draw_table(rng, rows, columns=columns)
    if categories:
        names = np.array([f"n{value}" for value in range(categories)], dtype=object)
        table |= {f"many {at}": rng.choice(names, rows) for at in range(5)}
    return find_failing_slices(table, LOSSES[losses](rng, rows), seed=seed).severity != "info"


def alarms_where_classes_meet(rows: int, task: str, seed: int) -> bool:
    """Return whether hard examples are a warning, of a model that knows that they are hard."""
    rng = np.random.default_rng(seed)
    table = draw_table(rng, rows)
    score = 2.5 * table["number 0"] + 1.5 * table["number 1"]
    if task == "classes":
        probability = 1 / (1 + np.exp(-score))
        wrong = (rng.random(rows) < probability) != (probability > 0.5)
        sure = np.maximum(probability, 1 - probability)
        finding = find_failing_slices(table, wrong, confidence=sure, seed=seed)
    else:  # the larger the value, the larger its errors
        value = np.exp(0.3 * score)
        off = np.abs(rng.normal(size=rows)) * value
        finding = find_failing_slices(table, off, confidence=value, seed=seed)
    return finding.severity != "info"


def questions() -> Iterator[tuple[str, Callable[[int], bool]]]:
    """Yield what is asked, and what asks it of one draw."""
    for accuracy in (0.9, 0.95):
        for rows in (1000, 1500, 2000):
            for kind in KINDS:
                name = f"planted {kind}, {rows} rows, accuracy {accuracy}"
                yield name, partial(finds, kind, rows, accuracy)
    for losses in LOSSES:
        for columns, rows, categories in SHAPES + (WIDE if losses == "mistakes" else ()):
            many = f", {categories} categories" if categories else ""
            name = f"healthy {losses}, {columns} columns, {rows} rows{many}"
            yield name, partial(alarms, losses, columns, rows, categories)
    for task in ("classes", "values"):
        for rows in (300, 2000):
            yield (
                f"healthy hard {task}, {rows} rows",
                partial(alarms_where_classes_meet, rows, task),
            )


def main() -> None:
    """Ask everything of so many draws, and write down how often a slice was named."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    record = Record(options.json, "failing_slices", {"draws": options.draws})
    table = Table("data", "share of the draws with a slice")
    rows = []
    for name, ask in questions():

        def measure(ask: Callable[[int], bool] = ask) -> dict[str, float]:
            return {"share": sum(ask(seed) for seed in range(options.draws)) / options.draws}

        share = record.measure(name, measure)["share"]
        table.add_row(name, f"{share:.2f}")
        rows.append({"data": name, "share": share})
    record.conclude(rows, table)


if __name__ == "__main__":
    main()
