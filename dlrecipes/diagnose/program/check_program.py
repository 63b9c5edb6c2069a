"""What is wrong with a training, before its first step."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from dlrecipes.checks import check_integer, did_you_mean
from dlrecipes.diagnose.program.beginning import check_beginning
from dlrecipes.diagnose.program.by_heart import check_by_heart
from dlrecipes.diagnose.program.example_weights import check_example_weights
from dlrecipes.diagnose.program.few_steps import has_own_step
from dlrecipes.diagnose.program.first_steps import check_first_steps
from dlrecipes.diagnose.program.fitting import check_fitting
from dlrecipes.diagnose.program.gradients import check_gradients
from dlrecipes.diagnose.program.heads import check_heads, check_targets
from dlrecipes.diagnose.program.held_out import check_held_out
from dlrecipes.diagnose.program.inputs import check_inputs
from dlrecipes.diagnose.program.leaks import check_leaks
from dlrecipes.diagnose.program.optimizer import check_optimizer
from dlrecipes.diagnose.program.order import check_order
from dlrecipes.diagnose.program.program import Program, compiled, read_program
from dlrecipes.diagnose.program.scaled_with import check_scaled_with
from dlrecipes.diagnose.program.small_weights import check_small_weights
from dlrecipes.diagnose.program.structure import check_structure
from dlrecipes.errors import ArgumentError, CheckWarning
from dlrecipes.results import Finding
from dlrecipes.training.model_state import left_as_they_were

CHECKS = {
    "output activation": "the last activation does not give what the loss takes it for",
    "output units": "the number of outputs does not fit targets or loss",
    "labels": "labels in a form, order or range that the loss does not read",
    "target range": "targets outside of what the output can reach",
    "loss": "a loss for another task or other targets, or one that is lower for worse answers",
    "axes": "features, classes or steps along the wrong axis, or too few of them left",
    "inputs": "inputs that are missing, constant, or codes taken for amounts",
    "input scale": "inputs far larger or smaller than a first layer is made for",
    "unused inputs": "an input that changes nothing",
    "activations": "no activation between layers, a softmax inside, or units that never fire",
    "initial weights": "first weights that are equal, or far too large",
    "frozen layers": "layers that cannot learn and have not learned",
    "regularisation": "dropout, penalties, decay or bounds far too strong, or in the wrong place",
    "normalisation": "BatchNormalization that cannot know what it needs",
    "learning rate": "a rate far from what its optimizer bears",
    "optimizer": "other numbers of the optimizer, or steps of one's own, that prevent learning",
    "batches": "an order of the examples, or a size of batches, that prevents learning",
    "duration": "a training that ends before it begins",
    "validation": "validation data that do not tell what they are taken to tell",
    "imbalance": "a rare class that is not asked for, or weights that leave a class out",
    "initial loss": "a first loss far above that of knowing nothing",
    "batch leak": "examples of a batch that change each other's outputs",
    "gradients": "gradients that vanish on their way back, or are no numbers",
    "unused weights": "weights that have no part in the loss",
    "learned by heart": "twenty examples, or two, that cannot be learned by heart",
    "first steps": "a loss that is soon no number, flies up or stands still",
    "zero-input baseline": "how the first steps compare with an answer that sees no input",
}
"""What a finding may be called: `{name: what it is about}`."""

_FOLLOW_FROM = {
    "inputs": ("input scale", "activations", "initial loss", "gradients"),
    "input scale": ("activations", "initial loss", "gradients"),
    "initial weights": ("activations", "initial loss", "gradients"),
    "activations": ("initial loss", "gradients"),
    "target range": ("initial loss",),
    "labels": ("initial loss",),
    "output activation": ("initial loss",),
    "axes": ("activations", "gradients"),
}
"""What may follow from a fault, and is then not told as one of its own: `{cause: names}`."""

_AT_ONCE = (
    check_structure,
    check_optimizer,
    check_small_weights,
    check_order,
    check_fitting,
    check_example_weights,
    check_held_out,
    check_leaks,
)

_SEVERITY = {"error": 0, "warning": 1, "info": 2}


def check(
    model: keras.Model,
    x: Any,  # noqa: ANN401  (whatever `fit` takes)
    y: Any,  # noqa: ANN401
    *,
    validation_data: Any = None,  # noqa: ANN401
    batch_size: int = 32,
    epochs: int = 1,
    train: bool = True,
    **fit: Any,  # noqa: ANN401
) -> tuple[Finding, ...]:
    """Say what is wrong with a training before it begins.

    Most programs that do not learn show why before their first step, if network, data, loss and
    optimizer are looked at together. Where nothing there is an error, a few steps are tried: twenty
    examples, or two, learned by heart, and the first sixty steps as `fit` would take them.
    Network, optimizer, metrics and all random states are the same bits afterwards.

    Args:
        model: Any compiled `keras.Model`, whoever built it.
        x: Inputs as `model.fit` takes them: an array, a list or a dictionary of arrays.
        y: Targets likewise, `(examples, …)`.
        validation_data: `(x, y)` that the training is to be judged by; None for none.
        batch_size: Examples a step, at least 1.
        epochs: Passes over the data, at least 1: how far a rate can lead depends on them.
        train: Whether to try those steps, a second or two for a small network.
        fit: Further arguments of `model.fit`, such as `shuffle`, `validation_split`,
            `class_weight` and `callbacks`.

    Returns:
        The findings, errors before warnings; each is called by one of the names of
        `diagnose.CHECKS`. `info` is no fault. That nothing was
            found is no promise that it learns.

    Raises:
        ArgumentError: If the model is not compiled, if `x` and `y` are no arrays of the same number
            of examples or do not fit the model, or if an argument is none of `fit`.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(200, 4))
        >>> y = (x[:, 0] > 0).astype(int)
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, "softmax")])
        >>> model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
        >>> for finding in dlr.check(model, x, y, epochs=20):
        ...     print(f"{finding.name}: {finding.verdict} {finding.advice}")
        output activation: The softmax of one unit is 1 for every example. Use \
