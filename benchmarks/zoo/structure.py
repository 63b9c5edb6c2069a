"""Networks that cannot learn: activations, first weights, dead ends, axes, narrow places."""

import keras
import numpy as np
from keras import initializers, layers, ops, optimizers

from zoo import data
from zoo.measures import accuracy, r2
from zoo.program import Program, Setup

# ---- activations inside


def no_activation_between(mended):
    d = data.moons(1000, noise=0.12, seed=5)
    inside = "relu" if mended else None
    model = keras.Sequential()
    model.add(layers.Dense(64, activation=inside, input_shape=(2,)))
    model.add(layers.Dense(64, activation=inside))
    model.add(layers.Dense(32, activation=inside))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(optimizer=optimizers.Adam(0.005), loss="binary_crossentropy")
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy))


def linear_for_a_curve(mended):
    d = data.curve(1200, seed=2)
    inputs = keras.Input((3,))
    x = layers.Dense(48, activation="gelu" if mended else "linear")(inputs)
    x = layers.Dense(48, activation="gelu" if mended else "linear")(x)
    model = keras.Model(inputs, layers.Dense(1)(x))
    model.compile(optimizers.Adam(0.005), loss=keras.losses.MeanSquaredError())
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12)


def eight_sigmoids_deep(mended):
    d = data.digits()
    model = keras.Sequential([keras.Input((64,))])
    for _ in range(8):
        model.add(layers.Dense(32, activation="relu" if mended else "sigmoid"))
    model.add(layers.Dense(10, activation="softmax"))
    model.compile(
        optimizers.SGD(learning_rate=0.05, momentum=0.9),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy))


def softmax_inside(mended):
    """Every layer is a softmax, because the last one is."""
    d = data.digits(seed=2)
    inside = "relu" if mended else "softmax"
    model = keras.Sequential(
        [
            layers.Dense(128, activation=inside, input_shape=(64,)),
            layers.Dense(64, activation=inside),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy))


def units_that_never_fire(mended):
    """The biases start so low that no ReLU is ever above zero."""
    d = data.digits(flat=False)
    bias = initializers.Constant(0.05 if mended else -8.0)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(16, 3, activation="relu", bias_initializer=bias),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 8, (d.vx, d.vy))


def narrow_and_deep_relu(mended):
    """Twelve layers of three ReLU units: somewhere on the way all three are off for everybody."""
    d = data.tumours()
    model = keras.Sequential([keras.Input((30,))])
    for _ in range(12):
        model.add(layers.Dense(3))
        model.add(layers.LeakyReLU(negative_slope=0.5) if mended else layers.ReLU())
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(optimizer=optimizers.Adam(0.01), loss="binary_crossentropy", metrics=["acc"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 16, 10, (d.vx, d.vy))


# ---- first weights


def all_weights_zero(mended):
    d = data.wine()
    start = "glorot_uniform" if mended else "zeros"
    model = keras.Sequential(
        [
            keras.Input((13,)),
            layers.Dense(20, activation="relu", kernel_initializer=start),
            layers.Dense(20, activation="relu", kernel_initializer=start),
            layers.Dense(3, activation="softmax", kernel_initializer=start),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 8, 12, (d.vx, d.vy))


def all_weights_equal(mended):
    """Units that start equal stay equal: a hidden layer of one."""
    d = data.rings(900, seed=6)
    start = initializers.HeNormal() if mended else initializers.Constant(0.5)
    inputs = keras.Input((2,))
    x = layers.Dense(32, activation="tanh", kernel_initializer=start)(inputs)
    x = layers.Dense(16, activation="tanh", kernel_initializer=start)(x)
    outputs = layers.Dense(1, activation="sigmoid", kernel_initializer=start)(x)
    model = keras.Model(inputs, outputs)
    model.compile(optimizers.Adam(0.01), loss="binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy))


def huge_first_weights(mended):
    d = data.digits()
    spread = 0.1 if mended else 30.0
    start = initializers.RandomNormal(stddev=spread)
    model = keras.Sequential(
        [
            layers.Dense(64, activation="tanh", kernel_initializer=start, input_shape=(64,)),
            layers.Dense(64, activation="tanh", kernel_initializer=start),
            layers.Dense(10, activation="softmax", kernel_initializer=start),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 8, (d.vx, d.vy))


def ones_in_a_convolution(mended):
    d = data.stripes(800)
    start = "he_uniform" if mended else "ones"
    model = keras.Sequential(
        [
            keras.Input((12, 12, 3)),
            layers.Conv2D(12, 3, activation="relu", kernel_initializer=start),
            layers.Conv2D(12, 3, activation="relu", kernel_initializer=start),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(optimizers.Adam(0.005), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 8, (d.vx, d.vy))


# ---- dead ends


def everything_frozen(mended):
    """Frozen to try something out, and never thawed."""
    d = data.tumours()
    model = keras.Sequential(
        [keras.Input((30,)), layers.Dense(16, activation="relu"), layers.Dense(1, "sigmoid")]
    )
    model.trainable = mended
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy))


def frozen_base_that_knows_nothing(mended):
    """`weights=None`, and still the base is frozen as if it had been trained."""
    d = data.digits(flat=False)
    base = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(6, 3, strides=2, padding="same", activation="relu"),
            layers.Conv2D(6, 3, strides=2, padding="same", activation="relu"),
            layers.GlobalMaxPooling2D(),
            layers.Dense(6, activation="relu"),
        ],
        name="base",
    )
    base.trainable = mended
    inputs = keras.Input((8, 8, 1))
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(base(inputs)))
    model.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy))


