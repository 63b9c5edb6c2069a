"""A trained network, whoever trained it: how well it fits, and beside what."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.baselines import (
    fit_logistic_regression,
    fit_nearest_neighbours,
    fit_ridge_regression,
)
from dlrecipes.checks import check_real
from dlrecipes.data import from_arrays
from dlrecipes.diagnose import (
    bias_variance,
    check_bias_variance,
    check_calibration,
    check_history,
    check_labels,
    worst_first,
)
from dlrecipes.diagnose.program import (
    Output,
    compiled,
    fixed_batch,
    flat_outputs,
    is_lopsided,
    read_program,
)
from dlrecipes.diagnose.swallowed_class import check_swallowed_class
from dlrecipes.diagnose.verdict import mean_advantage
from dlrecipes.errors import ArgumentError, DlrecipesError
from dlrecipes.results import Finding, significant
from dlrecipes.training.model_state import left_as_they_were

Array = NDArray[Any]

_ROWS = 5000
_AT_ONCE = 256
_FEWEST = 10
_SPREAD = 0.01
_RARE = 0.25
"""Of the share that a class would have if all were as frequent."""
_MUCH = 0.5
"""Of the way from knowing nothing to the baseline."""

TRAINED_CHECKS = {
    "bias and variance": "an error far above what a baseline reaches, on training or validation",
    "one answer": "one class, or one value, for all examples",
    "suspicious labels": "labels that a network which never saw them doubts",
    "calibration": "probabilities that do not mean what they say",
    "not judged": "an output of a form, or a part of a size, that is not judged",
    "nothing learned": "neither the network nor a baseline is better than seeing no input",
}
"""What a finding of `check_trained` may be called, beside those of `HISTORY_CHECKS`."""


def check_trained(
    model: keras.Model,
    x: Any,  # noqa: ANN401  (whatever `fit` takes)
    y: Any,  # noqa: ANN401
    *,
    validation_data: Any,  # noqa: ANN401
    history: Any = None,  # noqa: ANN401
    reference: float | None = None,
) -> tuple[Finding, ...]:
    """Say how well a trained network fits, whoever trained it, and what its curves show.

    Training and validation part are scored in inference mode: what `fit` shows of the training part
    is a mean over an epoch, with dropout. Beside them stand the answer that sees no input and, as
    the error that can be reached, the better of a linear model and the nearest neighbours.

    Args:
        model: Any compiled `keras.Model` after its training.
        x: Inputs of the training as `model.fit` takes them.
        y: Targets likewise, `(examples, …)`.
        validation_data: `(x, y)` that the network was not trained on.
        history: As `check_history` takes it: what `model.fit` returned, or a CSV; None for none.
        reference: The error that can be reached, such as a human's: a share of wrong answers in
            [0, 1], or the mean squared error of values; None to fit those baselines.

    Returns:
        The findings, errors before warnings; each is called by one of the names of
        `diagnose.HISTORY_CHECKS` or `TRAINED_CHECKS`. What cannot be judged says so as information:
        outputs of other forms than one class or one value an example, fewer than ten examples.

    Raises:
        ArgumentError: If the model is not compiled, the data are no arrays of one length or do not
            fit it, labels are text, or the reference is out of range.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(400, 4))
        >>> y = (x[:, 0] > 0).astype(int)
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, "sigmoid")])
        >>> model.compile(keras.optimizers.SGD(1e-6), "binary_crossentropy")
        >>> history = model.fit(x[:300], y[:300], epochs=3, verbose=0)
        >>> held_out = x[300:], y[300:]
        >>> found = dlr.check_trained(
        ...     model, x[:300], y[:300], validation_data=held_out, history=history
        ... )
        >>> [finding.name for finding in found if finding.severity == "warning"]
        ['flat loss', 'bias and variance']
    """
    if not isinstance(validation_data, list | tuple) or len(validation_data) not in (2, 3):
        raise ArgumentError(
            "`validation_data` must be `(x, y)`.", received=type(validation_data).__name__
        )
    found = [] if history is None else list(check_history(history))
    with left_as_they_were(compiled(model)):
        parts = [read_program(model, *given) for given in ((x, y), validation_data[:2])]
        given = [program.given[0] for program in parts]
        rows = [_some(program.examples, fixed_batch(model)) for program in parts]
        shown = [_predict(model, inputs, some) for inputs, some in zip(given, rows, strict=True)]
        found = [_of_best_epoch(one, model, validation_data) for one in found]
    unread = [
        one for program in parts for one in program.outputs if one.targets.dtype.kind not in "biuf"
    ]
    if unread:
        raise ArgumentError(
            "Targets must be numbers.",
            received=f"targets of the type {unread[0].targets.dtype}{unread[0].whose}",
            fix="Hand over what `fit` was given, class indices for class names.",
        )
    if reference is not None:
        shares = any(one.classes is not None for one in parts[0].outputs)
        check_real("reference", reference, 0, 1 if shares else math.inf)
    found += _no_numbers([*shown[0], *shown[1]])
    for at, outputs in enumerate(zip(*(program.outputs for program in parts), strict=True)):
        if not all(np.isfinite(one[at]).all() for one in shown) or outputs[0].loss is None:
            continue
        why = _why_not(outputs, rows, [one[at] for one in shown])
        if why:
            found.append(
                Finding("not judged", f"The output{outputs[0].whose} was not judged: {why}.")
            )
            continue
        judged = _Judged(outputs, rows, [one[at] for one in shown])
        inputs = (given[0], given[1]) if len(parts[0].outputs) == 1 else None
        found += judged.findings(inputs, reference)
    return worst_first(found)


def _of_best_epoch(finding: Finding, model: keras.Model, held_out: Any) -> Finding:  # noqa: ANN401
    """Return that a training went on too long as information where its best weights were kept."""
    if finding.name != "overfitting" or finding.severity == "info":
        return finding
    try:
        now = float(
            np.ravel(
                model.evaluate(
                    *held_out,
                    batch_size=fixed_batch(model) or _AT_ONCE,
                    verbose=0,
                    return_dict=False,
                )
            )[0]
        )
    except Exception:  # what cannot be scored in this form was scored by its user
        return finding
    least, last = (float(finding.evidence[name]) for name in ("least", "last"))  # type: ignore[arg-type]
    if abs(now - least) >= abs(now - last):
        return finding
    kept = f"{finding.verdict} The network is that of the least: its loss is {now:.3g}."
    return replace(finding, verdict=kept, advice="", severity="info")


def _no_numbers(shown: list[Array]) -> Iterator[Finding]:
    broken = sum(not np.isfinite(one).all() for one in shown)
    if broken:
        yield Finding(
            "diverged",
            f"What the network puts out is no number{'' if broken == len(shown) else ', in part'}.",
            {"outputs": broken},
            "Look for missing or huge inputs and for logarithms of 0 first; then lower the "
            "learning rate tenfold, or clip gradients.",
            severity="error",
        )


def _why_not(outputs: tuple[Output, ...], rows: list[Array], shown: list[Array]) -> str:
    """Return why answers and targets of an output cannot be compared; empty if they can."""
    first, second = outputs
    if min(map(len, rows)) < _FEWEST:
        return f"a part has fewer than {_FEWEST} examples"
    if first.outputs.ndim > 2:
        return "it puts out more than one answer for an example"
    if first.classes is None:
        if not first.one_column or shown[0].size != len(rows[0]):
            return "targets or outputs are several numbers for an example"
        if is_lopsided(first):
            return "its loss does not aim at the middle of the values"
        if np.ptp(second.column[rows[1]].astype(float)) == 0:
            return "all targets of the validation part are the same"
        return ""
    kinds = second.classes if second.classes is not None else np.unique(second.targets)
    return "the validation part has one class only" if len(np.unique(kinds)) < 2 else ""


class _Judged:
    """One output's errors on both parts, beside those of answers that see no input."""

    def __init__(self, outputs: tuple[Output, ...], rows: list[Array], shown: list[Array]) -> None:
        self.train, self.held_out = outputs
        self.rows, self.shown = rows, shown[1]
        self.of_classes = self.train.classes is not None
        self.answers = [self._answers(one) for one in shown]
        self.wanted = [self._wanted(one)[some] for one, some in zip(outputs, rows, strict=True)]
        # Rare rows may have been repeated for the training.
        self.rare = self.of_classes and any(map(_rare, self.wanted))
        self.errors = [
            self.error(wanted, answers)
            for wanted, answers in zip(self.wanted, self.answers, strict=True)
        ]

    def _answers(self, shown: Array) -> Array:
        answers: Array = shown.reshape(len(shown)) if not self.of_classes else shown
        return self.train.name_classes(shown) if self.of_classes else answers

    def _wanted(self, output: Output) -> Array:
        if not self.of_classes:
            return np.asarray(output.column, np.float64)
        return output.column.astype(np.int64) if output.classes is None else output.classes

    def error(self, wanted: Array, answers: Array) -> NDArray[np.float64]:
        """Return each example's error: of classes 0 or 1, squared of values.

        Where a class is rare, each class counts as much: to answer with the frequent one is easy.
        """
        if not self.of_classes:
            return np.asarray((wanted - answers.astype(float)) ** 2, np.float64)
        kinds, of_kind, counts = np.unique(wanted, return_inverse=True, return_counts=True)
        weights = len(wanted) / (len(kinds) * counts[of_kind]) if self.rare else 1.0
        return np.asarray((wanted != answers) * weights, np.float64)

    def blind(self) -> Array:
        """Return the validation errors of the answer that sees no input."""
        train, held_out = self.wanted
        if self.of_classes:
            kinds, counts = np.unique(train, return_counts=True)
            return self.error(held_out, np.full(len(held_out), kinds[counts.argmax()]))
        return self.error(held_out, np.full(len(held_out), train.mean()))

    def findings(
        self, inputs: tuple[Any, Any] | None, reference: float | None
    ) -> Iterator[Finding]:
        """Say how they compare."""
        blind = self.blind()
        scale = float(blind.mean())
        if not scale > 0:
            return
        known = None if reference is not None or inputs is None else self._baseline(inputs)
        best = reference if known is None else known
        found = bias_variance(
            train=self.errors[0],
            validation=self.errors[1][np.newaxis],
            reference=best,
            scale=scale,
            reference_name="" if known is None else "a linear model, or the nearest neighbours,",
        )
        what = "share of wrong answers" if self.of_classes else "mean squared error"
        told = check_bias_variance(found, error=what + self.train.whose)
        little = known is not None and found.behind < _MUCH * (scale - found.reference)
        yield replace(told, severity="info") if little else told
        yield from self._one_answer()
        yield from self._nothing_learned(blind, known)
        yield from self._by_example()

    def _one_answer(self) -> Iterator[Finding]:
        answers, wanted = self.answers[1], self.wanted[1]
        if self.of_classes:
            same = len(np.unique(answers)) == 1 and len(np.unique(wanted)) > 1
            same = same and float((wanted == answers[0]).mean()) < 0.6
        else:
            same = float(answers.std()) < _SPREAD * float(wanted.std())
        if same:
            yield Finding(
                "one answer",
                f"The network gives one answer{self.train.whose} for all {len(answers):,} "
                f"validation examples: {answers[0]:.4g}.",
                {"answer": float(answers[0]), "examples": len(answers)},
                "Let `dlr.check` look at network and data: the last activation, the scale of the "
                "inputs, the learning rate, dead units, penalties.",
                severity="error",
            )

    def _by_example(self) -> Iterator[Finding]:
        """Say which labels are doubted, and whether probabilities mean what they say."""
        wanted = self.wanted[1]
        if not self.of_classes:
            doubted = check_labels(wanted, self.answers[1])
            borne = self.train.loss_name != "mean_squared_error"  # which outliers drag along
            yield self._of_this(replace(doubted, severity="info") if borne else doubted)
            return
        shares = self._shares()
        if shares is None or wanted.min() < 0 or wanted.max() >= shares.shape[1]:
            return
        doubted = self._borne(check_labels(wanted, shares))
        yield self._of_this(check_swallowed_class(wanted, shares) or doubted)
        yield self._of_this(check_calibration(wanted, shares))

    def _borne(self, doubted: Finding) -> Finding:
        """Return wrong labels as information where the network has learned in spite of them.

        Most of its errors are then those labels, and most labels are right.
        """
        noise = float(doubted.evidence.get("estimated share", 1.0))  # type: ignore[arg-type]
        shares = np.unique(self.wanted[1], return_counts=True)[1] / len(self.wanted[1])
        few = noise < _MUCH * (1 - float((shares**2).sum()))
        wrong = float((self.wanted[1] != self.answers[1]).mean())
        return replace(doubted, severity="info") if few and wrong < 2 * noise else doubted

    def _of_this(self, finding: Finding) -> Finding:
        whose = self.train.whose
        return replace(finding, verdict=f"Output{whose}: {finding.verdict}") if whose else finding

    def _shares(self) -> Array | None:
        """Return the validation part's probabilities, `(examples, classes)`; None without."""
        output, shown = self.train, np.asarray(self.shown, np.float64)
        if output.units == 1:
            shown = shown.reshape(-1, 1)
            if output.from_logits:
                shown = 1 / (1 + np.exp(-np.clip(shown, -700, 700)))
            elif output.activation != "sigmoid":
                return None
            return np.hstack([1 - shown, shown])
        if output.from_logits and output.activation not in ("softmax", "sigmoid"):
            powers = np.exp(shown - shown.max(axis=1, keepdims=True))
            return np.asarray(powers / powers.sum(axis=1, keepdims=True))
        sums = shown.sum(axis=1)
        return shown if (shown >= 0).all() and np.allclose(sums, 1, atol=0.01) else None

    def _nothing_learned(self, blind: Array, baseline: Array | None) -> Iterator[Finding]:
        if baseline is None:
            return
        step = float(blind.max()) if self.of_classes else 0.0
        learned = [
            mean_advantage((blind - one)[np.newaxis], step=step).outcome == "better"
            for one in (self.errors[1], baseline)
        ]
        if not any(learned):
            yield Finding(
                "nothing learned",
                f"Neither the network{self.train.whose} (an error of "
                f"{significant(self.errors[1].mean())}) nor a linear model or nearest neighbours "
                f"({significant(baseline.mean())}) is better on the validation part than an answer "
                f"that sees no input ({significant(blind.mean())}).",
                {
                    "network": float(self.errors[1].mean()),
                    "baseline": float(baseline.mean()),
                    "without inputs": float(blind.mean()),
                },
                "Look whether inputs and targets still belong together: shuffled, shifted or "
                "joined on a wrong key. Else there is nothing in these inputs to learn from.",
                severity="warning",
            )

    def _baseline(self, inputs: tuple[Any, Any]) -> Array | None:
        """Return the validation errors of the better simple model; None where none can be had."""
        if not all(hasattr(one, "shape") for one in inputs):  # several inputs
            return None
        flat = [np.asarray(one)[some] for one, some in zip(inputs, self.rows, strict=True)]
        wanted = self.wanted
        seen = wanted if not self.of_classes else [_ranks(one, wanted[0]) for one in wanted]
        if self.of_classes and min(map(np.min, seen)) < 0:
            return None
        task = "classification" if self.of_classes else "regression"
        try:
            part = flat[1], seen[1]
            splits = from_arrays(flat[0], seen[0], test=part, validation=part, task=task)
            data = splits.development()
            linear = fit_logistic_regression if self.of_classes else fit_ridge_regression
            models = [linear(data), *fit_nearest_neighbours(data).values()]
            predicted = [model(data.validation.array) for model in models]
        except (DlrecipesError, ValueError, MemoryError):
            return None
        answers = [one.argmax(axis=1) if self.of_classes else one for one in predicted]
        errors = [self.error(seen[1], one) for one in answers]
        return min(errors, key=lambda one: float(one.mean()))


