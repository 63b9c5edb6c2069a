"""What a builder needs to know of the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, model_validator

from dlrecipes.errors import DataError
from dlrecipes.results.column import Column
from dlrecipes.results.target import Target, read_older_targets

LAST = "last"
Value = TypeVar("Value")


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
        joint: Whether the network has one output for all the targets, and their labels are one
            array `(examples, targets)`.
        inputs: The inputs of a model that takes several, in order; empty for one array or a table.
            `input_shape` is then `()`.
        input_list: Whether a model takes these by position, as a list; otherwise by name, as a
            dictionary.
        target_list: Whether several targets belong to a model's outputs by position; otherwise by
            name.

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
    joint: bool = False
    inputs: tuple[InputSpec, ...] = ()
    input_list: bool = False
    target_list: bool = False

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

    def arranged(self, values: Sequence[Value]) -> list[Value] | dict[str, Value]:
        """Return one value for each of several inputs in the structure in which a model takes them.

        Args:
            values: In the order of `inputs`.

        Returns:
            A list, or a dictionary by the inputs' names.
        """
        if self.input_list:
            return list(values)
        return dict(zip((one.name for one in self.inputs), values, strict=True))

    def of_target(self, target: Target) -> DataSpec:
        """Return the description of the same data with one of its targets only.

        Args:
            target: One of `targets`.
        """
        name = f"{self.name}: {target.shown}" if self.keyed else self.name
        return replace(
            self, name=name, joint=False, targets=(replace(target, name="", title=target.shown),)
        )


@dataclass(frozen=True)
class InputSpec:
    """One of several inputs of a model.

    Args:
        name: Its name; `input_0`, `input_1`, … where they are a list.
        shape: Shape of one example of it, without the batch axis.
        dtype: NumPy name of its dtype, or `"string"`.

    Example:
        >>> x = {"image": np.zeros((10, 8, 8, 1)), "word": ["a", "b"] * 5}
        >>> spec = dlr.data.from_arrays(x, [0, 1] * 5).raw_spec
        >>> [(one.name, one.shape, one.dtype) for one in spec.inputs]
        [('image', (8, 8, 1), 'float32'), ('word', (), 'string')]
    """

    name: str
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class Lags:
    """Earlier targets that are inputs, and how they are found in a table.

    It is decided once, by the training table. Whoever predicts gives the earlier rows, too, and
    the same columns are made of them.

    Args:
        lags: Which earlier values, as `add_lags` takes them.
        columns: The names of the columns that they make.
        targets: The columns whose earlier values they are, of numbers.
        times: The columns that make the time.
        series: The column that tells several series apart; None if there is one.
        one_step: Whether they were chosen for a forecast one step ahead; values of one time are
            then averaged. Otherwise the lags were given, and a time must occur once.
    """

    lags: tuple[str, ...]
    columns: tuple[str, ...]
    targets: tuple[Column, ...]
    times: tuple[Column, ...]
    series: Column | None = None
    one_step: bool = False

    @property
    def last(self) -> str | None:
        """The column of a single target's last value; None where there is none."""
        if len(self.targets) > 1 or LAST not in self.lags:
            return None
        return self.columns[self.lags.index(LAST)]

    @property
    def sentence(self) -> str:
        """What is forecast from what, in a sentence or two for people."""
        named = ", ".join(map(repr, self.columns))
        if self.one_step:
            return (
                f"The forecast is one step ahead: {named} are inputs, known when that step begins. "
                "To predict, give the earlier rows, too. For a forecast further ahead, name the "
                "lags that are known by then (--lags 7D), or none (--lags none)."
            )
        return f"Earlier values are inputs: {named}. To predict, give the earlier rows, too."


@dataclass(frozen=True)
class Feature:
    """One number of a preprocessed example: what a builder needs to know of it.

    Args:
        name: What it is called in reports.
        kind: `"number"`; `"indicator"`, 1 where the value of another column is missing, else 0;
            `"category"`, an index from 0 to `size - 1`; `"weight"`, how much a word weighs in a
            text, 0 where it is not in it; `"letter"`, the share of one of the four bases in a
            place of a sequence of DNA, the four of a place and the places behind each other.
        size: Number of categories, the unknown one included; of letters the number of places; 0
            for the other kinds.
        edges: Quantiles of a number in the training part, increasing, as the borders of the
            pieces of a piecewise-linear encoding; empty for the other kinds.
    """

    name: str
    kind: Literal["number", "indicator", "category", "weight", "letter"]
    size: int = 0
    edges: tuple[float, ...] = ()


@dataclass(frozen=True)
class TableFile:
    """How the file of a training table was read: a file to predict is read in the same way.

    Args:
        columns: The names of all its columns in their order, inputs or not; empty if unknown.
        targets: Those that are predicted, which a file to predict need not have.
        separator: One character; None where it is told from each file's first lines.
        missing: Cells that stand for a missing value; None for the usual ones.
        encoding: The text encoding.
        quoting: Whether quotes hold a cell together.
        decimal: The decimal mark of numbers, `.` or `,`; None where the cells tell it.
    """

    columns: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    separator: str | None = None
    missing: tuple[str, ...] | None = None
    encoding: str = "utf-8"
    quoting: bool = True
    decimal: str | None = None
