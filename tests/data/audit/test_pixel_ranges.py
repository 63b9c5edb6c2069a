from dataclasses import replace

import numpy as np
import pytest

from dlrecipes.data import SealedSplit, Split, from_arrays, load
from dlrecipes.data.audit import check_pixel_ranges
from dlrecipes.data.parts.sealed_split import _peek


def check(splits):
    return check_pixel_ranges(
        {"train": splits.train, "validation": splits.validation, "test": _peek(splits.test)}
    )


@pytest.fixture
def images():
    """100 images of whole numbers up to 255."""
    return np.random.default_rng(0).integers(0, 256, (100, 5, 5, 3)).astype(float)


@pytest.mark.parametrize("change", [lambda x: x, lambda x: x / 255, lambda x: x / 127.5 - 1])
def test_usual_ranges(images, change):
    finding = check(from_arrays(change(images), np.arange(100) % 2))
    assert (finding.severity, finding.advice) == ("info", "")


def test_digits():
    finding = check(load("digits"))
    assert (finding.severity, finding.advice, finding.evidence["train"]) == ("info", "", "0 to 16")


@pytest.mark.parametrize("name", ["validation", "test"])
def test_a_part_on_another_scale(images, name):
    splits = from_arrays(images, np.arange(100) % 2)
    part = splits.validation if name == "validation" else _peek(splits.test)
    scaled = Split(part.x / 255, part.y, ids=part.ids)
    finding = check(replace(splits, **{name: scaled if name != "test" else SealedSplit(scaled)}))
    assert finding.severity == "error"
    assert f"The values of {name} are on another scale" in finding.verdict
    assert "test" not in finding.evidence


def test_two_scales_in_one_part(images):
    images[7] /= 255
    images[8] = 0
    images[8, 0, 0] = 1  # dark, and no other scale
    finding = check(from_arrays(images, np.arange(100) % 2, split_seed=1))
    splits = from_arrays(images, np.arange(100) % 2, split_seed=1)
    assert 7 in splits.train.ids
    assert finding.severity == "warning"
    assert finding.evidence["images from 0 to 1"] == ["7"]


def test_images_that_show_nothing(images):
    images[11], images[12] = 0, 255
    splits = from_arrays(images, np.arange(100) % 2)
    finding = check(splits)
    seen = {*splits.train.ids.tolist(), *splits.validation.ids.tolist()}
    assert finding.severity == "warning"
    assert set(finding.evidence["images"]) == {str(at) for at in (11, 12) if at in seen} != set()


def test_grey_stored_as_colour(images):
    finding = check(from_arrays(np.repeat(images[..., :1], 3, axis=-1), np.arange(100) % 2))
    assert finding.severity == "info"
    assert "One channel is enough" in finding.advice


@pytest.mark.parametrize("seed", range(10))
def test_images_whose_brightness_has_a_heavy_tail(seed):
    generator = np.random.default_rng(seed)
    images = generator.lognormal(2, 2.5, (150, 1, 1, 1)) * generator.random((150, 5, 5, 1))
    assert images.max(axis=(1, 2, 3)).min() < 1  # dark ones, of fractions only
    finding = check(from_arrays(images, np.arange(150) % 2, split_seed=seed))
    assert (finding.severity, finding.advice) == ("info", "")


def test_two_scales_of_images_that_were_shrunk(images):
    images = np.minimum(images + 0.37, 255)  # no whole numbers any more
    images[7] /= 255
    splits = from_arrays(images, np.arange(100) % 2, split_seed=1)
    finding = check(splits)
    assert 7 in splits.train.ids
    assert (finding.severity, finding.evidence["images from 0 to 1"]) == ("warning", ["7"])
