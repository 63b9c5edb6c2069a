"""From image files or arrays of images to the three parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from dlrecipes.checks import check_integer, check_list
from dlrecipes.data.from_arrays import from_arrays
from dlrecipes.data.images.image_data import ImageColumns, ImageData, ImageReading, read_image_data
from dlrecipes.data.load import load
from dlrecipes.data.parts.splits import Splits
from dlrecipes.data.splitting import join_copies
from dlrecipes.data.splitting.split_rule import SplitRule
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.results import Finding, plural

_NAMED = 20


def load_images(
    data: str | Path | None = None,
    target: str | None = None,
    *,
    task: str | None = None,
    classes: Sequence[str] | None = None,
    test: str | Path | None = None,
    reading: ImageReading | None = None,
    split_rule: SplitRule | None = None,
) -> Splits:
    """Read images and split them.

    On a command line the fields of the two groups are options: `--size 32x48`, `--group patient`.
    Values are 0 (black) to 255 for files, and as they are for arrays. Images of another size are
    stretched to `size`, and transparency is laid over white; `dlrecipes.data.sources.read_images`
    says how files are read.

    Exact copies of an image stay in one part, unless the parts are given: the audit counts them.

    Args:
        data: One of
            a folder with one subfolder a class, or with such folders in `train`, `test` and, if
            there is one, `validation`;
            a table (CSV, TSV, Parquet) with a column of paths relative to its folder, in which
            a backslash may stand between folders;
            an `.npz` file with `x_train`, `y_train`, `x_test`, `y_test`, or `x`, `y`;
            a folder with MNIST's four IDX files, packed or not;
            `tfds:NAME` for a data set of TensorFlow Datasets, with its own parts;
            None for scikit-learn's digits.
        target: The column to be predicted, of a table; None for the last one.
        task: `"classification"`, `"ordinal"` or `"regression"`; None to tell it from the target.
        classes: Names of the classes in the order of the sorted labels; for text labels, the
            labels themselves in the order that they shall have.
        test: An official test part, in one of the same forms; None to split one off where `data`
            has none.
        reading: How the images are read; None to tell it from the files.
        split_rule: How they are split, by chance, by a column's groups or by a column of parts;
            None for by chance, stratified by class.

    Raises:
        DataError: If the images cannot be read, or cannot be trained on.
        ArgumentError: If an argument is outside its range, or does not belong to this form.

    Example:
        >>> splits = dlr.data.load_images()  # scikit-learn's digits
        >>> splits.train.x.shape, float(splits.train.x.max())
        ((1079, 8, 8, 1), 16.0)
    """
    reading, rule = reading or ImageReading(), split_rule or SplitRule()
    shares: dict[str, Any] = {
        "split_seed": check_integer("split_seed", rule.split_seed, 0),
        "validation_fraction": rule.validation_fraction,
        "test_fraction": rule.test_fraction,
    }
    if classes is not None:
        check_list("classes", classes)
    if rule.time is not None:
        raise ArgumentError(
            "Images have no time to be split by.",
            received=f"time={rule.time!r}",
            fix="A column that names each one's part does the same (part=COLUMN).",
        )
    columns = ImageColumns(target, rule.group, rule.part)
    if data is None:
        if (reading, columns) != (ImageReading(), ImageColumns()) or not (
            test is classes is task is None
        ):
            raise ArgumentError(
                "The digits that are taken without `data` are as they are.",
                received="other options than fractions and split_seed",
                fix="Name your own images with data=PATH.",
            )
        return load("digits", **shares)
    images = _with_test(read_image_data(data, reading, columns), test, reading)
    train = images.parts["train"]
    # Where nothing is split, nothing needs to be kept together.
    is_split = len(images.parts) < 3
    ids = np.asarray(train.ids)
    groups = join_copies(train.array, ids, train.groups) if is_split else train.groups
    splits = from_arrays(
        train.x,
        train.y,
        test=images.parts.get("test"),
        validation=images.parts.get("validation"),
        groups=groups,
        ids=ids,
        name=Path(data).stem,
        kind="image",
        task=task,
        classes=classes or None,
        **shares,
    )
    spec = replace(splits.raw_spec, eight_bit=images.eight_bit, file=images.file)
    return replace(splits, raw_spec=spec, noticed=_noticed(images))


def _with_test(images: ImageData, test: str | Path | None, reading: ImageReading) -> ImageData:
    """Return images with those of an official test part, read in the same way."""
    if test is None:
        return images
    if len(images.parts) > 1:
        raise ArgumentError(
            "The test part is given by `test`, or lies in the data.",
            received=f"test={str(test)!r} and data with {', '.join(images.parts)}",
            fix="Leave `test` out.",
        )
    reading, columns = replace(reading, size=None, channels=None), ImageColumns(images.target)
    like = images.parts["train"].array.shape[1:]
    official = read_image_data(test, reading, columns, shape=(*like, 1)[:3])
    if len(official.parts) > 1:
        raise DataError(
            "An official test part must be one part.",
            received=f"{test} with {', '.join(official.parts)}",
            fix="Name the folder or the file of that part.",
        )
    return ImageData(
        {"train": images.parts["train"], "test": official.parts["train"]},
        eight_bit=images.eight_bit and official.eight_bit,
        damaged=images.damaged + official.damaged,
        file=images.file,
    )


def _noticed(images: ImageData) -> tuple[Finding, ...]:
    if not images.damaged:
        return images.noticed
    count = len(images.damaged)
    return (
        *images.noticed,
        Finding(
            "damaged images",
            f"{plural(count, 'file that is', 'files that are')} no whole image with one picture "
            f"{'was' if count == 1 else 'were'} left out.",
            {"left out": count, "files": list(images.damaged[:_NAMED])},
            advice="Replace or delete them; if one class has most of them, its share is wrong.",
            severity="warning",
        ),
    )
