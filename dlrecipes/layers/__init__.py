"""Layers that work in anyone's Keras code on their own."""

from dlrecipes.layers.activations import absolute
from dlrecipes.layers.feature_scaling import FeatureScaling
from dlrecipes.layers.imputation import Imputation
from dlrecipes.layers.inverted_dropout import InvertedDropout
from dlrecipes.layers.kernels import matched_initializer
from dlrecipes.layers.locally_connected import LocallyConnected2D
from dlrecipes.layers.member_dense import MemberDense
from dlrecipes.layers.member_mean import MemberMean
from dlrecipes.layers.member_scaling import MemberScaling
from dlrecipes.layers.min_max_scaling import MinMaxScaling
from dlrecipes.layers.ntk_dense import NTKDense
from dlrecipes.layers.one_hot import OneHot
from dlrecipes.layers.ordinal_head import OrdinalHead
from dlrecipes.layers.parametric_activation import ParametricActivation
from dlrecipes.layers.pca_whitening import PCAWhitening
from dlrecipes.layers.periodic_bias_embedding import PeriodicBiasEmbedding
from dlrecipes.layers.periodic_embedding import PeriodicEmbedding
from dlrecipes.layers.piecewise_linear_embedding import PiecewiseLinearEmbedding
from dlrecipes.layers.piecewise_linear_encoding import PiecewiseLinearEncoding
from dlrecipes.layers.quantile_clip import QuantileClip
from dlrecipes.layers.quantile_to_normal import QuantileToNormal
from dlrecipes.layers.residual_block import BATCH_MOMENTUM, ResidualBlock
from dlrecipes.layers.robust_scaling import RobustScaling
from dlrecipes.layers.scheduled_dropout import ScheduledDropout
from dlrecipes.layers.standardization import Standardization
from dlrecipes.layers.temperature_scaling import TemperatureScaling
from dlrecipes.layers.zca_whitening import ZCAWhitening

__all__ = [
    "BATCH_MOMENTUM",
    "FeatureScaling",
    "Imputation",
    "InvertedDropout",
    "LocallyConnected2D",
    "MemberDense",
    "MemberMean",
    "MemberScaling",
    "MinMaxScaling",
    "NTKDense",
    "OneHot",
    "OrdinalHead",
    "PCAWhitening",
    "ParametricActivation",
    "PeriodicBiasEmbedding",
    "PeriodicEmbedding",
    "PiecewiseLinearEmbedding",
    "PiecewiseLinearEncoding",
    "QuantileClip",
    "QuantileToNormal",
    "ResidualBlock",
    "RobustScaling",
    "ScheduledDropout",
    "Standardization",
    "TemperatureScaling",
    "ZCAWhitening",
    "absolute",
    "matched_initializer",
]
