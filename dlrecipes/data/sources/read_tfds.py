"""Data sets of TensorFlow Datasets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dlrecipes.data.splitting.split_by_column import part_named
from dlrecipes.errors import ArgumentError, DataError

PREFIX = "tfds:"
MOST_MEGABYTES = 4000.0


@dataclass(frozen=True, eq=False)
class TfdsData:
    """A data set in memory, in the parts that its authors made.

    Args:
        name: Its name, without a version.
        parts: `{"train", "validation" or "test": {feature: values (examples, …)}}`; text is
            Python strings.
        inputs: The feature that a network is given, where its authors name one; else empty.
        target: The feature that is to be predicted; empty where it has none.
        classes: The target's class names in the order of its indices; empty for all else.
    """

    name: str
    parts: dict[str, dict[str, NDArray[Any]]]
    inputs: str
    target: str
    classes: tuple[str, ...]

    @property
    def is_table(self) -> bool:
        """Whether every feature has one value an example."""
        return all(values.ndim == 1 for values in self.parts["train"].values())

    def arrays(self) -> dict[str, tuple[NDArray[Any], NDArray[Any]]]:
        """Return inputs and targets of each part, classes by their names.

        Raises:
            DataError: If there is no target, or not one feature that is an array.
        """
        deep = [name for name, values in self.parts["train"].items() if values.ndim > 1]
        inputs = [self.inputs] if self.inputs in deep else deep
        if not self.target or len(inputs) != 1:
            raise DataError(
                "A data set of arrays must have one feature to learn from, and a target.",
                received=f"{self.name} with the features {', '.join(self.parts['train'])}",
                fix="Read it by `tfds.load`, map it to (x, y), and pass it to `from_dataset`.",
            )
        return {
            part: (features[inputs[0]], self.labels(part)) for part, features in self.parts.items()
        }

    def labels(self, part: str) -> NDArray[Any]:
        """Return the targets of a part, classes by their names."""
        values = self.parts[part][self.target]
        return np.array(self.classes, dtype=np.str_)[values] if self.classes else values

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return a table of each part, one column a feature.

        Raises:
            DataError: If a feature has more than one value an example.
        """
        frames = {}
        for part, features in self.parts.items():
            deep = [name for name, values in features.items() if values.ndim > 1]
            if deep:
                raise DataError(
                    "The columns of a table must have one value an example.",
                    received=f"{deep[0]!r} of shape {features[deep[0]].shape[1:]} in {self.name}",
                    fix="Images are read by `load_images` and the recipes for images.",
                )
            frame = pd.DataFrame(dict(features))
            if self.target:
                frame[self.target] = self.labels(part)
            frames[part] = frame
        return frames


def is_tfds(source: object) -> bool:
    """Return whether a source is the name of a data set, as in `tfds:mnist`."""
    return isinstance(source, str) and source.startswith(PREFIX)


def read_tfds(
    source: str, data_dir: str | Path | None = None, *, most_megabytes: float = MOST_MEGABYTES
) -> TfdsData:
    """Read a data set of TensorFlow Datasets into memory.

    One that was prepared before, by whatever program, is read from `data_dir`; any other is
    downloaded and prepared there. Its parts are those of its authors: train, validation and test;
    others, such as unlabelled ones, are left out, and a data set with one part only is training.

    Args:
        source: `tfds:NAME`, `tfds:NAME/CONFIG` or `tfds:NAME:CONFIG`, with or without `:VERSION`
            behind a config that stands after a slash.
        data_dir: The folder of data sets; None for TFDS' own, `~/tensorflow_datasets`.
        most_megabytes: Limit of the size in memory, above 0.

    Raises:
        ArgumentError: If `source` is no such name.
        DataError: If there is no such data set, if it is neither there nor can be fetched, if it
            is too large, or if its examples are not all of one shape.
    """
    name = _name(source)
    builder = _prepared(name, data_dir)
    parts: dict[str, dict[str, NDArray[Any]]] = {}
    for split in builder.info.splits:
        part = part_named(split)
        if part is not None and part not in parts:
            parts[part] = _read_split(builder, split, most_megabytes, parts)
    if "train" not in parts:
        splits = list(builder.info.splits)
        if len(splits) != 1:
            raise DataError(
                "A data set must have a part called train.",
                received=f"{name} with {', '.join(map(str, splits)) or 'no parts'}",
            )
        parts = {"train": _read_split(builder, splits[0], most_megabytes, {})}
    keys = builder.info.supervised_keys or ("", "")
    inputs, target = (name if isinstance(name, str) else "" for name in keys[:2])
    if target not in parts["train"]:
        usual = [name for name in ("label", "target") if name in parts["train"]]
        target = usual[0] if usual else ""
    classes = tuple(getattr(builder.info.features[target], "names", ())) if target else ()
    return TfdsData(builder.info.name, parts, inputs, target, classes)


