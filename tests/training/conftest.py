"""Small data, small models, a scripted source of jobs, and the contract of the engines."""

import functools
import math
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlrecipes.data import from_arrays, keras_targets
from dlrecipes.losses import FocalLoss, MaskedLoss, MaskedMetric
from dlrecipes.results import Objective, Stopping
from dlrecipes.training.job import Job

ACCURACY = Objective("val_accuracy", "max")
LOSS = Objective("val_loss", "min")


def _development(task="multiclass", shape=(4,)):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(100, *shape)).astype("float32")
    signal = x.reshape(100, -1)[:, 0]
    y = {
        "multiclass": np.digitize(signal, [-0.5, 0.5]),
        "binary": (signal > 0).astype(int),
        "regression": 3 * signal + 1,
    }[task]
    kind = "regression" if task == "regression" else "classification"
    return from_arrays(x, y, task=kind).development()


def _model(
    units=3,
    activation=None,
    loss=None,
    metrics=("accuracy",),
    optimizer=None,
    shape=(4,),
    rate=0.05,
):
    """A tiny network for the multiclass data, or whatever the arguments make of it."""
    if loss is None:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model = keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dense(units, activation=activation, dtype="float32"),
        ]
    )
    optimizer = optimizer or keras.optimizers.Adam(rate)
    # XLA costs a second a model.
    model.compile(optimizer, loss, metrics=list(metrics), jit_compile=False)
    return model


