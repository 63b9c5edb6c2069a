"""A resumed run has the builder and the data that it began with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from difflib import SequenceMatcher
from importlib import metadata
from os.path import commonprefix

import keras

from dlrecipes.errors import RunError
from dlrecipes.results import (
    BuilderRecord,
    DataSpec,
    Hyperparameter,
    NetworkRecord,
    RunInfo,
    Value,
)
from dlrecipes.search import Build, HyperParameters, discover_space, run_builder
from dlrecipes.training.network_record import record_network

_MADE_BY = ("dlrecipes", "keras")
_PARTS = {
    "network": "another network",
    "optimizer": "another optimizer",
    "loss": "another loss",
    "metrics": "other metrics",
    "code": "other code of its own layers, functions or training step",
}


def record_builder(build: Build) -> tuple[BuilderRecord, keras.Model]:
    """Return what a builder makes, in short, and its network with the defaults.

    Args:
        build: The builder.

    Raises:
        BuilderError: If the builder fails with its defaults or has no search space.
    """
    networks: list[NetworkRecord] = []
    made: list[keras.Model] = []  # the first, for the others need not be kept

    def look(values: dict[str, Value], model: keras.Model) -> None:
        if not made:
            made.append(model)
        if isinstance(model, keras.Model):
            networks.append(record_network(values, model))

    space = discover_space(build, look)
    return BuilderRecord(space, tuple(networks)), made[0]


def compare_builders(
    info: RunInfo, now: BuilderRecord, build: Build, *, text: str
) -> tuple[str, ...]:
    """Refuse another builder than the one that a run began with.

    What differs between two networks of the same values, such as random numbers that a layer
    keeps, is left out: where something is not as it was, the builder makes it once more.

    Args:
        info: What the run began with.
        now: What the builder makes now.
        build: The builder.
        text: The recipe's text, or the builder's; empty if unknown.

    Returns:
        Notes: that the text changed though what it makes did not, or that nothing could be
        compared.

    Raises:
        RunError: If another search space, network, optimizer, loss or metric is made.
    """
    changed = _changed_line(info.origin.text, text) if text else ""
    began_with = info.builder
    if began_with is None:
        return (
            "The run was begun by an earlier version, which noted nothing of its builder: whether "
            "it is the same is not checked" + (f" ({changed})" if changed else "") + ".",
        )
    other = [*_other_space(began_with.space, now.space)]
    if not other:
        had, has = (any(one.is_epochs for one in made.space) for made in (began_with, now))
        networks = tuple(map(_untold, now.networks)) if has and not had else now.networks
        other = _other_networks(began_with.networks, networks, build)
        upgraded = _upgraded(info.versions)
        if other and upgraded and not changed:
            return (
                f"With {upgraded} the builder makes {', '.join(other)}. Its text is the same, and "
                "the run goes on.",
            )
    if other:
        raise RunError(
            "A run must be resumed with the builder that it began with.",
            received="; ".join([*other[:5], *([changed] if changed else [])]),
            fix="Restore the builder, or start a new run. The trials so far stay as they are.",
        )
    if changed:
        return (
            f"The recipe's text has changed ({changed}), but not what the builder makes: the run "
            "goes on, with its own objective, plan and options.",
        )
    return ()


def check_same_description(info: RunInfo, raw: DataSpec, spec: DataSpec) -> None:
    """Refuse data whose arrays are the same, but not what they mean.

    Args:
        info: What the run began with.
        raw: The data as loaded now.
        spec: The data as the builder sees it now.

    Raises:
        RunError: If classes, columns or targets have other names or another order.
    """
    for before, now in ((info.raw_spec, raw), (info.spec, spec)):
        meanings = zip(_meaning(before).items(), _meaning(now).values(), strict=True)
        for (name, had), has in meanings:
            if had != has:
                raise RunError(
                    "A run must be resumed with the data that it began with.",
                    received=f"{name} {_short(has)}, not {_short(had)}",
                    fix="Restore data and preprocessing, or start a new run.",
                )


def check_same_training(info: RunInfo, brought: tuple[str, ...]) -> None:
    """Refuse another `fit`, or other callbacks, than those that a run began with.

    Args:
        info: What the run began with.
        brought: What is there now, in words.

    Raises:
        RunError: If it is not the same.
    """
    if brought != info.own_training:
        raise RunError(
            "A run must be resumed with the training that it began with.",
            received=f"{', '.join(brought) or 'nothing'}, begun with "
            f"{', '.join(info.own_training) or 'nothing'} of the user's own",
            fix="Give the same callbacks and the same HyperModel: "
            "`dlr.resume(directory, build, splits, callbacks=[…])`.",
        )


def _meaning(spec: DataSpec) -> dict[str, object]:
    """Return what must be the same, by name: not the statistics, which follow from the arrays."""
    return {
        "task": spec.task,
        "input_shape": spec.input_shape,
        "kind": spec.kind,
        "classes": tuple(name for target in spec.targets for name in target.class_names),
        "inputs": spec.inputs,
        "columns": spec.columns,
        "features": spec.features,
        "targets": tuple((target.name, target.task) for target in spec.targets),
    }


def _other_space(
    before: tuple[Hyperparameter, ...], now: tuple[Hyperparameter, ...]
) -> Iterator[str]:
    had = {
        (hyperparameter.name, hyperparameter.conditions): hyperparameter
        for hyperparameter in before
    }
    has = {
        (hyperparameter.name, hyperparameter.conditions): hyperparameter for hyperparameter in now
    }
    for place, old in had.items():
        new = has.get(place)
        if new is None:
            yield f"no {old.name!r} any more{_where(old)}"
        elif not new.same_range(old):
            yield f"{old.name!r} {new.described}, begun with {old.described}"
        elif new.default != old.default and new.choices == old.choices:
            # In another order, which a set has in each process, another value comes first.
            yield f"{old.name!r} with default {new.default!r}, begun with {old.default!r}"
    yield from (
        f"a new {new.name!r}{_where(new)}"
        for place, new in has.items()
        # A builder that knew its epochs by itself may ask for them now.
        if place not in had and not new.is_epochs
    )


def _where(one: Hyperparameter) -> str:
    if not one.conditions:
        return ""
    return " where " + " and ".join(
        f"{parent} is {' or '.join(map(repr, values))}" for parent, values in one.conditions
    )


def _other_networks(
    before: tuple[NetworkRecord, ...], now: tuple[NetworkRecord, ...], build: Build
) -> list[str]:
    """Return what differs between networks of the same values, each part once."""
    other: dict[str, str] = {}
    for old in before:
        new = next((network for network in now if network.values == old.values), None)
        if new is None:
            continue
        differ = [
            part for part in _PARTS if part in old.parts and new.parts[part] != old.parts[part]
        ]
        if not set(differ) - other.keys():
            continue
        given = HyperParameters()
        given.values = dict(new.values)
        once_more = record_network(new.values, run_builder(build, given))
        values = ", ".join(f"{name}={value!r}" for name, value in new.values.items())
        for part in differ:
            if once_more.parts[part] == new.parts[part]:
                other.setdefault(part, f"{_PARTS[part]} with {values}" if values else _PARTS[part])
    return list(other.values())


def _untold(network: NetworkRecord) -> NetworkRecord:
    """Return a network as of a builder that does not ask for its epochs, made with its default."""
    values = {name: value for name, value in network.values.items() if name != "epochs"}
    return replace(network, values=values)


def _upgraded(versions: dict[str, str]) -> str:
    """Return which of the packages that describe a network has another version now."""
    now = {name: metadata.version(name) for name in _MADE_BY}
    return ", ".join(
        f"{name} {version} (begun with {versions[name]})"
        for name, version in now.items()
        if name in versions and versions[name] != version
    )


def _changed_line(before: str, now: str) -> str:
    """Return the first line that differs, in words; empty if none does."""
    old, new = before.splitlines(), now.splitlines()
    for kind, start, end, at, to in SequenceMatcher(None, old, new, False).get_opcodes():
        if kind != "equal":
            gone, come = old[start:end][:1], new[at:to][:1]
            alike = len(commonprefix([*gone, *come])) if gone and come else 0
            was = f"begun with {_code(gone[0], alike)}" if gone else "which is new"
            has = f"line {at + 1}, {_code(come[0], alike)}" if come else f"line {at + 1}"
            return f"{has}, {was}"
    return ""


def _code(line: str, alike: int) -> str:
    """Return a line of code; of a long one the part around the place where it differs."""
    first = max(0, alike - 30) if len(line.strip()) > 80 else 0
    return f"`{'…' if first else ''}{_short(line[first:].strip().rstrip(','))}`"


def _short(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
