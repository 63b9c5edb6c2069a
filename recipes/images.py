"""Small images: a folder of classes, a table of files or an archive of arrays.

Shows images from their files to an exported model that takes raw pixels. Copies of an image stay
in one part, pixels are standardised as the training part has them, and the learning rate of a
plain convolutional network falls along a cosine. Few images are seen in small batches.

    dlrecipes tune images --data photos/ --size 32x32
    dlrecipes tune images --data mnist.npz
    dlrecipes tune images

The options of `dlrecipes.data.load_images` say what the images are (`--size`, `--channels`,
`--classes`, `--test`, …). Without `--data` it takes scikit-learn's digits: a third of a minute on
two CPU cores. Expect a test accuracy of 0.980 ± 0.005 (ten study seeds on the default split), with
each of them above logistic regression, 0.961, and equal within the noise to nearest neighbours; the
residual network of `digits` reaches more.

MNIST (60,000 training images, official test part), one run of 577 s on two CPU cores: test accuracy
0.9930 ± 0.0002 over its three refits, where nearest neighbours reach 0.958.
Fashion-MNIST with `--trials 9`, one run of 547 s: 0.9268 ± 0.0002, logistic regression 0.842.

Small images are meant, up to about 64 x 64 pixels. There is no augmentation: in so few epochs,
shifts by up to a sixteenth of the image made the network worse, on the digits (0.978) as on
Fashion-MNIST.
"""

from __future__ import annotations

import math

import keras
import keras_tuner

from dlrecipes.data import load_images
from dlrecipes.models import build_cnn, prior_bias
from dlrecipes.recipe import Recipe
from dlrecipes.results import DataSpec
from dlrecipes.search import CoarseToFine
from dlrecipes.targets import loss_and_metrics

EPOCHS = 10
# Small batches give few examples enough steps an epoch; large ones save time where there are many.
STEPS, BATCH_SIZES = 128, (8, 16, 32, 64)


def preprocess(spec: DataSpec) -> keras.Layer:
    """Standardise each channel."""
    return keras.layers.Normalization(axis=-1)


def batch_size(spec: DataSpec) -> int:
    """Return the largest batch size with enough steps an epoch."""
    enough = [size for size in BATCH_SIZES if spec.train_size >= STEPS * size]
    return max(enough, default=BATCH_SIZES[0])


def filters(spec: DataSpec) -> tuple[int, ...]:
    """Return the channels of each stage; they halve the image, until at most 7 pixels are left."""
    side = min(spec.input_shape[:2])
    stages = max(1, math.ceil(math.log2(side / 7)), min(2, int(math.log2(side))))
    return tuple(16 * 2 ** min(stage, 3) for stage in range(stages))


def build(hp: keras_tuner.HyperParameters, spec: DataSpec) -> keras.Model:
    """Return a compiled convolutional network."""
    size = hp.Fixed("batch_size", batch_size(spec))
    model = build_cnn(
        spec.input_shape,
        spec.outputs,
        filters=filters(spec),
        dense_units=(64,),
        dropout_rate=hp.Float("dropout", 0.0, 0.5),
        output_bias=prior_bias(spec),
    )
    rate = hp.Float("learning_rate", 1e-3, 3e-2, sampling="log")
    # The cosine runs over a whole training, that of a short trial, too.
    epochs = hp.Fixed("epochs", EPOCHS)
    steps = epochs * math.ceil(spec.train_size / size)
    model.compile(
        optimizer=keras.optimizers.AdamW(
            learning_rate=keras.optimizers.schedules.CosineDecay(rate, steps),
            weight_decay=hp.Float("weight_decay", 1e-4, 1e-1, sampling="log"),
        ),
        **loss_and_metrics(spec.targets),
    )
    return model


RECIPE = Recipe(
    name="images",
    task="images",
    load=load_images,
    preprocess=preprocess,
    build=build,
    objective="val_loss",
    plan=CoarseToFine(
        trials=12,
        epochs=EPOCHS,
        coarse_epochs=3,
        refit_seeds=3,
        limits={"dropout": (0.0, 0.7), "learning_rate": (1e-4, 1e-1), "weight_decay": (1e-5, 1.0)},
    ),
    shows="images from a folder, a table or an archive, with a small convolutional network",
    minutes=0.3,
    expected="test accuracy 0.980 ± 0.005",
    beats=("logistic regression",),
)
