"""A `fit` of a HyperModel, callbacks and class weights: each trains as Keras does by itself."""

import keras
import keras_tuner
import numpy as np
import pytest
import tensorflow as tf

import dlrecipes as dlr
from dlrecipes.errors import ArgumentError, BuilderError, RunError
from dlrecipes.run.search_arguments import take_search_arguments
from dlrecipes.search import Listener, PlainProgress

pytestmark = pytest.mark.slow

GENERATOR = np.random.default_rng(0)
CENTRES = GENERATOR.normal(size=(3, 8))
KIND = GENERATOR.integers(0, 3, 400)
X = (CENTRES[KIND] + 0.7 * GENERATOR.normal(size=(400, 8))).astype("float32")
SPLITS = dlr.data.from_arrays(X, KIND)
PLAN = dlr.CoarseToFine(trials=3, epochs=3, refit_seeds=2)


class Notes(Listener):
    def __init__(self):
        self.lines, self.findings = [], []

    def on_note(self, line):
        self.lines.append(line)

    def on_finding(self, finding):
        self.findings.append(finding)


@pytest.fixture
def tune(tmp_path):
    def run(build, objective="val_accuracy", plan=PLAN, splits=SPLITS, settings=None, **options):
        notes = Notes()
        settings = {"out": tmp_path / "run", "baseline_seconds": 1.0, **(settings or {})}
        found = dlr.tune(
            build, splits, objective, plan, dlr.RunSettings(**settings), listener=notes, **options
        )
        found.notes = notes
        return found

    return run


def classifier(hp, metrics=("accuracy",), **options):
    layers = [
        keras.Input((8,)),
        keras.layers.Dense(hp.Choice("units", [16, 32]), activation="relu"),
        keras.layers.Dense(3, activation="softmax"),
    ]
    model = keras.Sequential(layers)
    optimizer = keras.optimizers.Adam(0.02)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=list(metrics), **options)
    return model


class Plain(keras_tuner.HyperModel):
    def build(self, hp):
        return classifier(hp)


class SaysItself(Plain):
    """Passes on what it was given beside what it says itself, which Keras takes once."""

    calls = 0

    def fit(self, hp, model, *args, **kwargs):
        self.calls += 1
        epochs = hp.Int("epochs", 2, 4)
        return model.fit(
            *args,
            batch_size=hp.Choice("batch_size", [16, 64]),
            epochs=epochs,
            shuffle=hp.Boolean("shuffle"),
            class_weight={0: 9.0},
            **kwargs,
        )


def test_a_fit_that_says_epochs_and_batch_size_itself(tune):
    given = SaysItself()
    run = tune(given)
    assert "trained by `fit`: SaysItself has a `fit` of its own" in run.notes.lines
    assert set(run.result.best.values) == {"units", "epochs", "batch_size", "shuffle"}
    assert given.calls >= 5  # trials and refits
    assert run.result.engine.name == "fit"
    for refit in run.result.refits:
        assert len(refit.history["loss"]) == run.result.best.values["epochs"]
        searched = refit.history["val_accuracy"][refit.best_epoch]
        assert refit.validation["accuracy"] == pytest.approx(searched, abs=1e-6)
    path = run.info.settings.out
    with pytest.raises(RunError, match="the `fit` of SaysItself"):
        dlr.resume(path, classifier, SPLITS, listener=Listener())
    more = dlr.CoarseToFine(trials=4, epochs=3, refit_seeds=2)
    again = dlr.resume(path, SaysItself(), SPLITS, plan=more, listener=Listener())
    assert sum(stage.trials.completed for stage in again.result.stages) == 4


class Loop(Plain):
    """A loop of its own, as KerasTuner's guide has it: the callbacks are told by hand."""

    def fit(self, hp, model, x, y, validation_data, callbacks=None, **kwargs):
        rate = hp.Float("rate", 1e-3, 1e-1, sampling="log")
        optimizer = keras.optimizers.Adam(rate)
        loss = keras.losses.SparseCategoricalCrossentropy()
        data = tf.data.Dataset.from_tensor_slices((x, y)).batch(32)
        for callback in callbacks:
            callback.set_model(model)
        best = float("inf")
        for epoch in range(3):
            for inputs, labels in data:
                with tf.GradientTape() as tape:
                    error = loss(labels, model(inputs, training=True))
                gradients = tape.gradient(error, model.trainable_variables)
                optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
            error = float(loss(validation_data[1], model(validation_data[0])))
            for callback in callbacks:
                callback.on_epoch_end(epoch, logs={"my_metric": error})
            best = min(best, error)
        return best


