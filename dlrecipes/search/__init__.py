"""Search: stages, ask and tell, storage."""

from dlrecipes.search.backends import Store, discover_space, run_builder, suggest
from dlrecipes.search.change_plan import with_budget, with_setting
from dlrecipes.search.coarse_to_fine import CoarseToFine
from dlrecipes.search.listener import Listener
from dlrecipes.search.study import search
from dlrecipes.search.trial_source import StudyContext

__all__ = [
    "CoarseToFine",
    "Listener",
    "Store",
    "StudyContext",
    "discover_space",
    "run_builder",
    "search",
    "suggest",
    "with_budget",
    "with_setting",
]
