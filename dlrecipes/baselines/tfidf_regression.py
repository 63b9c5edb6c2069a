"""Linear models on the words of texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.baselines.predictor import Predictor, choose_on_validation, probability_table
from dlrecipes.data import Development

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer

INVERSE_PENALTIES = (0.1, 1.0, 10.0, 100.0)
PENALTIES = (0.01, 0.1, 1.0, 10.0)


def fit_tfidf_regression(development: Development, *, seed: int = 0) -> Predictor:
    """Return a logistic (or ridge) regression on TF-IDF weights of tokens and pairs of tokens.

    The tokens are the network's: words, or characters where those are its tokens.

    Args:
        development: Training and validation part of texts as tokens, 0 where a text has ended.
        seed: Not used: nothing in it is random.
    """
    from sklearn.linear_model import LogisticRegression, Ridge

    spec = development.spec
    regression = spec.task == "regression"
    vectorizer = _weights(development.train.array)
    words = vectorizer.transform(development.train.array)

    def fit(strength: float) -> Predictor:
        if regression:
            model = Ridge(alpha=strength)
        else:
            model = LogisticRegression(C=strength, max_iter=1000)
        model.fit(words, development.train.y)

        def predict(inputs: NDArray[Any]) -> NDArray[np.float64]:
            found = vectorizer.transform(inputs)
            if regression:
                return np.asarray(model.predict(found), dtype=np.float64)
            return probability_table(model.predict_proba(found), model.classes_, spec)

        return predict

    return choose_on_validation(
        map(fit, PENALTIES if regression else INVERSE_PENALTIES), development
    )


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
    single = [str(int(one)) for one in tokens if one > 0]
    return single + [f"{one} {other}" for one, other in zip(single, single[1:], strict=False)]
