import keras
from measuring.flops import count_training_flops


def _compiled(*layers):
    model = keras.Sequential(layers)
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def test_dense_layers():
    """Forward, and two gradients but for the inputs'."""
    model = _compiled(keras.Input((7,)), keras.layers.Dense(5), keras.layers.Dense(3))
    assert count_training_flops(model, 4) == 2 * 4 * (2 * 7 * 5 + 3 * 5 * 3)


def test_convolutions():
    model = _compiled(
        keras.Input((8, 8, 2)),
        keras.layers.Conv2D(4, 3, padding="same"),
        keras.layers.Conv2D(6, 3, strides=2, padding="same"),
        keras.layers.GlobalAveragePooling2D(),
    )
    first, second = 8 * 8 * 4 * 3 * 3 * 2, 4 * 4 * 6 * 3 * 3 * 4
    assert count_training_flops(model, 2) == 2 * 2 * (2 * first + 3 * second)
