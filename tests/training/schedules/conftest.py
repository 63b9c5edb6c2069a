import keras
import pytest


@pytest.fixture
def float64():
    """Everything in float64, so that what is equal in theory is equal in 9 digits."""
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")
