"""The `hp` that a builder gets: it declares ranges, is given values, or asks a trial for them."""

from __future__ import annotations

from contextlib import suppress

import keras_tuner
import optuna

from dlrecipes.errors import BuilderError
from dlrecipes.results import Hyperparameter, Value
from dlrecipes.search.backends.encoding import Encoding, to_distribution, to_parameter, to_value
from dlrecipes.search.backends.mixed_choice import HyperParameters
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
            raise self.contradiction(known, hyperparameter)

    def contradiction(self, one: Hyperparameter, other: Hyperparameter) -> BuilderError:
        """Return the error that two ranges stand under one name, and note the first of them.

        Args:
            one: The hyperparameter as it was asked for first.
            other: With the other range.
        """
        error = BuilderError(
            "A builder must ask for one range under one name, whatever the other values are.",
            received=f"{one.name!r} {one.described}, and {other.described}",
            fix="Give another range another name; for a range that depends on a value, ask "
            "for a share of it, such as hp.Float('share', 0.1, 1.0) * units.",
        )
        self.error = self.error or error
        return error


class AskedHyperParameters(HyperParameters):
    """A `keras_tuner.HyperParameters` that refuses two ranges under one name.

    Args:
        declarations: What was asked for before, also in other calls of the same builder; None for
            nothing.
        values: Values that replace the defaults; None for none.
        epochs: Answers the reserved constant `epochs`; None for what the builder or `values` say.
    """

    def __init__(
        self,
        declarations: Declarations | None = None,
        values: dict[str, Value] | None = None,
        *,
        epochs: int | None = None,
    ) -> None:
        super().__init__()
        self.declarations = declarations or Declarations()
        self.values = dict(values or {})
        self._epochs = epochs
        self._declared: frozenset[str] = frozenset()
        self._active: dict[str, Hyperparameter] = {}

    def hold(self) -> None:
        """Let what was asked for so far replace what the builder asks for under the same names.

        So KerasTuner understands `HyperModel.declare_hyperparameters`.
        """
        self._declared = frozenset(known.name for known in self.space)

    def _register(
        self,
        hyperparameter: keras_tuner.engine.hyperparameters.HyperParameter,
        overwrite: bool = False,
    ) -> Value:
        if self._epochs is not None and self.is_active(hyperparameter):
            one = read_hyperparameter(hyperparameter)
            if one.is_epochs:
                self.values[one.name] = self._epochs
        value: Value = super()._register(hyperparameter, overwrite)
        return value

    def _retrieve(self, hp: keras_tuner.engine.hyperparameters.HyperParameter) -> Value:
        if hp.name not in self._declared:
            self.declarations.check(hp)
            if self.is_active(hp):
                # Scopes that exclude each other may have other ranges; not two that are open.
                one = read_hyperparameter(hp)
                first = self._active.setdefault(one.name, one)
                if not first.same_values(one):
                    raise self.declarations.contradiction(first, one)
        value: Value = super()._retrieve(hp)
        return value


class GivenHyperParameters(AskedHyperParameters):
    """A `keras_tuner.HyperParameters` with given values and no others.

    KerasTuner's own would fill in the default of a hyperparameter that has no value, and the
    model would be another one than was asked for. Only the constant `epochs` may lack one: values
    of earlier versions do, whose builders knew their own number only.

    Args:
        values: The hyperparameters' values.
        declarations: The ranges that the builder asked for before; None for none.
    """

    def __init__(self, values: dict[str, Value], declarations: Declarations | None = None) -> None:
        super().__init__(declarations, values)
        self.asked_for_more = False
        """Whether the builder asked for one that has no value."""

    def _register(
        self,
        hyperparameter: keras_tuner.engine.hyperparameters.HyperParameter,
        overwrite: bool = False,
    ) -> Value:
        lacks = hyperparameter.name not in self.values and self.is_active(hyperparameter)
        if lacks and not read_hyperparameter(hyperparameter).is_epochs:
            self.asked_for_more = True
            raise BuilderError(
                "A builder must ask for the same hyperparameters when one has another value.",
                received=f"{hyperparameter.name!r} besides {', '.join(self.values) or 'none'}",
            )
        value: Value = super()._register(hyperparameter, overwrite)
        return value


class TrialHyperParameters(AskedHyperParameters):
    """A `keras_tuner.HyperParameters` whose values an Optuna trial suggests when asked.

    A hyperparameter that no earlier build asked for (one behind a plain `if`) is suggested at
    the moment the builder asks for it, like any other.

    Args:
        trial: The Optuna trial.
        space: Hyperparameters with ranges of their own, which replace the builder's.
        declarations: The ranges that the builder asked for before; None for none.
        encoding: How the trial's study holds values; None for what the study says of it.
        epochs: Of the trial's stage; None outside a study, where a builder's own number holds.
    """

    def __init__(
        self,
        trial: optuna.Trial,
        space: tuple[Hyperparameter, ...] = (),
        declarations: Declarations | None = None,
        encoding: Encoding | None = None,
        *,
        epochs: int | None = None,
    ) -> None:
        super().__init__(declarations, epochs=epochs)
        self.constants: dict[str, Value] = {}
        """The values of what does not vary, which Optuna's trial does not hold."""
        self._trial = trial
        self._encoding = encoding or Encoding(space, trial.study.user_attrs)
        self._ranges = {
            (hyperparameter.name, hyperparameter.conditions): hyperparameter
            for hyperparameter in space
        }

    def suggest(self, one: Hyperparameter) -> Value:
        """Return the trial's value for `one`, decided now if it was not yet."""
        if one.kind == "fixed":
            one = one if self._epochs is None else one.in_stage(self._epochs)
            self.constants[one.name] = one.choices[0]
        value = self.constants[one.name] if one.kind == "fixed" else self._suggested(one)
        self.values[one.name] = value
        return value

    def _suggested(self, asked: Hyperparameter) -> Value:
        for name, stored in self._encoding.late(asked).items():
            self._trial.study.set_user_attr(name, stored)
        parameter, one = self._encoding.find(asked)
        distribution = to_distribution(one)
        # What was queued before this was asked for, or is from before there was an encoding.
        given = {**self._trial._fixed_params, **self._trial.params}
        if parameter not in given and one.name in given:
            with suppress(ValueError):  # of another scope
                held = to_parameter(one, given[one.name])
                if distribution._contains(distribution.to_internal_repr(held)):
                    self._trial._fixed_params[parameter] = held
        return to_value(one, self._trial._suggest(parameter, distribution))

    def _register(
        self,
        hyperparameter: keras_tuner.engine.hyperparameters.HyperParameter,
        overwrite: bool = False,
    ) -> Value:
        one = read_hyperparameter(hyperparameter)
        one = self._ranges.get((one.name, one.conditions), one)
        if one.name not in self.values and self.is_active(hyperparameter):
            self.suggest(one)
        value: Value = super()._register(hyperparameter, overwrite)
        return value
