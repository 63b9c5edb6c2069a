"""How much arithmetic a training step is, and how much the machine can do."""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor

import keras
import tensorflow as tf

from measuring.machine import usable_cores

_SIDE = 1024
_PRODUCTS = 10
_ATTEMPTS = 5


def measure_peak() -> float:
    """Return floating-point operations a second in float32 products of 1024 x 1024 matrices.

    The best of several attempts, with one thread that asks and with one for each core: an
    engine may have left TensorFlow with one thread for each operation.
    """
    a, b = tf.random.normal((_SIDE, _SIDE)), tf.random.normal((_SIDE, _SIDE))

    def multiply(_: int) -> None:
        for _ in range(_PRODUCTS):
            product = tf.linalg.matmul(a, b)
        product[0, 0].numpy()  # waits for a device that works behind

    best = 0.0
    for threads in sorted({1, usable_cores()}):
        with ThreadPoolExecutor(threads) as pool:
            for _ in range(_ATTEMPTS):
                start = time.perf_counter()
                list(pool.map(multiply, range(threads)))
                seconds = time.perf_counter() - start
                best = max(best, 2.0 * _SIDE**3 * _PRODUCTS * threads / seconds)
    return best


def count_training_flops(model: keras.Model, batch_size: int) -> int:
    """Return the operations of all products and convolutions in one training step.

    Forward and backward pass as TensorFlow traces them, so that the first layer's missing input
    gradient is not counted. Elementwise work and the optimiser's are left out.

    Args:
        model: A compiled model that takes one input and class indices.
        batch_size: Examples a batch.
    """

    def step(x: tf.Tensor, y: tf.Tensor) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            loss = model.loss(y, model(x, training=True))
        gradients: list[tf.Tensor] = tape.gradient(
            loss, [v.value for v in model.trainable_variables]
        )
        return gradients

    x = tf.TensorSpec((batch_size, *model.input_shape[1:]), tf.float32)
    y = tf.TensorSpec((batch_size,), tf.int32)
    graph = tf.function(step).get_concrete_function(x, y).graph
    # What no output needs, such as the first layer's input gradient, is cut off when it runs.
    needed, waiting = set(), [output.op for output in graph.outputs]
    while waiting:
        operation = waiting.pop()
        if operation not in needed:
            needed.add(operation)
            waiting += [*(tensor.op for tensor in operation.inputs), *operation.control_inputs]
    return sum(_count(operation) for operation in needed)


def _count(operation: tf.Operation) -> int:
    kind, inputs, outputs = operation.type, operation.inputs, operation.outputs
    if kind == "MatMul":
        inner = inputs[0].shape[0 if operation.get_attr("transpose_a") else 1]
        return 2 * math.prod(outputs[0].shape) * inner
    # A convolution and its two gradients: for each position and channel of the (gradient of
    # the) output one product with a kernel of height x width x input channels.
    if kind == "Conv2D":
        return 2 * math.prod(outputs[0].shape) * math.prod(inputs[1].shape[:3])
    if kind == "Conv2DBackpropInput":
        return 2 * math.prod(inputs[2].shape) * math.prod(inputs[1].shape[:3])
    if kind == "Conv2DBackpropFilter":
        return 2 * math.prod(inputs[2].shape) * math.prod(outputs[0].shape[:3])
    return 0
