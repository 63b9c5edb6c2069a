"""Versions of packages."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import metadata


def versions_of(packages: Sequence[str]) -> dict[str, str]:
    """Return `{package: version}` of those that are installed.

    Args:
        packages: Names as `pip` knows them.
    """
    found = {}
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
