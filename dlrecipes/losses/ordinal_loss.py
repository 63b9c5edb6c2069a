"""A loss for classes that have an order."""

from __future__ import annotations

import keras

from dlrecipes.errors import ArgumentError

# Stands for minus infinity among log-probabilities; finite, so that no gradient becomes inf - inf.
_NONE = -1e30


@keras.saving.register_keras_serializable(package="dlrecipes")
class OrdinalLoss(keras.losses.Loss):
    """Cross-entropy of the questions "is it more than class k?", one for each k.

    `L = -sum_k [y > k] log P(y > k) + [y <= k] log P(y <= k)` over all classes k but the last.
    A prediction that is three classes off answers three questions wrongly and costs more than one
    that is next to the truth; the plain cross-entropy does not tell the two apart. For two classes
    it is the cross-entropy.

    With `dlrecipes.layers.OrdinalHead` it is CORAL's loss, all its task weights 1. The logits of a
    softmax do as well. Computed in float32 at least, from sums of log-probabilities, and finite
    for every logit.

    Args:
        reduction: How Keras reduces the losses of the examples.
        name: The loss's name.
        dtype: Dtype of the computation; None for Keras' float type. Narrower ones than float32
            are widened to it.

    Call arguments:
        y_true: Class indices in [0, classes), in their order, `(batch,)` or `(batch, 1)`.
        y_pred: Logits or log-probabilities `(batch, classes)`.

    Raises:
        ArgumentError: If the predictions have fewer than two classes.

    Example:
        >>> loss = dlr.losses.OrdinalLoss()
        >>> near, far = np.log([[0.1, 0.8, 0.1]]), np.log([[0.1, 0.1, 0.8]])
        >>> round(float(loss(np.array([0]), near)), 3), round(float(loss(np.array([0]), far)), 3)
        (2.408, 3.912)

    Reference:
        Cao, Mirjalili and Raschka 2020, Rank Consistent Ordinal Regression for Neural Networks
        (arXiv:1901.07884), equation 4.
    """

    from_logits = True

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "ordinal_loss",
        dtype: str | keras.DTypePolicy | None = None,
    ) -> None:
        policy = keras.dtype_policies.get(dtype or keras.config.floatx())
        wide = keras.backend.result_type(policy.compute_dtype, "float32")
        super().__init__(name=name, reduction=reduction, dtype=wide)

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        """Return one loss for each example, `(batch,)`."""
        y_pred = keras.ops.convert_to_tensor(y_pred)
        classes = y_pred.shape[-1]
        if len(y_pred.shape) != 2 or classes is None or classes < 2:
            raise ArgumentError(
                "Predictions of ordered classes must have the shape (batch, classes), with at "
                "least two classes.",
                received=f"y_pred.shape={tuple(y_pred.shape)}",
            )
        wide = keras.backend.result_type(y_pred.dtype, "float32")
        log_p = keras.ops.log_softmax(keras.ops.cast(y_pred, wide), axis=-1)[:, None, :]
        ranks = keras.ops.arange(classes, dtype="int32")
        more = ranks[None, :] > ranks[:-1, None]  # (questions, classes)
        log_more = keras.ops.logsumexp(keras.ops.where(more, log_p, _NONE), axis=-1)
        log_not_more = keras.ops.logsumexp(keras.ops.where(more, _NONE, log_p), axis=-1)
        y_true = keras.ops.reshape(keras.ops.cast(y_true, "int32"), (-1, 1))
        return -keras.ops.sum(
            keras.ops.where(y_true > ranks[None, :-1], log_more, log_not_more), axis=-1
        )

    def get_config(self) -> dict[str, object]:
        return {**super().get_config(), "dtype": self.dtype}
