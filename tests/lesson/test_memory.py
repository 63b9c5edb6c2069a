"""The highest size of the process, by arrays whose size is known."""

import sys

import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.lesson import memory

MEGABYTE = 2**20


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says it")
@pytest.mark.parametrize("size", [64, 200])
def test_what_is_freed_again_counts(size):
    def two_at_once():
        first = np.ones(size * MEGABYTE // 8)
        second = first + 1
        return second.sum()

    dlr.lesson.peak_memory(two_at_once)
    assert dlr.lesson.peak_memory(two_at_once) == pytest.approx(2 * size * MEGABYTE, rel=0.1)
    assert dlr.lesson.peak_memory(lambda: None) < 5 * MEGABYTE


def test_where_the_system_does_not_say(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "_PROCESS", tmp_path / "none")
    assert dlr.lesson.peak_memory(lambda: None) is None
