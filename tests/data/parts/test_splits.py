from dataclasses import replace

import keras
import numpy as np
import pytest

import dlrecipes as dlr
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


def shifted(rows, *, test=120):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(rows + 2 * test, 2)).astype("float32")
    x[rows:] = 3 * x[rows:] + 5
    y = (np.arange(len(x)) % 2).astype(int)
    parts = [slice(0, rows), slice(rows, rows + test), slice(rows + test, None)]
    pairs = [(x[part], y[part]) for part in parts]
    return dlr.data.from_arrays(*pairs[0], validation=pairs[1], test=pairs[2])


def test_statistics_of_their_own_meet_the_range_exactly(tmp_path):
    splits = shifted(150)
    layer = dlr.layers.MinMaxScaling(-1.0, 1.0, clip=False)
    by_training = splits.with_preprocess(layer).development()
    assert by_training.validation.x.max() > 2
    fresh = dlr.layers.MinMaxScaling(-1.0, 1.0, clip=False)
    own = splits.with_preprocess(fresh, test_statistics="own")
    both = own.development()
    np.testing.assert_array_equal(both.train.x, by_training.train.x)
    test = own.preprocessed(splits.test.open("a test", ledger=tmp_path / "ledger.jsonl"))
    for part in (both.train, both.validation, test):
        np.testing.assert_allclose(part.x.min(axis=0), -1, atol=1e-6)
        np.testing.assert_allclose(part.x.max(axis=0), 1, atol=1e-6)
    with pytest.raises(DataError, match=r"at least 100 examples\. Received: a part with 1 example"):
        own.preprocessed(splits.validation.pick(np.arange(1)))


def test_statistics_of_their_own_need_a_sample():
    splits = shifted(150, test=99)
    with pytest.raises(DataError, match=r"at least 100 .* the validation part with 99 examples"):
        splits.with_preprocess(dlr.layers.MinMaxScaling(), test_statistics="own")
    with pytest.raises(dlr.errors.ArgumentError, match="`test_statistics` must be one of"):
        splits.with_preprocess(dlr.layers.MinMaxScaling(), test_statistics="test")


def test_no_run_takes_them(tmp_path):
    splits = shifted(150).with_preprocess(dlr.layers.Standardization(), test_statistics="own")

    def build(hp):
        model = dlr.models.build_mlp((2,), 1, hidden_units=(hp.Int("units", 2, 4),))
        loss = keras.losses.BinaryCrossentropy(from_logits=True)
        model.compile("adam", loss, metrics=[keras.metrics.BinaryAccuracy("accuracy", threshold=0)])
        return model

    settings = dlr.RunSettings(out=tmp_path / "run")
    with pytest.raises(DataError, match="predicts single examples"):
        dlr.tune(build, splits, settings=settings)
