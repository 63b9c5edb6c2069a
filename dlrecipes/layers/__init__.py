"""Layers that work in anyone's Keras code on their own."""

from dlrecipes.layers.inverted_dropout import InvertedDropout
from dlrecipes.layers.matched_initializer import matched_initializer
from dlrecipes.layers.residual_block import ResidualBlock

__all__ = ["InvertedDropout", "ResidualBlock", "matched_initializer"]
