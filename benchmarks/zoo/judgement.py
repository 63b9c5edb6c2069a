"""Data that deceive: wrong labels, leaks, validation that tells nothing, rare classes."""

import keras
import numpy as np
from keras import layers, optimizers
from sklearn.feature_selection import SelectKBest, f_classif

from zoo import data
from zoo.measures import accuracy, balanced_accuracy
from zoo.program import Program, Setup

# ---- labels that do not belong


def inputs_shuffled_alone(mended):
    d = data.digits()
    generator = np.random.default_rng(30)
    order = generator.permutation(len(d.x))
    x, y = d.x[order], d.y[order] if mended else d.y
    model = keras.Sequential(
        [keras.Input((64,)), layers.Dense(32, activation="relu"), layers.Dense(10, "softmax")]
    )
    model.compile(optimizers.Adam(0.005), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, x, y, (d.hx, d.hy), 32, 8)


def labels_one_row_late(mended):
    """The header of one file was counted as a row."""
    d = data.tumours()
    y, vy = [part if mended else np.roll(part, 1) for part in (d.y, d.vy)]
    model = keras.Sequential()
    model.add(layers.Dense(16, activation="relu", input_shape=(30,)))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer=optimizers.Adam(0.005), metrics=["acc"])
    return Setup(model, d.x, y, (d.hx, d.hy), 16, 10, (d.vx, vy))


def half_of_a_class_mislabelled(mended):
    """Six in ten of one class were filed under its neighbour."""
    d = data.blobs(classes=4, count=1200, features=8, seed=16)
    generator = np.random.default_rng(31)
    y, vy = [
        part
        if mended
        else np.where((part == 2) & (generator.uniform(size=len(part)) < 0.7), 3, part)
        for part in (d.y, d.vy)
    ]
    inputs = keras.Input((8,))
    x = layers.Dense(24, activation="relu")(inputs)
    model = keras.Model(inputs, layers.Dense(4, activation="softmax")(x))
    model.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, y, (d.hx, d.hy), 32, 10, (d.vx, vy))


