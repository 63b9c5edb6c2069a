"""Several values or labels an example, in one array for one output."""

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, log_loss, r2_score, roc_auc_score

import dlrecipes as dlr
from dlrecipes.data import from_arrays, keras_targets
from dlrecipes.errors import BuilderError, DataError
from dlrecipes.results import Objective
from dlrecipes.targets import score_predictions
from dlrecipes.training.outputs import output_kinds
from dlrecipes.training.predictions import predict_network
from dlrecipes.training.preflight import check_model

X = np.random.default_rng(0).normal(size=(90, 4)).astype("float32")
LABELS = (X[:, :3] + 0.2 > 0).astype("int64")
LOSS = Objective("val_loss", "min")


def network(units, loss, activation=None, metrics=()):
    dense = keras.layers.Dense(units, activation=activation)
    model = keras.Sequential([keras.Input((4,)), dense])
    model.compile("sgd", loss, metrics=list(metrics))
    return model


@pytest.mark.parametrize("y", [X[:, :3], LABELS, LABELS.astype("float32"), LABELS.astype(bool)])
def test_they_are_handed_to_keras_as_they_came(y):
    splits = from_arrays(X, y)
    given = keras_targets(splits.train.y, splits.raw_spec)
    assert given.shape == (54, 3)
    assert np.array_equal(given, y[splits.train.ids])
    assert given.dtype == ("int32" if y.dtype == "int64" else y.dtype)


def test_names():
    names = [target.name for target in from_arrays(X, LABELS).raw_spec.targets]
    assert names == ["y0", "y1", "y2"]
    frame = pd.DataFrame(LABELS, columns=["red", "green", "blue"])
    assert [target.name for target in from_arrays(X, frame).raw_spec.targets] == list(frame)
    spec = from_arrays(X, LABELS, classes=["a", "b", "c"]).raw_spec
    assert [target.name for target in spec.targets] == ["a", "b", "c"]
    wide = from_arrays(X, np.tile(X, 3)).raw_spec
    assert [target.name for target in wide.targets] == sorted(t.name for t in wide.targets)
    assert wide.targets[10].name == "y10"


def test_one_hot_labels_are_one_target():
    assert not from_arrays(X, np.eye(3)[np.arange(90) % 3]).raw_spec.joint


def test_what_is_missing():
    y = X[:, :3].copy()
    y[4, 1] = np.nan
    with pytest.raises(DataError, match="1 example with NaN, first in row 4"):
        from_arrays(X, y)


@pytest.mark.parametrize(
    ("loss", "activation", "kind"),
    [
        ("binary_crossentropy", "sigmoid", "probabilities"),
        (keras.losses.BinaryCrossentropy(from_logits=True), None, "logits"),
        (keras.losses.BinaryCrossentropy(from_logits=True), "sigmoid", "probabilities"),
        ("mse", None, "shares"),
    ],
)
def test_scores_of_labels_are_those_of_scikit_learn(loss, activation, kind):
    splits = from_arrays(X, LABELS)
    data = splits.development()
    model = network(3, loss, activation, ["binary_accuracy"])
    check_model(model, data, LOSS)
    kinds = output_kinds(model, data.model_spec)
    assert set(kinds.values()) == {kind}
    part = data.validation
    predicted = predict_network(model, part.array, kinds, data.model_spec)
    outputs = model.predict(part.x, verbose=0)
    raw = 1 / (1 + np.exp(-outputs)) if kind == "logits" else np.clip(outputs, 0, 1)
    assert predicted[:, 1::2] == pytest.approx(raw, abs=1e-6)
    scores = score_predictions(part.y, predicted, data.model_spec)
    for at in range(3):
        y, probability = part.y[:, at], raw[:, at].astype("float64")
        assert scores[f"y{at}_accuracy"] == accuracy_score(y, probability > 0.5)
        assert scores[f"y{at}_roc_auc"] == pytest.approx(roc_auc_score(y, probability))
        assert scores[f"y{at}_log_loss"] == pytest.approx(log_loss(y, probability), rel=1e-4)


def test_scores_of_values_are_those_of_scikit_learn():
    splits = from_arrays(X, X[:, :3] ** 2)
    data = splits.development()
    model = network(3, "mse", metrics=["mae"])
    assert check_model(model, data, LOSS) == ()
    kinds = output_kinds(model, data.model_spec)
    predicted = predict_network(model, data.validation.array, kinds, data.model_spec)
    assert predicted == pytest.approx(model.predict(data.validation.x, verbose=0), abs=1e-6)
    scores = score_predictions(data.validation.y, predicted, data.model_spec)
    for at in range(3):
        r2 = r2_score(data.validation.y[:, at], predicted[:, at])
        assert scores[f"y{at}_r2"] == pytest.approx(r2, rel=1e-5)


def test_accuracy_of_logits_is_said_once():
    model = network(3, keras.losses.BinaryCrossentropy(from_logits=True), None, ["binary_accuracy"])
    found = check_model(model, from_arrays(X, LABELS).development(), LOSS)
    assert len(found) == 1
    assert "0.5" in found[0].verdict


def test_another_width():
    with pytest.raises(BuilderError, match="3 targets in one array must have 3 units"):
        check_model(network(2, "mse"), from_arrays(X, X[:, :3]).development(), LOSS)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["auto", pytest.param("fit", marks=pytest.mark.exhaustive)])
def test_a_whole_run(tmp_path, engine):
    def build(hp):
        rate = hp.Float("rate", 0.05, 0.2, sampling="log")
        model = network(3, "binary_crossentropy", "sigmoid", ["binary_accuracy"])
        model.optimizer.learning_rate = rate
        return model

    splits = from_arrays(X, LABELS)
    run = dlr.tune(
        build,
        splits,
        "val_loss",
        dlr.CoarseToFine(trials=3, epochs=3, refit_seeds=1),
        dlr.RunSettings(out=tmp_path / "run", engine=engine, baseline_seconds=1.0),
        listener=dlr.search.Listener(),
    )
    assert run.predict(X[:7]).shape == (7, 3)
    run.open_test_set("to see whether it works")
    again = dlr.Run(tmp_path / "run")
    assert np.array_equal(again.predict(X), run.predict(X))
    share = float(((again.predict(splits.validation.x) > 0.5) == splits.validation.y).mean())
    validation = run.result.refits[0].validation
    mean = np.mean([validation[f"y{at}_accuracy"] for at in range(3)])
    assert mean == pytest.approx(share)
    history = run.result.refits[0].history["val_binary_accuracy"]
    assert history[run.result.refits[0].best_epoch] == pytest.approx(share, abs=1e-6)
