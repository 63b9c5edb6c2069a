"""How griffe, which reads the sources without importing them, sees the public names."""

import re
from typing import Any

import griffe


class PublicNames(griffe.Extension):
    """Tell functions from the modules that are called like them, and know `Example:`."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:  # noqa: ANN401
        """Rename the section `Example:`; griffe knows `Examples:` alone."""
        if obj.docstring:
            obj.docstring.value = re.sub(
                r"^Example:$", "Examples:", obj.docstring.value, flags=re.MULTILINE
            )

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:  # noqa: ANN401
        """Let `dlrecipes.models.build_cnn` be the function and not the module, as in Python."""
        for package in [pkg, *pkg.modules.values()]:
            for name in package.exports or ():
                module = package.members.get(str(name))
                if module is None or not module.is_module:
                    continue
                if package.imports.get(str(name)) == f"{module.path}.{name}":
                    package.members[str(name)] = griffe.Alias(
                        str(name), module.members[str(name)], parent=package
                    )
