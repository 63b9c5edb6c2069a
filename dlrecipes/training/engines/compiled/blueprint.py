"""The structure that a job's model has, and what of it may change without a new graph."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from dlrecipes.data import Development
from dlrecipes.results import Value
from dlrecipes.training.build_model import build_model
from dlrecipes.training.engines.compiled.leaves import Leaf, find_leaves
from dlrecipes.training.engines.compiled.member import Member, State
from dlrecipes.training.engines.compiled.member_metrics import MemberMetrics
from dlrecipes.training.engines.compiled.structure import Values, describe, key_of
from dlrecipes.training.engines.compiled.supported import check_loss, check_supported
from dlrecipes.training.job import Job
from dlrecipes.training.precision import policy_that_ran

_INITIAL_WEIGHTS_KEPT = 16
_STRUCTURES_KEPT = 32
# Examples that are enough to see whether two models compute the same.
_EXAMPLES = 8
# How far from the ends of a range the first of the other values are.
_FROM_THE_END = 0.002

Paths = dict[str, tuple[str, ...]]

# Two numbers that went through float32 or through text on their way.
_SAME = 1e-6


@dataclass(frozen=True)
class Blueprint:
    """One structure: a model, and which hyperparameters are numbers of it.

    Args:
        key: A digest of everything that the graph follows from.
        fixed: The values of the hyperparameters that are structure.
        dynamic: `{hyperparameter: paths of the numbers that it is}`.
        names: All hyperparameters that were active.
        batch_size: Examples a batch.
        member: The model as functions of its state.
        metrics: Its metrics.
        policy: The dtype policy that its layers really have.
        parameters: Number of weights.
        described: What the graph follows from.
        tried: For each dynamic hyperparameter the values with which a model was built.
        choices: Those of them that are choices.
    """

    key: str
    fixed: dict[str, Value]
    dynamic: dict[str, tuple[str, ...]]
    names: frozenset[str]
    batch_size: int
    member: Member
    metrics: MemberMetrics
    policy: str
    parameters: int
    described: Values
    tried: dict[str, set[float]]
    choices: frozenset[str]

    def fits(self, job: Job) -> bool:
        """Whether a job's model may have this structure."""
        return (
            self.names == job.values.keys()
            and self.batch_size == job.batch_size
            and all(job.values[name] == value for name, value in self.fixed.items())
            and all(_is_number(job.values[name]) for name in self.dynamic)
        )

    def numbers(self, job: Job) -> list[float]:
        """Return the job's value for each of the member's numbers."""
        values = {path: job.values[name] for name, paths in self.dynamic.items() for path in paths}
        return [float(values[leaf.path]) for leaf in self.member.leaves]  # type: ignore[arg-type]

    def covers(self, job: Job) -> bool:
        """Whether nothing new can be behind the job's values.

        A builder may ask `if dropout > 0.9:`. Values between two with which a model was built
        are taken to be like those; of a choice, each value is tried.
        """
        for name, tried in self.tried.items():
            value = float(job.values[name])  # type: ignore[arg-type]
            inside = min(tried) <= value <= max(tried)
            if not (value in tried if name in self.choices else inside):
                return False
        return True

    def matches(self, job: Job, model: keras.Model) -> bool:
        """Whether the job's model, built, differs in the expected numbers only."""
        owners = {path: name for name, paths in self.dynamic.items() for path in paths}
        zero = {leaf.path for leaf in self.member.leaves if leaf.zero}
        described, leaves = describe(model), find_leaves(model)
        if described.keys() != self.described.keys():
            return False
        for path, value in described.items():
            if path not in owners:
                if value != self.described[path]:
                    return False
                continue
            # Keras leaves a dropout of rate 0 out of the graph; in ours it drops nothing.
            number = leaves[path].value if path in leaves else value
            if not _same(number, job.values[owners[path]]):
                return False
            if path not in leaves and not (number == 0 and path in zero):
                return False
        return True


