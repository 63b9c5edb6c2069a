"""Healthy programs whose data, networks or training look wrong."""

import keras
import numpy as np
from keras import initializers, layers, optimizers

from zoo import data
from zoo.judgement import arrows, rare
from zoo.measures import accuracy, balanced_accuracy, predict, r2
from zoo.program import Healthy, Setup


def deep_residual():
    """Twelve blocks, the last layer of each of which starts at zero."""
    d = data.digits()
    x = inputs = keras.Input((64,))
    x = layers.Dense(32)(x)
    for _ in range(12):
        inner = layers.LayerNormalization()(x)
        inner = layers.Dense(32, activation="relu")(inner)
        inner = layers.Dense(32, kernel_initializer="zeros")(inner)
        x = layers.Add()([x, inner])
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
    model.compile(optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 6, (d.vx, d.vy))


def last_layer_from_zero():
    """A last layer of zeros: the first answer is the same for all."""
    d = data.wine()
    model = keras.Sequential(
        [
            keras.Input((13,)),
            layers.Dense(24, activation="tanh"),
            layers.Dense(3, activation="softmax", kernel_initializer="zeros"),
        ]
    )
    model.compile(optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 16, 12, (d.vx, d.vy))


def validation_better_than_training():
    """Dropout of a half makes training look worse than validation."""
    d = data.digits(seed=1)
    model = keras.Sequential(
        [
            keras.Input((64,)),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(64, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy))


def columns_of_zeros_and_ones():
    """Sixty one-hot columns, most of them zero, some of them rare."""
    generator = np.random.default_rng(70)
    codes = np.stack([generator.zipf(1.6, size=1500) % 20 for _ in range(3)], axis=1)
    x = np.concatenate([np.eye(20)[codes[:, at]] for at in range(3)], axis=1)
    y = (x @ generator.normal(size=60) > 0).astype(int)
    d = data.parts(x.astype("float32"), y)
    model = keras.Sequential([keras.Input((60,)), layers.Dense(16, "relu"), layers.Dense(1)])
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(optimizer=optimizers.Adam(0.01), loss=loss)
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy))


def labels_with_noise():
    """A fifth of the labels is a coin's: the loss stays high for a reason."""
    d = data.blobs(classes=2, count=2000, features=8, spread=1.0, seed=71)
    generator = np.random.default_rng(71)
    y, vy = [np.where(generator.uniform(size=len(p)) < 0.2, 1 - p, p) for p in (d.y, d.vy)]
    model = keras.Sequential()
    model.add(layers.Dense(12, activation="relu", input_dim=8))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
    return Setup(model, d.x, y, (d.hx, d.hy), 32, 8, (d.vx, vy))


def hopeful_regression():
    """A target that is mostly noise: little can be explained, and that is learnt."""
    generator = np.random.default_rng(72)
    x = generator.normal(size=(3000, 5)).astype("float32")
    y = (0.5 * x[:, 0] + generator.normal(size=3000)).astype("float32")
    d = data.parts(x, y)
    model = keras.Sequential([keras.Input((5,)), layers.Dense(8, "relu"), layers.Dense(1)])
    model.compile(optimizer=optimizers.Adam(0.005), loss="mse")
    return Setup(model, d.x, d.y, (d.hx, d.hy), 64, 8, (d.vx, d.vy))


def rare_class_with_weights():
    d = rare(73, share=0.06, count=2500)
    inputs = keras.Input((6,))
    x = layers.Dense(16, activation="relu")(inputs)
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))
    model.compile(optimizers.Adam(0.005), "binary_crossentropy", metrics=["accuracy"])
    fit = {"class_weight": {0: 0.53, 1: 8.3}}
    return Setup(model, d.x, d.y, (d.hx, d.hy), 64, 8, (d.vx, d.vy), fit)


def thirty_examples():
    d = data.iris()
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(8, activation="relu"), layers.Dense(3, "softmax")]
    )
    model.compile(optimizers.Adam(0.03), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x[:30], d.y[:30], (d.hx, d.hy), 5, 12)


def all_in_one_batch():
    """A small table, one batch, many epochs: plain gradient descent."""
    d = data.iris()
    model = keras.Sequential()
    model.add(layers.Dense(10, activation="tanh", input_shape=(4,)))
    model.add(layers.Dense(3, activation="softmax"))
    model.compile(loss="sparse_categorical_crossentropy", optimizer=optimizers.Adam(0.05))
    return Setup(model, d.x, d.y, (d.hx, d.hy), len(d.x), 40)


