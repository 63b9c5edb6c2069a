"""Folders of classes: what belongs where, and what is refused."""

import unicodedata

import pytest

from dlrecipes.data.sources import list_image_folder
from dlrecipes.errors import DataError


@pytest.fixture
def tree(tmp_path):
    """`tree(*names)`: files of those names, in a folder."""

    def make(*names):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
        return tmp_path

    return make


def test_classes(tree):
    found = list_image_folder(tree("b/2.png", "b/1.PNG", "a/x/3.jpg", "README.md"))
    assert found.ids.tolist() == ["a/x/3.jpg", "b/1.PNG", "b/2.png"]
    assert found.labels.tolist() == ["a", "b", "b"]
    assert found.parts is None
    assert all(path.is_file() for path in found.paths)


def test_hidden_files_are_passed_over(tree):
    names = (".DS_Store", "a/.DS_Store", "a/Thumbs.db", "b/desktop.ini", "__MACOSX/a/._1.png")
    found = list_image_folder(tree("a/1.png", "b/1.png", ".git/x", *names))
    assert found.ids.tolist() == ["a/1.png", "b/1.png"]


def test_what_is_no_image_stays_to_be_refused_when_it_is_read(tree):
    assert len(list_image_folder(tree("a/1.png", "b/1.png", "b/labels.txt")).paths) == 3


def test_parts(tree):
    found = list_image_folder(tree("Train/a/1.png", "Train/b/1.png", "val/a/2.png", "test/b/3.png"))
    assert list(zip(found.ids, found.labels, found.parts, strict=True)) == [
        ("Train/a/1.png", "a", "train"),
        ("Train/b/1.png", "b", "train"),
        ("test/b/3.png", "b", "test"),
        ("val/a/2.png", "a", "validation"),
    ]


def test_a_train_folder_alone_is_to_be_split(tree):
    found = list_image_folder(tree("train/a/1.png", "train/b/1.png"))
    assert (found.labels.tolist(), found.parts) == (["a", "b"], None)


def test_a_class_may_be_called_like_a_part(tree):
    found = list_image_folder(tree("train/1.png", "bus/1.png", "car/1.png"))
    assert found.labels.tolist() == ["bus", "car", "train"]


def test_a_class_is_the_same_however_its_letters_are_composed(tree):
    composed, apart = (unicodedata.normalize(form, "é") for form in ("NFC", "NFD"))
    found = list_image_folder(tree(f"train/{composed}/1.png", f"test/{apart}/1.png"))
    assert set(found.labels) == {composed}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "one subfolder a class.*without subfolders"),
        (("1.png",), "every file inside one.*1 outside"),
        (("a/1.png", "b/1.png", "2.JPG"), "1 outside, such as .*2.JPG"),
        (("a/1.png", "b/.DS_Store"), r"Every class must have images.*b, an empty folder"),
        (("train/a/1.png", "test/a/1.png", "more/a/1.png"), "'more' beside train"),
        (("train/a/1.png", "val/a/1.png"), "train and test.*rename it to test"),
        (("val/a/1.png", "test/a/1.png"), "Parts must be train and test"),
        (("train/1.png", "test/1.png"), "every file inside one"),
    ],
)
def test_what_is_refused(tree, names, message):
    with pytest.raises(DataError, match=message):
        list_image_folder(tree(*names))


def test_no_folder(tmp_path):
    with pytest.raises(DataError, match="must exist"):
        list_image_folder(tmp_path / "missing")
