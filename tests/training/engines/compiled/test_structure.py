import keras

from dlrecipes.training.engines.compiled.structure import describe

LAYERS = keras.layers


def _described(first, *, names=None, leave_out=()):
    """Describe a network whose first layer has a name, some weights left out of the decay."""
    model = keras.Sequential(
        [keras.Input((4,)), LAYERS.Dense(5, name=first), LAYERS.Dense(3, name="last")]
    )
    optimizer = keras.optimizers.AdamW(0.01)
    optimizer.exclude_from_weight_decay([model.weights[at] for at in leave_out], names)
    model.compile(optimizer, "mse")
    return describe(model)


def test_models_that_decay_other_weights_differ():
    alike = [_described("head", names=["head"]), _described("head_1", names=["head"])]
    alike.append(_described("first", leave_out=[0, 1]))
    assert alike[0] == alike[1] == alike[2]
    others = [
        _described("first", names=["head"]),  # nothing is left out
        _described("head", names=["last"]),
        _described("head", leave_out=[0]),
    ]
    for one in others:
        assert one != alike[0]
