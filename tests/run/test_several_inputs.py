"""Whole runs of networks with several inputs, by Keras' conventions."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import dlrecipes as dlr
from dlrecipes.errors import DataError
from dlrecipes.search import Listener

pytestmark = pytest.mark.slow

GENERATOR = np.random.default_rng(0)
WORDS = np.array(["red", "green", "blue"])
KIND = GENERATOR.integers(0, 3, 300)
TITLE = np.array([f"a {WORDS[kind]} thing" for kind in KIND], dtype=object)
NUMBERS = GENERATOR.normal(size=(300, 5))
IMAGES = GENERATOR.normal(size=(300, 6, 6, 1))
LABEL = ((KIND == 0) ^ (NUMBERS[:, 0] > 0)).astype(int)
BRIGHT = (IMAGES.mean(axis=(1, 2, 3)) + NUMBERS[:, 1] / 10 > 0).astype(int)


@pytest.fixture
def tune(tmp_path):
    def run(build, x, y, objective="val_accuracy", epochs=3, folder="run", **settings):
        splits = x if isinstance(x, dlr.data.Splits) else dlr.data.from_arrays(x, y)
        plan = dlr.CoarseToFine(trials=3, epochs=epochs, refit_seeds=2)
        settings = dlr.RunSettings(out=tmp_path / folder, **settings)
        return dlr.tune(build, splits, objective, plan, settings, listener=Listener())

    return run


def compiled(model, hp):
    rate = hp.Float("learning_rate", 1e-2, 1e-1, sampling="log")
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
    return model


def by_name(hp):
    """A text and numbers, in a dictionary."""
    text = keras.Input((), dtype="string", name="title")
    meta = keras.Input((5,), name="meta")
    vectorize = keras.layers.TextVectorization(output_mode="multi_hot", vocabulary=list(WORDS))
    hidden = keras.layers.concatenate([vectorize(text), meta])
    hidden = keras.layers.Dense(16, activation="relu")(hidden)
    output = keras.layers.Dense(1, activation="sigmoid")(hidden)
    return compiled(keras.Model({"title": text, "meta": meta}, output), hp)


def by_place(hp):
    """An image and numbers, in a list."""
    image, meta = keras.Input((6, 6, 1)), keras.Input((5,))
    pixels = keras.layers.Flatten()(image)
    hidden = keras.layers.Dense(16, activation="relu")(keras.layers.concatenate([pixels, meta]))
    output = keras.layers.Dense(1, activation="sigmoid")(hidden)
    return compiled(keras.Model([image, meta], output), hp)


def assert_same_as_trained(run):
    """The saved network says of the validation part what the search said."""
    for refit in run.result.refits:
        searched = refit.history["val_accuracy"][refit.best_epoch]
        assert refit.validation["accuracy"] == pytest.approx(searched, abs=1e-6)


FRESH = """
import sys, numpy as np, tensorflow as tf
given = dict(np.load(sys.argv[2]))
served = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
answers = served(**{name: tf.constant(values) for name, values in given.items()})
np.save(sys.argv[3], answers["probabilities"].numpy())
"""


def predicted_afresh(run, folder, inputs):
    """What TensorFlow alone says, in a process of its own."""
    saved = run.export("saved_model")
    np.savez(folder / "given.npz", **inputs)
    command = [sys.executable, "-c", FRESH, saved, folder / "given.npz", folder / "out.npy"]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    return np.load(folder / "out.npy")


def test_text_and_numbers_by_name(tune, tmp_path):
    x = {"title": TITLE, "meta": NUMBERS}
    run = tune(by_name, x, LABEL)
    assert_same_as_trained(run)
    assert [one.dtype for one in run.info.spec.inputs] == ["string", "float32"]
    predicted = run.predict(x)
    assert ((predicted[:, 1] > 0.5) == LABEL).mean() > 0.75
    np.savez(tmp_path / "new.npz", title=TITLE.astype(str), meta=NUMBERS)
    np.testing.assert_array_equal(run.predict(tmp_path / "new.npz"), predicted)
    given = {"title": TITLE[:20].astype(str), "meta": NUMBERS[:20].astype("float32")}
    afresh = predicted_afresh(run, tmp_path, given)
    np.testing.assert_allclose(afresh, predicted[:20], atol=1e-6)
    model = dlr.load_model(run.export("keras"))
    tensors = {"title": tf.constant(TITLE.tolist()), "meta": tf.constant(NUMBERS, "float32")}
    np.testing.assert_allclose(model(tensors), predicted, atol=1e-5)
    with pytest.raises(DataError, match="without 'meta' and with 'mete'"):
        run.predict({"title": TITLE, "mete": NUMBERS})
    assert run.open_test_set("test").mean["accuracy"] > 0.6
    assert "2 inputs" in run.report().read_text()


@pytest.mark.parametrize(
    "engine",
    [
        "population",
        *(pytest.param(one, marks=pytest.mark.exhaustive) for one in ("fit", "resident")),
    ],
)
def test_a_list_of_arrays(tune, tmp_path, engine):
    run = tune(by_place, [IMAGES, NUMBERS], BRIGHT, engine=engine)
    assert_same_as_trained(run)
    predicted = run.predict([IMAGES, NUMBERS])
    given = {"input_0": IMAGES.astype("float32"), "input_1": NUMBERS.astype("float32")}
    np.testing.assert_allclose(predicted_afresh(run, tmp_path, given), predicted, atol=1e-6)
    np.testing.assert_array_equal(run.predict(given), predicted)