def test_a_training_loop_of_its_own(tune):
    run = tune(Loop(), keras_tuner.Objective("my_metric", "min"))
    assert set(run.result.best.values) == {"units", "rate"}
    for refit in run.result.refits:
        best = min(refit.history["my_metric"])
        assert refit.validation["log_loss"] == pytest.approx(best, rel=1e-4)


class Returns(Plain):
    """It tells no epoch and returns a number of which the model knows nothing."""

    def __init__(self, wrap):
        super().__init__()
        self.wrap = wrap

    def fit(self, hp, model, x, y, validation_data):
        for _ in range(3):
            for start in range(0, len(x), 32):
                model.train_on_batch(x[start : start + 32], y[start : start + 32])
        predicted = model.predict(validation_data[0], verbose=0).argmax(axis=1)
        return self.wrap(float((predicted == validation_data[1]).mean()))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda score: {"share": score, "epochs": 3},
        pytest.param(lambda score: score, marks=pytest.mark.exhaustive),
        pytest.param(lambda score: [score, score], marks=pytest.mark.exhaustive),
    ],
)
def test_what_is_returned_is_the_score(tune, wrap):
    run = tune(Returns(wrap), keras_tuner.Objective("share", "max"))
    for refit in run.result.refits:
        assert refit.validation["accuracy"] == pytest.approx(refit.history["share"][-1], abs=1e-6)
        assert refit.validation["accuracy"] > 0.7


@pytest.mark.parametrize(
    ("wrap", "message"),
    [
        (lambda score: None, "must be in the logs of an epoch, or be returned"),
        (lambda score: "good", "must return a History, a number"),
        (lambda score: {"other": score}, "without 'share'"),
    ],
)
def test_a_fit_that_returns_no_score_ends_the_search(tune, wrap, message):
    with pytest.raises(BuilderError, match=message):
        tune(Returns(wrap), keras_tuner.Objective("share", "max"))


class Preprocesses(Plain):
    def fit(self, hp, model, x, y, validation_data, **kwargs):
        held_out = (10 * validation_data[0], validation_data[1])
        return model.fit(10 * x, y, validation_data=held_out, **kwargs)


def test_other_validation_data_are_told_by_the_first_trial(tune):
    with pytest.raises(BuilderError, match="must validate on the validation data"):
        tune(Preprocesses())


def test_folds_train_by_the_fit_too(tune):
    run = tune(SaysItself(), settings={"folds": 2})
    assert len(run.result.best.fold_scores) == 2


# ---- how a search ends


class Ends(Plain):
    def __init__(self, error, at, where):
        super().__init__()
        self.error, self.at, self.where, self.fits = error, at, where, 0

    def build(self, hp):
        hp.Int("number", 0, 1000)
        if self.where == "build" and self.fits >= self.at:
            raise self.error("too large")
        return classifier(hp)

    def fit(self, hp, model, *args, **kwargs):
        if len(args[0]) > 8:  # and not when it is looked at
            self.fits += 1
        if self.where == "fit" and self.fits > self.at:
            raise self.error("too large")
        return model.fit(*args, **kwargs)


@pytest.mark.parametrize("where", [pytest.param("build", marks=pytest.mark.exhaustive), "fit"])
def test_a_fatal_error_ends_the_search_and_keeps_what_is_finished(tune, tmp_path, where):
    with pytest.raises(keras_tuner.errors.FatalError, match="too large"):
        tune(Ends(keras_tuner.errors.FatalError, 2, where))
    run = dlr.resume(tmp_path / "run", Ends(ValueError, 99, where), SPLITS, listener=Listener())
    assert sum(stage.trials.completed for stage in run.result.stages) == 3


@pytest.mark.exhaustive
def test_three_declined_trials_in_a_row_end_the_search(tune):
    given = Ends(keras_tuner.errors.FailedTrialError, 1, "fit")
    with pytest.raises(BuilderError, match="must not decline 3 trials in a row.*too large"):
        tune(given, plan=dlr.CoarseToFine(trials=8, epochs=3))
    assert given.fits == 4


def test_a_score_instead_of_a_model_is_refused_with_the_way(tune):
    with pytest.raises(BuilderError, match=r"fit\(self, hp, model"):
        tune(lambda hp: hp.Float("x", 0.0, 1.0) ** 2)
    tuner = keras_tuner.RandomSearch(classifier, "val_accuracy", max_trials=1, directory="/tmp/kt")
    with pytest.raises(ArgumentError, match="tuner.hypermodel"):
        tune(tuner)


