"""Which learning rate a network bears: a short training in which the rate rises."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.checks import check_integer, check_real, shown
from dlrecipes.errors import ArgumentError
from dlrecipes.results import significant
from dlrecipes.training.model_state import left_as_they_were
from dlrecipes.training.moving_optimizers import without_scaling
from dlrecipes.training.outcome import headline

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
_MEMORY = 0.85  # of the moving average of the losses
_FIRST = 10  # steps at rates that change nothing, whose losses tell where it begins
_WINDOW = 20  # steps of which the losses are compared with those of the control
_SURE = 4.5  # standard errors; of 1,500 pairs of sweeps that differ by noise alone, none did
_END = 10  # steps: a lowest loss within them is that of a fall that goes on
_FEWEST = 60
_MOST = 4  # shapes in a message
_NEAR = 2.0  # decades below the minimum in which the loss falls for more than noise


@dataclass(frozen=True)
class RangeTest:
    """What a learning-rate range test has shown.

    Args:
        rates: The learning rate of each step up to where the loss exploded, `(steps,)`.
        losses: The loss of each mini-batch, before its step, `(steps,)`.
        smoothed: The losses without their noise, `(steps,)`.
        control: What `smoothed` is where targets belong to other examples, `(steps,)` at most;
            empty where there are no targets.
        suggestions: Rates by how they were read off, inside of the bounds; empty where the loss
            does not fall.
        suggestion: The one to begin with; None where the loss does not fall.
        diverged: The rate at which the loss exploded; None where it did not.
        sentence: What was found, in a sentence.

    Example:
        >>> keras.utils.set_random_seed(0)
        >>> x = np.random.default_rng(0).normal(size=(400, 4)).astype("float32")
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> found = dlr.lr_range_test(model, x, x[:, 0] - x[:, 1])
        >>> print(found.sentence, sorted(found.suggestions))
        Begin with 0...; the ways to read the curve give 0... to ... ['divergence / 10', \
'minimum / 10', 'minimum / 4', 'steepest', 'valley']
    """

    rates: Floats = field(repr=False)
    losses: Floats = field(repr=False)
    smoothed: Floats = field(repr=False)
    control: Floats = field(repr=False)
    suggestions: dict[str, float]
    suggestion: float | None
    diverged: float | None
    sentence: str


def lr_range_test(
    model: keras.Model,
    x: Any,  # noqa: ANN401  (whatever `fit` takes)
    y: Any,  # noqa: ANN401
    *,
    batch_size: int = 32,
    bounds: tuple[float, float] = (1e-6, 10.0),
    steps: int = 120,
    sample_weight: Any = None,  # noqa: ANN401
    seed: int = 0,
) -> RangeTest:
    """Train for some steps while the learning rate rises, and read off which rates are good.

    From one mini-batch to the next the rate grows by the same factor, until the loss explodes. Low
    rates change nothing, good ones let the loss fall, high ones let it rise again. No single way
    to read such a curve is right for every network, so that there are several:

    - `"steepest"`: where the loss falls most for a step on the logarithmic scale;
    - `"valley"`: in the middle of its longest fall;
    - `"minimum / 4"` and `"minimum / 10"`: below where it is lowest;
    - `"divergence / 10"`: below where it explodes, if it does.

    A rate outside of `bounds` was not tried and is left out. Where the loss is lowest as the sweep
    ends, the sentence says that the upper bound should be raised: a higher rate may be better yet.

    `suggestion` is the median of the first, the quarter of the minimum and the last. It is None if
    the loss falls no more than noise, or no lower than in a second sweep, with targets that belong
    to other examples: then no rate can be told, and labels, inputs or the network are to be looked
    at first.

    Nothing of it is left: weights, optimizer, learning rate or schedule, metrics, random numbers
    and what `compile` has set are the same bits as before, also where it fails. A network without
    weights has those with which its training would begin.

    Args:
        model: Any compiled `keras.Model`, whatever its optimizer and schedule.
        x: Inputs as `model.fit` takes them: an array `(examples, …)`, a list or a dictionary.
        y: Targets likewise; None for a network that has its loss by itself.
        batch_size: Examples a step, at least 1: that of the training, as the rate depends on it.
        bounds: The lowest and the highest rate, above 0.
        steps: Steps from one to the other, at least 60.
        sample_weight: Weights of the examples as `model.fit` takes them; None for none.
        seed: Of the order of the examples, at least 0.

    Raises:
        ArgumentError: If the model is not compiled or has several optimizers, the data are no
            arrays of one length or do not fit it, or a number is out of range.

    Example:
        >>> keras.utils.set_random_seed(0)
        >>> x = np.random.default_rng(0).normal(size=(500, 8)).astype("float32")
        >>> y = (x[:, 0] > x[:, 1]).astype(int)
        >>> model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(2, "softmax")])
        >>> model.compile("sgd", "sparse_categorical_crossentropy")
        >>> found = dlr.lr_range_test(model, x, y)
        >>> 0.01 < found.suggestion < 10
        True
        >>> dlr.lr_range_test(model, x, np.random.default_rng(0).permutation(y)).suggestion

    Reference:
        Smith, Cyclical Learning Rates for Training Neural Networks, arXiv:1506.01186, §3.3;
        `"steepest"`, `"valley"` and `"minimum / 10"` are those of fastai's `lr_find`.
    """
    low, high = _checked_bounds(bounds)
    check_integer("batch_size", batch_size, 1)
    check_integer("steps", steps, _FEWEST)
    check_integer("seed", seed, 0, 2**31 - 1)
    _check_model(model)
    data, examples = _arrays(x, y, sample_weight)
    size = min(batch_size, examples)
    generator = np.random.default_rng(seed)
    passes = -(-steps * size // examples)
    order = np.concatenate([generator.permutation(examples) for _ in range(passes)])
    others = generator.permutation(examples)
    rates = np.geomspace(low, high, steps)
    if not model.built:
        _build(model, data[0])
    with left_as_they_were(model):
        sweep = _Sweep(model, data, size, rates)
        losses = sweep.losses(order, np.arange(examples))
        control = np.empty(0) if y is None else sweep.losses(order, others)
    return _read(rates, losses, control)


class _Sweep:
    """A network that is trained from its first weights again and again while the rate rises."""

    def __init__(
        self, model: keras.Model, data: tuple[Any, Any, Any], size: int, rates: Floats
    ) -> None:
        self._model, self._data, self._size, self._rates = model, data, size, rates
        inner = without_scaling(model)
        if not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        self._rate = keras.Variable(float(rates[0]), dtype="float32", trainable=False)
        inner._learning_rate = self._rate
        model.steps_per_execution = 1
        model._compile_metrics = None  # they cost time, and change nothing
        variables = [*model.variables, *model.optimizer.variables, *inner.variables]
        self._first = [(one, keras.ops.convert_to_numpy(one)) for one in variables]

    def losses(self, order: Rows, owners: Rows) -> Floats:
        """Return the loss of each step, up to where it explodes.

        Args:
            order: Rows of the examples, `(steps * size,)` at least.
            owners: The row whose targets an example has, `(examples,)`.
        """
        for variable, value in self._first:
            variable.assign(value)
        losses, watch = [], _Watch()
        for at, rate in enumerate(self._rates):
            self._rate.assign(rate)
            rows = order[at * self._size : (at + 1) * self._size]
            losses.append(self._step(rows, owners[rows]))
            if watch.sees_explosion(losses[-1]):
                break
        return np.asarray(losses)

    def _step(self, rows: Rows, owners: Rows) -> float:
        inputs, targets, weights = self._data
        x, y, weight = _rows(inputs, rows), _rows(targets, owners), _rows(weights, owners)
        try:
            logs = self._model.train_on_batch(x, y, sample_weight=weight, return_dict=True)
            return float(logs["loss"])
        except Exception as error:  # whatever Keras raises
            raise ArgumentError(
                "The data must fit the model, which must train with a loss.",
                received=f"x {_shapes(x)}, y {_shapes(y)}",
                fix=f"Keras says: {headline(error) or type(error).__name__}",
            ) from error


class _Watch:
    """Sees when a loss has risen as far above its beginning as it was below it."""

    def __init__(self) -> None:
        self._first: list[float] = []
        self._mean = 0.0
        self._best = math.inf
        self._steps = 0

    def sees_explosion(self, loss: float) -> bool:
        if not math.isfinite(loss):
            return True
        self._steps += 1
        self._mean = _MEMORY * self._mean + (1 - _MEMORY) * loss
        if self._steps <= _FIRST:
            self._first.append(loss)
            return False
        smooth = self._mean / (1 - _MEMORY**self._steps)
        start = float(np.mean(self._first))
        self._best = min(self._best, smooth)
        rise = max(start - self._best, 8 * float(np.std(self._first)), abs(start) / 2)
        return smooth > start + rise


def _read(rates: Floats, losses: Floats, control: Floats) -> RangeTest:
    """Return what the losses of both sweeps tell."""
    bounds, steps = (float(rates[0]), float(rates[-1])), len(rates)
    diverged = float(rates[len(losses) - 1]) if len(losses) < len(rates) else None
    finite, other = losses[np.isfinite(losses)], control[np.isfinite(control)]
    rates, start = rates[: len(finite)], float(finite[:_FIRST].mean()) if len(finite) else math.nan
    # What comes after an explosion says nothing of where the loss was lowest.
    lowest = float(_smooth(finite)[_FIRST:].min(initial=start))
    smoothed, beside = (_smooth(np.minimum(one, 2 * start - lowest)) for one in (finite, other))
    found: dict[str, float] = {}
    sentence, goes_on = "", False
    if len(finite) <= _FIRST + _WINDOW:
        sentence = "The loss is no number, or explodes, at the lowest rates already."
    else:
        at = _FIRST + int(np.argmin(smoothed[_FIRST:]))
        than = _falls_no_more_than(finite[: at + _WINDOW // 2], other)
        if than:
            sentence = f"No rate can be told: the loss falls no more than {than}."
        else:
            found = {
                way: rate
                for way, rate in _suggestions(rates, smoothed, at, diverged).items()
                if bounds[0] <= rate <= bounds[1]
            }
            goes_on = diverged is None and at >= steps - _END
    suggestion = _middle(found)
    if suggestion is not None:
        low, high = min(found.values()), max(found.values())
        sentence = (
            f"Begin with {significant(suggestion, 2)}; the ways to read the curve give "
            f"{significant(low, 2)} to {significant(high, 2)}."
        )
    if goes_on:
        sentence += (
            f" The loss still falls where the sweep ends, at {significant(bounds[1], 2)}: raise "
            "the upper bound, `bounds[1]`, as a higher rate may be better."
        )
    return RangeTest(rates, finite, smoothed, beside, found, suggestion, diverged, sentence)


def _falls_no_more_than(losses: Floats, control: Floats) -> str:
    """Return than what losses fall no more; empty if below where they began, and the control.

    One alone tells nothing: a network that is not trained may fit its targets better than others by
    chance, and one that fits them worse falls to where the control is.
    """
    both = min(len(losses), len(control)) if len(control) else len(losses)
    beginning, ever = losses[:_WINDOW], False
    for end in range(_FIRST + _WINDOW, both + 1):
        window = losses[end - _WINDOW : end]
        error = math.hypot(_standard_error(window), _standard_error(beginning))
        fallen = float(beginning.mean() - window.mean()) > _SURE * error
        below = not len(control) or _above(control[end - _WINDOW : end] - window)
        if fallen and below:
            return ""
        ever = ever or fallen
    return "with targets that belong to other examples" if ever else "noise"


def _above(differences: Floats) -> bool:
    return bool(differences.mean() > max(_SURE * _standard_error(differences), 0.0))


def _standard_error(values: Floats) -> float:
    return float(np.std(values, ddof=1)) / math.sqrt(len(values))


def _suggestions(
    rates: Floats, curve: Floats, lowest: int, diverged: float | None
) -> dict[str, float]:
    """Return the rates that different ways to read a curve give."""
    least = float(rates[lowest])
    slopes = np.gradient(curve, np.log(rates))
    near = (rates >= least / 10**_NEAR) & (np.arange(len(rates)) >= _FIRST)
    near &= np.arange(len(rates)) <= lowest
    found = {
        "steepest": float(rates[np.argmin(np.where(near, slopes, np.inf))]),
        "valley": float(rates[_valley(curve[: lowest + 1])]),
        "minimum / 4": least / 4,
        "minimum / 10": least / 10,
    }
    if diverged is not None:
        found["divergence / 10"] = diverged / 10
    return found


def _middle(found: dict[str, float]) -> float | None:
    """Return the median of three ways that err in different directions; the lower one of two."""
    names = ("steepest", "minimum / 4", "divergence / 10")
    values = sorted(found[name] for name in names if name in found)
    return values[(len(values) - 1) // 2] if values else None


def _valley(curve: Floats) -> int:
    """Return the middle of the longest falling subsequence of a curve, as fastai reads it."""
    length, best = np.ones(len(curve), int), 0
    for at in range(1, len(curve)):
        higher = curve[:at] > curve[at]
        length[at] = 1 + int(np.max(length[:at], where=higher, initial=0))
        best = at if length[at] > length[best] else best
    return best - int(length[best]) // 2


def _smooth(losses: Floats) -> Floats:
    """Return moving averages, corrected for their beginning, there and back: without a lag."""

    def average(values: Floats) -> Floats:
        mean, averages = 0.0, []
        for at, value in enumerate(values, 1):
            mean = _MEMORY * mean + (1 - _MEMORY) * float(value)
            averages.append(mean / (1 - _MEMORY**at))
        return np.asarray(averages)

    return (average(losses) + average(losses[::-1])[::-1]) / 2


def _check_model(model: object) -> None:
    if not isinstance(model, keras.Model) or not model.compiled or model.optimizer is None:
        raise ArgumentError(
            "`model` must be a keras.Model that is compiled with an optimizer.",
            received=type(model).__name__,
            fix="Call `model.compile(...)` first.",
        )
    if isinstance(without_scaling(model), keras.optimizers.MultiOptimizer):
        raise ArgumentError(
            "A range test moves one learning rate.",
            received="an optimizer made of several",
            fix="Compile the model with each of them in turn.",
        )


def _checked_bounds(bounds: object) -> tuple[float, float]:
    if not isinstance(bounds, list | tuple) or len(bounds) != 2:
        raise ArgumentError(
            "`bounds` must be two rates, the lowest and the highest.",
            received=f"bounds={shown(bounds)}",
        )
    low = check_real("bounds[0]", bounds[0], 0, low_open=True)
    return low, check_real("bounds[1]", bounds[1], low, low_open=True)


def _arrays(x: Any, y: Any, weight: Any) -> tuple[tuple[Any, Any, Any], int]:  # noqa: ANN401
    """Return data as arrays of one length, as `fit` would see them, and that length."""
    data = tuple(keras.tree.map_structure(_array, given) for given in (x, y, weight))
    lengths = {
        len(one) if np.ndim(one) else 0 for one in keras.tree.flatten(data) if one is not None
    }
    if len(lengths) != 1 or 0 in lengths:
        raise ArgumentError(
            "`x`, `y` and `sample_weight` must be arrays of the same number of examples, at least "
            "one.",
            received=f"x {_shapes(data[0])}, y {_shapes(data[1])}",
        )
    return (data[0], data[1], data[2]), lengths.pop()


def _array(given: Any) -> Any:  # noqa: ANN401  (an array, or what makes one)
    if given is None:
        return None
    array = np.asarray(given)
    return array.astype(keras.config.floatx()) if array.dtype == np.float64 else array


def _rows(data: Any, rows: Rows) -> Any:  # noqa: ANN401
    return keras.tree.map_structure(lambda one: None if one is None else one[rows], data)


def _shapes(data: Any) -> str:  # noqa: ANN401
    shapes = [str(np.shape(one)) for one in keras.tree.flatten(data)]
    return ", ".join(shapes[:_MOST]) + ", …" * (len(shapes) > _MOST)


def _build(model: keras.Model, x: Any) -> None:  # noqa: ANN401
    """Make the weights of a network that makes them when it is first called."""
    few = keras.tree.map_structure(keras.ops.convert_to_tensor, _rows(x, np.arange(1)))
    try:
        model(few, training=False)
    except Exception as error:  # whatever Keras raises
        raise ArgumentError(
            "The data must fit the model.",
            received=f"x {_shapes(x)}",
            fix=f"Keras says: {headline(error) or type(error).__name__}",
        ) from error
