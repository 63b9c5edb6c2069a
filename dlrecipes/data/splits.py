"""The three parts of a data set."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import keras

from dlrecipes.data.check_weights import check_some_weight
from dlrecipes.data.columns import Columns
from dlrecipes.data.development import Development
from dlrecipes.data.inputs import Kind, kind_of_shape
from dlrecipes.data.preprocess import apply_preprocess, fit_preprocess
from dlrecipes.data.sealed_split import SealedSplit
from dlrecipes.data.split import Split
from dlrecipes.errors import DataError
from dlrecipes.results import DataSpec, Finding


@dataclass(frozen=True, eq=False)
class Splits:
    """The training, the validation and the sealed test part, all of them raw.

    Args:
        train: The training part.
        validation: The validation part.
        test: The test part, sealed.
        spec: Shapes, classes and priors of the raw training part.
        split_seed: The seed that drew the parts; None if they were given as they are.
        preprocess: A layer that is already adapted, or None; use `with_preprocess` for one that
            is not.
        gap: Duration left out between parts in the order of time; None where there is none.
        noticed: What was noticed while the data were read; the audit passes it on.

    Raises:
        DataError: If an input does not have the shape that `spec` names, or if all weights of a
            part are 0.
    """

    train: Split
    validation: Split
    test: SealedSplit
    spec: DataSpec
    split_seed: int | None = None
    preprocess: keras.Layer | None = None
    gap: Any = None
    noticed: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        for name, part in (("train", self.train), ("validation", self.validation)):
            if part.x.shape[1:] != self.spec.input_shape:
                raise DataError(
                    "The inputs must have the shape in `spec`.",
                    received=f"{name}: {part.x.shape[1:]}, spec: {self.spec.input_shape}",
                )
        check_some_weight("training", self.train.sample_weight)
        check_some_weight("validation", self.validation.sample_weight)

    @property
    def model_spec(self) -> DataSpec:
        """Shapes, classes and priors after preprocessing: what a builder is given."""
        return self.development().spec

    def with_preprocess(self, layer: keras.Layer) -> Splits:
        """Return the same parts with `layer` as preprocessing, adapted on the training part only.

        The layer itself is adapted, so give each `Splits` its own. It replaces an earlier one,
        and the parts stay raw.

        Args:
            layer: A Keras layer; its `adapt`, where it has one, is called once.

        Raises:
            DataError: If the layer cannot work on these inputs.
        """
        return replace(self, preprocess=fit_preprocess(layer, self.train))

    def preprocessed(self, part: Split) -> Split:
        """Return a raw part as the network is given it.

        Args:
            part: Raw examples, like those of the parts.
        """
        if self.preprocess is None:
            return part
        return replace(part, x=apply_preprocess(self.preprocess, part.x))

    def development(self) -> Development:
        """Return the preprocessed training and validation part, computed once."""
        return self._development

    def _kind_of(self, shape: tuple[int, ...]) -> Kind:
        """Return what a preprocessed example is: with as many axes as before, the same."""
        raw = self.spec.kind
        if len(shape) == len(self.spec.input_shape) and raw != "text":
            return raw
        return kind_of_shape(shape)

    @cached_property
    def _development(self) -> Development:
        if self.preprocess is None:
            if isinstance(self.train.x, Columns):
                raise DataError(
                    "A table must be preprocessed before a network can train on it.",
                    received=f"the columns {', '.join(self.train.x.names)}",
                    fix="Use `splits.with_preprocess(TablePreprocess(splits.spec.columns))`.",
                )
            return Development(self.train, self.validation, self.spec)
        train, validation = self.preprocessed(self.train), self.preprocessed(self.validation)
        shape = train.x.shape[1:]
        spec = replace(
            self.spec,
            input_shape=shape,
            input_dtype="float32",
            kind=getattr(self.preprocess, "kind", self._kind_of(shape)),
            columns=(),
            ignored=(),
            file=None,
            features=tuple(getattr(self.preprocess, "features", ())),
        )
        return Development(train, validation, spec)