def second_input_unused(mended):
    """The same branch is concatenated with itself."""
    generator = np.random.default_rng(10)
    both = generator.normal(size=(1500, 8)).astype("float32")
    d = data.parts(both, (both[:, 0] + 2 * both[:, 5] > 0).astype(int))
    left = keras.Input((4,), name="customer")
    right = keras.Input((4,), name="product")
    one = layers.Dense(16, activation="relu")(left)
    two = layers.Dense(16, activation="relu")(right)
    x = layers.concatenate([one, two if mended else one])
    x = layers.Dense(16, activation="relu")(x)
    model = keras.Model([left, right], layers.Dense(1, activation="sigmoid")(x))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    x, vx, hx = [[part[:, :4], part[:, 4:]] for part in (d.x, d.vx, d.hx)]
    return Setup(model, x, d.y, (hx, d.hy), 32, 10, (vx, d.vy))


def rounded_inside(mended):
    """Rounding has no gradient: what lies before it stays as it was."""
    d = data.curve(1200, seed=7)
    inputs = keras.Input((3,))
    x = layers.Dense(16, activation="tanh")(inputs)
    x = layers.Dense(4, activation="tanh")(x)
    if not mended:
        x = layers.Lambda(lambda given: ops.round(given))(x)
    x = layers.Dense(16, activation="relu")(x)
    model = keras.Model(inputs, layers.Dense(1)(x))
    model.compile(optimizer=optimizers.Adam(0.01), loss="mse")
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy))


# ---- axes


def softmax_over_time(mended):
    """One of four tags for every step of a series; the softmax runs along the series."""
    generator = np.random.default_rng(20)
    x = generator.normal(size=(900, 8, 5)).astype("float32")
    scores = x @ generator.normal(size=(5, 4)) + np.array([2.0, 0.5, 0.0, -1.0])
    d = data.parts(x, scores.argmax(axis=-1))
    inputs = keras.Input((8, 5))
    h = layers.Dense(16, activation="relu")(inputs)
    h = layers.Dense(4)(h)
    outputs = layers.Softmax(axis=-1 if mended else 1)(h)
    model = keras.Model(inputs, outputs)
    model.compile(optimizer=optimizers.Adam(0.01), loss=of_all_words)
    y = [np.eye(4, dtype="float32")[part] for part in (d.y, d.vy)]
    return Setup(model, d.x, y[0], (d.hx, d.hy), 16, 8, (d.vx, y[1]))


def of_all_words(y_true, y_pred):
    """Cross-entropy, written out."""
    return -ops.mean(ops.sum(y_true * ops.log(y_pred + 1e-7), axis=-1))


def two_colours(seed=29):
    """Pictures of noise: green is like red, its opposite, or has nothing to do with it."""
    generator = np.random.default_rng(seed)
    y = generator.integers(3, size=900)
    red, other, blue = generator.normal(size=(3, 900, 12, 12))
    which = y[:, None, None]
    green = np.where(which == 0, red, np.where(which == 1, -red, other))
    x = np.stack([red, green, blue], axis=-1) + generator.normal(scale=0.3, size=(900, 12, 12, 3))
    return data.parts(x.astype("float32"), y)


