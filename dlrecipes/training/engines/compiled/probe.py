"""Which hyperparameters of a job are plain numbers of its model: found out by building others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from dlrecipes.results import Hyperparameter, Value
from dlrecipes.training.engines.compiled.leaves import Leaf, find_leaves
from dlrecipes.training.engines.compiled.member import Member, State
from dlrecipes.training.engines.compiled.structure import describe
from dlrecipes.training.job import Job

Paths = dict[str, tuple[str, ...]]

# How far from the ends of a range the first of the other values are.
_FROM_THE_END = 0.002
# Two numbers that went through float32 or through text on their way.
_SAME = 1e-6


class Probe:
    """Builds a job's model with some hyperparameters changed, and compares.

    Args:
        build: `build(job, values)` makes the job's model with other values, from its seed.
        job: The first job of a structure.
        model: Its model.
        few: A few inputs, targets and weights.
        structure: Hyperparameters that were no plain numbers of the model of an earlier job.
    """

    def __init__(
        self,
        build: Callable[[Job, dict[str, Value]], keras.Model],
        job: Job,
        model: keras.Model,
        few: tuple[Any, Any, Any],
        structure: frozenset[str] = frozenset(),
    ) -> None:
        self._build = build
        self._job = job
        self._model = model
        self._few = few
        self.described = describe(model)
        self.leaves = find_leaves(model)
        self._space = {
            hyperparameter.name: hyperparameter
            for hyperparameter in job.space
            if hyperparameter.active(job.values)
        }
        self._weights = [variable.numpy() for variable in _learned(model, self.leaves)]
        self._names = [
            name
            for name, value in job.values.items()
            if name in self._space and may_be_number(self._space[name], value)
        ]
        self._likely = [name for name in self._names if name not in structure]

    def dynamic(self) -> Paths:
        """Return the dynamic hyperparameters with the paths of their numbers."""
        if self._job.rebuild is None:
            return {}
        found = self._agreed(self._names)
        if found is None and self._likely != self._names:
            found = self._agreed(self._likely)  # as in the earlier job
        if found is None:
            # One at a time; then all of these, or as many as go together.
            alone = {name: self._agreed([name]) for name in self._names}
            single = {name: paths[name] for name, paths in alone.items() if paths is not None}
            found = self._agreed(list(single), single)
        if found is None:
            found = {}
            for name, paths in single.items():
                more = found | {name: paths}
                found = self._agreed(list(more), more) or found
        return found

    def tried(self, name: str) -> set[float]:
        """Return the values with which a model was built."""
        at = self._names.index(name)
        values = [self._job.values[name], *(self._other_value(name, at, turn) for turn in (1, 2))]
        return {float(value) for value in values if is_number(value)}  # type: ignore[arg-type]

    def _agreed(self, names: list[str], expected: Paths | None = None) -> Paths | None:
        """Return the paths of each hyperparameter's numbers; None if not all are dynamic."""
        first = self._once(names, 1, expected) if names else {}
        return first if first is None or first == self._once(names, 2, first) else None

    def _once(self, names: list[str], turn: int, expected: Paths | None) -> Paths | None:
        changed = {name: self._other_value(name, self._names.index(name), turn) for name in names}
        if not names:
            return {}
        try:
            model = self._build(self._job, {**self._job.values, **changed})
        except Exception:  # the builder refuses, or asks for something else: not a plain number
            return None
        paths = self._paths(model, changed, expected)
        if paths is None or not self._alike(model, changed, paths):
            return None
        return paths

    def _paths(
        self, model: keras.Model, changed: dict[str, Value], expected: Paths | None
    ) -> Paths | None:
        """Return which numbers of the model are which changed hyperparameters."""
        described, leaves = describe(model), find_leaves(model)
        if described.keys() != self.described.keys():
            return None
        paths: dict[str, list[str]] = {name: [] for name in changed}
        for path, value in described.items():
            if value == self.described[path]:
                continue
            owners = self._owners(path, leaves, changed)
            if expected is not None:
                owners = [name for name in owners if path in expected[name]]
            if len(owners) != 1:
                return None
            paths[owners[0]].append(path)
        if any(owned and all(leaves[path].echo for path in owned) for owned in paths.values()):
            return None  # a layer made of others does not hand it on, so it uses it itself
        return {name: tuple(owned) for name, owned in paths.items()}

    def _owners(self, path: str, leaves: dict[str, Leaf], changed: dict[str, Value]) -> list[str]:
        """Return which changed hyperparameters a number may be, in both models."""
        if path not in leaves or path not in self.leaves:
            return []
        number, before = leaves[path].value, self.leaves[path].value
        names = [
            name
            for name, other in changed.items()
            if same_number(number, other) and same_number(before, self._job.values[name])
        ]
        if names or not leaves[path].multiple:
            return names
        factors = {name: self._factor(path, name) for name in changed}
        return [
            name
            for name, other in changed.items()
            if factors[name] and same_number(number, factors[name] * float(other))  # type: ignore[arg-type]
        ]

    def factors(self, paths: Paths) -> dict[str, float]:
        """Return what hyperparameters are multiplied by to be a number, where that is not 1.

        Args:
            paths: The paths of the numbers of each hyperparameter.
        """
        return {
            path: self._factor(path, name)
            for name, some in paths.items()
            for path in some
            if self.leaves[path].multiple
            and not same_number(self.leaves[path].value, self._job.values[name])
        }

    def _factor(self, path: str, name: str) -> float:
        """Return by what a hyperparameter is multiplied in the first model; 0 if it is 0 there."""
        value = float(self._job.values[name])  # type: ignore[arg-type]
        factor = self.leaves[path].value / value if value else 0.0
        # In float32 a tenth is none.
        rounded = float(f"{factor:.6g}")
        return rounded if same_number(rounded, factor) else factor

    def _alike(self, model: keras.Model, changed: dict[str, Value], paths: Paths) -> bool:
        """Whether the first model, with the changed numbers, computes what this one does."""
        theirs = find_leaves(model)
        factors = self.factors(paths)
        owned = {
            path: changed[name] * factors.get(path, 1.0)  # type: ignore[operator]
            for name, some in paths.items()
            for path in some
        }
        begun = {id(theirs[path].begins) for path in owned}
        learned = _learned(model, theirs)
        if len(learned) != len(self._weights) or not all(
            id(variable) in begun or np.array_equal(variable.numpy(), weight)
            for variable, weight in zip(learned, self._weights, strict=True)
        ):
            return False  # the initial weights depend on it, and no initializer says so
        owned = {path: value for path, value in owned.items() if theirs[path].begins is None}
        variables = [path for path in owned if theirs[path].variable is not None]
        one = Member(self._model, [self.leaves[path] for path in owned])
        other = Member(model, [theirs[path] for path in variables])
        computed = []
        for member, places in ((one, list(owned)), (other, variables)):
            state = State(
                # Both from the same weights, whichever each would begin from.
                *([tf.constant(array) for array in group] for group in member.initial(model))
            )
            numbers = [tf.constant(owned[path], keras.config.floatx()) for path in places]
            computed.append(member.compute(state, numbers, *self._few))
        rounding = (
            1e-4 if self._model.dtype_policy.compute_dtype in ("float32", "float64") else 2e-2
        )
        ours, wanted = (
            [None if value is None else np.asarray(value, "float64") for value in values]
            for values in computed
        )
        gradients = range(len(one.trainable))
        largest = max(_size(wanted[at]) for at in gradients)
        # That of a bias in front of a normalization is zero but for rounding.
        nothing = 0.01 * rounding * largest
        return all(
            _close(first, second, rounding, nothing if at in gradients else 1e-12)
            for at, (first, second) in enumerate(zip(ours, wanted, strict=True))
        )

    def _other_value(self, name: str, at: int, turn: int) -> Value:
        """Return another value of a hyperparameter, from one end of its range or the other.

        Values of different hyperparameters should differ, and in each turn some are high and
        some are low: the builder may compare them.
        """
        one, value = self._space[name], self._job.values[name]
        if one.is_epochs:
            return turn * int(value or 0) + 1  # more of them than any schedule needs
        if one.kind == "choice":
            others = [choice for choice in one.choices if choice != value] or [value]
            others.sort(key=lambda choice: float(choice) if is_number(choice) else 0.0)  # type: ignore[arg-type]
            return others[0 if turn == 1 else -1]
        share = min(0.25, _FROM_THE_END * (at + 1))
        share = share if (at + turn) % 2 else 1 - share
        low, high = float(one.low), float(one.high)
        for moved in (share, 0.6 * share + 0.2):
            log = one.log and one.mirror is None
            other = low * (high / low) ** moved if log else low + moved * (high - low)
            if not same_number(other, value):
                break
        return other


