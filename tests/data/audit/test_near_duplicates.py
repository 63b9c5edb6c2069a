import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

from dlrecipes.data import ColumnRules, SplitRule, from_arrays, from_table
from dlrecipes.data.audit import check_near_duplicates


def check(splits):
    return check_near_duplicates(splits.train, splits.validation, splits.raw_spec)


def by_part(table, **kinds):
    rules = ColumnRules(kinds=kinds)
    return from_table(table, "left", split_rule=SplitRule(part="part"), column_rules=rules)


def split(table):
    """Add a column of parts: 600, 200 and 200 rows."""
    return table.assign(part=np.repeat(["train", "validation", "test"], [600, 200, 200]))


def test_none_in_good_tables(people):
    finding = check(from_table(people, "left"))
    assert (finding.severity, finding.advice) == ("info", "")
    assert "all 600 training and 200 validation rows" in finding.verdict


@pytest.mark.parametrize(
    "change",
    [
        lambda row: row.assign(age=row["age"] + 0.005),
        lambda row: row.assign(pay=row["pay"] * 1.000001, age=row["age"] - 1e-5),
        lambda row: row.assign(job=row["job"].str.upper()),
        lambda row: row.assign(town=" " + row["town"].str.replace(" ", "  ")),
        lambda row: row.assign(day=row["day"] + pd.Timedelta(minutes=20)),
    ],
)
def test_a_row_that_was_stored_twice(people, change):
    table = split(people)
    copy = change(table.iloc[[17]]).assign(left="no").to_numpy()
    table.loc[700, table.columns[:-1]] = copy[0, :-1]
    finding = check(by_part(table))
    assert finding.severity == "warning"
    assert finding.evidence["training and validation row"] == ["17 and 700"]


def test_an_exact_copy_is_the_other_check_s(people):
    table = split(people)
    table.loc[700, table.columns[:-1]] = table.loc[17, table.columns[:-1]]
    assert check(by_part(table)).severity == "info"


def test_rows_that_lie_close_by_nature_are_no_copies():
    x = np.random.default_rng(0).normal(size=(20_000, 1))
    finding = check(from_arrays(x, x[:, 0] > 0))
    assert finding.evidence["pairs"] > 1000
    assert (finding.severity, finding.advice) == ("info", "")
    assert "no more than chance explains" in finding.verdict


def test_whole_numbers_are_no_copies():
    x = np.random.default_rng(0).integers(0, 1_000_000, size=(5000, 2)) // [1, 200_000]
    assert check(from_arrays(x, x[:, 0] % 2)).severity == "info"


def test_wide_tables_and_missing_values():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(400, 60))
    x[300:320] = x[:20] + generator.normal(scale=1e-5, size=(20, 60))
    splits = from_arrays(x, np.arange(400) % 2)
    finding = check(splits)
    train, validation = (set(part.ids.tolist()) for part in (splits.train, splits.validation))
    planted = {(at, at + 300) for at in range(20)}
    expected = {
        f"{min(pair & train)} and {min(pair & validation)}"
        for pair in map(set, planted)
        if pair & train and pair & validation
    }
    assert len(expected) > 1
    assert set(finding.evidence["training and validation row"]) <= expected
    assert finding.severity == "warning"


def test_more_columns_than_are_compared_one_by_one():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(300, 700)) * (generator.random((300, 700)) < 0.1)
    splits = from_arrays(x, np.arange(300) % 2)
    assert check(splits).severity == "info"
    splits.validation.x[0] = splits.train.x[0]
    splits.validation.x[0, :3] += 0.01
    finding = check(splits)
    pair = f"{splits.train.ids[0]} and {splits.validation.ids[0]}"
    assert finding.severity == "warning"
    assert finding.evidence["training and validation row"] == [pair]


def test_gaps_are_alike_and_an_empty_column_does_no_harm(people):
    table = split(people).assign(gap=np.nan)
    table.loc[1, "gap"] = 1.0
    table.loc[[17, 700], "age"] = np.nan
    table.loc[700, table.columns[1:5]] = table.loc[17, table.columns[1:5]]
    table.loc[700, "pay"] += 1e-3
    finding = check(by_part(table))
    assert finding.evidence["training and validation row"] == ["17 and 700"]


