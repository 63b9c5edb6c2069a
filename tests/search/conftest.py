"""A builder with every kind of hyperparameter, an engine without Keras, the backends' contract."""

import math
import os
import shutil
from dataclasses import replace
from pathlib import Path

import optuna
import pytest
import sqlalchemy

from dlrecipes.results import Objective, Stage, Stopping, TrialRecord
from dlrecipes.search import Listener, Store, StudyContext, discover_space
from dlrecipes.training.job import Report
from dlrecipes.training.outcome import Outcome

SAMPLERS = ("sobol", "random", "tpe", "keras_tuner_random", "keras_tuner_bayesian")
OBJECTIVE = Objective("val_accuracy", "max")


def every_kind(hp):
    """A builder with every kind of hyperparameter; its "model" is the values it was given."""
    hp.Float("learning_rate", 1e-4, 1.0, sampling="log")
    hp.Float("dropout", 0.0, 0.5, step=0.1)
    hp.Int("units", 4, 64, sampling="log")
    hp.Int("layers", 1, 3)
    hp.Fixed("activation", "relu")
    if hp.Boolean("norm"):
        hp.Float("epsilon", 1e-6, 1e-2, sampling="log")  # late: no defaults lead here
    optimizer = hp.Choice("optimizer", ["sgd", "adam"])
    with hp.conditional_scope("optimizer", ["sgd"]):
        if optimizer == "sgd":
            hp.Float("momentum", 0.0, 0.99)
    return dict(hp.values)


def rate_only(hp):
    hp.Float("learning_rate", 1e-4, 1e-1, sampling="log")
    return dict(hp.values)


def hill(values, epochs, best=1e-2):
    """Curves that rise with the epochs, and the higher the nearer the learning rate is."""
    top = 1.0 / (1.0 + abs(math.log10(values["learning_rate"] / best)))
    top -= 0.01 * values.get("dropout", 0.0) + 0.001 * values.get("epsilon", 0.0)
    return [top * (1.0 - 0.5 ** (epoch + 1)) for epoch in range(epochs)]


class FakeEngine:
    """Hands out scripted curves.

    Args:
        curve: `curve(values, epochs)` gives the score after each epoch; NaN is a divergence,
            an `Outcome` ends the trial with it.
        epochs: Epochs after which it is interrupted; None for never.
        late: Whether the interrupt comes after the report of that epoch rather than before.
    """

    name = "fake"

    def __init__(self, curve=hill, epochs=None, late=False):
        self.curve, self.left, self.late = curve, epochs, late
        self.epochs = 0
        self.jobs = []

    def run(self, source):
        while jobs := source.next_jobs(1):
            self.jobs += jobs
            for job in jobs:
                source.finish([(job, self._train(job, job.build(), source))])

    def _train(self, job, values, source):
        curve = self.curve(values, job.epochs)
        if isinstance(curve, Outcome):
            return curve
        best, at, status = None, None, "completed"
        trained = []
        for epoch, score in enumerate(curve):
            self._interrupt(late=False)
            trained.append(None if math.isnan(score) else score)
            self.epochs += 1
            if math.isnan(score):
                status = "diverged"
                break
            if best is None or score > best:
                best, at = score, epoch
            prune = job.number in source.report([Report(job, epoch, best)])
            self._interrupt(late=True)
            if prune:
                status = "pruned"
                break
        return Outcome(status, best, at, {"val_accuracy": trained}, policy="float32")

    def _interrupt(self, *, late):
        if self.left is not None and late == self.late:
            if self.left == 0:
                raise KeyboardInterrupt
            self.left -= 1


class Recorder(Listener):
    """Remembers what it heard."""

    def __init__(self):
        self.stages, self.epochs, self.trials, self.findings = [], [], [], []
        self.notes = []

    def on_stage(self, name, trials, done):
        self.stages.append((name, trials, done))

    def on_epoch(self, stage, trial, epoch, epochs, best):
        self.epochs.append((stage, trial, epoch, epochs, best))

    def on_trial(self, record):
        self.trials.append(record)

    def on_note(self, line):
        self.notes.append(line)

    def on_finding(self, finding):
        self.findings.append(finding)


@pytest.fixture(scope="session")
def builder():
    return every_kind


@pytest.fixture(scope="session")
def rate_builder():
    return rate_only


@pytest.fixture(scope="session")
def space():
    return discover_space(every_kind)


@pytest.fixture(scope="session")
def curve():
    return hill


@pytest.fixture(scope="session")
def fake_engine():
    """The class of engines that train nothing."""
    return FakeEngine


@pytest.fixture(scope="session")
def recorder():
    """The class of listeners that remember what they heard."""
    return Recorder


