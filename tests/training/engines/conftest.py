"""A member of a program beside the very same model that Keras trains alone."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlrecipes.data import Split
from dlrecipes.training.engines.compiled.device_data import DeviceData
from dlrecipes.training.engines.compiled.leaves import find_leaves
from dlrecipes.training.engines.compiled.map_members import Layout
from dlrecipes.training.engines.compiled.member import Member, State
from dlrecipes.training.engines.compiled.member_metrics import MemberMetrics
from dlrecipes.training.engines.compiled.program import Program
from dlrecipes.training.engines.compiled.structure import describe


class SideBySide:
    """Models of one structure as members of a program; each model stays as it was built.

    Args:
        models: Compiled models that differ in numbers only.
        train: Training data.
        validation: Validation data.
        batch_size: Examples a batch.
        stacked: Whether they are stacked; else there is one.
        xla: Whether XLA compiles the training.
        width: Members, the last model again and again; None for as many as models.
    """

    def __init__(
        self, models, train, validation, *, batch_size=16, stacked=True, xla=False, width=None
    ):
        self.models, self.train, self.validation = models, train, validation
        self.batch_size = batch_size
        descriptions = [describe(model) for model in models]
        leaves = [find_leaves(model) for model in models]
        first = descriptions[0]
        paths = sorted(
            {path for one in descriptions for path in one if one[path] != first.get(path)}
        )
        missing = [path for path in paths if any(path not in found for found in leaves)]
        assert not missing, f"no number that may change: {missing}"
        self.paths = paths
        member = Member(models[0], [leaves[0][path] for path in paths])
        some, few = (_rows(values, slice(8)) for values in (train.x, train.y))
        predictions = models[0](some, training=False)
        models[0]._compile_loss(few, predictions)
        metrics = MemberMetrics(models[0], few, predictions)
        rows = list(range(len(models)))
        rows += [rows[-1]] * ((width or len(models)) - len(models))
        self.program = Program(
            member,
            metrics,
            DeviceData.of(train, train.y),
            DeviceData.of(validation, validation.y),
            batch_size,
            Layout(len(rows), stacked, xla, threads=None if stacked or xla else 1),
        )
        self.initial = [member.initial(model) for model in models]
        groups = zip(*(self.initial[row] for row in rows), strict=True)
        self.state = State(
            *(
                [tf.constant(np.stack(some)) for some in zip(*group, strict=True)]
                for group in groups
            )
        )
        self.numbers = [
            np.array([leaves[row][path].value for row in rows], "float64") for path in paths
        ]

    def run(self, seeds):
        """Train all members, one epoch a seed, and return the logs of each epoch."""
        logs = []
        for seed in seeds:
            self.state, values = self.program.epoch(self.state, self.numbers, seed)
            logs.append(values)
        return logs

    def row(self, row):
        """Return a member's state now."""
        return State(*([np.asarray(one[row]) for one in group] for group in self.state))

    def weights(self, row):
        """Return a member's weights in the order of `model.get_weights()`."""
        return self.program.member.weights(self.row(row), [one[row] for one in self.numbers])

    def alone(self, row, seeds):
        """Let Keras train a model alone on the same batches with the same masks."""
        model, train, program = self.models[row], self.train, self.program
        model.run_eagerly = True  # which costs less than another graph
        # Averages replace the weights when a training ends; this one goes on.
        model.optimizer.finalize_variable_values = lambda variables: None
        logs = []
        for seed in seeds:
            order = program._order(seed)[: program.steps * program.batch_size]
            generators = [
                one for one in model.variables if one.path.endswith("seed_generator_state")
            ]
            for generator, value in zip(generators, program._seeds(seed), strict=True):
                generator.assign(value)
            weight = None if train.sample_weight is None else train.sample_weight[order]
            history = model.fit(
                _rows(train.x, order),
                _rows(train.y, order),
                sample_weight=weight,
                batch_size=program.batch_size,
                shuffle=False,
                verbose=0,
            ).history
            logs.append({name: float(values[0]) for name, values in history.items()})
        return logs

    def evaluated(self, row, batch_size=None):
        """Let Keras evaluate a model; by default all rows at once, if the loss is a mean of them.

        Else in the batches and in a graph, as `fit` does: without one, Keras weighs the batches.
        """
        held_out, model = self.validation, self.models[row]
        if self.program.member.losses_by_batch:
            batch_size, model.run_eagerly = self.batch_size, False
        logs = model.evaluate(
            held_out.x,
            held_out.y,
            sample_weight=held_out.sample_weight,
            batch_size=batch_size or len(held_out),
            callbacks=[keras.callbacks.SwapEMAWeights()] * model.optimizer.use_ema,
            verbose=0,
            return_dict=True,
        )
        return {f"val_{name}": float(value) for name, value in logs.items()}

    def check(self, epochs=3, rtol=1e-9):
        """Compare every member with its model: logs of each epoch, weights, evaluation."""
        seeds = range(100, 100 + epochs)
        logs = self.run(seeds)
        assert self.program.traces == 1
        for row, model in enumerate(self.models):
            alone = self.alone(row, seeds)
            for epoch, (got, wanted) in enumerate(zip(logs, alone, strict=True)):
                if epoch == epochs - 1:
                    wanted = wanted | self.evaluated(row)
                    assert set(got) == set(wanted)
                for name, value in wanted.items():
                    where = f"member {row}, epoch {epoch}: {name}"
                    np.testing.assert_allclose(
                        got[name][row], value, rtol=rtol, atol=1e-12, err_msg=where
                    )
            for got, wanted, variable in zip(
                self.weights(row), model.get_weights(), model.weights, strict=True
            ):
                np.testing.assert_allclose(
                    got, wanted, rtol=rtol, atol=0.1 * rtol, err_msg=f"{row}: {variable.path}"
                )
        return logs


def _rows(y, rows):
    return keras.tree.map_structure(lambda one: one[rows], y)


@pytest.fixture(scope="session")
def side_by_side():
    """`side_by_side(models, train, validation, …)`: see `SideBySide`."""
    return SideBySide


@pytest.fixture
def float64():
    """Everything in float64, so that what is equal in theory is equal in 9 digits."""
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx(before)
    keras.config.set_dtype_policy(before)


def _built(build, arguments):
    models, policy = [], keras.config.dtype_policy()
    for number, argument in enumerate(arguments):
        keras.utils.clear_session(free_memory=False)
        keras.config.set_dtype_policy(policy)  # which clearing the session resets
        keras.utils.set_random_seed(number)
        models.append(build(argument))
    return models


@pytest.fixture(scope="session")
def built():
    """`built(build, arguments)`: models as engines build them, each with weights of its own."""
    return _built


def _examples(labels="sparse", examples=72, shape=(6,), *, tokens=False, weighted=False, seed=0):
    """Return a split whose targets can be learned from its inputs."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(examples, *shape))
    signal = x.reshape(examples, -1)
    sparse = np.argmax(signal[:, :3], axis=1)
    if tokens:
        x = generator.integers(0, 20, size=(examples, *shape))
        sparse = x[:, 0] % 3
    y = {
        "sparse": sparse,
        "onehot": np.eye(3)[sparse],
        "binary": (signal[:, 0] > 0).astype(int),
        "real": 2 * signal[:, 0] + 1,
        "count": generator.poisson(np.exp(0.3 * signal[:, 0])),
    }[labels]
    weight = generator.uniform(0.25, 2, examples) if weighted else None
    return Split(x=x, y=y, sample_weight=weight)


@pytest.fixture(scope="session")
def examples():
    """`examples(labels, examples, shape, …)`: a small split of any kind."""
    return _examples