class Blueprints:
    """Finds the structure of each job, building as few models as it can.

    A model takes 10 ms and more to build, a whole training in a population takes less. So the
    first job of a structure shows which of its hyperparameters are plain numbers of the model:
    it is built with its own values and twice with others, from the ends of their ranges. A
    hyperparameter is *dynamic* if all that it changes in the model's configuration are numbers
    that may be tensors, if each of these becomes the hyperparameter's own value
    (`Dropout(rate / 2)` is therefore structure), and if a batch then gives what it gives in the
    model that was built so: a number may also be hidden in a function, where no configuration
    shows it. A later job that differs in dynamic ones only needs no model at all.

    Args:
        development: Train and validation data.
        policy: The dtype policy.
    """

    def __init__(self, development: Development, policy: str) -> None:
        self._data = development
        self._policy = policy
        self._known: list[Blueprint] = []
        self._initial: OrderedDict[tuple[str, int], State] = OrderedDict()
        train = development.train
        weight = train.sample_weight
        self._few = (
            train.x[:_EXAMPLES],
            train.y[:_EXAMPLES],
            None if weight is None else weight[:_EXAMPLES],
        )

    def of(self, job: Job) -> Blueprint:
        """Return the structure of a job's model.

        Raises:
            Unsupported: If the model is none that these engines train.
            Exception: Whatever the builder raises.
        """
        for known in reversed(self._known):
            if known.fits(job) and (known.covers(job) or self._confirmed(known, job)):
                return known
        found = self._examine(job)
        self._known = [*self._known[1 - _STRUCTURES_KEPT :], found]
        return found

    def initial(self, blueprint: Blueprint, job: Job, seed: int) -> State:
        """Return the state from which a training with a seed begins."""
        place = (blueprint.key, seed)
        if place not in self._initial:
            # A dropout of rate 0 draws no seed, so that the weights of later layers would be
            # others; whichever job comes first, they must be the same.
            values = dict(job.values)
            for name, tried in blueprint.tried.items():
                if values[name] == 0:
                    values[name] = min((one for one in tried if one), key=abs, default=0.0)
            model = self._build(job, seed) if values == job.values else None
            model = model or self.build_with(job, values, seed)
            self._initial[place] = blueprint.member.initial(model)
            while len(self._initial) > _INITIAL_WEIGHTS_KEPT:
                self._initial.popitem(last=False)
        return self._initial[place]

    def _confirmed(self, known: Blueprint, job: Job) -> bool:
        if not known.matches(job, self._build(job, job.seed)):
            return False
        for name, tried in known.tried.items():
            tried.add(float(job.values[name]))  # type: ignore[arg-type]
        return True

    def _examine(self, job: Job) -> Blueprint:
        model = self._build(job, job.seed)
        check_supported(model)
        x, y, weight = self._few
        check_loss(model, x, y, weight)
        probe = _Probe(self, job, model, self._few)
        paths = probe.dynamic()
        described = describe(model)
        fixed = {name: one for name, one in job.values.items() if name not in paths}
        owned = sorted(path for some in paths.values() for path in some)
        return Blueprint(
            # Of two values of which no configuration shows the difference, each is a structure.
            key=key_of({**described, "batch_size": job.batch_size, "fixed": fixed}, set(owned)),
            fixed=fixed,
            dynamic=paths,
            names=frozenset(job.values),
            batch_size=job.batch_size,
            # In one order, whichever names the builder gives them.
            member=Member(model, [probe.leaves[path] for path in owned]),
            metrics=MemberMetrics(model, y, np.asarray(model(x, training=False))),
            policy=policy_that_ran(model, self._policy),
            parameters=int(model.count_params()),
            described=described,
            tried={name: probe.tried(name) for name in paths},
            choices=frozenset(one.name for one in job.space if one.kind == "choice"),
        )

    def _build(self, job: Job, seed: int) -> keras.Model:
        # Layers are numbered from 1 in each model, so that two builds agree in their names.
        keras.utils.clear_session(free_memory=False)
        keras.config.set_dtype_policy(self._policy)
        keras.utils.set_random_seed(seed)
        return build_model(job, self._data.train.x[:1])

    def build_with(self, job: Job, values: dict[str, Value], seed: int) -> keras.Model:
        """Build a job's model with other values."""
        rebuild = job.rebuild
        if rebuild is None:
            raise ValueError("the job cannot be built with other values")
        other = Job(job.number, values, lambda: rebuild(values), seed, job.epochs, job.batch_size)
        return self._build(other, seed)


