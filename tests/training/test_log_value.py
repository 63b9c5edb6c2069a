import numpy as np
import pytest
import tensorflow as tf

from dlrecipes.training.log_value import log_value


@pytest.mark.parametrize("value", [0.5, np.float32(0.5), np.array([0.5]), tf.constant([[0.5]])])
def test_one_number(value):
    assert log_value(value) == 0.5


def test_several():
    with pytest.raises(ValueError, match="reshape"):
        log_value([0.5, 0.5])
