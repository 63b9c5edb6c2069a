"""The three parts of a data set, and what search, training and checks may see of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import keras

from dlrecipes.checks import check_choice
from dlrecipes.data.parts.columns import Columns
from dlrecipes.data.parts.inputs import Kind, kind_of_shape
from dlrecipes.data.parts.preprocess import apply_preprocess, fit_preprocess, fresh_layer
from dlrecipes.data.parts.sealed_split import SealedSplit
from dlrecipes.data.parts.several_inputs import check_described
from dlrecipes.data.parts.split import Split, check_some_weight, fingerprint
from dlrecipes.errors import DataError
from dlrecipes.results import DataSpec, Finding, Target, plural
from dlrecipes.targets import shaped_targets

LEAST_FOR_OWN_STATISTICS = 100
"""Of so many examples a mean is known to a tenth of a deviation."""


@dataclass(frozen=True, eq=False)
class Splits:
    """The training, the validation and the sealed test part, all of them raw.

    Args:
        train: The training part.
        validation: The validation part.
        test: The test part, sealed; `SealedSplit(None)` where there is none.
        raw_spec: Shapes, classes and priors of the raw training part.
        split_seed: The seed that the parts were split by; None if they were given as they are.
        preprocess: A layer that is already adapted, or None; use `with_preprocess` for one that
            is not.
        gap: Duration left out between parts in the order of time; None where there is none.
        noticed: What was noticed while the data were read; the audit passes it on.
        test_statistics: What preprocessing learns for other parts than the training part:
            `"training"` for nothing, `"own"` for their own statistics; see `with_preprocess`.

    Raises:
        DataError: If an input does not have the shape that `raw_spec` names, or if all weights of a
            part are 0.

    Example:
        >>> splits = dlr.data.load("iris")
        >>> len(splits.train), len(splits.validation), splits.test
        (90, 30, SealedSplit(30 examples, fingerprint fde99eecbee16469))
        >>> scaled = splits.with_preprocess(dlr.layers.MinMaxScaling())
        >>> scaled.development().train.x.max(axis=0).tolist()
        [1.0, 1.0, 1.0, 1.0]
    """

    train: Split
    validation: Split
    test: SealedSplit
    raw_spec: DataSpec
    split_seed: int | None = None
    preprocess: keras.Layer | None = None
    gap: Any = None
    noticed: tuple[Finding, ...] = ()
    test_statistics: str = "training"

    def __post_init__(self) -> None:
        for name, part in (("train", self.train), ("validation", self.validation)):
            if part.x.shape[1:] != self.raw_spec.input_shape:
                raise DataError(
                    "The inputs must have the shape in `raw_spec`.",
                    received=f"{name}: {part.x.shape[1:]}, raw_spec: {self.raw_spec.input_shape}",
                )
            check_described(part.x, self.raw_spec.inputs, f"the {name} part")
        check_some_weight("training", self.train.sample_weight)
        check_some_weight("validation", self.validation.sample_weight)

    @property
    def model_spec(self) -> DataSpec:
        """Shapes, classes and priors after preprocessing: what a builder is given."""
        return self.development().model_spec

    def with_preprocess(self, layer: keras.Layer, *, test_statistics: str = "training") -> Splits:
        """Return the same parts with `layer` as preprocessing, adapted on the training part only.

        The layer itself is adapted, so give each `Splits` its own. It replaces an earlier one,
        and the parts stay raw.

        Args:
            layer: A Keras layer; its `adapt`, where it has one, is called once.
            test_statistics: `"training"`, or `"own"` to normalise each part but the training part
                by what a fresh copy of the layer learns from that part itself. That takes out a
                shift between the parts, be it of the instrument or of what is measured; it needs
                a sample of at least 100 examples before the first is predicted, so that no run
                takes it: a network that is exported predicts single examples.

        Raises:
            DataError: If the layer cannot work on these inputs, or a part is too small for
                statistics of its own.
        """
        check_choice("test_statistics", test_statistics, ("training", "own"))
        if test_statistics == "own":
            for name, part in (("validation", self.validation), ("test", self.test)):
                if len(part):
                    _check_enough(f"the {name} part", len(part))
        adapted = fit_preprocess(layer, self.train)
        return replace(self, preprocess=adapted, test_statistics=test_statistics)

    def with_targets(self, targets: tuple[Target, ...]) -> Splits:
        """Return the same parts with another description of their targets, such as their form.

        Args:
            targets: In the order of `raw_spec.targets`.
        """
        return replace(self, raw_spec=replace(self.raw_spec, targets=targets))

    def preprocessed(self, part: Split) -> Split:
        """Return a raw part as the network is given it.

        Args:
            part: Raw examples, like those of the parts.

        Raises:
            DataError: If they are too few for statistics of their own.
        """
        if self.preprocess is None:
            return part
        if self.test_statistics == "own" and part is not self.train:
            _check_enough("a part", len(part))
            return replace(part, x=apply_preprocess(self._adapted_to(part), part.x))
        return replace(part, x=apply_preprocess(self.preprocess, part.x))

    def _adapted_to(self, part: Split) -> keras.Layer:
        return fit_preprocess(fresh_layer(self.preprocess), part)

    def development(self) -> Development:
        """Return the preprocessed training and validation part, computed once."""
        return self._development

    def _kind_of(self, shape: tuple[int, ...]) -> Kind:
        """Return what a preprocessed example is: with as many axes as before, the same."""
        raw = self.raw_spec.kind
        if len(shape) == len(self.raw_spec.input_shape) and raw != "text":
            return raw
        return kind_of_shape(shape)

    @cached_property
    def _development(self) -> Development:
        if self.preprocess is None:
            if isinstance(self.train.x, Columns):
                raise DataError(
                    "A table must be preprocessed before a network can train on it.",
                    received=f"the columns {', '.join(self.train.x.names)}",
                    fix="Use `splits.with_preprocess(TablePreprocess(splits.raw_spec.columns))`.",
                )
            return Development(self.train, self.validation, self.raw_spec)
        train, validation = self.preprocessed(self.train), self.preprocessed(self.validation)
        shape = train.x.shape[1:]
        spec = replace(
            self.raw_spec,
            input_shape=shape,
            input_dtype="float32",
            kind=getattr(self.preprocess, "kind", self._kind_of(shape)),
            columns=(),
            inputs=(),
            ignored=(),
            file=None,
            features=tuple(getattr(self.preprocess, "features", ())),
        )
        return Development(train, validation, spec)


def _check_enough(what: str, examples: int) -> None:
    if examples < LEAST_FOR_OWN_STATISTICS:
        raise DataError(
            f"Statistics of its own need a sample of at least {LEAST_FOR_OWN_STATISTICS} examples.",
            received=f"{what} with {plural(examples, 'example')}",
            fix='Use those of the training part: `test_statistics="training"`.',
        )


@dataclass(frozen=True, eq=False)
class Development:
    """The training and the validation part, preprocessed; nothing in it leads to the test part.

    Args:
        train: What is trained on.
        validation: What trials are compared on.
        model_spec: Shapes, classes and priors of these arrays.

    Example:
        >>> development = dlr.data.load("iris").development()
        >>> development.train.x.shape, development.validation.x.shape
        ((90, 4), (30, 4))
    """

    train: Split
    validation: Split
    model_spec: DataSpec

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that stand for inputs, targets and weights of both parts.

        The form of a single target counts: a metric may have another value in another one.
        """
        train, validation = self.train, self.validation
        weights = [
            part.sample_weight for part in (train, validation) if part.sample_weight is not None
        ]
        targets = [shaped_targets(part.y, self.model_spec) for part in (train, validation)]
        return fingerprint(train.x, targets[0], validation.x, targets[1], *weights)
