"""What a builder needs to know of the data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from dlrecipes.errors import DataError
from dlrecipes.results.column import Column
from dlrecipes.results.feature import Feature
from dlrecipes.results.lags import Lags
from dlrecipes.results.older_targets import read_older_targets
from dlrecipes.results.table_file import TableFile
from dlrecipes.results.target import Target


@dataclass(frozen=True)
class DataSpec:
    """Shapes, kinds and targets of the training data, before or after preprocessing.

    Args:
        name: What the data is called in reports.
        input_shape: Shape of one example, without the batch axis.
        input_dtype: NumPy name of the inputs' dtype; `"columns"` for a raw table, see `columns`.
        kind: `"table"` for `(features,)`, `"sequence"` for `(steps, features)`, `"image"` for
            `(height, width, channels)`, `"text"` for tokens, `"array"` for anything else.
        targets: What is predicted: one target or several, never none.
        train_size: Number of training examples.
        columns: The columns of a raw table that are inputs; empty for an array.
        ignored: The columns of a raw table that are not, with the reason.
        features: What the numbers of a preprocessed example are; empty if unknown.
        eight_bit: Whether raw inputs have the values of image files, 0 to 255, so that such files
            can be predicted.
        file: How a raw table was read, and which columns it had, or how a table of images was;
            None if unknown.
        lags: Which of the columns are earlier targets, and how they are found; None for none.
        time: The columns of a table that make the time by which its rows were split; empty for
            none.
        identifiers: The columns of a table that tell its rows apart without being learned from:
            the series or the group, names and numbers of the rows.

    Example:
        >>> spec = dlr.data.load("iris").raw_spec
        >>> spec.name, spec.input_shape, spec.kind, spec.train_size
        ('iris', (4,), 'table', 90)
    """

    name: str
    input_shape: tuple[int, ...]
    input_dtype: str
    kind: Literal["image", "sequence", "table", "text", "array"]
    targets: tuple[Annotated[Target, Field(discriminator="kind")], ...]
    train_size: int = 0
    columns: tuple[Column, ...] = ()
    ignored: tuple[Column, ...] = ()
    features: tuple[Feature, ...] = ()
    eight_bit: bool = False
    file: TableFile | None = None
    lags: Lags | None = None
    time: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _read_older(cls, data: Any) -> Any:  # noqa: ANN401  (JSON)
        return read_older_targets(data)

    @property
    def keyed(self) -> bool:
        """Whether targets and a model's outputs are dictionaries by the targets' names."""
        return bool(self.targets[0].name)

    @property
    def target(self) -> Target:
        """The only target.

        Raises:
            DataError: If the data has several.
        """
        if self.keyed:
            raise DataError(
                "This is for data with a single target.",
                received=", ".join(target.shown for target in self.targets),
                fix="Several targets have a network of their own: `build_multitask`, on the "
                "command line `dlrecipes tune multitask`.",
            )
        return self.targets[0]

    @property
    def outputs(self) -> int:
        """Units of the last layer for the only target: one for two classes and for numbers.

        Several targets have a head each: see `outputs` of each.
        """
        return self.target.outputs

    @property
    def task(self) -> str:
        """What is to be learned, in a word, such as `"binary"`, `"regression"` or `"multitask"`."""
        return "multitask" if self.keyed else self.targets[0].task

    def of_target(self, target: Target) -> DataSpec:
        """Return the description of the same data with one of its targets only.

        Args:
            target: One of `targets`.
        """
        name = f"{self.name}: {target.shown}" if self.keyed else self.name
        return replace(self, name=name, targets=(replace(target, name="", title=target.shown),))
