"""A journal that ends anywhere goes on to the same end."""

import math

import pytest

from dlrecipes.results import Plan, Stage
from dlrecipes.search import Store, discover_space, search

PLAN = Plan(
    (
        Stage("coarse", 4, 4, sampler="sobol", pruner="halving"),
        Stage("middle", 4, 4, sampler="random", pruner="median"),
        Stage("fine", 5, 4, sampler="tpe", pruner="halving", narrow=True),
    )
)


def _curve(values, epochs):
    unit = math.modf(abs(math.log10(values["learning_rate"])) * 1000)[0]
    if unit < 0.2:
        return [0.4, math.nan]
    return [unit * (1 - 0.5 ** (epoch + 1)) for epoch in range(epochs)]


@pytest.fixture
def resumed(tmp_path, fake_engine, context, builder):
    space = discover_space(builder)

    def run(content):
        journal = tmp_path / "study.journal"
        journal.write_bytes(content)
        result = search(PLAN, space, fake_engine(_curve), Store.open(journal, "run"), context())
        return result, journal.read_bytes()

    return run


def _lines(whole):
    return whole.splitlines(keepends=True)


def test_killed_after_any_line(resumed):
    """Also in the middle of a proposal, of a report and of a trial's end."""
    expected, whole = resumed(b"")
    lines = _lines(whole)
    assert {one.status for one in expected.trials} == {"completed", "pruned", "diverged"}
    assert len(lines) > 150
    for end in range(5, len(lines), 23):  # all of them in the slow test
        result, content = resumed(b"".join(lines[:end]))
        assert result == expected
        assert content.startswith(b"".join(lines[:end]))


@pytest.mark.slow
def test_killed_after_every_line(resumed):
    expected, whole = resumed(b"")
    lines = _lines(whole)
    for end in range(len(lines)):
        result, _ = resumed(b"".join(lines[:end]) + lines[end][: end % len(lines[end])])
        assert result == expected
