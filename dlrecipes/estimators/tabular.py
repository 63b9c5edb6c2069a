"""The recipe for tables as scikit-learn estimators."""

from __future__ import annotations

import shutil
import tempfile
import time
import weakref
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import (
    assert_all_finite,
    check_consistent_length,
    check_random_state,
    column_or_1d,
)
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from dlrecipes.data import Splits
from dlrecipes.errors import ArgumentError, DataError, RecipeError
from dlrecipes.estimators.kept_model import KeptModel
from dlrecipes.recipe import Recipe
from dlrecipes.recipe.load import load_recipe
from dlrecipes.results import Origin, RunSettings
from dlrecipes.run import Run, tune
from dlrecipes.search import Listener, with_budget
from dlrecipes.targets import check_classes

_LOADS = ("data", "target", "task", "kinds", "validation_fraction", "test_fraction", "split_seed")
_MOST_SEEDS = 2**31 - 1
_Kinds = dict[str, str | list[str]]


class _TabularEstimator(BaseEstimator):
    """What the classifier and the regressor share: the search, and what is kept of it."""

    def __init__(  # noqa: PLR0913  (one argument a decision)
        self,
        *,
        minutes: float | None = None,
        trials: int | None = None,
        epochs: int | None = None,
        ensemble: int = 0,
        validation_fraction: float = 0.2,
        random_state: int | np.random.RandomState | None = None,
        recipe: str | Path = "tabular",
        out: str | Path | None = None,
        verbose: int = 0,
    ) -> None:
        self.minutes = minutes
        self.trials = trials
        self.epochs = epochs
        self.ensemble = ensemble
        self.validation_fraction = validation_fraction
        self.random_state = random_state
        self.recipe = recipe
        self.out = out
        self.verbose = verbose

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401  (scikit-learn has no types)
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_model")

    def __getstate__(self) -> dict[str, Any]:
        """Return what a pickle holds: not the temporary folder, nor the run that lies in it."""
        state: dict[str, Any] = dict(super().__getstate__())
        if state.pop("_remove_folder", None) is not None:
            del state["run_"]
        return state

    def _search(
        self,
        frame: pd.DataFrame,
        y: NDArray[Any],
        task: Literal["classification", "regression"],
        kinds: _Kinds,
        labels: tuple[str, ...] = (),
    ) -> None:
        """Carry out the procedure and keep the run and its model.

        Args:
            frame: A row an example, a column an input.
            y: Values, or class indices from 0, `(examples,)`.
            task: Which of them.
            kinds: What is known of the columns.
            labels: What the classes are called in the report.
        """
        began = time.monotonic()
        seed = int(check_random_state(self.random_state).randint(_MOST_SEEDS))
        recipe = _table_recipe(self.recipe)
        before, remove = getattr(self, "_remove_folder", None), None
        out = self.out
        if out is None:
            folder = tempfile.mkdtemp(prefix="dlrecipes-")
            remove = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            out = Path(folder, "run")
        try:
            settings = RunSettings(
                # Which engine `auto` takes depends on the clock, and so would the figures.
                engine="auto" if self.random_state is None else "resident",
                out=out,
                seed=seed,
                minutes=self.minutes,
                ensemble=self.ensemble,
            )
            settings, time_plan = recipe.divide_time(
                settings, trials=self.trials is not None, epochs=self.epochs is not None
            )
            splits = self._split(recipe, frame, y, task, kinds, seed)
            if labels:
                splits = _called(splits, labels)
            run = tune(
                recipe.builder(splits),
                splits,
                recipe.objective,
                with_budget(recipe.plan, self.trials, self.epochs),
                settings,
                listener=None if self.verbose else Listener(),
                origin=Origin(recipe.name, text=_text_of(recipe), plan=recipe.plan),
                time_plan=time_plan,
                began=began,
            )
            if self.out is not None:
                run.finish()
            self._model = KeptModel(run)
        except BaseException:
            if remove is not None:
                remove()
            raise
        if before is not None:
            before()
        self._remove_folder = remove
        self.run_ = Run(run.directory)

    def _split(
        self,
        recipe: Recipe,
        frame: pd.DataFrame,
        y: NDArray[Any],
        task: str,
        kinds: _Kinds,
        seed: int,
    ) -> Splits:
        """Return training and validation part, without a test part."""
        target = "target"
        while target in frame:
            target += "_"
        return recipe.load(
            data=frame.assign(**{target: y}),  # type: ignore[arg-type]  # of this one call
            target=target,
            task=task,
            kinds=kinds,
            validation_fraction=self.validation_fraction,
            test_fraction=0.0,
            split_seed=seed,
        )

    def _frame_to_fit(self, X: Any) -> tuple[pd.DataFrame, _Kinds]:  # noqa: ANN401, N803
        """Return the inputs as a table, and what is known of its columns; remember their names."""
        # Should this fit fail, the model of an earlier one must not answer.
        self.__dict__.pop("_model", None)
        X = _as_pandas(X)
        if isinstance(X, pd.DataFrame):
            validate_data(self, X, skip_check_array=True)
            self._columns, self._named = list(X.columns), True
            return _with_text_names(X), {}
        array = validate_data(self, X, dtype=None, ensure_all_finite="allow-nan")
        self._columns, self._named = [f"x{place}" for place in range(array.shape[1])], False
        # What is an array of numbers holds numbers only, be they row numbers or all the same.
        numbers = array.dtype.kind in "biuf"
        kinds: _Kinds = dict.fromkeys(self._columns, "number") if numbers else {}
        return _of_array(array, self._columns), kinds

    def _frame_to_predict(self, X: Any) -> pd.DataFrame:  # noqa: ANN401, N803
        """Return new inputs as a table like that of training; a data frame's columns by name."""
        X = _as_pandas(X)
        if not isinstance(X, pd.DataFrame):
            array = validate_data(self, X, reset=False, dtype=None, ensure_all_finite="allow-nan")
            return _with_text_names(_of_array(array, self._columns))
        if self._named and sorted(map(repr, X.columns)) == sorted(map(repr, self._columns)):
            X = X[self._columns]
        validate_data(self, X, reset=False, skip_check_array=True)
        if not self._named:  # scikit-learn warns where names come up late, and takes the order
            X = X.set_axis(self._columns, axis=1)
        elif list(X.columns) != self._columns:  # scikit-learn looks at names that are text only
            raise DataError(
                "New rows must have the columns of training.",
                received=", ".join(map(repr, X.columns[:30])),
                fix=f"Training had {', '.join(map(repr, self._columns[:30]))}.",
            )
        return _with_text_names(X)

    def _predict(self, X: Any) -> NDArray[np.float32]:  # noqa: ANN401, N803
        check_is_fitted(self)
        return self._model.predict(self._frame_to_predict(X))


