"""What a member of the zoo is: a program with one fault and its cure, or a healthy one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Measure = Callable[[Any, Any, Any], float]
"""A score of `(model, x, y)`; more is better, and what is not a number is as bad as can be."""


@dataclass(frozen=True)
class Setup:
    """What a person has in hand just before and after calling `fit`.

    Args:
        model: Compiled.
        x: Inputs as they go into `fit`: an array, a list or a dictionary of arrays.
        y: Labels likewise.
        held_out: `(x, y)` of the world that the program is meant for, inputs in the form that this
            model takes. For judging alone: its author has not seen it, and no check may.
        batch_size: Examples a step.
        epochs: Most passes over the data.
        validation: `(x, y)`, or None.
        fit: Further arguments of `fit`.
    """

    model: Any
    x: Any
    y: Any
    held_out: tuple[Any, Any]
    batch_size: int = 32
    epochs: int = 10
    validation: tuple[Any, Any] | None = None
    fit: dict[str, Any] = field(default_factory=dict)

    def train(self, **further: Any) -> Any:  # noqa: ANN401  (keras.callbacks.History)
        """Fit the model as its author does and return the history.

        Args:
            further: More arguments of `fit`.
        """
        return self.model.fit(
            self.x,
            self.y,
            batch_size=self.batch_size,
            epochs=self.epochs,
            validation_data=self.validation,
            verbose=0,
            **self.fit,
            **further,
        )


@dataclass(frozen=True)
class Program:
    """A program with one fault.

    Args:
        name: What it is called.
        kind: One of `KINDS`.
        moment: One of `MOMENTS`: the earliest at which it can be told.
        write: Writes the program, with the fault (False) or with this fault mended (True).
        measure: Judges both on their held-out data.
        gain: By how much the cured must be better.
        fault: One line: what is wrong.
        judged: `"score"`: the cured scores higher on held-out data. `"honesty"`: what counts is
            the distance between the score on its validation data and the one on held-out data,
            and the cured has the smaller one by `gain`.
        raises: Whether `fit` refuses it; the cured must then score `gain`.
    """

    name: str
    kind: str
    moment: str
    write: Callable[[bool], Setup]
    measure: Measure
    gain: float
    fault: str
    judged: str = "score"
    raises: bool = False

    def sick(self) -> Setup:
        """Return the program with its fault."""
        return self.write(False)

    def cured(self) -> Setup:
        """Return the same program with only this fault mended."""
        return self.write(True)


@dataclass(frozen=True)
class Healthy:
    """A program without a fault that a naive check misjudges.

    Args:
        name: What it is called.
        why: What looks wrong about it.
        make: Makes it.
        measure: Judges it on its held-out data.
        right: The score that it must reach.
    """

    name: str
    why: str
    make: Callable[[], Setup]
    measure: Measure
    right: float


KINDS = {
    "output_activation": "the last activation does not give what the loss takes it for",
    "output_units": "the number of outputs does not fit the labels or the loss",
    "label_form": "labels in a form or order that the loss does not read",
    "target_range": "targets outside what the output can reach, or on a wrong scale",
    "wrong_loss": "a loss of another task, of a wrong sign, or a mistaken one of one's own",
    "input_scale": "inputs not scaled, scaled twice, or scaled wrongly",
    "input_content": "inputs that are missing, infinite, emptied, or codes taken for numbers",
    "activation": "activations inside that are missing, saturate or die",
    "initial_weights": "weights that start equal, at zero or far too large",
    "disconnected": "frozen layers, unused inputs, or no gradient on the way",
    "axes": "axes swapped, flattened, pooled or normalised the wrong way",
    "capacity": "too narrow or too small a network for the task",
    "regularisation": "dropout, penalty, decay or constraint far too strong",
    "normalisation": "BatchNormalization misused",
    "learning_rate": "a rate far too high or too low for its optimizer",
    "optimizer": "other settings of the optimizer, or a step of one's own, that prevent learning",
    "batches": "order or size of the batches prevents learning",
    "duration": "training ends long before it is done",
    "overfitting": "training data learnt by heart",
    "wrong_labels": "labels that do not belong to their inputs, or many that are wrong",
    "leak": "inputs that know the label",
    "validation": "validation data that does not tell what it is taken to tell",
    "imbalance": "rare classes neglected, or weights that neglect them",
}
"""What can be wrong: `{kind: description}`."""

MOMENTS = {
    "before": "from data, compiled model, loss and arguments of fit, before the first epoch",
    "after": "from what training leaves behind: the history and the trained model",
    "while": "by watching steps of the training: gradients, updates, activations",
}
"""When it can be told at the earliest."""
