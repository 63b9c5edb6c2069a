import keras
import numpy as np
import pytest

from dlrecipes.training.engines.compiled import device_data
from dlrecipes.training.engines.compiled.supported import Unsupported

LAYERS = keras.layers


def _build(*layers, units=3):
    model = keras.Sequential([keras.Input((6,)), *layers, LAYERS.Dense(units)])
    model.compile(
        keras.optimizers.SGD(0.125),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )
    return model


class _Raises(LAYERS.Layer):
    """A layer of the user's own that cannot be trained in a graph."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def call(self, x, training=False):
        if training:
            raise self.error("no graph")
        return x

    def get_config(self):
        return super().get_config() | {"error": self.error.__name__}


@pytest.mark.parametrize("error", [AttributeError, MemoryError])
def test_whatever_tracing_raises_is_a_reason_not_to_train_so(error, built, side_by_side, examples):
    models = built(lambda _: _build(_Raises(error)), (0, 1))
    pair = side_by_side(models, examples(), examples(seed=1))
    with pytest.raises(Unsupported, match=f"{error.__name__}.*no graph"):
        pair.program.prepare(pair.state, pair.numbers)


def test_an_interrupt_while_tracing_is_none(built, side_by_side, examples):
    models = built(lambda _: _build(_Raises(KeyboardInterrupt)), (0, 1))
    pair = side_by_side(models, examples(), examples(seed=1))
    with pytest.raises(KeyboardInterrupt):
        pair.program.prepare(pair.state, pair.numbers)


@pytest.mark.usefixtures("float64")
def test_the_predictions_of_a_piece_are_bounded(built, side_by_side, examples, monkeypatch):
    """Room for those of two members' 32 examples: several pieces, and the same accuracy."""
    units, batch_size, examples_of_a_piece = 20, 16, 32
    monkeypatch.setattr(device_data, "_BYTES", 2 * examples_of_a_piece * units * 8)
    models = built(lambda _: _build(units=units), (0, 1))
    train = examples()
    pair = side_by_side(models, train, examples(seed=1), batch_size=batch_size)
    handed_over = []
    whole = pair.program._piece_function

    def spy(state, numbers, seeds, rows, *arguments):
        handed_over.append(np.shape(rows))
        return whole(state, numbers, seeds, rows, *arguments)

    pair.program._piece_function = spy
    pair.check(epochs=1)
    assert handed_over == [(examples_of_a_piece,)] * -(-len(train) // examples_of_a_piece)
    assert len(handed_over) > 1
