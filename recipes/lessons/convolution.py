"""Convolution: its formulas, the layer that is made of them, and what they have in common.

Run it with `dlrecipes lesson convolution`.
"""

from __future__ import annotations

import keras
import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

from dlrecipes.lesson import (
    COLOURS,
    Lesson,
    Measured,
    convolution_matrix,
    convolve,
    convolve_images,
    correlate_images,
    draw,
    output_size,
    receptive_field,
    weights_of_designs,
)

SOBEL = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
PATCH = np.array([[200.0, 150.0, 150.0], [100.0, 50.0, 100.0], [25.0, 25.0, 10.0]])


def run(*, full: bool = False) -> Measured:
    """Compare the formulas with each other and with Keras' layer.

    Args:
        full: There is no longer form.
    """
    image = load_digits().images[0]
    generator = np.random.default_rng(0)
    first, second = generator.normal(size=(2, 3, 3))
    upstream = generator.normal(size=(6, 6))
    flipped = SOBEL[::-1, ::-1]
    layer = _layer_of(SOBEL)
    by_keras = _apply(layer, image)
    centred = convolve_images(image[:7, :7], SOBEL)
    padded = np.pad(image, 2)  # so that nothing is lost at the edges
    twice = convolve_images(convolve_images(padded, second), first)
    at_once = convolve_images(padded, _kernel_of_both(first, second))
    matrix = convolution_matrix(SOBEL, image.shape)
    figures = {
        "patch": float(correlate_images(PATCH, flipped)[0, 0]),
        "layer - formula": _apart(by_keras, correlate_images(image, SOBEL)),
        "image-centred - kernel-centred": _apart(
            centred, convolve_images(image[:7, :7], SOBEL, centred="image")
        ),
        "convolution - flipped correlation": _apart(
            convolve_images(image, SOBEL)[1:-1, 1:-1], correlate_images(image, flipped)
        ),
        "associative: convolution": _apart(twice, at_once),
        "associative: correlation": _apart(
            correlate_images(correlate_images(image, second), first),
            correlate_images(image, correlate_images(np.pad(second, 2), first)),
        ),
        "gradient - convolution": _apart(
            _gradient(layer, upstream), convolve_images(np.pad(upstream, 1), SOBEL)
        ),
        "layer - matrix": _apart(by_keras.ravel(), matrix @ image.ravel()),
        "zeros of the matrix": float(np.mean(matrix == 0)),
        "zeros for any kernel": float(
            np.mean(convolution_matrix(np.ones_like(SOBEL), image.shape) == 0)
        ),
        "receptive field of 3 layers": float(receptive_field([(3, 1)] * 3)),
    }
    counts = weights_of_designs((28, 28), (3, 3), units=100, features=10)
    sizes = [
        output_size(28, 3, stride=stride, padding=padding)
        for stride in (1, 2)
        for padding in ("valid", "same")
    ]
    told: dict[str, str | float] = {
        "layer and kernel moved by hand: apart by": figures["layer - formula"],
        "layer and one matrix product: apart by": figures["layer - matrix"],
        "share of zeros in this matrix, 8 x 8 pixels, kernel without a 0": figures[
            "zeros for any kernel"
        ],
        "the same, Sobel's kernel, which has three": figures["zeros of the matrix"],
        "turned kernel: layer and convolution apart by": figures[
            "convolution - flipped correlation"
        ],
        "parameters, dense: 100 units see all 28 x 28 pixels": counts["dense"],
        "parameters, local: 100 units see a window of 3 x 3 each": counts["local"],
        "parameters, one kernel shared by all windows": counts["one shared kernel"],
        "parameters, convolutional layer of 10 such kernels": counts["convolution"],
        "also: two convolutions, and one with both kernels made into one: apart by": figures[
            "associative: convolution"
        ],
        "also: the same with cross-correlations, where it does not hold": figures[
            "associative: correlation"
        ],
        "also: gradient by the pixels, and by a convolution with the kernel: apart by": figures[
            "gradient - convolution"
        ],
        "also: sum counted from the pixel, and from the kernel: apart by": figures[
            "image-centred - kernel-centred"
        ],
        "also: the lecture's patch of 3 x 3, Sobel's kernel turned": figures["patch"],
        "also: pixels in a row that a unit sees behind 3 layers": figures[
            "receptive field of 3 layers"
        ],
        "also: one dimension, kernel 1, 2, 3 over 1, 1, 1, 1": _written(
            convolve([1, 2, 3], [1] * 4)[:4]
        ),
        "also: outputs of 28 pixels; step 1, step 1 padded, 2, 2 padded": _written(sizes),
    }
    return Measured(
        columns=("what", "here"),
        rows=tuple(told.items()),
        figures=figures,
        seen=(
            "Keras' convolutional layer gives the same numbers as the kernel moved by hand, and "
            "as one product of the pixels with a matrix. In each of its rows stand the kernel's "
            f"nine numbers and nothing else: {figures['zeros for any kernel']:.0%} are zeros, and "
            f"{figures['zeros of the matrix']:.0%} for Sobel's kernel, which finds edges and has "
            f"{np.sum(SOBEL == 0)} zeros itself. So it is a dense layer with most weights left out "
            f"and the others shared: {counts['convolution']} parameters (10 kernels of 9 weights "
            f"and a constant) instead of {counts['dense']} (784 weights and a constant for each of "
            "100 units). The layer with the turned kernel is the convolution: one that learns its "
            "kernel can learn either. The rows that begin with 'also' check the lecture's "
            "formulas; nothing above rests on them."
        ),
        differs=(
            "the counts hold for grey images; with three colours a window of 3 x 3 has 27 weights "
            "instead of 9. And what the lecture says of two convolutions made into one holds with "
            "turned kernels only, not for the layer as it is."
        ),
        picture=_picture(image, by_keras, matrix, counts),
    )


