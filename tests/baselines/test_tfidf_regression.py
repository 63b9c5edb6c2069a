import numpy as np
import pandas as pd
import pytest

from dlrecipes.baselines import fit_baselines
from dlrecipes.data import ColumnRules, TextTokens, from_table
from dlrecipes.targets import score_predictions


@pytest.fixture(scope="module")
def sentences():
    """The label is which of two words comes first; the value counts another word."""
    generator = np.random.default_rng(0)
    rows = []
    for _ in range(400):
        first = bool(generator.integers(2))
        more = int(generator.integers(4))
        words = ["up down" if first else "down up", *["more"] * more, "the", "end"]
        words += generator.choice(["one", "two", "six"], 5).tolist()
        rows.append({"text": " ".join(words), "label": "yes" if first else "no", "value": more / 2})
    frame = pd.DataFrame(rows)

    def make(target):
        task = "regression" if target == "value" else "classification"
        splits = from_table(
            frame[["text", target]],
            target,
            task=task,
            column_rules=ColumnRules(kinds={"text": "text"}),
        )
        return splits.with_preprocess(TextTokens(splits.raw_spec.columns)).development()

    return make


@pytest.mark.parametrize("target", ["label", "value"])
def test_words_and_pairs_of_words(sentences, target):
    development = sentences(target)
    assert development.model_spec.kind == "text"
    baselines = fit_baselines(development)
    assert "regression on TF-IDF" in baselines
    assert len(baselines) == 2
    validation = development.validation
    predicted = baselines["regression on TF-IDF"](validation)
    scores = score_predictions(validation.y, predicted, development.model_spec)
    if target == "label":
        assert scores["accuracy"] == 1.0
    else:
        assert scores["rmse"] < 0.2


def development(texts, labels, **options):
    table = pd.DataFrame({"text": texts, "label": labels})
    splits = from_table(table, "label", column_rules=ColumnRules(kinds={"text": "text"}))
    return splits.with_preprocess(TextTokens(splits.raw_spec.columns, **options)).development()


def accuracy(data):
    validation = data.validation
    predicted = fit_baselines(data)["regression on TF-IDF"](validation)
    return score_predictions(validation.y, predicted, data.model_spec)["accuracy"]


@pytest.mark.parametrize("script", ["hindi", "chinese", "names"])
def test_the_tokens_of_the_network(script):
    generator = np.random.default_rng(0)
    words = {
        "hindi": (["कल", "आज", "और", "में", "पास", "था", "यह", "बहुत"], "लीमा", "माली", " "),
        "chinese": (list("我影气去电天今们看"), "好", "坏", ""),
        "names": (list("abcdefgh"), "b", "a", ""),  # the last letter tells
    }[script]
    many, first, second, space = words
    drawn = [generator.choice(many, 9).tolist() for _ in range(240)]
    ends = [(first, second)[at % 2] for at in range(240)]
    texts = [space.join([*word, end]) for word, end in zip(drawn, ends, strict=True)]
    assert accuracy(development(texts, np.array(["yes", "no"])[np.arange(240) % 2])) == 1.0


def test_no_token_in_two_texts():
    numbers = [chr(0x4E00 + at) for at in range(240)]
    data = development(numbers, np.arange(240) % 2, min_frequency=1)
    assert set(fit_baselines(data)) == {"majority class", "regression on TF-IDF"}