@pytest.fixture(scope="session")
def context():
    """`context(build, **changes)`: a context with chance level 0.1 and seed 0."""

    def make(build=every_kind, **changes):
        plain = StudyContext(
            build=build,
            objective=OBJECTIVE,
            batch_size=32,
            stopping=Stopping(),
            seed=0,
            engine="fake",
            chance=0.1,
            listener=Listener(),
        )
        return replace(plain, **changes)

    return make


@pytest.fixture(scope="session")
def record():
    """`record(number, score, **changes)`: a completed trial."""

    def make(number, score, **changes):
        values = {
            "stage": "coarse",
            "number": number,
            "values": {},
            "status": "completed",
            "score": score,
            "best_epoch": 0,
            "epochs": 1,
            "history": {"val_accuracy": [score]},
            "seconds": 0.0,
            "seed": 0,
            "policy": "float32",
            "engine": "fake",
        }
        return TrialRecord(**{**values, **changes})

    return make


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "study.journal"


@pytest.fixture
def database(tmp_path):
    sqlalchemy.event.listen(sqlalchemy.Engine, "connect", _do_not_wait_for_the_disk)
    yield f"sqlite:///{tmp_path / 'study.db'}"
    sqlalchemy.event.remove(sqlalchemy.Engine, "connect", _do_not_wait_for_the_disk)


