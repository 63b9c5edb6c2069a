"""The structure that a job's model has, and what of it may change without a new graph."""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import keras

from dlrecipes.data import Development, as_tensors, keras_targets
from dlrecipes.results import Value
from dlrecipes.training.build_model import build_model
from dlrecipes.training.engines.compiled.families import Families, relate
from dlrecipes.training.engines.compiled.leaves import find_leaves
from dlrecipes.training.engines.compiled.member import Member, State
from dlrecipes.training.engines.compiled.member_metrics import MemberMetrics
from dlrecipes.training.engines.compiled.probe import (
    Probe,
    is_number,
    may_be_number,
    same_number,
)
from dlrecipes.training.engines.compiled.stand_ins import few_rows
from dlrecipes.training.engines.compiled.structure import Values, describe, key_of
from dlrecipes.training.engines.compiled.supported import check_loss, check_supported
from dlrecipes.training.engines.compiled.workload import COMPILE_SECONDS, FASTEST_STEP
from dlrecipes.training.job import Job
from dlrecipes.training.precision import policy_that_ran
from dlrecipes.training.stopwatch import timed
from dlrecipes.training.weights_by_path import Weights

# What initial weights follow from: structure, seed, the given ones, and values that have a say.
_Place = tuple[str, int, int, tuple[tuple[str, Value], ...]]
# Bytes of initial weights that are kept, of at least so many states.
_INITIAL_BYTES, _INITIAL_LEAST = 2**26, 16
_STRUCTURES_KEPT = 32
# Jobs of one structure that are worth examining it, however little they train.
_MANY = 8
# Jobs that are looked through for one that may have the same structure.
_MET = 512
# Examples that are enough to see whether two models compute the same.
_EXAMPLES = 8