def _close(
    one: np.ndarray | None, other: np.ndarray | None, rounding: float, nothing: float
) -> bool:
    """Whether two arrays are equal but for rounding, or there is none."""
    if one is None or other is None:
        return one is other
    if one.shape != other.shape:
        return False
    tolerance = rounding * _size(other) + nothing
    return bool(np.allclose(one, other, rtol=rounding, atol=tolerance, equal_nan=True))


def _size(array: np.ndarray | None) -> float:
    """Return the largest finite number of an array."""
    if array is None:
        return 0.0
    return float(np.max(np.abs(array[np.isfinite(array)]), initial=0.0))


def _learned(model: keras.Model, leaves: dict[str, Leaf]) -> list[keras.Variable]:
    """Return a model's weights without those that are numbers of its configuration."""
    given = {id(leaf.variable) for leaf in leaves.values()}
    return [variable for variable in model.weights if id(variable) not in given]


def may_be_number(one: Hyperparameter, value: Value) -> bool:
    """Whether a hyperparameter may be a number that needs no graph of its own.

    Args:
        one: The hyperparameter.
        value: Its value in a job.
    """
    return (one.kind in ("float", "choice") or one.is_epochs) and is_number(value)


def is_number(value: object) -> bool:
    """Whether something is a number, and no boolean."""
    return isinstance(value, float | int) and not isinstance(value, bool)


def same_number(one: object, other: object) -> bool:
    """Whether two things are one number, but for rounding."""
    if not (is_number(one) and is_number(other)):
        return False
    first, second = float(one), float(other)  # type: ignore[arg-type]
    return abs(first - second) <= _SAME * max(abs(first), abs(second))