`activation="sigmoid"`, or one unit a class.
    """
    check_integer("batch_size", batch_size, 1)
    check_integer("epochs", epochs, 1)
    _check_fit(model, x, fit)
    with left_as_they_were(compiled(model)):
        program = read_program(
            model,
            x,
            y,
            validation_data=validation_data,
            batch_size=batch_size,
            epochs=epochs,
            fit=fit,
        )
        found = look_at(program)
        if train and not any(one.severity == "error" for one in found):
            tried = [check_by_heart, check_first_steps]
            # A step of one's own may be what is wrong: it comes before the network.
            for check_steps in reversed(tried) if has_own_step(model) else tried:
                found += _looked(check_steps, program, explained=_is_told(found))
    return worst_first(found)


def look_at(program: Program) -> list[Finding]:
    """Return what is to be seen of a training without training.

    Args:
        program: The training; its network's state may change (`left_as_they_were`).
    """
    unreadable = _looked(check_targets, program)
    if unreadable:
        return unreadable
    of_inputs = [*_looked(check_inputs, program), *_looked(check_scaled_with, program)]
    finite = all(np.isfinite(one.outputs).all() for one in program.outputs)
    if any(one.severity == "error" for one in of_inputs) and (not finite or _empty(program)):
        return of_inputs  # and no wonder that what comes out is no number, or always the same
    found = [*_looked(check_heads, program), *of_inputs]
    for one in _AT_ONCE:
        found += _looked(one, program)
    if not any(one.severity == "error" for one in found):
        found += _looked(check_beginning, program)
        found += _looked(check_gradients, program)
    return _causes_alone(found)


def _looked(
    look: Callable[..., Iterator[Finding]], program: Program, **options: bool
) -> list[Finding]:
    """Return what a check finds; one that fails says so, and takes nothing else with it."""
    found: list[Finding] = []
    try:
        found.extend(look(program, **options))
    except Exception as error:  # networks have more forms than anybody has thought of
        warnings.warn(
            f"`{look.__name__}` could not look at {program.model.name!r}: "
            f"{type(error).__name__}: {error}. What it looks for is not told; please report it.",
            CheckWarning,
            stacklevel=2,
        )
    return found


def _is_told(found: Iterable[Finding]) -> bool:
    """Whether something is wrong already that may be why a network does not learn."""
    return any(one.severity != "info" for one in found)


def _empty(program: Program) -> bool:
    """Whether every input is the same number everywhere."""
    return all(one.dtype.kind in "biuf" and np.ptp(one) == 0 for one in program.x.values())


def _causes_alone(found: Iterable[Finding]) -> list[Finding]:
    """Return findings, those that follow from others as information."""
    found = list(found)
    told = {one.name for one in found if one.severity != "info"}
    follow = {name for cause in told for name in _FOLLOW_FROM.get(cause, ())}
    return [replace(one, severity="info") if one.name in follow else one for one in found]


def _check_fit(model: keras.Model, x: Any, fit: Mapping[str, Any]) -> None:  # noqa: ANN401
    """Refuse what `fit` would refuse, too."""
    known = list(inspect.signature(type(compiled(model)).fit).parameters)
    strange = [name for name in fit if name not in known]
    if strange and not any(one in known for one in ("kwargs", "args")):
        raise ArgumentError(
            "Further arguments must be those of `fit`.",
            received=", ".join(strange),
            fix=did_you_mean(strange[0], known),
        )
    weights = fit.get("sample_weight")
    if weights is not None:
        lengths = {len(one) for one in keras.tree.flatten(weights) if hasattr(one, "__len__")}
        rows = {len(one) for one in keras.tree.flatten(x) if hasattr(one, "__len__")}
        if lengths and rows and lengths != rows:
            raise ArgumentError(
                "`sample_weight` must have one weight for each example.",
                received=f"{sorted(lengths)[0]:,} for {sorted(rows)[0]:,} examples",
            )


def worst_first(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings without repetitions, errors before warnings.

    Args:
        found: In the order in which they were found.
    """
    distinct = {(one.name, one.verdict): one for one in found}
    return tuple(sorted(distinct.values(), key=lambda one: _SEVERITY[one.severity]))
