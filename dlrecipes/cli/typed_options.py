"""Text of the command line, as the values that a recipe's `load` says it takes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlrecipes.recipe import Recipe

_WORDS = {int: "a whole number", float: "a number", bool: "yes or no"}


def typed_options(given: Mapping[str, str], recipe: Recipe) -> dict[str, Any]:
    """Return options as values of the types that `load` is annotated with.

    An argument that may be text, or has no annotation, stays text.

    Args:
        given: `{name: text}`.
        recipe: The recipe.

    Raises:
        ArgumentError: If a text is no value of its argument's type.
    """
    return {name: _typed(name, text, recipe.annotations.get(name)) for name, text in given.items()}


def _typed(name: str, text: str, kind: Any) -> Any:  # noqa: ANN401  (any annotation)
    from pydantic import (
        PydanticSchemaGenerationError,
        PydanticUserError,
        TypeAdapter,
        ValidationError,
    )

    from dlrecipes.errors import ArgumentError

    if kind is None:
        return text
    try:
        value = TypeAdapter(kind).validate_python(text)
    except (PydanticSchemaGenerationError, PydanticUserError):  # no type that text can become
        return text
    except ValidationError as error:
        wanted = _WORDS.get(kind, error.errors()[0]["msg"])
        raise ArgumentError(
            f"--{name.replace('_', '-')} must be {wanted}.", received=repr(text)
        ) from error
    # A run remembers its options as JSON.
    return text if isinstance(value, Path) else value
