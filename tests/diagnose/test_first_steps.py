"""What the first loss, the first gradient and a few steps tell of a training."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.datasets import load_digits

import dlrecipes as dlr
from dlrecipes.diagnose.program import read_program
from dlrecipes.diagnose.program.first_steps import check_first_steps

LAYERS, OPTIMIZERS = keras.layers, keras.optimizers
GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(240, 6)).astype("float32")
TWO = np.arange(240) % 2
KIND = np.digitize(X[:, 0], [-0.5, 0.5])
PRICE = (1000 + 90 * X[:, :1]).astype("float32")


def net(*body, units=3, last="softmax", loss="sparse_categorical_crossentropy", optimizer="adam"):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((6,)), *body, LAYERS.Dense(units, last)])
    model.compile(optimizer, loss, metrics=["accuracy"] if last else None)
    return model


def told(model, x=X, y=KIND, *, train=True, **arguments):
    """`{name: (severity, verdict, evidence)}`."""
    found = dlr.check(model, x, y, epochs=20, train=train, **arguments)
    return {one.name: (one.severity, one.verdict, one.evidence) for one in found}


# ---- the first loss


@pytest.mark.parametrize("loss", ["binary_crossentropy", dlr.losses.FocalLoss("binary", gamma=0.0)])
def test_even_chances_cost_log_2(loss):
    head = LAYERS.Dense(1, kernel_initializer="zeros", name="head")
    model = keras.Sequential([keras.Input((6,)), head])
    if isinstance(loss, str):
        model.add(LAYERS.Activation("sigmoid"))
    model.compile("adam", loss)
    severity, verdict, evidence = told(model, y=TWO, train=False)["initial loss"]
    assert severity == "info"
    assert evidence["start"] == pytest.approx(-math.log(0.5), abs=1e-4)
    assert "0.6931 for even chances" in verdict


def test_ten_classes_cost_log_10_and_raw_digits_far_more():
    x, y = load_digits(return_X_y=True)
    starts = {}
    for name, scale in (("raw", 1.0), ("to 1", 1 / 16)):
        found = []
        for seed in range(5):
            keras.utils.set_random_seed(seed)
            model = keras.Sequential(
                [
                    keras.Input((64,)),
                    LAYERS.Dense(100, "relu"),
                    LAYERS.Dense(10, "softmax"),
                ]
            )
            model.compile("adam", "sparse_categorical_crossentropy")
            found.append(told(model, x * scale, y, train=False)["initial loss"])
        starts[name] = np.mean([evidence["start"] for _, _, evidence in found])
        assert {severity for severity, *_ in found} == {"info"}
        assert found[0][2]["even_chances"] == pytest.approx(math.log(10), abs=1e-4)
    assert starts["to 1"] == pytest.approx(2.35, abs=0.15)
    assert starts["raw"] == pytest.approx(8.7, rel=0.25)


def test_a_network_that_is_sure_of_wrong_answers():
    huge = LAYERS.Dense(8, "relu"), LAYERS.Rescaling(300.0)
    severity, _, evidence = told(net(*huge), train=False)["initial loss"]
    assert (severity, evidence["start"] > 6 * math.log(3)) == ("warning", True)


def test_the_shares_of_the_classes_cost_their_entropy():
    rare = (np.arange(240) % 12 == 0).astype(int)
    bias = keras.initializers.Constant(math.log(1 / 11))
    model = keras.Sequential(
        [
            keras.Input((6,)),
            LAYERS.Dense(1, "sigmoid", kernel_initializer="zeros", bias_initializer=bias),
        ]
    )
    model.compile("adam", "binary_crossentropy")
    entropy = -(math.log(1 / 12) + 11 * math.log(11 / 12)) / 12
    severity, _, evidence = told(model, y=rare, train=False)["initial loss"]
    assert severity == "info"
    assert evidence["start"] == pytest.approx(entropy, abs=2e-3)
    assert evidence["the_shares_of_the_classes"] == pytest.approx(entropy, abs=2e-3)


def test_values_are_compared_with_their_mean():
    severity, _, evidence = told(net(units=1, last=None, loss="mse"), y=PRICE, train=False)[
        "initial loss"
    ]
    assert severity == "info"
    assert evidence["the_mean"] == pytest.approx(PRICE.var(), rel=1e-3)
    assert evidence["start"] == pytest.approx(float((PRICE**2).mean()), rel=0.01)


def test_a_penalty_must_raise_the_loss():
    rewarding = LAYERS.Dense(8, "relu", kernel_regularizer=lambda w: -keras.ops.mean(w**2))
    assert told(net(rewarding), train=False)["regularisation"][0] == "error"


# ---- examples by themselves


@keras.saving.register_keras_serializable("tests")
class Centred(LAYERS.Layer):
    """Takes the mean of the batch away, by mistake."""

    def call(self, x):
        return x - keras.ops.mean(x, axis=0, keepdims=True)


def test_examples_that_leak_into_each_other():
    severity, verdict, _ = told(net(LAYERS.Dense(8, "relu"), Centred()), train=False)["batch leak"]
    assert (severity, "other examples" in verdict) == ("error", True)
    normalised = net(LAYERS.Dense(8, "relu"), LAYERS.BatchNormalization(), LAYERS.Dropout(0.5))
    assert "batch leak" not in told(normalised, train=False)


# ---- gradients


@keras.saving.register_keras_serializable("tests")
class Length(LAYERS.Layer):
    """A root without anything to keep its gradient at 0."""

    def call(self, x):
        return keras.ops.sqrt(keras.ops.sum(x**2, axis=1, keepdims=True))


def test_a_gradient_that_is_no_number():
    x = X.copy()
    x[:9] = 0.0
    severity, verdict, _ = told(net(LAYERS.Dense(2), Length()), x, train=False)["gradients"]
    assert (severity, "is no number" in verdict) == ("error", True)


def test_gradients_that_vanish():
    deep = [
        LAYERS.Dense(8, "sigmoid", kernel_initializer=keras.initializers.RandomNormal(0, 0.1))
        for _ in range(10)
    ]
    severity, verdict, evidence = told(net(*deep), train=False)["gradients"]
    assert (severity, "vanishes" in verdict) == ("warning", True)
    assert 0 < evidence["first"] < 1e-6 * evidence["last"]
    matched = [LAYERS.Dense(8, "relu", kernel_initializer="he_normal") for _ in range(10)]
    assert "gradients" not in told(net(*matched), train=False)


def test_weights_without_a_part_in_the_loss():
    inputs = keras.Input((6,))
    used, unused = LAYERS.Dense(4, name="used"), LAYERS.Dense(4, name="unused")
    hidden = keras.ops.stop_gradient(unused(inputs)) + used(inputs)
    model = keras.Model(inputs, LAYERS.Dense(3, "softmax")(hidden))
    model.compile("adam", "sparse_categorical_crossentropy")
    severity, _, evidence = told(model, train=False)["unused weights"]
    assert severity == "warning"
    assert evidence["weights"] == ["unused/kernel", "unused/bias"]


# ---- by heart


@keras.saving.register_keras_serializable("tests")
class Coarse(LAYERS.Layer):
    """Leaves one whole number of an example."""

    def call(self, x):
        return keras.ops.round(keras.ops.mean(x, axis=1, keepdims=True))


@pytest.mark.slow
def test_two_examples_that_cannot_be_learned():
    severity, verdict, _ = told(net(LAYERS.Dense(1), LAYERS.LayerNormalization()))[
        "learned by heart"
    ]
    assert severity == "error"
    assert verdict == "Two examples cannot be learned by heart: 50 % have the right class."


@pytest.mark.slow
def test_twenty_that_cannot():
    noise = np.random.default_rng(1).normal(size=(240, 1))
    values = {"units": 1, "last": None, "loss": "mse"}
    narrow = net(Coarse(), LAYERS.Dense(200, "relu"), **values)
    assert told(narrow, y=noise)["learned by heart"][0] == "warning"
    assert told(net(**values), y=noise)["learned by heart"][0] == "info"  # so few need not


@pytest.mark.slow
def test_what_is_healthy_learns_by_heart():
    """Dropout, penalties, noise, the batch's statistics, targets of any scale are no hindrance."""
    hindered = net(
        LAYERS.Dense(64, "relu", kernel_regularizer="l2", activity_regularizer="l2"),
        LAYERS.BatchNormalization(),
        LAYERS.Dropout(0.5),
        LAYERS.GaussianNoise(1.0),
    )
    mean = keras.initializers.Constant(1000.0)
    begun = keras.Sequential(
        [keras.Input((6,)), LAYERS.Dense(64, "relu"), LAYERS.Dense(1, bias_initializer=mean)]
    )
    begun.compile("adam", "mae")
    for model, y in (
        (begun, PRICE),
        (hindered, KIND),
        (net(LAYERS.Dense(64, "relu"), units=1, last=None, loss="mse"), PRICE),
    ):
        assert "learned by heart" not in told(model, y=y)


