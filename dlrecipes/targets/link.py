"""Numbers from 0 on whose errors grow with their size."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import get_args

from dlrecipes.checks import check_choice
from dlrecipes.errors import ArgumentError
from dlrecipes.losses import PoissonDeviance
from dlrecipes.results import DataSpec, Link, ValueTarget

LINKS: tuple[Link, ...] = get_args(Link)
_SKEWED = 1.0
_SHIFT = 0.01


def usual_link(spec: DataSpec) -> Link:
    """Return how the training targets are learned best: `"root"` or `"identity"`.

    Numbers that are never negative and highly skewed to the right, with a skewness above 1, are
    mostly counts, prices, durations or amounts: many are near 0, and the few large ones vary most.
    Of such a target the root is usual, of all others the identity.

    Args:
        spec: The training data's description.

    Raises:
        DataError: If the data has several targets.

    Example:
        >>> x = np.arange(200.0).reshape(-1, 1)
        >>> bikes = dlr.data.from_arrays(x, np.exp(x[:, 0] / 40)).raw_spec
        >>> degrees = dlr.data.from_arrays(x, x[:, 0] - 50).raw_spec
        >>> dlr.targets.usual_link(bikes), dlr.targets.usual_link(degrees)
        ('root', 'identity')

    Reference:
        Bulmer 1979, Principles of Statistics, chapter 4, calls a skewness above 1 high.
    """
    target = spec.target
    if not isinstance(target, ValueTarget) or target.least is None:
        return "identity"
    return "root" if target.least >= 0 and target.skewness > _SKEWED else "identity"


def with_link(spec: DataSpec, link: Link) -> DataSpec:
    """Return a description whose target is learned through a link function.

    z is what the last layer of a builder's network learns, m and s are mean and standard deviation
    of the training targets. What is put out is always in the units of the target.

    `"identity"`: the network puts out `m + s z`, and learns by the squared error.

    `"root"`: it puts out `(r log(1 + exp(z + c)))²`, where `r = s / (2 sqrt(m))` is about the
    standard deviation of the targets' roots and c is such that z = 0 stands for m. That is never
    negative, and what an input adds to z adds the more to the output the larger it is. The
    network learns by `PoissonDeviance`, a squared error that counts the less the larger the
    prediction is; so it still learns the mean, where a squared error of roots would learn less. In
    roots errors of a Poisson variable are of one size everywhere, and so are the gradients.

    The losses of the two are not comparable: all trials of a study must have the same link.

    Args:
        spec: The training data's description, with a single target.
        link: `"identity"` or `"root"`.

    Raises:
        DataError: If the data has several targets.
        ArgumentError: If there is no such link; or if it is the root, and the target is no number
            of a regression or has negative training values.

    Example:
        >>> x = np.arange(200.0).reshape(-1, 1)
        >>> spec = dlr.data.from_arrays(x, np.exp(x[:, 0] / 40)).raw_spec
        >>> spec = dlr.targets.with_link(spec, "root")
        >>> dlr.targets.loss_and_metrics(spec.targets)["loss"].name
        'poisson_deviance'

    Reference:
        McCullagh and Nelder 1989, Generalized Linear Models, chapter 9, on quasi-likelihoods;
        Bartlett 1936, The Square Root Transformation in Analysis of Variance.
    """
    check_choice("link", link, LINKS)
    target = spec.target
    if isinstance(target, ValueTarget):
        if link == "root" and (target.least is None or target.least < 0):
            raise ArgumentError(
                "A target must not be negative for a root link.",
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


def deviance_loss(target: ValueTarget) -> PoissonDeviance:
    """Return the loss of a root link, with numbers that follow the target's unit.

    A hundredth of the mean is small enough to say that errors grow with size, and large enough
    that no target of 0 asks for an output of minus infinity.

    Args:
        target: With a mean above 0.
    """
    shift = _SHIFT * target.mean
    return PoissonDeviance(shift, target.mean + shift)


def inverse_softplus(value: float) -> float:
    """Return x with `log(1 + exp(x)) = value`.

    Args:
        value: Above 0.
    """
    # Not log(expm1(value)), which overflows for large values.
    return value + math.log(-math.expm1(-value))
