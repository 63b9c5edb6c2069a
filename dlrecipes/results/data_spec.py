"""What a builder needs to know of the data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from dlrecipes.results.column import Column
from dlrecipes.results.feature import Feature
from dlrecipes.results.lags import Lags
from dlrecipes.results.table_file import TableFile
from dlrecipes.results.target_spec import TargetSpec

Task = Literal["binary", "multiclass", "regression", "multitask"]


@dataclass(frozen=True)
class DataSpec:
    """Shapes, kinds, classes and priors of the training data, after preprocessing.

    Args:
        name: What the data is called in reports.
        task: `"binary"`, `"multiclass"` or `"regression"`; `"multitask"` for several targets.
        input_shape: Shape of one example, without the batch axis.
        input_dtype: NumPy name of the inputs' dtype; `"columns"` for a raw table, see `columns`.
        kind: `"image"` for `(height, width, channels)`, `"table"` for `(features,)`, `"text"` for
            tokens, `"array"` for anything else.
        classes: Label names in the order of their indices; empty for regression and for several
            targets.
        priors: Share of each class in the training part, by the weights of the examples where
            they have some; empty for regression.
        target_mean: Mean of the training targets (regression), else 0.
        target_std: Standard deviation of the training targets (regression), else 1.
        train_size: Number of training examples.
        columns: The columns of a raw table that are inputs; empty for an array.
        ignored: The columns of a raw table that are not, with the reason.
        features: What the numbers of a preprocessed example are; empty if unknown.
        eight_bit: Whether raw inputs have the values of image files, 0 to 255, so that such files
            can be predicted.
        targets: Each of several targets; empty for a single one.
        target_shape: Shape of one example's target as it was handed in, which a model is trained
            and evaluated with: `()`, or `(1,)` for a column `(examples, 1)`.
        target_dtype: Its NumPy dtype in such a column; empty for that of the encoded targets.
        file: How a raw table was read, and which columns it had, or how a table of images was;
            None if unknown.
        lags: Which of the columns are earlier targets, and how they are found; None for none.
        time: The columns of a table that make the time by which its rows were split; empty for
            none.
        identifiers: The columns of a table that tell its rows apart without being learned from:
            the series or the group, names and numbers of the rows.

    Example:
        >>> spec = dlr.data.load("iris").spec
        >>> spec.name, spec.input_shape, spec.kind, spec.train_size
        ('iris', (4,), 'table', 90)
    """

    name: str
    task: Task
    input_shape: tuple[int, ...]
    input_dtype: str
    kind: Literal["image", "table", "text", "array"]
    classes: tuple[str, ...]
    priors: tuple[float, ...]
    target_mean: float
    target_std: float
    train_size: int
    columns: tuple[Column, ...] = ()
    ignored: tuple[Column, ...] = ()
    features: tuple[Feature, ...] = ()
    eight_bit: bool = False
    targets: tuple[TargetSpec, ...] = ()
    target_shape: tuple[int, ...] = ()
    target_dtype: str = ""
    file: TableFile | None = None
    lags: Lags | None = None
    time: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()

    @property
    def outputs(self) -> int:
        """Units of the last layer: one for binary and regression, else one a class.

        Several targets have a head each: see `TargetSpec.outputs`.
        """
        return len(self.classes) if self.task == "multiclass" else 1

    def of_target(self, target: TargetSpec) -> DataSpec:
        """Return the description of the same data with one of its targets only.

        Classes in an order are classes in it.

        Args:
            target: One of `targets`.
        """
        task: Task = "multiclass" if target.task == "ordinal" else target.task
        if target.classes == 2:
            task = "binary"
        return replace(
            self,
            name=f"{self.name}: {target.shown}",
            task=task,
            classes=target.labels,
            priors=target.priors,
            target_mean=target.mean,
            target_std=target.std,
            train_size=target.known,
            targets=(),
        )
