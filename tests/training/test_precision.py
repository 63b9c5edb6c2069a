import keras
import pytest

from dlrecipes.training.precision import choose_policy, dtype_policy, other_policy, policy_that_ran


@pytest.mark.parametrize(
    ("capability", "policy"),
    [
        (None, "float32"),
        ((0, 0), "float32"),
        ((6, 1), "float32"),
        ((7, 0), "mixed_float16"),
        ((7, 5), "mixed_float16"),
        ((8, 0), "mixed_bfloat16"),
        ((9, 0), "mixed_bfloat16"),
        ((12, 0), "mixed_bfloat16"),
    ],
)
def test_auto(capability, policy):
    assert choose_policy("auto", capability) == policy
    assert choose_policy("mixed_float16", capability) == "mixed_float16"
    assert choose_policy("float32", capability) == "float32"


def test_the_old_policy_comes_back():
    before = keras.config.dtype_policy().name
    with dtype_policy("mixed_bfloat16"):
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
        keras.utils.clear_session()
        with dtype_policy("mixed_float16"):
            pass
    assert keras.config.dtype_policy().name == before
    with pytest.raises(KeyError), dtype_policy("mixed_float16"):
        raise KeyError
    assert keras.config.dtype_policy().name == before


def test_the_policy_that_ran():
    def build(*policies):
        layers = [keras.layers.Dense(2, dtype=policy) for policy in policies]
        return keras.Sequential([keras.Input((2,)), *layers])

    mixed = build("mixed_bfloat16", "float32")
    assert policy_that_ran(mixed, "mixed_bfloat16") == "mixed_bfloat16"
    assert policy_that_ran(build("float32", "float32"), "mixed_bfloat16") == "float32"
    nested = keras.Sequential([keras.Input((2,)), mixed, keras.layers.ReLU(dtype="float32")])
    assert policy_that_ran(nested, "mixed_bfloat16") == "mixed_bfloat16"
    weightless = keras.Sequential([keras.Input((2,)), keras.layers.ReLU(dtype="float32")])
    assert policy_that_ran(weightless, "mixed_float16") == "mixed_float16"
    assert policy_that_ran(mixed, "float32") == "mixed_bfloat16"  # set by the builder
    assert policy_that_ran(build("float16", "float32"), "mixed_bfloat16") == "float16"
    assert other_policy(mixed, "mixed_bfloat16") == ()
    (line,) = other_policy(build("float32"), "mixed_bfloat16")
    assert "compute in float32, not in mixed_bfloat16" in line
