"""What a builder asks for under each name: one range, whatever the other values are."""

from __future__ import annotations

import keras_tuner

from dlrecipes.errors import BuilderError
from dlrecipes.results import Hyperparameter, Value
from dlrecipes.search.backends.space import read_hyperparameter


class Declarations:
    """The range that each name has, noted when a builder first asks for it.

    A search space has one range a name. KerasTuner takes the range that it sees first, without a
    word, where a builder asks for another one later: for a second layer under the first one's
    name, or with an end that is the value of another hyperparameter.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, object], Hyperparameter] = {}
        self.error: BuilderError | None = None
        """The first contradiction: whoever calls a builder may take what it raises for a mistake
        of one trial."""

    def check(self, asked: keras_tuner.engine.hyperparameters.HyperParameter) -> None:
        """Note what a builder asks for.

        Args:
            asked: The hyperparameter with its range and its conditions.

        Raises:
            BuilderError: If the builder asked for another range under the same name and the same
                conditions before. Another default or another order of a choice's values is no
                contradiction.
        """
        hyperparameter = read_hyperparameter(asked)
        place = (hyperparameter.name, hyperparameter.conditions)
        known = self._known.setdefault(place, hyperparameter)
        if not known.same_range(hyperparameter):
            error = BuilderError(
                "A builder must ask for one range under one name, whatever the other values are.",
                received=f"{known.name!r} {known.described}, and {hyperparameter.described}",
                fix="Give another range another name; for a range that depends on a value, ask "
                "for a share of it, such as hp.Float('share', 0.1, 1.0) * units.",
            )
            self.error = self.error or error
            raise error


class AskedHyperParameters(keras_tuner.HyperParameters):
    """A `keras_tuner.HyperParameters` that refuses two ranges under one name.

    Args:
        declarations: What was asked for before, also in other calls of the same builder; None for
            nothing.
        values: Values that replace the defaults; None for none.
    """

    def __init__(
        self,
        declarations: Declarations | None = None,
        values: dict[str, Value] | None = None,
    ) -> None:
        super().__init__()
        self.declarations = declarations or Declarations()
        self.values = dict(values or {})
        self._declared: frozenset[str] = frozenset()

    def hold(self) -> None:
        """Let what was asked for so far replace what the builder asks for under the same names.

        So KerasTuner understands `HyperModel.declare_hyperparameters`.
        """
        self._declared = frozenset(known.name for known in self.space)

    def _retrieve(self, hp: keras_tuner.engine.hyperparameters.HyperParameter) -> Value:
        if hp.name not in self._declared:
            self.declarations.check(hp)
        value: Value = super()._retrieve(hp)
        return value
