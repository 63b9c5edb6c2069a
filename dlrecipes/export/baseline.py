"""A baseline as files: what a run's network was compared with, for raw inputs and without pickle.

The folder has `baseline.json`, the preprocessing as `columns.keras`, and of each target the
model in its library's own format: `model.txt` of LightGBM, `model.cbm` of CatBoost, `model.skops`
of scikit-learn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import Pipeline

from dlrecipes.baselines import Estimator, FittedBaseline
from dlrecipes.baselines.grow_trees import LIGHTGBM, SCIKIT_LEARN, NativeTrees
from dlrecipes.baselines.native_trees import NativeEstimator
from dlrecipes.baselines.predictor import encode, flatten
from dlrecipes.data import Columns, Inputs, Splits
from dlrecipes.errors import ExportError
from dlrecipes.export.answers import in_given_form, predictions_as_csv
from dlrecipes.export.given_inputs import given_examples
from dlrecipes.export.keras_file import load_model, write_keras
from dlrecipes.export.new_examples import NewExamples
from dlrecipes.export.predict import predict
from dlrecipes.export.raw_inputs import preprocessed, raw_inputs
from dlrecipes.export.read_inputs import read_examples
from dlrecipes.results import DataSpec, dump_json, parse_json, write_text
from dlrecipes.results.versions import versions_of
from dlrecipes.targets import join_predictions, kind_of

BASELINE_FILE = "baseline.json"
_PREPROCESS = "columns.keras"
_FEW = 8
_SUFFIXES = {LIGHTGBM: "txt", SCIKIT_LEARN: "skops"}
_PACKAGES = ("dlrecipes", "keras", "scikit-learn", "lightgbm", "catboost", "skops")
TRUSTED = (
    "functools.partial",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.utils.validation.check_array",
)
"""What scikit-learn's boosted trees are made of beyond the types that skops loads by itself. A
`.skops` file with any other type is not loaded."""


@dataclass(frozen=True)
class BaselinePart:
    """What `baseline.json` says of one target.

    Args:
        target: Its name; empty of the only one.
        file: The model's file, beside it.
        library: What reads that file.
        encoded: As in `dlrecipes.baselines.Estimator`.
        columns: Likewise.
        loss: Of LightGBM and CatBoost, what the trees have grown for.
        classes: Of these, what the columns of the probabilities stand for.
        categories: Of these, which columns are categories.
    """

    target: str
    file: str
    library: str
    encoded: bool
    columns: tuple[int, ...] | None = None
    loss: str = ""
    classes: tuple[int, ...] | None = None
    categories: tuple[bool, ...] | None = None


@dataclass(frozen=True, repr=False)
class BaselineFile:
    """What `baseline.json` holds.

    Args:
        name: What the baseline is called.
        raw_spec: The data as loaded.
        model_spec: The data after preprocessing.
        parts: One a target.
        threshold: The probability from which on an example is of class 1 of two, where one was
            chosen.
        versions: Of the libraries that it was written with.
        schema_version: Version of this layout.
    """

    name: str
    raw_spec: DataSpec
    model_spec: DataSpec
    parts: tuple[BaselinePart, ...]
    threshold: float | None = None
    versions: dict[str, str] = field(default_factory=dict)
    schema_version: int = 1

    def __repr__(self) -> str:
        """Return the name alone: the descriptions of the data fill pages."""
        return f"BaselineFile({self.name!r})"


class RawRows(TransformerMixin, BaseEstimator):
    """The first step of a baseline's pipeline: from raw rows to the numbers that its model takes.

    Args:
        layer: Preprocesses raw inputs; None where they are taken as they are.
        described: The data.
        part: The model, as far as it says which numbers it takes.
    """

    def __init__(
        self, layer: keras.Model | None, described: BaselineFile, part: BaselinePart
    ) -> None:
        self.layer, self.described, self.part = layer, described, part

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def fit(self, rows: object, y: object = None) -> RawRows:
        """Return the step as it is: it has learned from the run's training part."""
        return self

    def transform(self, rows: object) -> NDArray[np.float64]:
        """Return numbers, `(examples, columns)`.

        Args:
            rows: What `LoadedBaseline.predict` takes.
        """
        x, columns = read_rows(rows, self.described.raw_spec).x, self.part.columns
        matrix = np.asarray(x if self.layer is None else predict(self.layer, x))
        if self.part.encoded:
            return encode(matrix, self.described.model_spec)
        flat = flatten(matrix)
        return flat if columns is None else flat[:, list(columns)]


