"""One-cycle: the learning rate rises to a peak and falls, the momentum falls and rises."""

from __future__ import annotations

import math
from typing import Any

import keras

from dlrecipes.checks import check_integer, check_real
from dlrecipes.errors import ArgumentError
from dlrecipes.training.moving_optimizers import moving_optimizers


@keras.saving.register_keras_serializable(package="dlrecipes")
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises to a peak and falls to almost nothing, once in a training.

    With `w = warmup_fraction * steps` it goes from `peak / divisor` to `peak` in the first `w`
    steps and from there to `peak / final_divisor` at `steps`, each on half a cosine; afterwards it
    stays. The high rates in the middle find a wide minimum, the low ones at the end settle in it.
    The momentum's half is `CyclicalMomentum`.

    What Keras has is not here again: `keras.optimizers.schedules.CosineDecay(0.0, steps - w,
    warmup_target=peak, warmup_steps=w)` rises on a line to `peak` and falls on a cosine to 0.

    Args:
        peak: The highest rate, above 0; what a range test suggests is a first guess.
        steps: Steps of the whole training, `epochs * ceil(examples / batch_size)`, at least 2.
        divisor: How many times lower it begins, at least 1.
        final_divisor: How many times lower it ends, at least 1.
        warmup_fraction: The share of the steps in which it rises, in (0, 1).

    Raises:
        ArgumentError: If a number is out of its range.

    Example:
        >>> rate = dlr.training.OneCycle(0.1, 100)
        >>> [round(float(rate(step)), 6) for step in (0, 25, 100)]
        [0.004, 0.1, 1e-06]

    Reference:
        Smith and Topin, Super-Convergence, arXiv:1708.07120; Smith, A disciplined approach to
        neural network hyper-parameters, arXiv:1803.09820. Numbers and cosines are those of fastai.
    """

    def __init__(
        self,
        peak: float,
        steps: int,
        *,
        divisor: float = 25.0,
        final_divisor: float = 1e5,
        warmup_fraction: float = 0.25,
    ) -> None:
        super().__init__()
        self.peak = check_real("peak", peak, 0, low_open=True)
        self.steps = check_integer("steps", steps, 2)
        self.divisor = check_real("divisor", divisor, 1)
        self.final_divisor = check_real("final_divisor", final_divisor, 1)
        self.warmup_fraction = check_real(
            "warmup_fraction", warmup_fraction, 0, 1, low_open=True, high_open=True
        )

    def __call__(self, step: keras.KerasTensor) -> keras.KerasTensor:
        peak = keras.ops.convert_to_tensor(self.peak)
        dtype = peak.dtype
        steps = keras.ops.cast(self.steps, dtype)
        turn = self.warmup_fraction * steps
        step = keras.ops.minimum(keras.ops.cast(step, dtype), steps)
        up = _half_cosine(1 / self.divisor, 1.0, step / turn)
        down = _half_cosine(1.0, 1 / self.final_divisor, (step - turn) / (steps - turn))
        return peak * keras.ops.where(step < turn, up, down)

    def get_config(self) -> dict[str, Any]:
        return {
            "peak": self.peak,
            "steps": self.steps,
            "divisor": self.divisor,
            "final_divisor": self.final_divisor,
            "warmup_fraction": self.warmup_fraction,
        }


class CyclicalMomentum(keras.callbacks.Callback):
    """A momentum that falls while the learning rate rises and rises while it falls: one-cycle.

    It moves `momentum` of SGD and RMSprop, `beta_1` of Adam and its kin; of a `MultiOptimizer` that
    of each inner one which has it. Where the rate is high, a low momentum keeps steps from adding
    up; where it is low, a high one carries on.

    Keras' schedules move rates only, so this half is a callback; engines that compile whole epochs
    leave a network with callbacks to `model.fit`. The optimizer's own number is back after the
    training and is what a model saved on the way has. With `steps_per_execution` above 1 the
    momentum moves once an execution.

    Args:
        high: The momentum at both ends, in (0, 1).
        low: The momentum at the peak of the rate, in (0, 1), at most `high`.
        steps: Steps of the whole training, as for `OneCycle`; None for those of the `fit`.
        warmup_fraction: The share of the steps in which it falls, in (0, 1).

    Raises:
        ArgumentError: If a number is out of its range; in `fit`, if the optimizer has no momentum.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(64, 3))
        >>> steps = 4 * 2
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        >>> rate = dlr.training.OneCycle(0.1, steps)
        >>> model.compile(keras.optimizers.SGD(rate, momentum=0.9), "mse")
        >>> momentum = dlr.training.CyclicalMomentum()
        >>> _ = model.fit(x, x[:, 0], epochs=4, verbose=0, callbacks=[momentum])
        >>> momentum.at(0), momentum.at(2), momentum.at(8), model.optimizer.momentum
        (0.95, 0.85, 0.95, 0.9)

    Reference:
        Smith, A disciplined approach to neural network hyper-parameters, arXiv:1803.09820, §4.3.
    """

    def __init__(
        self,
        high: float = 0.95,
        low: float = 0.85,
        *,
        steps: int | None = None,
        warmup_fraction: float = 0.25,
    ) -> None:
        super().__init__()
        self.high = check_real("high", high, 0, 1, low_open=True, high_open=True)
        self.low = check_real("low", low, 0, self.high, low_open=True)
        self.steps = None if steps is None else check_integer("steps", steps, 2)
        self.warmup_fraction = check_real(
            "warmup_fraction", warmup_fraction, 0, 1, low_open=True, high_open=True
        )
        self._all = steps or 0
        self._first = 0
        self._moving: keras.Variable | None = None
        self._moved: list[tuple[Any, str, float]] = []

    def at(self, step: int) -> float:
        """Return the momentum of a step.

        Args:
            step: Steps before it.
        """
        turn = self.warmup_fraction * self._all
        done = min(max(step, 0), self._all)
        if done < turn:
            return _between(self.high, self.low, done / turn)
        return _between(self.low, self.high, (done - turn) / max(self._all - turn, 1e-9))

    def on_train_begin(self, logs: object = None) -> None:
        optimizers = moving_optimizers(self.model)
        named = [(one, name) for one in optimizers if (name := _name_of_momentum(one))]
        if not named:
            kinds = dict.fromkeys(type(one).__name__ for one in optimizers)
            raise ArgumentError(
                "A cycle of the momentum needs an optimizer that has one.",
                received=f"{' and '.join(kinds)} without a momentum",
                fix="For example `keras.optimizers.SGD(rate, momentum=0.9)`, or Adam.",
            )
        planned = (self.params.get("steps") or 0) * (self.params.get("epochs") or 0)
        self._all = self.steps or planned
        if not self._all:
            raise ArgumentError(
                "A cycle needs the number of its steps.",
                received="data of unknown length, and steps=None",
                fix="Give `steps`.",
            )
        self._first = 0 if self.steps else self._iterations()
        self._moving = keras.Variable(self.high, dtype="float32", trainable=False, name="momentum")
        self._moved = [(one, name, float(getattr(one, name))) for one, name in named]
        for optimizer, name, number in self._moved:
            setattr(optimizer, name, _Moving(number, self._moving))
        self.model.train_function = None  # an earlier one has the number in its graph
        self.model.make_train_function()

    def on_train_batch_begin(self, batch: int, logs: object = None) -> None:
        if self._moving is not None:
            self._moving.assign(self.at(self._iterations() - self._first))

    def on_train_end(self, logs: object = None) -> None:
        if self._moving is not None:
            for optimizer, name, number in self._moved:
                setattr(optimizer, name, number)
            self.model.train_function = None
            self._moving, self._moved = None, []

    def _iterations(self) -> int:
        return int(keras.ops.convert_to_numpy(self.model.optimizer.iterations))


def _name_of_momentum(optimizer: Any) -> str:  # noqa: ANN401  (Keras')
    """Return what an optimizer calls its momentum; empty if it has none."""
    return next((one for one in ("momentum", "beta_1") if getattr(optimizer, one, 0.0)), "")


class _Moving(float):
    """A number that is a variable to whatever computes with it.

    Keras' optimizers keep their momentum as a Python number, which a traced step holds for good.
    """

    def __new__(cls, number: float, variable: keras.Variable) -> _Moving:
        made = super().__new__(cls, number)
        made.variable = variable
        return made

    variable: keras.Variable

    def __tf_tensor__(self, dtype: Any = None, name: str | None = None) -> Any:  # noqa: ANN401
        return self.variable.__tf_tensor__(dtype, name)

    def __mul__(self, other: Any) -> Any:  # noqa: ANN401
        return self.variable * other

    def __rmul__(self, other: Any) -> Any:  # noqa: ANN401
        return other * self.variable

    def __rsub__(self, other: Any) -> Any:  # noqa: ANN401
        return other - self.variable


def _half_cosine(start: float, end: float, share: keras.KerasTensor) -> keras.KerasTensor:
    """Return what lies between two numbers at a share of the way, on half a cosine."""
    return end + (start - end) * 0.5 * (1.0 + keras.ops.cos(math.pi * share))


def _between(start: float, end: float, share: float) -> float:
    return end + (start - end) * 0.5 * (1.0 + math.cos(math.pi * share))