def _layer_of(kernel: np.ndarray) -> keras.layers.Conv2D:
    layer = keras.layers.Conv2D(1, kernel.shape, use_bias=False)
    layer.build((None, None, None, 1))
    layer.set_weights([kernel[:, :, None, None]])
    return layer


def _apply(layer: keras.layers.Layer, image: np.ndarray) -> np.ndarray:
    found = layer(image[None, :, :, None].astype("float32"))
    return np.asarray(keras.ops.convert_to_numpy(found))[0, :, :, 0]


def _gradient(layer: keras.layers.Layer, upstream: np.ndarray) -> np.ndarray:
    """Return the gradient of the 8 x 8 pixels, where that of the outputs is known."""
    pixels = np.eye(64, dtype="float32").reshape(64, 8, 8, 1)  # the layer is linear: one at a time
    outputs = np.asarray(keras.ops.convert_to_numpy(layer(pixels)))[..., 0]
    return np.tensordot(outputs, upstream, axes=2).reshape(8, 8)


def _kernel_of_both(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return convolve_images(np.pad(second, 1), first)


def _apart(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.max(np.abs(one - other)))


def _written(values: object) -> str:
    return ", ".join(f"{value:g}" for value in np.asarray(values).tolist())


def _picture(
    image: np.ndarray, edges: np.ndarray, matrix: np.ndarray, counts: dict[str, int]
) -> Figure:
    figure = draw(1, 4, size=(2.6, 2.6))
    for panel, shown, title in zip(
        figure.axes,
        (image, edges, matrix != 0),
        ("a digit", "behind Sobel's kernel", "not 0 in the matrix"),
        strict=False,
    ):
        panel.imshow(shown, aspect="auto")
        panel.set(title=title, xticks=[], yticks=[])
        panel.grid(visible=False)
    figure.axes[3].barh(list(counts), list(counts.values()), color=COLOURS[0])
    figure.axes[3].set(title="parameters (log)", xscale="log")
    return figure


LESSON = Lesson(
    name="convolution",
    lecture="S2",
    title="A convolutional layer is a sparse, shared linear layer",
    claim=(
        "A convolutional layer moves a kernel, a small window of weights such as 3 x 3, over the "
        "image; each output is the sum of the pixels under it, each times its weight "
        "(cross-correlation). With the kernel turned by 180 degrees this is what mathematics "
        "calls a convolution. As all places share the kernel, it needs far fewer parameters "
        "(numbers to be learned) than a dense layer, in which each output, a unit, sums all pixels "
        "with weights of its own."
    ),
    advice=(
        "For images take a convolutional layer where parameters are to be saved. Whether it is "
        "also right more often is another question: see `convolution_designs`."
    ),
    run=run,
    holds={
        "patch": (65, 65),
        "layer - formula": (0, 1e-4),
        "image-centred - kernel-centred": (0, 1e-9),
        "convolution - flipped correlation": (0, 1e-9),
        "associative: convolution": (0, 1e-9),
        "associative: correlation": (1, 1e3),
        "gradient - convolution": (0, 1e-4),
        "layer - matrix": (0, 1e-4),
        "zeros of the matrix": (0.8, 1),
        "receptive field of 3 layers": (7, 7),
    },
    rows=("Convolution",),
    seconds=3,
)
