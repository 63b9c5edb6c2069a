"""Files and what is in them: tables, images, NumPy archives and IDX files."""

from dlrecipes.data.sources.class_folders import list_image_folder, read_text_file, read_text_folder
from dlrecipes.data.sources.dates import parse_dates
from dlrecipes.data.sources.image_files import (
    IMAGE_SUFFIXES,
    ImageFiles,
    files_below,
    find_image_columns,
    has_image_suffix,
    image_paths,
    list_image_table,
)
from dlrecipes.data.sources.infer_columns import infer_columns
from dlrecipes.data.sources.make_column import Column, Kind
from dlrecipes.data.sources.plain_values import MISSING, MISSING_AMONG_NUMBERS
from dlrecipes.data.sources.read_arrays import (
    ImageArrays,
    is_idx_folder,
    read_idx,
    read_idx_folder,
    read_image_archive,
    read_npz,
)
from dlrecipes.data.sources.read_images import (
    MOST_MEGABYTES,
    Images,
    check_image_memory,
    read_images,
)
from dlrecipes.data.sources.read_new_table import read_new_table
from dlrecipes.data.sources.read_parquet import frame_cells
from dlrecipes.data.sources.read_table import Cells, read_cells, read_headed_table, read_table
from dlrecipes.data.sources.read_tfds import TfdsData, is_tfds, read_tfds
from dlrecipes.data.sources.typed_table import typed_table

__all__ = [
    "IMAGE_SUFFIXES",
    "MISSING",
    "MISSING_AMONG_NUMBERS",
    "MOST_MEGABYTES",
    "Cells",
    "Column",
    "ImageArrays",
    "ImageFiles",
    "Images",
    "Kind",
    "TfdsData",
    "check_image_memory",
    "files_below",
    "find_image_columns",
    "frame_cells",
    "has_image_suffix",
    "image_paths",
    "infer_columns",
    "is_tfds",
    "is_idx_folder",
    "list_image_folder",
    "list_image_table",
    "parse_dates",
    "read_cells",
    "read_headed_table",
    "read_idx",
    "read_idx_folder",
    "read_image_archive",
    "read_images",
    "read_new_table",
    "read_npz",
    "read_table",
    "read_text_file",
    "read_text_folder",
    "read_tfds",
    "typed_table",
]