# ---- the first steps


def test_a_rate_that_blows_up():
    wild = net(
        LAYERS.Dense(32, "relu"), units=1, last=None, loss="mse", optimizer=OPTIMIZERS.SGD(1.0)
    )
    severity, verdict, _ = told(wild, y=PRICE)["first steps"]
    assert severity == "error"
    assert verdict.startswith("The loss is no number in step")


def test_a_rate_that_moves_nothing():
    severity, verdict, evidence = told(
        net(LAYERS.Dense(8, "relu"), optimizer=OPTIMIZERS.SGD(2e-5))
    )["first steps"]
    assert (severity, "hardly moves" in verdict) == ("warning", True)
    assert evidence["after"] == pytest.approx(evidence["before"], rel=5e-4)


def test_the_first_steps_beside_what_sees_no_input():
    model = net(LAYERS.Dense(64, "relu"), optimizer=OPTIMIZERS.Adam(1e-2))
    severity, _, evidence = told(model)["zero-input baseline"]
    shares = np.bincount(KIND) / len(KIND)
    assert severity == "info"
    assert evidence["without_inputs"] == pytest.approx(-(shares * np.log(shares)).sum(), abs=2e-3)
    assert evidence["loss"] < evidence["without_inputs"]


def stepped(model, x=X, y=KIND, **arguments):
    """The same of the first steps alone."""
    batch_size = arguments.pop("batch_size", 32)
    program = read_program(model, x, y, batch_size=batch_size, epochs=20, fit=arguments)
    return {
        one.name: (one.severity, one.verdict, one.evidence) for one in check_first_steps(program)
    }


