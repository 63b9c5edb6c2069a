import pytest

from dlrecipes.results import Hyperparameter, Objective, PlanChange, TrialRecord
from dlrecipes.search.study_findings import (
    check_time_limit,
    check_unused_time,
    find_edges,
    joined,
    outer_part,
    settled,
)

OBJECTIVE = Objective("val_accuracy", "max")
SPACE = (
    Hyperparameter("rate", "float", 1e-4, 1e-1, log=True),
    Hyperparameter("dropout", "float", 0.0, 0.5),
    Hyperparameter("kind", "choice", choices=("a", "b")),
)


def edges_of(record, values, **options):
    records = [record(0, 0.5, values={"rate": 1e-3, "dropout": 0.2}), record(1, 0.9, values=values)]
    return find_edges(SPACE, records, options.pop("limits", {}), "coarse", OBJECTIVE, **options)


def test_a_best_value_in_the_middle(record):
    assert edges_of(record, {"rate": 1e-3, "dropout": 0.3, "kind": "a"}) == []
    assert find_edges(SPACE, [], {}, "coarse", OBJECTIVE) == []


def test_a_best_value_at_a_log_edge_is_widened(record):
    (edge,) = edges_of(record, {"rate": 9e-2, "dropout": 0.0, "kind": "a"})
    assert (edge.side, edge.after.low, edge.after.high) == ("high", 1e-4, pytest.approx(1.0))
    assert edge.finding.verdict == (
        "The best rate, 0.09, lies at the upper edge of the range that was searched, [0.0001, 0.1]."
    )
    assert edge.finding.advice == "The search itself goes on there: the range is now [0.0001, 1]."
    assert edge.finding.action == PlanChange("coarse", "rate", 1e-4, edge.after.high)
    assert edge.finding.evidence["position"] > 0.9

    part = outer_part(SPACE, [edge])
    assert 1e-2 < part[0].low < 1e-1 < part[0].high == edge.after.high
    assert part[1:] == SPACE[1:]
    assert joined(SPACE, part) == (edge.after, *SPACE[1:])


def test_a_linear_edge_needs_a_limit(record):
    values = {"rate": 1e-3, "dropout": 0.49, "kind": "a"}
    (edge,) = edges_of(record, values)
    assert edge.after is None
    assert edge.finding.action is None
    assert edge.finding.severity == "warning"
    assert edge.finding.advice == (
        'If larger values make sense, widen the range in the builder: hp.Float("dropout", 0, '
        "0.75); or let the search widen it, as far as you allow, by "
        'CoarseToFine(…, limits={"dropout": (0, 0.75)}).'
    )
    (edge,) = edges_of(record, values, limits={"dropout": (0.0, 0.6)})
    assert edge.after.high == 0.6


def test_a_limit_that_is_reached_is_named(record):
    values = {"rate": 1e-3, "dropout": 0.49, "kind": "a"}
    (edge,) = edges_of(record, values, limits={"dropout": (0.0, 0.5)})
    assert (edge.after, edge.finding.severity) == (None, "warning")
    assert "and the plan's limit, which is 0.5: CoarseToFine(…, limits=" in edge.finding.advice


@pytest.mark.parametrize(
    ("one", "best", "declared"),
    [
        (Hyperparameter("m", "float", 0.5, 0.99), 0.98, 'hp.Float("m", 0.5, 0.995)'),
        (Hyperparameter("m", "float", 0.5, 4.5), 0.6, 'hp.Float("m", 0, 4.5)'),
        (Hyperparameter("m", "float", -2.0, 2.0), -2.0, 'hp.Float("m", -4, 2)'),
        (Hyperparameter("m", "int", 8, 32, step=8), 32, 'hp.Int("m", 8, 40, step=8)'),
        (Hyperparameter("m", "int", 8, 64, log=True), 64, 'hp.Int("m", 8, 128, sampling="log")'),
        (
            Hyperparameter("m", "float", 1e-4, 0.1, log=True),
            1e-4,
            'hp.Float("m", 1e-05, 0.1, sampling="log")',
        ),
        (
            Hyperparameter("m", "float", 0.01, 0.99, log=True, mirror=1.0),
            0.989,
            'hp.Float("m", 0.01, 0.999, sampling="reverse_log")',
        ),
        (
            Hyperparameter("m", "float", 0.01, 0.99, log=True, mirror=1.0),
            0.01,
            'hp.Float("m", 0.005, 0.99, sampling="reverse_log")',
        ),
        (
            Hyperparameter("m", "int", 4, 16, step=2, log=True, choices=(4, 8, 16)),
            16,
            "If larger values make sense, widen the range in the builder.",
        ),
    ],
)
def test_the_advice_is_what_one_writes_in_the_builder(record, one, best, declared):
    records = [record(0, 0.9, values={"m": best})]
    (edge,) = find_edges((one,), records, {}, "coarse", OBJECTIVE, hindrance="No trials left.")
    assert declared in edge.finding.advice


