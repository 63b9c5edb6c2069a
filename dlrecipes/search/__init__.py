"""Search: stages, ask and tell, storage."""

from dlrecipes.search.activity import Activity, of_search
from dlrecipes.search.backends import (
    AskedHyperParameters,
    Build,
    GivenHyperParameters,
    HyperParameters,
    Store,
    StudyCallback,
    build_with,
    builder_of,
    discover_space,
    fit_of,
    mask_password,
    run_builder,
    suggest,
)
from dlrecipes.search.change_plan import with_budget, with_setting
from dlrecipes.search.coarse_to_fine import CoarseToFine
from dlrecipes.search.compare import estimate_comparisons, run_comparisons
from dlrecipes.search.cross_validated import CrossValidated
from dlrecipes.search.first_trials import users_first, with_first_trial
from dlrecipes.search.grid import lay_grid
from dlrecipes.search.interactions import find_interactions
from dlrecipes.search.listener import Listener, LogListener
from dlrecipes.search.plain_progress import PlainProgress
from dlrecipes.search.ranges import rank
from dlrecipes.search.refit import (
    refit,
    refit_stage,
    refitted_before,
    restore_trial,
)
from dlrecipes.search.spec_builder import SpecBuilder
from dlrecipes.search.study import search
from dlrecipes.search.time_budget import Ending, TimeBudget
from dlrecipes.search.trial_source import Penalty, StudyContext
from dlrecipes.search.tuner import Tuner

__all__ = [
    "Activity",
    "AskedHyperParameters",
    "Build",
    "CoarseToFine",
    "CrossValidated",
    "Ending",
    "GivenHyperParameters",
    "HyperParameters",
    "Listener",
    "LogListener",
    "Penalty",
    "PlainProgress",
    "SpecBuilder",
    "Store",
    "StudyCallback",
    "StudyContext",
    "TimeBudget",
    "Tuner",
    "build_with",
    "builder_of",
    "discover_space",
    "estimate_comparisons",
    "find_interactions",
    "fit_of",
    "lay_grid",
    "mask_password",
    "of_search",
    "rank",
    "refit",
    "refit_stage",
    "refitted_before",
    "restore_trial",
    "run_builder",
    "run_comparisons",
    "search",
    "suggest",
    "users_first",
    "with_budget",
    "with_first_trial",
    "with_setting",
]
