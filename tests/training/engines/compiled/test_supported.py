import keras
import numpy as np
import pytest

from dlrecipes.losses import MaskedLoss
from dlrecipes.training.engines.compiled.leaves import OPTIMIZERS
from dlrecipes.training.engines.compiled.supported import Unsupported, check_loss, check_supported

LAYERS, LOSSES = keras.layers, keras.losses


def _net(*layers, optimizer="sgd", kind=keras.Sequential, shape=(4,), **options):
    model = kind([keras.Input(shape), *layers, LAYERS.Dense(3)])
    model.compile(optimizer, "mse", **options)
    return model


class _OwnStep(keras.Sequential):
    def train_step(self, data):
        return super().train_step(data)


class _Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.layer = LAYERS.Dense(3)
        self.compile("sgd", "mse")

    def call(self, x):
        return self.layer(x)


def _nested():
    inputs = keras.Input((4,))
    heads = [LAYERS.Dense(1)(inputs) for _ in range(3)]
    model = keras.Model(inputs, {"a": heads[0], "b": {"c": heads[1], "d": heads[2]}})
    model.compile("sgd", "mse")
    return model


def _frozen():
    model = _net()
    model.trainable = False
    model.compile("sgd", "mse")
    return model


REFUSED = {
    "a `train_step` of its own": lambda: _net(kind=_OwnStep),
    "neither functional nor Sequential": _Subclassed,
    "its outputs are a structure of structures": _nested,
    "run_eagerly": lambda: _net(run_eagerly=True),
    "no trainable weights": _frozen,
    "keeps a state between batches": lambda: _net(
        LAYERS.Rescaling(1.0), LAYERS.LSTM(2, stateful=True), kind=_of_batches
    ),
    "looks up values in a table": lambda: _net(
        LAYERS.IntegerLookup(vocabulary=[1, 2, 3], output_mode="multi_hot")
    ),
    "changes weights while it is called": lambda: _net(
        LAYERS.SpectralNormalization(LAYERS.Dense(3))
    ),
    "averages weights": lambda: _net(
        optimizer=keras.optimizers.SGD(use_ema=True, ema_overwrite_frequency=3)
    ),
    "`gradient_accumulation_steps`": lambda: _net(
        optimizer=keras.optimizers.SGD(gradient_accumulation_steps=2)
    ),
    "the learning rate is a function": lambda: _net(optimizer=keras.optimizers.SGD(lambda: 0.1)),
}


def _of_batches(layers):
    inputs = keras.Input(batch_shape=(4, 3, 2))
    x = inputs
    for layer in layers[1:]:
        x = layer(x)
    return keras.Model(inputs, x)


@pytest.mark.parametrize("reason", REFUSED)
def test_what_would_be_trained_otherwise_is_refused(reason):
    with pytest.raises(Unsupported, match=reason):
        check_supported(REFUSED[reason]())


def test_only_optimizers_that_are_proven():
    every = [
        one
        for one in vars(keras.optimizers).values()
        if isinstance(one, type)
        and issubclass(one, keras.optimizers.Optimizer)
        and one not in (keras.optimizers.Optimizer, keras.optimizers.LossScaleOptimizer)
    ]
    assert len(every) > len(OPTIMIZERS)
    for one in every:
        if one.__name__ == "MultiOptimizer":
            continue
        model = _net(optimizer=one())
        if one in OPTIMIZERS:
            check_supported(model)
        else:
            with pytest.raises(Unsupported, match=f"the optimizer {one.__name__} is not proven"):
                check_supported(model)


def test_an_optimizer_of_the_users_own_is_not_the_one_it_derives_from():
    class Own(keras.optimizers.SGD):
        def update_step(self, gradient, variable, learning_rate):
            self.assign_add(variable, gradient)

    with pytest.raises(Unsupported, match="the optimizer Own"):
        check_supported(_net(optimizer=Own()))


def _root(y, outputs):
    return keras.ops.sqrt(keras.ops.mean(keras.ops.square(y - outputs)))


def _mean(y, outputs):
    return keras.ops.mean(keras.ops.square(y - outputs))


@pytest.mark.parametrize(
    ("loss", "weighted", "fine"),
    [
        ("mse", True, True),
        (_mean, False, True),
        (LOSSES.MeanSquaredError(reduction="mean_with_sample_weight"), False, True),
        (LOSSES.MeanSquaredError(reduction="mean_with_sample_weight"), True, False),
        (LOSSES.MeanSquaredError(reduction="sum"), False, False),
        (LOSSES.Dice(), False, False),
        (_root, False, False),
    ],
)
def test_a_loss_that_depends_on_the_batches_is_refused(loss, weighted, fine):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), LAYERS.Dense(3, "softmax")])
    model.compile("sgd", loss)
    generator = np.random.default_rng(0)
    x, y = (generator.normal(size=(8, size)).astype("float32") for size in (4, 3))
    weight = generator.uniform(0.2, 3, 8).astype("float32") if weighted else None
    if fine:
        check_loss(model, x, y, weight)
    else:
        with pytest.raises(Unsupported, match="not the mean of the examples' losses"):
            check_loss(model, x, y, weight)