def test_one_unit_is_the_natural_end_of_whole_numbers_on_a_log_scale(record):
    units = Hyperparameter("units", "int", 1, 64, log=True)
    assert find_edges((units,), [record(0, 0.9, values={"units": 1})], {}, "a", OBJECTIVE) == []


def test_a_range_that_cannot_be_afforded_is_not_said_to_be_widened(record):
    (edge,) = edges_of(record, {"rate": 9e-2, "dropout": 0.1, "kind": "a"}, hindrance="No time.")
    assert edge.after is None
    assert edge.finding.action is None
    assert edge.finding.advice == (
        "If larger values make sense, widen the range in the builder: "
        'hp.Float("rate", 0.0001, 1, sampling="log"). No time.'
    )


def test_only_the_scope_that_was_active_has_an_edge(record):
    space = tuple(
        Hyperparameter("rate", "float", low, high, log=True, conditions=(("kind", (kind,)),))
        for kind, low, high in (("a", 1e-2, 1.0), ("b", 1e-6, 1e-3))
    )
    records = [record(0, 0.9, values={"kind": "b", "rate": 9e-4})]
    (edge,) = find_edges(space, records, {}, "coarse", OBJECTIVE)
    assert edge.before is space[1]
    part = outer_part(space, [edge])
    assert part[0] == space[0]
    assert part[1].high == pytest.approx(1e-2)


def test_what_an_edge_means_in_the_end(record):
    values = {"rate": 9e-2, "dropout": 0.49, "kind": "a"}
    rate, dropout = edges_of(record, values)
    winner = record(2, 0.95, values=values)
    # ---- nothing was searched beyond, and the winner is still there
    assert settled(dropout, [SPACE], winner) == dropout.finding
    # ---- widened, and the winner lies inside
    wide = (rate.after, *SPACE[1:])
    said = settled(rate, [SPACE, wide], record(2, 0.95, values=values | {"rate": 0.2}))
    assert (said.severity, said.action) == ("info", None)
    assert said.verdict.startswith("The best rate, 0.09, lay at the upper edge of the range")
    assert said.advice == (
        "The winner of the whole search has 0.2, which lies inside [0.0001, 1], all that was "
        "searched."
    )
    # ---- widened, and the winner lies at the new edge: that one's own finding warns
    said = settled(rate, [SPACE, wide], record(2, 0.95, values=values | {"rate": 0.99}))
    assert "0.99, which still lies at the edge of [0.0001, 1]" in said.advice
    # ---- not widened, but the winner of a later stage lies elsewhere, or has no such value
    said = settled(dropout, [SPACE], record(2, 0.95, values=values | {"dropout": 0.2}))
    assert (said.severity, "has 0.2, which lies inside [0, 0.5]" in said.advice) == ("info", True)
    assert "has no dropout." in settled(dropout, [], record(2, 0.95, values={"rate": 0.1})).advice


def test_the_time_was_up():
    records = [
        TrialRecord("coarse", 0, {}, "completed"),
        TrialRecord("coarse", 1, {}, "unfinished"),
    ]
    (finding,) = check_time_limit(4, records)
    assert finding.verdict.startswith("The time was up after 1 of 4 trials; one was under way")
    assert not check_time_limit(1, records)


def test_hardly_used():
    (finding,) = check_unused_time(24, 18.0, 240.0)
    assert finding.verdict == "The plan's 24 trials took 0.3 of 4 minutes."
    assert finding.advice == "About 250 would fit: --trials 250."
    assert finding.severity == "info"


@pytest.mark.parametrize(("seconds", "limit"), [(30.0, 60.0), (59.0, 60.0), (61.0, 60.0)])
def test_well_used(seconds, limit):
    assert bool(check_unused_time(24, seconds, limit)) == (seconds <= limit / 2)


@pytest.mark.parametrize("seconds", [0.0, 1e-6])
def test_no_time_at_all(seconds):
    (finding,) = check_unused_time(3, seconds, 60.0)
    assert finding.advice == "About 140 would fit: --trials 140."
    (finding,) = check_unused_time(3, seconds, 1.5)  # a limit of seconds
    assert finding.advice == ""
