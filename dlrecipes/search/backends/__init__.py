"""The only place that knows Optuna and KerasTuner."""

from dlrecipes.search.backends.ask_tell import AskTell
from dlrecipes.search.backends.builder_of import builder_of, fit_of
from dlrecipes.search.backends.discover_space import discover_space
from dlrecipes.search.backends.distinct_sampler import configurations, count_configurations
from dlrecipes.search.backends.hyperparameters import AskedHyperParameters, GivenHyperParameters
from dlrecipes.search.backends.importance import importances
from dlrecipes.search.backends.keras_tuner_project import KerasTunerProject
from dlrecipes.search.backends.keras_tuner_sampler import KerasTunerSampler
from dlrecipes.search.backends.mixed_choice import HyperParameters
from dlrecipes.search.backends.proposal import Proposal
from dlrecipes.search.backends.sobol_sampler import SobolSampler
from dlrecipes.search.backends.space import (
    Build,
    build_with,
    clip_to_space,
    run_builder,
)
from dlrecipes.search.backends.storage import mask_password, open_storage, storage_errors
from dlrecipes.search.backends.store import Store
from dlrecipes.search.backends.study_callback import StudyCallback
from dlrecipes.search.backends.suggest import suggest

__all__ = [
    "AskTell",
    "AskedHyperParameters",
    "Build",
    "GivenHyperParameters",
    "HyperParameters",
    "KerasTunerProject",
    "KerasTunerSampler",
    "Proposal",
    "SobolSampler",
    "Store",
    "StudyCallback",
    "build_with",
    "builder_of",
    "clip_to_space",
    "configurations",
    "count_configurations",
    "discover_space",
    "fit_of",
    "importances",
    "mask_password",
    "open_storage",
    "run_builder",
    "storage_errors",
    "suggest",
]
