"""What a description of data says of its training part."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dlrecipes.data.describe_target import describe_target
from dlrecipes.data.split import Split
from dlrecipes.results import DataSpec


def with_statistics(spec: DataSpec, train: Split) -> DataSpec:
    """Return a description with the priors, the target's mean and deviation and the size of a part.

    Args:
        spec: The data's description.
        train: The training part; where its examples have weights, the priors are weighted shares
            (those of several targets are not).

    Raises:
        DataError: If all that is known of one of several targets is the same.
    """
    if spec.targets:
        targets = [
            replace(
                describe_target(one.shown, train.y[:, at], one.task, classes=one.classes or None),
                name=one.name,
                labels=one.labels,
                title=one.title,
                shape=one.shape,
            )
            for at, one in enumerate(spec.targets)
        ]
        return replace(spec, targets=tuple(targets), train_size=len(train))
    if spec.task == "regression":
        return replace(
            spec,
            target_mean=float(train.y.mean(dtype=np.float64)),
            target_std=float(train.y.std(dtype=np.float64)),
            train_size=len(train),
        )
    counts = np.bincount(train.y, train.sample_weight, minlength=len(spec.classes))
    priors = tuple(float(count / counts.sum()) for count in counts)
    return replace(spec, priors=priors, train_size=len(train))