def test_images_with_noise_or_other_brightness():
    images, y = load_digits(return_X_y=True)
    images = np.kron(images.reshape(-1, 8, 8)[:600], np.ones((4, 4)))
    generator = np.random.default_rng(0)
    assert check(from_arrays(images, y[:600], kind="image")).severity == "info"
    images[500:510] = 0.8 * images[:10] + 2 + generator.normal(scale=0.2, size=(10, 32, 32))
    splits = from_arrays(images, y[:600], kind="image")
    finding = check(splits)
    found = {
        frozenset(pair.split(" and ")) for pair in finding.evidence["training and validation row"]
    }
    planted = {frozenset([str(at), str(at + 500)]) for at in range(10)}
    assert finding.severity == "warning"
    assert found
    assert found <= planted


def test_blank_images_are_not_alike():
    images = np.zeros((60, 6, 6, 1)) + np.arange(60).reshape(-1, 1, 1, 1) / 7
    assert check(from_arrays(images, np.arange(60) % 2)).evidence["pairs"] == 0


def test_sequences_on_different_scales():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(300, 20, 3)) * [1, 1e-3, 1e4] + [0, 0, 1e5]
    assert check(from_arrays(x[..., np.newaxis][..., 0], np.arange(300) % 2)).evidence["pairs"] == 0


def text_splits(texts):
    parts = np.repeat(["train", "validation", "test"], [60, 20, 20])
    table = pd.DataFrame({"text": texts, "left": np.arange(100) % 2, "part": parts})
    return by_part(table, text="text")


@pytest.fixture
def texts():
    generator = np.random.default_rng(0)
    words = [f"{first}{second}" for first in "bdfgklmnprst" for second in ("a", "ebo", "im", "ux")]
    return [" ".join(generator.choice(words, 14)) for _ in range(100)]


@pytest.mark.parametrize(
    ("note", "far", "found"),
    [
        (str.upper, 0.0, ["17 and 700"]),
        (str, 1e-5, ["17 and 700"]),
        (str.upper, 5.0, None),
        (lambda text: text + " and more", 0.0, None),
    ],
)
def test_of_texts_in_a_table_the_whole_rows_are_compared(people, texts, note, far, found):
    table = split(people.assign(note=texts * 10))
    table.loc[700, table.columns[:-1]] = table.loc[17, table.columns[:-1]]
    table.loc[700, "note"] = note(table.loc[17, "note"])
    table.loc[700, "age"] += far
    finding = check(by_part(table, note="text"))
    assert finding.evidence.get("training and validation row") == found


def test_different_texts(texts):
    assert check(text_splits(texts)).severity == "info"


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.upper() + "!!",
        lambda text: text.replace(" ", ", 0170 ", 3),
        lambda text: text.rsplit(" ", 2)[0] + " something else",
    ],
)
def test_a_template_filled_in_twice(texts, change):
    texts[70] = change(texts[5])
    finding = check(text_splits(texts))
    assert finding.severity == "warning"
    assert finding.evidence["training and validation row"] == ["5 and 70"]


def written_in(script, texts):
    """Write each word of Latin letters as one of another script."""
    words = sorted(set(" ".join(texts).split()))
    made = {
        "हिन्दी": [f"{a}{b}्" for a in "कखगचजतद" for b in ("ा", "ि", "ी", "ु", "े", "ो", "ं")],
        "中文": [chr(0x4E00 + 7 * at) for at in range(len(words))],
    }[script]
    space = "" if script == "中文" else " "
    return [space.join(made[words.index(word)] for word in text.split()) for text in texts]


