"""Losses that work in anyone's Keras code on their own."""

from dlrecipes.losses.equal_odds_loss import EqualOddsLoss
from dlrecipes.losses.focal_loss import FocalLoss
from dlrecipes.losses.masked_loss import MaskedLoss
from dlrecipes.losses.masked_metric import MaskedMetric
from dlrecipes.losses.ordinal_loss import OrdinalLoss
from dlrecipes.losses.penalty_strength import PENALTY_FORMS, penalty_strength
from dlrecipes.losses.poisson_deviance import PoissonDeviance

__all__ = [
    "PENALTY_FORMS",
    "EqualOddsLoss",
    "FocalLoss",
    "MaskedLoss",
    "MaskedMetric",
    "OrdinalLoss",
    "PoissonDeviance",
    "penalty_strength",
]
