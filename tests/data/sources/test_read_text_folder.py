"""Folders of text files."""

import numpy as np
import pytest

from dlrecipes.data import load_table
from dlrecipes.data.sources import read_text_folder
from dlrecipes.errors import ArgumentError, DataError


@pytest.fixture
def tree(tmp_path):
    """`tree({path: text or bytes})`: a folder of such files."""

    def make(files, name="reviews"):
        for path, content in files.items():
            file = tmp_path / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path / name

    return make


def texts(count, word, part=""):
    return {f"{part}{word}/{at}.txt": f"a {word} film, number {at}\n" for at in range(count)}


def test_classes_are_folders(tree):
    folder = tree({"good/1.txt": " fine\n", "good/sub/2": "Grüße", "bad/1.txt": "", "README": "x"})
    (frame,) = read_text_folder(folder).values()
    assert frame["label"].tolist() == ["bad", "good", "good"]
    assert frame["text"].isna().tolist() == [True, False, False]
    assert frame["text"].tolist()[1:] == ["fine", "Grüße"]


def test_parts(tree):
    folder = tree({**texts(2, "good", "train/"), **texts(1, "bad", "train/"), "test/bad/1": "x"})
    frames = read_text_folder(folder)
    assert {part: len(frame) for part, frame in frames.items()} == {"test": 1, "train": 3}


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"README.txt": "x"}, "one subfolder a class"),
        ({"good/1.txt": "x", "bad/.DS_Store": "x"}, "Every class must have texts"),
        ({"good/1.txt": b"\xff\xfe\xfa", "bad/1.txt": "x"}, "must be a text file.*encoding"),
        ({"good/1.txt": b"a\0\0\0\0\0b", "bad/1.txt": "x"}, "must be a text file"),
    ],
)
def test_what_is_no_folder_of_texts(tree, files, message):
    with pytest.raises(DataError, match=message):
        read_text_folder(tree(files))


def test_no_folder(tmp_path):
    with pytest.raises(DataError, match="A folder of texts must exist"):
        read_text_folder(tmp_path / "nowhere")


def test_another_encoding(tree):
    folder = tree({"good/1": "Grüße".encode("latin-1"), "bad/1": b"x"})
    assert read_text_folder(folder, encoding="latin-1")["train"]["text"].tolist() == ["x", "Grüße"]


def test_from_a_folder_to_splits(tree):
    splits = load_table(tree({**texts(30, "good"), **texts(20, "bad")}))
    assert splits.spec.target.class_names == ("bad", "good")
    assert [(one.name, one.kind) for one in splits.spec.columns] == [("text", "text")]
    assert splits.spec.name == "reviews"
    labels = [splits.spec.target.class_names[one] for one in splits.train.y]
    assert all(label in text for label, text in zip(labels, splits.train.x["text"], strict=True))


def test_official_parts(tree):
    parts = {**texts(20, "good", "train/"), **texts(20, "bad", "train/")}
    test = {**texts(5, "good", "test/"), **texts(5, "bad", "test/")}
    splits = load_table(tree({**parts, **test}))
    assert len(splits.test) == 10
    assert len(splits.train) + len(splits.validation) == 40
    apart = load_table(
        tree(texts(20, "good") | texts(20, "bad"), "a"),
        test=tree(texts(5, "good") | texts(5, "bad"), "b"),
    )
    assert len(apart.test) == 10
    opened = apart.test.open("a look at the labels")
    assert np.bincount(opened.y).tolist() == [5, 5]


def test_parts_are_told_once(tree):
    parts = {**texts(9, "good", "train/"), **texts(9, "bad", "train/"), **texts(3, "bad", "test/")}
    folder = tree(parts)
    for options in ({"test": folder}, {"part": "part"}):
        with pytest.raises(ArgumentError, match="parts as subfolders"):
            load_table(folder, **options)


def test_reviews_as_their_authors_pack_them(tree):
    """Lists beside the classes are passed over; what has no class must be moved out."""
    parts = {**texts(3, "pos", "train/"), **texts(3, "neg", "train/"), **texts(2, "neg", "test/")}
    lists = {"imdb.vocab": "a", "train/urls_neg.txt": "x", "train/labeledBow.feat": "1"}
    frames = read_text_folder(tree({**parts, **lists}))
    assert sorted(set(frames["train"]["label"])) == ["neg", "pos"]
    with pytest.raises(
        DataError, match="All texts in a folder of classes must have a class.*unsup"
    ):
        read_text_folder(tree({**parts, "train/unsup/0_0.txt": "no label"}))


def test_texts_in_parts_without_classes(tree):
    with pytest.raises(DataError, match="A part must have one subfolder a class.*'test', 'train'"):
        read_text_folder(tree({"train/1.txt": "x", "test/1.txt": "y"}))
