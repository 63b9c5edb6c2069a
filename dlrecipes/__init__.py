"""dlrecipes: deep-learning recipes for Keras, searched, tested and exported honestly.

`import dlrecipes` imports neither TensorFlow nor Keras nor Optuna: the names below are
resolved when they are first used. TensorFlow's start-up lines, which come with its first
import, are left out, unless `TF_CPP_MIN_LOG_LEVEL` is 0.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from dlrecipes.quiet import hush_tensorflow

if TYPE_CHECKING:
    from dlrecipes import (
        baselines,
        data,
        diagnose,
        errors,
        export,
        layers,
        lesson,
        losses,
        metrics,
        models,
        results,
        search,
        training,
    )
    from dlrecipes.diagnose.histories import check_history as check_history
    from dlrecipes.diagnose.program import check as check
    from dlrecipes.estimators import TabularClassifier, TabularRegressor
    from dlrecipes.export.baseline import load_baseline as load_baseline
    from dlrecipes.export.keras_file import load_model as load_model
    from dlrecipes.recipe import Recipe as Recipe, recipe_names
    from dlrecipes.recipe.load import load_recipe as load_recipe
    from dlrecipes.results import DataSpec, Finding, Objective, Plan, RunSettings, Stage
    from dlrecipes.run import (
        Run,
        check_trained as check_trained,
        learning_curve,
        resume,
        tune,
    )
    from dlrecipes.search import CoarseToFine, StudyCallback
    from dlrecipes.training.range_test import lr_range_test as lr_range_test
    from dlrecipes.training.recalibrate import recalibrate as recalibrate

hush_tensorflow()

_HOMES = {
    "CoarseToFine": "dlrecipes.search",
    "DataSpec": "dlrecipes.results",
    "Finding": "dlrecipes.results",
    "Objective": "dlrecipes.results",
    "Plan": "dlrecipes.results",
    "Recipe": "dlrecipes.recipe",
    "Run": "dlrecipes.run",
    "RunSettings": "dlrecipes.results",
    "Stage": "dlrecipes.results",
    "StudyCallback": "dlrecipes.search",
    "TabularClassifier": "dlrecipes.estimators",
    "TabularRegressor": "dlrecipes.estimators",
    "check": "dlrecipes.diagnose",
    "check_history": "dlrecipes.diagnose",
    "check_trained": "dlrecipes.run",
    "learning_curve": "dlrecipes.run",
    "load_baseline": "dlrecipes.export",
    "load_model": "dlrecipes.export",
    "load_recipe": "dlrecipes.recipe",
    "lr_range_test": "dlrecipes.training",
    "recalibrate": "dlrecipes.training",
    "recipe_names": "dlrecipes.recipe",
    "resume": "dlrecipes.run",
    "tune": "dlrecipes.run",
}
_MODULES = (
    "baselines",
    "data",
    "diagnose",
    "errors",
    "export",
    "layers",
    "lesson",
    "losses",
    "metrics",
    "models",
    "results",
    "search",
    "training",
)

__all__ = [
    "CoarseToFine",
    "DataSpec",
    "Finding",
    "Objective",
    "Plan",
    "Recipe",
    "Run",
    "RunSettings",
    "Stage",
    "StudyCallback",
    "TabularClassifier",
    "TabularRegressor",
    "baselines",
    "check",
    "check_history",
    "check_trained",
    "data",
    "diagnose",
    "errors",
    "export",
    "layers",
    "learning_curve",
    "lesson",
    "load_baseline",
    "load_model",
    "load_recipe",
    "losses",
    "lr_range_test",
    "metrics",
    "models",
    "recalibrate",
    "recipe_names",
    "results",
    "resume",
    "search",
    "training",
    "tune",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401  (PEP 562)
    if name in _MODULES:
        return importlib.import_module(f"dlrecipes.{name}")
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'dlrecipes' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
