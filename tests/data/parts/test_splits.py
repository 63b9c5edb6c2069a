from dataclasses import replace

import keras
import numpy as np
import pytest

from dlrecipes.data import from_arrays, load
from dlrecipes.errors import DataError


def test_raw_development_is_the_parts():
    splits = load("iris")
    development = splits.development()
    assert development.train is splits.train
    assert development.validation is splits.validation
    assert development.model_spec is splits.raw_spec is splits.model_spec


def test_preprocess_leaves_the_parts_raw():
    raw = load("digits")
    layer = keras.Sequential([keras.layers.Rescaling(1 / 16), keras.layers.Flatten()])
    splits = raw.with_preprocess(layer)
    development = splits.development()
    assert raw.preprocess is None
    assert splits.train is raw.train
    assert splits.raw_spec == raw.raw_spec
    assert splits.test is raw.test
    assert splits.development() is development
    assert splits.model_spec == replace(raw.raw_spec, input_shape=(64,), kind="table")
    np.testing.assert_allclose(development.train.x, raw.train.x.reshape(-1, 64) / 16)
    np.testing.assert_array_equal(development.validation.y, raw.validation.y)
    np.testing.assert_array_equal(development.validation.ids, raw.validation.ids)


def test_preprocess_is_adapted_on_the_training_part_only():
    splits = load("breast_cancer").with_preprocess(keras.layers.Normalization())
    development = splits.development()
    np.testing.assert_allclose(development.train.x.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(development.train.x.std(axis=0), 1, atol=1e-4)
    assert np.abs(development.validation.x.mean(axis=0)).max() > 1e-2


def test_a_later_preprocess_replaces_the_earlier_one():
    splits = load("iris").with_preprocess(keras.layers.Rescaling(2.0))
    again = splits.with_preprocess(keras.layers.Rescaling(3.0))
    np.testing.assert_allclose(again.development().train.x, 3 * splits.train.x, rtol=1e-6)


def test_spec_must_fit():
    splits = from_arrays(np.zeros((12, 2)), np.arange(12) % 2)
    with pytest.raises(DataError, match=r"shape in `raw_spec`.*train: \(2,\), raw_spec: \(3,\)"):
        replace(splits, raw_spec=replace(splits.raw_spec, input_shape=(3,)))