@dataclass(frozen=True)
class LoadedBaseline:
    """A baseline of a run, loaded from its files; it takes raw inputs.

    Args:
        name: What the run calls it.
        spec: The data as the run loaded it.
        pipelines: `{target: scikit-learn's pipeline}`, the only target's name is empty. Their
            `predict` answers with class indices or values.
        threshold: The probability from which on an example is of class 1 of two; None for the label
            that is more probable.
    """

    name: str
    spec: DataSpec
    pipelines: Mapping[str, Pipeline]
    threshold: float | None = None

    def predict(self, inputs: object) -> NDArray[Any] | dict[str, NDArray[Any]]:
        """Return what the baseline predicts, in the form of `Run.predict`.

        Args:
            inputs: As for `Run.predict`: a data frame, a dictionary, a list of rows, an array, or a
                file. A table's cells are read by the rules of the training table.

        Returns:
            `(examples, classes)` probabilities or `(examples,)` values; of several targets
            `{target: either}`.

        Raises:
            DataError: If the inputs cannot be read or do not fit.
        """
        return in_given_form(self.answers(read_rows(inputs, self.spec).x), self.spec)

    def predict_table(self, inputs: object) -> str:
        """Return the same as CSV, as `Run.predict_table` does.

        Its columns are `label` and a probability a class, or `value`.

        Args:
            inputs: As for `predict`.

        Raises:
            DataError: If the inputs cannot be read or do not fit.
        """
        examples = read_rows(inputs, self.spec).only_to_come()
        return predictions_as_csv(self.answers(examples.x), examples.key, self.spec, self.threshold)

    def answers(self, x: NDArray[Any] | Columns | Inputs) -> NDArray[np.float64]:
        """Return predictions side by side, as a baseline of a run has them.

        Args:
            x: Raw inputs, `(examples, …)`, or the columns of a table.
        """
        return join_predictions(
            {
                target.name: kind_of(target).estimate(self.pipelines[target.name], x)
                for target in self.spec.targets
            }
        )


def read_rows(rows: object, spec: DataSpec) -> NewExamples:
    """Return raw examples, wherever they come from.

    Args:
        rows: A file, or what was made in Python.
        spec: The raw data's spec.
    """
    if isinstance(rows, str | Path):
        return read_examples(rows, spec)
    return given_examples(rows, spec)


def save_baseline(
    baseline: FittedBaseline,
    splits: Splits,
    folder: Path,
    *,
    name: str,
    threshold: float | None = None,
) -> None:
    """Write a fitted baseline with the preprocessing of its data.

    Args:
        baseline: The baseline; it must have `estimators`.
        splits: The data that it was fitted to.
        folder: A folder that exists, and is empty.
        name: What the baseline is called.
        threshold: The probability from which on an example is of class 1 of two, if one was chosen.

    Raises:
        ExportError: If the preprocessing cannot be written, each part learns its own, there are
            several inputs, or a package is missing.
    """
    raw = splits.raw_spec
    if raw.inputs or raw.input_dtype == "string":
        raise ExportError(
            "A baseline is exported with one table or one array of numbers as its input.",
            received="text" if not raw.inputs else ", ".join(one.name for one in raw.inputs),
        )
    if splits.test_statistics == "own":
        raise ExportError(
            "A baseline is exported with what preprocessing has learned from the training part.",
            received='test_statistics="own"',
        )
    if splits.preprocess is not None:
        inputs = raw_inputs(raw)
        model = keras.Model(inputs, preprocessed(inputs, splits.preprocess, raw))
        few = splits.train.x[:_FEW]
        lacks = write_keras(model, folder / _PREPROCESS, few, policy="float32")
        if lacks:
            raise ExportError(
                "A baseline is exported with its preprocessing, which Keras must be able to write.",
                received=lacks,
            )
    parts = tuple(
        _write(estimator, target, folder, f"model_{number}" if target else "model")
        for number, (target, estimator) in enumerate(baseline.estimators.items())
    )
    described = BaselineFile(
        name, raw, splits.model_spec, parts, threshold=threshold, versions=versions_of(_PACKAGES)
    )
    write_text(folder / BASELINE_FILE, dump_json(described))


