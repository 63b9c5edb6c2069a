import numpy as np
import pytest

from dlrecipes.data import describe_target
from dlrecipes.errors import ArgumentError, DataError

NAN = float("nan")


def test_values():
    y = np.array([1.0, NAN, 4.0, 7.0])
    target = describe_target("age", y, "regression")
    assert (target.task, target.known, target.outputs, target.num_classes) == (
        "regression",
        3,
        1,
        0,
    )
    assert (target.mean, target.std) == pytest.approx((4.0, np.std([1, 4, 7])))


def test_classes():
    target = describe_target("grade", [0, 2, NAN, 2, 1], "ordinal", class_names="abcd")
    assert target.priors == (0.25, 0.25, 0.5, 0.0)
    assert (target.num_classes, target.outputs, target.known) == (4, 4, 4)
    assert describe_target("grade", [0, 2, 1], "classification").num_classes == 3
    two = describe_target("left", np.array([0, 1, 1, 1]), "classification")
    assert (two.priors, two.outputs) == ((0.25, 0.75), 1)


@pytest.mark.parametrize(
    ("y", "task", "message"),
    [
        ([NAN, NAN], "regression", r"two different known values.*0 of 2 known"),
        ([3.0, 3.0, NAN], "regression", r"two different known values.*2 of 3 known"),
        ([[1.0], [2.0]], "regression", r"one value an example.*\(2, 1\)"),
        ([1.0, np.inf], "regression", r"must be finite"),
        ([0, 1, -1], "classification", r"whole numbers from 0 to 1, or NaN where missing.*y: -1"),
        ([0, 1, 0.5], "ordinal", r"whole numbers.*y: 0\.5"),
        ([0, np.inf], "classification", r"must be finite"),
    ],
)
def test_wrong_targets(y, task, message):
    with pytest.raises(DataError, match=message):
        describe_target("y", y, task)


def test_wrong_task():
    with pytest.raises(ArgumentError, match=r"`task` must be one of .*'ordinal'"):
        describe_target("y", [0, 1], "ranking")