class TabularClassifier(ClassifierMixin, _TabularEstimator):
    """A classifier of tables for scikit-learn: the search of `dlrecipes tune tabular`.

    `fit` searches, trains the winner again with other seeds and keeps the best refit, or the
    ensemble where one is asked for and is better. All rows are for training and validation: there
    is no test part, and what the run's report says are validation scores. Hold rows out yourself,
    as `cross_val_score` and `train_test_split` do.

    Of a data frame the columns are read as `dlrecipes.data.from_table` reads them: numbers,
    texts, categories, booleans, dates, missing cells; constants and row numbers are left out. The
    columns of an array of numbers are all numbers. New rows of a data frame are read by name.

    A pickle holds the model and no run.

    Args:
        minutes: What `fit` may take, above 0: as many trials, epochs and refits as help. With
            `trials` the search ends after it. None for the recipe's plan, and of that no more than
            fits into the recipe's own `max_minutes`.
        trials: Search trials, at least 1, whatever time they take; None for the recipe's.
        epochs: Epochs of a full trial, at least 1, likewise.
        ensemble: How many trials and refits are averaged at most; 0 or 1 for none.
            Where their mean is not better on the validation part, the single network predicts
            (`run_.result.exported`).
        validation_fraction: Share of the rows that trials are compared on, in (0, 1).
        random_state: Seed of split, search and training, an integer or a
            `numpy.random.RandomState`: two fits with the same one predict the same, unless
            their time ended the search. None for another one each time.
        recipe: A bundled recipe's name, or the path of one, that loads tables as `load_table`
            does.
        out: The run directory, which gets the report, too; None for a temporary folder, which is
            removed with the estimator.
        verbose: 0 for silence, 1 for a line a trial.

    Attributes:
        classes_: The labels, sorted, `(classes,)`.
        n_features_in_: Number of columns.
        feature_names_in_: Their names, where a data frame was given.
        run_: The `Run`; not in a pickle where `out` is None.

    Example:
        >>> import pandas as pd
        >>> x = pd.DataFrame({"hours": np.sqrt(range(60)), "town": ["Oslo", "Rome", None] * 20})
        >>> y = np.where(x["hours"] > 4, "late", "early")
        >>> classifier = dlr.TabularClassifier(trials=1, epochs=1, random_state=0).fit(x, y)
        >>> classifier.classes_.tolist(), classifier.predict_proba(x[:5]).shape
        (['early', 'late'], (5, 2))
        >>> classifier.run_.info.raw_spec.columns[1].kind
        'category'
    """

    def fit(self, X: Any, y: Any) -> Self:  # noqa: ANN401, N803
        """Search and train.

        Args:
            X: `(examples, columns)`, a `pandas.DataFrame` or an array; NaN is missing.
            y: The label of each row, `(examples,)`: text, whole numbers or booleans.

        Raises:
            DataError: If the data cannot be trained on: fewer than two classes or three rows of
                each, a column that is the target.
            ArgumentError: If an argument is out of range.
            RecipeError: If the recipe is none for tables.
        """
        frame, kinds = self._frame_to_fit(X)
        y = _target(self, X, y)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise DataError(
                "A classifier needs at least two classes.",
                received=f"1 class, {self.classes_[0]!r}",
                fix="Give rows of another class.",
            )
        labels = tuple(map(str, self.classes_))
        self._search(frame, codes, "classification", kinds, labels)
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float32]:  # noqa: ANN401, N803
        """Return the probability of each class, `(examples, classes)`, as `classes_` has them.

        Args:
            X: Rows with the columns that `fit` was given; those of a data frame in any order.

        Raises:
            ValueError: If the columns are others, or a cell cannot be read as training's were.

        Warns:
            DataWarning: If the rows are unlike training, as `Run.predict` says.
        """
        return self._predict(X)

    def predict(self, X: Any) -> NDArray[Any]:  # noqa: ANN401, N803
        """Return the most probable label of each row, `(examples,)`.

        Args:
            X: As for `predict_proba`.
        """
        probabilities = self._predict(X)
        return np.asarray(self.classes_[probabilities.argmax(axis=1)])


