"""The SavedModel: needs nothing but TensorFlow."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from dlrecipes.data import Columns, Inputs, as_tensors
from dlrecipes.errors import ExportError
from dlrecipes.export.predict import batches_of
from dlrecipes.export.raw_inputs import input_names, output_prefixes, serving_names
from dlrecipes.results import Column, DataSpec, InputSpec, Target
from dlrecipes.rundir import check_place
from dlrecipes.system_errors import find_refusal, refused
from dlrecipes.targets import by_name, if_named, join_predictions, kind_of, named_targets
from dlrecipes.training.outcome import headline

Predict = Callable[[NDArray[Any] | Columns | Inputs], NDArray[np.float32]]


def export_saved_model(model: keras.Model, path: Path, spec: DataSpec) -> None:
    """Write a model as a TensorFlow SavedModel with named signatures.

    `serving_default` takes `x`, `(batch, *raw input shape)`; of several inputs it takes each under
    its name, written as below (those of a list are `input_0`, `input_1`, …), and `inputs` returns
    their `name`, `input` and `dtype`; of a table it takes the columns,
    `(batch,)` each, numbers as float32 and all else as strings, under names that TensorFlow
    accepts (`serving_names`: `home town` is `home_town`, `class` is `column_class`). `columns`
    takes nothing and returns the `name` of each column, the `input` under which it is taken and
    its `dtype`.

    For classes `serving_default` returns
    `probabilities` `(batch, classes)`, `class_index` `(batch,)` and `label` `(batch,)`, the
    class's name; for regression `value` `(batch,)`. `class_names` takes nothing and returns
    the names in the order of the probabilities. Of several targets, `serving_default` returns all
    of this for each under its name (`diagnosis_probabilities`, `price_value`), `diagnosis_classes`
    returns the names of its classes, and `targets` the `name` of each target, its `prefix` and
    its `title`, the name as the data has it.

    Args:
        model: From raw inputs to probabilities or values, or a dictionary of both.
        path: The folder to write; one that is there is replaced once the new one is whole.
        spec: The raw data's spec.

    Raises:
        RunError: If TensorFlow could not load it from there (`check_place`).
    """
    check_place(path.parent)
    archive = keras.export.ExportArchive()
    prefixes = _prefixes(spec)
    serve = _served(model, spec)
    graph = serve.get_concrete_function()
    for one in _untracked(graph, model):
        archive.track(one)
    archive.add_endpoint("serving_default", serve)
    if spec.columns:
        _add_names(archive, "columns", _told(spec.columns))
    if spec.inputs:
        _add_names(archive, "inputs", _told(spec.inputs))
    for target, prefix in prefixes.items():
        for _, names in kind_of(target).texts.values():
            endpoint = f"{prefix}classes" if prefix else "class_names"
            _add_names(archive, endpoint, {"class_names": names})
    if named_targets(spec):
        told = {
            "name": [target.name for target in prefixes],
            "prefix": [prefix.removesuffix("_") for prefix in prefixes.values()],
            "title": [target.shown for target in prefixes],
        }
        _add_names(archive, "targets", told)
    unfinished = path.with_name(path.name + ".partial")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        archive.write_out(str(unfinished), verbose=False)
        shutil.rmtree(path, ignore_errors=True)
        unfinished.rename(path)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def trace(model: keras.Model, spec: DataSpec) -> Predict:
    """Return what predicts with the graph that would be exported, without writing it.

    Args:
        model: As for `export_saved_model`.
        spec: The raw data's spec.
    """
    graph = _served(model, spec).get_concrete_function()
    prefixes = {target.name: prefix for target, prefix in _prefixes(spec).items()}

    def predict(x: NDArray[Any] | Columns | Inputs) -> NDArray[np.float32]:
        if isinstance(x, np.ndarray):
            given = [as_tensors(x)]
        else:
            names = [column.name for column in spec.columns] or [one.name for one in spec.inputs]
            given = [as_tensors(x[name]) for name in names]
        return _joined([graph(*given)], prefixes)

    return predict


def _served(model: keras.Model, spec: DataSpec) -> Any:  # noqa: ANN401  (a function of TensorFlow)
    """Return what takes the raw inputs of a signature and returns its answers, as a graph."""
    prefixes = _prefixes(spec)

    def serve(*columns: tf.Tensor) -> dict[str, tf.Tensor]:
        predictions = model(_inputs(spec, columns), training=False)
        named = by_name(predictions, spec)
        return {
            f"{prefix}{answer}": value
            for target, prefix in prefixes.items()
            for answer, value in _answers(named[target.name], target).items()
        }

    # Without AutoGraph, as Keras exports: a branch on a tensor has to be `keras.ops.cond`.
    return tf.function(serve, _signature(spec), autograph=False)


def _untracked(graph: Any, model: keras.Model) -> list[Any]:  # noqa: ANN401
    """Return what a graph uses beside its variables, which Keras finds by itself.

    These are lookup tables, as a rule. To have Keras look for them takes longer than all the rest
    of an export: it reads every attribute of every layer, and traces functions on its way.

    Args:
        graph: A traced function of a model.
        model: The model.

    Returns:
        The tables that its layers hold, or the model itself where these are not all.
    """
    known = {id(variable.handle) for variable in graph.variables}
    others = {
        id(one)
        for one in graph.captured_inputs
        if one.dtype == tf.resource and id(one) not in known
    }
    if not others:
        return []
    tables = {
        id(held.resource_handle): held
        for layer in model._flatten_layers()
        for held in vars(layer).values()
        if isinstance(held, tf.saved_model.experimental.TrackableResource)
    }
    found = [table for handle, table in tables.items() if handle in others]
    return found if len(found) == len(others) else [model]


def predict_saved_model(path: Path, x: NDArray[Any] | Columns | Inputs) -> NDArray[np.float32]:
    """Load a SavedModel and return its probabilities or values for raw inputs.

    Args:
        path: The folder that `export_saved_model` wrote.
        x: Raw inputs, `(examples, …)`, or the columns of a table in any order.
    """
    return load_saved_model(path)(x)


def load_saved_model(path: Path) -> Predict:
    """Load a SavedModel and return what predicts with it.

    That takes raw inputs, `(examples, …)`, or the columns of a table in any order, and returns
    probabilities or values; those of several targets side by side
    (`dlrecipes.targets.join_predictions`).

    Args:
        path: The folder that `export_saved_model` wrote.

    Raises:
        ExportError: If there is none, or TensorFlow cannot read it.
        RunError: If TensorFlow could not load it from there (`check_place`).
    """
    check_place(path)
    try:
        loaded = tf.saved_model.load(str(path))
    except Exception as error:  # TensorFlow raises what it pleases here
        refusal = find_refusal(error)
        if refusal is not None:
            raise refused(refusal) from error
        raise ExportError(
            "The SavedModel of a network must be there, and whole.",
            received=f"{path} ({type(error).__name__}: {headline(error)})",
        ) from error
    return partial(_predict, loaded)


def _predict(loaded: Any, x: NDArray[Any] | Columns | Inputs) -> NDArray[np.float32]:  # noqa: ANN401
    serve = loaded.signatures["serving_default"]
    if not isinstance(x, np.ndarray):
        told = loaded.signatures["columns" if isinstance(x, Columns) else "inputs"]()
        names = dict(zip(_texts(told["name"]), _texts(told["input"]), strict=True))
        answers = [
            serve(**_as_taken(serve, {names[name]: values for name, values in batch.items()}))
            for batch in batches_of(x)
        ]
    else:
        answers = [serve(**_as_taken(serve, {"x": batch})) for batch in batches_of(x)]
    if "targets" not in loaded.signatures:
        return _joined(answers, {"": ""})
    told = loaded.signatures["targets"]()
    prefixes = (f"{prefix}_" for prefix in _texts(told["prefix"]))
    return _joined(answers, dict(zip(_texts(told["name"]), prefixes, strict=True)))


def _as_taken(serve: Any, batch: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401
    """Return inputs as tensors of the dtypes that a signature takes, numbers of any kind."""
    takes = serve.structured_input_signature[1]
    tensors = {name: as_tensors(values) for name, values in batch.items()}
    return {
        name: tf.cast(tensor, takes[name].dtype)
        if name in takes and _is_number_for(tensor, takes[name].dtype)
        else tensor
        for name, tensor in tensors.items()
    }


def _is_number_for(tensor: tf.Tensor, dtype: tf.DType) -> bool:
    """Whether numbers stay what they are in another dtype: fractions are no whole numbers."""
    numbers = tf.string not in (tensor.dtype, dtype)
    return numbers and (dtype.is_floating or not tensor.dtype.is_floating)


def _joined(
    answers: Sequence[Mapping[str, tf.Tensor]], prefixes: Mapping[str, str]
) -> NDArray[np.float32]:
    """Return the probabilities or values of all batches, of several targets side by side."""
    whole = {}
    for target, prefix in prefixes.items():
        name = f"{prefix}value"
        name = name if name in answers[0] else f"{prefix}probabilities"
        whole[target] = np.concatenate([answer[name].numpy() for answer in answers])
    return whole[""] if "" in whole else join_predictions(whole).astype(np.float32)


def _texts(tensor: tf.Tensor) -> list[str]:
    return [text.decode() for text in tensor.numpy().tolist()]


def _answers(predictions: tf.Tensor, target: Target) -> dict[str, tf.Tensor]:
    """Return the answers of one target; a class also by its name, which `keras.ops` has not."""
    kind = kind_of(target)
    answers: dict[str, tf.Tensor] = kind.answers(tf.cast(predictions, tf.float32))
    for name, (index, texts) in kind.texts.items():
        answers[name] = tf.gather(tf.constant(list(texts)), answers[index])
    return answers


def _prefixes(spec: DataSpec) -> dict[Target, str]:
    """Return what the answers of each target begin with; nothing for the only one."""
    prefixes = output_prefixes([target.name for target in named_targets(spec)])
    return {target: if_named(target, f"{prefixes.get(target.name)}_") for target in spec.targets}


def _told(named: Sequence[Column] | Sequence[InputSpec]) -> dict[str, list[str]]:
    """Return the names of columns or inputs, those under which they are taken, and their dtypes."""
    names = serving_names([one.name for one in named])
    dtypes: list[str] = [one.dtype for one in named]
    return {"name": list(names), "input": list(names.values()), "dtype": dtypes}


def _add_names(
    archive: keras.export.ExportArchive, endpoint: str, texts: Mapping[str, Sequence[str]]
) -> None:
    """Add an endpoint that takes nothing and returns texts."""
    constants = {name: tf.constant(list(some)) for name, some in texts.items()}

    def names() -> dict[str, tf.Tensor]:
        return {name: tf.identity(constant) for name, constant in constants.items()}

    archive.add_endpoint(endpoint, names, input_signature=[])


def _signature(spec: DataSpec) -> list[tf.TensorSpec]:
    if spec.inputs:
        names = serving_names([one.name for one in spec.inputs])
        return [
            tf.TensorSpec((None, *one.shape), one.dtype, name=names[one.name])
            for one in spec.inputs
        ]
    if not spec.columns:
        return [tf.TensorSpec((None, *spec.input_shape), spec.input_dtype, name="x")]
    names = serving_names([column.name for column in spec.columns])
    return [
        tf.TensorSpec((None,), column.dtype, name=names[column.name]) for column in spec.columns
    ]


def _inputs(spec: DataSpec, given: Sequence[tf.Tensor]) -> Any:  # noqa: ANN401  (a structure)
    if spec.inputs:
        return spec.arranged(given)
    if not spec.columns:
        return given[0]
    names = input_names([column.name for column in spec.columns])
    return dict(zip(names.values(), given, strict=True))