# ---- callbacks and class weights


class Mine(keras.callbacks.Callback):
    """Adds an objective to the logs, and counts in itself what it sees."""

    trainings = []

    def __init__(self):
        super().__init__()
        self.epochs = 0

    def on_epoch_end(self, epoch, logs=None):
        self.epochs += 1
        logs["val_sum"] = logs["val_accuracy"] + logs["accuracy"]

    def on_train_end(self, logs=None):
        self.trainings.append(self.epochs)


def test_callbacks_are_copied_for_each_training(tune, tmp_path):
    mine, Mine.trainings = Mine(), []
    stop = keras.callbacks.EarlyStopping("val_loss", patience=1, restore_best_weights=True)
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch: 0.02 if epoch < 4 else 0.0)
    plateau = keras.callbacks.ReduceLROnPlateau("val_loss", patience=2)
    file = keras.callbacks.ModelCheckpoint(tmp_path / "kept.weights.h5", save_weights_only=True)
    plan = dlr.CoarseToFine(trials=3, epochs=30, refit_seeds=2)
    callbacks = [mine, stop, schedule, plateau, file]
    run = tune(classifier, dlr.Objective("val_sum", "max"), plan, callbacks=callbacks)
    assert mine.epochs == 0
    assert len(Mine.trainings) == 5
    assert max(Mine.trainings) <= 8  # a rate of 0 brings nothing better
    assert (tmp_path / "kept.weights.h5").exists()
    assert "trained by `fit`: it has callbacks" in run.notes.lines
    for refit in run.result.refits:
        searched = refit.history["val_accuracy"][refit.best_epoch]
        assert refit.validation["accuracy"] == pytest.approx(searched, abs=1e-6)
        assert len(refit.history["val_sum"]) <= 8
    path = run.info.settings.out
    with pytest.raises(RunError, match=r"EarlyStopping.*callbacks=\["):
        dlr.resume(path, classifier, SPLITS, listener=Listener())
    dlr.resume(path, classifier, SPLITS, listener=Listener(), callbacks=callbacks)


def test_an_objective_that_no_callback_brings(tune):
    with pytest.raises(BuilderError, match="objective='val_sum', logs of accuracy"):
        tune(classifier, dlr.Objective("val_sum", "max"), callbacks=[keras.callbacks.History()])


@pytest.mark.parametrize(
    "engine",
    [
        "population",
        *(pytest.param(one, marks=pytest.mark.exhaustive) for one in ("fit", "resident")),
    ],
)
def test_class_weights_are_those_of_keras(tune, engine):
    def build(hp):
        model = keras.Sequential(
            [keras.Input((8,)), keras.layers.Dense(3, "softmax", kernel_initializer="zeros")]
        )
        rate = hp.Choice("rate", [0.1, 0.2])
        model.compile(keras.optimizers.SGD(rate), "sparse_categorical_crossentropy")
        return model

    weights = {0: 9.0, 2: 0.5}
    plan = dlr.CoarseToFine(trials=2, epochs=3, refit_seeds=1, batch_size=len(SPLITS.train))
    run = tune(build, "val_loss", plan, settings={"engine": engine}, class_weight=weights)
    assert run.info.class_weight == {"0": 9.0, "2": 0.5}
    hp = keras_tuner.HyperParameters()
    hp.values = dict(run.result.best.values)
    train, validation = SPLITS.train, SPLITS.validation
    expected = build(hp).fit(
        train.x,
        train.y,
        epochs=3,
        batch_size=len(train),
        validation_data=(validation.x, validation.y),
        class_weight=weights,
        verbose=0,
    )
    history = run.result.refits[0].history
    np.testing.assert_allclose(history["loss"], expected.history["loss"], rtol=1e-5)
    np.testing.assert_allclose(history["val_loss"], expected.history["val_loss"], rtol=1e-5)
    path = run.info.settings.out
    dlr.resume(path, build, SPLITS, listener=Listener())
    with pytest.raises(RunError, match="keeps its class weights"):
        dlr.resume(path, build, SPLITS, listener=Listener(), class_weight={0: 2.0})
    with pytest.raises(RunError, match="keeps its plan"):
        dlr.resume(path, build, SPLITS, batch_size=7)
    with pytest.raises(ArgumentError, match="CoarseToFine"):
        dlr.resume(path, build, SPLITS, epochs=7)


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("epochs", 1, r"CoarseToFine\(trials, epochs=20\)"),
        ("batch_size", 0, "`batch_size` must be"),
        ("validation_split", 0.2, "validation_fraction"),
        ("validation_data", (np.ones(3), np.ones(3)), r"validation=\(x_val, y_val\)"),
        ("sample_weight", np.ones(3), "splits.train.ids"),
        ("steps_per_epoch", 1, "all of the training part"),
        ("shuffle", False, "new order"),
        ("x", np.ones(3), "from_arrays"),
        ("y", None, "from_arrays"),
        ("class_weights", {}, "class_weight"),
        ("hyperparameters", None, r"dlr.search.Tuner.*Stage\(ranges={name"),
        ("max_model_size", 10, "dlr.search.Tuner"),
    ],
)
def test_arguments_of_search_are_refused_with_the_way_to_say_them(argument, value, message):
    with pytest.raises(ArgumentError, match=message):
        dlr.tune(classifier, SPLITS, **{argument: value})


