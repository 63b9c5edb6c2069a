"""Builders as KerasTuner's users write them: each runs as it stands, with the right result.

What does not run yet is a strict expected failure, so that it is noticed when it begins to.
"""

import subprocess
import sys

import keras
import keras_tuner
import numpy as np
import pytest
import tensorflow as tf
from sklearn.metrics import accuracy_score

import dlrecipes as dlr
from dlrecipes.search import Listener

pytestmark = [pytest.mark.slow, pytest.mark.exhaustive]  # test_strangers.py: on every change

GENERATOR = np.random.default_rng(0)
CENTRES = GENERATOR.normal(size=(3, 8))
KIND = GENERATOR.integers(0, 3, 400)
X = (CENTRES[KIND] + 0.7 * GENERATOR.normal(size=(400, 8))).astype("float32")
PRICE = (X @ GENERATOR.normal(size=8) + 0.1 * GENERATOR.normal(size=400)).astype("float32")
SERIES = GENERATOR.normal(size=(300, 24, 3)).astype("float32")
RISING = (SERIES[:, :, 0].mean(axis=1) > 0).astype(int)


@pytest.fixture
def tune(tmp_path):
    def run(build, x, y, objective="val_accuracy", epochs=4):
        plan = dlr.CoarseToFine(trials=4, epochs=epochs, refit_seeds=2)
        splits = dlr.data.from_arrays(x, y)
        settings = dlr.RunSettings(out=tmp_path / "run", baseline_seconds=1.0)
        return dlr.tune(build, splits, objective, plan, settings, listener=Listener())

    return run


def classifier(hp, *body, units=None, activation="softmax", outputs=3, **options):
    options = {
        "optimizer": keras.optimizers.Adam(0.02),
        "loss": "sparse_categorical_crossentropy",
        "metrics": ["accuracy"],
        **options,
    }
    units = hp.Choice("units", [16, 32]) if units is None else units
    layers = [*body, keras.layers.Dense(units, activation="relu")]
    model = keras.Sequential([*layers, keras.layers.Dense(outputs, activation=activation)])
    model.compile(**options)
    return model


def assert_learned(run, at_least=0.8):
    """The exported network says of the validation part what the search said."""
    for refit in run.result.refits:
        assert refit.validation["accuracy"] >= at_least
        searched = refit.history["val_accuracy"][refit.best_epoch]
        assert refit.validation["accuracy"] == pytest.approx(searched, abs=1e-6)


# ---- targets and their losses


def r_squared(target, predicted):
    rest = tf.reduce_sum(tf.square(target - predicted))
    return 1.0 - rest / tf.reduce_sum(tf.square(target - tf.reduce_mean(target)))


def test_a_column_of_values_keeps_its_form_in_a_metric_of_ones_own(tune):
    def build(hp):
        return classifier(hp, outputs=1, activation=None, loss="mse", metrics=[r_squared])

    run = tune(build, X, PRICE[:, None], keras_tuner.Objective("val_r_squared", "max"), epochs=8)
    for refit in run.result.refits:
        assert refit.history["val_r_squared"][refit.best_epoch] > 0.8


ONE_HOT = keras.utils.to_categorical(KIND, 3)
SIGMOID = {"outputs": 1, "activation": "sigmoid", "loss": "binary_crossentropy"}


def test_one_hot_labels(tune):
    run = tune(lambda hp: classifier(hp, loss="categorical_crossentropy"), X, ONE_HOT)
    assert_learned(run)


@pytest.mark.exhaustive
def test_categorical_crossentropy_of_whole_numbers(tune):
    assert_learned(tune(lambda hp: classifier(hp, loss="categorical_crossentropy"), X, KIND))


@pytest.mark.exhaustive
def test_float_labels(tune):
    labels = (KIND == 0).astype("float32")
    assert_learned(tune(lambda hp: classifier(hp, **SIGMOID), X, labels))


@pytest.mark.exhaustive
def test_accuracy_on_a_logit(tune):
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    run = tune(lambda hp: classifier(hp, outputs=1, activation=None, loss=loss), X, KIND == 0)
    assert_right_beside_what_was_asked_for(run)


def assert_right_beside_what_was_asked_for(run):
    """What the search had is Keras' number at 0.5; what is reported is the share that is right."""
    part = dlr.data.from_arrays(X, KIND == 0).validation
    right = accuracy_score(part.y, run.predict(part.x).argmax(axis=1))
    assert right > 0.8
    assert run.result.refits[0].validation["accuracy"] == pytest.approx(right)
    (found,) = (finding for finding in run.result.findings if finding.name == "accuracy")
    assert "not the share that is classified right" in found.verdict