def high_first_loss():
    """Targets around 20 and a bias of 0: the first loss is 400, and falls fast."""
    d = data.curve(1500, seed=74)
    y, vy, hy = [part + 20 for part in (d.y, d.vy, d.hy)]
    model = keras.Sequential([keras.Input((3,)), layers.Dense(64, "relu"), layers.Dense(1)])
    model.compile(optimizer=optimizers.Adam(0.02), loss="mse")
    return Setup(model, d.x, y, (d.hx, hy), 32, 12, (d.vx, vy))


def codes_to_five_thousand():
    """Large whole numbers into an embedding."""
    generator = np.random.default_rng(75)
    words = generator.choice(5000, size=200, replace=False)
    d = data.sentences(2000, seed=75)
    x, vx, hx = [words[part] for part in (d.x, d.vx, d.hx)]
    model = keras.Sequential(
        [
            layers.Embedding(5000, 8),
            layers.GlobalAveragePooling1D(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, x, d.y, (hx, d.hy), 32, 8, (vx, d.vy))


def recurrent():
    d = data.waves(700)
    model = keras.Sequential()
    model.add(keras.Input((24, 2)))
    model.add(layers.LSTM(16))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(optimizer=optimizers.Adam(0.02), loss="binary_crossentropy", metrics=["acc"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 8, (d.vx, d.vy))


def convolution_in_time():
    d = data.waves(800, seed=2)
    inputs = keras.Input((24, 2))
    x = layers.Conv1D(12, 7, activation="relu")(inputs)
    x = layers.GlobalMaxPooling1D()(x)
    model = keras.Model(inputs, layers.Dense(2, activation="softmax")(x))
    model.compile(optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy))


def attention():
    """A softmax inside, over time: that is what attention is."""
    d = data.sentences(2000, seed=76)
    inputs = keras.Input((12,), dtype="int32")
    x = layers.Embedding(200, 16)(inputs)
    x = layers.MultiHeadAttention(2, 8)(x, x) + x
    score = layers.Softmax(axis=1)(layers.Dense(1)(x))
    x = layers.Flatten()(layers.Dot(axes=1)([score, x]))
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))
    model.compile(optimizers.Adam(0.005), "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 6, (d.vx, d.vy))


def frozen_features():
    """Most weights are frozen: they were learnt on the first five digits."""
    d = data.digits()
    known = d.y < 5
    base = keras.Sequential(
        [keras.Input((64,)), layers.Dense(64, activation="relu"), layers.Dense(32, "relu")],
        name="base",
    )
    first = keras.Sequential([base, layers.Dense(5, activation="softmax")])
    first.compile(optimizers.Adam(0.005), "sparse_categorical_crossentropy")
    first.fit(d.x[known], d.y[known], batch_size=32, epochs=5, verbose=0)
    base.trainable = False
    inputs = keras.Input((64,))
    x = base(inputs, training=False)
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
    model.compile(optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 8, (d.vx, d.vy))


def random_features():
    """A wide layer of random directions that is never trained, and a head that is."""
    d = data.rings(1000, seed=77)
    directions = initializers.RandomNormal(stddev=4.0, seed=1)
    offsets = initializers.RandomUniform(-4.0, 2.0, seed=2)
    model = keras.Sequential(
        [
            keras.Input((2,)),
            layers.Dense(
                200,
                activation="relu",
                kernel_initializer=directions,
                bias_initializer=offsets,
                trainable=False,
            ),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy))


def autoencoder():
    """Inputs are the targets, and the middle is narrow."""
    d = data.digits()
    inputs = keras.Input((64,))
    x = layers.Dense(32, activation="relu")(inputs)
    x = layers.Dense(12)(x)
    x = layers.Dense(32, activation="relu")(x)
    model = keras.Model(inputs, layers.Dense(64, activation="sigmoid")(x))
    model.compile(optimizers.Adam(0.005), loss="binary_crossentropy")
    return Setup(model, d.x, d.x, (d.hx, d.hx), 32, 12, (d.vx, d.vx))


def share_rebuilt(model, x, y):
    """Return the share of the pixels' variance that is rebuilt."""
    return float(1 - np.mean((predict(model, x) - y) ** 2) / np.mean((y - y.mean(axis=0)) ** 2))


def high_rate_with_batch_normalisation():
    """SGD with a rate of 1, which BatchNormalization bears."""
    d = data.digits(flat=False)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(12, 3, use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Flatten(),
            layers.Dense(32, use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizers.SGD(1.0), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 64, 8, (d.vx, d.vy))


def cosine_with_warm_up():
    """The first rate is zero, and the last one, too."""
    d = data.digits(seed=4)
    rate = optimizers.schedules.CosineDecay(
        0.0, decay_steps=280, warmup_target=0.01, warmup_steps=30
    )
    model = keras.Sequential(
        [keras.Input((64,)), layers.Dense(48, activation="relu"), layers.Dense(10, "softmax")]
    )
    model.compile(optimizers.AdamW(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 9, (d.vx, d.vy))


def clipped_gradients():
    """A recurrent network whose gradients are clipped now and then."""
    d = data.waves(700, seed=3)
    model = keras.Sequential([keras.Input((24, 2)), layers.GRU(16), layers.Dense(2, "softmax")])
    optimizer = optimizers.Adam(0.02, global_clipnorm=1.0)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 8, (d.vx, d.vy))


def augmented_inside():
    """Noise and shifts in training only."""
    d = arrows(seed=78)
    model = keras.Sequential(
        [
            keras.Input((10, 10, 1)),
            layers.RandomFlip("vertical"),
            layers.RandomTranslation(0.1, 0.1),
            layers.GaussianNoise(0.2),
            layers.Conv2D(12, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizers.Adam(0.003), "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy))


def bytes_rescaled_inside():
    """Inputs of 0 to 255, and a layer that divides."""
    d = data.digits(flat=False)
    x, vx, hx = [(part * 255).astype("uint8") for part in (d.x, d.vx, d.hx)]
    model = keras.Sequential()
    model.add(keras.Input((8, 8, 1)))
    model.add(layers.Rescaling(1 / 255))
    model.add(layers.Conv2D(16, 3, activation="relu"))
    model.add(layers.Flatten())
    model.add(layers.Dense(10, activation="softmax"))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, x, d.y, (hx, d.hy), 32, 8, (vx, d.vy))


def table_normalised_inside():
    """Raw columns, and a Normalization layer that knows them."""
    d = data.wine(raw=True)
    normalise = layers.Normalization()
    normalise.adapt(d.x)
    inputs = keras.Input((13,))
    x = layers.Dense(16, activation="relu")(normalise(inputs))
    model = keras.Model(inputs, layers.Dense(3, activation="softmax")(x))
    model.compile(optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 8, 12, (d.vx, d.vy))


def examples_with_weights():
    """Half of the examples are wrong and known to be: their weight is nearly zero."""
    d = data.blobs(classes=3, count=1500, features=6, seed=79)
    generator = np.random.default_rng(79)
    doubted = generator.uniform(size=len(d.y)) < 0.5
    y = np.where(doubted, generator.integers(3, size=len(d.y)), d.y)
    model = keras.Sequential(
        [keras.Input((6,)), layers.Dense(16, activation="relu"), layers.Dense(3, "softmax")]
    )
    model.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    fit = {"sample_weight": np.where(doubted, 0.01, 1.0)}
    return Setup(model, d.x, y, (d.hx, d.hy), 32, 8, (d.vx, d.vy), fit)


def order_kept():
    """Not shuffled, and the order says nothing."""
    d = data.tumours()
    model = keras.Sequential(
        [keras.Input((30,)), layers.Dense(16, activation="relu"), layers.Dense(1, "sigmoid")]
    )
    model.compile(optimizers.Adam(0.005), "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 16, 8, (d.vx, d.vy), {"shuffle": False})


def linear_on_purpose():
    """Two linear layers without an activation: a model of low rank."""
    generator = np.random.default_rng(80)
    x = generator.normal(size=(1000, 20)).astype("float32")
    y = x @ generator.normal(size=(20, 2)) @ generator.normal(size=(2, 10)) / 4
    d = data.parts(x, y.astype("float32"))
    model = keras.Sequential([keras.Input((20,)), layers.Dense(2), layers.Dense(10)])
    model.compile(optimizer=optimizers.Adam(0.02), loss="mse")
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy))


def one_epoch_is_enough():
    """Five thousand easy examples, seen once: the validation accuracy is above 0.95."""
    d = data.blobs(classes=3, count=5000, features=20, seed=81)
    model = keras.Sequential(
        [keras.Input((20,)), layers.Dense(32, activation="relu"), layers.Dense(3, "softmax")]
    )
    model.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 16, 1, (d.vx, d.vy))


def weighted_gates():
    """Sigmoids inside, as gates: highway layers with a bias of -2."""
    d = data.digits(seed=6)
    inputs = keras.Input((64,))
    x = layers.Dense(32, activation="relu")(inputs)
    for _ in range(3):
        gate = layers.Dense(32, activation="sigmoid", bias_initializer=initializers.Constant(-2.0))(
            x
        )
        x = gate * layers.Dense(32, activation="relu")(x) + (1 - gate) * x
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
    model.compile(optimizers.Adam(0.005), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 8, (d.vx, d.vy))


MEMBERS = (
    Healthy("deep_residual", "26 layers, zeros among the weights", deep_residual, accuracy, 0.85),
    Healthy("last_layer_from_zero", "a layer of zeros", last_layer_from_zero, accuracy, 0.9),
    Healthy(
        "validation_better_than_training", "the training loss is above that of validation",
        validation_better_than_training, accuracy, 0.88,
    ),
    Healthy(
        "columns_of_zeros_and_ones", "columns that are nearly constant",
        columns_of_zeros_and_ones, accuracy, 0.85,
    ),
    Healthy("labels_with_noise", "a loss that stays high", labels_with_noise, accuracy, 0.85),
    Healthy("hopeful_regression", "a loss that hardly falls", hopeful_regression, r2, 0.1),
    Healthy(
        "rare_class_with_weights", "classes of 94 and 6 in a hundred", rare_class_with_weights,
        balanced_accuracy, 0.65,
    ),
    Healthy("thirty_examples", "thirty examples", thirty_examples, accuracy, 0.8),
    Healthy("all_in_one_batch", "one step an epoch", all_in_one_batch, accuracy, 0.85),
    Healthy("high_first_loss", "a first loss of 400", high_first_loss, r2, 0.6),
    Healthy(
        "codes_to_five_thousand", "inputs up to 5,000", codes_to_five_thousand, accuracy, 0.8,
    ),
    Healthy("recurrent", "tanh and sigmoids inside", recurrent, accuracy, 0.85),
    Healthy(
        "convolution_in_time", "a pooled series", convolution_in_time, accuracy, 0.85,
    ),
    Healthy("attention", "a softmax inside, over time", attention, accuracy, 0.8),
    Healthy("frozen_features", "most weights are frozen", frozen_features, accuracy, 0.8),
    Healthy(
        "random_features", "a frozen layer with large random weights", random_features, accuracy,
        0.9,
    ),
    Healthy("autoencoder", "targets equal inputs", autoencoder, share_rebuilt, 0.5),
    Healthy(
        "high_rate_with_batch_normalisation", "SGD with a rate of 1",
        high_rate_with_batch_normalisation, accuracy, 0.88,
    ),
    Healthy(
        "cosine_with_warm_up", "a rate that is zero at first", cosine_with_warm_up, accuracy, 0.88,
    ),
    Healthy("clipped_gradients", "clipping", clipped_gradients, accuracy, 0.85),
    Healthy(
        "augmented_inside", "noise and mirrored pictures in training", augmented_inside, accuracy,
        0.85,
    ),
    Healthy(
        "bytes_rescaled_inside", "inputs of 0 to 255", bytes_rescaled_inside, accuracy, 0.85,
    ),
    Healthy(
        "table_normalised_inside", "columns of very different scales", table_normalised_inside,
        accuracy, 0.85,
    ),
    Healthy(
        "examples_with_weights", "half of the labels wrong", examples_with_weights, accuracy, 0.8,
    ),
    Healthy("order_kept", "shuffle=False", order_kept, accuracy, 0.9),
    Healthy(
        "linear_on_purpose", "no activation between layers, two units in the middle",
        linear_on_purpose, r2, 0.9,
    ),
    Healthy(
        "one_epoch_is_enough", "one epoch, and validation above 0.95", one_epoch_is_enough,
        accuracy, 0.9,
    ),
    Healthy("weighted_gates", "sigmoids inside, biases of -2", weighted_gates, accuracy, 0.85),
)  # fmt: skip