class _Probe:
    """Builds a job's model with some hyperparameters changed, and compares."""

    def __init__(
        self, blueprints: Blueprints, job: Job, model: keras.Model, few: tuple[Any, Any, Any]
    ) -> None:
        self._blueprints = blueprints
        self._job = job
        self._model = model
        self._few = few
        self._described = describe(model)
        self.leaves = find_leaves(model)
        self._space = {one.name: one for one in job.space if one.active(job.values)}
        self._weights = [variable.numpy() for variable in _learned(model, self.leaves)]
        self._names = [
            name
            for name, value in job.values.items()
            if name in self._space
            and _is_number(value)
            and self._space[name].kind in ("float", "choice")
        ]

    def dynamic(self) -> Paths:
        """Return the dynamic hyperparameters with the paths of their numbers."""
        if self._job.rebuild is None:
            return {}
        found = self._agreed(self._names)
        if found is None:
            # One at a time; then all of these, or as many as go together.
            alone = {name: self._agreed([name]) for name in self._names}
            single = {name: one[name] for name, one in alone.items() if one is not None}
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
        return {float(value) for value in values if _is_number(value)}  # type: ignore[arg-type]

    def _agreed(self, names: list[str], expected: Paths | None = None) -> Paths | None:
        """Return the paths of each hyperparameter's numbers; None if not all are dynamic."""
        first = self._once(names, 1, expected) if names else {}
        return first if first is None or first == self._once(names, 2, first) else None

    def _once(self, names: list[str], turn: int, expected: Paths | None) -> Paths | None:
        changed = {name: self._other_value(name, self._names.index(name), turn) for name in names}
        if not names:
            return {}
        try:
            model = self._blueprints.build_with(
                self._job, {**self._job.values, **changed}, self._job.seed
            )
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
        if described.keys() != self._described.keys():
            return None
        paths: dict[str, list[str]] = {name: [] for name in changed}
        for path, value in described.items():
            if value == self._described[path]:
                continue
            owners = [
                name
                for name, other in changed.items()
                if path in leaves
                and path in self.leaves
                and _same(leaves[path].value, other)
                and _same(self.leaves[path].value, self._job.values[name])
                and (expected is None or path in expected[name])
            ]
            if len(owners) != 1:
                return None
            paths[owners[0]].append(path)
        return {name: tuple(owned) for name, owned in paths.items()}

    def _alike(self, model: keras.Model, changed: dict[str, Value], paths: Paths) -> bool:
        """Whether the first model, with the changed numbers, computes what this one does."""
        theirs = find_leaves(model)
        weights = [variable.numpy() for variable in _learned(model, theirs)]
        if len(weights) != len(self._weights) or not all(
            map(np.array_equal, weights, self._weights)
        ):
            return False  # the initial weights depend on it
        owned = {path: changed[name] for name, some in paths.items() for path in some}
        variables = [path for path in owned if theirs[path].variable is not None]
        one = Member(self._model, [self.leaves[path] for path in owned])
        other = Member(model, [theirs[path] for path in variables])
        computed = []
        for member, places in ((one, list(owned)), (other, variables)):
            state = State(
                *([tf.constant(array) for array in group] for group in member.initial(member.model))
            )
            numbers = [tf.constant(owned[path], keras.config.floatx()) for path in places]
            computed.append(member.compute(state, numbers, *self._few))
        rounding = (
            1e-4 if self._model.dtype_policy.compute_dtype in ("float32", "float64") else 2e-2
        )
        return all(
            first is second is None
            or _close(np.asarray(first, "float64"), np.asarray(second, "float64"), rounding)
            for first, second in zip(*computed, strict=True)
        )

    def _other_value(self, name: str, at: int, turn: int) -> Value:
        """Return another value of a hyperparameter, from one end of its range or the other.

        Values of different hyperparameters should differ, and in each turn some are high and
        some are low: the builder may compare them.
        """
        one, value = self._space[name], self._job.values[name]
        if one.kind == "choice":
            others = [choice for choice in one.choices if choice != value] or [value]
            others.sort(key=lambda choice: float(choice) if _is_number(choice) else 0.0)  # type: ignore[arg-type]
            return others[0 if turn == 1 else -1]
        share = min(0.25, _FROM_THE_END * (at + 1))
        share = share if (at + turn) % 2 else 1 - share
        low, high = float(one.low), float(one.high)
        for moved in (share, 0.6 * share + 0.2):
            other = low * (high / low) ** moved if one.log else low + moved * (high - low)
            if not _same(other, value):
                break
        return other


def _close(one: np.ndarray, other: np.ndarray, rounding: float) -> bool:
    if one.shape != other.shape:
        return False
    finite = np.isfinite(one) & np.isfinite(other)
    size = float(np.max(np.abs(other[finite]), initial=0.0))
    return bool(
        np.allclose(one, other, rtol=rounding, atol=rounding * size + 1e-12, equal_nan=True)
    )


def _learned(model: keras.Model, leaves: dict[str, Leaf]) -> list[keras.Variable]:
    """Return a model's weights without those that are numbers of its configuration."""
    given = {id(leaf.variable) for leaf in leaves.values()}
    return [variable for variable in model.weights if id(variable) not in given]


def _is_number(value: object) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool)


def _same(one: object, other: object) -> bool:
    if not (_is_number(one) and _is_number(other)):
        return False
    first, second = float(one), float(other)  # type: ignore[arg-type]
    return abs(first - second) <= _SAME * max(abs(first), abs(second))