def _name(source: str) -> str:
    name = source.removeprefix(PREFIX).strip()
    if "/" not in name and ":" in name:
        first, _, second = name.partition(":")
        # A version follows a colon too: mnist:3.0.1.
        name = f"{first}:{second}" if second[:1].isdigit() or second == "*" else f"{first}/{second}"
    if not name:
        raise ArgumentError("A data set of TFDS is given as tfds:NAME.", received=f"{source!r}")
    return name


def _prepared(name: str, data_dir: str | Path | None) -> Any:  # noqa: ANN401  (a TFDS builder)
    try:
        import tensorflow_datasets as tfds  # takes seconds, and only this needs it
    except ImportError as error:
        raise DataError(
            "TensorFlow Datasets must be installed to read its data sets.", received=str(error)
        ) from error
    folder = "~/tensorflow_datasets" if data_dir is None else str(data_dir)
    try:
        builder = tfds.builder(name, data_dir=folder, try_gcs=False)
    except tfds.core.DatasetNotFoundError as error:
        raise DataError(
            "A data set must be one that TensorFlow Datasets knows, or one prepared in the folder.",
            received=f"tfds:{name} and data_dir={folder!r}",
            fix="Its catalogue is at tensorflow.org/datasets; another folder is given by "
            "data_dir (`--data-dir`).",
        ) from error
    except Exception as error:  # configs, versions, broken folders: TFDS has no class for them
        raise DataError(
            "A data set of TFDS must be readable.",
            received=f"tfds:{name} in {folder}: {_first_line(error)}",
        ) from error
    if not builder.is_prepared():
        try:
            builder.download_and_prepare()
        except Exception as error:  # network, disk, checksums, a missing parser, …
            raise DataError(
                "A data set that is not prepared in the folder must be downloaded, "
                "and that failed.",
                received=f"tfds:{name} in {folder}: {_first_line(error)}",
                fix="Prepare it where there is a network, by `import tensorflow_datasets as tfds; "
                f"tfds.load({name!r}, data_dir='DIR')`, copy DIR, and pass data_dir='DIR' "
                "(`--data-dir DIR`).",
            ) from error
    return builder


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return f"{type(error).__name__}: {text.splitlines()[0] if text else ''}"


def _read_split(
    builder: Any,  # noqa: ANN401
    split: str,
    most_megabytes: float,
    others: dict[str, dict[str, NDArray[Any]]],
) -> dict[str, NDArray[Any]]:
    import tensorflow_datasets as tfds

    read = builder.as_dataset(
        split=split,
        shuffle_files=False,
        # The order on disk, always the same.
        read_config=tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False),
    )
    columns: dict[str, list[Any]] = {}
    taken = sum(values.nbytes for part in others.values() for values in part.values())
    for example in tfds.as_numpy(read):
        if not isinstance(example, dict):
            raise DataError(
                "The examples of a data set must have named features.",
                received=f"{type(example).__name__} in {builder.info.name}",
            )
        for name, value in example.items():
            columns.setdefault(name, []).append(_plain(name, value, builder.info.name))
            taken += np.asarray(value).nbytes
        if taken > most_megabytes * 1e6:
            raise DataError(
                f"A data set must fit into memory: {most_megabytes:g} MB at most.",
                received=f"{builder.info.name}, larger than that",
                fix="Raise most_megabytes, or take a part of it.",
            )
    if not columns:
        raise DataError(
            "A part must have at least one example.", received=f"{split} of {builder.info.name}"
        )
    return {name: _stacked(name, values) for name, values in columns.items()}


def _plain(name: str, value: object, data: str) -> object:
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    array = np.asarray(value)
    if array.dtype == object:  # sequences of texts, ragged and nested features
        raise DataError(
            "A feature must be numbers of one shape, or one text.",
            received=f"{name!r} of {data}: {type(value).__name__}",
        )
    return array


def _stacked(name: str, values: list[Any]) -> NDArray[Any]:
    if isinstance(values[0], str):
        return np.array(values, dtype=object)
    shapes = {value.shape for value in values}
    if len(shapes) > 1:
        raise DataError(
            "All examples of a feature must have one shape.",
            received=f"{name!r} of {' and '.join(map(str, sorted(shapes)[:3]))}",
            fix="Resize them, and pass the arrays to `from_arrays`.",
        )
    return np.stack(values)
