"""G: HyperModels, with more in them than `build`."""

import keras
import keras_tuner
import numpy as np
import tensorflow as tf
from keras import layers

from strangers import small_data
from strangers.small_data import held_out
from strangers.stranger import Stranger


def groups():
    return held_out(*small_data.groups())


def _dense(units, classes=3, rate=0.02):
    model = keras.Sequential(
        [layers.Dense(units, activation="relu"), layers.Dense(classes, activation="softmax")]
    )
    model.compile(
        keras.optimizers.Adam(rate), loss="sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


class BatchSize(keras_tuner.HyperModel):
    """The batch size, and whether to shuffle, are searched in `fit`."""

    def build(self, hp):
        return _dense(hp.Int("units", 16, 64, step=16))

    def fit(self, hp, model, *args, **kwargs):
        return model.fit(
            *args,
            batch_size=hp.Choice("batch_size", [16, 32, 64]),
            shuffle=hp.Boolean("shuffle"),
            **kwargs,
        )


class ForClasses(keras_tuner.HyperModel):
    """Knows its shapes from its author, and hands them on."""

    def __init__(self, input_shape, classes, most_layers=2, name=None, tunable=True):
        super().__init__(name=name, tunable=tunable)
        self.input_shape = input_shape
        self.classes = classes
        self.most_layers = most_layers

    def build(self, hp):
        x = inputs = keras.Input(self.input_shape)
        for i in range(hp.Int("layers", 1, self.most_layers)):
            x = layers.Dense(hp.Int(f"units_{i}", 16, 48, step=16), activation="relu")(x)
        outputs = layers.Dense(self.classes, activation="softmax")(x)
        model = keras.Model(inputs, outputs)
        model.compile(
            optimizer=keras.optimizers.Adam(hp.Float("lr", 5e-3, 5e-2, sampling="log")),
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        return model


class Declared(keras_tuner.HyperModel):
    """Names its hyperparameters before it builds."""

    def declare_hyperparameters(self, hp):
        hp.Int("units", 16, 64, step=16)
        hp.Float("dropout", 0.0, 0.3, step=0.1)

    def build(self, hp):
        model = keras.Sequential(
            [
                layers.Dense(hp.get("units"), activation="relu"),
                layers.Dropout(hp.get("dropout")),
                layers.Dense(3, activation="softmax"),
            ]
        )
        model.compile(
            keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"]
        )
        return model


def narrowed(hp):
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(
                hp.Int("units", 8, 128, step=8),
                activation=hp.Choice("activation", ["relu", "tanh"]),
            ),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(
        keras.optimizers.Adam(hp.Float("learning_rate", 1e-5, 1e-1, sampling="log")),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def narrower():
    """Fix one hyperparameter and narrow another, without a change in the builder."""
    hp = keras_tuner.HyperParameters()
    hp.Fixed("learning_rate", 0.02)
    hp.Int("units", 32, 64, step=16)
    return {"hyperparameters": hp, "tune_new_entries": True}


class TooLarge(keras_tuner.HyperModel):
    """Models above a number of parameters are not worth training."""

    def build(self, hp):
        model = keras.Sequential([keras.Input((64,))])
        for i in range(hp.Int("layers", 1, 2)):
            model.add(layers.Dense(hp.Int(f"units_{i}", 16, 96, step=16), activation="relu"))
        model.add(layers.Dense(10, activation="softmax"))
        if model.count_params() > 9_000:
            raise keras_tuner.errors.FailedTrialError("too many parameters")
        model.compile(
            keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"]
        )
        return model


# ---- training of one's own


class Mixed(keras.Model):
    """Blends pairs of examples in each step."""

    def __init__(self, inner, share):
        super().__init__()
        self.inner = inner
        self.share = share

    def call(self, x):
        return self.inner(x)

    def train_step(self, data):
        x, y = data
        order = tf.random.shuffle(tf.range(tf.shape(x)[0]))
        share = 1.0 - self.share * tf.random.uniform([])
        x = share * x + (1 - share) * tf.gather(x, order)
        with tf.GradientTape() as tape:
            predicted = self(x, training=True)
            loss = share * self.compute_loss(y=y, y_pred=predicted)
            loss += (1 - share) * self.compute_loss(y=tf.gather(y, order), y_pred=predicted)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(y, predicted)
        return {metric.name: metric.result() for metric in self.metrics}


def own_step(hp):
    inner = keras.Sequential(
        [layers.Dense(hp.Int("units", 16, 64, step=16), "relu"), layers.Dense(3, "softmax")]
    )
    model = Mixed(inner, hp.Float("share", 0.0, 0.3, step=0.1))
    model.compile(
        keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


class OwnLoop(keras_tuner.HyperModel):
    """Trains with a tape, calls the callbacks itself, and gives the best loss back."""

    def build(self, hp):
        x = inputs = keras.Input((64,))
        x = layers.Dense(hp.Int("units", 16, 64, step=16), activation="relu")(x)
        return keras.Model(inputs, layers.Dense(10)(x))

    def fit(self, hp, model, x, y, validation_data, callbacks=None, epochs=1, **kwargs):
        batches = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(1000, seed=0).batch(32)
        optimizer = keras.optimizers.Adam(hp.Float("lr", 3e-3, 3e-2, sampling="log"))
        loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        average = keras.metrics.Mean()

        @tf.function
        def step(images, labels):
            with tf.GradientTape() as tape:
                loss = loss_of(labels, model(images, training=True))
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))

        callbacks = callbacks or []
        for callback in callbacks:
            callback.set_model(model)
        best = float("inf")
        for epoch in range(epochs):
            for images, labels in batches:
                step(images, labels)
            average.update_state(loss_of(validation_data[1], model(validation_data[0])))
            reached = float(average.result())
            average.reset_state()
            for callback in callbacks:
                callback.on_epoch_end(epoch, logs={"own_loss": reached})
            best = min(best, reached)
        return best


class ScoreOfTwo(keras_tuner.HyperModel):
    """Searches for something Keras does not compute: score minus a price for the size."""

    def build(self, hp):
        return _dense(hp.Int("units", 8, 64, step=8))

    def fit(self, hp, model, x, y, validation_data=None, **kwargs):
        model.fit(x, y, batch_size=32, **kwargs)
        right = model.evaluate(*validation_data, verbose=0, return_dict=True)["accuracy"]
        return {"accuracy": right, "worth": right - 1e-4 * model.count_params()}


class TwoPhases(keras_tuner.HyperModel):
    """Trains the head, then thaws the body and goes on slower."""

    def build(self, hp):
        body = keras.Sequential([keras.Input((30,)), layers.Dense(hp.Int("units", 16, 32, step=8))])
        body.trainable = False
        model = keras.Sequential(
            [body, layers.Activation("relu"), layers.Dense(1, activation="sigmoid")]
        )
        model.compile(keras.optimizers.Adam(0.05), "binary_crossentropy", metrics=["accuracy"])
        return model

    def fit(self, hp, model, *args, epochs=1, **kwargs):
        model.fit(*args, epochs=1, **kwargs)
        model.layers[0].trainable = True
        rate = hp.Choice("second_rate", [1e-2, 3e-3])
        model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
        return model.fit(*args, epochs=epochs, **kwargs)


class ScaledInFit(keras_tuner.HyperModel):
    """Prepares the data in `fit`, the validation part too."""

    def build(self, hp):
        return _dense(hp.Int("units", 8, 40, step=8))

    def fit(self, hp, model, x, y, validation_data=None, **kwargs):
        low, high = np.percentile(x, [hp.Choice("cut", [1, 5]), 99], axis=0)
        if validation_data:
            x_val, y_val = validation_data
            validation_data = ((np.clip(x_val, low, high) - low) / (high - low), y_val)
        x = (np.clip(x, low, high) - low) / (high - low)
        return model.fit(x, y, validation_data=validation_data, batch_size=16, **kwargs)


MEMBERS = (
    Stranger("batch_size_in_fit", "G", BatchSize(), groups, 0.75),
    Stranger(
        "hypermodel_with_arguments",
        "G",
        ForClasses((4,), classes=3, most_layers=2, name="iris"),
        lambda: held_out(*small_data.iris()),
        0.7,
    ),
    Stranger("declared", "G", Declared, groups, 0.75),
    Stranger("narrowed", "G", narrowed, lambda: held_out(*small_data.iris()), 0.75, tuner=narrower),
    Stranger("too_large", "G", TooLarge(), lambda: held_out(*small_data.digits()), 0.6),
    Stranger("own_step", "G", own_step, groups, 0.75),
    Stranger(
        "own_loop",
        "G",
        OwnLoop,
        lambda: held_out(*small_data.digits()),
        1.0,
        keras_tuner.Objective("own_loss", "min"),
    ),
    Stranger("score_of_two", "G", ScoreOfTwo(), groups, 0.7, keras_tuner.Objective("worth", "max")),
    Stranger("two_phases", "G", TwoPhases(), lambda: held_out(*small_data.tumours()), 0.9),
    Stranger("scaled_in_fit", "G", ScaledInFit(), lambda: held_out(*small_data.wine()), 0.6),
)
