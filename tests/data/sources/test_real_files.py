"""Files as they lie on the servers of UCI; DLRECIPES_DATA names the folder that holds them."""

import os
from collections import Counter
from pathlib import Path

import pytest

from dlrecipes.data.sources import infer_columns, read_npz, read_table
from dlrecipes.errors import DataError

FOLDER = Path(os.environ.get("DLRECIPES_DATA", ""))
pytestmark = pytest.mark.skipif("DLRECIPES_DATA" not in os.environ, reason="no DLRECIPES_DATA")


def kinds(frame, **arguments):
    return {column.name: column.kind for column in infer_columns(frame, **arguments)}


def test_adult():
    frame = read_table(FOLDER / "adult/adult-train.csv")
    assert frame.shape == (32_561, 15)
    assert frame["column_2"].isna().sum() == 1836
    assert set(frame["column_15"]) == {"<=50K", ">50K"}
    assert Counter(kinds(frame).values()) == {"number": 6, "category": 9}


def test_sms():
    path = FOLDER / "sms_spam/sms.tsv"
    frame = read_table(path, columns=["label", "message"], quoting=False)
    assert len(frame) == 5574
    assert frame["label"].value_counts().to_dict() == {"ham": 4827, "spam": 747}
    assert kinds(frame, target=["label"]) == {"label": "category", "message": "text"}
    with pytest.raises(DataError, match="quoting=False"):
        read_table(path)


def test_thyroid():
    frame = read_table(FOLDER / "thyroid_sick/sick.csv")
    assert frame.shape == (3772, 30)
    found = kinds(frame, target=["Class"])
    assert [name for name, kind in found.items() if kind == "ignored"] == ["TBG_measured", "TBG"]
    assert found["TSH"] == found["age"] == "number"
    assert found["sex"] == found["Class"] == "category"


def test_bike_sharing():
    frame = read_table(FOLDER / "bike_sharing/hour.csv")
    assert frame.shape == (17_379, 17)
    found = kinds(frame, target=["cnt"])
    assert (found.pop("instant"), found.pop("dteday")) == ("ignored", "date")
    assert set(found.values()) == {"number"}


def test_mnist():
    arrays = read_npz(FOLDER / "mnist/mnist.npz")
    assert {array.dtype.kind for array in arrays.values()} == {"u"}
