"""Sources, splits, the seal, preprocessing and the audit."""

from dlrecipes.data.as_tensors import as_tensors
from dlrecipes.data.audit import audit
from dlrecipes.data.columns import Columns
from dlrecipes.data.development import Development
from dlrecipes.data.from_arrays import from_arrays
from dlrecipes.data.from_table import Drawing, from_table
from dlrecipes.data.ledger import Ledger
from dlrecipes.data.load import load
from dlrecipes.data.load_table import load_table
from dlrecipes.data.opening import Opening
from dlrecipes.data.pack import pack_inputs, unpack_inputs
from dlrecipes.data.preprocess import apply_preprocess, fit_preprocess
from dlrecipes.data.seal import study_running
from dlrecipes.data.sealed_split import SealedSplit
from dlrecipes.data.split import Split
from dlrecipes.data.splits import Splits
from dlrecipes.data.table_columns import table_columns
from dlrecipes.data.table_preprocess import TablePreprocess
from dlrecipes.data.text_tokens import TextTokens

__all__ = [
    "Columns",
    "Development",
    "Drawing",
    "Ledger",
    "Opening",
    "SealedSplit",
    "Split",
    "Splits",
    "TablePreprocess",
    "TextTokens",
    "apply_preprocess",
    "as_tensors",
    "audit",
    "fit_preprocess",
    "from_arrays",
    "from_table",
    "load",
    "load_table",
    "pack_inputs",
    "study_running",
    "table_columns",
    "unpack_inputs",
]
