"""What a member of the collection is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Given:
    """Data as their author hands them to `fit`.

    Args:
        train: `(x, y)` or `(x, y, sample_weight)`, where `x` and `y` may be arrays, dictionaries,
            lists or tuples of arrays; or one object: a `tf.data.Dataset`, a
            `keras.utils.PyDataset`, a generator.
        validation: Likewise; None where the author says `validation_split`.
        source: The same in arrays, of what has no end or is no data set.
    """

    train: Any
    validation: Any = None
    source: Given | None = None

    @property
    def in_arrays(self) -> bool:
        """Whether the training part is arrays."""
        return isinstance(self.train, tuple)


@dataclass(frozen=True)
class Stranger:
    """A builder as somebody else wrote it, with the data and the arguments that go with it.

    Args:
        name: What it is called.
        kind: One of `KINDS`.
        build: A function of `hp`, or a `keras_tuner.HyperModel`, class or instance.
        data: Makes the data.
        right: The validation score that training reaches in a few epochs: at least this where the
            objective is maximised, at most this where it is minimised.
        objective: A name or a `keras_tuner.Objective`.
        search: Makes further arguments of `tuner.search`, such as callbacks.
        tuner: Makes further arguments of the tuner itself, such as `hyperparameters`.
        peer: Whether KerasTuner can run it.
        reason: Why KerasTuner cannot.
    """

    name: str
    kind: str
    build: Any
    data: Callable[[], Given]
    right: float
    objective: Any = "val_accuracy"
    search: Callable[[], Mapping[str, Any]] = dict
    tuner: Callable[[], Mapping[str, Any]] = dict
    peer: bool = True
    reason: str = ""

    def make_hypermodel(self) -> Any:  # noqa: ANN401  (a function or a HyperModel)
        """Return the builder: a class is called, as its author does in the tuner's line."""
        return self.build() if isinstance(self.build, type) else self.build


KINDS = {
    "A": "networks that a .keras file does not bring back",
    "B": "forms of labels",
    "C": "objectives",
    "D": "distributions",
    "E": "inputs and outputs",
    "F": "outputs that are no distribution",
    "G": "HyperModels",
    "H": "what a builder does to its process",
    "I": "arguments of fit",
    "J": "what networks and optimizers are made of",
}
