"""The structure that a job's model has, and what of it may change without a new graph."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import keras
import numpy as np

from dlrecipes.data import Development
from dlrecipes.results import Hyperparameter, Value
from dlrecipes.training.build_model import build_model
from dlrecipes.training.engines.compiled.leaves import Leaf, find_leaves
from dlrecipes.training.engines.compiled.member import Member, State
from dlrecipes.training.engines.compiled.member_metrics import MemberMetrics
from dlrecipes.training.engines.compiled.structure import describe, key_of
from dlrecipes.training.engines.compiled.supported import check_supported
from dlrecipes.training.job import Job
from dlrecipes.training.precision import policy_that_ran

_INITIAL_WEIGHTS_KEPT = 16
_STRUCTURES_KEPT = 32
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

    def fits(self, job: Job) -> bool:
        """Whether a job's model has this structure."""
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


class Blueprints:
    """Finds the structure of each job, building as few models as it can.

    A model takes 10 ms and more to build, a whole training in a population takes less. So the
    first job of a structure shows which of its hyperparameters are plain numbers of the model:
    it is built with its own values and twice with others. A hyperparameter is *dynamic* if all
    that it changes in the model's configuration are numbers that may be tensors, and each of
    these becomes the hyperparameter's own value (`Dropout(rate / 2)` is therefore structure). A
    later job that differs in dynamic ones only needs no model at all.

    Args:
        development: Train and validation data.
        policy: The dtype policy.
    """

    def __init__(self, development: Development, policy: str) -> None:
        self._data = development
        self._policy = policy
        self._known: list[Blueprint] = []
        self._initial: OrderedDict[tuple[str, int], State] = OrderedDict()

    def of(self, job: Job) -> Blueprint:
        """Return the structure of a job's model.

        Raises:
            Unsupported: If the model is none that these engines train.
            Exception: Whatever the builder raises.
        """
        for known in reversed(self._known):
            if known.fits(job):
                return known
        found = self._examine(job)
        self._known = [*self._known[1 - _STRUCTURES_KEPT :], found]
        return found

    def initial(self, blueprint: Blueprint, job: Job, seed: int) -> State:
        """Return the state from which a training with a seed begins."""
        place = (blueprint.key, seed)
        if place not in self._initial:
            model = self._build(job, seed)
            self._initial[place] = blueprint.member.initial(model)
            while len(self._initial) > _INITIAL_WEIGHTS_KEPT:
                self._initial.popitem(last=False)
        return self._initial[place]

    def _examine(self, job: Job) -> Blueprint:
        model = self._build(job, job.seed)
        check_supported(model)
        described, leaves = describe(model), find_leaves(model)
        paths = self._dynamic(job, model, described, leaves)
        chosen = [leaves[path] for owned in paths.values() for path in owned]
        y, x = self._data.train.y[:2], self._data.train.x[:2]
        return Blueprint(
            key=key_of({**described, "batch_size": job.batch_size}, {one.path for one in chosen}),
            fixed={name: one for name, one in job.values.items() if name not in paths},
            dynamic=paths,
            names=frozenset(job.values),
            batch_size=job.batch_size,
            member=Member(model, chosen),
            metrics=MemberMetrics(model, y, np.asarray(model(x, training=False))),
            policy=policy_that_ran(model, self._policy),
            parameters=int(model.count_params()),
        )

    def _build(self, job: Job, seed: int) -> keras.Model:
        # Layers are numbered from 1 in each model, so that two builds agree in their names.
        keras.utils.clear_session(free_memory=False)
        keras.config.set_dtype_policy(self._policy)
        keras.utils.set_random_seed(seed)
        return build_model(job, self._data.train.x[:1])

    def _dynamic(
        self, job: Job, model: keras.Model, described: dict[str, object], leaves: dict[str, Leaf]
    ) -> dict[str, tuple[str, ...]]:
        """Return the dynamic hyperparameters with the paths of their numbers."""
        if job.rebuild is None:
            return {}
        space = {one.name: one for one in job.space if one.active(job.values)}
        names = [
            name
            for name, value in job.values.items()
            if name in space and _is_number(value) and space[name].kind in ("float", "choice")
        ]
        probe = _Probe(self, job, model, described, leaves, space)
        found = probe.paths(names)
        if found is None:
            names = [name for name in names if probe.paths([name])]
            found = probe.paths(names)
        return found or {}

    def build_with(self, job: Job, values: dict[str, Value]) -> keras.Model:
        """Build a job's model with other values, from the same seed."""
        rebuild = job.rebuild
        if rebuild is None:
            raise ValueError("the job cannot be built with other values")
        other = Job(
            job.number, values, lambda: rebuild(values), job.seed, job.epochs, job.batch_size
        )
        return self._build(other, job.seed)