def load_baseline(folder: str | Path) -> LoadedBaseline:
    """Load a baseline that a run has exported (`Run.export_baseline`).

    Nothing in its files is run as code: of scikit-learn's parts only those types are loaded that
    skops trusts, and those that boosted trees are made of.

    Args:
        folder: The folder, such as `runs/churn/baseline`.

    Returns:
        What predicts from raw inputs.

    Raises:
        ExportError: If it is no such folder, is damaged, holds other types, or a library that it
            needs is not installed.

    Example:
        >>> import pathlib, tempfile
        >>> splits, folder = dlr.data.load("iris"), pathlib.Path(tempfile.mkdtemp())
        >>> name, choice = "logistic regression", {"inverse penalty": 1.0}
        >>> fitted = dlr.baselines.fit_baselines(splits.development(), choices={name: choice})
        >>> dlr.export.save_baseline(fitted[name], splits, folder, name=name)
        >>> dlr.load_baseline(folder).predict([[5.1, 3.5, 1.4, 0.2]]).round(2)
        array([[0.97, 0.03, 0.  ]])
    """
    folder = Path(folder)
    file = folder / BASELINE_FILE
    if not file.is_file():
        raise ExportError(
            f"An exported baseline is a folder with a `{BASELINE_FILE}`.",
            received=f"{folder}",
            fix="dlrecipes export RUN --baseline writes one.",
        )
    described = parse_json(BaselineFile, file.read_text(encoding="utf-8"), source=str(file))
    layer = load_model(folder / _PREPROCESS) if (folder / _PREPROCESS).is_file() else None
    pipelines = {
        part.target: Pipeline(
            [
                ("rows", RawRows(layer, described, part)),
                *_read(part, folder / part.file, described.versions),
            ]
        )
        for part in described.parts
    }
    return LoadedBaseline(described.name, described.raw_spec, pipelines, described.threshold)


def _write(estimator: Estimator, target: str, folder: Path, stem: str) -> BaselinePart:
    model = estimator.steps[-1][1]
    columns = None if estimator.columns is None else tuple(estimator.columns.tolist())
    if isinstance(model, NativeEstimator):
        trees = model.trees
        file = folder / f"{stem}.{_SUFFIXES.get(trees.library, 'cbm')}"
        data = trees.data.encode() if isinstance(trees.data, str) else trees.data
        file.write_bytes(data)
        return BaselinePart(
            target,
            file.name,
            trees.library,
            estimator.encoded,
            columns,
            loss=trees.loss,
            classes=None if trees.classes is None else tuple(trees.classes),
            categories=None if trees.categories is None else tuple(trees.categories),
        )
    skops_io = need_skops()
    file = folder / f"{stem}.{_SUFFIXES[SCIKIT_LEARN]}"
    skops_io.dump(Pipeline(list(estimator.steps)), file)
    return BaselinePart(target, file.name, SCIKIT_LEARN, estimator.encoded, columns)


def _read(part: BaselinePart, file: Path, versions: Mapping[str, str]) -> list[tuple[str, Any]]:
    """Return the steps of a pipeline behind the first one."""
    try:
        if part.library == SCIKIT_LEARN:
            return list(_load_trusted(file).steps)
        data = file.read_bytes()
        trees = NativeTrees(
            part.library,
            part.loss,
            data.decode() if part.library == LIGHTGBM else data,
            None if part.classes is None else list(part.classes),
            None if part.categories is None else list(part.categories),
        )
        return [("model", NativeEstimator(trees))]
    except ExportError:
        raise
    except ImportError as error:
        raise ExportError(
            "A baseline is loaded by the library that it was written with.",
            received=str(error),
            fix="pip install dlrecipes[trees]",
        ) from error
    except Exception as error:  # what a library raises of a damaged file
        written = ", ".join(f"{name} {version}" for name, version in versions.items())
        raise ExportError(
            "A baseline's file must be whole, and of a version that its library can read.",
            received=f"{file} ({type(error).__name__}: {error})",
            fix=f"It was written with {written}.",
        ) from error


def _load_trusted(file: Path) -> Pipeline:
    skops_io = need_skops()
    others = sorted({*skops_io.get_untrusted_types(file=file)} - {*TRUSTED})
    if others:
        raise ExportError(
            "A baseline's file must hold nothing but the parts of scikit-learn's models.",
            received=f"{file} with {', '.join(others)}",
            fix="Load no file that you do not trust; of your own, look at it with "
            "skops.io.get_untrusted_types, and load it with skops.io.load.",
        )
    return skops_io.load(file, trusted=list(TRUSTED))


def need_skops() -> Any:  # noqa: ANN401  (a module)
    """Return `skops.io`, which writes scikit-learn's models without pickle.

    Raises:
        ExportError: If it is not installed.
    """
    try:
        import skops.io as skops_io
    except ImportError as error:
        raise ExportError(
            "A baseline of scikit-learn is written and read by skops, without pickle.",
            received=f"no skops ({error})",
            fix="pip install dlrecipes[trees]",
        ) from error
    return skops_io
