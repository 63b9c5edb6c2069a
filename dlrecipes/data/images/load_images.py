"""From image files or arrays of images to the three parts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from dlrecipes.checks import check_integer, check_real
from dlrecipes.data.from_arrays import from_arrays
from dlrecipes.data.images.image_data import ImageData, ImageOptions, read_image_data
from dlrecipes.data.load import load
from dlrecipes.data.option_text import as_flag, as_list, as_number, as_whole
from dlrecipes.data.parts.splits import Splits
from dlrecipes.data.sources import MOST_MEGABYTES
from dlrecipes.data.splitting import join_copies
from dlrecipes.errors import ArgumentError, DataError
from dlrecipes.results import Finding, plural

_NAMED = 20


def load_images(  # noqa: PLR0913  (one argument an option of the command line)
    data: str | Path | None = None,
    target: str | None = None,
    *,
    test: str | Path | None = None,
    image: str | None = None,
    size: str | int | Sequence[int] | None = None,
    channels: str | int | None = None,
    classes: str | Sequence[str] | None = None,
    task: str | None = None,
    group: str | None = None,
    part: str | None = None,
    skip_damaged: str | bool = False,
    most_megabytes: str | float = MOST_MEGABYTES,
    data_dir: str | Path | None = None,
    separator: str | None = None,
    encoding: str | None = None,
    missing: str | Sequence[str] | None = None,
    validation_fraction: str | float = 0.2,
    test_fraction: str | float = 0.2,
    split_seed: str | int = 0,
) -> Splits:
    """Read images and split them.

    Every argument may be text, as it comes from a command line. Values are 0 (black) to 255 for
    files, and as they are for arrays. Images of another size are stretched to `size`, and
    transparency is laid over white; `dlrecipes.data.sources.read_images` says how files are read.

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
        test: An official test part, in one of the same forms; None to split one off where `data`
            has none.
        image: The column of paths, of a table; None for the only one with names of images.
        size: Height and width in pixels, as in `32x48`, or one number for both; None if all files
            have the same.
        channels: 1 for grey, 3 for colour; None for 1 if all files store grey, else 3.
        classes: Names of the classes in the order of the sorted labels, with commas between; for
            text labels, the labels themselves in the order that they shall have.
        task: `"classification"` or `"regression"`; None to tell it from the target.
        group: Column of which all rows of a value stay in one part.
        part: Column that names each row's part.
        skip_damaged: Whether files that are no whole image with one picture are left out, with a
            finding; otherwise they are an error.
        most_megabytes: Limit of the images' size as float32, above 0; training takes several times
            as much.
        data_dir: Folder of prepared data sets, for `tfds:`; None for `~/tensorflow_datasets`.
        separator: Of a table: one character, or `"tab"`; None to tell it from the first lines.
        encoding: Of a table: its text encoding; None for UTF-8.
        missing: Of a table: cells that stand for a missing label, whose rows are left out; None for
            the usual ones.
        validation_fraction: Share of the validation part, in (0, 1).
        test_fraction: Share of the test part, in (0, 1).
        split_seed: Seed of the split, at least 0.

    Raises:
        DataError: If the images cannot be read, or cannot be trained on.
        ArgumentError: If an argument is outside its range, or does not belong to this form.

    Example:
        >>> splits = dlr.data.load_images()  # scikit-learn's digits
        >>> splits.train.x.shape, float(splits.train.x.max())
        ((1079, 8, 8, 1), 16.0)
    """
    seed = check_integer("split_seed", as_whole("split_seed", split_seed), 0)
    validation_share = as_number("validation_fraction", validation_fraction)
    test_share = as_number("test_fraction", test_fraction)
    options = ImageOptions(
        target=target,
        image=image,
        group=group,
        part=part,
        size=_size(size),
        channels=_channels(channels),
        skip_damaged=as_flag("skip_damaged", skip_damaged),
        most_megabytes=check_real(
            "most_megabytes", as_number("most_megabytes", most_megabytes), 0, low_open=True
        ),
        data_dir=data_dir,
        separator="\t" if separator == "tab" else separator,
        encoding=encoding,
        missing=None if missing is None else tuple(as_list(missing)),
    )
    names = as_list(classes)
    if data is None:
        if options != ImageOptions() or test is not None or names or task is not None:
            raise ArgumentError(
                "The digits that are taken without `data` are as they are.",
                received="other options than fractions and split_seed",
                fix="Name your own images with data=PATH.",
            )
        return load(
            "digits",
            split_seed=seed,
            validation_fraction=validation_share,
            test_fraction=test_share,
        )
    images = _with_test(read_image_data(data, options), test, options)
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
        classes=names or None,
        validation_fraction=validation_share,
        test_fraction=test_share,
        split_seed=seed,
    )
    spec = replace(splits.raw_spec, eight_bit=images.eight_bit, file=images.file)
    return replace(splits, raw_spec=spec, noticed=_noticed(images))


def _with_test(images: ImageData, test: str | Path | None, options: ImageOptions) -> ImageData:
    """Return images with those of an official test part, read in the same way."""
    if test is None:
        return images
    if len(images.parts) > 1:
        raise ArgumentError(
            "The test part is given by `test`, or lies in the data.",
            received=f"test={str(test)!r} and data with {', '.join(images.parts)}",
            fix="Leave `test` out.",
        )
    options = replace(options, target=images.target, group=None, size=None, channels=None)
    like = images.parts["train"].array.shape[1:]
    official = read_image_data(test, options, shape=(*like, 1)[:3])
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


def _size(size: str | int | Sequence[int] | None) -> tuple[int, int] | None:
    if size is None:
        return None
    if isinstance(size, str | int):
        match = re.fullmatch(r"(\d+)(?:[xX×](\d+))?", str(size).strip())
        if match is None:
            raise ArgumentError(
                "`size` is HEIGHTxWIDTH in pixels, or one number for both.",
                received=f"size={size!r}",
                fix="For example size=32x32.",
            )
        sides: Sequence[int] = (int(match[1]), int(match[2] or match[1]))
    else:
        sides = tuple(size)
    if len(sides) != 2:
        raise ArgumentError("`size` is height and width in pixels.", received=f"size={size!r}")
    return check_integer("size[0]", sides[0], 1), check_integer("size[1]", sides[1], 1)


def _channels(channels: str | int | None) -> int | None:
    if channels is None:
        return None
    number = as_whole("channels", channels)
    if number not in (1, 3):
        raise ArgumentError(
            "`channels` is 1 for grey or 3 for colour.", received=f"channels={channels!r}"
        )
    return number
