"""Sources, splits, the seal, preprocessing and the audit."""

from dlrecipes.data.audit import audit
from dlrecipes.data.from_arrays import from_arrays
from dlrecipes.data.from_dataset import from_dataset
from dlrecipes.data.images.image_data import ImageReading
from dlrecipes.data.images.load_images import load_images
from dlrecipes.data.load import load
from dlrecipes.data.parts.balance import (
    balance_classes,
    read_class_weight,
    reweigh_groups,
    weigh_classes,
    with_class_weight,
)
from dlrecipes.data.parts.columns import (
    Columns,
    pack_inputs,
    pack_subgroups,
    unpack_inputs,
    unpack_subgroups,
)
from dlrecipes.data.parts.ledger import Ledger, Opening
from dlrecipes.data.parts.part_targets import target_development, target_part
from dlrecipes.data.parts.preprocess import (
    Example,
    apply_preprocess,
    as_tensors,
    fit_preprocess,
    keras_inputs,
)
from dlrecipes.data.parts.sealed_split import SealedSplit, study_running
from dlrecipes.data.parts.several_inputs import Inputs
from dlrecipes.data.parts.split import Split
from dlrecipes.data.parts.splits import Development, Splits
from dlrecipes.data.series.add_lags import add_lags
from dlrecipes.data.series.read_times import read_times, table_times
from dlrecipes.data.splitting.cross_validation import FoldData, draw_folds
from dlrecipes.data.splitting.split_rule import SplitRule
from dlrecipes.data.splitting.start_small import climb_ladder, start_small
from dlrecipes.data.tables.by_exposure import by_exposure
from dlrecipes.data.tables.drop_outliers import drop_outliers
from dlrecipes.data.tables.from_table import ColumnRules, from_table
from dlrecipes.data.tables.load_table import TableReading, check_only_with_data, load_table
from dlrecipes.data.tables.table_columns import table_columns
from dlrecipes.data.tables.table_preprocess import TablePreprocess
from dlrecipes.data.texts.text_tokens import TextTokens
from dlrecipes.targets import keras_targets, rare_below
from dlrecipes.targets.encode import describe_target

__all__ = [
    "ColumnRules",
    "Columns",
    "Development",
    "SplitRule",
    "Example",
    "FoldData",
    "ImageReading",
    "Inputs",
    "Ledger",
    "Opening",
    "SealedSplit",
    "Split",
    "Splits",
    "TablePreprocess",
    "TableReading",
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
    "drop_outliers",
    "fit_preprocess",
    "from_arrays",
    "from_dataset",
    "from_table",
    "keras_inputs",
    "keras_targets",
    "load",
    "load_images",
    "load_table",
    "pack_inputs",
    "pack_subgroups",
    "rare_below",
    "read_times",
    "read_class_weight",
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
    "with_class_weight",
]
