"""What the layers of a network on images make of one image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dlrecipes.report.mistakes import picture_uri, value_span
from dlrecipes.rundir import read_arrays

IMAGE = "image"


@dataclass(frozen=True)
class LayerPicture:
    """A layer with the picture of its maps.

    Args:
        name: The layer's name; empty for the image that goes in.
        picture: A data URI.
    """

    name: str
    picture: str


def read_gallery(path: Path) -> tuple[LayerPicture, ...]:
    """Return the image that was looked at and the maps of each layer; empty without a file.

    Args:
        path: The `.npz` file that the run wrote.

    Raises:
        RunError: If the file is damaged.
    """
    if not path.exists():
        return ()
    arrays = read_arrays(path, "maps of the layers", IMAGE)
    image = arrays.pop(IMAGE)
    pictures = [LayerPicture("", picture_uri(image, value_span(image)))]
    # Maps are numbered, as a file does not keep their order.
    for name in sorted(arrays, key=lambda name: int(name.split(" ", 1)[0])):
        pictures.append(LayerPicture(name.split(" ", 1)[1], picture_uri(arrays[name], (-1, 1))))
    return tuple(pictures)