def _do_not_wait_for_the_disk(connection, _):
    connection.execute("PRAGMA synchronous=OFF")


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch):
    """Studies must survive the end of a process here, not that of the machine."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


# ---- the contract of the backends


class _Contract:
    """The questions that every sampler has to answer alike, over any storage."""

    trials = 6
    epochs = 4

    def __init__(self, sampler, location, space):
        self.sampler = sampler
        self.location = location
        self.space = space

    def open(self, run, *, seed=0, pruner="none"):
        stage = Stage("stage", self.trials, self.epochs, sampler=self.sampler, pruner=pruner)
        store = Store.open(self.place(run), run)
        return store.study(stage, self.space, OBJECTIVE, seed)

    def place(self, run):
        """The one database, or the run's own journal: only one process may write to that."""
        return self.location.with_name(run) if isinstance(self.location, Path) else self.location

    def told(self, backend, proposal, curve=hill):
        """Train a proposal and tell it."""
        values = proposal.build()
        best, status, trained = None, "completed", curve(values, self.epochs)
        for epoch, score in enumerate(trained):
            best = score if best is None else max(best, score)
            if backend.report([(proposal.number, epoch + 1, best)]):
                status = "pruned"
                trained = trained[: epoch + 1]
                break
        record = backend.tell(
            proposal.number,
            TrialRecord(
                stage="stage",
                number=proposal.number,
                values=proposal.values,
                status=status,
                score=best,
                best_epoch=len(trained) - 1,
                epochs=len(trained),
                history={"val_accuracy": trained},
                seconds=0.5,
                seed=3,
                policy="float32",
                engine="fake",
            ),
        )
        backend.flush()
        return record

    def stored(self, run):
        """The records that lie on the disk now, while another process works on the study."""
        if not isinstance(self.location, Path):
            return self.open(run).records
        shutil.copy(self.place(run), self.place("copied"))
        stage = Stage("stage", self.trials, self.epochs, sampler=self.sampler)
        store = Store.open(self.place("copied"), run)
        return store.study(stage, self.space, OBJECTIVE, 0).records

    def frozen(self, run):
        """Optuna's own view of the stored trials, read by another connection."""
        storage = Store.open(self.place(run), run).storage
        return optuna.load_study(study_name=f"{run}/stage", storage=storage).trials

    def check_values(self):
        backend = self.open("values")
        records = [self.told(backend, backend.ask(every_kind)) for _ in range(self.trials)]
        known = {one.name: one for one in self.space}
        for record in records:
            values = dict(record.values)
            epsilon = values.pop("epsilon", None)
            assert (epsilon is not None) == values["norm"]
            assert epsilon is None or 1e-6 <= epsilon <= 1e-2
            assert ("momentum" in values) == (values["optimizer"] == "sgd")
            assert set(known) - set(values) <= {"momentum"}
            for name, value in values.items():
                one = known[name]
                if one.numeric:
                    assert type(value) is (int if one.kind == "int" else float)
                    assert one.low <= value <= one.high
                else:
                    assert value in one.choices
                    assert type(value) is type(one.choices[0])
            assert math.isclose(values["dropout"], round(values["dropout"], 1))
        rates = {record.values["learning_rate"] for record in records}
        assert len(rates) == self.trials

    def check_same_seed_same_proposals(self):
        first, again, other = (self.open(run, seed=seed) for run, seed in
                               (("first", 5), ("again", 5), ("other", 6)))  # fmt: skip
        for _ in range(self.trials):
            one, two, three = first.ask(every_kind), again.ask(every_kind), other.ask(every_kind)
            assert one.values == two.values != three.values
            for backend, proposal in ((first, one), (again, two), (other, three)):
                self.told(backend, proposal)
        assert first.records == again.records

    def check_reopened_study_proposes_the_same(self):
        unbroken = self.open("unbroken")
        expected = [self.told(unbroken, unbroken.ask(every_kind)) for _ in range(self.trials)]
        for number in range(self.trials):
            backend = self.open("broken")
            assert len(backend.records) == number
            self.told(backend, backend.ask(every_kind))
        assert self.open("broken").records == unbroken.records == tuple(expected)

    def check_a_trial_left_behind_is_handed_out_again(self):
        backend = self.open("left")
        self.told(backend, backend.ask(every_kind))
        left = backend.ask(every_kind)
        built = left.build()
        backend.report([(left.number, 1, 0.2)])
        backend.flush()
        again = self.open("left")
        assert len(again.records) == 1
        taken = again.ask(every_kind)
        assert taken.number == left.number
        assert taken.build() == built
        assert taken.values == left.values  # late ones included
        self.told(again, taken)
        assert again.ask(every_kind).number == left.number + 1

    def check_the_queue_goes_first(self):
        fixed = {
            "learning_rate": 0.3,
            "dropout": 0.2,
            "units": 17,
            "layers": 2,
            "activation": "relu",
            "norm": True,
            "epsilon": 1e-3,
            "optimizer": "adam",
        }
        backend = self.open("queue")
        backend.enqueue([fixed, {**fixed, "units": 18}])
        first = self.told(backend, backend.ask(every_kind))
        assert first.number == 0
        assert first.values == fixed
        again = self.open("queue")
        again.enqueue([fixed, {**fixed, "units": 18}])
        assert self.told(again, again.ask(every_kind)).values == {**fixed, "units": 18}
        third = again.ask(every_kind)
        assert third.number == 2
        assert third.values["learning_rate"] != 0.3

    def check_pruning(self):
        backend = self.open("prune", pruner="median")
        for level in (0.9, 0.8, 0.85, 0.95):
            record = self.told(
                backend, backend.ask(every_kind), lambda _, epochs, top=level: [top] * epochs
            )
            assert record.status == "completed"
        poor = self.told(backend, backend.ask(every_kind), lambda _, epochs: [0.3, 0.2, 0.1, 0.1])
        assert poor.status == "pruned"
        assert poor.epochs < self.epochs
        stored = self.frozen("prune")[-1]
        assert stored.state is optuna.trial.TrialState.PRUNED
        assert stored.value == poor.score == 0.3
        good = self.told(backend, backend.ask(every_kind), lambda _, epochs: [0.99] * epochs)
        assert good.status == "completed"

    def check_tell_is_durable(self):
        backend = self.open("durable")
        for number in range(3):
            told = self.told(backend, backend.ask(every_kind))
            seen = self.stored("durable")
            assert len(seen) == number + 1
            assert seen[-1] == told == backend.records[-1]

    def check_diverged_trials(self):
        backend = self.open("diverged")
        self.told(backend, backend.ask(every_kind))
        proposal = backend.ask(every_kind)
        backend.report([(proposal.number, 1, 0.9)])
        plain = self.open("template")
        template = self.told(plain, plain.ask(every_kind))
        diverged = replace(
            template,
            status="diverged",
            score=0.1,
            epochs=2,
            values=proposal.values,
            history={"val_accuracy": [0.9, None], "loss": [1.0, math.nan]},
        )
        told = backend.tell(proposal.number, diverged)
        backend.flush()
        stored = self.frozen("diverged")[-1]
        assert stored.state is optuna.trial.TrialState.PRUNED
        assert stored.value == 0.1
        assert (told.status, told.score) == ("diverged", 0.1)
        # ---- and whatever a history holds comes back, not-a-number as None
        assert told.history == {"val_accuracy": [0.9, None], "loss": [1.0, None]}
        assert self.stored("diverged")[-1] == told
        backend.ask(every_kind)

    def check_records_round_trip(self):
        backend = self.open("records")
        self.told(backend, backend.ask(every_kind))
        proposal = backend.ask(every_kind)
        failed = replace(
            backend.records[0],
            number=proposal.number,
            values=proposal.values,
            status="failed",
            score=None,
            best_epoch=None,
            epochs=0,
            history={},
            error='ValueError: "ü" \n is 1e400, не число',
            parameters=12,
        )
        backend.tell(proposal.number, failed)
        backend.flush()
        read = self.open("records").records
        assert read == backend.records
        assert read[1] == failed
        for before, after in zip(backend.records, read, strict=True):
            for name, value in before.values.items():
                assert type(after.values[name]) is type(value)
        assert self.frozen("records")[1].state is optuna.trial.TrialState.FAIL


@pytest.fixture
def check_backend(space):
    """`check_backend(sampler, location)`: ask every question of the contract."""

    def check(sampler, location):
        contract = _Contract(sampler, location, space)
        for name in sorted(vars(_Contract)):
            if name.startswith("check_"):
                getattr(contract, name)()

    return check
