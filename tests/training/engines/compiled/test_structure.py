import keras

from dlrecipes.training import OneCycle
from dlrecipes.training.engines.compiled.sizes import is_told_by_its_configuration
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


def _compiled(*, kind=keras.Sequential, policy="float32", frozen=None, growth=None):
    model = kind([keras.Input((4,)), LAYERS.Dense(5, dtype=policy), LAYERS.Dense(3)])
    if frozen is not None:
        model.weights[frozen].trainable = False
    optimizer = keras.optimizers.SGD(0.1)
    if growth:
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer, dynamic_growth_steps=growth)
    model.compile(optimizer, "mse")
    return describe(model)


def test_what_no_configuration_of_a_layer_shows():
    """The class, a policy, a single weight that is frozen, how losses are scaled."""
    assert _compiled() == _compiled()
    kind = type("Own", (keras.Sequential,), {})
    others = [
        _compiled(kind=kind),
        _compiled(policy="mixed_bfloat16"),
        _compiled(frozen=1),
        _compiled(growth=100),
        _compiled(growth=200),
    ]
    for at, one in enumerate(others):
        assert one not in [_compiled(), *others[:at]]


def test_what_has_moved_since_is_the_structure_that_was_recorded(monkeypatch):
    def described():
        model = keras.Sequential([keras.Input((4,)), LAYERS.Dense(3)])
        model.compile(keras.optimizers.SGD(OneCycle(0.1, 10)), "mse")
        return describe(model)

    now = described()
    assert is_told_by_its_configuration(now)
    monkeypatch.setattr(OneCycle, "__module__", "dlrecipes.training.one_cycle")
    assert described() == now
