"""What is predicted: the description of a target, by its kind.

Plain data, as `run.json` keeps it. What follows from a kind (how it is learned, scored, shown)
stands in `dlrecipes.targets`, a file a kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Link = Literal["identity", "root"]
"""Link functions of numbers, see `dlrecipes.targets.with_link`."""


@dataclass(frozen=True)
class TargetForm:
    """How a target is handed to Keras in training and evaluation.

    As it was handed in; or as the loss and the metrics are written for it, where these cannot
    compute with that.

    Args:
        shape: Shape of one example's target: `()`; `(1,)` for a column `(examples, 1)`; for classes
            `(num_classes,)`, or more, where labels are one-hot.
        dtype: Its NumPy dtype; empty for that of class indices (int32) and of values (float32).
        labels: The number that stands for each class, `(-1.0, 1.0)`; empty for its index.
        found: Whether it was found from the loss and the metrics.
    """

    shape: tuple[int, ...] = ()
    dtype: str = ""
    labels: tuple[float, ...] = ()
    found: bool = False


@dataclass(frozen=True)
class _Named:
    """What targets of all kinds have; each field is told here, for every class below."""

    name: str = ""
    """Its key among the model's outputs; empty where the model has one output without a key."""
    title: str = ""
    """Its name where it is shown to people; empty for `name`."""
    known: int = 0
    """Number of training examples whose target is known."""
    form: TargetForm = TargetForm()
    """How it is handed to Keras."""

    @property
    def shown(self) -> str:
        """Its name as the user has it."""
        return self.title or self.name


@dataclass(frozen=True)
class _Labelled(_Named):
    """Targets that are classes."""

    class_names: tuple[str, ...] = ()
    """Names of the classes in the order of their indices."""
    priors: tuple[float, ...] = ()
    """Share of each class among the known training targets, by the weights of the examples where
    they have some; empty until the training part is known."""

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @property
    def mean(self) -> float:
        """None: 0."""
        return 0.0

    @property
    def std(self) -> float:
        """None: 1."""
        return 1.0

    @property
    def columns(self) -> int:
        """Numbers that a prediction has: a probability a class, also of two."""
        return self.num_classes

    @property
    def base_loss(self) -> float:
        """The error rate of the most frequent class: what skill is measured by, above 0."""
        return 1.0 - max(self.priors)


@dataclass(frozen=True)
class ClassTarget(_Labelled):
    """One of several classes."""

    kind: Literal["class"] = "class"

    @property
    def task(self) -> str:
        """`"binary"` or `"multiclass"`."""
        return "binary" if self.num_classes == 2 else "multiclass"

    @property
    def outputs(self) -> int:
        """Units of its head: one for two classes, else one a class."""
        return 1 if self.num_classes == 2 else self.num_classes


@dataclass(frozen=True)
class OrdinalTarget(_Labelled):
    """One of several classes that have an order, from the lowest to the highest."""

    kind: Literal["ordinal"] = "ordinal"

    @property
    def task(self) -> str:
        """`"ordinal"`."""
        return "ordinal"

    @property
    def outputs(self) -> int:
        """Units of its head: one a class, log-probabilities."""
        return self.num_classes


@dataclass(frozen=True)
class _Numbered(_Named):
    """Targets that are numbers: what they have none of is empty."""

    mean: float = 0.0
    """Mean of the known training targets; of counts above 0."""
    std: float = 1.0
    """Their standard deviation; 1 until the training part is known."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """None: empty."""
        return ()

    @property
    def num_classes(self) -> int:
        """None: 0."""
        return 0

    @property
    def priors(self) -> tuple[float, ...]:
        """None: empty."""
        return ()

    @property
    def outputs(self) -> int:
        """Units of its head: one."""
        return 1

    @property
    def columns(self) -> int:
        """Numbers that a prediction has: one."""
        return 1

    @property
    def base_loss(self) -> float:
        """The variance: what skill is measured by, above 0."""
        return self.std**2


@dataclass(frozen=True)
class ValueTarget(_Numbered):
    """A number."""

    least: float | None = None
    """The least known training target; None until the training part is known."""
    skewness: float = 0.0
    """Skewness of the known training targets; 0 until the training part is known."""
    deviance: float = 1.0
    """Mean `PoissonDeviance` of predicting the mean; 1 where a training target is negative."""
    link: Link = "identity"
    """How a network learns it, see `dlrecipes.targets.with_link`."""
    kind: Literal["value"] = "value"

    @property
    def task(self) -> str:
        """`"regression"`."""
        return "regression"


@dataclass(frozen=True)
class CountTarget(_Numbered):
    """How often something happened: a whole number from 0, or of unequal exposures a rate."""

    deviance: float = 1.0
    """Mean Poisson deviance of predicting the mean: what skill is measured by, above 0."""
    exposure: str = ""
    """The column whose share of the count this is: time, area, population; empty where all
    examples had the same."""
    kind: Literal["count"] = "count"

    @property
    def task(self) -> str:
        """`"count"`."""
        return "count"

    @property
    def base_loss(self) -> float:
        """The deviance of the mean."""
        return self.deviance


Target = ClassTarget | OrdinalTarget | ValueTarget | CountTarget
"""Every kind of target there is: `run.json` is read back into one of these, by its `kind`."""


def read_older_targets(data: Any) -> Any:  # noqa: ANN401  (JSON)
    """Return the JSON of data with `targets` as they are described today.

    In the first runs a single target stood in the fields of the data (`task`, `classes`, `priors`,
    `target_mean`, …), and `targets` was empty but for several.

    Args:
        data: JSON of a `DataSpec` or a `DataResult`; that of today is returned as it is.
    """
    if not isinstance(data, dict) or "classes" not in data:
        return data
    listed = data.get("targets") or ()
    form = {"shape": data.get("target_shape", ()), "dtype": data.get("target_dtype", "")}
    single = {
        "kind": "class" if data.get("classes") else "value",
        "known": data.get("train_size", 0),
        "form": form,
        "class_names": data.get("classes", ()),
        "priors": data.get("priors", ()),
        "mean": data.get("target_mean", 0.0),
        "std": data.get("target_std", 1.0),
    }
    return {**data, "targets": [_several(target) for target in listed] or [single]}


def _several(target: dict[str, Any]) -> dict[str, Any]:
    kinds = {"regression": "value", "ordinal": "ordinal"}
    labels = target.get("labels") or map(str, range(target.get("classes", 0)))
    return {
        **target,
        "kind": kinds.get(target["task"], "class"),
        "class_names": list(labels),
        "form": {"shape": target.get("shape", ())},
    }
