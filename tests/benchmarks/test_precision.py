"""Half precision: ten members are trained, and no public name is forgotten."""

import keras
import numpy as np
import pytest
from measuring.half_precision import EPSILON, POLICIES, measure_member, missed
from measuring.precision_members import _CASES, CI, LEFT_OUT, Case, members

from dlrecipes import layers, losses, models

PUBLIC = {*layers.__all__, *losses.__all__, *models.__all__}


def test_every_public_name_has_a_member_or_a_reason(monkeypatch):
    made = {name.split(".")[1].split("(")[0] for name in members()}
    assert made | LEFT_OUT.keys() == PUBLIC
    assert not made & LEFT_OUT.keys()
    assert len(CI) == 10
    assert set(CI) <= members().keys()
    monkeypatch.setattr(layers, "__all__", [*layers.__all__, "NewLayer"])
    with pytest.raises(SystemExit, match=r"dlrecipes.layers.NewLayer has no member"):
        members()


@pytest.mark.parametrize("name", CI)
def test_half_precision_stays_within_its_tolerance(name):
    found = measure_member(name)
    assert missed(found) == []
    assert all(found[policy]["outputs"] > 0 for policy in POLICIES)  # it did run in half precision
    assert keras.config.dtype_policy().name == "float32"


class Careless(keras.layers.Layer):
    """Takes out a mean of 1000 in half precision, where whole numbers are two apart."""

    def call(self, inputs):
        return inputs - keras.ops.cast(1000, inputs.dtype)


def test_what_half_precision_breaks_is_found(monkeypatch):
    def case():
        head = keras.layers.Dense(1, dtype="float32")
        model = keras.Sequential([keras.Input((3,)), Careless(), head])
        x = 1000 + np.random.default_rng(0).normal(size=(32, 3)).astype("float32")
        return Case(model, x, x[:, :1] - 1000)

    monkeypatch.setitem(_CASES, "Standardization(careless)", case)
    lines = missed(measure_member("layers.Standardization(careless)"))
    assert any(line.startswith("mixed_bfloat16: outputs") for line in lines)
    assert any(line.startswith("mixed_float16: outputs") for line in lines)
    broken = {"failed": "TypeError: half"}
    assert missed(dict.fromkeys(POLICIES, broken)) == [
        f"{policy}: TypeError: half" for policy in EPSILON
    ]
