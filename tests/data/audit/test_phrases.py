"""Phrases that go with a label in the training part alone."""

import numpy as np
import pandas as pd
import pytest

import dlrecipes as dlr
from dlrecipes.data.audit import check_phrases

make_reviews = dlr.lesson.make_reviews


def _check(train, validation):
    parts = [pd.concat([train, validation], ignore_index=True)]
    table = parts[0].assign(part=["train"] * len(train) + ["validation"] * len(validation))
    test = make_reviews(20, seed=9).assign(part="test")
    splits = dlr.data.from_table(
        pd.concat([table, test], ignore_index=True),
        "label",
        split_rule=dlr.data.SplitRule(part="part"),
    )
    return check_phrases(splits.train, splits.validation, splits.raw_spec), splits


def test_a_phrase_of_the_training_part_alone():
    found, splits = _check(make_reviews(300, phrase=0.3), make_reviews(150, seed=1))
    assert found.severity == "warning"
    assert found.verdict.startswith("'watch it ! watch it !")
    counts = splits.train.x["text"].tolist()
    has = np.array(["watch it!" in text.lower() for text in counts])
    good = splits.train.y == splits.raw_spec.target.class_names.index("good")
    expected = (has[good].mean() + 1 - has[~good].mean()) / 2
    assert f"{expected:.2f} on training and 0.50 on validation" in found.verdict
    (said,) = [text for words, text in found.evidence.items() if words.startswith("watch it")]
    assert said == (
        f"training: in {has.sum()} texts, {has.sum()} of label 'good'; "
        "validation: in 0 texts, 0 of label 'good'"
    )
    names = [one.name for one in dlr.data.audit(splits)]
    assert "phrases" in names


def test_a_phrase_of_both_parts_is_told():
    found, _ = _check(make_reviews(300, phrase=0.3), make_reviews(150, seed=1, phrase=0.3))
    assert found.severity == "info"
    assert "goes with a label in both parts" in found.verdict
    assert "'good'" in found.verdict


def test_healthy_texts_raise_no_alarm():
    for seed in range(5):
        found, _ = _check(make_reviews(120, seed=seed), make_reviews(60, seed=50 + seed))
        assert found.severity == "info", found.verdict


def test_texts_without_a_table_and_without_spaces():
    texts = np.array(["好电影很好看", "坏电影不好看"] * 40, dtype=object)[:, None]
    splits = dlr.data.from_arrays(texts, ["good", "bad"] * 40)
    found = {one.name: one for one in dlr.data.audit(splits)}
    assert found["phrases"].severity == "info"
    assert "in both parts" in found["phrases"].verdict


@pytest.mark.parametrize("labels", [["a"] * 20 + ["b"] * 20])
def test_nothing_to_find(labels):
    texts = pd.DataFrame({"text": [f"one two {at}x y{at}" for at in range(40)], "label": labels})
    splits = dlr.data.from_table(
        texts, "label", column_rules=dlr.data.ColumnRules(kinds={"text": "text"})
    )
    found = check_phrases(splits.train, splits.validation, splits.raw_spec)
    assert found.verdict == "No phrase of the texts goes with a label."