class TabularRegressor(RegressorMixin, _TabularEstimator):
    """A regressor of tables for scikit-learn: the search of `dlrecipes tune tabular`.

    It does with values what `TabularClassifier` does with classes.

    Args:
        minutes: As for `TabularClassifier`.
        trials: Likewise.
        epochs: Likewise.
        ensemble: Likewise.
        validation_fraction: Likewise.
        random_state: Likewise.
        recipe: Likewise.
        out: Likewise.
        verbose: Likewise.

    Attributes:
        n_features_in_: Number of columns.
        feature_names_in_: Their names, where a data frame was given.
        run_: The `Run`; not in a pickle where `out` is None.

    Example:
        >>> from sklearn.model_selection import train_test_split
        >>> x = np.random.default_rng(0).normal(size=(80, 3))
        >>> y = 100 + x[:, 0] - x[:, 1] * x[:, 2]
        >>> x, new_x, y, new_y = train_test_split(x, y, random_state=0)
        >>> regressor = dlr.TabularRegressor(trials=1, epochs=1, random_state=0).fit(x, y)
        >>> regressor.predict(new_x).shape, regressor.score(new_x, new_y) < 1
        ((20,), True)
    """

    def fit(self, X: Any, y: Any) -> Self:  # noqa: ANN401, N803
        """Search and train.

        Args:
            X: `(examples, columns)`, a `pandas.DataFrame` or an array; NaN is missing.
            y: The value of each row, `(examples,)`.

        Raises:
            DataError: If the data cannot be trained on: values that are no numbers, a column that
                is the target.
            ArgumentError: If an argument is out of range.
            RecipeError: If the recipe is none for tables.
        """
        frame, kinds = self._frame_to_fit(X)
        y = _target(self, X, y)
        try:
            values = y.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise DataError(
                "A regressor needs values that are numbers.", received=str(error)
            ) from error
        assert_all_finite(values, input_name="y")
        self._search(frame, values, "regression", kinds)
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:  # noqa: ANN401, N803
        """Return the value of each row, `(examples,)`.

        Args:
            X: Rows with the columns that `fit` was given; those of a data frame in any order.

        Raises:
            ValueError: If the columns are others, or a cell cannot be read as training's were.

        Warns:
            DataWarning: If the rows are unlike training, as `Run.predict` says.
        """
        return self._predict(X).astype(np.float64)


