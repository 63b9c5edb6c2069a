"""The SavedModel: needs nothing but TensorFlow."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from dlrecipes.data import Columns, as_tensors
from dlrecipes.export.serving_names import input_names, serving_names
from dlrecipes.results import DataSpec


def export_saved_model(model: keras.Model, path: Path, spec: DataSpec) -> None:
    """Write a model as a TensorFlow SavedModel with named signatures.

    `serving_default` takes `x`, `(batch, *raw input shape)`; of a table it takes the columns,
    `(batch,)` each, numbers as float32 and all else as strings, under their names (what is no
    letter or digit is written `_`). For classes it returns
    `probabilities` `(batch, classes)`, `class_index` `(batch,)` and `label` `(batch,)`, the
    class's name; for regression `value` `(batch,)`. `class_names` takes nothing and returns
    the names in the order of the probabilities.

    Args:
        model: From raw inputs to probabilities or values.
        path: The folder to write; one that is there is replaced once the new one is whole.
        spec: The raw data's spec.
    """
    archive = keras.export.ExportArchive()
    archive.track(model)
    signature = _signature(spec)
    names = tf.constant(spec.classes or ("value",))

    def classify(*columns: tf.Tensor) -> dict[str, tf.Tensor]:
        probabilities = tf.cast(model(_inputs(spec, columns), training=False), tf.float32)
        index = tf.argmax(probabilities, axis=-1, output_type=tf.int32)
        return {
            "probabilities": probabilities,
            "class_index": index,
            "label": tf.gather(names, index),
        }

    def regress(*columns: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"value": tf.cast(model(_inputs(spec, columns), training=False), tf.float32)}

    def class_names() -> dict[str, tf.Tensor]:
        return {"class_names": tf.identity(names)}

    if spec.task == "regression":
        archive.add_endpoint("serving_default", regress, input_signature=signature)
    else:
        archive.add_endpoint("serving_default", classify, input_signature=signature)
        archive.add_endpoint("class_names", class_names, input_signature=[])
    partial = path.with_name(path.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    archive.write_out(str(partial), verbose=False)
    shutil.rmtree(path, ignore_errors=True)
    partial.rename(path)


def predict_saved_model(path: Path, x: np.ndarray | Columns, batch_size: int = 256) -> np.ndarray:
    """Load a SavedModel and return its probabilities or values for raw inputs."""
    loaded = tf.saved_model.load(str(path))
    serve = loaded.signatures["serving_default"]
    batches = [
        serve(**_named(x[start : start + batch_size])) for start in range(0, len(x), batch_size)
    ]
    name = "value" if "value" in batches[0] else "probabilities"
    return np.concatenate([batch[name].numpy() for batch in batches])


def _signature(spec: DataSpec) -> list[tf.TensorSpec]:
    if not spec.columns:
        return [tf.TensorSpec((None, *spec.input_shape), spec.input_dtype, name="x")]
    names = serving_names([one.name for one in spec.columns])
    return [tf.TensorSpec((None,), one.dtype, name=names[one.name]) for one in spec.columns]


def _inputs(spec: DataSpec, given: Sequence[tf.Tensor]) -> tf.Tensor | dict[str, tf.Tensor]:
    if not spec.columns:
        return given[0]
    names = input_names([one.name for one in spec.columns])
    return dict(zip(names.values(), given, strict=True))


def _named(x: np.ndarray | Columns) -> dict[str, tf.Tensor]:
    if not isinstance(x, Columns):
        return {"x": tf.constant(x)}
    names = serving_names(x.names)
    return {names[name]: values for name, values in as_tensors(x).items()}
