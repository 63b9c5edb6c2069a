"""Networks in one fit, each as it is trained alone."""

import keras
import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.errors import ArgumentError

X = np.random.default_rng(0).normal(size=(50, 4)).astype("float32")
Y = (X[:, 0] + X[:, 1] > 0).astype(int) + (X[:, 2] > 1)


def networks(count):
    keras.utils.set_random_seed(0)
    return [dlr.models.build_mlp((4,), 3, hidden_units=(6,)) for _ in range(count)]


@pytest.mark.parametrize("count", [1, 3])
def test_as_alone(count):
    both, alone = networks(count), networks(count)
    curves = dlr.lesson.fit_together(
        both,
        keras.optimizers.Adam(0.02),
        X,
        Y,
        validation=(X[:20], Y[:20]),
        epochs=3,
        batch_size=50,
    )
    assert {one.shape for one in curves.values()} == {(count, 3)}
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model = alone[-1]
    model.compile(keras.optimizers.Adam(0.02), loss, metrics=["accuracy"], jit_compile=False)
    history = model.fit(
        X, Y, batch_size=50, epochs=3, verbose=0, validation_data=(X[:20], Y[:20])
    ).history
    for name, curve in curves.items():
        np.testing.assert_allclose(curve[-1], history[name], rtol=1e-4)
    np.testing.assert_allclose(both[-1](X), model(X), rtol=1e-3, atol=1e-5)


def test_none_is_refused():
    with pytest.raises(ArgumentError, match="at least one network"):
        dlr.lesson.fit_together([], keras.optimizers.SGD(), X, Y, validation=(X, Y), epochs=1)


def test_from_several_starts_each_is_one_of_its_own():
    models = [*networks(1), dlr.models.build_mlp((4,), 3, hidden_units=(6,), dropout_rate=0.9)]
    given = {"validation": (X[:20], Y[:20]), "epochs": 3, "batch_size": 50}
    curves, ends = dlr.lesson.fit_from_starts(
        models, keras.optimizers.Adam(0.02), X, Y, starts=2, **given
    )
    assert {one.shape for one in curves.values()} == {(2, 2, 3)}
    assert not np.allclose(curves["loss"][0, 0], curves["loss"][1, 0], rtol=1e-3)
    # The end is that of the last start, with all units in place.
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    for at, model in enumerate(models):
        logits = model(X, training=False)
        assert ends["loss"][-1, at] == pytest.approx(float(loss(Y, logits)), rel=1e-4)
        right = np.mean(keras.ops.convert_to_numpy(logits).argmax(axis=1) == Y)
        assert ends["accuracy"][-1, at] == pytest.approx(right)
    first, _ = dlr.lesson.fit_from_starts(
        models, keras.optimizers.Adam(0.02), X, Y, starts=1, **given
    )
    # Weights and batches are those of the start's number; masks of dropout are drawn on.
    np.testing.assert_allclose(first["val_loss"][0, 0], curves["val_loss"][0, 0], rtol=1e-4)


def test_in_turn_each_start_is_one_of_its_own():
    def build():
        return dlr.models.build_mlp((4,), 3, hidden_units=(6,), batch_normalization=True)

    given = {"validation": (X[:20], Y[:20]), "epochs": 2, "batch_size": 50}
    curves = dlr.lesson.fit_in_turn(
        build, keras.optimizers.Adam(0.02), X, Y, seeds=(5, 6, 5), **given
    )
    keras.utils.set_random_seed(6)
    alone = dlr.lesson.fit_together([build()], keras.optimizers.Adam(0.02), X, Y, **given)
    for name, curve in curves.items():
        assert curve.shape == (3, 2)
        np.testing.assert_allclose(curve[0], curve[2], rtol=1e-5)
        np.testing.assert_allclose(curve[1], alone[name][0], rtol=1e-4)
    with pytest.raises(ArgumentError, match="`seeds`"):
        dlr.lesson.fit_in_turn(build, keras.optimizers.SGD(), X, Y, seeds=(), **given)
