"""Models of several inputs train as Keras trains them."""

from dataclasses import dataclass

import keras
import numpy as np
import pytest

from dlrecipes.training.engines.compiled.supported import check_supported

LAYERS = keras.layers


@dataclass
class _Part:
    """Like a `Split`, with inputs as Keras is given them."""

    inputs: object
    y: np.ndarray
    sample_weight = None

    @property
    def x(self):
        return self.inputs

    def __len__(self):
        return len(self.y)


def _part(examples, *, by_name, seed):
    generator = np.random.default_rng(seed)
    tokens = generator.integers(0, 5, (examples, 3))
    numbers = generator.normal(size=(examples, 2))
    y = (tokens[:, 0] > 2).astype(float)[:, np.newaxis] + numbers[:, :1]
    return _Part({"tokens": tokens, "numbers": numbers} if by_name else [tokens, numbers], y)


def _model(factor, by_name):
    tokens = keras.Input((3,), dtype="int64", name="tokens")
    numbers = keras.Input((2,), name="numbers")
    words = LAYERS.Flatten()(LAYERS.Embedding(5, 2)(tokens))
    hidden = LAYERS.Dense(4, "tanh")(LAYERS.concatenate([words, numbers]))
    inputs = {"tokens": tokens, "numbers": numbers} if by_name else [tokens, numbers]
    model = keras.Model(inputs, LAYERS.Dense(1)(hidden))
    model.compile(keras.optimizers.Adam(factor / 16), "mse", metrics=["mae"], jit_compile=False)
    return model


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(
    ("by_name", "stacked"),
    [
        (True, True),
        (False, False),
        pytest.param(True, False, marks=pytest.mark.slow),
        pytest.param(False, True, marks=pytest.mark.slow),
    ],
)
def test_equal_to_keras(by_name, stacked, built, side_by_side):
    members = (1.0, 0.5) if stacked else (1.0,)
    models = built(lambda factor: _model(factor, by_name), members)
    check_supported(models[0])
    parts = [_part(examples, by_name=by_name, seed=seed) for examples, seed in ((40, 0), (24, 1))]
    logs = side_by_side(models, *parts, stacked=stacked).check(2, rtol=1e-9)
    assert set(logs[0]) == {"loss", "mae", "val_loss", "val_mae"}
