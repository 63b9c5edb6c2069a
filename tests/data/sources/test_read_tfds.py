"""Data sets of TensorFlow Datasets that the tests build themselves: nothing is downloaded."""

import numpy as np
import pytest

from dlrecipes.data import (
    ColumnRules,
    ImageReading,
    SplitRule,
    TableReading,
    load,
    load_images,
    load_table,
)
from dlrecipes.data.parts.sealed_split import _peek
from dlrecipes.data.sources import read_tfds
from dlrecipes.errors import ArgumentError, DataError

tfds = pytest.importorskip("tensorflow_datasets")

SIZES = {"train": 60, "validation": 12, "test": 15}


def _build(folder, name, features, example, sizes, supervised_keys=None):
    """Write a data set whose class nobody knows afterwards: only its files are left."""

    def info(self):
        return tfds.core.DatasetInfo(
            builder=self,
            features=tfds.features.FeaturesDict(features()),
            supervised_keys=supervised_keys,
        )

    members = {
        "name": name,
        "VERSION": tfds.core.Version("1.0.0"),
        "_info": info,
        "_split_generators": lambda self, manager: {
            split: self._generate_examples(split) for split in sizes
        },
        "_generate_examples": lambda self, split: (
            (at, example(split, at)) for at in range(sizes[split])
        ),
        "__module__": __name__,
    }
    with tfds.core.registered.skip_registration():
        builder = type(name.title(), (tfds.core.GeneratorBasedBuilder,), members)
        config = tfds.download.DownloadConfig(try_download_gcs=False)
        builder(data_dir=folder).download_and_prepare(download_config=config)


