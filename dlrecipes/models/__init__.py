"""Builders: functions that return an uncompiled `keras.Model`."""

from dlrecipes.models.build_cnn import build_cnn
from dlrecipes.models.build_mlp import build_mlp
from dlrecipes.models.build_multitask import build_multitask
from dlrecipes.models.build_realmlp import build_realmlp
from dlrecipes.models.build_resnet import build_resnet
from dlrecipes.models.build_rnn import build_rnn
from dlrecipes.models.build_tabm import build_tabm
from dlrecipes.models.build_tabular import build_tabular
from dlrecipes.models.build_text import build_text
from dlrecipes.models.encode_table import build_table_encoder
from dlrecipes.models.from_last_value import from_last_value
from dlrecipes.models.member_model import MemberModel
from dlrecipes.models.task_outputs import prior_bias

__all__ = [
    "MemberModel",
    "build_cnn",
    "build_mlp",
    "build_multitask",
    "build_realmlp",
    "build_resnet",
    "build_rnn",
    "build_table_encoder",
    "build_tabm",
    "build_tabular",
    "build_text",
    "from_last_value",
    "prior_bias",
]
