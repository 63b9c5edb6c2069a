"""How griffe, which reads the sources without importing them, sees the public names."""

import re
from typing import Any

import griffe


class PublicNames(griffe.Extension):
    """Tell functions from the modules that are called like them, and know `Example:`."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:  # noqa: ANN401
        """Let `dlrecipes.models.build_cnn` be the function and not the module, as in Python."""
        _name_sections(pkg)
        _prefer_functions(pkg)


def _name_sections(part: griffe.Object) -> None:
    """Rename the section `Example:` in every docstring; griffe knows `Examples:` alone."""
    if part.docstring:
        part.docstring.value = re.sub(
            r"^Example:$", "Examples:", part.docstring.value, flags=re.MULTILINE
        )
    for member in part.members.values():
        if isinstance(member, griffe.Object):
            _name_sections(member)


def _prefer_functions(package: griffe.Module) -> None:
    """Begin with the innermost: a package may offer what its own package offers."""
    for inner in list(package.members.values()):
        if isinstance(inner, griffe.Module):
            _prefer_functions(inner)
    for name in map(str, package.exports or ()):
        module = package.members.get(name)
        if module is None or not module.is_module:
            continue
        if package.imports.get(name) == f"{module.path}.{name}":
            package.members[name] = griffe.Alias(name, module.members[name], parent=package)
