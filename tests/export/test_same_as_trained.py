"""A network that comes back from its file as another one is refused, and the layer is named."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlrecipes.errors import ExportError
from dlrecipes.export import build_inference_model, load_model
from dlrecipes.export.same_as_trained import check_layers_as_trained, check_same_as_trained

X = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")


def elu(values):  # a function under the name of one of Keras'
    return tf.where(values > 0, values, tf.sin(4.0 * values))


@keras.saving.register_keras_serializable("test_same_as_trained")
class Bump(keras.layers.Layer):
    """Its configuration forgets an argument."""

    def __init__(self, width=1.0, **options):
        super().__init__(**options)
        self.width = width

    def call(self, values):
        return keras.ops.exp(-keras.ops.square(values / self.width))

    def get_config(self):
        return super().get_config()


@keras.saving.register_keras_serializable("test_same_as_trained")
class Outer(keras.layers.Layer):
    """It hands an argument on to a layer inside, and its own configuration forgets it."""

    def __init__(self, width=1.0, **options):
        super().__init__(**options)
        self.inner = Bump(width)

    def call(self, values):
        return self.inner(values)

    def get_config(self):
        return super().get_config()


@keras.saving.register_keras_serializable("test_same_as_trained")
class Hidden(keras.layers.Layer):
    """What it forgets is no plain attribute."""

    def __init__(self, shift=None, **options):
        super().__init__(**options)
        self.shift = np.zeros(1, "float32") if shift is None else np.asarray(shift, "float32")

    def call(self, values):
        return values + self.shift

    def get_config(self):
        return super().get_config()


@keras.saving.register_keras_serializable("test_same_as_trained")
class Subclassed(keras.Model):
    def __init__(self, width=1.0, **options):
        super().__init__(**options)
        self.bump, self.answer = Bump(width, name="bump"), keras.layers.Dense(3)

    def call(self, values):
        return self.answer(self.bump(values))

    def get_config(self):
        return {}


def sequential(*layers):
    last = keras.layers.Dense(3, activation="softmax", dtype="float32")
    return keras.Sequential([keras.Input((3,)), *layers, last])


def pair(network, spec, folder):
    """The model in memory, and as it comes back."""
    network.compile("sgd", "sparse_categorical_crossentropy")
    if not network.built:
        network(X)
    trained = build_inference_model(network, None, spec(), spec())
    trained.save(folder / "model.keras")
    return trained, load_model(folder / "model.keras")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: sequential(keras.layers.Dense(4, activation=elu, name="own")),
            r"the layer 'own' \(Dense\) differs by \S+: activation is \S*test_same_as_trained\.elu "
            r"as trained, keras\S*\.elu as loaded\. Register it",
        ),
        (
            lambda: sequential(keras.layers.Dense(4), Bump(3.0, name="bump")),
            r"the layer 'bump' \(Bump\) differs by \S+: width is 3\.0 as trained, 1\.0 as loaded\. "
            r"Return `width` in `get_config` of Bump\.",
        ),
        (
            lambda: sequential(keras.Sequential([keras.Input((3,)), Bump(3.0, name="deep")])),
            r"the layer 'deep' \(Bump\)",
        ),
        (lambda: sequential(Outer(3.0)), r"\(Bump\) differs by \S+: width is 3\.0 as trained"),
        (
            lambda: sequential(Hidden([3.0], name="hidden")),
            r"the layer 'hidden' \(Hidden\) differs by \S+\. `get_config` must return every",
        ),
        (lambda: Subclassed(3.0), r"the layer 'bump' \(Bump\).*width is 3\.0 as trained"),
    ],
)
def test_the_layer_is_named(spec, tmp_path, make, message):
    trained, saved = pair(make(), spec, tmp_path)
    for check in (check_same_as_trained, check_layers_as_trained):
        with pytest.raises(ExportError, match=f"must answer as the trained one.*{message}"):
            check(trained, saved, X, policy="float32")


@pytest.mark.parametrize(
    "make",
    [
        lambda: sequential(keras.layers.Dense(4, activation="elu"), Bump()),
        lambda: sequential(keras.layers.BatchNormalization(), keras.layers.Dropout(0.5)),
        lambda: sequential(keras.layers.Reshape((3, 1)), keras.layers.GRU(2)),
        Subclassed,
    ],
)
def test_what_comes_back_as_it_was(spec, tmp_path, make):
    trained, saved = pair(make(), spec, tmp_path)
    check_same_as_trained(trained, saved, X, policy="float32")
    check_layers_as_trained(trained, saved, X, policy="float32")


def test_a_difference_that_an_untrained_network_hides(spec, tmp_path):
    network = keras.Sequential(
        [keras.Input((3,)), Bump(3.0), keras.layers.Dense(3, "softmax", kernel_initializer="zeros")]
    )
    trained, saved = pair(network, spec, tmp_path)
    check_same_as_trained(trained, saved, X, policy="float32")
    with pytest.raises(ExportError, match="width"):
        check_layers_as_trained(trained, saved, X, policy="float32")


@keras.saving.register_keras_serializable("test_same_as_trained")
class AlwaysDropped(keras.layers.Dropout):
    def call(self, inputs, training=False):
        return super().call(inputs, training=True)


@pytest.mark.parametrize("check", [check_same_as_trained, check_layers_as_trained])
def test_what_is_random_at_prediction_is_no_fault_of_the_file(tmp_path, check):
    drawing = AlwaysDropped(0.5, name="drawing")
    model = keras.Sequential([keras.Input((8,)), drawing, keras.layers.Dense(1)])
    model.save(tmp_path / "model.keras")
    saved = keras.models.load_model(tmp_path / "model.keras")
    x = np.ones((16, 8), np.float32)
    with pytest.raises(ExportError, match=r"same answer .*each time, from the layer 'drawing'"):
        check(model, saved, x, policy="float32")


def test_what_is_known_of_the_trained_one_is_not_asked_again(spec, tmp_path):
    trained, saved = pair(sequential(keras.layers.Dense(4)), spec, tmp_path)
    known = np.asarray(trained(X))

    def never(inputs, training=False):
        raise AssertionError("its predictions are known")

    check_same_as_trained(never, saved, X, predicted=known, policy="float32")
    # ---- where they are not what the file answers, the model itself decides
    check_same_as_trained(trained, saved, X, predicted=known + 1e-3, policy="float32")
    with pytest.raises(AssertionError, match="predictions are known"):
        check_same_as_trained(never, saved, X, predicted=known + 1e-3, policy="float32")
