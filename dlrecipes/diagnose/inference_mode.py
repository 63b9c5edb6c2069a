"""Whether a finished network is the one that was trained: moving averages may lag behind."""

from __future__ import annotations

import math

from dlrecipes.results import Finding, History, LossParts, significant

_TIMES = 2.0
_OF_FIRST = 0.1


def check_inference_mode(
    history: History, best_epoch: int, train_loss: LossParts | None
) -> tuple[Finding, ...]:
    """Say whether the training loss in inference mode is far above what training showed.

    Training shows the mean over an epoch, with dropout and with earlier weights, so that it is the
    higher one as a rule. Where inference is twice as high, layers compute otherwise there: as a
    rule it is BatchNormalization, whose moving averages need some hundreds of steps at a momentum
    of .99. The network that is exported is the one of inference.

    Args:
        history: The curves of the training; without `loss` nothing is said.
        best_epoch: The epoch that was kept, from 0.
        train_loss: The loss on the same training examples in inference mode; None if unknown.

    Returns:
        A warning called `"moving averages"`, or nothing.

    Example:
        >>> from dlrecipes.results import LossParts
        >>> curves, parts = {"loss": [0.9, 0.2, 0.05]}, LossParts(0.71, 0.0, 0.71)
        >>> (finding,) = dlr.diagnose.check_inference_mode(curves, 2, parts)
        >>> finding.verdict
        'The training loss of the finished network is 0.71, where training showed 0.05.'
    """
    curve = history.get("loss", [])
    told = curve[best_epoch] if 0 <= best_epoch < len(curve) else None
    first = next((value for value in curve if value is not None), None)
    if train_loss is None or told is None or first is None or told <= 0:
        return ()
    now = train_loss.total
    if not math.isfinite(now) or now <= _TIMES * told or now - told <= _OF_FIRST * abs(first):
        return ()
    return (
        Finding(
            "moving averages",
            f"The training loss of the finished network is {significant(now, 3)}, where training "
            f"showed {significant(told, 3)}.",
            {"training": told, "inference": now},
            "Layers compute otherwise in inference. Of BatchNormalization, lower the momentum "
            "(0.9) or train for more steps, so that its moving averages arrive.",
            severity="warning",
        ),
    )
