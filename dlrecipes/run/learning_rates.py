"""Which learning rate a builder's default network bears, for one weight decay or several."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from dlrecipes.checks import check_real, shown
from dlrecipes.data import Splits, keras_inputs, keras_targets
from dlrecipes.errors import ArgumentError
from dlrecipes.report.rate_curves import write_rate_curves
from dlrecipes.results import Hyperparameter, Plan, Value, plural, significant
from dlrecipes.run.prepare import with_found_forms
from dlrecipes.search import Build, build_with, discover_space
from dlrecipes.training.build_model import build_model
from dlrecipes.training.moving_optimizers import without_scaling
from dlrecipes.training.precision import dtype_policy
from dlrecipes.training.range_test import RangeTest, lr_range_test

_AROUND = 16  # losses that a smoothed one is made of, about
_SAME = 2.0  # standard errors within which the lowest losses of two decays are the same


@dataclass(frozen=True)
class LearningRates:
    """What range tests of a network have shown, one a weight decay.

    Args:
        name: What was tested.
        tests: The range test by weight decay; under None that of the network's own.
        suggestion: The learning rate to begin with; None where no rate can be told.
        weight_decay: The decay that goes with it: the largest that costs the loss nothing; None
            where it was not asked for, or there is no rate.
        sentence: Both in words.
    """

    name: str
    tests: Mapping[float | None, RangeTest]
    suggestion: float | None
    weight_decay: float | None
    sentence: str

    def picture(self, file: str | Path) -> Path:
        """Draw the curves, one a weight decay, into an HTML file that needs nothing else.

        Args:
            file: The file to write; one that exists is replaced.

        Returns:
            The file.
        """
        return write_rate_curves(Path(file), self.name, self.tests, self.sentence)


def find_learning_rates(
    build: Build,
    splits: Splits,
    plan: Plan,
    *,
    weight_decays: Sequence[float] = (),
    name: str = "",
    seed: int = 0,
) -> LearningRates:
    """Test the learning rate of the default network, and how weight decay moves it.

    Args:
        build: The builder.
        splits: The data; its validation and test parts are not touched.
        plan: How the trials are spent: its batch size counts, unless the builder asks for one.
        weight_decays: Decays to set on the optimizer, at least 0; none for the builder's own.
        name: What is tested, in words.
        seed: Of first weights and order, at least 0.

    Raises:
        ArgumentError: If a decay is no number of at least 0 or stands there twice, or the optimizer
            has none.
        BuilderError: If the builder does not fit the data.
    """
    decays: list[float | None] = list(_checked(weight_decays)) or [None]
    with dtype_policy("float32"):
        keras.utils.set_random_seed(seed)
        train = splits.development().train
        model = build_model(lambda: build_with(build, {}), train.inputs[:1])
        splits, _ = with_found_forms(splits, model)
        train, spec = splits.development().train, splits.model_spec
        optimizer = without_scaling(model)
        if weight_decays and not hasattr(optimizer, "weight_decay"):
            raise ArgumentError(
                "The optimizer must have a weight decay to be moved.",
                received=f"{type(optimizer).__name__}, weight_decays={shown(list(weight_decays))}",
                fix="Leave it out, or compile with an optimizer such as AdamW.",
            )
        tests = {}
        for decay in decays:
            if decay is not None:
                optimizer.weight_decay = decay
            tests[decay] = lr_range_test(
                model,
                keras_inputs(train.inputs),
                keras_targets(train.y, spec),
                batch_size=batch_size_of(discover_space(build), plan),
                sample_weight=train.sample_weight,
                seed=seed,
            )
    return _concluded(name, tests)


def batch_size_of(space: Sequence[Hyperparameter], plan: Plan) -> int:
    """Return the batch size of a builder's default network.

    Args:
        space: What the builder asks for.
        plan: What holds where it asks for no `batch_size`.
    """
    asked: Value = next((one.default for one in space if one.name == "batch_size"), None)
    return int(asked) if isinstance(asked, int | float) and asked else plan.batch_size


def _checked(weight_decays: Sequence[float]) -> list[float]:
    if isinstance(weight_decays, str) or not isinstance(weight_decays, Sequence):
        raise ArgumentError(
            "`weight_decays` must be a list of numbers.",
            received=f"weight_decays={shown(weight_decays)}",
            fix="For example [0, 1e-4, 1e-3].",
        )
    found = [check_real("weight_decay", decay, 0) for decay in weight_decays]
    if len(set(found)) < len(found):
        raise ArgumentError(
            "Weight decays must differ.", received=f"weight_decays={shown(list(weight_decays))}"
        )
    return found


def _concluded(name: str, tests: dict[float | None, RangeTest]) -> LearningRates:
    told = {decay: test for decay, test in tests.items() if test.suggestion is not None}
    if not told:
        return LearningRates(name, tests, None, None, next(iter(tests.values())).sentence)
    if None in tests:
        return LearningRates(name, tests, tests[None].suggestion, None, tests[None].sentence)
    lowest = {decay: _lowest(test) for decay, test in told.items()}
    least, error = min(lowest.values())
    alike = [
        decay
        for decay, (loss, other) in lowest.items()
        if loss - least <= _SAME * math.hypot(error, other)
    ]
    decay = max(one for one in alike if one is not None)
    rate = told[decay].suggestion or 0.0
    reason = (
        "the largest with which the loss falls as low as with any, but for noise."
        if len(alike) < len(tests)
        else "none of which costs so short a training anything; longer ones tell them apart."
    )
    sentence = (
        f"Begin with a rate of {significant(rate, 2)} and a weight decay of {decay:g}: of "
        f"{plural(len(tests), 'decay', 'decays')}, {reason}"
    )
    return LearningRates(name, tests, rate, decay, sentence)


def _lowest(test: RangeTest) -> tuple[float, float]:
    """Return the lowest smoothed loss, and its standard error."""
    at = int(np.argmin(test.smoothed))
    before = test.losses[max(0, at - _AROUND) : at + 1]
    # From one step to the next: the fall itself is no noise.
    noise = float(np.std(np.diff(before))) / math.sqrt(2) if len(before) > 2 else math.inf
    return float(test.smoothed[at]), noise / math.sqrt(_AROUND)
