"""The three parts of grouped examples: patients, families, sites."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.checks import check_integer
from dlrecipes.data.splitting.column import Column, encode_column, missing_error
from dlrecipes.data.splitting.split_stratified import Rows, check_fractions
from dlrecipes.errors import DataError
from dlrecipes.results import plural


def split_by_group(
    groups: object,
    labels: object,
    *,
    validation_fraction: float,
    test_fraction: float,
    split_seed: int,
) -> tuple[Rows, Rows, Rows]:
    """Return the rows of the training, the validation and the test part, each shuffled.

    No group is in two parts, and each part gets at least one. The fractions are of examples;
    parts and classes come as near to them as whole groups allow, and a class that enough groups
    have is in every part: with few groups by a search that seldom misses the best division.
    Nothing but `split_seed` moves a group, and the order of the rows does not count.

    Args:
        groups: The group of each example, text, numbers or dates, `(examples,)`.
        labels: The class of each example, `(examples,)`; all equal for regression.
        validation_fraction: Share of the validation part, in (0, 1).
        test_fraction: Share of the test part, in (0, 1); the two together below 1.
        split_seed: Seed of the split, at least 0.

    Raises:
        ArgumentError: If a fraction or the seed is outside its range.
        DataError: If a group or label is missing, if there are fewer than three groups, or if
            one group leaves less than half of what validation and test should get.
    """
    check_fractions(validation_fraction, test_fraction)
    check_integer("split_seed", split_seed, 0)
    column = encode_groups(groups)
    classes = encode_column("labels", labels, len(column))
    if len(column.names) < 3:
        raise DataError(
            "There must be at least three groups, one for each part.",
            received=f"{len(column.names)} in {plural(len(column), 'example')}",
        )
    _check_largest(column, validation_fraction + test_fraction)
    generator = np.random.default_rng(split_seed)
    fractions = (1 - validation_fraction - test_fraction, validation_fraction, test_fraction)
    part = assign_groups(column.codes, classes.codes, fractions, generator)[column.codes]
    train, validation, test = (
        generator.permutation(np.flatnonzero(part == number)) for number in range(3)
    )
    return train, validation, test


def encode_groups(groups: object, examples: int | None = None) -> Column:
    """Return groups as indices; empty text is a missing group.

    Args:
        groups: The group of each example, text, numbers or dates, `(examples,)`.
        examples: How many there must be; None for any number above 0.

    Raises:
        DataError: If there is not one group for each example.
    """
    column = encode_column("groups", groups, examples)
    blank = np.array([isinstance(name, str) and not name.strip() for name in column.names])
    if blank.any():
        raise missing_error("groups", blank[column.codes])
    return column


def _check_largest(groups: Column, held_out: float) -> None:
    largest = int(np.argmax(groups.counts))
    size = int(groups.counts[largest])
    wanted = held_out * len(groups)
    if len(groups) - size < wanted / 2:
        raise DataError(
            "The groups besides the largest must fill at least half of validation and test.",
            received=f"group {str(groups.names[largest])!r} holds {size} of "
            f"{plural(len(groups), 'example')} and all others {len(groups) - size}, where "
            f"{wanted:.0f} are wanted",
            fix="Lower the fractions, or divide that group if its examples do not belong together.",
        )


# Comparisons of one pass over all exchanges of two groups: some tens of milliseconds.
EXCHANGES = 2_000_000
PASSES = 20

Values = NDArray[np.float64]


def assign_groups(
    groups: Rows, labels: Rows, fractions: Sequence[float], generator: np.random.Generator
) -> Rows:
    """Return the part of each group, `(groups,)`.

    First, every part gets a group of every class, rare classes first, as far as there are
    groups. Then each group, large ones first and by chance among those of about equal size,
    goes where the squared distances from the wanted numbers (of each class, and of all
    examples) shrink most. Where groups are few, moves and exchanges of two groups follow, as
    long as they help.

    scikit-learn's `StratifiedGroupKFold` knows only equal parts, needs 15 s for 100,000 groups
    and 5 folds, and leaves sizes uneven where there is one class (60 groups of 20 to 79
    examples in 5 folds: 575 to 619).

    Args:
        groups: Group of each example, 0…G-1 with none left out, `(examples,)`; at least as many
            groups as parts.
        labels: Class of each example, 0…C-1 with none left out, `(examples,)`.
        fractions: Share of the examples for each part, positive, with sum 1.
        generator: Where chance comes from.
    """
    classes = int(labels.max()) + 1
    keys, counts = np.unique(groups * classes + labels, return_counts=True)
    assigned = _Assignment(keys // classes, keys % classes, counts, fractions)
    # Sizes in powers of two: else the seed could not move groups of different sizes.
    bins = np.log2(assigned.sizes).astype(np.int64)
    order = generator.permutation(len(bins))
    order = order[np.argsort(-bins[order], kind="stable")]
    assigned.cover(order)
    assigned.fill(order)
    part = np.array(assigned.part)
    if len(part) ** 2 * (classes + 1) <= EXCHANGES:
        dense = np.zeros((len(part), classes))
        dense[assigned.group_of, assigned.class_of] = counts
        _exchange(part, dense, np.array(fractions))
    return part


class _Assignment:
    """Groups as sparse rows of class counts, and what each part still needs."""

    def __init__(
        self, group_of: Rows, class_of: Rows, counts: Rows, fractions: Sequence[float]
    ) -> None:
        self.group_of, self.class_of, self.counts = group_of, class_of, counts
        self.sizes = np.bincount(group_of, weights=counts)
        totals = np.bincount(class_of, weights=counts)
        self.starts = np.searchsorted(group_of, np.arange(len(self.sizes) + 1)).tolist()
        self.columns: list[int] = class_of.tolist()
        self.values: list[int] = counts.tolist()
        self.size_list: list[float] = self.sizes.tolist()
        self.fractions = list(fractions)
        self.inverse: list[float] = (1 / totals).tolist()
        # All examples count as much as all classes together; with one class, they are the class.
        self.size_weight = len(totals) / totals.sum() if len(totals) > 1 else 0.0
        self.need: list[list[float]] = [(share * totals).tolist() for share in fractions]
        self.size_need: list[float] = [float(share * totals.sum()) for share in fractions]
        self.held = [[False] * len(totals) for _ in fractions]
        self.empty = set(range(len(fractions)))
        self.part = [-1] * len(self.sizes)
        self.left = len(self.sizes)

    def give(self, group: int, part: int) -> None:
        need, held = self.need[part], self.held[part]
        for entry in range(self.starts[group], self.starts[group + 1]):
            need[self.columns[entry]] -= self.values[entry]
            held[self.columns[entry]] = True
        self.size_need[part] -= self.size_list[group]
        self.empty.discard(part)
        self.part[group] = part
        self.left -= 1

    def may_give(self, part: int) -> bool:
        """Return whether enough groups remain for the parts that have none."""
        return part in self.empty or self.left > len(self.empty)

    def cover(self, order: Rows) -> None:
        """Give every part a group of every class; large groups to the largest part."""
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        by_class = np.lexsort((rank[self.group_of], self.class_of))
        holders = np.bincount(self.class_of)
        waiting = [
            deque(self.group_of[entries].tolist())
            for entries in np.split(by_class, np.cumsum(holders)[:-1])
        ]
        # A class in two groups only: to be learned and, if the parts are equal, to be tested.
        parts = sorted(range(len(self.fractions)), key=lambda part: (-self.fractions[part], -part))
        for column in np.argsort(holders, kind="stable").tolist():
            groups = waiting[column]
            for part in parts:
                if self.held[part][column] or not self.may_give(part):
                    continue
                take = groups.popleft if part == parts[0] else groups.pop
                while groups:
                    group = take()
                    if self.part[group] < 0:
                        self.give(group, part)
                        break

    def fill(self, order: Rows) -> None:
        """Give each other group to the part where it helps most."""
        starts, columns, values = self.starts, self.columns, self.values
        inverse, size_weight = self.inverse, self.size_weight
        parts = [(part, self.need[part], 1 / share) for part, share in enumerate(self.fractions)]
        for group in order.tolist():
            if self.part[group] >= 0:
                continue
            entries = [
                (columns[entry], values[entry], values[entry] * inverse[columns[entry]])
                for entry in range(starts[group], starts[group + 1])
            ]
            size = self.size_list[group]
            best, lowest = -1, np.inf
            for part, need, factor in parts:
                change = size * (size - 2 * self.size_need[part]) * size_weight
                for column, value, weighted in entries:
                    change += weighted * (value - 2 * need[column])
                change *= factor
                if change < lowest and (not self.empty or self.may_give(part)):
                    best, lowest = part, change
            self.give(group, best)


def _exchange(part: Rows, table: Values, fractions: Values) -> None:
    """Move and exchange groups in place, `(groups,)`, until no exchange of two helps."""
    totals = table.sum(axis=0)
    weights = 1 / totals
    if len(totals) > 1:
        table = np.column_stack([table, table.sum(axis=1)])
        weights = np.append(weights, len(totals) / totals.sum())
        totals = np.append(totals, totals.sum())
    parts = len(fractions)
    wanted = fractions[:, np.newaxis] * totals
    # An empty cell weighs more than any distance; most in the part to train on.
    penalty = (1 + fractions) * (1 + 2 * parts * (weights * totals**2).sum() / fractions.min())

    def cost(held: Values, of: Any) -> Values:  # noqa: ANN401  (a part, or a slice of them)
        distance = (weights * (held - wanted[of]) ** 2).sum(axis=-1) / fractions[of]
        result: Values = distance + penalty[of] * (held == 0).sum(axis=-1)
        return result

    held = np.zeros_like(wanted)
    np.add.at(held, part, table)
    # Moving a group is exchanging it with nothing, one nothing in each part.
    offers = np.vstack([table, np.zeros((parts, table.shape[1]))])
    for _ in range(PASSES):
        changed = False
        for group in range(len(part)):
            own = int(part[group])
            others = np.append(part, np.arange(parts))
            step = offers - table[group]
            current = cost(held, np.arange(parts))
            gain = cost(held[own] + step, own) - current[own]
            gain += cost(held[others] - step, others) - current[others]
            gain[others == own] = 0
            best = int(np.argmin(gain))
            if gain[best] < -1e-6:
                other = int(others[best])
                held[own] += step[best]
                held[other] -= step[best]
                part[group] = other
                if best < len(part):
                    part[best] = own
                changed = True
        if not changed:
            return