@pytest.mark.parametrize("kind", [dict, list])
@pytest.mark.parametrize(
    ("loss", "fine"),
    [
        (MaskedLoss(LOSSES.MeanSquaredError()), True),
        (MaskedLoss(LOSSES.MeanSquaredError(), 7.0), True),
        (MaskedLoss(LOSSES.MeanSquaredError(), reduction="sum"), False),
        (_root, False),
    ],
)
def test_of_several_losses_each_must_be_a_mean_over_known_targets(loss, fine, kind):
    """Here the halves differ in how many are known."""
    inputs = keras.Input((4,))
    heads = {name: LAYERS.Dense(1, name=name)(inputs) for name in ("age", "income")}
    model = keras.Model(inputs, heads if kind is dict else list(heads.values()))
    model.compile("sgd", loss={"age": "mse", "income": loss})
    generator = np.random.default_rng(0)
    x = generator.normal(size=(8, 4)).astype("float32")
    y = {name: generator.normal(size=(8, 1)).astype("float32") for name in heads}
    unknown = getattr(loss, "missing", 0.0)
    y["income"][5:] = np.nan if unknown is None else unknown
    if fine:
        check_loss(model, x, y, None)
    else:
        with pytest.raises(Unsupported, match="the loss of income is not the mean"):
            check_loss(model, x, y, None)


def test_a_loss_is_tried_on_what_an_untrained_model_does_not_predict():
    """It predicts 0.5 for all examples, and of nothing that is found each batch's share is 0."""

    def missed(y, outputs):
        found = keras.ops.cast(outputs[:, 0] > 0.6, "float32") * y[:, 0]
        return 1 - keras.ops.sum(found) / (keras.ops.sum(y) + 1e-7)

    model = keras.Sequential(
        [keras.Input((4,)), LAYERS.Dense(1, "sigmoid", kernel_initializer="zeros")]
    )
    model.compile("sgd", missed)
    y = np.repeat([[0.0], [1.0]], 4, axis=0).astype("float32")
    with pytest.raises(Unsupported, match="not the mean of the examples' losses"):
        check_loss(model, np.zeros((8, 4), "float32"), y, None)


class _Adds(LAYERS.Layer):
    """Adds to the loss.

    Args:
        amount: What, of the inputs.
    """

    def __init__(self, amount):
        super().__init__()
        self.amount = amount

    def call(self, x):
        self.add_loss(self.amount(x))
        return x


@pytest.mark.parametrize(
    ("layer", "fine"),
    [
        (lambda: _Adds(lambda x: keras.ops.mean(x**2)), True),
        (lambda: LAYERS.ActivityRegularization(l2=0.1), True),
        (lambda: _Adds(lambda x: 1e-3 * keras.ops.sum(x**2)), False),
        (lambda: _Adds(lambda x: keras.ops.std(x)), False),
    ],
)
def test_what_layers_add_to_the_loss_must_be_a_mean(layer, fine):
    """Beside a penalty of weights, which is large."""
    model = _net(layer(), LAYERS.Dense(3, kernel_regularizer=keras.regularizers.L2(1e3)))
    generator = np.random.default_rng(0)
    x, y = (generator.normal(size=(8, size)).astype("float32") for size in (4, 3))
    if fine:
        check_loss(model, x, y, None)
    else:
        with pytest.raises(Unsupported, match="what `add_loss` adds to the loss is not a mean"):
            check_loss(model, x, y, None)


def test_a_model_without_a_loss_is_refused():
    model = keras.Sequential([keras.Input((4,)), LAYERS.Dense(3), LAYERS.ActivityRegularization(1)])
    model.compile("sgd")
    with pytest.raises(Unsupported, match="compiled without a loss"):
        check_loss(model, np.zeros((8, 4), "float32"), np.zeros((8, 3), "float32"), None)


def test_an_output_with_a_mask_is_refused():
    model = keras.Sequential(
        [keras.Input((4,), dtype="int32"), LAYERS.Embedding(9, 2, mask_zero=True)]
    )
    model.compile("sgd", "mse")
    with pytest.raises(Unsupported, match="mask"):
        check_loss(model, np.zeros((4, 4), "int32"), np.zeros((4, 4, 2)), None)
