"""Layers that work in anyone's Keras code on their own."""

from dlrecipes.layers.batch_momentum import BATCH_MOMENTUM
from dlrecipes.layers.inverted_dropout import InvertedDropout
from dlrecipes.layers.matched_initializer import matched_initializer
from dlrecipes.layers.residual_block import ResidualBlock

__all__ = ["BATCH_MOMENTUM", "InvertedDropout", "ResidualBlock", "matched_initializer"]
