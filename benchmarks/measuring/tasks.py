"""The tasks of the comparisons: one builder and one data set for all methods."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import keras
import keras_tuner
import numpy as np
from numpy.typing import NDArray

import dlrecipes as dlr
from dlrecipes.data import Development, Split
from dlrecipes.layers import InvertedDropout
from dlrecipes.models import build_mlp, build_resnet
from dlrecipes.results import ClassTarget, DataSpec
from measuring.choices import MNIST_SIZE, TaskChoice

_VALIDATION_FRACTION = 1 / 6  # of Fashion-MNIST's 60,000: the customary 10,000


Build = Callable[[keras_tuner.HyperParameters], keras.Model]
Network = Callable[[DataSpec, keras_tuner.HyperParameters], keras.Model]


@dataclass(frozen=True)
class Task:
    """A task, loaded.

    Args:
        build: The builder: the search space, and a compiled model.
        development: Training and validation part; there is no test part at all.
        batch_size: Examples a batch.
        source: The data in words.
    """

    build: Build
    development: Development
    batch_size: int
    source: str

    @property
    def steps(self) -> int:
        """Batches in an epoch; the last may be smaller."""
        return -(-len(self.development.train) // self.batch_size)


def load_task(choice: TaskChoice) -> Task:
    """Load data and builder of a task.

    Args:
        choice: Which one.
    """
    load = _DATA[choice.name]
    development, source = load(choice.examples)
    build = make_builder(NETWORKS[choice.name], development.model_spec, jit=choice.jit_compile)
    return Task(build, development, choice.batch_size, source)


def make_builder(network: Network, spec: DataSpec, *, jit: bool) -> Build:
    """Return the builder of a network that is trained with AdamW.

    Args:
        network: Makes the network; may ask for hyperparameters.
        spec: The data.
        jit: What is passed to `compile` as `jit_compile`.
    """

    def build(hp: keras_tuner.HyperParameters) -> keras.Model:
        model = network(spec, hp)
        model.compile(
            optimizer=keras.optimizers.AdamW(
                learning_rate=hp.Float("learning_rate", 1e-4, 1e-1, sampling="log"),
                weight_decay=hp.Float("weight_decay", 1e-5, 1e-1, sampling="log"),
            ),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
            jit_compile=jit,
        )
        return model

    return build


def _dropout(hp: keras_tuner.HyperParameters) -> float:
    return float(hp.Float("dropout", 0.0, 0.5))


def _mlp(spec: DataSpec, hp: keras_tuner.HyperParameters, *, units: tuple[int, ...]) -> keras.Model:
    """Return a perceptron with dropout behind each hidden layer."""
    return build_mlp(spec.input_shape, spec.outputs, hidden_units=units, dropout_rate=_dropout(hp))


def _cnn(spec: DataSpec, hp: keras_tuner.HyperParameters) -> keras.Model:
    """Return two 3x3 convolutions of 16 filters with normalisation, pooled over all positions."""
    inputs = keras.Input(spec.input_shape)
    x = inputs
    for _ in range(2):
        x = keras.layers.Conv2D(16, 3, padding="same", use_bias=False)(x)
        x = keras.layers.BatchNormalization()(x)
        x = keras.layers.Activation("relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = InvertedDropout(_dropout(hp))(x)
    return keras.Model(inputs, keras.layers.Dense(spec.outputs)(x))


def _resnet(spec: DataSpec, hp: keras_tuner.HyperParameters) -> keras.Model:
    """Return a residual network of two blocks of 16 filters at full resolution."""
    return build_resnet(
        spec.input_shape,
        spec.outputs,
        filters=(16,),
        blocks_per_stage=2,
        dropout_rate=_dropout(hp),
    )


def _load_digits(examples: int) -> tuple[Development, str]:
    splits = dlr.data.load("digits").with_preprocess(keras.layers.Rescaling(1 / 16))
    return splits.development(), "scikit-learn's digits, split by dlrecipes"


def _load_fashion(examples: int, shape: tuple[int, ...]) -> tuple[Development, str]:
    """Load the first so many training images; the official test images are never read."""
    file = Path(os.environ.get("DLRECIPES_DATA", "")) / "fashion_mnist" / "fashion_mnist.npz"
    examples = min(examples, MNIST_SIZE)
    if file.is_file():
        with np.load(file) as arrays:
            x, y = arrays["x_train"][:examples], arrays["y_train"][:examples]
        source = f"Fashion-MNIST, {examples:,} training images"
    else:
        generator = np.random.default_rng(0)
        x = generator.integers(0, 256, (examples, 28, 28), dtype=np.uint8)
        y = generator.integers(0, 10, examples)
        source = f"RANDOM data of MNIST's size, {examples:,} images (DLRECIPES_DATA has none)"
    scaled = x.reshape(examples, *shape).astype(np.float32) / 255
    return make_development(scaled, y.astype(np.int32), _VALIDATION_FRACTION), source


def make_development(
    x: NDArray[np.float32], y: NDArray[np.int32], validation_fraction: float
) -> Development:
    """Return the training and the validation part of images with ten classes.

    Args:
        x: Inputs, `(examples, …)`.
        y: Class indices, `(examples,)`.
        validation_fraction: Share of the validation part, in (0, 1).
    """
    rows = np.random.default_rng(0).permutation(len(x))
    held_out = max(1, round(validation_fraction * len(x)))
    train, validation = rows[held_out:], rows[:held_out]
    spec = DataSpec(
        name="images",
        input_shape=x.shape[1:],
        input_dtype="float32",
        kind="table" if x.ndim == 2 else "image",
        targets=(ClassTarget(class_names=tuple(map(str, range(10))), priors=(0.1,) * 10),),
        train_size=len(train),
    )
    return Development(Split(x[train], y[train]), Split(x[validation], y[validation]), spec)


NETWORKS: dict[str, Network] = {
    "digits_mlp": partial(_mlp, units=(64, 64)),
    "digits_mlp_deep": partial(_mlp, units=(64, 64, 64)),
    "fashion_mlp": partial(_mlp, units=(128, 128)),
    "digits_cnn": _cnn,
    "small_resnet": _resnet,
}
"""`{task: network}`: what a task trains."""

_DATA: dict[str, Callable[[int], tuple[Development, str]]] = {
    "digits_mlp": _load_digits,
    "digits_mlp_deep": _load_digits,
    "fashion_mlp": partial(_load_fashion, shape=(28 * 28,)),
    "digits_cnn": _load_digits,
    "small_resnet": partial(_load_fashion, shape=(28, 28, 1)),
}
