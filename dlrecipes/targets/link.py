"""Link functions: numbers that a network can only predict from 0 on."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import get_args

from dlrecipes.checks import check_choice
from dlrecipes.errors import ArgumentError
from dlrecipes.results import DataSpec, Link, ValueTarget

LINKS: tuple[Link, ...] = get_args(Link)
_SKEWED = 1.0


def usual_link(spec: DataSpec) -> Link:
    """Return the link function that fits the training targets: `"softplus"` or `"identity"`.

    Numbers that are never negative and highly skewed to the right, with a skewness above 1, are
    mostly counts, prices, durations or amounts: many are near 0, and the few large ones vary most.
    Of such a target the softplus link is usual, of all others the identity.

    Args:
        spec: The training data's description.

    Raises:
        DataError: If the data has several targets.

    Example:
        >>> x = np.arange(200.0).reshape(-1, 1)
        >>> bikes = dlr.data.from_arrays(x, np.exp(x[:, 0] / 40)).raw_spec
        >>> degrees = dlr.data.from_arrays(x, x[:, 0] - 50).raw_spec
        >>> dlr.targets.usual_link(bikes), dlr.targets.usual_link(degrees)
        ('softplus', 'identity')

    Reference:
        Bulmer 1979, Principles of Statistics, chapter 4, calls a skewness above 1 high.
    """
    target = spec.target
    if not isinstance(target, ValueTarget) or target.least is None:
        return "identity"
    return "softplus" if target.least >= 0 and target.skewness > _SKEWED else "identity"


def with_link(spec: DataSpec, link: Link) -> DataSpec:
    """Return a description whose target is learned through a link function.

    A builder that is given it puts out `m + s z` for the identity, and for softplus
    `s log(1 + exp(z + c))`, where z is what its last layer learns, m and s are mean and standard
    deviation of the training targets, and c is such that z = 0 stands for m. Both are in the units
    of the target, and both are trained with the squared error in these units: the losses of the
    two can be compared. Softplus never falls below 0. Far above s it is a straight line, near 0 an
    exponential: what an input does there multiplies the prediction and does not add to it.

    Args:
        spec: The training data's description, with a single target.
        link: `"identity"` or `"softplus"`.

    Raises:
        DataError: If the data has several targets.
        ArgumentError: If there is no such link; or if it is softplus, and the target is no number
            of a regression or has negative training values.

    Example:
        >>> x = np.arange(200.0).reshape(-1, 1)
        >>> spec = dlr.data.from_arrays(x, np.exp(x[:, 0] / 40)).raw_spec
        >>> spec = dlr.targets.with_link(spec, "softplus")
        >>> spec.target.link
        'softplus'

    Reference:
        McCullagh and Nelder 1989, Generalized Linear Models, chapter 2, on link functions; Dugas
        et al. 2000, Incorporating Second-Order Functional Knowledge for Better Option Pricing, on
        softplus for what must be positive.
    """
    check_choice("link", link, LINKS)
    target = spec.target
    if isinstance(target, ValueTarget):
        if link == "softplus" and (target.least is None or target.least < 0):
            raise ArgumentError(
                "A target must not be negative for a softplus link.",
                received="training values that are not known"
                if target.least is None
                else f"values down to {target.least:g} in the training part",
                fix="Leave the link at 'identity'.",
            )
        return replace(spec, targets=(replace(target, link=link),))
    if link != "identity":
        raise ArgumentError(
            "A link must be of a regression's numbers.",
            received=f"link={link!r} with a target of the task {target.task!r}",
            fix="Counts have a logarithm as their link already, classes the log odds.",
        )
    return spec


def inverse_softplus(value: float) -> float:
    """Return x with `log(1 + exp(x)) = value`.

    Args:
        value: Above 0.
    """
    # Not log(expm1(value)), which overflows for large values.
    return value + math.log(-math.expm1(-value))