def _development_of_two():
    """A grade of three and an age, each of which some examples lack."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(100, 4)).astype("float32")
    y = {"grade": np.digitize(x[:, 0], [-0.5, 0.5]).astype(float), "age": 3 * x[:, 0] + 1}
    gaps = generator.random(100)
    y["grade"][gaps < 0.3], y["age"][gaps > 0.6] = math.nan, math.nan
    tasks = {"grade": "classification", "age": "regression"}
    return from_arrays(x, y, task=tasks).development()


def _model_of_two(gamma=2.0, rate=0.05):
    """A network with a head for each of two targets."""
    inputs = keras.Input((4,))
    x = keras.layers.Dense(8, activation="relu")(inputs)
    heads = {"grade": keras.layers.Dense(3)(x), "age": keras.layers.Dense(1)(x)}
    model = keras.Model(inputs, heads)
    model.compile(
        keras.optimizers.Adam(rate),
        loss={
            "grade": MaskedLoss(FocalLoss("sparse", gamma)),
            "age": MaskedLoss(keras.losses.MeanSquaredError()),
        },
        loss_weights={"grade": 1.0, "age": 0.5},
        metrics={
            "grade": [MaskedMetric(keras.metrics.SparseCategoricalAccuracy(name="accuracy"))],
            "age": [MaskedMetric(keras.metrics.RootMeanSquaredError(name="rmse"))],
        },
        jit_compile=False,
    )
    return model


class _Source:
    """Hands out given jobs and remembers what it is told.

    Args:
        jobs: The jobs.
        stop: `stop(job, epoch, best)`: whether to prune; may raise.
        told: Of how many of the jobs, the first ones, to remember anything; None for all.
    """

    def __init__(self, *jobs, stop=lambda job, epoch, best: False, told=None):
        self.jobs, self.stop = list(jobs), stop
        self.reports, self.outcomes = [], []
        self.ended = {}
        self.parallel = len(jobs)
        self.compares = False
        self._told = {job.number for job in jobs[:told]}

    @property
    def remaining(self):
        return len(self.jobs)

    def next_jobs(self, limit):
        handed_out, self.jobs = self.jobs[:limit], self.jobs[limit:]
        return handed_out

    def report(self, reports):
        told = [one for one in reports if one.job.number in self._told]
        self.reports += [(one.job.number, one.epoch, one.best) for one in told]
        return {one.job.number for one in told if self.stop(one.job, one.epoch, one.best)}

    def finish(self, ended):
        for job, outcome in ended:
            assert job.number not in self.ended
            self.ended[job.number] = outcome
        # In the order in which they were handed out, whichever ended first.
        self.outcomes = [self.ended[one] for one in sorted(self.ended) if one in self._told]


def _job(build=_model, number=0, seed=7, epochs=2, **changes):
    return Job(number, {}, build, seed, epochs, **{"batch_size": 16, **changes})


class _Contract:
    """What every engine must do alike. `engine(development, objective, policy)` makes one.

    One engine answers all questions of one objective and policy, as it trains all stages of a
    run: what is compiled for one question is there for the next.

    Args:
        engine: Makes the engine.
        crowd: How many trials of the same kind to train beside each, of which nobody is told; an
            engine that trains side by side does so only where there are several.
    """

    def __init__(self, engine, crowd=0):
        self.engine = engine
        self.crowd = crowd
        self.data = _development()
        self._builders = []
        self._engines = {}

    def run(self, *jobs, objective=ACCURACY, policy="float32", data=None, **options):
        for job in jobs:
            if job.build not in self._builders:
                self._builders.append(job.build)
        # A builder and its values give one model: other builders are other values.
        jobs = [
            replace(
                job,
                values={"builder": self._builders.index(job.build)},
                shared_seed=3
                if self.crowd and job.shared_seed is None
                else job.shared_seed or None,
            )
            for job in jobs
        ]
        others = [
            replace(job, number=100 * (1 + copy) + job.number, keep_weights=False)
            for copy in range(self.crowd)
            for job in jobs
        ]
        source = _Source(*jobs, *others, told=len(jobs), **options)
        self._engine(data, objective, policy).run(source)
        return source

    def _engine(self, data, objective, policy):
        if data is not None:
            return self.engine(data, objective, policy)
        if (objective, policy) not in self._engines:
            self._engines[objective, policy] = self.engine(self.data, objective, policy)
        return self._engines[objective, policy]

    def check_the_same_as_keras(self):
        source = self.run(_job(epochs=4, keep_weights=True))
        (outcome,) = source.outcomes
        keras.utils.set_random_seed(7)
        model, kept = _model(), []
        train, held_out = self.data.train, self.data.validation
        history = model.fit(
            train.x,
            train.y,
            batch_size=16,
            epochs=4,
            validation_data=(held_out.x, held_out.y),
            verbose=0,
            callbacks=[
                keras.callbacks.LambdaCallback(
                    on_epoch_end=lambda epoch, logs: kept.append(model.get_weights())
                )
            ],
        ).history
        assert set(outcome.history) == set(history)
        for name, curve in history.items():
            np.testing.assert_allclose(outcome.history[name], curve, rtol=1e-5, err_msg=name)
        scores = history["val_accuracy"]
        assert (outcome.status, outcome.error) == ("completed", "")
        assert outcome.engine == self.engine.name
        assert outcome.best_epoch == max(at for at in range(4) if scores[at] == max(scores))
        assert outcome.score == pytest.approx(max(scores))
        assert outcome.parameters == model.count_params()
        assert outcome.seconds > 0
        # ---- the weights are those of the best epoch, not of the last
        for got, wanted in zip(outcome.weights, kept[outcome.best_epoch], strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-7)
        best = [max(scores[: epoch + 1]) for epoch in range(4)]
        assert source.reports == [(0, at, pytest.approx(one)) for at, one in enumerate(best)]

    def check_the_outcome(self):
        source = self.run(_job(epochs=4, keep_weights=True))
        (outcome,) = source.outcomes
        assert (outcome.status, outcome.error) == ("completed", "")
        assert set(outcome.history) == {"accuracy", "loss", "val_accuracy", "val_loss"}
        assert {len(curve) for curve in outcome.history.values()} == {4}
        scores = outcome.history["val_accuracy"]
        assert outcome.best_epoch == max(at for at in range(4) if scores[at] == max(scores))
        assert outcome.score == max(scores)
        assert outcome.parameters == _model().count_params()
        assert outcome.seconds > 0
        best = [max(scores[: epoch + 1]) for epoch in range(4)]
        assert source.reports == [(0, at, one) for at, one in enumerate(best)]
        # ---- the weights are those of the best epoch, and complete
        model, held_out = _model(), self.data.validation
        model.set_weights(outcome.weights)
        logs = model.evaluate(held_out.x, held_out.y, verbose=0, return_dict=True)
        assert logs["accuracy"] == pytest.approx(outcome.score)
        val_loss = outcome.history["val_loss"][outcome.best_epoch]
        assert logs["loss"] == pytest.approx(val_loss, rel=1e-5)

    def check_it_learns(self):
        (outcome,) = self.run(_job(epochs=20)).outcomes
        assert outcome.score > 0.8
        assert outcome.history["loss"][-1] < 0.5 * outcome.history["loss"][0]

    def check_twice_the_same(self):
        first, again = (
            _Contract(self.engine, self.crowd).run(_job(), _job(number=1)).outcomes
            for _ in range(2)
        )
        assert [one.history for one in first] == [one.history for one in again]

    def check_the_best_epochs_weights(self):
        """A learning rate that spoils everything after the first epoch."""
        job = _job(lambda: _model(optimizer=self._from_second_epoch(50.0)), keep_weights=True)
        (outcome,) = self.run(job, objective=LOSS).outcomes
        assert outcome.best_epoch == 0
        model, held_out = _model(), self.data.validation
        model.set_weights(outcome.weights)
        loss, _ = model.evaluate(held_out.x, held_out.y, verbose=0)
        assert loss == pytest.approx(outcome.score, rel=1e-5)
        assert loss < outcome.history["val_loss"][1]

    def _from_second_epoch(self, rate):
        """Return an optimizer with another learning rate from the second epoch on."""
        steps = -(-len(self.data.train) // 16)
        schedule = keras.optimizers.schedules.PiecewiseConstantDecay([steps - 1], [0.05, rate])
        return keras.optimizers.SGD(schedule)

    def check_nothing_is_kept_unless_asked_for(self):
        (outcome,) = self.run(_job(epochs=1)).outcomes
        assert (outcome.weights, outcome.predictions) == (None, None)

    def check_the_best_epochs_predictions(self):
        """A learning rate that spoils everything after the first epoch; logits and one unit."""
        optimizer = self._from_second_epoch
        job = _job(
            lambda: _model(optimizer=optimizer(50.0)), keep_predictions=True, keep_weights=True
        )
        (outcome,) = self.run(job, objective=LOSS).outcomes
        assert outcome.best_epoch == 0
        model, held_out = _model(), self.data.validation
        model.set_weights(outcome.weights)
        expected = keras.ops.softmax(model(held_out.x))
        assert outcome.predictions.dtype == np.float32
        np.testing.assert_allclose(outcome.predictions, expected, rtol=1e-5, atol=1e-7)
        # ---- values of a regression, and without the weights
        data = _development("regression")
        job = _job(lambda: _model(units=1, loss="mse", metrics=()), keep_predictions=True)
        (outcome,) = self.run(job, objective=LOSS, data=data).outcomes
        assert (outcome.weights, outcome.predictions.shape) == (None, (len(data.validation),))
        error = np.mean((outcome.predictions - data.validation.y) ** 2)
        assert error == pytest.approx(outcome.score, rel=1e-4)

    def check_initial_weights(self):
        """Those that are given are where it begins, the others are as without."""
        kernel = np.full((4, 8), 0.25, np.float32)
        given = {"sequential/dense/kernel": kernel}

        def still():
            return _model(optimizer=keras.optimizers.SGD(0.0))

        jobs = [
            _job(still, epochs=1, keep_weights=True, initial=initial) for initial in (given, None)
        ]
        changed, own = (self.run(job).outcomes[0].weights for job in jobs)
        np.testing.assert_array_equal(changed[0], kernel)
        assert not np.array_equal(own[0], kernel)
        for with_given, without in zip(changed[1:], own[1:], strict=True):
            np.testing.assert_array_equal(with_given, without)
        # ---- a network that has no such weight
        wrong = _job(still, epochs=1, initial={"encoder/kernel": kernel})
        (outcome,) = self.run(wrong).outcomes
        assert outcome.status == "failed"
        assert "'encoder/kernel', which the network lacks" in outcome.error

    def check_sample_weights_count(self):
        weights = np.where(np.arange(len(self.data.train)) % 2, 1.0, 0.0).astype("float32")
        weighted = replace(self.data, train=replace(self.data.train, sample_weight=weights))
        plain, other = (self.run(_job(), data=data).outcomes[0] for data in (self.data, weighted))
        assert plain.history["loss"] != other.history["loss"]

    def check_the_same_seed(self):
        """Trainings that share nothing with others, such as refits."""
        alone = [_job(number=0), _job(number=1), _job(number=2, seed=8)]
        source = _Source(*alone)
        self.engine(self.data, ACCURACY, "float32").run(source)
        first, again, other = (outcome.history for outcome in source.outcomes)
        assert first == again
        assert first != other

    def check_several_outputs(self):
        """Losses and metrics of each, over the known targets, in the batches of `fit`."""
        data, objective = _development_of_two(), Objective("val_age_rmse", "min")
        job = _job(_model_of_two, keep_weights=True, stopping=Stopping(patience=9))
        source = self.run(job, objective=objective, data=data)
        (outcome,) = source.outcomes
        assert (outcome.status, outcome.error) == ("completed", "")
        names = {"loss", "grade_loss", "age_loss", "grade_accuracy", "age_rmse"}
        assert set(outcome.history) == names | {f"val_{name}" for name in names}
        scores = outcome.history["val_age_rmse"]
        assert outcome.score == min(scores) == scores[outcome.best_epoch]
        assert [best for _, _, best in source.reports] == [
            min(scores[: epoch + 1]) for epoch in range(len(scores))
        ]
        model, held_out = _model_of_two(), data.validation
        assert len(held_out) % job.batch_size
        model.set_weights(outcome.weights)
        logs = model.evaluate(
            held_out.array,
            keras_targets(held_out.y, data.model_spec),
            batch_size=job.batch_size,
            verbose=0,
            return_dict=True,
        )
        for name, value in logs.items():
            kept = outcome.history[f"val_{name}"][outcome.best_epoch]
            assert kept == pytest.approx(value, rel=1e-5), name

    def check_divergence(self):
        """In the first epoch, later, and by a learning rate without measure."""

        def broken_loss(y, outputs):
            return keras.ops.mean(outputs, axis=-1) * math.nan

        def overflow():
            return _model(optimizer=keras.optimizers.SGD(1e30), loss="mse", units=1, metrics=())

        source = self.run(_job(lambda: _model(loss=broken_loss), keep_weights=True))
        (outcome,) = source.outcomes
        assert (outcome.status, outcome.score, outcome.best_epoch) == ("diverged", None, None)
        assert outcome.history["loss"] == [None]
        assert source.reports == []
        assert outcome.weights is None

        data = _development("regression")
        (outcome,) = self.run(_job(overflow, epochs=5), objective=LOSS, data=data).outcomes
        assert outcome.status == "diverged"
        assert len(outcome.history["loss"]) < 5

        job = _job(lambda: _model(optimizer=self._from_second_epoch(1e30)))
        (outcome,) = self.run(job, objective=LOSS).outcomes
        assert (outcome.status, outcome.best_epoch) == ("diverged", 0)
        assert outcome.history["loss"][1:] == [None]
        assert outcome.score == outcome.history["val_loss"][0]

    def check_one_diverges_among_healthy_ones(self):
        def one(rate):
            return lambda: _model(optimizer=keras.optimizers.SGD(rate))

        rates = (0.05, 1e30, 0.02, 0.03)
        source = self.run(*(_job(one(rate), at, epochs=3) for at, rate in enumerate(rates)))
        statuses = [outcome.status for outcome in source.outcomes]
        assert statuses == ["completed", "diverged", "completed", "completed"]
        for number in (0, 2, 3):
            epochs = [epoch for job, epoch, _ in source.reports if job == number]
            assert epochs == [0, 1, 2]

    def check_patience(self):
        def frozen():
            return _model(optimizer=keras.optimizers.SGD(0.0))

        (outcome,) = self.run(_job(frozen, epochs=9, stopping=Stopping(patience=2))).outcomes
        # Of equal epochs the last counts, but patience does not wait for those.
        assert (outcome.status, outcome.best_epoch) == ("completed", 2)
        assert len(outcome.history["loss"]) == 3

    def check_loss_rise(self):
        """Against the rule applied by hand to the curve of a training that is not stopped."""

        def shaken():
            return _model(optimizer=keras.optimizers.SGD(2.0))

        whole = self.run(_job(shaken, epochs=9)).outcomes[0].history["val_loss"]
        rises = [loss - min(whole[: at + 1]) for at, loss in enumerate(whole)]
        highest = sorted(rises)[-3]  # two epochs lie above by more
        stop = next(at for at, rise in enumerate(rises) if rise > highest)
        rule = Stopping(max_loss_rise=highest)
        (outcome,) = self.run(_job(shaken, epochs=9, stopping=rule)).outcomes
        assert outcome.status == "completed"
        assert 0 < stop < 8
        np.testing.assert_allclose(outcome.history["val_loss"], whole[: stop + 1], rtol=1e-5)

    def check_pruning(self):
        source = self.run(_job(epochs=9), _job(number=1, epochs=2), stop=_second_epoch_of_first)
        pruned, other = source.outcomes
        assert pruned.status == "pruned"
        assert len(pruned.history["val_accuracy"]) == 2
        assert pruned.score == max(pruned.history["val_accuracy"])
        assert other.status == "completed"

    def check_failures(self):
        def broken():
            raise ValueError("no such layer\nand more")

        def full():
            raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating")

        def huge():
            raise MemoryError("Unable to allocate 9 TiB")

        def wrong_shape():
            return _model(shape=(5,))

        builders = (broken, full, huge, wrong_shape, lambda: None, _model)
        source = self.run(*(_job(build, number=at) for at, build in enumerate(builders)))
        assert [one.status for one in source.outcomes] == ["failed"] * 5 + ["completed"]
        errors = [one.error for one in source.outcomes]
        assert errors[0] == "ValueError: no such layer"
        assert errors[1].startswith("out of memory: ResourceExhaustedError: OOM when alloc")
        assert errors[2].startswith("out of memory: MemoryError")
        assert errors[3].startswith("ValueError: Input 0")
        assert "expected axis -1 of input shape to have value 5" in errors[3]
        assert errors[4].startswith("BuilderError: A builder must return a compiled keras.Model")
        assert not any("\n" in error for error in errors)

    def check_what_the_source_raises_passes_through(self):
        for kind in (KeyboardInterrupt, MemoryError):
            error = kind("enough")

            def stop(job, epoch, best, error=error):
                raise error

            with pytest.raises(kind) as caught:
                self.run(_job(), stop=stop)
            assert caught.value is error

    def check_policies(self):
        """The policy that ran is recorded, and the user's own is there again afterwards."""
        try:
            for before, policy in (("float32", "mixed_float16"), ("mixed_bfloat16", "float32")):
                keras.config.set_dtype_policy(before)
                seen = []

                def build(seen=seen):
                    seen.append(keras.config.dtype_policy().name)
                    return _model()

                (outcome,) = self.run(_job(build, epochs=1), policy=policy).outcomes
                assert (outcome.status, outcome.policy) == ("completed", policy)
                assert set(seen) == {policy}
                assert keras.config.dtype_policy().name == before
        finally:
            keras.config.set_dtype_policy("float32")

    def check_a_builder_that_clears_the_session(self):
        """That resets the policy: what the layers have is recorded, and the next has it again."""

        def clears():
            keras.utils.clear_session()
            return _model()

        jobs = (_job(clears, epochs=1), _job(number=1, epochs=1))
        source = self.run(*jobs, policy="mixed_bfloat16")
        assert [one.status for one in source.outcomes] == ["completed"] * 2
        assert [one.policy for one in source.outcomes] == ["float32", "mixed_bfloat16"]
        assert keras.config.dtype_policy().name == "float32"


def _second_epoch_of_first(job, epoch, best):
    return job.number == 0 and epoch == 1


@pytest.fixture(scope="module")
def check_engine():
    """`check_engine(engine, question, crowd)`: one question of the contract, by its name."""
    contract = functools.cache(_Contract)

    def check(engine, question, crowd=0):
        getattr(contract(engine, crowd), question)()

    return check


def pytest_generate_tests(metafunc):
    if "question" in metafunc.fixturenames:
        names = [name for name in vars(_Contract) if name.startswith("check_")]
        metafunc.parametrize("question", names)


@pytest.fixture(scope="session")
def scripted():
    """`scripted(*jobs, stop=…)`: a source that hands out jobs and remembers what it is told."""
    return _Source


@pytest.fixture(scope="session")
def development():
    """`development(task, shape)`: small data of a task."""
    return _development


@pytest.fixture(scope="session")
def development_of_two():
    """`development_of_two()`: small data of two targets with gaps."""
    return _development_of_two


@pytest.fixture(scope="session")
def make_model_of_two():
    """`make_model_of_two(gamma, rate)`: a tiny compiled network for these."""
    return _model_of_two


@pytest.fixture(scope="session")
def make_model():
    """`make_model(**changes)`: a tiny compiled network."""
    return _model
