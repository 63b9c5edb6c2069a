import numpy as np
import pytest

from dlrecipes.data import Split
from dlrecipes.errors import DataError


def test_length_and_repr():
    split = Split(np.zeros((4, 2)), np.zeros(4))
    assert len(split) == 4
    assert repr(split) == "Split(4 examples, x: (2,) float64)"


def test_views_are_copied_and_owned_arrays_are_not():
    whole = np.arange(20.0).reshape(10, 2).copy()
    owned = np.zeros(3)
    split = Split(whole[:3], owned)
    assert split.x.base is None
    assert split.y is owned


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": np.zeros((3, 2)), "y": np.zeros(4)}, "same length.*x: 3 rows, y: 4 rows"),
        ({"x": np.zeros((3, 2)), "y": np.zeros(3), "ids": np.zeros(2)}, "ids: 2 rows"),
        ({"x": np.zeros((0, 2)), "y": np.zeros(0)}, "at least one example"),
        ({"x": {"a": np.zeros((3, 2))}, "y": np.zeros(3)}, r"one value an example.*a of shape"),
        ({"x": np.zeros((3, 2)), "y": np.float64(1)}, "`y` must be an array with one row"),
    ],
)
def test_malformed(arguments, message):
    with pytest.raises(DataError, match=message):
        Split(**arguments)


def test_pick_and_join_keep_rows_together():
    first = Split(
        {"age": [1.0, 2.0, 3.0], "town": ["a", "b", "c"]},
        [0, 1, 0],
        ids=["p", "q", "r"],
        groups=["g", "h", "g"],
        subgroups={"sex": ["f", "m", "f"]},
    )
    second = Split({"age": [4.0], "town": ["d"]}, [1], ids=["s"], subgroups={"sex": ["m"]})
    picked = first.pick(np.array([2, 0, 2]))
    assert picked.ids.tolist() == ["r", "p", "r"]
    assert picked.x["town"].tolist() == ["c", "a", "c"]
    assert picked.subgroups["sex"].tolist() == ["f", "f", "f"]
    assert picked.time is None
    both = first.joined(second)
    assert both.x["age"].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert both.y.tolist() == [0, 1, 0, 1]
    assert both.subgroups["sex"].tolist() == ["f", "m", "f", "m"]
    assert both.groups is None  # the second part has none