@pytest.mark.exhaustive
def test_hinge_with_accuracy(tune):
    def build(hp):
        return classifier(hp, outputs=1, activation="tanh", loss="hinge")

    assert_right_beside_what_was_asked_for(tune(build, X, np.where(KIND == 0, 1, -1)))


@pytest.mark.exhaustive
def test_three_sigmoids(tune):
    assert_learned(tune(lambda hp: classifier(hp, activation="sigmoid"), X, KIND))


@pytest.mark.exhaustive
def test_squared_error_of_classes(tune):
    assert_learned(tune(lambda hp: classifier(hp, loss="mse"), X, KIND))


def test_the_form_that_was_found_is_that_of_a_resumed_run(tune, tmp_path):
    def build(hp):
        return classifier(hp, loss="categorical_crossentropy")

    def splits():
        return dlr.data.from_arrays(X, np.array(["ant", "bee", "cat"])[KIND])

    plan = dlr.CoarseToFine(trials=2, epochs=4, refit_seeds=1)
    dlr.tune(
        build,
        splits(),
        plan=plan,
        settings=dlr.RunSettings(out=tmp_path / "r"),
        listener=Listener(),
    )
    more = dlr.CoarseToFine(trials=4, epochs=4, refit_seeds=1)
    run = dlr.resume(tmp_path / "r", build, splits(), plan=more, listener=Listener())
    assert_learned(run)
    form = dlr.Run(tmp_path / "r").info.raw_spec.target.form
    assert (form.shape, form.dtype, form.found) == ((3,), "float32", True)
    assert "one-hot rows (examples, 3)" in (tmp_path / "r" / "log.txt").read_text()


@pytest.mark.exhaustive
def test_a_spare_unit(tune):
    assert_learned(tune(lambda hp: classifier(hp, outputs=10), X, KIND))


@pytest.mark.exhaustive
def test_a_metric_without_a_name(tune):
    def build(hp):
        metrics = [keras.metrics.AUC(), keras.metrics.Recall()]
        return classifier(hp, **SIGMOID, metrics=metrics)

    run = tune(build, X, KIND == 0, keras_tuner.Objective("val_auc", "max"))
    assert run.result.best.validation["auc"] > 0.9
    for refit in run.result.refits:
        # Keras sums 200 trapezoids, scikit-learn counts pairs.
        assert refit.validation["roc_auc"] == pytest.approx(
            refit.history["val_auc"][refit.best_epoch], abs=0.01
        )


class Balanced(keras.metrics.Metric):
    """The mean of sensitivity and specificity."""

    def __init__(self, name="balanced", **options):
        super().__init__(name=name, **options)
        self.counts = self.add_weight(shape=(2, 2), initializer="zeros", name="counts")

    def update_state(self, y_true, y_pred, sample_weight=None):
        positive = tf.reshape(tf.cast(y_true, "float32"), (-1, 1))
        called = tf.reshape(tf.cast(y_pred > 0.5, "float32"), (-1, 1))
        sides = tf.concat([1 - positive, positive], axis=1)
        self.counts.assign_add(tf.matmul(sides, tf.concat([1 - called, called], axis=1), True))

    def result(self):
        return tf.reduce_mean(tf.linalg.diag_part(self.counts) / tf.reduce_sum(self.counts, axis=1))


def mean_margin(y_true, y_pred):
    return tf.abs(y_pred - 0.5)


@pytest.mark.parametrize(
    ("name", "engine"),
    [
        ("auc_1", "auto"),
        ("balanced", "fit"),
        *(
            pytest.param(name, engine, marks=pytest.mark.exhaustive)
            for name in ("auc_1", "f1_score", "balanced", "mean_margin")
            for engine in ("auto", "fit")
            if (name, engine) not in {("auc_1", "auto"), ("balanced", "fit")}
        ),
    ],
)
def test_an_objective_of_any_metric(tmp_path, engine, name):
    def build(hp):
        metrics = [
            keras.metrics.AUC(),
            keras.metrics.AUC(curve="PR"),
            keras.metrics.F1Score(threshold=0.5),
            Balanced(),
            mean_margin,
        ]
        return classifier(hp, **SIGMOID, metrics=metrics)

    objective = keras_tuner.Objective(f"val_{name}", "max")
    settings = dlr.RunSettings(out=tmp_path / "run", engine=engine)
    plan = dlr.CoarseToFine(trials=2, epochs=3, refit_seeds=1)
    splits = dlr.data.from_arrays(X, (KIND == 0).astype("float32")[:, None])
    run = dlr.tune(build, splits, objective, plan, settings, listener=Listener())
    (refit,) = run.result.refits
    curve = refit.history[f"val_{name}"]
    assert max(curve) == curve[refit.best_epoch] > (0.2 if name == "mean_margin" else 0.6)


