"""Where a run comes from: its builder's name and source, and the data that a builder is told."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field
from typing import Any, cast

from dlrecipes.data import Splits
from dlrecipes.results.run_info import SourceValue
from dlrecipes.search import Build, SpecBuilder


@dataclass(frozen=True)
class Origin:
    """Where builder and data come from, for the record and for resuming.

    Args:
        recipe: The recipe's name, or what the run is called.
        path: The recipe's file; empty without one.
        text: Its text.
        source: Arguments of the recipe's `load`.
    """

    recipe: str
    path: str = ""
    text: str = ""
    source: dict[str, SourceValue] = field(default_factory=dict)


def told(build: Build, splits: Splits) -> Build:
    """Return a builder as a search calls it, told the data if it has a place for that.

    Args:
        build: The builder.
        splits: The data.
    """
    if isinstance(build, SpecBuilder):
        return build
    try:
        asks = "spec" in inspect.signature(build).parameters
    except (TypeError, ValueError):  # a callable that Python cannot look into
        asks = False
    asked = cast(Any, build) if asks else lambda hp, spec: build(hp)
    return SpecBuilder(asked, splits.model_spec, name_of(build), told=asks)


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
