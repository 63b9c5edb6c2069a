import pytest

from dlrecipes.results import Hyperparameter, Objective
from dlrecipes.search.backends import importances

OBJECTIVE = Objective("val_accuracy", "max")
SPACE = (
    Hyperparameter("rate", "float", 1e-4, 1e-1, log=True),
    Hyperparameter("noise", "float", 0.0, 1.0),
    Hyperparameter("kind", "fixed", choices=("a",)),
)


def records(record, count=24, **changes):
    return [
        record(
            at,
            1.0 - at / count,
            values={"rate": 10 ** (-4 + 3 * at / count), "noise": (at * 7 % count) / count},
            **changes,
        )
        for at in range(count)
    ]


def test_what_matters_comes_first(record):
    found = importances(records(record), SPACE, OBJECTIVE)
    assert list(found) == ["rate", "noise"]
    assert sum(found.values()) == pytest.approx(1.0)
    assert found["rate"] > 0.7


def test_too_little_to_tell(record):
    assert importances(records(record, 7), SPACE, OBJECTIVE) == {}
    assert importances(records(record), SPACE[:1], OBJECTIVE) == {}
    assert importances([], SPACE, OBJECTIVE) == {}
    same = [record(at, 0.5, values=one.values) for at, one in enumerate(records(record))]
    assert isinstance(importances(same, SPACE, OBJECTIVE), dict)


def test_one_name_in_two_scopes(record):
    space = (
        Hyperparameter("kind", "choice", choices=("a", "b")),
        Hyperparameter("noise", "float", 0.0, 1.0),
        Hyperparameter("rate", "float", 1e-6, 1e-4, log=True, conditions=(("kind", ("a",)),)),
        Hyperparameter("rate", "float", 1e-2, 1.0, log=True, conditions=(("kind", ("b",)),)),
    )
    mixed = [
        record(
            at,
            at / 20,
            values={
                "kind": "ab"[at % 2],
                "rate": (1e-5, 1e-1)[at % 2],
                "noise": (at * 7 % 20) / 20,
            },
        )
        for at in range(20)
    ]
    assert set(importances(mixed, space, OBJECTIVE)) <= {"kind", "rate", "noise"}