def _rare(classes: Array) -> bool:
    counts = np.unique(classes, return_counts=True)[1]
    return bool(counts.min() < _RARE * counts.mean())


def _ranks(values: Array, known: Array) -> Array:
    kinds = np.unique(known)
    at = np.minimum(np.searchsorted(kinds, values), len(kinds) - 1)
    return np.where(kinds[at] == values, at, -1)


def _some(examples: int, fixed: int | None) -> NDArray[np.int64]:
    """Return numbers of examples, evenly from first to last, in whole batches of a fixed size."""
    count = min(examples, _ROWS)
    count = count // fixed * fixed if fixed else count
    rows: NDArray[np.int64] = np.linspace(0, examples - 1, count).astype(np.int64)
    return rows


def _predict(model: keras.Model, x: Any, rows: NDArray[np.int64]) -> list[Array]:  # noqa: ANN401
    """Return what a network puts out for some examples, not training."""
    batches, size = [], fixed_batch(model) or _AT_ONCE
    for begin in range(0, len(rows), size):
        chosen = rows[begin : begin + size]
        few = keras.tree.map_structure(
            lambda one, chosen=chosen: keras.ops.convert_to_tensor(np.asarray(one)[chosen]), x
        )
        batches.append(flat_outputs(model(few, training=False)))
    return [np.concatenate(parts) for parts in zip(*batches, strict=True)]
