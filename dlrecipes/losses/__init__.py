"""Losses that work in anyone's Keras code on their own."""

from dlrecipes.losses.focal_loss import FocalLoss

__all__ = ["FocalLoss"]
