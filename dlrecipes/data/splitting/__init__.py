"""Which rows go where: parts, folds and subsets, one family a file."""

from dlrecipes.data.splitting.folds import (
    Fold,
    group_folds,
    stopping_part,
    stratified_folds,
    time_folds,
)
from dlrecipes.data.splitting.split_by_column import PARTS, may_be_part, part_named, split_by_column
from dlrecipes.data.splitting.split_by_group import split_by_group
from dlrecipes.data.splitting.split_by_time import split_by_time
from dlrecipes.data.splitting.split_parts import join_copies, split_parts
from dlrecipes.data.splitting.subsets import ladder, subset

__all__ = [
    "PARTS",
    "Fold",
    "split_parts",
    "group_folds",
    "join_copies",
    "ladder",
    "may_be_part",
    "part_named",
    "split_by_column",
    "split_by_group",
    "split_by_time",
    "stopping_part",
    "stratified_folds",
    "subset",
    "time_folds",
]
