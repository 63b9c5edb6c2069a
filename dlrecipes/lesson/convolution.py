"""Convolution by its formulas: what a convolutional layer is made of, in plain sums."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlrecipes.checks import check_choice, check_integer, shown
from dlrecipes.errors import ArgumentError

Array = NDArray[np.float64]


def convolve(h: ArrayLike, x: ArrayLike) -> Array:
    """Return the convolution of two sequences, `y[k] = sum over n of h[n] * x[k - n]`.

    Args:
        h: The kernel, `(n,)`.
        x: The signal, `(m,)`; outside it is 0.

    Returns:
        `(n + m - 1,)`.

    Example:
        >>> dlr.lesson.convolve([1, 2], [3, 4, 5]).tolist()
        [3.0, 10.0, 13.0, 10.0]
    """
    kernel, signal = (_floats(name, given, 1) for name, given in (("h", h), ("x", x)))
    y = np.zeros(len(kernel) + len(signal) - 1)
    for k in range(len(y)):
        for n in range(len(kernel)):
            if 0 <= k - n < len(signal):
                y[k] += kernel[n] * signal[k - n]
    return y


def correlate_images(image: ArrayLike, kernel: ArrayLike, *, stride: int = 1) -> Array:
    """Return the cross-correlation of an image with a kernel, without padding.

    `y[r, c] = sum over a, b of image[r + a, c + b] * kernel[a, b]`: what `keras.layers.Conv2D`
    computes, too.

    Args:
        image: `(height, width)`.
        kernel: `(k1, k2)`, no larger than the image.
        stride: Steps between two places, at least 1.

    Returns:
        `((height - k1) // stride + 1, (width - k2) // stride + 1)`.

    Raises:
        ArgumentError: If the kernel is larger than the image, or a shape does not fit.

    Example:
        >>> image = [[200, 150, 150], [100, 50, 100], [25, 25, 10]]
        >>> dlr.lesson.correlate_images(image, [[1, 0, -1], [2, 0, -2], [1, 0, -1]]).tolist()
        [[65.0]]
    """
    x, k = (_floats(name, given, 2) for name, given in (("image", image), ("kernel", kernel)))
    check_integer("stride", stride, 1)
    if k.shape[0] > x.shape[0] or k.shape[1] > x.shape[1]:
        raise ArgumentError(
            "A kernel must fit into its image.",
            received=f"a kernel {k.shape}, an image {x.shape}",
            fix="Pad the image.",
        )
    rows, columns = ((x.shape[at] - k.shape[at]) // stride + 1 for at in (0, 1))
    y = np.zeros((rows, columns))
    for r in range(rows):
        for c in range(columns):
            top, left = r * stride, c * stride
            y[r, c] = np.sum(x[top : top + k.shape[0], left : left + k.shape[1]] * k)
    return y


def convolve_images(image: ArrayLike, kernel: ArrayLike, *, centred: str = "kernel") -> Array:
    """Return the convolution of an image with a kernel of odd size, as large as the image.

    The sum may run over the places of the kernel, counted from its centre,
    `x[r - a, c - b] * k[a, b]`, or over those of the image, counted from its own,
    `x[a, b] * k[r - a, c - b]`. Both are the same; what lies outside is 0.

    Args:
        image: `(height, width)`; both odd where the sum runs over the image.
        kernel: `(k1, k2)`, both odd.
        centred: `"kernel"` or `"image"`.

    Returns:
        `(height, width)`.

    Raises:
        ArgumentError: If a size is even, which has no centre.

    Example:
        >>> impulse = np.zeros((3, 3))
        >>> impulse[1, 1] = 1
        >>> dlr.lesson.convolve_images(impulse, np.arange(9).reshape(3, 3))[0].tolist()
        [0.0, 1.0, 2.0]
    """
    x, k = (_floats(name, given, 2) for name, given in (("image", image), ("kernel", kernel)))
    check_choice("centred", centred, ("kernel", "image"))
    odd = {"kernel": k.shape, **({"image": x.shape} if centred == "image" else {})}
    for name, shape in odd.items():
        if not all(size % 2 for size in shape):
            raise ArgumentError(
                f"Only an odd size has a centre: `{name}`.",
                received=f"a {name} of shape {shape}",
                fix="Pad it with a row or a column of zeros.",
            )
    y = np.zeros(x.shape)
    high, wide = (size // 2 for size in k.shape)
    for r, c in np.ndindex(*x.shape):
        if centred == "kernel":
            places = ((r - a, c - b, a, b) for a, b in _around(high, wide))
        else:
            middle = x.shape[0] // 2, x.shape[1] // 2
            places = (
                (a, b, r - middle[0] - (a - middle[0]), c - middle[1] - (b - middle[1]))
                for a, b in np.ndindex(*x.shape)
            )
        for i, j, a, b in places:
            inside = 0 <= i < x.shape[0] and 0 <= j < x.shape[1]
            if inside and abs(a) <= high and abs(b) <= wide:
                y[r, c] += x[i, j] * k[a + high, b + wide]
    return y


def convolution_matrix(kernel: ArrayLike, shape: tuple[int, int]) -> Array:
    """Return the matrix by which a layer without padding multiplies the pixels of an image.

    Args:
        kernel: `(k1, k2)`, as the layer holds it (cross-correlation).
        shape: Height and width of the image.

    Returns:
        `(places, pixels)`; all but `k1 * k2` entries of a row are 0, and all rows hold the same
        values.

    Example:
        >>> matrix = dlr.lesson.convolution_matrix([[1.0, 2.0]], (1, 3))
        >>> matrix.tolist()
        [[1.0, 2.0, 0.0], [0.0, 1.0, 2.0]]
    """
    columns = []
    for at in range(shape[0] * shape[1]):
        pixel = np.zeros(shape[0] * shape[1])
        pixel[at] = 1
        columns.append(correlate_images(pixel.reshape(shape), kernel).ravel())
    return np.stack(columns, axis=1)


def output_size(size: int, kernel: int, *, stride: int = 1, padding: str = "valid") -> int:
    """Return how many places a kernel has along one axis.

    Args:
        size: Pixels along the axis, at least 1.
        kernel: Those of the kernel, at least 1.
        stride: Steps between two places, at least 1.
        padding: `"valid"` for none, `"same"` for as much as the stride leaves.

    Returns:
        `(size - kernel) // stride + 1` without padding (0 where the kernel does not fit), else
        `ceil(size / stride)`.

    Example:
        >>> [dlr.lesson.output_size(28, 3), dlr.lesson.output_size(28, 3, stride=2, padding="same")]
        [26, 14]
    """
    for name, given in (("size", size), ("kernel", kernel), ("stride", stride)):
        check_integer(name, given, 1)
    check_choice("padding", padding, ("valid", "same"))
    if padding == "same":
        return -(-size // stride)
    return max((size - kernel) // stride + 1, 0)


def receptive_field(layers: list[tuple[int, int]]) -> int:
    """Return how many pixels along one axis a unit sees after layers of convolution or pooling.

    Each layer widens it by `(kernel - 1)` times the strides of all layers before it.

    Args:
        layers: Kernel and stride of each, from the first one on.

    Example:
        >>> dlr.lesson.receptive_field([(3, 1), (3, 1), (2, 2), (3, 1)])
        10
    """
    seen, apart = 1, 1
    for kernel, stride in layers:
        check_integer("kernel", kernel, 1)
        check_integer("stride", stride, 1)
        seen += (kernel - 1) * apart
        apart *= stride
    return seen


def weights_of_designs(
    image: tuple[int, int], kernel: tuple[int, int], *, units: int, features: int, channels: int = 1
) -> dict[str, int]:
    """Return how many parameters each of four designs of a layer has, biases among them.

    Args:
        image: Height and width.
        kernel: Height and width of what one unit sees.
        units: Units of the dense layer and of the local one.
        features: Kernels of the convolutional layer.
        channels: Numbers a pixel, at least 1.

    Returns:
        `dense`: each unit sees the image; `local`: each sees a window with weights of its own;
        `one shared kernel`; `convolution`: as many shared kernels as features.

    Example:
        >>> dlr.lesson.weights_of_designs((28, 28), (3, 3), units=100, features=10)
        {'dense': 78500, 'local': 1000, 'one shared kernel': 10, 'convolution': 100}
    """
    pixels, window = image[0] * image[1] * channels, kernel[0] * kernel[1] * channels
    return {
        "dense": pixels * units + units,
        "local": (window + 1) * units,
        "one shared kernel": window + 1,
        "convolution": (window + 1) * features,
    }


def _around(high: int, wide: int) -> list[tuple[int, int]]:
    return [(a, b) for a in range(-high, high + 1) for b in range(-wide, wide + 1)]


def _floats(name: str, given: Any, axes: int) -> Array:  # noqa: ANN401
    try:
        array = np.asarray(given, dtype="float64")
    except (TypeError, ValueError):
        array = np.zeros(())
    if array.ndim != axes or not array.size:
        raise ArgumentError(
            f"`{name}` must be an array of {axes} {'axis' if axes == 1 else 'axes'}, not empty.",
            received=f"{name}={shown(given)}",
        )
    return array
