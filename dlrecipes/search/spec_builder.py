"""A builder that is told which data its model is for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import keras

from dlrecipes.results import DataSpec
from dlrecipes.search.backends import HyperParameters


class SpecBuilder:
    """A `build(hp, spec)` as the `build(hp)` that a search calls.

    Args:
        build: Takes a `keras_tuner.HyperParameters` and the data's description, and returns a
            compiled model.
        spec: The data after preprocessing.
        name: What the builder is called.
    """

    def __init__(
        self,
        build: Callable[[HyperParameters, DataSpec], keras.Model],
        spec: DataSpec,
        name: str,
    ) -> None:
        self.__name__ = name
        self._build = build
        self._spec = spec

    def __call__(self, hp: HyperParameters) -> keras.Model:
        """Return a compiled model for the data."""
        return self._build(hp, self._spec)

    @contextmanager
    def building_for(self, spec: DataSpec) -> Iterator[None]:
        """Build for other data of the same kind for a while, such as a fold of it.

        Args:
            spec: That data after preprocessing.
        """
        before, self._spec = self._spec, spec
        try:
            yield
        finally:
            self._spec = before
