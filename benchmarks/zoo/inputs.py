"""Inputs that are not scaled, or that do not hold what they should."""

import keras
import numpy as np
from keras import layers, optimizers
from sklearn.preprocessing import MinMaxScaler, normalize

from zoo import data
from zoo.measures import accuracy, r2
from zoo.program import Program, Setup


def wine_as_it_comes(mended):
    """Proline is about a thousand, hue about one."""
    d = data.wine(raw=True)
    x, vx, hx = d.x, d.vx, d.hx
    if mended:
        scaler = MinMaxScaler().fit(d.x)
        x, vx, hx = [scaler.transform(part) for part in (x, vx, hx)]
    model = keras.Sequential()
    model.add(layers.Dense(16, activation="relu", input_shape=(13,)))
    model.add(layers.Dense(3, activation="softmax"))
    model.compile(
        loss="sparse_categorical_crossentropy", optimizer=optimizers.SGD(0.1), metrics=["accuracy"]
    )
    return Setup(model, x, d.y, (hx, d.hy), 8, 12, (vx, d.vy))


def pixels_to_255(mended):
    """Grey values of 0 to 255 into tanh units."""
    d = data.digits()
    by = 1.0 if mended else 255.0
    model = keras.Sequential(
        [
            keras.Input((64,)),
            layers.Dense(48, activation="tanh"),
            layers.Dense(48, activation="tanh"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x * by, d.y, (d.hx * by, d.hy), 32, 10, (d.vx * by, d.vy))


def images_with_sgd_to_255(mended):
    """A convolutional network, plain SGD, and bytes."""
    d = data.stripes(count=700)
    bytes_of = [np.clip(60 * part + 128, 0, 255).astype("uint8") for part in (d.x, d.vx, d.hx)]
    x, vx, hx = [part / np.float32(255) if mended else part.astype("float32") for part in bytes_of]
    model = keras.models.Sequential()
    model.add(layers.Conv2D(12, (3, 3), activation="relu", input_shape=(12, 12, 3)))
    model.add(layers.MaxPooling2D((2, 2)))
    model.add(layers.Flatten())
    model.add(layers.Dense(32, activation="relu"))
    model.add(layers.Dense(3, activation="softmax"))
    model.compile(
        optimizer=optimizers.SGD(0.03, momentum=0.9),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return Setup(model, x, d.y, (hx, d.hy), 16, 10, (vx, d.vy))


def divided_by_255_twice(mended):
    """Once in the loading, once more in the network."""
    d = data.digits(flat=False)
    first = [part * 255 / (1 if mended else 255) for part in (d.x, d.vx, d.hx)]
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(16, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, first[0], d.y, (first[2], d.hy), 64, 8, (first[1], d.vy))


def standardised_twice(mended):
    """The second time with the mean and the deviation of the raw columns."""
    d = data.tumours(raw=True)
    mean, deviation = d.x.mean(axis=0), d.x.std(axis=0)
    parts = [(part - mean) / deviation for part in (d.x, d.vx, d.hx)]
    inputs = keras.Input((30,))
    x = inputs
    if not mended:
        x = layers.Normalization(mean=mean, variance=deviation**2)(x)
    x = layers.Dense(12, activation="sigmoid")(x)
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))
    model.compile(optimizer=optimizers.SGD(0.1), loss="binary_crossentropy", metrics=["accuracy"])
    return Setup(model, parts[0], d.y, (parts[2], d.hy), 32, 12, (parts[1], d.vy))


def one_column_in_millions(mended):
    """Income in full among tidy columns."""
    generator = np.random.default_rng(11)
    x = generator.normal(size=(1500, 5)).astype("float32")
    y = (x[:, 0] + x[:, 1] * x[:, 2] + 0.2 * x[:, 4] > 0).astype(int)
    if not mended:
        x[:, 4] = 2_000_000 + 700_000 * x[:, 4]
    d = data.parts(x, y)
    model = keras.Sequential(
        [
            keras.Input((5,)),
            layers.Dense(32, activation="relu"),
            layers.Dense(16, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("adam", loss=keras.losses.BinaryCrossentropy(), metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy))


def seconds_since_1970(mended):
    """The hour of the day, told as a time stamp in single precision."""
    generator = np.random.default_rng(12)
    hours = np.sort(generator.uniform(0, 24 * 90, size=1500))
    y = (np.sin(hours / 24 * 2 * np.pi) + 0.1 * generator.normal(size=1500)).astype("float32")
    turn = hours % 24 / 24 * 2 * np.pi
    x = np.stack([np.sin(turn + 1), np.cos(turn + 1)], axis=1)
    if not mended:
        x = np.stack([1.7e9 + 3600 * hours, hours // 24 % 7], axis=1)
    d = data.parts(x.astype("float32"), y)
    model = keras.Sequential(
        [layers.Dense(32, "relu", input_dim=2), layers.Dense(16, "relu"), layers.Dense(1)]
    )
    model.compile(loss="mse", optimizer=optimizers.Adam(3e-3), metrics=["mae"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 16, 10)


def every_example_to_length_one(mended):
    """How much there is of everything tells the class, and is divided away."""
    generator = np.random.default_rng(13)
    y = generator.integers(3, size=1200)
    x = generator.uniform(0.5, 1.5, size=(1200, 6)) * np.array([0.6, 1.2, 2.4])[y][:, None]
    x = x if mended else normalize(x, axis=1)
    d = data.parts(x.astype("float32"), y)
    model = keras.Sequential(
        [keras.Input((6,)), layers.Dense(24, activation="relu"), layers.Dense(3, "softmax")]
    )
    model.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy))


# ---- what is in them


def missing_measurements(mended):
    """A few cells of the table are empty."""
    d = data.tumours()
    generator = np.random.default_rng(14)
    parts = []
    for part in (d.x, d.vx):
        holes = generator.uniform(size=part.shape) < 0.01
        parts.append(np.where(holes, 0.0 if mended else np.nan, part).astype("float32"))
    model = keras.Sequential()
    model.add(keras.Input((30,)))
    model.add(layers.Dense(20, activation="relu"))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
    return Setup(model, parts[0], d.y, (d.hx, d.hy), 32, 12, (parts[1], d.vy))


def logarithm_of_zero(mended):
    """Amounts are looked at on a logarithmic scale, and some are 0."""
    generator = np.random.default_rng(15)
    amounts = generator.poisson(3, size=(900, 5)).astype("float32")
    y = np.log1p(amounts) @ np.array([1, -1, 0.5, 0.5, -0.5], "float32")
    with np.errstate(divide="ignore"):
        x = np.log1p(amounts) if mended else np.log(amounts)
        test = np.log1p(amounts) if mended else np.maximum(np.log(amounts), -1)
    d = data.parts(x, y)
    hx = data.parts(test, y).hx
    model = keras.Sequential([keras.Input((5,)), layers.Dense(32, "relu"), layers.Dense(1)])
    model.compile(optimizer=optimizers.Adam(0.01), loss="mse")
    return Setup(model, d.x, d.y, (hx, d.hy), 32, 10)


def whole_division(mended):
    """`//` in place of `/`: all pixels but the brightest are 0."""
    d = data.digits(flat=False)
    grey = [(part * 240).astype("uint8") for part in (d.x, d.vx, d.hx)]
    x, vx, hx = [part / np.float32(255) if mended else part // 255 for part in grey]
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, x, d.y, (hx, d.hy), 32, 8, (vx, d.vy))


def cut_to_integers(mended):
    """Columns between 0 and 1 go through a list of whole numbers."""
    d = data.wine(raw=True)
    scaler = MinMaxScaler().fit(d.x)
    parts = [scaler.transform(part).clip(0, 0.999) for part in (d.x, d.vx, d.hx)]
    if not mended:
        parts = [np.array(part, dtype="int32") for part in parts]
    model = keras.Sequential(
        [keras.Input((13,)), layers.Dense(16, activation="relu"), layers.Dense(3)]
    )
    model.compile(
        optimizer=optimizers.Adam(0.02),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return Setup(model, parts[0], d.y, (parts[2], d.hy), 8, 10, (parts[1], d.vy))


def shops_as_numbers(mended):
    """Which of forty shops, as a number, for a linear effect."""
    generator = np.random.default_rng(16)
    shop = generator.integers(40, size=2000)
    effect = generator.normal(size=40)
    size = generator.normal(size=2000)
    y = effect[shop] + 0.3 * size + 0.1 * generator.normal(size=2000)
    coded = np.eye(40)[shop] if mended else shop[:, None]
    d = data.parts(np.concatenate([size[:, None], coded], axis=1).astype("float32"), y)
    model = keras.Sequential(
        [layers.Dense(32, activation="relu", input_shape=d.x.shape[1:]), layers.Dense(1)]
    )
    model.compile(loss="mse", optimizer=optimizers.Adam(5e-3))
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, (d.vx, d.vy))


def words_as_numbers(mended):
    """Codes of words go into a dense layer as if 120 were twice 60."""
    d = data.sentences()
    inputs = keras.Input((12,))
    if mended:
        x = layers.Embedding(200, 8)(inputs)
        x = layers.GlobalAveragePooling1D()(x)
    else:
        x = layers.Dense(8)(inputs)
    x = layers.Dense(16, activation="relu")(x)
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 12, (d.vx, d.vy))


def joined_on_the_wrong_key(mended):
    """The table was joined on the wrong key: five columns are the same for all examples."""
    generator = np.random.default_rng(17)
    x = generator.normal(size=(800, 6)).astype("float32")
    y = (x[:, 0] - x[:, 1] + x[:, 2] * x[:, 3] > 0).astype(int)
    d = data.parts(x, y)
    parts = [part.copy() for part in (d.x, d.vx, d.hx)]
    if not mended:
        for part in parts:
            part[:, :5] = x[0, :5]
    model = keras.Sequential()
    model.add(layers.Dense(32, activation="relu", input_shape=(6,)))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(optimizer=optimizers.Adam(0.01), loss="binary_crossentropy", metrics=["acc"])
    return Setup(model, parts[0], d.y, (parts[2], d.hy), 32, 12, (parts[1], d.vy))


MEMBERS = (
    Program(
        "wine_as_it_comes", "input_scale", "before", wine_as_it_comes, accuracy, 0.2,
        "columns of very different scales under SGD",
    ),
    Program(
        "pixels_to_255", "input_scale", "before", pixels_to_255, accuracy, 0.1,
        "pixels to 255 saturate tanh",
    ),
    Program(
        "images_with_sgd_to_255", "input_scale", "before", images_with_sgd_to_255, accuracy, 0.2,
        "pixels to 255 under SGD with momentum",
    ),
    Program(
        "divided_by_255_twice", "input_scale", "before", divided_by_255_twice, accuracy, 0.2,
        "pixels divided by 255 twice",
    ),
    Program(
        "standardised_twice", "input_scale", "before", standardised_twice, accuracy, 0.04,
        "standardised again with the statistics of the raw columns",
    ),
    Program(
        "one_column_in_millions", "input_scale", "before", one_column_in_millions, accuracy, 0.15,
        "one column in the millions",
    ),
    Program(
        "seconds_since_1970", "input_scale", "before", seconds_since_1970, r2, 0.5,
        "time stamps of 1.7e9 in single precision",
    ),
    Program(
        "every_example_to_length_one", "input_scale", "after", every_example_to_length_one,
        accuracy, 0.3, "every row scaled to length 1",
    ),
    Program(
        "missing_measurements", "input_content", "before", missing_measurements, accuracy, 0.2,
        "NaN in the inputs",
    ),
    Program(
        "logarithm_of_zero", "input_content", "before", logarithm_of_zero, r2, 0.5,
        "infinity in the inputs",
    ),
    Program(
        "whole_division", "input_content", "before", whole_division, accuracy, 0.5,
        "all inputs are 0",
    ),
    Program(
        "cut_to_integers", "input_content", "before", cut_to_integers, accuracy, 0.3,
        "columns from 0 to 1 cut to whole numbers",
    ),
    Program(
        "shops_as_numbers", "input_content", "before", shops_as_numbers, r2, 0.4,
        "codes of categories as numbers",
    ),
    Program(
        "words_as_numbers", "input_content", "before", words_as_numbers, accuracy, 0.15,
        "codes of words as numbers",
    ),
    Program(
        "joined_on_the_wrong_key", "input_content", "before", joined_on_the_wrong_key, accuracy,
        0.2, "five of six columns are constant",
    ),
)  # fmt: skip