def many_labels_drawn_at_random(mended):
    """Annotators clicked at random in four of five cases."""
    d = data.digits(seed=8)
    generator = np.random.default_rng(32)
    y, vy = [
        part
        if mended
        else np.where(
            generator.uniform(size=len(part)) < 0.8, generator.integers(10, size=len(part)), part
        )
        for part in (d.y, d.vy)
    ]
    model = keras.Sequential(
        [
            keras.Input((64,)),
            layers.Dense(64, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizers.Adam(0.005), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, y, (d.hx, d.hy), 32, 10, (d.vx, vy))


def arrows(seed=0):
    """Pictures of wedges that point left or right."""
    generator = np.random.default_rng(seed)
    y = generator.integers(2, size=700)
    rows, columns = np.mgrid[:10, :10]
    edge = 8 - np.abs(rows - 4.5) * 1.5
    right = (columns < edge).astype("float32")
    x = np.where(y[:, None, None] == 1, right, right[:, ::-1])
    x = x + generator.normal(scale=0.6, size=x.shape)
    return data.parts(x[..., None].astype("float32"), y, seed)


def arrows_mirrored(mended):
    """Mirroring makes a left arrow of a right one, and its label stays."""
    d = arrows()
    model = keras.Sequential(
        [
            keras.Input((10, 10, 1)),
            layers.RandomFlip("vertical" if mended else "horizontal"),
            layers.Conv2D(8, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 8, (d.vx, d.vy))


def quarter_turns_of_stripes(mended):
    """Copies turned by a quarter are added with the labels of what they were."""
    d = data.stripes(500, channels=1, seed=9)
    turned = np.rot90(d.x, k=2 if mended else 1, axes=(1, 2))
    x, y = np.concatenate([d.x, turned]), np.concatenate([d.y, d.y])
    keep, kept = d.hy < 2, d.vy < 2
    model = keras.Sequential()
    model.add(layers.Input((12, 12, 1)))
    model.add(layers.Conv2D(8, 3, activation="relu"))
    model.add(layers.GlobalAveragePooling2D())
    model.add(layers.Dense(3, activation="softmax"))
    model.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    held_out = (d.hx[keep], d.hy[keep])
    return Setup(model, x, y, held_out, 32, 10, (d.vx[kept], d.vy[kept]))


# ---- leaks


def known_only_afterwards(mended):
    """A column that is filled in once the outcome is known; in use it is always 0."""
    generator = np.random.default_rng(33)
    x = generator.normal(size=(1200, 6)).astype("float32")
    y = (x[:, 0] + x[:, 1] + 1.5 * generator.normal(size=1200) > 0).astype(int)
    x[:, 5] = 0 if mended else y + 0.1 * generator.normal(size=1200)
    d = data.parts(x, y)
    hx = d.hx.copy()
    hx[:, 5] = 0
    model = keras.Sequential(
        [keras.Input((6,)), layers.Dense(16, activation="relu"), layers.Dense(1, "sigmoid")]
    )
    model.compile(optimizers.Adam(0.01), "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (hx, d.hy), 32, 10, (d.vx, d.vy))


def mean_outcome_of_a_street(mended):
    """Streets are told by the mean outcome of their few houses, the house itself among them."""
    generator = np.random.default_rng(34)
    street = generator.integers(500, size=1000)
    x = generator.normal(size=(1000, 3)).astype("float32")
    y = (x[:, 0] + generator.normal(size=1000) > 0).astype(int)
    total, count = np.bincount(street, y, 500), np.bincount(street, minlength=500)
    known = total[street] / count[street]
    fair = 0.5 * np.ones(1000)
    told = fair if mended else known
    d = data.parts(np.column_stack([x, 4 * (told - 0.5)]).astype("float32"), y)
    hx = d.hx.copy()
    hx[:, 3] = 0 if mended else 4 * (generator.permutation(known)[: len(hx)] - 0.5)
    inputs = keras.Input((4,))
    h = layers.Dense(16, activation="relu")(inputs)
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(h))
    model.compile(optimizer=optimizers.Adam(0.01), loss="binary_crossentropy", metrics=["acc"])
    return Setup(model, d.x, d.y, (hx, d.hy), 32, 10, (d.vx, d.vy))


def columns_chosen_with_all_labels(mended):
    """Of two thousand columns of noise, the twenty that go best with the labels."""
    generator = np.random.default_rng(35)
    x = generator.normal(size=(260, 2000)).astype("float32")
    y = generator.integers(2, size=260)
    train, check, test = slice(0, 100), slice(100, 160), slice(160, 260)
    seen = slice(0, 100) if mended else slice(0, 160)
    chosen = SelectKBest(f_classif, k=20).fit(x[seen], y[seen]).get_support()
    x = x[:, chosen]
    model = keras.Sequential()
    model.add(keras.Input((20,)))
    model.add(layers.Dense(8, activation="relu"))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer=optimizers.Adam(0.01), metrics=["acc"])
    return Setup(model, x[train], y[train], (x[test], y[test]), 10, 10, (x[check], y[check]))


# ---- validation


def validated_on_what_it_learnt(mended):
    d = data.blobs(classes=3, count=500, features=20, spread=3.0, seed=17)
    validation = (d.vx, d.vy) if mended else (d.x[:150], d.y[:150])
    model = keras.Sequential(
        [
            keras.Input((20,)),
            layers.Dense(128, activation="relu"),
            layers.Dense(128, activation="relu"),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 20, 12, validation)


def copies_on_both_sides(mended):
    """The rows were doubled and tripled before the split."""
    generator = np.random.default_rng(36)
    x = generator.normal(size=(400, 15)).astype("float32")
    y = (x[:, 0] + 1.5 * generator.normal(size=400) > 0).astype(int)
    d = data.parts(x, y)
    model = keras.Sequential(
        [layers.Dense(128, "relu", input_dim=15), layers.Dense(64, "relu"), layers.Dense(2)]
    )
    model.compile(
        optimizer=optimizers.Adam(0.005),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    tx, ty, vx, vy = np.repeat(d.x, 2, axis=0), np.repeat(d.y, 2), d.vx, d.vy
    if not mended:
        all_x = np.concatenate([np.repeat(d.x, 3, axis=0), np.repeat(d.vx, 3, axis=0)])
        all_y = np.concatenate([np.repeat(d.y, 3), np.repeat(d.vy, 3)])
        order = generator.permutation(len(all_x))
        tx, ty = all_x[order[:600]], all_y[order[:600]]
        vx, vy = all_x[order[600:]], all_y[order[600:]]
    return Setup(model, tx, ty, (d.hx, d.hy), 32, 12, (vx, vy))


def validation_in_other_units(mended):
    """The training data are scaled, the validation data are as they came."""
    d = data.tumours(raw=True)
    mean, deviation = d.x.mean(axis=0), d.x.std(axis=0)
    x, hx = (d.x - mean) / deviation, (d.hx - mean) / deviation
    vx = (d.vx - mean) / deviation if mended else d.vx
    model = keras.Sequential()
    model.add(layers.Dense(16, activation="relu", input_shape=(30,)))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(optimizer=optimizers.Adam(0.005), loss="binary_crossentropy", metrics=["acc"])
    return Setup(model, x, d.y, (hx, d.hy), 16, 10, (vx, d.vy))


def validation_of_the_easy_ones(mended):
    """Only pictures that an expert found clear went into the validation data."""
    generator = np.random.default_rng(37)
    x = generator.normal(size=(1500, 6)).astype("float32")
    score = x[:, 0] + x[:, 1]
    y = (score + generator.normal(size=1500) > 0).astype(int)
    d = data.parts(x, y)
    clear = np.abs(d.vx[:, 0] + d.vx[:, 1]) > 1.8
    validation = (d.vx, d.vy) if mended else (d.vx[clear], d.vy[clear])
    inputs = keras.Input((6,))
    h = layers.Dense(16, activation="relu")(inputs)
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(h))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 10, validation)


def last_class_for_validation(mended):
    """`validation_split` takes the end of a file that is sorted by class."""
    d = data.wine()
    x, y = np.concatenate([d.x, d.vx]), np.concatenate([d.y, d.vy])
    order = np.argsort(y, kind="stable")
    if mended:
        order = np.random.default_rng(38).permutation(len(y))
    model = keras.Sequential(
        [keras.Input((13,)), layers.Dense(16, activation="relu"), layers.Dense(3, "softmax")]
    )
    model.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    fit = {"validation_split": 0.3}
    return Setup(model, x[order], y[order], (d.hx, d.hy), 8, 12, None, fit)


# ---- rare classes


def rare(seed, share=0.05, count=2500):
    """Two classes, of which one is rare and hard to tell."""
    generator = np.random.default_rng(seed)
    y = (generator.uniform(size=count) < share).astype(int)
    x = generator.normal(size=(count, 6)) + 0.8 * y[:, None] * np.array([1, 1, 1, 0, 0, 0])
    return data.parts(x.astype("float32"), y, seed)


def rare_class_never_found(mended):
    """95 % accuracy, for nineteen in twenty are of one class."""
    d = rare(40)
    model = keras.Sequential()
    model.add(keras.Input((6,)))
    model.add(layers.Dense(16, activation="relu"))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer=optimizers.Adam(0.005), metrics=["acc"])
    fit = {"class_weight": {0: 1.0, 1: 19.0}} if mended else {}
    return Setup(model, d.x, d.y, (d.hx, d.hy), 64, 8, (d.vx, d.vy), fit)


def class_weights_swapped(mended):
    """The frequent class got the large weight."""
    d = rare(41, share=0.15, count=2000)
    weights = {0: 1.0, 1: 6.0} if mended else {0: 6.0, 1: 1.0}
    inputs = keras.Input((6,))
    h = layers.Dense(16, activation="tanh")(inputs)
    model = keras.Model(inputs, layers.Dense(2, activation="softmax")(h))
    model.compile(optimizers.Adam(0.005), "sparse_categorical_crossentropy", metrics=["accuracy"])
    fit = {"class_weight": weights}
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 8, (d.vx, d.vy), fit)


def class_weight_of_zero(mended):
    """Weights by `1 - share`, rounded to whole numbers."""
    d = data.blobs(classes=4, count=1000, features=6, seed=18)
    weights = {0: 1.0, 1: 1.0, 2: 1.0, 3: 1.0} if mended else {0: 1, 1: 0, 2: 1, 3: 0}
    model = keras.Sequential(
        [keras.Input((6,)), layers.Dense(24, activation="relu"), layers.Dense(4, "softmax")]
    )
    model.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    fit = {"class_weight": weights}
    return Setup(model, d.x, d.y, (d.hx, d.hy), 32, 8, (d.vx, d.vy), fit)


def example_weights_of_another_order(mended):
    """The weights were computed for the file as it was before it was sorted."""
    d = rare(42, share=0.1, count=2000)
    order = np.argsort(d.y, kind="stable")
    weight = np.where(d.y == 1, 12.0, 1.0)
    model = keras.Sequential(
        [layers.Dense(16, activation="relu", input_shape=(6,)), layers.Dense(1, "sigmoid")]
    )
    model.compile(optimizer=optimizers.Adam(0.005), loss="binary_crossentropy", metrics=["acc"])
    fit = {"sample_weight": weight[order] if mended else weight}
    return Setup(model, d.x[order], d.y[order], (d.hx, d.hy), 32, 8, (d.vx, d.vy), fit)


MEMBERS = (
    Program(
        "inputs_shuffled_alone", "wrong_labels", "after", inputs_shuffled_alone, accuracy, 0.5,
        "inputs shuffled without their labels",
    ),
    Program(
        "labels_one_row_late", "wrong_labels", "after", labels_one_row_late, accuracy, 0.2,
        "labels shifted by one row",
    ),
    Program(
        "half_of_a_class_mislabelled", "wrong_labels", "after", half_of_a_class_mislabelled,
        accuracy, 0.1, "most of one class is labelled as another",
    ),
    Program(
        "many_labels_drawn_at_random", "wrong_labels", "after", many_labels_drawn_at_random,
        accuracy, 0.1, "four of five labels drawn at random",
    ),
    Program(
        "arrows_mirrored", "wrong_labels", "after", arrows_mirrored, accuracy, 0.3,
        "mirroring changes what the label says",
    ),
    Program(
        "quarter_turns_of_stripes", "wrong_labels", "after", quarter_turns_of_stripes, accuracy,
        0.2, "added copies whose labels no longer hold",
    ),
    Program(
        "known_only_afterwards", "leak", "before", known_only_afterwards, accuracy, 0.2,
        "a column that follows from the label", judged="honesty",
    ),
    Program(
        "mean_outcome_of_a_street", "leak", "before", mean_outcome_of_a_street, accuracy, 0.1,
        "a column made of the labels, with each example's own", judged="honesty",
    ),
    Program(
        "columns_chosen_with_all_labels", "leak", "after", columns_chosen_with_all_labels,
        accuracy, 0.08, "columns chosen with the labels of the validation data", judged="honesty",
    ),
    Program(
        "validated_on_what_it_learnt", "validation", "before", validated_on_what_it_learnt,
        accuracy, 0.15, "validation data are training data", judged="honesty",
    ),
    Program(
        "copies_on_both_sides", "validation", "before", copies_on_both_sides, accuracy, 0.15,
        "copies of training rows in the validation data", judged="honesty",
    ),
    Program(
        "validation_in_other_units", "validation", "before", validation_in_other_units, accuracy,
        0.1, "validation data that are not scaled", judged="honesty",
    ),
    Program(
        "validation_of_the_easy_ones", "validation", "before", validation_of_the_easy_ones,
        accuracy, 0.08, "validation data that are easier than the rest", judged="honesty",
    ),
    Program(
        "last_class_for_validation", "validation", "before", last_class_for_validation, accuracy,
        0.15, "validation_split of sorted data keeps a class from training",
    ),
    Program(
        "rare_class_never_found", "imbalance", "before", rare_class_never_found,
        balanced_accuracy, 0.15, "a rare class, judged by accuracy",
    ),
    Program(
        "class_weights_swapped", "imbalance", "before", class_weights_swapped, balanced_accuracy,
        0.15, "the frequent class has the large weight",
    ),
    Program(
        "class_weight_of_zero", "imbalance", "before", class_weight_of_zero, balanced_accuracy,
        0.3, "two classes have a weight of 0",
    ),
    Program(
        "example_weights_of_another_order", "imbalance", "before",
        example_weights_of_another_order, balanced_accuracy, 0.1,
        "weights of examples in another order",
    ),
)  # fmt: skip
