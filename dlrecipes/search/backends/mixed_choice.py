"""A choice between values of several types, or with None, which KerasTuner's has not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import keras_tuner

from dlrecipes.errors import BuilderError
from dlrecipes.results import Value

_SIMPLE = (bool, int, float, str, type(None))


class MixedChoice(keras_tuner.engine.hyperparameters.Choice):
    """One value among those of several types.

    Args:
        name: The hyperparameter's name.
        values: The values, no two of which are equal.
        default: One of them; None for the first, or for None itself where that is one.
        options: As of KerasTuner's `Choice`.

    Raises:
        ValueError: If the default is none of them.
    """

    def __init__(
        self,
        name: str,
        values: Sequence[Value],
        default: Value = None,
        **options: Any,  # noqa: ANN401  (KerasTuner's)
    ) -> None:
        # KerasTuner's own checks and turns values of one type; these are put in their place.
        super().__init__(name, [str(at) for at in range(len(values))], **options)
        self._values = list(values)
        self._default = default
        if default is not None and default not in self._values:
            raise ValueError(
                f"The default of {name!r} must be one of the choices: {default!r} is not in "
                f"{self._values!r}."
            )

    @property
    def default(self) -> Value:
        """The given one, else None where it is one of the values, else the first."""
        nothing = self._default is None and None not in self._values
        return self._values[0] if nothing else self._default


# By the name under which KerasTuner looks for it where it copies a search space.
keras.saving.get_custom_objects()[MixedChoice.__name__] = MixedChoice


class HyperParameters(keras_tuner.HyperParameters):
    """A `keras_tuner.HyperParameters` whose choices may have values of several types."""

    def Choice(  # noqa: N802, PLR0913  (KerasTuner's)
        self,
        name: str,
        values: Sequence[Value],
        ordered: bool | None = None,
        default: Value = None,
        parent_name: str | None = None,
        parent_values: Sequence[Value] | None = None,
    ) -> Value:
        """Choose one of some values, of one type or of several; as `keras_tuner`'s otherwise.

        Raises:
            BuilderError: If Python takes two of several types for one: 1 and True, 0 and 0.0.
        """
        if not is_mixed(values):
            chosen: Value = super().Choice(
                name, values, ordered, default, parent_name, parent_values
            )
            return chosen
        if len(set(values)) < len(values):
            raise BuilderError(
                "The values of a choice must differ, also without their types.",
                received=f"{name!r} with {', '.join(map(repr, values))}",
                fix="Write text in place of one of them, such as 'yes' for True.",
            )
        if ordered:
            raise ValueError("`ordered` must be `False` for values of several types.")
        with self._maybe_conditional_scope(parent_name, parent_values):
            mixed = MixedChoice(self._get_name(name), values, default, conditions=self._conditions)
            value: Value = self._retrieve(mixed)
            return value

    @contextmanager
    def conditional_scope(
        self, parent_name: str, parent_values: Value | Sequence[Value]
    ) -> Iterator[None]:
        """Open a scope for some values of a parent, as `keras_tuner`'s; those of one type.

        Raises:
            BuilderError: If the parent is a choice between values of several types, which
                KerasTuner would turn into the first one's type.
        """
        parents = self._hps.get(self._get_name(parent_name), ())
        if any(isinstance(parent, MixedChoice) for parent in parents):
            raise BuilderError(
                "The parent of a conditional scope must have values of one type.",
                received=f"{parent_name!r}",
                fix=f"Ask with a plain `if` on the value of {parent_name!r}; what is asked for "
                "inside is found in the trials.",
            )
        with super().conditional_scope(parent_name, parent_values):
            yield

    def copy(self) -> HyperParameters:
        """Return the same again, in which choices may have values of several types, too."""
        copied: HyperParameters = HyperParameters.from_config(self.get_config())
        return copied


def is_mixed(values: object) -> bool:
    """Whether simple values have several types, or one is None; Keras' own errors say the rest."""
    if not isinstance(values, list | tuple) or not all(type(value) in _SIMPLE for value in values):
        return False
    types = {type(value) for value in values}
    return len(types) > 1 or type(None) in types
