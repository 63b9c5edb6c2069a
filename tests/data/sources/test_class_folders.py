"""Folders of classes: what belongs where, and what is refused."""

import unicodedata

import numpy as np
import pytest

from dlrecipes.data import SplitRule, load_table
from dlrecipes.data.sources import list_image_folder, read_text_folder
from dlrecipes.errors import ArgumentError, DataError


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


@pytest.mark.parametrize(
    "classes",
    [("bus", "car", "train"), ("invalid", "valid"), ("dev", "prod"), ("contest", "latest")],
)
def test_a_class_may_be_called_like_a_part(tree, classes):
    found = list_image_folder(tree(*(f"{name}/1.png" for name in classes)))
    assert found.labels.tolist() == list(classes)


def test_folders_inside_classes_belong_to_them(tree):
    names = ("cat/2019/1.png", "cat/2020/2.png", "valid/2019/1.png", "invalid/x/1.png")
    found = list_image_folder(tree(*names))
    assert found.labels.tolist() == ["cat", "cat", "invalid", "valid"]


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("Training", "Testing"),
        ("train_set", "test-set"),
        ("01_train", "02_test"),
        ("TrainImages", "stage1_test"),
        ("training data", "test1"),
        ("trainset", "public_test"),
        ("data.train", "tests"),
    ],
)
def test_parts_by_whatever_they_are_called(tree, train, test):
    found = list_image_folder(tree(f"{train}/a/1.png", f"{train}/b/1.png", f"{test}/a/2.png"))
    assert sorted(found.labels) == ["a", "a", "b"]
    assert dict(zip(found.ids, found.parts, strict=True)) == {
        f"{train}/a/1.png": "train",
        f"{train}/b/1.png": "train",
        f"{test}/a/2.png": "test",
    }


def renamed(root, old, new):
    (root / old).rename(root / new)
    return list_image_folder(root)


@pytest.mark.parametrize(
    "other", ["eval", "Evaluation", "val", "dev", "hold_out", "held-out", "unseen"]
)
def test_a_part_that_may_be_this_or_that_is_asked_for(tree, other):
    root = tree("train/cat/1.png", "train/dog/1.png", f"{other}/cat/2.png", f"{other}/dog/2.png")
    advice = rf"Parts must be train and test.*Rename the one to be tested on to test \('{other}'\)"
    with pytest.raises(DataError, match=advice):
        list_image_folder(root)
    assert set(renamed(root, other, "test").labels) == {"cat", "dog"}


def test_advice_where_there_is_no_training_part(tree):
    root = tree("eval/a/1.png", "eval/b/1.png", "test/a/1.png")
    with pytest.raises(DataError, match="Rename the folder that is to be trained on to train"):
        list_image_folder(root)
    assert set(renamed(root, "eval", "train").parts) == {"train", "test"}


def test_advice_where_there_is_a_fourth_part(tree):
    root = tree("train/a/1.png", "test/a/1.png", "eval/a/1.png")
    with pytest.raises(DataError, match="Rename 'eval' to validation, or move it out"):
        list_image_folder(root)
    assert set(renamed(root, "eval", "validation").parts) == {"train", "test", "validation"}


@pytest.mark.parametrize("known", ["test", "val"])
def test_a_part_in_words_that_are_not_known(tree, known):
    """Beside a folder that holds classes and is called like a part, none is a class."""
    root = tree("lernen/a/1.png", "lernen/b/1.png", f"{known}/a/1.png", f"{known}/b/1.png")
    with pytest.raises(DataError, match=rf"'lernen' beside '{known}'\. Call the parts so"):
        list_image_folder(root)
    (root / known).rename(root / "test")
    assert set(renamed(root, "lernen", "train").labels) == {"a", "b"}


def test_a_class_called_train_that_holds_folders(tree):
    root = tree("train/steam/1.png", "bus/1.png", "car/1.png")
    with pytest.raises(DataError, match="'bus', 'car' beside 'train'.*give 'train' another name"):
        list_image_folder(root)
    assert renamed(root, "train", "trains").labels.tolist() == ["bus", "car", "trains"]


@pytest.mark.parametrize(
    "names",
    [
        ("train/1.jpg", "test1/2.jpg"),
        ("train/cat/1.jpg", "train/dog/1.jpg", "test1/2.jpg"),
        ("cat/1.jpg", "dog/1.jpg", "test/2.jpg"),
        ("train/1.jpg", "val/1.jpg", "test/2.jpg"),
        ("cat/1.jpg", "dog/1.jpg", "holdout/2.jpg"),
    ],
)
def test_parts_without_classes(tree, names):
    message = (
        r"A part must have one subfolder a class.*no such subfolders in .*Move out what has no"
    )
    with pytest.raises(DataError, match=message):
        list_image_folder(tree(*names))


def test_moving_out_what_has_no_classes_helps(tree, tmp_path):
    root = tree("data/train/cat/1.jpg", "data/train/dog/1.jpg", "data/test1/2.jpg") / "data"
    with pytest.raises(DataError, match="in 'test1', beside 'train'"):
        list_image_folder(root)
    (root / "test1").rename(tmp_path / "later")
    assert list_image_folder(root).labels.tolist() == ["cat", "dog"]


def test_files_without_a_class_among_the_classes(tree):
    root = tree("train/neg/1", "train/pos/1", "train/unsup/1", "test/neg/1", "test/pos/1")
    with pytest.raises(DataError, match="must have a class.*unsup.*Move that folder out"):
        list_image_folder(root)
    root = tree("data/cat/1.png", "data/dog/1.png", "data/Unlabeled_images/2.png") / "data"
    with pytest.raises(DataError, match="must have a class.*Unlabeled_images.*Move that folder"):
        list_image_folder(root)


