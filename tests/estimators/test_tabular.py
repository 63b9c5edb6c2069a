"""The recipe for tables as scikit-learn estimators."""

import gc
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.exceptions import NotFittedError
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import dlrecipes as dlr
from dlrecipes.errors import DataError, DataWarning, SealError


def people(rows=150, seed=0):
    generator = np.random.default_rng(seed)
    age = generator.normal(40, 10, rows)
    town = generator.choice(["Oslo", "Rome", None], rows)
    table = pd.DataFrame(
        {
            "age": np.where(generator.random(rows) < 0.1, np.nan, age),
            "town": town,
            "size": pd.Categorical(generator.choice(["s", "m"], rows)),
            "since": pd.date_range("2020-01-01", periods=rows, freq="3D"),
            "paid": generator.random(rows) < 0.5,
        }
    )
    # A label that reads like a missing cell is a label all the same.
    y = np.where(age > 50, "NA", np.where(town == "Oslo", "no", "yes"))
    return table, y


@pytest.fixture(scope="module")
def classifier(small):
    return dlr.TabularClassifier(recipe=small, random_state=0).fit(*people())


def test_a_classifier_predicts_as_its_run(classifier):
    table, y = people()
    assert classifier.classes_.tolist() == ["NA", "no", "yes"]
    assert (classifier.n_features_in_, list(classifier.feature_names_in_)) == (5, list(table))
    info, result = classifier.run_.info, classifier.run_.result
    assert [column.kind for column in info.raw_spec.columns] == [
        *("number", "category", "category", "date", "category")
    ]
    assert info.raw_spec.target.class_names == ("NA", "no", "yes")
    # ---- all rows train or validate
    assert (result.data.train + result.data.validation, result.data.test) == (150, 0)
    with pytest.raises(SealError, match="Only a run with a test part can open one"):
        classifier.run_.open_test_set("a look")
    # ---- predictions are the run's, by the order of `classes_`
    new, labels = people(40, seed=1)
    found = classifier.predict_proba(new)
    np.testing.assert_array_equal(found, classifier.run_.predict(new))
    predicted = classifier.predict(new)
    assert predicted.tolist() == classifier.classes_[found.argmax(axis=1)].tolist()
    assert classifier.score(new, labels) == accuracy_score(labels, predicted) > 0.6


def test_new_rows_by_the_names_of_their_columns(classifier):
    table, _ = people(20)
    found = classifier.predict_proba(table)
    np.testing.assert_array_equal(classifier.predict_proba(table[table.columns[::-1]]), found)
    np.testing.assert_allclose(classifier.predict_proba(table[3:4]), found[3:4], atol=1e-6)
    with pytest.warns(DataWarning, match="'town'"):
        unseen = classifier.predict_proba(table.assign(town="Atlantis"))
    assert np.isfinite(unseen).all()
    for wrong in (table.rename(columns={"age": "years"}), table.assign(more=1), table[["age"]]):
        with pytest.raises(ValueError, match="feature names should match those that were passed"):
            classifier.predict(wrong)
    with pytest.raises(ValueError, match="at least one example"):
        classifier.predict(table[:0])
    with pytest.raises(ValueError, match="'age'"):
        classifier.predict(table.assign(age="old"))


def test_a_pickle_holds_the_model_and_no_run(classifier):
    table, _ = people(20)
    copy = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(copy.predict_proba(table), classifier.predict_proba(table))
    again = pickle.loads(pickle.dumps(copy))  # what was loaded meanwhile is not in it
    np.testing.assert_array_equal(again.predict(table), classifier.predict(table))
    assert not hasattr(copy, "run_")
    assert Path(classifier.run_.directory).is_dir()
    # ---- a fit that fails leaves nothing of the one before
    with pytest.raises(DataError, match="at least two classes"):
        copy.fit(table, ["a"] * 20)
    with pytest.raises(NotFittedError):
        copy.predict(table)


def test_a_regressor_of_one_column(small):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(120, 1))
    y = 100 + 10 * x[:, 0] ** 2 + generator.normal(size=120)
    x[::10] = np.nan
    given = {"recipe": small, "trials": 1, "epochs": 3, "random_state": 7}
    first, second = (dlr.TabularRegressor(**given).fit(x, y) for _ in range(2))
    predicted = first.predict(x)
    assert (predicted.shape, predicted.dtype) == ((120,), np.float64)
    np.testing.assert_array_equal(second.predict(x), predicted)
    assert first.score(x, y) == pytest.approx(r2_score(y, predicted))
    assert first.run_.info.raw_spec.columns[0].name == "x0"
    with pytest.raises(ValueError, match="1 features? as input"):
        first.predict(np.zeros((3, 2)))
    # ---- the temporary folder goes with the estimator
    folder = first.run_.directory
    assert folder.is_dir()
    del first
    gc.collect()
    assert not folder.exists()


