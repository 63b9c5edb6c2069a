"""Data sets that come with scikit-learn: no download."""

from __future__ import annotations

from dlrecipes.data.from_arrays import from_arrays
from dlrecipes.data.splits import Splits
from dlrecipes.errors import DataError

BUNDLED = ("breast_cancer", "diabetes", "digits", "iris", "wine")


def load(
    name: str,
    *,
    split_seed: int = 0,
    validation_fraction: float = 0.2,
    test_fraction: float = 0.2,
) -> Splits:
    """Return a bundled data set, split.

    Args:
        name: `"digits"` (1,797 images 8 × 8 × 1, values 0…16, 10 classes), `"breast_cancer"`
            (569 × 30, binary), `"wine"` (178 × 13, 3 classes), `"iris"` (150 × 4, 3 classes) or
            `"diabetes"` (442 × 10, regression, in the original units).
        split_seed: Seed of the split, at least 0, apart from any study's seed.
        validation_fraction: Share of the validation part, in (0, 1).
        test_fraction: Share of the test part, in (0, 1); the two together below 1.

    Raises:
        DataError: If no data set has this name.
        ArgumentError: If another argument is outside its range.
    """
    if name not in BUNDLED:
        raise DataError(
            f"The bundled data sets are {', '.join(BUNDLED)}.",
            received=f"name={name!r}",
            fix="Your own data goes through `from_arrays`.",
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
        task="regression" if regression else "classification",
        classes=None if regression else [str(label) for label in bunch.target_names],
        validation_fraction=validation_fraction,
        test_fraction=test_fraction,
        split_seed=split_seed,
    )