def _target(estimator: BaseEstimator, x: Any, y: Any) -> NDArray[Any]:  # noqa: ANN401
    """Return the targets, one a row, none of them missing."""
    if y is None:
        raise ArgumentError(
            f"This {type(estimator).__name__} estimator requires y to be passed, but the target y "
            "is None.",
        )
    y = column_or_1d(y, warn=True)
    check_consistent_length(x, y)
    assert_all_finite(y, input_name="y")
    values: NDArray[Any] = np.asarray(y)
    if len(values) < 2:
        raise DataError(
            "There must be rows to train on and rows to validate on.", received="1 sample"
        )
    missing = pd.isna(values)
    if missing.any():
        raise DataError(
            "Every row must have a target.",
            received=f"{int(missing.sum())} missing, first in row {int(missing.argmax())}",
            fix="Leave those rows out.",
        )
    return values


def _as_pandas(x: Any) -> Any:  # noqa: ANN401  (whatever scikit-learn takes)
    """Return a data frame as one of pandas, its columns all different; others as they are."""
    x = x.to_pandas() if hasattr(x, "to_pandas") else x
    if isinstance(x, pd.DataFrame):
        names = _with_text_names(x).columns
        if names.has_duplicates:
            raise DataError(
                "Columns must have different names.",
                received=f"{names[names.duplicated()][0]!r} more than once",
            )
    return x


def _with_text_names(frame: pd.DataFrame) -> pd.DataFrame:
    names = [str(name).strip() for name in frame.columns]
    return frame.set_axis(names, axis=1).reset_index(drop=True)


def _of_array(array: NDArray[Any], names: list[Any]) -> pd.DataFrame:
    array = array.astype(np.float64) if array.dtype.kind == "b" else array
    return pd.DataFrame(array, columns=names).infer_objects()


def _table_recipe(name: str | Path) -> Recipe:
    recipe = load_recipe(name)
    lacks = [option for option in _LOADS if option not in recipe.options]
    if lacks:
        raise RecipeError(
            "The recipe of an estimator must load tables as `dlrecipes.data.load_table` does.",
            received=f"{recipe.name!r}, whose `load` has no {', '.join(lacks)}",
            fix='Take recipe="tabular", or a copy of it: `dlrecipes copy tabular`.',
        )
    return recipe


def _called(splits: Splits, labels: tuple[str, ...]) -> Splits:
    """Return the same parts, whose classes have the labels' names instead of numbers."""
    target: Any = check_classes(splits.raw_spec, "named")
    return splits.with_targets((replace(target, class_names=labels),))


def _text_of(recipe: Recipe) -> str:
    return "" if recipe.path is None else recipe.path.read_text(encoding="utf-8")