def values(optimizer, *body):
    return net(*body, units=1, last=None, loss="mse", optimizer=optimizer)


@pytest.mark.parametrize(
    ("optimizer", "name"),
    [
        (OPTIMIZERS.SGD(4.5), "learning rate"),
        (OPTIMIZERS.SGD(0.3, momentum=0.99), "optimizer"),
        (OPTIMIZERS.SGD(2e-4), "learning rate"),
        (OPTIMIZERS.SGD(0.2, momentum=0.9), ""),
    ],
    ids=["too high", "too long a momentum", "too low", "healthy"],
)
def test_another_rate_helps(optimizer, name):
    x, y = load_digits(return_X_y=True)
    x = (x[:600] / 16).astype("float32")
    optimizer = type(optimizer).from_config(optimizer.get_config())
    keras.utils.set_random_seed(0)
    body = [LAYERS.Dense(32, "relu") for _ in range(2)]
    model = keras.Sequential([keras.Input((64,)), *body, LAYERS.Dense(10, "softmax")])
    model.compile(optimizer, "sparse_categorical_crossentropy")
    found = stepped(model, x, y[:600])
    faults = {key: one for key, one in found.items() if one[0] != "info"}
    assert list(faults) == ([name] if name else [])
    if name:
        assert faults[name][2]["rate"] == pytest.approx(float(optimizer.learning_rate))


