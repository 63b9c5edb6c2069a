"""Layers that work in anyone's Keras code on their own."""

from dlrecipes.layers.activations import absolute
from dlrecipes.layers.imputation import Imputation
from dlrecipes.layers.inverted_dropout import InvertedDropout
from dlrecipes.layers.kernels import matched_initializer
from dlrecipes.layers.locally_connected import LocallyConnected2D
from dlrecipes.layers.min_max_scaling import MinMaxScaling
from dlrecipes.layers.one_hot import OneHot
from dlrecipes.layers.ordinal_head import OrdinalHead
from dlrecipes.layers.pca_whitening import PCAWhitening
from dlrecipes.layers.piecewise_linear_encoding import PiecewiseLinearEncoding
from dlrecipes.layers.quantile_clip import QuantileClip
from dlrecipes.layers.residual_block import BATCH_MOMENTUM, ResidualBlock
from dlrecipes.layers.scheduled_dropout import ScheduledDropout
from dlrecipes.layers.standardization import Standardization
from dlrecipes.layers.zca_whitening import ZCAWhitening

__all__ = [
    "BATCH_MOMENTUM",
    "Imputation",
    "InvertedDropout",
    "LocallyConnected2D",
    "MinMaxScaling",
    "OneHot",
    "OrdinalHead",
    "PCAWhitening",
    "PiecewiseLinearEncoding",
    "QuantileClip",
    "ResidualBlock",
    "ScheduledDropout",
    "Standardization",
    "ZCAWhitening",
    "absolute",
    "matched_initializer",
]
