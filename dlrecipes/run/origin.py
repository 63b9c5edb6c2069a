"""A builder's name and source, and the data that it is told."""

from __future__ import annotations

import inspect
import re
from typing import Any, cast

from dlrecipes.data import Splits
from dlrecipes.search import Build, SpecBuilder
from dlrecipes.training.own_training import Fit


def told(build: Build, splits: Splits, fit: Fit | None = None) -> SpecBuilder:
    """Return a builder as a search calls it, told the data if it has a place for that.

    Args:
        build: The builder.
        splits: The data.
        fit: The `fit` of the user's own that comes with it; None for that of Keras.
    """
    if isinstance(build, SpecBuilder):
        return build
    try:
        asks = "spec" in inspect.signature(build).parameters
    except (TypeError, ValueError):  # a callable that Python cannot look into
        asks = False
    asked = cast(Any, build) if asks else lambda hp, spec: build(hp)
    return SpecBuilder(asked, splits.model_spec, name_of(build), told=asks, fit=fit)


def source_of(build: object) -> str:
    """Return the builder's text; empty where Python cannot show it."""
    try:
        return inspect.getsource(build)  # type: ignore[arg-type]  # a callable object is refused
    except (OSError, TypeError):
        return ""


def name_of(build: object) -> str:
    """Return a name of a builder that can be a folder's, also for a lambda."""
    name = getattr(build, "__name__", type(build).__name__)
    return re.sub(r"\W+", "_", name)