@dataclass(frozen=True)
class Blueprint:
    """One structure: a model, and which hyperparameters are numbers of it.

    Args:
        key: A digest of everything that the graph follows from.
        fixed: The values of the hyperparameters that are structure.
        dynamic: `{hyperparameter: paths of the numbers that it is}`.
        factors: By what it is multiplied to be one of them, where that is not 1.
        names: All hyperparameters that were active.
        batch_size: Examples a batch.
        member: The model as functions of its state.
        metrics: Its metrics.
        policy: The dtype policy that its layers really have.
        parameters: Number of weights.
        described: What the graph follows from.
        tried: For each dynamic hyperparameter the values with which a model was built.
        choices: Those of them that are choices.
        starts: The dynamic hyperparameters by which weights begin.
        examined: Whether it is known which hyperparameters are numbers. Of a structure that only
            one trial has, all are fixed.
        given: Of such a structure the values of the member's numbers.
        family: What it has in common with structures that differ in sizes and numbers only; empty
            if that cannot be told.
        first: The member whose graph serves the family; None if this structure has one of its own.
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
    starts: frozenset[str] = frozenset()
    examined: bool = True
    given: tuple[float, ...] = ()
    family: str = ""
    first: Member | None = None
    factors: dict[str, float] = field(default_factory=dict)

    def fits(self, job: Job) -> bool:
        """Whether a job's model may have this structure."""
        return (
            self.names == job.values.keys()
            and self.batch_size == job.batch_size
            and all(job.values[name] == value for name, value in self.fixed.items())
            and all(is_number(job.values[name]) for name in self.dynamic)
        )

    def numbers(self, job: Job) -> list[float]:
        """Return the job's value for each of the member's numbers."""
        if not self.examined:
            return list(self.given)
        owners = {path: name for name, paths in self.dynamic.items() for path in paths}
        return [self._number(leaf.path, owners[leaf.path], job) for leaf in self.member.leaves]

    def _number(self, path: str, owner: str, job: Job) -> float:
        return float(job.values[owner]) * self.factors.get(path, 1.0)  # type: ignore[arg-type]

    def on_its_own(self) -> Blueprint:
        """Return the structure with an optimizer of its own, apart from its family."""
        member = Member(self.member.model, self.member.leaves)
        return replace(self, member=member, family="", first=None)

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
            if not same_number(number, self._number(path, owners[path], job)):
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
    shows it. A later job that differs in dynamic ones only needs no model at all; where the
    builder asks for some of its hyperparameters late, each job is built once to know them.

    Of jobs that no other one can share a structure with, nothing has to be found out: they are
    built once, and all their hyperparameters are structure. Where the configuration tells all, as
    with Keras' own layers, they are a *family* with those that differ in sizes and numbers only:
    one program serves all of it (`sizes.py`).

    Args:
        development: Train and validation data.
        policy: The dtype policy.
        log: Takes one line for each float whose values are no numbers of one graph.
        recorded: Keys of the structures that an earlier part of the same run has found.
        alone_if_little: Whether jobs that could share a program need not, where that takes longer.
    """

    def __init__(
        self,
        development: Development,
        policy: str,
        log: Callable[[str], None] = lambda line: None,
        recorded: Collection[str] = (),
        *,
        alone_if_little: bool = True,
    ) -> None:
        self._recorded = frozenset(recorded)
        self._alone_if_little = alone_if_little
        self._data = development
        self._policy = policy
        self._log = log
        # By the names of all that were active, those that were structure in the last job.
        self._structural: dict[frozenset[str], frozenset[str]] = {}
        self._told: set[str] = set()
        self._known: list[Blueprint] = []
        self._asks_late = False
        self._met: deque[Job] = deque(maxlen=_MET)
        self._usual_losses: set[str] = set()
        self._initial: OrderedDict[_Place, tuple[Weights | None, State]] = OrderedDict()
        train = development.train
        weight = train.sample_weight
        y = keras_targets(train.y, development.model_spec)
        rows = few_rows(keras.tree.flatten(y), weight, _EXAMPLES)
        self._few: tuple[Any, Any, Any] = (
            as_tensors(train.inputs[rows]),
            keras.tree.map_structure(lambda array: array[rows], y),
            None if weight is None else weight[rows],
        )
        self._families = Families(self._few, self._check)

    def meet(self, jobs: Iterable[Job]) -> None:
        """Take note of jobs that came together, before any of them is looked at."""
        # As they are now: what a builder asks for late is added to a job's own values.
        self._met += [replace(job, values=dict(job.values)) for job in jobs]

    def of(self, job: Job, seed: int | None = None) -> Blueprint:
        """Return the structure of a job's model.

        Args:
            job: The job. One that was met and that is like no other is not examined.
            seed: Of the weights it begins from; None for the job's own.

        Raises:
            Unsupported: If the model is none that these engines train.
            Exception: Whatever the builder raises.
        """
        early = replace(job, values=dict(job.values))
        seed = job.seed if seed is None else seed
        # Its late values decide which structure it is; building it adds them to the others.
        model = self._build(job, seed) if self._asks_late else None
        for known in reversed(self._known):
            if known.fits(job) and (known.covers(job) or self._confirmed(known, job)):
                return known
        alike, found = self._count_alike(early), None
        if alike == 1 or (alike > 1 and self._is_little(job, alike)):
            found = self._take_alone(job, model or self._build(job, seed), seed)
            if alike > 1 and not found.family:
                found = None
        if found is None or (self._recorded and found.key not in self._recorded):
            # An unbroken run may have had others beside it.
            examined = self._examine(job)
            found = examined if found is None or examined.key in self._recorded else found
        self._asks_late |= len(job.values) > len(early.values)
        self._known = [*self._known[1 - _STRUCTURES_KEPT :], found]
        return found

    def initial(self, blueprint: Blueprint, job: Job, seed: int) -> State:
        """Return the state from which a training with a seed begins."""
        own = tuple(sorted(job.values.items())) if blueprint.starts else ()
        place = (blueprint.key, seed, id(job.initial), own)
        if place not in self._initial:
            # A dropout of rate 0 draws no seed, so that the weights of later layers would be
            # others; whichever job comes first, they must be the same.
            values = dict(job.values)
            for name, tried in blueprint.tried.items():
                if values[name] == 0 and name not in blueprint.starts:
                    values[name] = min((value for value in tried if value), key=abs, default=0.0)
            model = self._build(job, seed) if values == job.values else None
            model = model or self._build_with(job, values, seed)
            self._keep_initial(place, job, blueprint.member.initial(model))
        return self._initial[place][1]

    def _keep_initial(self, place: _Place, job: Job, state: State) -> None:
        # The given weights are kept, too: as long as they are, no others have their id.
        self._initial[place] = (job.initial, state)
        kept = sum(_bytes(state) for _, state in self._initial.values())
        while kept > _INITIAL_BYTES and len(self._initial) > _INITIAL_LEAST:
            _, (_, gone) = self._initial.popitem(last=False)
            kept -= _bytes(gone)

    def _confirmed(self, known: Blueprint, job: Job) -> bool:
        if not known.matches(job, self._build(job, job.seed)):
            return False
        for name, tried in known.tried.items():
            tried.add(float(job.values[name]))  # type: ignore[arg-type]
        return True

    def _count_alike(self, job: Job) -> int:
        """Return how many jobs that were met may have a job's structure, itself included.

        Those with equal values count as one where each may be trained alone.
        """
        names = frozenset(job.values)
        structural = self._structural.get(names, frozenset())
        may_be_numbers = {
            hyperparameter.name
            for hyperparameter in job.space
            if hyperparameter.name in names - structural
            and may_be_number(hyperparameter, job.values[hyperparameter.name])
        }
        fixed = names - may_be_numbers if job.rebuild is not None else names
        alike = [
            tuple(other.values[name] for name in sorted(may_be_numbers))
            for other in self._met
            if other.values.keys() == names
            and other.batch_size == job.batch_size
            and all(other.values[name] == job.values[name] for name in fixed)
        ]
        return len(set(alike) if self._alone_if_little else alike)

    def _is_little(self, job: Job, alike: int) -> bool:
        """Whether examining a structure takes longer than it would save, if it has a family."""
        vary = {
            hyperparameter.name
            for hyperparameter in job.space
            if hyperparameter.name in job.values
            and not may_be_number(hyperparameter, job.values[hyperparameter.name])
        }
        if not vary or alike >= _MANY or not self._alone_if_little:
            return False
        rows = len(self._data.train)
        steps = alike * job.epochs * math.ceil(rows / min(job.batch_size, rows))
        return steps * FASTEST_STEP < COMPILE_SECONDS

    def _check(self, model: keras.Model) -> MemberMetrics:
        """Return a model's metrics, if it can be trained here."""
        check_supported(model)
        x, y, weight = self._few
        check_loss(model, x, y, weight, self._usual_losses)
        # Before others are built: a metric may refuse the model.
        return MemberMetrics(model, y, model(x, training=False))

    def _take_alone(self, job: Job, model: keras.Model, seed: int) -> Blueprint:
        """Return the structure of a job that shares it with no other."""
        described = describe(model)
        relation = relate(model, described, job)
        member, metrics, first = self._families.admit(relation, model)
        key = relation.key or _key(job, described, job.values)
        self._keep_initial((key, seed, id(job.initial), ()), job, member.initial(model))
        structural = self._structural.get(frozenset(job.values), frozenset())
        self._tell({name: job.values[name] for name in structural}, job)
        return Blueprint(
            key=key,
            fixed=dict(job.values),
            dynamic={},
            names=frozenset(job.values),
            batch_size=job.batch_size,
            member=member,
            metrics=metrics,
            policy=policy_that_ran(model, self._policy),
            parameters=int(model.count_params()),
            described=described,
            tried={},
            choices=frozenset(),
            examined=False,
            given=tuple(float(leaf.value) for leaf in relation.leaves.values()),
            family=relation.family,
            first=first,
        )

    def open_shapes(self, blueprint: Blueprint) -> State | None:
        """Return the shapes of a structure's whole family, see `Families.open_shapes`."""
        return self._families.open_shapes(blueprint.family)

    def _examine(self, job: Job) -> Blueprint:
        model = self._build(job, job.seed)
        metrics = self._check(model)
        names = frozenset(job.values)
        before = self._structural.get(names, frozenset())
        probe = Probe(self._build_with, job, model, self._few, before)
        paths = probe.dynamic()
        fixed = {name: value for name, value in job.values.items() if name not in paths}
        # A dropout rate of 0 is structure where others are not.
        self._structural[names] = frozenset(name for name, value in fixed.items() if value != 0)
        self._tell(fixed, job)
        owned = sorted(path for some in paths.values() for path in some)
        begins = {path for path in owned if probe.leaves[path].begins is not None}
        factors = probe.factors(paths)
        described = {**probe.described, "factors": factors} if factors else probe.described
        return Blueprint(
            key=_key(job, described, fixed, owned),
            fixed=fixed,
            dynamic=paths,
            names=names,
            batch_size=job.batch_size,
            # In one order, whichever names the builder gives them.
            member=Member(model, [probe.leaves[path] for path in owned if path not in begins]),
            metrics=metrics,
            policy=policy_that_ran(model, self._policy),
            parameters=int(model.count_params()),
            described=probe.described,
            tried={name: probe.tried(name) for name in paths},
            factors=factors,
            choices=frozenset(
                hyperparameter.name
                for hyperparameter in job.space
                if hyperparameter.kind == "choice" and hyperparameter.active(job.values)
            ),
            starts=frozenset(name for name, some in paths.items() if begins.intersection(some)),
        )

    def _tell(self, fixed: dict[str, Value], job: Job) -> None:
        """Say once of each float that another value of it has been compiled before."""
        for hyperparameter in job.space:
            values = {
                known.fixed[hyperparameter.name]
                for known in self._known
                if hyperparameter.name in known.fixed
            }
            again = hyperparameter.name in fixed and values - {fixed[hyperparameter.name]}
            if hyperparameter.kind == "float" and again and hyperparameter.name not in self._told:
                self._told.add(hyperparameter.name)
                self._log(
                    f"each value of `{hyperparameter.name}` needs a graph of its own, which has "
                    "to be compiled first; a choice of a few values would need no more graphs than "
                    "that"
                )

    @timed("build")
    def _build(self, job: Job, seed: int) -> keras.Model:
        # Layers are numbered from 1 in each model, so that two builds agree in their names.
        keras.utils.clear_session(free_memory=False)
        keras.config.set_dtype_policy(self._policy)
        keras.utils.set_random_seed(seed)
        return build_model(job.build, self._data.train.inputs[:1], job.initial)

    def _build_with(
        self, job: Job, values: dict[str, Value], seed: int | None = None
    ) -> keras.Model:
        """Build a job's model with other values, from the job's seed or another one."""
        seed = job.seed if seed is None else seed
        rebuild = job.rebuild
        if rebuild is None:
            raise ValueError("the job cannot be built with other values")
        return self._build(replace(job, values=values, build=lambda: rebuild(values)), seed)


def _bytes(state: State) -> int:
    return sum(array.nbytes for group in state for array in group)


def _key(job: Job, described: Values, fixed: dict[str, Value], without: Sequence[str] = ()) -> str:
    """Return a digest of what a job's graph follows from."""
    # Of two values of which no configuration shows the difference, each is a structure.
    return key_of({**described, "batch_size": job.batch_size, "fixed": fixed}, set(without))