def reshaped_instead_of_transposed(mended):
    """Pictures that come channels first are reshaped until the network takes them."""
    d = two_colours()
    first = [np.moveaxis(part, -1, 1) for part in (d.x, d.vx, d.hx)]
    x, vx, hx = [
        part.transpose(0, 2, 3, 1) if mended else part.reshape(-1, 12, 12, 3) for part in first
    ]
    model = keras.Sequential(
        [
            keras.Input((12, 12, 3)),
            layers.Conv2D(8, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(optimizers.Adam(0.005), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, x, d.y, (hx, d.hy), 32, 10, (vx, d.vy))


def channels_first_taken_for_last(mended):
    """Three rows, twelve columns and twelve channels, thinks the layer."""
    d = two_colours(seed=8)
    first = [np.moveaxis(part, -1, 1) for part in (d.x, d.vx, d.hx)]
    x = inputs = keras.Input((3, 12, 12))
    if mended:
        x = layers.Permute((2, 3, 1))(x)
    x = layers.Conv2D(8, 1, activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(16, activation="relu")(x)
    model = keras.Model(inputs, layers.Dense(3, activation="softmax")(x))
    model.compile(optimizers.Adam(0.005), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, first[0], d.y, (first[2], d.hy), 32, 10, (first[1], d.vy))


def one_example_read_as_rows(mended):
    """A table that stores an example a column is reshaped, not transposed."""
    d = data.tumours()
    stored = [part.T for part in (d.x, d.vx)]
    x, vx = [part.T if mended else part.reshape(-1, 30) for part in stored]
    model = keras.Sequential()
    model.add(layers.Dense(24, activation="relu", input_dim=30))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
    return Setup(model, x, d.y, (d.hx, d.hy), 32, 12, (vx, d.vy))


def averaged_over_the_features(mended):
    """Means over time tell the class; means over the features tell nothing."""
    generator = np.random.default_rng(21)
    y = generator.integers(3, size=900)
    level = np.array([[1, 0, -1, 0], [-1, 1, 0, 0], [0, -1, 1, 0]]) * 0.5
    x = level[y][:, None, :] + generator.normal(size=(900, 16, 4))
    d = data.parts(x.astype("float32"), y)
    order = "channels_last" if mended else "channels_first"
    model = keras.Sequential(
        [
            keras.Input((16, 4)),
            layers.GlobalAveragePooling1D(data_format=order),
            layers.Dense(16, activation="relu"),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy))


def flatten_forgotten(mended):
    d = data.digits(flat=False)
    x, vx, hx = [part[..., 0] for part in (d.x, d.vx, d.hx)]
    model = keras.Sequential()
    model.add(keras.Input((8, 8)))
    model.add(layers.Dense(32, activation="relu"))
    if mended:
        model.add(layers.Flatten())
    model.add(layers.Dense(10, activation="softmax"))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, x, d.y, (hx, d.hy), 32, 8, (vx, d.vy))


def squares_over_every_step(mended):
    """A last step is wanted, every step is trained towards the one target."""
    generator = np.random.default_rng(22)
    x = generator.normal(size=(1000, 10, 3)).astype("float32")
    y = (x[:, -1, 0] + x[:, -2, 1]).astype("float32")[:, None]
    d = data.parts(x, y)
    inputs = keras.Input((10, 3))
    h = layers.Conv1D(16, 3, padding="same", activation="relu")(inputs)
    h = layers.Flatten()(h) if mended else h
    model = keras.Model(inputs, layers.Dense(1)(h))
    model.compile(optimizer=optimizers.Adam(0.005), loss="mse")
    y, vy = (d.y, d.vy) if mended else (d.y[:, None, :], d.vy[:, None, :])
    return Setup(model, d.x, y, (d.hx, d.hy), 32, 12, (d.vx, vy))


def r2_of_the_last_step(model, x, y):
    """Return the share of variance explained by the last step, or by the only one."""
    given = ops.convert_to_numpy(model(x, training=False)).reshape(len(x), -1)[:, -1]
    return float(max(-1.0, 1 - np.mean((given - y[:, 0]) ** 2) / np.var(y)))


# ---- narrow places


def through_one_unit(mended):
    d = data.digits()
    model = keras.Sequential(
        [
            keras.Input((64,)),
            layers.Dense(64, activation="relu"),
            layers.Dense(16 if mended else 1, activation="relu"),
            layers.Dense(64, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy))


def pooled_to_nothing(mended):
    d = data.digits(flat=False)
    size = 2 if mended else 6
    model = keras.Sequential(
        [
            layers.Conv2D(8, (3, 3), activation="relu", input_shape=(8, 8, 1)),
            layers.AveragePooling2D((size, size)),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        optimizer=optimizers.Adam(0.005),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy))


def two_units_for_a_spiral(mended):
    generator = np.random.default_rng(23)
    y = generator.integers(2, size=1200)
    turn = generator.uniform(0.4, 2.2, size=1200) * np.pi
    at = np.stack([turn * np.cos(turn + np.pi * y), turn * np.sin(turn + np.pi * y)], axis=1)
    x = at / 4 + generator.normal(scale=0.05, size=at.shape)
    d = data.parts(x.astype("float32"), y)
    width = 32 if mended else 2
    model = keras.Sequential(
        [
            keras.Input((2,)),
            layers.Dense(width, activation="relu"),
            layers.Dense(width, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizers.Adam(0.01), loss="binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 16, 12, (d.vx, d.vy))


def embedding_of_one_number(mended):
    """Thirty words of three independent qualities, told by one number each."""
    generator = np.random.default_rng(24)
    quality = generator.choice([-1, 1], size=(30, 3))
    x = generator.integers(30, size=(1500, 2))
    y = (quality[x[:, 0]] == quality[x[:, 1]]).sum(axis=1) >= 2
    d = data.parts(x, y.astype(int))
    inputs = keras.Input((2,), dtype="int32")
    h = layers.Embedding(30, 8 if mended else 1)(inputs)
    h = layers.Flatten()(h)
    h = layers.Dense(32, activation="relu")(h)
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(h))
    model.compile(optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy))


MEMBERS = (
    Program(
        "no_activation_between", "activation", "before", no_activation_between, accuracy, 0.06,
        "no activation between dense layers",
    ),
    Program(
        "linear_for_a_curve", "activation", "before", linear_for_a_curve, r2, 0.3,
        "linear layers for a curve",
    ),
    Program(
        "eight_sigmoids_deep", "activation", "before", eight_sigmoids_deep, accuracy, 0.4,
        "eight sigmoid layers one on another",
    ),
    Program(
        "softmax_inside", "activation", "before", softmax_inside, accuracy, 0.2,
        "softmax in hidden layers",
    ),
    Program(
        "units_that_never_fire", "activation", "before", units_that_never_fire, accuracy, 0.4,
        "biases of -8 before ReLU",
    ),
    Program(
        "narrow_and_deep_relu", "activation", "before", narrow_and_deep_relu, accuracy, 0.2,
        "twelve layers of three ReLU units",
    ),
    Program(
        "all_weights_zero", "initial_weights", "before", all_weights_zero, accuracy, 0.3,
        "all weights start at zero",
    ),
    Program(
        "all_weights_equal", "initial_weights", "before", all_weights_equal, accuracy, 0.2,
        "all weights start equal",
    ),
    Program(
        "huge_first_weights", "initial_weights", "before", huge_first_weights, accuracy, 0.15,
        "weights start with a deviation of 30",
    ),
    Program(
        "ones_in_a_convolution", "initial_weights", "before", ones_in_a_convolution, accuracy, 0.2,
        "filters start at one",
    ),
    Program(
        "everything_frozen", "disconnected", "before", everything_frozen, accuracy, 0.15,
        "nothing can be trained",
    ),
    Program(
        "frozen_base_that_knows_nothing", "disconnected", "before", frozen_base_that_knows_nothing,
        accuracy, 0.2, "a base with random weights is frozen",
    ),
    Program(
        "second_input_unused", "disconnected", "before", second_input_unused, accuracy, 0.2,
        "an input leads nowhere",
    ),
    Program(
        "rounded_inside", "disconnected", "before", rounded_inside, r2, 0.1,
        "rounding lets no gradient through",
    ),
    Program(
        "softmax_over_time", "axes", "before", softmax_over_time, accuracy, 0.05,
        "the softmax runs along the series",
    ),
    Program(
        "reshaped_instead_of_transposed", "axes", "after", reshaped_instead_of_transposed,
        accuracy, 0.15, "channels first reshaped to channels last",
    ),
    Program(
        "channels_first_taken_for_last", "axes", "before", channels_first_taken_for_last, accuracy,
        0.15, "channels first into layers for channels last",
    ),
    Program(
        "one_example_read_as_rows", "axes", "after", one_example_read_as_rows, accuracy, 0.15,
        "a transposed table is reshaped",
    ),
    Program(
        "averaged_over_the_features", "axes", "before", averaged_over_the_features, accuracy, 0.3,
        "the mean runs over features in place of time",
    ),
    Program(
        "flatten_forgotten", "axes", "before", flatten_forgotten, accuracy, 0.7,
        "no flatten before the last layer", raises=True,
    ),
    Program(
        "squares_over_every_step", "axes", "before", squares_over_every_step,
        r2_of_the_last_step, 0.4, "an output a step against one target an example",
    ),
    Program(
        "through_one_unit", "capacity", "before", through_one_unit, accuracy, 0.3,
        "a layer of one unit in the middle",
    ),
    Program(
        "pooled_to_nothing", "capacity", "before", pooled_to_nothing, accuracy, 0.15,
        "a picture is averaged to one point",
    ),
    Program(
        "two_units_for_a_spiral", "capacity", "after", two_units_for_a_spiral, accuracy, 0.15,
        "two units a layer for a spiral",
    ),
    Program(
        "embedding_of_one_number", "capacity", "after", embedding_of_one_number, accuracy, 0.1,
        "words told by one number each",
    ),
)  # fmt: skip
