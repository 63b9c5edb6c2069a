"""The seal: nothing that search, training or checks hold leads to the test rows."""

import functools
import weakref

import keras
import numpy as np
import pytest

from dlrecipes.data import apply_preprocess, from_arrays, load
from dlrecipes.data.parts.sealed_split import _peek


class _Slots:
    __slots__ = ("held",)

    def __init__(self, held):
        self.held = held

    def method(self):
        return self.held


def _closure(held):
    return lambda: held


@pytest.mark.parametrize(
    "hide",
    [
        lambda secret: {"a": [(secret,)]},
        lambda secret: _Slots({1: secret}),
        lambda secret: _Slots(secret).method,
        lambda secret: _closure(secret),
        lambda secret: functools.partial(print, secret),
        lambda secret: secret[2:3, :1],
        lambda secret: np.array([secret, None], dtype=object),
        lambda secret: memoryview(secret),
        lambda secret: weakref.ref(secret),
        lambda secret: iter([secret]),
        lambda secret: (row for row in [secret]),
    ],
)
def test_walker_finds_what_is_hidden(reachable, hide):
    secret = np.arange(12.0).reshape(4, 3).copy()
    hidden = hide(secret)
    assert any(array is secret for array in reachable(hidden))


@pytest.mark.parametrize("preprocess", [False, True])
def test_nothing_leads_to_the_test_rows(reachable, distinct_arrays, preprocess):
    x, y = distinct_arrays
    splits = from_arrays(x, y)
    if preprocess:
        splits = splits.with_preprocess(keras.layers.Normalization())
    development = splits.development()
    test = _peek(splits.test)
    secrets = [test.x, test.y]
    if preprocess:
        secrets.append(apply_preprocess(splits.preprocess, test.x))
    for root in (development, splits.test, splits, splits.test.open, splits.development):
        arrays = reachable(root)
        assert root in (splits.test, splits.test.open) or arrays
        for array in arrays:
            assert not any(np.shares_memory(array, part) for part in (test.x, test.y, test.ids))
            assert not np.shares_memory(array, x)
            assert not np.shares_memory(array, y)
            if array.dtype.kind == "f":
                assert not any(np.isin(array, secret).any() for secret in secrets)


def test_sealed_split_leads_to_no_array_at_all(reachable):
    assert reachable(load("iris").test) == []
