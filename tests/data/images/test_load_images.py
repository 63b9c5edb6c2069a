"""Images from their sources to the three parts."""

import gzip
import struct

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from dlrecipes.data import ImageReading, SplitRule, audit, load_images
from dlrecipes.data.parts.sealed_split import _peek
from dlrecipes.errors import ArgumentError, DataError


def parts(splits):
    return splits.train, splits.validation, _peek(splits.test)


@pytest.fixture
def classes(picture, tmp_path):
    """`classes(folder, each, names, **options)`: that many different images of each class."""

    def make(folder="photos", each=10, names=("cat", "dog"), **options):
        for number, name in enumerate(names):
            for at in range(each):
                picture(f"{folder}/{name}/{at}.png", 100 * number + at + len(folder), **options)
        return tmp_path / folder

    return make


@pytest.fixture
def archive(tmp_path):
    """`archive(name, **arrays)`: an `.npz` file."""

    def make(name="data.npz", **arrays):
        np.savez(tmp_path / name, **arrays)
        return tmp_path / name

    return make


def random(size, shape=(4, 3), dtype=np.uint8, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (size, *shape)).astype(dtype)


def test_folder(classes):
    splits = load_images(classes(), split_rule=SplitRule(split_seed=3))
    assert [len(part) for part in parts(splits)] == [12, 4, 4]
    spec = splits.raw_spec
    assert (spec.name, spec.task, spec.target.class_names) == ("photos", "binary", ("cat", "dog"))
    assert (spec.input_shape, spec.input_dtype, spec.kind) == ((6, 5, 1), "float32", "image")
    assert (spec.eight_bit, splits.split_seed, splits.noticed) == (True, 3, ())
    for part in parts(splits):
        assert part.y.mean() == 0.5
        for name, label in zip(part.ids, part.y, strict=True):
            assert name.startswith(spec.target.class_names[label])


def test_options_as_a_command_line_gives_them(classes, as_written):
    splits = as_written(
        load_images,
        str(classes()),
        classes="dog,cat",
        size="4x3",
        channels="3",
        validation_fraction="0.25",
        test_fraction="0.25",
    )
    assert splits.raw_spec.input_shape == (4, 3, 3)
    assert splits.raw_spec.target.class_names == ("dog", "cat")
    assert [len(part) for part in parts(splits)] == [10, 5, 5]
    assert as_written(load_images, classes(), size="4").raw_spec.input_shape == (4, 4, 1)


@pytest.mark.parametrize(("size", "shape"), [(4, (4, 4, 1)), ((4, 3), (4, 3, 1))])
def test_another_size(classes, size, shape):
    splits = load_images(classes(), reading=ImageReading(size=size))
    assert splits.raw_spec.input_shape == shape


def test_folders_of_parts(classes):
    classes("set/train", 6)
    classes("set/test", 3)
    splits = load_images(classes("set/val", 2).parent)
    assert [len(part) for part in parts(splits)] == [12, 4, 6]
    assert splits.split_seed is None
    for part, name in zip(parts(splits), ("train", "val", "test"), strict=True):
        assert all(identifier.startswith(f"{name}/") for identifier in part.ids)


def test_without_a_validation_folder_it_is_drawn_from_training(classes):
    classes("set/train", 10)
    splits = load_images(classes("set/test", 3).parent)
    assert [len(part) for part in parts(splits)] == [16, 4, 6]
    assert all(identifier.startswith("train/") for identifier in splits.validation.ids)


def test_official_test_folder(classes):
    """It is read in the size and channels of the training part."""
    test = classes("later", 4, size=(9, 9), mode="RGB")
    splits = load_images(classes("photos"), test=test)
    assert [len(part) for part in parts(splits)] == [16, 4, 8]
    assert _peek(splits.test).x.shape == (8, 6, 5, 1)


@pytest.fixture
def table(classes, tmp_path):
    """`table(**columns)`: a table of twenty images."""
    classes(".", 10)

    def make(name="table.csv", **columns):
        files = [f"{name}/{at}.png" for name in ("cat", "dog") for at in range(10)]
        label = [file.split("/")[0] for file in files]
        frame = pd.DataFrame({"file": files, **columns, "label": label})
        frame.to_csv(tmp_path / name, index=False)
        return tmp_path / name

    return make


def test_table(table):
    splits = load_images(table())
    assert splits.raw_spec.name == "table"
    assert splits.raw_spec.target.class_names == ("cat", "dog")
    assert [len(part) for part in parts(splits)] == [12, 4, 4]


