"""Data in which every number tells where it comes from."""

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def distinct_arrays():
    """60 × 5 inputs and 60 targets in which no number occurs twice."""
    generator = np.random.default_rng(0)
    x = (generator.permutation(300) + 100.5).reshape(60, 5)
    return x, generator.permutation(60) + 1_000_000.5


@pytest.fixture
def picture(tmp_path):
    """`picture(name, seed=0, size=(6, 5), mode="L", **options)`: a file of random pixels.

    `size` is height and width; options go to Pillow's `save`. Returns the file's path.
    """

    def write(name, seed=0, size=(6, 5), mode="L", **options):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        random_image(seed, size, mode).save(path, **options)
        return path

    return write


def random_image(seed, size, mode):
    generator = np.random.default_rng(seed)
    bands = {"L": (), "RGB": (3,), "LA": (2,), "RGBA": (4,), "CMYK": (4,)}
    if mode == "I;16":
        return Image.fromarray(generator.integers(0, 65536, size).astype(np.uint16))
    if mode == "1":
        return Image.fromarray(generator.random(size) < 0.5)
    values = generator.integers(0, 256, (*size, *bands[mode])).astype(np.uint8)
    if mode == "CMYK":
        return Image.merge(mode, [Image.fromarray(values[..., band]) for band in range(4)])
    return Image.fromarray(values)