def test_a_run_directory_stays_and_has_a_report(small, tmp_path):
    generator = np.random.default_rng(0)
    x = pd.DataFrame(generator.normal(size=(60, 2)))
    y = x[0] + x[1] > 0
    out = tmp_path / "run"
    classifier = dlr.TabularClassifier(
        recipe=small, trials=4, epochs=3, ensemble=2, random_state=1, out=out
    ).fit(x, y)
    assert "There is no test part" in (out / "report.html").read_text()
    assert pickle.loads(pickle.dumps(classifier)).run_.result.sealed == "no test part"
    assert classifier.predict(x).dtype == bool
    # ---- what the run exports predicts, be it the ensemble or the refit
    exported = dlr.load_model(out / classifier.run_.result.artifacts["keras"])
    expected = np.asarray(exported(list(x.T.to_numpy("float32")), training=False))
    np.testing.assert_allclose(classifier.predict_proba(x), expected, atol=1e-6)
    # ---- numbers are names, too
    np.testing.assert_array_equal(classifier.predict_proba(x[[1, 0]]), classifier.predict_proba(x))
    with pytest.raises(DataError, match="columns of training.*1, 2.*Training had 0, 1"):
        classifier.predict(x.set_axis([1, 2], axis=1))
    with pytest.raises(dlr.errors.RunError, match="run"):
        classifier.fit(x, y)


@pytest.mark.slow
def test_cross_validation_of_a_pipeline(small):
    """Classes whose order is that of numbers and not of text."""
    labels = np.array([1, 2, 10])[np.arange(120) % 3]
    table = pd.DataFrame(
        {"number": np.random.default_rng(0).normal(size=120), "word": [f"w{at}" for at in labels]}
    )
    columns = make_column_transformer(
        (StandardScaler(), ["number"]), (OneHotEncoder(sparse_output=False), ["word"])
    )
    pipeline = make_pipeline(columns, dlr.TabularClassifier(recipe=small, random_state=0))
    assert cross_val_score(pipeline, table, labels, cv=2).min() > 0.9


@pytest.mark.slow
def test_grid_search(small):
    table, y = people(90)
    x = table[["age", "town"]]
    grid = GridSearchCV(
        dlr.TabularClassifier(recipe=small, random_state=0, trials=2), {"epochs": [1, 2]}, cv=2
    ).fit(x, y)
    assert grid.predict(x).shape == (90,)
    assert clone(grid.best_estimator_).get_params() == grid.best_estimator_.get_params()


X = np.random.default_rng(0).normal(size=(30, 2))
Y = np.arange(30) % 2


@pytest.mark.parametrize(
    ("x", "y", "arguments", "message"),
    [
        (X, np.zeros(30, int), {}, "at least two classes.*1 class"),
        (X, X[:, 0], {}, "Unknown label type: continuous"),
        (X, np.where(Y, np.nan, 1.0), {}, "contains NaN"),
        (X, np.where(Y, None, "a"), {}, "must have a target.*15 missing, first in row 1"),
        (X, [*Y[:-1], 7], {}, "Every class must have at least 3 examples"),
        (X, Y[:-1], {}, "inconsistent numbers of samples"),
        (X, None, {}, "requires y to be passed"),
        (np.where(X > 1, np.inf, X), Y, {}, "contains infinity"),
        (pd.DataFrame(X, columns=["a", "b"]).assign(c=np.inf), Y, {}, "finite numbers"),
        (pd.DataFrame(X, columns=["a", " a"]), Y, {}, "different names.*'a' more than once"),
        (X * 1e300, Y, {}, "finite float32 numbers"),
        (X[:, :0], Y, {}, r"0 feature\(s\)"),
        (X[:1], Y[:1], {}, "rows to validate on.*1 sample"),
        (pd.DataFrame({"a": [1.0] * 30}), Y, {}, "one column to learn from"),
        (X[:, :1].repeat(2, axis=1) * 0, Y, {}, "three different rows"),
        (pd.DataFrame({"a": Y, "b": X[:, 0]}), Y, {}, "target under another name.*'a'"),
        (X, Y, {"minutes": 0}, "`minutes` must be"),
        (X, Y, {"trials": 0}, "at least one trial"),
        (X, Y, {"epochs": 0}, "`epochs` must be"),
        (X, Y, {"validation_fraction": 1.0}, "`validation_fraction` must be"),
        (X, Y, {"recipe": "digits"}, "must load tables.*'digits'"),
        (X, Y, {"recipe": "none"}, "none"),
        (X, Y, {"random_state": "a"}, "cannot be used to seed"),
    ],
)
def test_what_cannot_be_fitted(small, x, y, arguments, message):
    with pytest.raises(ValueError, match=f"(?s){message}"):
        dlr.TabularClassifier(**{"recipe": small, **arguments}).fit(x, y)


@pytest.mark.parametrize("y", [np.where(Y, "a", "b"), np.where(Y, np.inf, 0.0)])
def test_values_that_are_none(small, y):
    with pytest.raises(ValueError, match="values that are numbers|contains infinity"):
        dlr.TabularRegressor(recipe=small).fit(X, y)
