"""A training's first steps, taken as its user would, and again with other numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.diagnose.program.few_steps import (
    Stopwatch,
    as_tensors,
    evaluate_on,
    mean_and_deviation,
    of_any_scale,
    pick,
    quietly,
    train_on,
    weights_of,
)
from dlrecipes.diagnose.program.program import Program, flat_outputs
from dlrecipes.training.model_state import left_as_they_were
from dlrecipes.training.moving_optimizers import moving_optimizers

Array = NDArray[Any]

_SECONDS = 6.0
_HELD = 256
_LATELY = 10


@dataclass(frozen=True)
class Path:
    """Where some steps have led.

    Args:
        losses: Of each step's batch.
        before: The loss of some examples, not training, before the first step.
        after: The same after the last one.
        shown: What the first output gives for these, before and after.
    """

    losses: Array
    before: float
    after: float
    shown: tuple[Array, Array]

    @property
    def finite(self) -> bool:
        """Whether every loss is a number."""
        return bool(np.isfinite([*self.losses, self.before, self.after]).all())

    @property
    def end(self) -> float:
        """The last loss: of the examples, or of the last batches where that is lower.

        Moving averages that lag hide what has been learned from the former, dropout from the
        latter.
        """
        return min(self.after, float(self.losses[-_LATELY:].mean()))

    @property
    def begun(self) -> float:
        """The loss of the first batches."""
        return float(self.losses[:_LATELY].mean())


class TooSlow(Exception):
    """So slow a network is not judged by a few steps."""


class Steps:
    """A network that takes its first steps, and takes them again from the same weights.

    Args:
        program: The training.
        model: What is trained.
    """

    def __init__(self, program: Program, model: Any) -> None:  # noqa: ANN401  (a compiled network)
        self.program, self.model = program, model
        self.size = min(program.batch_size, program.examples, 256)
        self.held = np.random.default_rng(0).permutation(program.examples)[:_HELD]
        if not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        rates = [getattr(one, "_learning_rate", None) for one in moving_optimizers(model)]
        numbers = all(isinstance(rate, keras.Variable) for rate in rates)
        self._rates: list[Any] = rates if numbers else []
        self.rate = max((float(rate) for rate in self._rates), default=None)
        """The own rate, of several the highest; None where a schedule in an optimizer gives it."""
        self._variables = [*model.variables, *model.optimizer.variables]
        self._begun = [keras.ops.convert_to_numpy(one) for one in self._variables]

    def take(self, steps: int, *, rate: float = 1.0, scaled: bool = False) -> Path:
        """Return where steps lead from the first weights.

        Args:
            steps: How many, at least 1.
            rate: By what the rate is multiplied, of several optimizers each one's.
            scaled: Whether targets are brought to mean 0 and deviation 1.

        Raises:
            TooSlow: If they take too long.
        """
        for variable, value in zip(self._variables, self._begun, strict=True):
            variable.assign(value)
        for own in self._rates if rate != 1.0 else ():
            own.assign(own * rate)
        return self._go_on(steps, scaled=scaled)

    def go_on(self, steps: int) -> Path:
        """Return where steps lead from where the last ones have led.

        Args:
            steps: How many, at least 1.

        Raises:
            TooSlow: If they take too long.
        """
        return self._go_on(steps, scaled=False)

    def unmoved(self) -> list[str]:
        """Return the weights that can be trained and are what they were before the first step."""
        begun = {id(one): value for one, value in zip(self._variables, self._begun, strict=True)}
        return [
            one.path
            for one in self.model.trainable_variables
            if np.array_equal(keras.ops.convert_to_numpy(one), begun[id(one)])
        ]

    def _go_on(self, steps: int, *, scaled: bool) -> Path:
        program, model = self.program, self.model
        scale = _targets_scale(program) if scaled else None
        generator = np.random.default_rng(0)
        held = _scaled(pick(program, self.held), scale)
        shown = self._show(held[0])
        before = evaluate_on(model, held)
        losses: list[float] = []
        watch = Stopwatch()
        order = np.zeros(0, np.int64)
        for _ in range(steps):
            if len(order) < self.size:
                order = generator.permutation(program.examples)
            rows, order = order[: self.size], order[self.size :]
            given = _scaled(pick(program, rows), scale)
            losses.append(train_on(model, given, weights_of(program, rows)))
            if not np.isfinite(losses[-1]):
                break
            if len(losses) == 1:  # the first one is compiled
                watch = Stopwatch()
            elif watch.seconds * steps > _SECONDS * (len(losses) - 1):
                raise TooSlow
        after = evaluate_on(model, held)
        return Path(np.array(losses), before, after, (shown, self._show(held[0])))

    def _show(self, x: Any) -> Array:  # noqa: ANN401  (arrays in any structure)
        return flat_outputs(self.model(as_tensors(x), training=False))[0]


@contextmanager
def steps_of(program: Program, model: Any) -> Iterator[Steps]:  # noqa: ANN401
    """Hand out a network that takes steps, and leave everything as it was.

    Args:
        program: The training.
        model: What is trained.
    """
    with left_as_they_were(model), quietly():
        model.run_eagerly = False
        model.jit_compile = False
        model.train_function = None
        yield Steps(program, model)


def _targets_scale(program: Program) -> tuple[float, float] | None:
    if not of_any_scale(program):
        return None
    return mean_and_deviation(program.outputs[0].targets)


def _scaled(given: tuple[Any, Any], scale: tuple[float, float] | None) -> tuple[Any, Any]:
    if scale is None:
        return given
    mean, deviation = scale
    return given[0], keras.tree.map_structure(
        lambda one: ((np.asarray(one, np.float64) - mean) / deviation).astype(np.float32), given[1]
    )
