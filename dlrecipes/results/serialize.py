"""Results to JSON and back."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from dlrecipes.errors import RunError

Result = TypeVar("Result")

_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}
"""One takes 50 ms to make, and a run reads and writes results 30 times."""


def dump_json(result: object) -> str:
    """Return a results dataclass as indented JSON; NaN and infinity become `null`."""
    text: bytes = _adapter(type(result)).dump_json(result, indent=2)
    return text.decode()


def parse_json(kind: type[Result], text: str, *, source: str) -> Result:
    """Return the `kind` that `text` holds.

    Args:
        kind: A results dataclass.
        text: JSON, as `dump_json` wrote it.
        source: Where the text comes from, for the message.

    Raises:
        RunError: If the text is not valid JSON of that kind.
    """
    try:
        parsed: Result = _adapter(kind).validate_json(text)
        return parsed
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RunError(
            f"{source} must hold a {kind.__name__}.",
            received=f"{where}: {first['msg']}" if where else str(first["msg"]),
            fix="The file is damaged or was written by another version of dlrecipes.",
        ) from error


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]