class _Probe:
    """Builds a job's model with some hyperparameters changed, and compares."""

    def __init__(
        self,
        blueprints: Blueprints,
        job: Job,
        model: keras.Model,
        described: dict[str, object],
        leaves: dict[str, Leaf],
        space: dict[str, Hyperparameter],
    ) -> None:
        self._blueprints = blueprints
        self._job = job
        self._described = described
        self._leaves = leaves
        self._space = space
        self._weights = [variable.numpy() for variable in _learned(model, leaves)]

    def paths(self, names: list[str]) -> dict[str, tuple[str, ...]] | None:
        """Return the paths of each hyperparameter's numbers; None if not all are dynamic."""
        if not names:
            return {}
        found = [self._once(names, turn) for turn in (1, 2)]
        return found[0] if found[0] == found[1] else None

    def _once(self, names: list[str], turn: int) -> dict[str, tuple[str, ...]] | None:
        changed = {
            name: _other_value(self._space[name], self._job.values[name], 0.31 * turn + 0.17 * at)
            for at, name in enumerate(names)
        }
        try:
            model = self._blueprints.build_with(self._job, {**self._job.values, **changed})
        except Exception:  # the builder refuses, or asks for something else: not a plain number
            return None
        described, leaves = describe(model), find_leaves(model)
        if described.keys() != self._described.keys():
            return None
        paths: dict[str, list[str]] = {name: [] for name in names}
        for path, value in described.items():
            if value == self._described[path]:
                continue
            owners = [
                name
                for name, other in changed.items()
                if path in leaves
                and path in self._leaves
                and _same(leaves[path].value, other)
                and _same(self._leaves[path].value, self._job.values[name])
            ]
            if len(owners) != 1:
                return None
            paths[owners[0]].append(path)
        weights = [variable.numpy() for variable in _learned(model, leaves)]
        if not all(
            np.array_equal(one, other) for one, other in zip(weights, self._weights, strict=True)
        ):
            return None  # the initial weights depend on it
        if not all(paths.values()):
            return None  # it changes something that no configuration shows
        return {name: tuple(owned) for name, owned in paths.items()}


def _learned(model: keras.Model, leaves: dict[str, Leaf]) -> list[keras.Variable]:
    """Return a model's weights without those that are numbers of its configuration."""
    given = {id(leaf.variable) for leaf in leaves.values()}
    return [variable for variable in model.weights if id(variable) not in given]


def _other_value(one: Hyperparameter, value: Value, share: float) -> Value:
    """Return another value of a hyperparameter; different shares give different ones."""
    if one.kind == "choice":
        others = [choice for choice in one.choices if choice != value]
        return others[int(share * 100) % len(others)] if others else value
    share %= 1.0
    if one.log:
        other = float(one.low * (one.high / one.low) ** share)
    else:
        other = float(one.low + share * (one.high - one.low))
    return other if not _same(other, value) else (other + float(one.high)) / 2


def _is_number(value: object) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool)


def _same(one: object, other: object) -> bool:
    if not (_is_number(one) and _is_number(other)):
        return False
    first, second = float(one), float(other)  # type: ignore[arg-type]
    return abs(first - second) <= _SAME * max(abs(first), abs(second))