def pixels(split, at):
    return np.random.default_rng([list(SIZES).index(split), at]).integers(0, 255, (4, 3, 1))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of prepared data sets: images, a table, texts, and some that cannot be used."""
    folder = tmp_path_factory.mktemp("tfds")
    label = lambda: tfds.features.ClassLabel(names=["zebra", "ant", "cat"])  # noqa: E731
    _build(
        folder,
        "tiny_images",
        lambda: {"image": tfds.features.Image(shape=(4, 3, 1)), "label": label(), "id": np.int64},
        lambda split, at: {
            "image": pixels(split, at).astype("uint8"),
            "label": at % 3,
            "id": at,
        },
        SIZES,
        ("image", "label"),
    )
    _build(
        folder,
        "tiny_table",
        lambda: {"age": np.float32, "job": tfds.features.Text(), "label": label()},
        lambda split, at: {"age": float(at), "job": "cook" if at % 2 else "", "label": at % 3},
        SIZES,
    )
    _build(
        folder,
        "tiny_texts",
        lambda: {"text": tfds.features.Text(), "label": label()},
        lambda split, at: {"text": f"the {at} ünusual words here", "label": at % 3},
        {"train": 60, "test": 15},
        ("text", "label"),
    )
    _build(
        folder,
        "tiny_ragged",
        lambda: {"image": tfds.features.Image(shape=(None, 3, 1)), "label": label()},
        lambda split, at: {"image": np.zeros((4 + at % 2, 3, 1), "uint8"), "label": at % 3},
        {"train": 9},
        ("image", "label"),
    )
    _build(
        folder,
        "tiny_parts",
        lambda: {"age": np.float32, "label": label()},
        lambda split, at: {"age": 0.0, "label": at % 3},
        {"north": 9, "south": 9},
    )
    return folder


def test_images_with_official_parts(folder):
    splits = load("tfds:tiny_images", data_dir=folder)
    parts = {"train": splits.train, "validation": splits.validation, "test": _peek(splits.test)}
    assert {name: len(part) for name, part in parts.items()} == SIZES
    assert (splits.raw_spec.name, splits.raw_spec.kind) == ("tiny_images", "image")
    assert splits.raw_spec.target.class_names == ("zebra", "ant", "cat")
    for name, part in parts.items():
        expected = {
            pixels(name, at).astype("float32").tobytes(): at % 3 for at in range(SIZES[name])
        }
        found = {x.tobytes(): y for x, y in zip(part.x, part.y, strict=True)}
        assert found == expected


def test_images_as_the_recipes_load_them(folder):
    splits = load_images("tfds:tiny_images", reading=ImageReading(data_dir=str(folder)))
    assert (len(splits.train), len(splits.validation), len(splits.test)) == tuple(SIZES.values())
    assert splits.raw_spec.eight_bit
    assert set(splits.raw_spec.target.class_names) == {"zebra", "ant", "cat"}


def test_a_table(folder):
    for splits in (
        load_table("tfds:tiny_table", reading=TableReading(data_dir=str(folder))),
        load("tfds:tiny_table", data_dir=folder),
    ):
        parts = splits.train, splits.validation, _peek(splits.test)
        assert tuple(map(len, parts)) == tuple(SIZES.values())
        assert {column.name: column.kind for column in splits.raw_spec.columns} == {
            "age": "number",
            "job": "category",
        }
        assert set(splits.raw_spec.target.class_names) == {"zebra", "ant", "cat"}
        for part in parts:
            names = np.array(splits.raw_spec.target.class_names)[part.y]
            expected = np.array(["zebra", "ant", "cat"])[part.x["age"].astype(int) % 3]
            np.testing.assert_array_equal(names, expected)


def test_texts_with_a_validation_part_drawn(folder):
    splits = load_table(
        "tfds:tiny_texts",
        reading=TableReading(data_dir=str(folder)),
        split_rule=SplitRule(validation_fraction=0.25),
        column_rules=ColumnRules(kinds={"text": "text"}),
    )
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (45, 15, 15)
    assert "ünusual" in splits.train.x["text"][0]


def test_the_order_is_that_of_the_disk(folder):
    first, second = (read_tfds("tfds:tiny_table", folder) for _ in range(2))
    np.testing.assert_array_equal(first.parts["train"]["age"], second.parts["train"]["age"])
    assert first.parts["train"]["age"].tolist() != sorted(first.parts["train"]["age"].tolist())


@pytest.mark.parametrize(
    ("source", "options", "error", "message"),
    [
        ("tfds:", {}, ArgumentError, "given as tfds:NAME"),
        (
            "tfds:no_such_data_set",
            {},
            DataError,
            "that TensorFlow Datasets knows.*no_such_data_set",
        ),
        ("tfds:tiny_table:9.9.9", {}, DataError, "tiny_table"),
        ("tfds:tiny_images", {"most_megabytes": 0.0001}, DataError, "fit into memory: 0.0001 MB"),
        ("tfds:tiny_ragged", {}, DataError, "one shape.*'image'"),
        ("tfds:tiny_parts", {}, DataError, "a part called train.*north, south"),
    ],
)
def test_wrong(folder, source, options, error, message):
    with pytest.raises(error, match=message):
        read_tfds(source, folder, **options)


def test_images_are_no_table(folder):
    with pytest.raises(DataError, match=r"one value an example.*'image' of shape \(4, 3, 1\)"):
        load_table("tfds:tiny_images", reading=TableReading(data_dir=str(folder)))
    with pytest.raises(DataError, match="one feature to learn from.*age, job, label"):
        load_images("tfds:tiny_table", reading=ImageReading(data_dir=str(folder)))
    with pytest.raises(ArgumentError, match="has parts of its own"):
        load_table(
            "tfds:tiny_table",
            reading=TableReading(data_dir=str(folder)),
            split_rule=SplitRule(part="job"),
        )


def test_what_cannot_be_fetched(tmp_path, monkeypatch):
    def refuse(self, **options):
        raise ConnectionError("no network\nand more")

    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", refuse)
    with pytest.raises(DataError) as caught:
        load("tfds:mnist", data_dir=tmp_path)
    text = str(caught.value)
    assert "ConnectionError: no network" in text
    assert "--data-dir DIR" in text
    assert "and more" not in text
