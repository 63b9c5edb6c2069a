"""Are the images' values what images have?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlrecipes.data.parts.split import Split
from dlrecipes.results import Finding, plural

LEAST_IMAGES = 10
OTHER_SCALE = 20.0
"""0 to 1 and 0 to 255 differ more, also if one part is dark."""
MAX_NAMED = 20


def check_pixel_ranges(parts: Mapping[str, Split]) -> Finding:
    """Return the range of the values, and what is wrong with it.

    Parts on two scales (0 to 1 and 0 to 255) are an error; training images on two scales, and
    images of one value only, are a warning. A part's scale is that of half of its images, so that
    a single bright one does not make it. That all channels are the same is told. Of the test part,
    only whether its scale differs comes back.

    Args:
        parts: `{"train", "validation" and "test": part}` of images.
    """
    train, validation = parts["train"], parts["validation"]
    evidence: dict[str, float | int | str | list[str]] = {}
    tops, constant = {}, []
    for name, part in parts.items():
        flat = part.array.reshape(len(part), -1)
        highest, lowest = flat.max(axis=1), flat.min(axis=1)
        tops[name] = np.maximum(highest, -lowest)
        if name == "test":
            continue
        evidence[name] = f"{lowest.min():g} to {highest.max():g}"
        same = np.flatnonzero(highest == lowest)
        evidence[f"images of one value in {name}"] = len(same)
        constant += [str(row if part.ids is None else part.ids[row]) for row in same[:MAX_NAMED]]
    scale = {name: float(np.median(top)) for name, top in tops.items() if len(top) >= LEAST_IMAGES}
    usual = scale.get("train", 0.0)
    other = [name for name, top in scale.items() if not _alike(top, usual)]
    if other:
        return Finding(
            "pixel ranges",
            f"The values of {' and '.join(other)} are on another scale than those of train.",
            evidence,
            advice="Bring all parts to one scale: 0 to 255, or 0 to 1.",
            severity="error",
        )
    mixed = _fractions_below_one(train.array, tops["train"])
    if mixed.any():
        rows = np.flatnonzero(mixed)[:MAX_NAMED]
        ids = rows if train.ids is None else train.ids[rows]
        evidence["images from 0 to 1"] = [str(identifier) for identifier in ids]
        return Finding(
            "pixel ranges",
            f"{plural(int(mixed.sum()), 'training image has', 'training images have')} values "
            "from 0 to 1, the others up to "
            f"{tops['train'].max():g}.",
            evidence,
            advice="Bring all images to one scale.",
            severity="warning",
        )
    if constant:
        evidence["images"] = constant[:MAX_NAMED]
        return Finding(
            "pixel ranges",
            f"{plural(len(constant), 'image shows', 'images show')} nothing: all "
            f"{'its' if len(constant) == 1 else 'their'} values are the same.",
            evidence,
            advice="Leave these images out, or read them again.",
            severity="warning",
        )
    grey = train.array.shape[-1] > 1 and all(
        # Image by image: the first of colour ends it.
        all(bool((image == image[..., :1]).all()) for image in part.array)
        for part in (train, validation)
    )
    verdict = f"The values are {evidence['train']} in training."
    if not grey:
        return Finding("pixel ranges", verdict, evidence)
    evidence["channels"] = train.array.shape[-1]
    return Finding(
        "pixel ranges",
        f"{verdict} All channels are the same: grey images stored as colour.",
        evidence,
        advice="One channel is enough: channels=1, or x[..., :1].",
    )


def _alike(top: float, usual: float) -> bool:
    if not top or not usual:
        return True
    return max(top, usual) / min(top, usual) < OTHER_SCALE


def _fractions_below_one(x: NDArray[Any], tops: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which images have fractions up to 1 where others have whole numbers or far higher."""
    mixed = np.zeros(len(x), dtype=bool)
    if tops.max() < OTHER_SCALE:
        return mixed
    for row in np.flatnonzero((tops > 0) & (tops <= 1)):
        mixed[row] = bool((x[row] % 1 != 0).any())
    if mixed.any():
        others = np.flatnonzero(tops > 1)
        apart = tops[others].min() >= OTHER_SCALE
        if not apart and any((x[row] % 1 != 0).any() for row in others):
            mixed[:] = False  # one scale of fractions, with dark and bright images
    return mixed
