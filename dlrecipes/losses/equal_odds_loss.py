"""A cross-entropy with a constraint: groups are to be judged alike within each class."""

from __future__ import annotations

from typing import Any

import keras

from dlrecipes.checks import check_integer, check_real
from dlrecipes.errors import ArgumentError

_CLASSES = 2


@keras.saving.register_keras_serializable(package="dlrecipes")
class EqualOddsLoss(keras.losses.Loss):
    """Binary cross-entropy, plus how far the groups' mean probabilities lie apart in a class.

    With `m_cg` the mean probability of class 1 among the examples of label `c` and group `g` in a
    batch, `L = cross-entropy + strength * sum_c sum_{g<h} (m_cg - m_ch)**2`. At 0 for all, those
    of one label have the same mean in every group: the network may not judge by the group. It
    holds for means, hence for decisions (equalized odds) only as far as the groups' probabilities
    are spread alike; measure those with `dlr.diagnose.measure_subgroups`.

    A label of a group that a batch does not have is left out. A mean of few examples differs by
    chance alone, which is penalised as well: choose batches that have ten or more of each.

    Args:
        strength: Factor of the constraint, at least 0.
        groups: Number of groups, at least 2.
        reduction: How Keras reduces the losses of the examples, to each of which the constraint
            is added.
        name: The loss's name.
        dtype: Dtype of the computation; None for Keras' float type.

    Call arguments:
        y_true: The label, 0 or 1, and the group, from 0 to `groups - 1`: `(batch, 2)`.
        y_pred: Logits `(batch, 1)` or `(batch,)`.

    Raises:
        ArgumentError: If an argument is out of range, or `y_true` has not two columns.

    Example:
        >>> loss = dlr.losses.EqualOddsLoss(strength=1.0)
        >>> y = np.array([[1, 0], [1, 1], [0, 0], [0, 1]])
        >>> alike, apart = np.array([0.0, 0.0, 0.0, 0.0]), np.array([9.0, -9.0, 0.0, 0.0])
        >>> round(float(loss(y, alike)), 3)  # ln 2
        0.693
        >>> plain = dlr.losses.EqualOddsLoss(strength=0.0)
        >>> round(float(loss(y, apart) - plain(y, apart)), 3)
        1.0

    Reference:
        Hardt, Price and Srebro 2016, Equality of Opportunity in Supervised Learning; Bechavod and
        Ligett 2017, Penalizing Unfairness in Binary Classification.
    """

    def __init__(
        self,
        strength: float = 10.0,
        groups: int = 2,
        *,
        reduction: str | None = "sum_over_batch_size",
        name: str = "equal_odds_loss",
        dtype: str | keras.DTypePolicy | None = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.strength = check_real("strength", strength, 0)
        self.groups = check_integer("groups", groups, 2)

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """Return one loss for each example, `(batch,)`."""
        ops = keras.ops
        y_true = ops.convert_to_tensor(y_true)
        if len(y_true.shape) != 2 or y_true.shape[-1] != 2:
            raise ArgumentError(
                "`y_true` must have two columns, the label and the group.",
                received=f"y_true of shape {tuple(y_true.shape)}",
                fix="For example `np.stack([y, group], axis=1)`.",
            )
        logits = ops.reshape(ops.convert_to_tensor(y_pred), (-1,))
        label = ops.cast(y_true[:, 0], logits.dtype)
        losses = ops.binary_crossentropy(label, logits, from_logits=True)
        return losses + self.strength * self._constraint(y_true, ops.sigmoid(logits))

    def _constraint(
        self, y_true: keras.KerasTensor, probabilities: keras.KerasTensor
    ) -> keras.KerasTensor:
        """Return the sum over the classes of the squared differences between two groups each."""
        ops = keras.ops
        cells = ops.cast(y_true[:, 0] * self.groups + y_true[:, 1], "int32")
        inside = ops.one_hot(cells, _CLASSES * self.groups, dtype=probabilities.dtype)
        counts = ops.sum(inside, axis=0)
        means = ops.divide_no_nan(ops.matmul(probabilities, inside), counts)
        means = ops.reshape(means, (_CLASSES, self.groups))
        known = ops.cast(ops.reshape(counts, (_CLASSES, self.groups)) > 0, means.dtype)
        # Over the pairs of n numbers, (a - b)**2 adds up to n * sum(a**2) - sum(a)**2.
        number = ops.sum(known, axis=1)
        pairs = number * ops.sum(means**2, axis=1) - ops.sum(means, axis=1) ** 2
        return ops.sum(pairs)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "strength": self.strength,
            "groups": self.groups,
            "dtype": self.dtype,
        }