def test_arguments_of_search_that_mean_the_same_here():
    asked = {"batch_size": 16, "verbose": 0, "shuffle": True, "steps_per_epoch": None}
    plan, listener = take_search_arguments(asked, (), dlr.CoarseToFine(2), None)
    assert plan == dlr.CoarseToFine(2, batch_size=16)
    assert type(listener) is Listener
    own = PlainProgress(dlr.Objective.parse("val_loss"))
    assert take_search_arguments({"verbose": 0}, (), plan, own) == (plan, own)
    assert take_search_arguments({"verbose": 2}, (), plan, None) == (plan, None)


@pytest.mark.exhaustive
def test_callbacks_that_are_none():
    for given, message in [
        (keras.callbacks.EarlyStopping, "must be a list"),
        ([keras.callbacks.EarlyStopping], "the class 'EarlyStopping'"),
        ([len], "instances of"),
    ]:
        with pytest.raises(ArgumentError, match=message):
            dlr.tune(classifier, SPLITS, callbacks=given)
    held = keras.callbacks.Callback()
    held.generator = (n for n in range(3))
    with pytest.raises(ArgumentError, match="must be able to copy"):
        dlr.tune(classifier, SPLITS, callbacks=[held])
    with pytest.raises(ArgumentError, match="labels, or their indices"):
        dlr.tune(classifier, SPLITS, class_weight={7: 1.0})


@pytest.mark.exhaustive
def test_a_recipe_takes_callbacks(tmp_path):
    recipe = dlr.Recipe(
        name="kinds",
        load=lambda: SPLITS,
        build=lambda hp, spec: classifier(hp),
        plan=dlr.CoarseToFine(trials=2, epochs=2, refit_seeds=1),
    )
    given = [keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)]
    settings = dlr.RunSettings(out=tmp_path / "run", baseline_seconds=1.0)
    run = recipe.tune(callbacks=given, settings=settings, listener=Listener())
    assert run.result.engine.name == "fit"
    rates = run.result.refits[0].history["learning_rate"]
    np.testing.assert_allclose(rates, [0.01, 0.005], rtol=1e-5)
    with pytest.raises(RunError, match="callbacks"):
        recipe.resume(tmp_path / "run", listener=Listener())
    recipe.resume(tmp_path / "run", callbacks=given, listener=Listener())


def test_a_loop_of_ones_own_whose_network_is_not_compiled(tune):
    class Loop(keras_tuner.HyperModel):
        def build(self, hp):
            inputs = keras.Input((8,))
            return keras.Model(inputs, keras.layers.Dense(3)(inputs))

        def fit(self, hp, model, x, y, validation_data, **kwargs):
            optimizer = keras.optimizers.Adam(hp.Float("rate", 0.02, 0.2, sampling="log"))
            loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
            for _ in range(40):
                with tf.GradientTape() as tape:
                    loss = loss_of(y, model(x, training=True))
                gradients = tape.gradient(loss, model.trainable_variables)
                optimizer.apply(gradients, model.trainable_variables)
            return float(loss_of(validation_data[1], model(validation_data[0])))

    run = tune(Loop(), keras_tuner.Objective("own_loss", "min"))
    assert any("linear outputs are taken for logits" in line for line in run.notes.lines)
    for refit in run.result.refits:
        assert refit.validation["accuracy"] > 0.8
        assert refit.validation["log_loss"] == pytest.approx(
            refit.history["own_loss"][refit.best_epoch], rel=1e-4
        )
