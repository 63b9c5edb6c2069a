"""Linear models on the words of texts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.baselines.budget import Budget
from dlrecipes.baselines.predictor import (
    MAX_ROWS,
    Choice,
    FittedModel,
    Predictor,
    choose_on_validation,
    join_notes,
    rows_note,
)
from dlrecipes.data import Development
from dlrecipes.quiet import hush_many_classes
from dlrecipes.targets import kind_of

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer


def fit_tfidf_regression(
    development: Development,
    *,
    seed: int = 0,
    budget: Budget | None = None,
    choice: Choice | None = None,
) -> FittedModel:
    """Return a logistic (or ridge) regression on TF-IDF weights of tokens and pairs of tokens.

    The tokens are the network's: words, or characters where those are its tokens. Of more than
    20,000 training texts it sees 20,000, drawn with `seed`.

    Args:
        development: Training and validation part of texts as tokens, 0 where a text has ended.
        seed: Seed of that draw, at least 0.
        budget: What the search for it may take; None for the usual.
        choice: What was chosen before: nothing is searched; None to choose.
    """
    kind = kind_of(development.model_spec.target)
    texts, y = development.train.array, development.train.y
    if len(texts) > MAX_ROWS:
        rows = np.random.default_rng(seed).choice(len(texts), MAX_ROWS, replace=False)
        texts, y = texts[rows], y[rows]
    vectorizer = _weights(texts)
    words = vectorizer.transform(texts)

    def fit(strength: float) -> Predictor:
        model = kind.linear_model(strength)
        with hush_many_classes():
            model.fit(words, y)

        def predict(inputs: NDArray[Any]) -> NDArray[np.float64]:
            return kind.estimate(model, vectorizer.transform(inputs))

        return predict

    name, strengths = kind.strengths
    model = choose_on_validation(
        fit,
        strengths,
        development,
        name=name,
        budget=budget or Budget(),
        known=None if choice is None else choice.get(name),
    )
    return replace(model, note=join_notes(rows_note(len(y), development.train), model.note))


def _weights(texts: NDArray[Any]) -> TfidfVectorizer:
    """Return what weighs tokens, of many texts only those that two of them have."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    least = 2 if len(texts) > 100 else 1
    try:
        return TfidfVectorizer(analyzer=_words, sublinear_tf=True, min_df=least).fit(texts)
    except ValueError:  # no two texts share a token
        return TfidfVectorizer(analyzer=_words, sublinear_tf=True).fit(texts)


def _words(tokens: NDArray[Any]) -> list[str]:
    """Return the tokens of a text and its pairs of neighbours."""
    single = [str(int(token)) for token in tokens if token > 0]
    return single + [f"{word} {after}" for word, after in zip(single, single[1:], strict=False)]
