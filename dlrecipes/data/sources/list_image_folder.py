"""A folder of images with one subfolder a class."""

from __future__ import annotations

from pathlib import Path

from dlrecipes.data.sources.image_files import ImageFiles, has_image_suffix
from dlrecipes.data.sources.list_class_folder import list_class_folder


def list_image_folder(folder: str | Path) -> ImageFiles:
    """Return the images of a folder with one subfolder a class, see `list_class_folder`.

    Args:
        folder: The folder. Images beside the classes' folders would have no class.

    Returns:
        The files, sorted, called after their paths inside the folder; labels are the names of
        the classes' folders.

    Raises:
        DataError: If the folder is no such folder.
    """
    found = list_class_folder(folder, "images", lost=has_image_suffix)
    return ImageFiles(found.paths, found.ids, found.labels, parts=found.parts)
