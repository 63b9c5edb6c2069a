"""A builder as a search calls it: told which data its model is for, and alone in the process."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import keras
from keras.src.backend.common import global_state  # Keras exports nothing that counts anew
from keras.src.utils.naming import to_snake_case

from dlrecipes.results import DataSpec
from dlrecipes.search.backends import HyperParameters
from dlrecipes.training.assumed_loss import compile_as_usual
from dlrecipes.training.engines.undisturbed import undisturbed
from dlrecipes.training.own_training import Fit

_COUNTS = "object_name_uids"


class SpecBuilder:
    """A `build(hp, spec)` as the `build(hp)` that a search calls.

    Keras numbers what has no name by how many there were in the process: an `AUC()` is `auc` in
    the first model and `auc_7` in the eighth. Each model begins to count its metrics anew, as
    KerasTuner has it, so that an objective has one name in every trial; layers go on, for a builder
    may put some onto a network that was made before it.

    Args:
        build: Takes a `keras_tuner.HyperParameters` and the data's description, and returns a
            compiled model.
        spec: The data after preprocessing.
        name: What the builder is called.
        told: Whether the builder looks at the description.
        fit: Of a HyperModel, its `fit`; None for that of Keras. A loop of the user's own may have
            its loss by itself: a network that is not compiled is compiled as usual then.
    """

    def __init__(
        self,
        build: Callable[[HyperParameters, DataSpec], keras.Model],
        spec: DataSpec,
        name: str,
        *,
        told: bool = True,
        fit: Fit | None = None,
    ) -> None:
        self.__name__ = name
        self.told = told
        self.fit = fit
        self.assumed = ""
        """What was assumed of the loss of a network that is not compiled, in a line."""
        self._build = build
        self._spec = spec

    def __call__(self, hp: HyperParameters) -> keras.Model:
        """Return a compiled model for the data."""
        with _numbered_anew():
            model = undisturbed(partial(self._build, hp, self._spec))
            if self.fit is not None and isinstance(model, keras.Model) and not model.compiled:
                self.assumed = compile_as_usual(model, self._spec)
            return model

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


@contextmanager
def _numbered_anew() -> Iterator[None]:
    """Let Keras count metrics without a name from the beginning for a while."""
    before = global_state.get_global_attribute(_COUNTS) or {}
    metrics = {to_snake_case(kind.__name__) for kind in _kinds(keras.metrics.Metric)}
    counts = {name: count for name, count in before.items() if name not in metrics}
    global_state.set_global_attribute(_COUNTS, defaultdict(int, counts))
    try:
        yield
    finally:
        after = global_state.get_global_attribute(_COUNTS) or {}
        kept = {name: max(count, after.get(name, 0)) for name, count in before.items()}
        global_state.set_global_attribute(_COUNTS, defaultdict(int, {**after, **kept}))


def _kinds(base: type) -> Iterator[type]:
    """Yield all classes that inherit from one, those of the user's own, too."""
    known: list[type] = base.__subclasses__()
    for kind in known:
        yield kind
        yield from _kinds(kind)
