"""Models of several targets: dictionaries in Keras, named answers in the SavedModel."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit, softmax

from dlrecipes.data import from_arrays
from dlrecipes.errors import ExportError
from dlrecipes.export import (
    build_average_model,
    build_inference_model,
    check_same_predictions,
    export_saved_model,
    load_model,
    predict,
    predict_saved_model,
)
from dlrecipes.models import build_multitask
from dlrecipes.targets import join_predictions, loss_and_metrics, split_predictions


@pytest.fixture(scope="module")
def splits():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(120, 3)).astype("float32")
    y = {
        "z-value": 1e5 + 1e4 * x[:, 0],
        "grade": np.digitize(x[:, 1], [-0.5, 0.5]),
        "a.b": np.where(x[:, 2] > 0, "ja", "nein"),
        "kind": np.digitize(x[:, 2], [-0.5, 0.5]),
    }
    return from_arrays(x, y, task={"grade": "ordinal"})


def network(splits, seed=0):
    keras.utils.set_random_seed(seed)
    model = build_multitask(splits.raw_spec.input_shape, splits.raw_spec.targets, hidden_units=(8,))
    model.compile("adam", **loss_and_metrics(splits.raw_spec.targets))
    return model


def inference(splits, seed=0):
    return build_inference_model(network(splits, seed), None, splits.raw_spec, splits.raw_spec)


def test_what_heads_put_out_becomes_probabilities_and_values(splits):
    model, x = network(splits), splits.validation.x
    raw = {name: np.asarray(one) for name, one in model(x).items()}
    found = split_predictions(predict(inference(splits), x), splits.raw_spec)
    np.testing.assert_allclose(found["z-value"], raw["z-value"][:, 0], rtol=1e-6)
    np.testing.assert_allclose(found["a.b"][:, 1], expit(raw["a.b"][:, 0]), rtol=1e-5)
    for name in ("grade", "kind"):
        np.testing.assert_allclose(found[name], softmax(raw[name], axis=1), rtol=1e-5)


def test_saved_model(splits, tmp_path):
    model, x = inference(splits), splits.validation.x
    model.save(tmp_path / "m.keras")
    expected = predict(model, x)
    np.testing.assert_array_equal(predict(load_model(tmp_path / "m.keras"), x), expected)
    export_saved_model(model, tmp_path / "m", splits.raw_spec)
    np.testing.assert_allclose(predict_saved_model(tmp_path / "m", x), expected, rtol=1e-5)
    serve = tf.saved_model.load(str(tmp_path / "m")).signatures
    answer = serve["serving_default"](x=tf.constant(x[:1]))
    assert set(answer) == {
        "z_value_value",
        *(
            f"{one}_{what}"
            for one in ("grade", "a_b", "kind")
            for what in ("probabilities", "class_index", "label")
        ),
    }
    by_target = split_predictions(expected, splits.raw_spec)
    label = answer["a_b_label"].numpy()[0].decode()
    assert label == ("ja", "nein")[by_target["a.b"][0].argmax()]
    assert serve["grade_classes"]()["class_names"].numpy().tolist() == [b"0", b"1", b"2"]
    named = serve["targets"]()
    assert dict(zip(named["name"].numpy(), named["prefix"].numpy(), strict=True)) == {
        b"z-value": b"z_value",
        b"grade": b"grade",
        b"a.b": b"a_b",
        b"kind": b"kind",
    }


def test_an_ensemble_averages_each_target(splits, tmp_path):
    members, x = [inference(splits, seed) for seed in (0, 1)], splits.validation.x
    average = build_average_model(members, None, splits.raw_spec)
    average.save(tmp_path / "m.keras")
    expected = np.mean([predict(one, x) for one in members], axis=0)
    np.testing.assert_allclose(predict(load_model(tmp_path / "m.keras"), x), expected, rtol=1e-5)
    weighted = build_average_model(members, None, splits.raw_spec, [0.25, 0.75])
    expected = np.average([predict(one, x) for one in members], axis=0, weights=[0.25, 0.75])
    np.testing.assert_allclose(predict(weighted, x), expected, rtol=1e-5)


def test_a_target_of_large_values_hides_no_other(splits):
    x = splits.validation.x
    tested = predict(inference(splits), x)
    options = {"policy": "float32", "what": "m"}
    assert check_same_predictions(tested, tested, splits.raw_spec, **options) == 0.0
    by_target = split_predictions(tested, splits.raw_spec)
    by_target["a.b"] = by_target["a.b"] + np.array([1e-3, -1e-3])
    with pytest.raises(ExportError, match=r"off by 0\.00"):
        check_same_predictions(join_predictions(by_target), tested, splits.raw_spec, **options)
