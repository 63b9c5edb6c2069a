"""H: what a builder does to the process it runs in."""

import random
import warnings

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from strangers import small_data
from strangers.small_data import held_out
from strangers.stranger import Stranger


def groups():
    return held_out(*small_data.groups())


def _classifier(units, activation="relu", **compiled):
    model = keras.Sequential(
        [layers.Dense(units, activation=activation), layers.Dense(3, activation="softmax")]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(0.02),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        **compiled,
    )
    return model


def seeds_everything(hp):
    """So that every trial starts alike."""
    random.seed(1)
    np.random.seed(1)
    tf.random.set_seed(1)
    keras.utils.set_random_seed(1)
    return _classifier(hp.Int("units", 16, 64, step=16), hp.Choice("activation", ["relu", "tanh"]))


def own_precision(hp):
    """The dtype is a hyperparameter, set for the whole process."""
    keras.mixed_precision.set_global_policy(hp.Choice("policy", ["float32", "mixed_bfloat16"]))
    inputs = keras.Input((8,))
    x = layers.Dense(hp.Int("units", 16, 64, step=16), activation="relu")(inputs)
    outputs = layers.Dense(3, activation="softmax", dtype="float32")(x)
    model = keras.Model(inputs, outputs)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.optimizer.learning_rate = 0.02
    return model


def clears(hp):
    """Against memory that fills up."""
    tf.keras.backend.clear_session()
    return _classifier(hp.Int("units", 16, 64, step=16))


def teacher_and_student(hp):
    """Builds a large network for comparison, and gives the small one back."""
    teacher = _classifier(128)
    teacher.build((None, 8))
    student = _classifier(hp.Int("units", 8, 32, step=8))
    student.build((None, 8))
    student.compression = teacher.count_params() / student.count_params()
    return student


def eagerly(hp):
    """Debugged once, and left like that."""
    return _classifier(hp.Int("units", 16, 48, step=16), run_eagerly=True)


def compiled_by_xla(hp):
    return _classifier(hp.Int("units", 16, 48, step=16), jit_compile=True)


BUILT = []


def counts_models(hp):
    """Numbers its models, and names layers after the number."""
    number = len(BUILT)
    inputs = keras.Input((8,), name=f"inputs_{number}")
    x = layers.Dense(hp.Int("units", 16, 48, step=16), activation="relu", name=f"hidden_{number}")(
        inputs
    )
    outputs = layers.Dense(3, activation="softmax", name=f"outputs_{number}")(x)
    model = keras.Model(inputs, outputs, name=f"model_{number}")
    model.compile(
        keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    BUILT.append(model.name)
    return model


def talks(hp):
    """Prints what it builds, and warns."""
    units = hp.Int("units", 16, 48, step=16)
    print("building with", hp.values)
    if units > 32:
        warnings.warn(f"{units} units are many", stacklevel=2)
    model = _classifier(units)
    model.build((None, 8))
    model.summary()
    return model


MEMBERS = (
    Stranger("seeds_everything", "H", seeds_everything, groups, 0.75),
    Stranger("own_precision", "H", own_precision, groups, 0.75),
    Stranger("clears", "H", clears, groups, 0.75),
    Stranger("teacher_and_student", "H", teacher_and_student, groups, 0.75),
    Stranger("eagerly", "H", eagerly, groups, 0.75),
    Stranger("compiled_by_xla", "H", compiled_by_xla, groups, 0.75),
    Stranger("counts_models", "H", counts_models, groups, 0.75),
    Stranger("talks", "H", talks, groups, 0.75),
)