@pytest.mark.parametrize("script", ["हिन्दी", "中文"])
def test_scripts_with_marks_and_without_spaces(texts, script):
    texts = written_in(script, texts)
    assert check(text_splits(texts)).evidence["pairs"] == 0
    texts[70] = "“" + texts[5] + "。१२"
    texts[71] = texts[6][:-3] + texts[7][:3]
    finding = check(text_splits(texts))
    assert finding.severity == "warning"
    assert finding.evidence["training and validation row"] == ["5 and 70", "6 and 71"]


@pytest.mark.parametrize("script", ["हिन्दी", "中文"])
def test_texts_of_the_same_letters_in_other_words_are_no_copies(script):
    generator = np.random.default_rng(0)
    letters = ["का", "कि", "की", "कु", "के"] if script == "हिन्दी" else list("天气好坏我们今电影看")
    space = " " if script == "中文" else ""
    drawn = [generator.choice(letters, 3 if space else 13) for _ in range(100)]
    texts = [space.join(word) for word in drawn]
    assert check(text_splits(texts)).evidence["pairs"] == 0


# ---- what lies close by nature


ROWS = 2000
UNEVEN = {
    "a heavy tail": lambda g: {"a": g.lognormal(0, 3, ROWS)},
    "mostly zero": lambda g: {
        "a": np.where(g.random(ROWS) < 0.2, g.lognormal(0, 3, ROWS), 0.0),
        "b": g.normal(size=ROWS).round(1),
    },
    "amounts beside a rounded number": lambda g: {
        "a": np.where(g.random(ROWS) < 0.2, g.pareto(0.7, ROWS), 0.0),
        "b": g.normal(size=ROWS).round(2),
    },
    "whole numbers": lambda g: {"a": g.integers(0, 1000, ROWS), "b": g.integers(0, 20, ROWS)},
    "seconds": lambda g: {
        "a": pd.Timestamp("2024-01-01") + pd.to_timedelta(g.integers(0, 10**7, ROWS), unit="s")
    },
}


@pytest.mark.parametrize("make", UNEVEN.values(), ids=UNEVEN)
def test_columns_that_are_denser_here_than_there(make):
    alarms = 0
    for seed in range(5):
        generator = np.random.default_rng(seed)
        table = pd.DataFrame(make(generator)).assign(kind=generator.choice(["x", "y"], ROWS))
        table["left"] = generator.choice(["no", "yes"], ROWS)
        alarms += check(from_table(table, "left")).severity == "warning"
    assert alarms == 0


def test_rows_stored_twice_among_uneven_ones():
    generator = np.random.default_rng(0)
    numbers = generator.normal(size=(2, 1000))
    table = pd.DataFrame({"a": generator.lognormal(0, 3, 1000), "b": numbers[0], "c": numbers[1]})
    table = split(table.assign(left=generator.choice(["no", "yes"], 1000)))
    copied = table.loc[100:109, ["a", "b", "c"]].to_numpy()
    table.loc[700:709, ["a", "b", "c"]] = copied + 1e-5
    finding = check(by_part(table))
    assert finding.severity == "warning"
    pairs = finding.evidence["training and validation row"]
    assert set(pairs) >= {f"{at} and {at + 600}" for at in range(100, 110)}


def discs(generator, count):
    """Return images that differ in two numbers only, the place of a disc."""
    places = generator.uniform(4, 12, (2, count, 1, 1))
    rows, columns = np.mgrid[:16, :16]
    return np.exp(-((columns - places[0]) ** 2 + (rows - places[1]) ** 2) / 8)[..., np.newaxis]


@pytest.mark.parametrize("seed", range(4))
def test_simple_images_are_alike(seed):
    generator = np.random.default_rng(seed)
    images = discs(generator, 400)
    finding = check(from_arrays(images, np.arange(400) % 2))
    assert finding.severity == "info"
    assert finding.evidence["pairs"] > 5
    noise = generator.normal(scale=0.3, size=images.shape)  # now they vary in many directions
    images += noise
    assert check(from_arrays(images, np.arange(400) % 2)).severity == "info"
    images[300:320] = images[:20] + generator.normal(scale=1e-3, size=(20, 16, 16, 1))
    assert check(from_arrays(images, np.arange(400) % 2)).severity == "warning"
