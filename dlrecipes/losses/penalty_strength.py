"""One strength of a penalty, in the several forms in which books write it."""

from __future__ import annotations

from dlrecipes.checks import check_choice, check_integer, check_real

PENALTY_FORMS = {
    "plain": "mean loss + λ Σ w²",
    "half": "mean loss + λ/2 Σ w²",
    "over examples": "mean loss + λ/2m Σ w²",
    "summed loss": "summed loss + λ Σ w²",
}
"""How λ may stand in a loss over m examples: `{form: formula}`."""


def penalty_strength(strength: float, form: str, *, examples: int) -> float:
    """Return what to hand to `keras.regularizers.L2` for a λ that is given in another form.

    Keras adds `l2 * sum(w²)` to the mean loss of a batch. Books write λ/2 in its place, divide by
    the number of examples, or sum the loss instead of averaging it: the same λ then means a
    penalty that is thousands of times weaker. For `keras.regularizers.L1` the forms "plain" and
    "summed loss" hold likewise.

    Args:
        strength: λ, at least 0.
        form: One of `dlr.losses.PENALTY_FORMS`.
        examples: How many training examples there are (m), at least 1.

    Returns:
        The strength for Keras.

    Raises:
        ArgumentError: If an argument is out of range.

    Example:
        >>> dlr.losses.penalty_strength(0.1, "over examples", examples=1000)
        5e-05
    """
    check_real("strength", strength, 0)
    check_choice("form", form, PENALTY_FORMS)
    check_integer("examples", examples, 1)
    over = {"plain": 1, "half": 2, "over examples": 2 * examples, "summed loss": examples}[form]
    return strength / over
