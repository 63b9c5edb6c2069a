import numpy as np
import pandas as pd
import pytest

from dlrecipes.baselines import fit_baselines
from dlrecipes.data import TextTokens, from_table
from dlrecipes.metrics import score_predictions


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
        splits = from_table(frame[["text", target]], target, kinds={"text": "text"}, task=task)
        return splits.with_preprocess(TextTokens(splits.spec.columns)).development()

    return make


@pytest.mark.parametrize("target", ["label", "value"])
def test_words_and_pairs_of_words(sentences, target):
    development = sentences(target)
    assert development.spec.kind == "text"
    baselines = fit_baselines(development)
    assert "regression on TF-IDF" in baselines
    assert len(baselines) == 2
    validation = development.validation
    predicted = baselines["regression on TF-IDF"](validation)
    scores = score_predictions(validation.y, predicted, development.spec)
    if target == "label":
        assert scores["accuracy"] == 1.0
    else:
        assert scores["rmse"] < 0.2
