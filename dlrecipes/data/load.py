"""Data sets by their names: those of scikit-learn, and of TensorFlow Datasets."""

from __future__ import annotations

from pathlib import Path

from dlrecipes.checks import did_you_mean
from dlrecipes.data.from_arrays import from_arrays
from dlrecipes.data.parts.splits import Splits
from dlrecipes.data.sources import is_tfds, read_tfds
from dlrecipes.data.splitting.split_rule import SplitRule
from dlrecipes.data.tables.from_table import from_table
from dlrecipes.data.tables.table_rows import join_parts
from dlrecipes.errors import DataError

BUNDLED = ("breast_cancer", "diabetes", "digits", "iris", "wine")


def load(
    name: str,
    *,
    data_dir: str | Path | None = None,
    split_seed: int = 0,
    validation_fraction: float = 0.2,
    test_fraction: float = 0.2,
) -> Splits:
    """Return a bundled data set, which needs no download, or one of TensorFlow Datasets, split.

    Args:
        name: `"digits"` (1,797 images 8 × 8 × 1, values 0…16, 10 classes), `"breast_cancer"`
            (569 × 30, binary), `"wine"` (178 × 13, 3 classes), `"iris"` (150 × 4, 3 classes) or
            `"diabetes"` (442 × 10, regression, in the original units); or
            `"tfds:NAME"`, see `read_tfds`, whose official parts are kept.
        data_dir: Folder of prepared data sets, for `tfds:`; None for `~/tensorflow_datasets`.
        split_seed: Seed of the split, at least 0, apart from any study's seed.
        validation_fraction: Share of the validation part, in (0, 1).
        test_fraction: Share of the test part, in (0, 1); the two together below 1.

    Raises:
        DataError: If no data set has this name, or it cannot be read.
        ArgumentError: If another argument is outside its range.

    Example:
        >>> splits = dlr.data.load("iris")
        >>> len(splits.train), len(splits.validation), len(splits.test)
        (90, 30, 30)
        >>> splits.train.x.shape, np.bincount(splits.train.y).tolist()
        ((90, 4), [30, 30, 30])
    """
    if is_tfds(name):
        return _load_tfds(name, data_dir, validation_fraction, test_fraction, split_seed)
    if name not in BUNDLED:
        raise DataError(
            f"The bundled data sets are {', '.join(BUNDLED)}.",
            received=f"name={name!r}",
            fix=did_you_mean(name, BUNDLED)
            or "Those of TensorFlow Datasets are named tfds:NAME; your own data goes through "
            "`from_arrays`.",
        )
    from sklearn import datasets  # takes a second, and only this function needs it

    if name == "diabetes":
        bunch = datasets.load_diabetes(scaled=False)
    else:
        bunch = getattr(datasets, f"load_{name}")()
    regression = name == "diabetes"
    return from_arrays(
        bunch.images if name == "digits" else bunch.data,
        bunch.target,
        name=name,
        kind="image" if name == "digits" else "table",
        task="regression" if regression else "classification",
        classes=None if regression else [str(label) for label in bunch.target_names],
        validation_fraction=validation_fraction,
        test_fraction=test_fraction,
        split_seed=split_seed,
    )


def _load_tfds(
    source: str,
    data_dir: str | Path | None,
    validation_fraction: float,
    test_fraction: float,
    split_seed: int,
) -> Splits:
    data = read_tfds(source, data_dir)
    if data.is_table:
        target = data.target or list(data.parts["train"])[-1]
        split_rule = SplitRule(
            validation_fraction=validation_fraction,
            test_fraction=test_fraction,
            split_seed=split_seed,
        )
        table, test, split_rule = join_parts(data.frames(), target, split_rule)
        return from_table(table, target, test=test, split_rule=split_rule, name=data.name)
    parts = data.arrays()
    x, y = parts["train"]
    return from_arrays(
        x,
        y,
        validation=parts.get("validation"),
        test=parts.get("test"),
        name=data.name,
        task="classification" if data.classes else None,
        classes=[label for label in data.classes if label in set(y.tolist())] or None,
        validation_fraction=validation_fraction,
        test_fraction=test_fraction,
        split_seed=split_seed,
    )
