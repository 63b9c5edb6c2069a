"""What a column of a table can be."""

from __future__ import annotations

from typing import get_args

from dlrecipes.results import Column, ColumnKind as Kind

KINDS: tuple[str, ...] = get_args(Kind)

__all__ = ["KINDS", "Column", "Kind"]
