"""Twelve builders as others write them, fixed before anything was mended: each works unchanged.

`benchmarks/builders.py` asks more, of all of them.
"""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from builders import measure_member, own_failures
from strangers import CI_MEMBERS, STRANGERS

pytestmark = pytest.mark.slow

KIND = {stranger.name: stranger.kind for stranger in STRANGERS}
STEPS = ("tune", "right", "refits", "open", "saved_model", "keras", "alone")


@pytest.mark.parametrize(
    "name",
    [
        *CI_MEMBERS[:6],
        *(pytest.param(name, marks=pytest.mark.exhaustive) for name in CI_MEMBERS[6:]),
    ],
)
def test_works_unchanged(name):
    row = measure_member(name, KIND[name], steps=STEPS)
    assert own_failures(row) == {}
    assert set(row["steps"].values()) == {"ok"}