def test_parts_below_the_classes(tree):
    root = tree("cat/train/1.png", "cat/test/2.png", "dog/train/1.png", "dog/test/2.png")
    with pytest.raises(DataError, match="outer folders.*Make it test/cat, train/cat"):
        list_image_folder(root)


def test_a_folder_around_the_parts(tree):
    root = tree("set/train/a/1.png", "set/train/b/1.png", "set/test/a/1.png")
    with pytest.raises(DataError, match=r"Name that folder: data=\S*set\."):
        list_image_folder(root)
    assert set(list_image_folder(root / "set").parts) == {"train", "test"}


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
        (("train/a/1.png", "test/a/1.png", "more/a/1.png"), "'more' beside 'test', 'train'"),
        (("val/a/1.png", "test/a/1.png"), "Parts must be train and test"),
        (("train/a/1.png", "train/2.png", "test/a/1.png"), "every file inside one"),
        (
            ("train/a/1.png", "unlabeled/b/1.png"),
            "'unlabeled' beside 'train'.*move what is none out",
        ),
    ],
)
def test_what_is_refused(tree, names, message):
    with pytest.raises(DataError, match=message):
        list_image_folder(tree(*names))


def test_no_folder(tmp_path):
    with pytest.raises(DataError, match="must exist"):
        list_image_folder(tmp_path / "missing")


@pytest.fixture
def text_tree(tmp_path):
    """`text_tree({path: text or bytes})`: a folder of such files."""

    def make(files, name="reviews"):
        for path, content in files.items():
            file = tmp_path / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path / name

    return make


def texts(count, word, part=""):
    return {f"{part}{word}/{at}.txt": f"a {word} film, number {at}\n" for at in range(count)}


def test_classes_are_folders(text_tree):
    folder = text_tree(
        {"good/1.txt": " fine\n", "good/sub/2": "Grüße", "bad/1.txt": "", "README": "x"}
    )
    (frame,) = read_text_folder(folder).values()
    assert frame["label"].tolist() == ["bad", "good", "good"]
    assert frame["text"].isna().tolist() == [True, False, False]
    assert frame["text"].tolist()[1:] == ["fine", "Grüße"]


def test_parts_of_texts(text_tree):
    folder = text_tree(
        {**texts(2, "good", "train/"), **texts(1, "bad", "train/"), "test/bad/1": "x"}
    )
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
def test_what_is_no_folder_of_texts(text_tree, files, message):
    with pytest.raises(DataError, match=message):
        read_text_folder(text_tree(files))


def test_no_folder_of_texts(tmp_path):
    with pytest.raises(DataError, match="A folder of texts must exist"):
        read_text_folder(tmp_path / "nowhere")


def test_another_encoding(text_tree):
    folder = text_tree({"good/1": "Grüße".encode("latin-1"), "bad/1": b"x"})
    assert read_text_folder(folder, encoding="latin-1")["train"]["text"].tolist() == ["x", "Grüße"]


def test_from_a_folder_to_splits(text_tree):
    splits = load_table(text_tree({**texts(30, "good"), **texts(20, "bad")}))
    assert splits.raw_spec.target.class_names == ("bad", "good")
    assert [(column.name, column.kind) for column in splits.raw_spec.columns] == [("text", "text")]
    assert splits.raw_spec.name == "reviews"
    labels = [splits.raw_spec.target.class_names[label] for label in splits.train.y]
    assert all(label in text for label, text in zip(labels, splits.train.x["text"], strict=True))


def test_official_parts(text_tree):
    parts = {**texts(20, "good", "train/"), **texts(20, "bad", "train/")}
    test = {**texts(5, "good", "test/"), **texts(5, "bad", "test/")}
    splits = load_table(text_tree({**parts, **test}))
    assert len(splits.test) == 10
    assert len(splits.train) + len(splits.validation) == 40
    apart = load_table(
        text_tree(texts(20, "good") | texts(20, "bad"), "a"),
        test=text_tree(texts(5, "good") | texts(5, "bad"), "b"),
    )
    assert len(apart.test) == 10
    opened = apart.test.open("a look at the labels")
    assert np.bincount(opened.y).tolist() == [5, 5]


def test_parts_are_told_once(text_tree):
    parts = {**texts(9, "good", "train/"), **texts(9, "bad", "train/"), **texts(3, "bad", "test/")}
    folder = text_tree(parts)
    for options in ({"test": folder}, {"split_rule": SplitRule(part="part")}):
        with pytest.raises(ArgumentError, match="parts as subfolders"):
            load_table(folder, **options)


def test_reviews_as_their_authors_pack_them(text_tree):
    """Lists beside the classes are passed over; what has no class must be moved out."""
    parts = {**texts(3, "pos", "train/"), **texts(3, "neg", "train/"), **texts(2, "neg", "test/")}
    lists = {"imdb.vocab": "a", "train/urls_neg.txt": "x", "train/labeledBow.feat": "1"}
    frames = read_text_folder(text_tree({**parts, **lists}))
    assert sorted(set(frames["train"]["label"])) == ["neg", "pos"]
    with pytest.raises(
        DataError, match="All texts in a folder of classes must have a class.*unsup"
    ):
        read_text_folder(text_tree({**parts, "train/unsup/0_0.txt": "no label"}))


def test_texts_in_parts_without_classes(text_tree):
    with pytest.raises(DataError, match="A part must have one subfolder a class.*'test', 'train'"):
        read_text_folder(text_tree({"train/1.txt": "x", "test/1.txt": "y"}))
