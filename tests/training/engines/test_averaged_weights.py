"""An optimizer with `use_ema`: the averages are validated and kept, by every engine."""

from functools import cache, partial

import keras
import numpy as np
import pytest

from dlrecipes.data import from_arrays
from dlrecipes.results import Objective
from dlrecipes.training.engines import make_engine
from dlrecipes.training.job import Job
from dlrecipes.training.own_training import OwnTraining

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(100, 3)).astype("float32")
DATA = from_arrays(X, X[:, 0] - X[:, 1], task="regression").development()
EPOCHS = 5
SWAP = keras.callbacks.SwapEMAWeights


def build(*, eager=True, **options):
    """Without a graph, which takes longer to trace than five steps to take."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(4, "tanh"), keras.layers.Dense(1)]
    )
    optimizer = keras.optimizers.Adam(0.1, **{"use_ema": True, "ema_momentum": 0.75, **options})
    model.compile(optimizer, "mse", jit_compile=False, run_eagerly=eager)
    return model


def own_fit(hp, model, *args, **kwargs):
    return model.fit(*args, **kwargs)


def own_fit_that_swaps(hp, model, *args, callbacks=(), **kwargs):
    return model.fit(*args, callbacks=[SWAP(swap_on_epoch=True), *callbacks], **kwargs)


def own_fit_that_compiles_again(hp, model, *args, **kwargs):
    """The averages of its own first training are gone; then there is nothing to swap."""
    averaged = model.optimizer
    model.compile(keras.optimizers.SGD(1e-9), "mse", run_eagerly=True)
    model.fit(*args, **{**kwargs, "epochs": 1, "callbacks": []})
    model.compile(averaged, "mse", run_eagerly=True)
    return model.fit(*args, **kwargs)


def own_fit_that_goes_on(hp, model, *args, **kwargs):
    """What it trains after its last validation is thrown away."""
    history = model.fit(*args, **kwargs)
    kept = model.get_weights()
    model.set_weights([0 * weights for weights in kept])
    return history


OWN = {
    "fit": OwnTraining(),
    "swaps": OwnTraining(callbacks=[SWAP()]),
    "swaps at an epoch's end": OwnTraining(callbacks=[SWAP(swap_on_epoch=True)]),
    "own fit": OwnTraining(own_fit),
    "own fit that swaps": OwnTraining(own_fit_that_swaps),
    "own fit that compiles again": OwnTraining(own_fit_that_compiles_again),
    "own fit that goes on": OwnTraining(own_fit_that_goes_on),
}


@cache
def losses_of_keras():
    train, held_out = DATA.train, DATA.validation
    trained = build(eager=False).fit(
        train.x,
        train.y,
        batch_size=len(train),
        epochs=EPOCHS,
        validation_data=(held_out.x, held_out.y),
        callbacks=[SWAP()],
        verbose=0,
    )
    return trained.history["val_loss"]


@pytest.mark.parametrize("how", ["resident", "population", *OWN])
def test_what_is_validated_is_kept(scripted, how):
    train, held_out = DATA.train, DATA.validation
    make = partial(build, eager=how in OWN)
    own = OWN.get(how)
    fit = partial(own.train, None, "0") if own is not None and how != "fit" else None
    jobs = [
        Job(number, {}, make, seed=number, epochs=EPOCHS, batch_size=len(train),
            keep_weights=True, rebuild=lambda values: make(), shared_seed=5, fit=fit)
        for number in range(3 if how == "population" else 1)
    ]  # fmt: skip
    source = scripted(*jobs)
    engine = "fit" if how in OWN else how
    make_engine(engine, DATA, Objective("val_loss", "min"), "float32").run(source)
    for outcome in source.outcomes:
        assert not outcome.error
        assert outcome.engine == engine
        np.testing.assert_allclose(
            outcome.history["val_loss"][-EPOCHS:], losses_of_keras(), rtol=1e-4
        )
        kept = build()
        kept.set_weights(outcome.weights)
        again = kept.evaluate(held_out.x, held_out.y, verbose=0)
        assert again == pytest.approx(outcome.history["val_loss"][outcome.best_epoch], rel=1e-5)


def test_one_of_several_optimizers_averages(scripted):
    """By `fit`, also where another engine is asked; the averages of kernels, and biases as is."""

    def make():
        model = build()
        averaging = keras.optimizers.Adam(0.1, use_ema=True, ema_momentum=0.75)
        unused = keras.optimizers.SGD(use_ema=True)
        patterns = {".*/bias": keras.optimizers.SGD(0.1), "nothing": unused}
        kinds = keras.optimizers.OptimizerMap(averaging, patterns)
        model.compile(keras.optimizers.MultiOptimizer(kinds), "mse", run_eagerly=True)
        return model

    train, held_out = DATA.train, DATA.validation
    job = Job(0, {}, make, seed=0, epochs=3, batch_size=len(train), keep_weights=True,
              rebuild=lambda values: make(), shared_seed=5)  # fmt: skip
    source = scripted(job)
    make_engine("resident", DATA, Objective("val_loss", "min"), "float32").run(source)
    (outcome,) = source.outcomes
    assert (outcome.engine, outcome.error) == ("fit", "")
    model, losses = make(), []
    for _ in range(3):
        model.train_on_batch(train.x, train.y)
        averaging = model.optimizer.optimizers[2]
        averages = [np.asarray(one) for one in averaging._model_variables_moving_average]
        weights = model.get_weights()
        other = build()
        other.set_weights([averages[0], weights[1], averages[1], weights[3]])
        losses.append(other.evaluate(held_out.x, held_out.y, verbose=0))
    np.testing.assert_allclose(outcome.history["val_loss"], losses, rtol=1e-4)
    kept = build()
    kept.set_weights(outcome.weights)
    again = kept.evaluate(held_out.x, held_out.y, verbose=0)
    assert again == pytest.approx(outcome.score, rel=1e-5)


def test_averages_that_overwrite_the_weights(scripted):
    make = partial(build, ema_overwrite_frequency=2)
    job = Job(0, {}, make, 0, 2, batch_size=16, keep_weights=True, rebuild=lambda values: make())
    source = scripted(job)
    make_engine("resident", DATA, Objective("val_loss", "min"), "float32").run(source)
    (outcome,) = source.outcomes
    assert outcome.engine == "fit"
    kept = build()
    kept.set_weights(outcome.weights)
    again = kept.evaluate(DATA.validation.x, DATA.validation.y, verbose=0)
    assert again == pytest.approx(outcome.score, rel=1e-5)
