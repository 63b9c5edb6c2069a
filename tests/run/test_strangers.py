"""Twelve builders as others write them, fixed before anything was mended: each works unchanged.

`benchmarks/builders.py` asks more, of all of them. What does not work yet is a strict expected
failure, so that it is noticed when it begins to.
"""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from builders import measure_member, own_failures
from strangers import CI_MEMBERS, STRANGERS

pytestmark = pytest.mark.slow

KIND = {stranger.name: stranger.kind for stranger in STRANGERS}
STEPS = ("tune", "right", "refits", "resume", "open", "saved_model", "keras", "alone")
FAILS: dict[str, str] = {
    "subclassed": "a subclassed model is not read back from its file",
    "precision_and_recall": "resumed in one process, val_recall is looked for as val_recall_3",
    "mixed_kinds": "a choice of values of several types",
    "spare_units": "ten units for three classes are refused",
    "score_of_two": "a HyperModel's own fit is refused",
    "own_callback": "tune takes no callbacks",
    "minus_and_plus": "a linear output under hinge is refused",
}
"""`{member: what fails}`."""


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.xfail(reason=FAILS[name])] if name in FAILS else [])
        for name in CI_MEMBERS
    ],
)
def test_works_unchanged(name):
    row = measure_member(name, KIND[name], steps=STEPS)
    assert own_failures(row) == {}
    assert set(row["steps"].values()) == {"ok"}