def test_a_table_of_a_windows_program(table, tmp_path):
    """Bytes of Windows-1252, semicolons, and backslashes between folders."""
    frame = pd.read_csv(table())
    frame["file"] = frame["file"].str.replace("/", "\\")
    frame["label"] = frame["label"].replace({"cat": "Größe, klein", "dog": "€"})
    frame.to_csv(tmp_path / "win.csv", index=False, sep=";", encoding="cp1252")
    splits = load_images(
        tmp_path / "win.csv", reading=ImageReading(encoding="cp1252", separator=";")
    )
    assert set(splits.raw_spec.target.class_names) == {"Größe, klein", "€"}
    assert (splits.raw_spec.file.encoding, splits.raw_spec.file.separator) == ("cp1252", ";")
    for name, image in zip(splits.train.ids, splits.train.x, strict=True):
        expected = Image.open(tmp_path / name.replace("\\", "/"))
        np.testing.assert_array_equal(image[..., 0], np.asarray(expected))
    with pytest.raises(DataError, match="encoding 'utf-8'"):
        load_images(tmp_path / "win.csv")
    # A test table is read alike.
    again = load_images(
        tmp_path / "win.csv", test=tmp_path / "win.csv", reading=ImageReading(encoding="cp1252")
    )
    assert len(again.test) == 20
    assert again.raw_spec.file.encoding == "cp1252"


def test_groups_of_a_table(table):
    splits = load_images(table(patient=np.arange(20) // 2), split_rule=SplitRule(group="patient"))
    held = [set(part.groups) for part in parts(splits)]
    assert sum(map(len, held)) == len(set.union(*held)) == 10


def test_parts_and_values_of_a_table(table):
    part = np.array(["train", "validation", "test", "train"] * 5)
    file = table(part=part, weight=np.linspace(0, 1, 20))
    splits = load_images(file, "weight", split_rule=SplitRule(part="part"))
    assert [len(part) for part in parts(splits)] == [10, 5, 5]
    assert splits.raw_spec.task == "regression"


def test_the_test_tables_target_is_that_of_the_training_table(table, tmp_path):
    official = pd.read_csv(table("a.csv"))[["label", "file"]].assign(note="seen later")
    official.to_csv(tmp_path / "later.csv", index=False)
    splits = load_images(tmp_path / "a.csv", test=tmp_path / "later.csv")
    assert _peek(splits.test).y.tolist() == [0] * 10 + [1] * 10


def test_archive_with_an_official_test_part(archive):
    x, y = random(40), np.arange(40) % 4
    file = archive(x_train=x, y_train=y, x_test=random(8, seed=1), y_test=np.arange(8)[:, None] % 4)
    splits = load_images(file, classes=["a", "b", "c", "d"])
    assert [len(part) for part in parts(splits)] == [32, 8, 8]
    assert splits.raw_spec.target.class_names == ("a", "b", "c", "d")
    assert splits.raw_spec.eight_bit
    np.testing.assert_array_equal(splits.train.x[..., 0], x[splits.train.ids])
    np.testing.assert_array_equal(splits.train.y, y[splits.train.ids])
    np.testing.assert_array_equal(_peek(splits.test).x[..., 0], random(8, seed=1))
    assert _peek(splits.test).ids[0] == "test 0"


def test_archive_without_a_test_part_and_of_other_values(archive):
    splits = load_images(archive(x=random(20) / 255, y=np.arange(20) % 2))
    assert [len(part) for part in parts(splits)] == [12, 4, 4]
    assert not splits.raw_spec.eight_bit


def test_test_archive_beside_an_archive(archive):
    data = archive(x=random(20), y=np.arange(20) % 2)
    later = archive("later.npz", x=random(6, seed=1), y=np.arange(6) % 2)
    assert [len(part) for part in parts(load_images(data, test=later))] == [16, 4, 6]


def test_idx_folder(tmp_path):
    for part, size in (("train", 40), ("t10k", 10)):
        for what, array in (("images-idx3", random(size)), ("labels-idx1", np.arange(size) % 2)):
            shape = struct.pack(f">{array.ndim}I", *array.shape)
            content = bytes([0, 0, 8, array.ndim]) + shape + array.astype(np.uint8).tobytes()
            (tmp_path / f"{part}-{what}-ubyte.gz").write_bytes(gzip.compress(content))
    assert [len(part) for part in parts(load_images(tmp_path))] == [32, 8, 10]


def test_digits_without_data():
    splits = load_images(split_rule=SplitRule(split_seed=1))
    assert splits.raw_spec.input_shape == (8, 8, 1)
    assert (splits.raw_spec.name, splits.split_seed, splits.raw_spec.eight_bit) == (
        "digits",
        1,
        False,
    )


def test_copies_stay_in_one_part(archive):
    x = random(60)
    x[30:] = x[:30]
    splits = load_images(archive(x=x, y=np.arange(60) % 2))
    held = [{image.tobytes() for image in part.x} for part in parts(splits)]
    assert sum(map(len, held)) == len(set.union(*held)) == 30


def test_damaged_files_are_left_out_with_a_finding(classes):
    folder = classes()
    (folder / "cat" / "0.png").write_text("no image")
    with pytest.raises(DataError, match=r"1 of 20 that are not: \S*cat/0\.png.*skip_damaged"):
        load_images(folder)
    splits = load_images(folder, reading=ImageReading(skip_damaged=True))
    assert sum(len(part) for part in parts(splits)) == 19
    finding = audit(splits)[0]
    assert (finding.name, finding.severity) == ("damaged images", "warning")
    assert finding.evidence["left out"] == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": "large"}, "`size` must be .*height x width, as in 32x48. Received: size='large'"),
        ({"size": "0x3"}, r"size\[0\]"),
        ({"size": "1x2x3"}, "height x width"),
        ({"channels": "2"}, "1 for grey or 3 for colour"),
        ({"channels": "grey"}, "whole number"),
        ({"skip_damaged": "perhaps"}, "`skip_damaged` must be yes or no"),
        ({"most_megabytes": "0"}, "most_megabytes"),
        ({"most_megabytes": "much"}, "must be a number"),
        ({"split_seed": "1.5"}, "whole number"),
        ({"validation_fraction": "2"}, "validation_fraction"),
        ({"target": "label"}, "those of a table.*target='label' for the folder"),
        ({"group": "patient"}, "those of a table"),
        ({"encoding": "cp1252"}, "those of a table.*encoding='cp1252' for the folder"),
        ({"separator": ";"}, "those of a table"),
    ],
)
def test_wrong_options(classes, as_written, options, message):
    with pytest.raises(ArgumentError, match=message):
        as_written(load_images, classes(), **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": "4x3"}, r"`size\[0\]` must be an integer"),
        ({"size": (1, 2, 3)}, "height and width"),
        ({"channels": "3"}, "1 for grey or 3 for colour"),
        ({"skip_damaged": "no"}, "`skip_damaged` must be True or False"),
        ({"most_megabytes": "9"}, "`most_megabytes` must be a finite number"),
        ({"missing": "?"}, "`missing` must be a list of text"),
    ],
)
def test_text_of_the_command_line_is_no_value_of_the_group(options, message):
    with pytest.raises(ArgumentError, match=message):
        ImageReading(**options)