# ---- several outputs


@pytest.mark.exhaustive
def test_a_list_of_outputs(tune):
    def build(hp):
        inputs = keras.Input((8,))
        hidden = keras.layers.Dense(hp.Choice("units", [16, 32]), activation="relu")(inputs)
        heads = [
            keras.layers.Dense(3, activation="softmax", name="kind")(hidden),
            keras.layers.Dense(1, name="price")(hidden),
        ]
        model = keras.Model(inputs, heads)
        losses = {"kind": "sparse_categorical_crossentropy", "price": "mse"}
        model.compile(keras.optimizers.Adam(0.02), losses)
        return model

    run = tune(build, X, {"kind": KIND, "price": PRICE}, "val_loss")
    for refit in run.result.refits:
        assert refit.validation["kind_accuracy"] > 0.8


@pytest.mark.parametrize(
    "losses",
    ["names", *(pytest.param(one, marks=pytest.mark.exhaustive) for one in ("list", "one"))],
)
def test_a_list_of_targets(tune, losses):
    def build(hp):
        inputs = keras.Input((8,))
        hidden = keras.layers.Dense(hp.Choice("units", [16, 32]), activation="relu")(inputs)
        # The first target is the second by its layer's name, which is that of another target.
        heads = [keras.layers.Dense(3, activation="softmax", name="y1")(hidden)]
        name = "y0" if losses == "names" else None
        units, activation = (3, "softmax") if losses == "one" else (1, None)
        heads.append(keras.layers.Dense(units, activation=activation, name=name)(hidden))
        model = keras.Model(inputs, heads)
        named = {"y1": "sparse_categorical_crossentropy", heads[1]._keras_history[0].name: "mse"}
        given = {"list": list(named.values()), "names": named, "one": list(named.values())[0]}
        model.compile(keras.optimizers.Adam(0.02), given[losses])
        return model

    run = tune(build, X, [KIND, 2 - KIND if losses == "one" else PRICE[:, None]], "val_loss")
    assert run.result.engine.name != "fit"
    for refit in run.result.refits:
        assert refit.validation["y0_accuracy"] > 0.8
    predicted = run.predict(X)
    assert (predicted["y0"].argmax(axis=1) == KIND).mean() > 0.8
    if losses == "one":
        assert (predicted["y1"].argmax(axis=1) == 2 - KIND).mean() > 0.8


@pytest.mark.exhaustive
def test_four_values(tune):
    def build(hp):
        return classifier(hp, outputs=4, activation=None, loss="mse", metrics=["mae"])

    mixed = X @ np.random.default_rng(1).normal(size=(8, 4)).astype("float32")
    run = tune(build, X, mixed, "val_loss", epochs=12)
    assert run.predict(X[:10]).shape == (10, 4)


def test_four_labels(tune):
    def build(hp):
        options = {**SIGMOID, "outputs": 4, "metrics": ["binary_accuracy"]}
        return classifier(hp, **options)

    run = tune(build, X, (X[:, :4] > 0).astype(int), "val_loss", epochs=12)
    predicted = run.predict(X)
    assert predicted.shape == (len(X), 4)
    assert ((predicted > 0.5) == (X[:, :4] > 0)).mean() > 0.8


# ---- layers and functions of one's own


class Scaled(keras.layers.Layer):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def call(self, values):
        return values * self.factor


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: [Scaled(2.0)], id="a layer that is not registered"),
        pytest.param(
            lambda: [keras.layers.Lambda(lambda values: values / 2.0)],
            id="Lambda",
            marks=pytest.mark.exhaustive,
        ),
        pytest.param(
            lambda: [keras.layers.Dense(8, activation=lambda values: values * values)],
            id="a function of one's own as activation",
            marks=pytest.mark.exhaustive,
        ),
        pytest.param(
            lambda: [
                dlr.models.build_mlp(
                    (8,),
                    8,
                    activation=eval("lambda values: 2.0 * values"),  # noqa: S307
                )
            ],
            id="one whose source is not known, in a builder",
        ),
    ],
)
def test_what_keras_cannot_read_back(tune, make):
    run = tune(lambda hp: classifier(hp, *make()), X, KIND)
    assert_learned(run)
    run.open_test_set("a test")
    run.report()
    assert "saved_model" in run.result.artifacts
    if not (run.directory / "model.keras").exists():
        with pytest.raises(dlr.errors.ExportError, match="where Keras can read it back"):
            run.export("keras")


FRESH = """
import sys
import numpy as np
import dlrecipes as dlr
x = np.load(sys.argv[2])
np.save(sys.argv[3], dlr.Run(sys.argv[1]).predict(x))
"""