def test_the_rates_of_several_optimizers_are_lowered_together():
    """Those of kernels and of biases are too high."""
    x, y = load_digits(return_X_y=True)
    x = (x[:600] / 16).astype("float32")
    keras.utils.set_random_seed(0)
    patterns = OPTIMIZERS.OptimizerMap(OPTIMIZERS.SGD(4.5), {".*/bias": OPTIMIZERS.SGD(4.0)})
    body = [LAYERS.Dense(32, "relu") for _ in range(2)]
    model = keras.Sequential([keras.Input((64,)), *body, LAYERS.Dense(10, "softmax")])
    model.compile(OPTIMIZERS.MultiOptimizer(patterns), "sparse_categorical_crossentropy")
    severity, _, evidence = stepped(model, x, y[:600])["learning rate"]
    assert (severity, evidence["rate"]) == ("warning", pytest.approx(4.5))
    assert evidence["with_a_tenth"] < 0.5 * evidence["end"]


def test_more_steps_help():
    model = net(LAYERS.Dense(16, "relu"), optimizer=OPTIMIZERS.Adam(0.003))
    severity, _, evidence = stepped(model, steps_per_epoch=1)["duration"]
    assert (severity, evidence["steps"]) == ("warning", 20)
    assert evidence["later"] < 0.7 * evidence["without_inputs"] < evidence["end"]
    assert stepped(model, batch_size=240)["batches"][0] == "warning"
    enough = net(LAYERS.Dense(16, "relu"), optimizer=OPTIMIZERS.Adam(0.05))
    assert "duration" not in stepped(enough, steps_per_epoch=2)


@pytest.mark.parametrize(
    ("optimizer", "severity"), [(OPTIMIZERS.Adam, "warning"), (OPTIMIZERS.SGD, "error")]
)
def test_targets_in_the_thousands(optimizer, severity):
    far = stepped(values(optimizer(), LAYERS.Dense(16, "relu")), y=9 * PRICE)
    assert {name for name, one in far.items() if one[0] != "info"} == {"target range"}
    assert far["target range"][0] == severity
    near = values(optimizer(), LAYERS.Dense(16, "relu"))
    assert "target range" not in stepped(near, y=(PRICE - 1000) / 90)


class Uphill(keras.Model):
    """Hands the gradients on with the wrong sign, in a step that takes a pair."""

    def __init__(self, sign, first=0):
        super().__init__()
        self.sign, self.first, self.last = sign, first, LAYERS.Dense(3, "softmax")

    def call(self, x):
        return self.last(x)

    def train_step(self, given):
        x, y = given
        with tf.GradientTape() as tape:
            loss = self.compute_loss(y=y, y_pred=self(x))
        weights = self.trainable_variables[self.first :]
        gradients = tape.gradient(loss, weights)
        self.optimizer.apply([self.sign * one for one in gradients], weights)
        return {"loss": loss}


def test_a_step_of_ones_own_that_goes_uphill():
    down, up, halved = Uphill(1), Uphill(-1), Uphill(1, first=1)
    for model in (down, up, halved):
        model.compile(OPTIMIZERS.Adam(0.05), "sparse_categorical_crossentropy")
    assert {one[0] for one in stepped(down).values()} <= {"info"}
    assert {name for name, one in told(up).items() if one[0] != "info"} == {"first steps"}
    assert not up.built
    assert stepped(halved)["optimizer"][2]["weights"] == [halved.last.kernel.path]