def test_one_text_is_no_list_of_classes(classes):
    with pytest.raises(ArgumentError, match="`classes` must be a list of text"):
        load_images(classes(), classes="dog,cat")


def test_wrong_options_of_other_sources(archive, classes):
    file = archive(x=random(20), y=np.arange(20) % 2)
    with pytest.raises(ArgumentError, match=r"for image files.*size=4 for the archive"):
        load_images(file, reading=ImageReading(size=4))
    with pytest.raises(ArgumentError, match="as they are"):
        load_images(reading=ImageReading(size=4))
    classes("set/train", 10)
    both = classes("set/test", 3).parent
    with pytest.raises(ArgumentError, match="given by `test`, or lies in the data"):
        load_images(both, test=file)
    with pytest.raises(DataError, match="must be one part"):
        load_images(file, test=both)


def test_wrong_data(archive, classes, tmp_path):
    with pytest.raises(DataError, match="which does not exist"):
        load_images(tmp_path / "missing")
    with pytest.raises(DataError, match="at least two classes.*only 'cat'"):
        load_images(classes("one", names=("cat",)))
    with pytest.raises(DataError, match="'bird'"):
        load_images(classes("a"), test=classes("b", names=("bird", "dog")))
    with pytest.raises(DataError, match=r"shape of the training part.*\(3, 3, 1\)"):
        load_images(
            archive(x=random(20), y=np.arange(20) % 2),
            test=archive("later.npz", x=random(6, (3, 3)), y=np.arange(6) % 2),
        )
    with pytest.raises(DataError, match="finite"):
        load_images(archive(x=np.full((20, 3, 3), np.nan), y=np.arange(20) % 2))
    with pytest.raises(DataError, match="at most 1 MB"):
        load_images(
            archive(x=random(20, (200, 200)), y=np.arange(20) % 2),
            reading=ImageReading(most_megabytes=1),
        )


def test_an_array_without_labels_is_no_data(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((9, 8, 8)))
    with pytest.raises(DataError, match=r"have labels beside them.*x\.npy, one array.*numpy.savez"):
        load_images(tmp_path / "x.npy")
