"""What a training left behind: its curves, read by whoever was not there."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from dlrecipes.diagnose.starved_rate import check_starved_rate
from dlrecipes.errors import ArgumentError
from dlrecipes.results import Finding, plural
from dlrecipes.rundir import RunDirectory

HISTORY_CHECKS = {
    "diverged": "the loss is no number, or far above where it began",
    "flat loss": "the loss does not fall at all",
    "oscillating loss": "the loss jumps up and down as much as it falls",
    "stopped too early": "the loss was still falling when the training ended",
    "learning rate": "the rate fell to nothing while the loss was still falling",
    "overfitting": "the validation loss rises while the training loss falls",
    "one answer": "the score is the same in every epoch: one class, or one value, for all examples",
    "loss and score": "the score gets better while the loss does not: information, and no alarm",
    "metric": "a score that stays at 0 while the loss falls",
    "early reading": "what few epochs say of a longer training: information, and no alarm",
}
"""What a finding of a history may be called: `{name: what it is about}`."""

_FEWEST = 3
_FLAT = 0.01
_STUCK = 1e-3
_POOR = 0.6
_APART = 3.0
_BRIEF = 0.3
_RISEN = 1.1
_FELL_ON = 0.1
_STILL = 0.9
_NOISE = 3.0
_JUMPS = 0.6
_FAR = 10.0
_SHARES = (
    "accuracy",
    "acc",
    "binary_accuracy",
    "categorical_accuracy",
    "sparse_categorical_accuracy",
)
_AREAS = ("val_auc", "val_prc", "val_pr_auc", "val_roc_auc")
_BETTER = 0.05
_GOOD = 0.95
_AS_RIGHT, _MOST_JITTER = 0.01, 0.03
_NO_LOSS = 1e-6
_NOTHING = 0.01
_EARLY = 0.8
_PILOT = 8
_TURNED = 0.02

Curve = NDArray[np.float64]


def check_history(history: Any) -> tuple[Finding, ...]:  # noqa: ANN401  (three forms)
    """Say what the curves of a training show, whoever trained.

    Args:
        history: What `model.fit` returned, its `history`, the path of a CSV file that
            `keras.callbacks.CSVLogger` wrote, or of a run, whose exported network is meant: `loss`
            and, where there was validation data, `val_loss`, one number an epoch.

    Returns:
        The findings, errors before warnings; each is called by one of the names of
        `diagnose.HISTORY_CHECKS`. Of fewer than three epochs only a loss that is no number is told.
        Of three to eight with validation, where nothing is wrong, what they say of a longer
        training is information.

    Raises:
        ArgumentError: If it is none of these, has no `loss`, or has curves of different lengths.

    Example:
        >>> curves = {"loss": [1.0, 0.6, 0.4, 0.2, 0.1], "val_loss": [1.0, 0.7, 0.6, 0.8, 1.1]}
        >>> (finding,) = dlr.check_history(curves)
        >>> finding.name, finding.advice
        ('overfitting', 'Keep the weights of epoch 3; then more data, augmentation, dropout or a \
penalty, or a smaller network.')
    """
    curves, planned = _read(history), _planned(history)
    loss, held_out = curves["loss"], curves.get("val_loss")
    found = list(_diverged(loss)) or list(check_starved_rate(curves))
    if not found and len(loss) >= _FEWEST:
        found += list(_parted(curves)) or list(_flat(curves))
        found += list(_oscillating(loss)) if not found else []
        found += list(_metric(curves)) or list(_one_answer(curves))
        if held_out is not None:
            found += list(_overfitting(loss, held_out, _held_out_scores(curves)))
        if not found:
            found += list(_stopped(loss, held_out))
        if not found and held_out is not None and len(loss) <= _PILOT:
            found += list(_early_reading(loss, held_out))
    if not found and planned is not None:
        found += list(_ended_early(loss, held_out, planned))
    return tuple(sorted(found, key=lambda one: one.severity != "error"))


def _planned(history: Any) -> int | None:  # noqa: ANN401
    """Return how many epochs were asked for; None if that is not known."""
    parameters = getattr(history, "params", None)
    planned = parameters.get("epochs") if isinstance(parameters, Mapping) else None
    return planned if isinstance(planned, int) else None


def _read(history: Any) -> dict[str, Curve]:  # noqa: ANN401
    if isinstance(history, keras.callbacks.History):
        history = history.history
    if isinstance(history, str | Path):
        path = Path(history)
        history = _read_run(path) if path.is_dir() else _read_csv(path)
    if not isinstance(history, Mapping) or "loss" not in history:
        raise ArgumentError(
            "A history must have a `loss`.",
            received=type(history).__name__
            if not isinstance(history, Mapping)
            else f"{', '.join(map(str, history)) or 'nothing'}",
            fix="Hand over what `model.fit` returned.",
        )
    curves = {}
    for name, values in history.items():
        try:
            numbers = np.array(
                [math.nan if value is None else float(value) for value in values], np.float64
            )
        except (TypeError, ValueError):  # a curve of another kind, such as a name for each epoch
            continue
        curves[str(name)] = numbers
    curves = {
        name: curve
        for name, curve in curves.items()
        if name in ("loss", "val_loss") or len(curve) == len(curves.get("loss", ()))
    }
    lengths = {name: len(curves[name]) for name in ("loss", "val_loss") if name in curves}
    if "loss" not in curves or not len(curves["loss"]) or len(set(lengths.values())) > 1:
        raise ArgumentError(
            "The curves of a history must have one number for each epoch, at least one.",
            received=", ".join(f"{name}: {length}" for name, length in lengths.items())
            or "a loss of other things",
        )
    return curves


def _read_run(path: Path) -> Mapping[str, Any]:
    """Return the curves of the refit that a run exports."""
    refits = RunDirectory.existing(path).read_result().refits
    if not refits:
        raise ArgumentError(
            "A run must have trained its winner again before its curves are read.",
            received=f"{path}",
        )
    return refits[0].history


def _read_csv(path: Path) -> dict[str, list[float]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ArgumentError(
            "A history's file must be one that CSVLogger wrote.", received=f"{path}: {error}"
        ) from error
    names = [name for name in (rows[0] if rows else {}) if name]
    return {name: [_number(row.get(name)) for row in rows] for name in names}


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return math.nan


def _diverged(loss: Curve) -> Iterator[Finding]:
    broken = np.flatnonzero(~np.isfinite(loss))
    if len(broken):
        yield Finding(
            "diverged",
            f"The loss is no number from epoch {broken[0] + 1} on.",
            {"epoch": int(broken[0]) + 1},
            "Look for missing or huge inputs and for logarithms of 0 first; then lower the "
            "learning rate tenfold, or clip gradients.",
            severity="error",
        )
        return
    least = float(loss.min())
    rise = loss[-1] - least
    if len(loss) >= _FEWEST and loss[-1] > _FAR * max(loss[0], least, 1e-9) and rise > 0:
        yield Finding(
            "diverged",
            f"The loss began at {loss[0]:.3g} and ended at {loss[-1]:.3g}.",
            {"first": float(loss[0]), "last": float(loss[-1])},
            "Lower the learning rate tenfold, or clip gradients.",
            severity="error",
        )


def _flat(curves: Mapping[str, Curve]) -> Iterator[Finding]:
    loss = curves["loss"]
    fall = loss[0] - loss.min()
    scale = max(abs(float(loss[0])), float(np.abs(loss).mean()), 1e-12)
    # Where most is learned in the first epoch, the loss hardly falls, and the score is good.
    scores = [curve for name, curve in curves.items() if name in ("accuracy", "acc")]
    poor = any(np.nanmax(curve) < _POOR for curve in scores)
    if float(np.abs(loss).max()) < _NO_LOSS or any(np.nanmax(one) >= _GOOD for one in scores):
        return
    stuck = np.ptp(loss[1:]) < _STUCK * scale and loss[1] > loss[0] / 2 and len(loss) > _FEWEST
    if fall < _FLAT * scale or (poor and fall < 4 * _FLAT * scale) or stuck:
        yield Finding(
            "flat loss",
            f"The loss goes from {loss[0]:.4g} to {loss[-1]:.4g} in {plural(len(loss), 'epoch')}.",
            {"first": float(loss[0]), "last": float(loss[-1])},
            "Let `dlr.check` look at network and data; then raise the learning rate tenfold, and "
            "see whether twenty examples can be learned by heart.",
            severity="warning",
        )


def _parted(curves: Mapping[str, Curve]) -> Iterator[Finding]:
    """A flat loss beside a rising accuracy is normal: more examples are right, none by much."""
    for part, prefix in (("training", ""), ("validation", "val_")):
        loss = curves.get(f"{prefix}loss")
        score = next(
            (curves[f"{prefix}{name}"] for name in _SHARES if f"{prefix}{name}" in curves), None
        )
        if loss is None or score is None or not np.isfinite([*loss, *score]).all():
            continue
        better = float(score[-1] - score[0])
        still = loss[-1] > (1 - _FLAT) * loss[0] if loss[0] > 0 else loss[-1] >= loss[0]
        if still and better > _BETTER:
            yield Finding(
                "loss and score",
                f"The {part} loss does not fall ({loss[0]:.4g} to {loss[-1]:.4g}), and the "
                f"accuracy rises from {score[0]:.3g} to {score[-1]:.3g}: more examples are right, "
                "and some of the others more wrong.",
                {"first": float(loss[0]), "last": float(loss[-1]), "better": better},
                "Judge by what is wanted: the score for decisions, the loss for probabilities.",
            )
            return


def _metric(curves: Mapping[str, Curve]) -> Iterator[Finding]:
    """An accuracy of values, or of the wrong kind of labels, counts hits that never come."""
    loss = curves["loss"]
    for name in _SHARES:
        if name in curves and np.nanmax(curves[name]) < _NOTHING and loss[-1] < loss[0] / 2:
            yield Finding(
                "metric",
                f"`{name}` is {np.nanmax(curves[name]):.2g} at most, while the loss falls from "
                f"{loss[0]:.4g} to {loss[-1]:.4g}: it does not measure what is learned.",
                {"most": float(np.nanmax(curves[name]))},
                'Values have no accuracy: watch "mae" or "root_mean_squared_error" instead.',
            )
            return


def _oscillating(loss: Curve) -> Iterator[Finding]:
    steps = np.diff(loss)
    if len(steps) < 2 * _FEWEST:
        return
    turns = float(np.mean(steps[1:] * steps[:-1] < 0))
    fallen = max(loss[0] - loss[-1], 0.0)
    jump = float(np.median(np.abs(steps)))
    if turns > _JUMPS and jump > fallen / _NOISE and jump > _FLAT * abs(float(np.median(loss))):
        yield Finding(
            "oscillating loss",
            f"The loss turns round in {100 * turns:.0f} % of the epochs, by {jump:.3g} each time, "
            f"and has fallen by {fallen:.3g} in all.",
            {"turns": turns, "jump": jump, "fallen": float(fallen)},
            "Lower the learning rate, or take larger batches.",
            severity="warning",
        )


def _one_answer(curves: Mapping[str, Curve]) -> Iterator[Finding]:
    for name, curve in curves.items():
        plain = name.removeprefix("val_")
        if plain not in (*_SHARES, "precision", "recall", "auc", "f1_score"):
            continue
        both = [curves[one] for one in (plain, f"val_{plain}") if one in curves]
        still = all(np.ptp(one) == 0 for one in both)
        if still and len(curve) >= _FEWEST and 0 <= curve[0] < _GOOD:
            yield Finding(
                "one answer",
                f"`{name}` is {curve[0]:.4g} in every epoch: the network seems to give the same "
                "answer for all examples.",
                {"score": float(curve[0])},
                "Look at its predictions; then at the last activation, the learning rate and the "
                "balance of the classes.",
                severity="warning",
            )
            return


def _held_out_scores(curves: Mapping[str, Curve]) -> Curve | None:
    """Return the accuracy of the validation part, or else the area under its curve."""
    names = [f"val_{name}" for name in _SHARES if f"val_{name}" in curves]
    names += [name for name in curves if name.lower().startswith(_AREAS)]
    return curves[names[0]] if names else None


def _overfitting(loss: Curve, held_out: Curve, scores: Curve | None) -> Iterator[Finding]:
    known = np.isfinite(held_out)
    if known.sum() < _FEWEST:
        return
    best = int(np.nanargmin(held_out))
    last = float(held_out[known][-1])
    least = float(held_out[best])
    fell_on = loss[best] - loss[-1] > _FELL_ON * abs(loss[best])
    later = best < _EARLY * (len(loss) - 1)
    noise = _jitter(held_out[known])
    rose = last > least + max((_RISEN - 1) * abs(least), _NOISE * noise)
    # Or it never got better, while the training loss went to nothing beside it.
    apart = 0 < _APART * loss[-1] < last and loss[-1] < loss[0] / 2
    never = least > 0.8 * float(held_out[known][0])
    # Where as many answers are right as ever, it is only too sure of the others.
    as_right = scores is not None and scores[-1] >= np.nanmax(scores) - max(
        _AS_RIGHT, min(2 * _jitter(scores[np.isfinite(scores)]), _MOST_JITTER)
    )
    if later and ((fell_on and rose) or (apart and never)):
        yield Finding(
            "overfitting",
            f"The validation loss was least in epoch {best + 1} ({least:.3g}) and is {last:.3g} at "
            f"the end, while the training loss went on falling, to {loss[-1]:.3g}.",
            {"epoch": best + 1, "least": least, "last": last},
            f"Keep the weights of epoch {best + 1}; then more data, augmentation, dropout or a "
            "penalty, or a smaller network.",
            severity="info" if as_right else "warning",
        )


def _jitter(curve: Curve) -> float:
    """Return by how much a curve jumps up and down; one that only rises or falls has none."""
    return float(np.median(np.abs(np.diff(curve, n=2)))) / 2 if len(curve) >= _FEWEST else 0.0


def _early_reading(loss: Curve, held_out: Curve) -> Iterator[Finding]:
    """Read the first epochs: where both losses fall together, or the validation loss turns.

    Smith, A disciplined approach to neural network hyper-parameters, arXiv:1803.09820, section 3.
    """
    if not np.isfinite(held_out).all():
        return
    best = int(held_out.argmin())
    least, last = float(held_out[best]), float(held_out[-1])
    evidence: dict[str, float | int | str | list[str]] = {
        "epochs": len(loss),
        "training": float(loss[-1]),
        "validation": last,
    }
    falls = loss[0] - loss[-1]
    if best < len(loss) - 1 and loss[-1] < loss[best] and last > least + _TURNED * abs(least):
        yield Finding(
            "early reading",
            f"After {plural(len(loss), 'epoch')} the validation loss has turned ({least:.3g} in "
            f"epoch {best + 1}, {last:.3g} now) while the training loss falls: a longer training "
            "would overfit.",
            evidence,
            "Try more regularisation, or a higher learning rate, before training longer.",
        )
    elif best == len(loss) - 1 and (np.diff(loss) < 0).all() and last - loss[-1] < falls / 10:
        yield Finding(
            "early reading",
            f"After {plural(len(loss), 'epoch')} both losses fall together ({loss[-1]:.3g} and "
            f"{last:.3g}): the network does not fit yet, and has nothing to overfit.",
            evidence,
            "Try a higher learning rate or a larger network, or train longer.",
        )


def _stopped(loss: Curve, held_out: Curve | None) -> Iterator[Finding]:
    known = held_out is not None and bool(np.isfinite(held_out).all())
    curve = held_out if known and held_out is not None else loss
    fallen = float(curve[0] - curve.min())
    part = max(len(curve) // 5, 1)
    lately = float(curve[-1 - part] - curve[-1])
    # As fast as on the average: it has not begun to level off.
    average = fallen * part / (len(curve) - 1)
    much = fallen > 5 * _FLAT * max(abs(float(curve[0])), 1e-12)
    if much and curve.argmin() == len(curve) - 1 and lately > _STILL * average:
        yield Finding(
            "stopped too early",
            f"The {'validation ' * known}loss fell as fast in the last {plural(part, 'epoch')} as "
            f"in all {len(curve)}.",
            {"epochs": len(curve), "share": lately / fallen},
            "Train longer, or with a higher learning rate.",
            severity="warning",
        )


def _ended_early(loss: Curve, held_out: Curve | None, planned: int) -> Iterator[Finding]:
    curve = loss if held_out is None or not np.isfinite(held_out).all() else held_out
    falling = len(curve) < 2 or curve[-1] <= curve.min()
    if len(loss) < _BRIEF * planned and falling:
        yield Finding(
            "stopped too early",
            f"The training ended after {plural(len(loss), 'epoch')} of {planned}, and the loss was "
            "still falling.",
            {"epochs": len(loss), "planned": planned},
            "Give early stopping a `patience` of 5 to 10 epochs.",
            severity="warning",
        )
