"""Structures that differ in sizes and numbers only, and that one graph may serve."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from dlrecipes.training.engines.compiled.leaves import Leaf, find_leaves
from dlrecipes.training.engines.compiled.member import Member, State
from dlrecipes.training.engines.compiled.member_metrics import MemberMetrics
from dlrecipes.training.engines.compiled.probe import same_number
from dlrecipes.training.engines.compiled.sizes import (
    is_told_by_its_configuration,
    open_shapes,
    slots_like,
    without_sizes,
)
from dlrecipes.training.engines.compiled.structure import Values, key_of
from dlrecipes.training.engines.compiled.workload import on_gpu
from dlrecipes.training.job import Job

_KEPT = 16
_SELDOM = re.compile(r"optimizer(s/\d+)?/(beta_1|beta_2|epsilon|rho)")


@dataclass(frozen=True)
class Relation:
    """What a network has in common with others.

    Args:
        leaves: Its numbers that may differ, by path.
        key: What it has in common with those that differ in these numbers; empty if its
            configuration does not tell all.
        family: What it has in common with those that differ in sizes, too; empty likewise.
    """

    leaves: dict[str, Leaf]
    key: str
    family: str


@dataclass
class _Family:
    """Structures that differ in sizes and numbers only.

    Args:
        metrics: Their metrics.
        member: The first of them.
        looked: Whether `shapes` is known.
        shapes: Those of all their states, None for a size that varies; None without any.
    """

    metrics: MemberMetrics
    member: Member
    looked: bool = False
    shapes: State | None = None


class Families:
    """The families of an engine; the last ones are kept.

    Args:
        few: A few inputs, targets and weights.
        check: Refuses a model that cannot be trained here, and returns its metrics.
    """

    def __init__(
        self, few: tuple[Any, Any, Any], check: Callable[[keras.Model], MemberMetrics]
    ) -> None:
        self._few = few
        self._check = check
        self._families: OrderedDict[str, _Family] = OrderedDict()

    def admit(
        self, relation: Relation, model: keras.Model
    ) -> tuple[Member, MemberMetrics, Member | None]:
        """Return a network as a member, its metrics, and the member whose graph serves it.

        Args:
            relation: What it has in common with others.
            model: The network.

        Returns:
            The last is None where it needs a graph of its own.

        Raises:
            Unsupported: If it cannot be trained here.
        """
        known = self._families.pop(relation.family, None)
        slots = None
        if known is not None and self._shapes(known) is not None:
            slots = slots_like(known.member, model)
        member = Member(model, list(relation.leaves.values()), slots)
        if known is not None and slots is not None:
            metrics, first = known.metrics, known.member
            member.build_loss(*self._few[:2])
        else:
            metrics, first = self._check(model), None
        if relation.family:
            self._families[relation.family] = known or _Family(metrics, member)
            if len(self._families) > _KEPT:
                self._families.popitem(last=False)
        return member, metrics, first

    def open_shapes(self, family: str) -> State | None:
        """Return the shapes that the states of a family have.

        Args:
            family: As a `Relation` has it.

        Returns:
            Shapes with None for the sizes that vary; None if its graph knows sizes. Whether there
            is only one of the family does not count: a trial's result should not depend on those
            before it, not even in the last bits.
        """
        found = self._families.get(family)
        return None if found is None else self._shapes(found)

    def _shapes(self, family: _Family) -> State | None:
        if not family.looked and not on_gpu():
            family.looked, family.shapes = True, open_shapes(family.member, self._few)
        return family.shapes


def relate(model: keras.Model, described: Values, job: Job) -> Relation:
    """Return what a job's network has in common with others.

    Args:
        model: The network.
        described: What `describe` returned.
        job: The job.
    """
    # Averages of weights are validated, which are nothing before the first step.
    if not is_told_by_its_configuration(described) or model.optimizer.use_ema:
        return Relation({}, "", "")
    found = dict(sorted(find_leaves(model).items()))
    starts = {path: "a start" for path, leaf in found.items() if leaf.begins is not None}
    leaves = {
        path: leaf for path, leaf in found.items() if path not in starts and _varies(leaf, job)
    }
    numbers = dict.fromkeys(leaves, "a number")
    # Each begins from weights of its own, so that only the graph is common.
    key, family = (
        key_of({**part, "batch_size": job.batch_size}, set())
        for part in (
            {**described, **numbers},
            {**without_sizes(model, described), **numbers, **starts},
        )
    )
    return Relation(leaves, key, family)


def _varies(leaf: Leaf, job: Job) -> bool:
    """Whether a number is to be an argument of a family's graph.

    At zero some numbers are left out of a graph, such as the rate of a dropout; and those of an
    optimizer that no trial changes cost a trace several operations a weight.
    """
    asked_for = any(same_number(leaf.value, value) for value in job.values.values())
    return bool(leaf.value) and not leaf.echo and (asked_for or not _SELDOM.fullmatch(leaf.path))
