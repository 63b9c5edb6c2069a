"""From a folder of images to predictions for files."""

import io

import keras
import numpy as np
import pandas
import pytest
from PIL import Image

import dlrecipes as dlr

pytestmark = pytest.mark.slow


def write_images(folder, names, levels, each=12):
    """Images of each class around a grey level of its own."""
    for number, (name, level) in enumerate(zip(names, levels, strict=True)):
        (folder / name).mkdir(parents=True)
        for at in range(each):
            generator = np.random.default_rng((number, at))
            pixels = np.clip(generator.normal(level, 20, (6, 5)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{at}.png")


def build(hp):
    network = keras.Sequential(
        [
            keras.Input((6, 5, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(1, dtype="float32"),
        ]
    )
    network.compile(
        keras.optimizers.Adam(hp.Float("learning_rate", 0.1, 0.3)),
        keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[keras.metrics.BinaryAccuracy(threshold=0.0, name="accuracy")],
    )
    return network


def test_files_are_read_as_in_training(tmp_path, settings, plan):
    write_images(tmp_path / "photos", ("dark", "light"), (60, 190))
    splits = dlr.data.load_images(tmp_path / "photos")
    splits = splits.with_preprocess(keras.layers.Normalization(axis=-1))
    run = dlr.tune(build, splits, "val_loss", plan(), settings())
    run.finish()
    x = run.predict(tmp_path / "photos")
    table = pandas.read_csv(io.StringIO(run.predict_table(tmp_path / "photos")))
    assert table["image"].tolist()[:2] == ["dark/0.png", "dark/1.png"]
    np.testing.assert_allclose(table["probability light"], x[:, 1], rtol=1e-6)
    truth = table["image"].str.split("/").str[0]
    assert (table["label"] == truth).mean() > 0.9
    # The same image, larger and in colour.
    image = Image.open(tmp_path / "photos" / "light" / "3.png").convert("RGB")
    image.resize((50, 60), Image.Resampling.NEAREST).save(tmp_path / "large.bmp")
    same = x[table["image"].tolist().index("light/3.png")]
    np.testing.assert_allclose(run.predict(tmp_path / "large.bmp")[0], same, atol=0.05)