def test_another_process_predicts_without_the_builder(tune, tmp_path):
    run = tune(lambda hp: classifier(hp, Scaled(2.0)), X, KIND)
    np.save(tmp_path / "x.npy", X[:20])
    paths = [str(path) for path in (run.directory, tmp_path / "x.npy", tmp_path / "found.npy")]
    subprocess.run([sys.executable, "-c", FRESH, *paths], check=True)
    np.testing.assert_allclose(np.load(tmp_path / "found.npy"), run.predict(X[:20]), atol=1e-6)


@pytest.mark.exhaustive
def test_softmax_of_tensorflow(tune):
    assert_learned(tune(lambda hp: classifier(hp, activation=tf.nn.softmax), X, KIND))


def test_what_cannot_be_read_back_behind_a_hyperparameter(tune):
    def build(hp):
        body, rate = [], 1e-6
        if hp.Choice("scale", ["no", "yes"]) == "yes":
            body, rate = [keras.layers.Lambda(lambda values: values * 2.0)], 0.02
        return classifier(hp, *body, optimizer=keras.optimizers.Adam(rate))

    assert_learned(tune(build, X, KIND))


def softmax_and_logits(hp):
    return classifier(hp, loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))


def test_a_softmax_that_the_loss_takes_for_logits(tune):
    run = tune(softmax_and_logits, X, KIND, epochs=10)
    assert_learned(run, 0.9)
    for refit in run.result.refits:
        loss = refit.history["val_loss"][refit.best_epoch]
        assert refit.validation["log_loss"] == pytest.approx(loss, rel=1e-4)


@keras.saving.register_keras_serializable("stranger")
class Bump(keras.layers.Layer):
    """Its configuration forgets an argument that has a default."""

    def __init__(self, width=1.0, **options):
        super().__init__(**options)
        self.width = width

    def call(self, values):
        return keras.ops.exp(-keras.ops.square(values / self.width))

    def get_config(self):
        return super().get_config()


def test_a_layer_that_forgets_an_argument(tune):
    def build(hp):
        body = [keras.layers.Dense(16), Bump(hp.Float("width", 3.0, 6.0))]
        return classifier(hp, *body, units=16)

    assert_learned(tune(build, X, KIND, epochs=12))


# ---- hyperparameters


@pytest.mark.exhaustive
def test_a_range_of_one_value(tune):
    assert_learned(tune(lambda hp: classifier(hp, units=hp.Int("units", 16, 16)), X, KIND))


@pytest.mark.exhaustive
def test_a_step_on_a_log_scale(tune):
    def build(hp):
        return classifier(hp, units=hp.Int("units", 4, 64, step=2, sampling="log"))

    run = tune(build, X, KIND)
    assert run.result.best.values["units"] in (4, 8, 16, 32, 64)


def test_one_name_in_two_branches(tune):
    def build(hp):
        size = hp.Choice("size", ["small", "large"])
        with hp.conditional_scope("size", [size]):
            units = hp.Choice("units", [4, 8] if size == "small" else [32, 64])
        return classifier(hp, units=units)

    run = tune(build, X, KIND)
    assert_learned(run)
    assert sum(stage.trials.failed for stage in run.result.stages) == 0


def test_a_fatal_error_ends_the_search(tune):
    def build(hp):
        if hp.Int("units", 8, 64, step=8) > 16:
            raise keras_tuner.errors.FatalError("too large")
        return classifier(hp, units=hp.get("units"))

    with pytest.raises(keras_tuner.errors.FatalError):
        tune(build, X, KIND)


class WithFit(keras_tuner.HyperModel):
    calls = 0

    def build(self, hp):
        return classifier(hp)

    def fit(self, hp, model, *args, **options):
        self.calls += 1
        return model.fit(*args, batch_size=hp.Choice("batch_size", [16, 64]), **options)


def test_a_hypermodel_with_a_fit_of_its_own(tune):
    model = WithFit()
    run = tune(model, X, KIND)
    assert model.calls > 0
    assert run.result.best.values["batch_size"] in (16, 64)


# ---- sequences


def recurrent(hp):
    return [keras.layers.GRU(hp.Choice("units", [4, 8]))]


def convolutional(hp):
    first = keras.layers.Conv1D(hp.Choice("filters", [4, 8]), 3)
    return [keras.Input((24, 3)), first, keras.layers.GlobalMaxPooling1D()]


@pytest.mark.parametrize(
    "body", [recurrent, pytest.param(convolutional, marks=pytest.mark.exhaustive)]
)
def test_sequences(tune, body):
    run = tune(lambda hp: classifier(hp, *body(hp), **SIGMOID, units=8), SERIES, RISING, epochs=8)
    assert run.info.spec.input_shape == (24, 3)
    assert run.predict(SERIES[:5]).shape[0] == 5
