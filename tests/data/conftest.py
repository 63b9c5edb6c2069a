"""A walk over everything that an object leads to."""

import functools
import gc
import types
import weakref

import numpy as np
import pytest


def _next_objects(item):
    if isinstance(item, types.FunctionType):
        # Not `__globals__`: a module's names are not something that the object holds.
        closure = [_contents(cell) for cell in item.__closure__ or ()]
        return [*closure, item.__defaults__, item.__kwdefaults__, item.__dict__]
    if isinstance(item, np.ndarray):
        elements = item.ravel().tolist() if item.dtype == object else []
        return [item.base, *elements]
    if isinstance(item, memoryview):
        return [item.obj]
    if isinstance(item, weakref.ref):
        return [item()]
    if isinstance(item, functools.partial):
        return [item.func, item.args, item.keywords]
    if isinstance(item, type) and not item.__module__.startswith(("dlrecipes", "test")):
        return []
    return gc.get_referents(item)


def _contents(cell):
    try:
        return cell.cell_contents
    except ValueError:  # a cell that was never filled
        return None


def _is_module(item):
    return isinstance(item, types.ModuleType | types.FrameType | types.CodeType) or (
        isinstance(item, dict) and "__name__" in item and "__spec__" in item
    )


def _reachable_arrays(root):
    """Return the arrays that attributes, slots, containers, closures, bases, … lead to."""
    seen = {}
    waiting = [root]
    while waiting:
        item = waiting.pop()
        if item is None or id(item) in seen or _is_module(item):
            continue
        seen[id(item)] = item
        waiting.extend(_next_objects(item))
    return [item for item in seen.values() if isinstance(item, np.ndarray)]


@pytest.fixture(scope="session")
def reachable():
    return _reachable_arrays


@pytest.fixture
def distinct_arrays():
    """60 × 5 inputs and 60 targets in which no number occurs twice."""
    generator = np.random.default_rng(0)
    x = (generator.permutation(300) + 100.5).reshape(60, 5)
    return x, generator.permutation(60) + 1_000_000.5
