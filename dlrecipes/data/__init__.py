"""Sources, splits, the seal, preprocessing and the audit."""

from dlrecipes.data.audit import audit
from dlrecipes.data.development import Development
from dlrecipes.data.from_arrays import from_arrays
from dlrecipes.data.ledger import Ledger
from dlrecipes.data.load import load
from dlrecipes.data.opening import Opening
from dlrecipes.data.preprocess import apply_preprocess, fit_preprocess
from dlrecipes.data.seal import study_running
from dlrecipes.data.sealed_split import SealedSplit
from dlrecipes.data.split import Split
from dlrecipes.data.splits import Splits

__all__ = [
    "Development",
    "Ledger",
    "Opening",
    "SealedSplit",
    "Split",
    "Splits",
    "apply_preprocess",
    "audit",
    "fit_preprocess",
    "from_arrays",
    "load",
    "study_running",
]
