"""Sources, splits, the seal, preprocessing and the audit."""

from dlrecipes.data.add_lags import add_lags
from dlrecipes.data.as_tensors import as_tensors
from dlrecipes.data.audit import audit
from dlrecipes.data.balance_classes import balance_classes
from dlrecipes.data.by_exposure import by_exposure
from dlrecipes.data.columns import Columns
from dlrecipes.data.cross_validation import FoldData, draw_folds
from dlrecipes.data.development import Development
from dlrecipes.data.from_arrays import from_arrays
from dlrecipes.data.from_dataset import from_dataset
from dlrecipes.data.from_table import from_table
from dlrecipes.data.ledger import Ledger
from dlrecipes.data.load import load
from dlrecipes.data.load_images import load_images
from dlrecipes.data.load_table import load_table
from dlrecipes.data.only_with_data import check_only_with_data
from dlrecipes.data.opening import Opening
from dlrecipes.data.pack import pack_inputs, pack_subgroups, unpack_inputs, unpack_subgroups
from dlrecipes.data.part_targets import target_development, target_part
from dlrecipes.data.preprocess import apply_preprocess, fit_preprocess
from dlrecipes.data.rare_class import rare_below
from dlrecipes.data.read_times import read_times, table_times
from dlrecipes.data.reweigh_groups import reweigh_groups
from dlrecipes.data.seal import study_running
from dlrecipes.data.sealed_split import SealedSplit
from dlrecipes.data.split import Split
from dlrecipes.data.splits import Splits
from dlrecipes.data.start_small import climb_ladder, start_small
from dlrecipes.data.table_columns import table_columns
from dlrecipes.data.table_drawing import Drawing
from dlrecipes.data.table_preprocess import TablePreprocess
from dlrecipes.data.text_tokens import TextTokens
from dlrecipes.data.weigh_classes import weigh_classes
from dlrecipes.targets import keras_targets
from dlrecipes.targets.encode import describe_target

__all__ = [
    "Columns",
    "Development",
    "Drawing",
    "FoldData",
    "Ledger",
    "Opening",
    "SealedSplit",
    "Split",
    "Splits",
    "TablePreprocess",
    "TextTokens",
    "add_lags",
    "apply_preprocess",
    "as_tensors",
    "check_only_with_data",
    "climb_ladder",
    "describe_target",
    "draw_folds",
    "audit",
    "balance_classes",
    "by_exposure",
    "fit_preprocess",
    "from_arrays",
    "from_dataset",
    "from_table",
    "keras_targets",
    "load",
    "load_images",
    "load_table",
    "pack_inputs",
    "pack_subgroups",
    "rare_below",
    "read_times",
    "reweigh_groups",
    "start_small",
    "study_running",
    "table_columns",
    "table_times",
    "target_development",
    "target_part",
    "unpack_inputs",
    "unpack_subgroups",
    "weigh_classes",
]
