"""What the side-by-side engine begins, in which order, and what it does in trouble."""

import keras
import pytest
import tensorflow as tf

from dlrecipes.results import Hyperparameter, Objective
from dlrecipes.training.engines import SideBySideEngine
from dlrecipes.training.engines.compiled import group, programs
from dlrecipes.training.engines.compiled.program import Program
from dlrecipes.training.engines.compiled.supported import Unsupported
from dlrecipes.training.job import Job

SPACE = (
    Hyperparameter("rate", "float", 1e-3, 1.0, log=True),
    Hyperparameter("units", "int", 4, 64),
)


def _build(values):
    return _compiled(values, keras.layers.Dense(values.get("units", 8), activation="relu"))


def _compiled(values, *layers):
    model = keras.Sequential([keras.Input((4,)), *layers, keras.layers.Dense(3)])
    model.compile(
        keras.optimizers.Adam(values["rate"]),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )
    return model


def _job(number, *, epochs=2, build=_build, **values):
    return Job(
        number,
        values,
        lambda: build(values),
        seed=number,
        epochs=epochs,
        batch_size=16,
        rebuild=build,
        space=SPACE,
        shared_seed=5,
    )


def _jobs(count, **options):
    return [_job(at, rate=0.002 * 1.1**at, **options) for at in range(count)]


@pytest.fixture
def engine(development):
    """`engine(name)`: an engine; `.lines` are what it said."""

    def make(name):
        lines = []
        made = SideBySideEngine(
            name, development(), Objective("val_accuracy", "max"), "float32", log=lines.append
        )
        made.lines = lines
        return made

    return make


def test_few_trials_take_turns_from_the_first(engine, scripted):
    """The weights of each wait in memory meanwhile."""
    source = scripted(*_jobs(30))
    source.compares = True
    made = engine("resident")
    made.run(source)
    begun, most, epochs = set(), 0, {}
    for number, epoch, _ in source.reports:
        begun.add(number)
        epochs[number] = epoch
        most = max(most, sum(epochs[one] < 1 for one in begun))
    assert len(source.outcomes) == 30
    assert 2 < most <= 4 * made._workers


def test_few_that_were_added_wait_for_company(engine, scripted, monkeypatch):
    """Empty rows of a population cost as much as full ones; what is trained stays the same."""
    sizes, train = [], group.Group.train

    def watched(self, stop):
        sizes.append((len(self.trials), self.trials[0].epoch))
        return train(self, stop)

    monkeypatch.setattr(group.Group, "train", watched)

    def histories(parallel):
        def stop(job, epoch, best):
            return epoch == job.number % 6 < 3  # after each epoch some end, and others begin

        source = scripted(*_jobs(12, epochs=4), stop=stop)
        source.parallel = parallel
        made = engine("population")
        made._workers = 1
        sizes.clear()
        made.run(source)
        return {job: outcome.history for job, outcome in source.ended.items()}, list(sizes)

    few, calls = histories(6)
    assert len(few) == 12
    assert calls[:3] == [(6, 0), (5, 1), (4, 2)]
    assert min(size for size, _ in calls) > 1
    together, _ = histories(12)
    for number, history in together.items():
        for name, values in history.items():
            assert few[number][name] == pytest.approx(values, rel=1e-4)


def test_structures_are_compiled_when_it_is_their_turn(engine, scripted, monkeypatch):
    """A search of many networks has results, and can end, before all of them are compiled."""
    prepared, whole = [], Program.prepare

    def prepare(self, *arguments, **options):
        prepared.append(1)
        return whole(self, *arguments, **options)

    monkeypatch.setattr(Program, "prepare", prepare)

    def stop(job, epoch, best):
        raise KeyboardInterrupt

    source = scripted(*(_job(at, rate=0.01, units=4 + at) for at in range(5)), stop=stop)
    made = engine("resident")
    made._workers = 2
    with pytest.raises(KeyboardInterrupt):
        made.run(source)
    assert len(prepared) <= 3


def test_a_builder_that_raises_for_later_trials(engine, scripted):
    """It is called with the values of few trials; whatever it raises, only that trial fails."""
    calls = []

    def build(values):
        calls.append(values)
        if values["rate"] in refused:
            raise ValueError("not this rate")
        return _build(values)

    jobs = [_job(at, rate=0.002 * 1.1**at, epochs=1, build=build) for at in range(8)]
    refused = {job.values["rate"] for job in jobs[1:]}
    source = scripted(*jobs)
    engine("resident").run(source)
    assert len(source.outcomes) == 8
    failed = [one for one in source.outcomes if one.status == "failed"]
    assert failed
    assert all("not this rate" in one.error for one in failed)
    assert len(failed) < 7


@pytest.mark.slow
def test_what_fit_trains_is_asked_for_one_at_a_time(engine, scripted):
    """A sampler that learns should know the one before."""

    class OwnStep(keras.Model):
        def train_step(self, data):
            return super().train_step(data)

    def build(values):
        model = _build(values)
        own = OwnStep(model.inputs, model.outputs)
        own.compile(keras.optimizers.SGD(0.1), model.loss, metrics=["accuracy"], jit_compile=False)
        return own

    source = scripted(*(_job(at, rate=0.01, epochs=1, build=build) for at in range(4)))
    source.parallel = 2
    limits, whole = [], source.next_jobs

    def next_jobs(limit):
        limits.append(limit)
        return whole(limit)

    source.next_jobs = next_jobs
    made = engine("auto")
    made.run(source)
    assert {one.engine for one in source.outcomes} == {"fit"}
    assert limits == [2, 1, 1]
    assert len(made.lines) == 1


@pytest.mark.slow
def test_a_population_that_cannot_be_says_so(engine, scripted):
    def build(values):
        return _compiled(
            values,
            keras.layers.Reshape((4, 1)),
            keras.layers.Conv1D(2, 2),
            keras.layers.Flatten(),
        )

    made = engine("population")
    made.run(scripted(*(_job(at, rate=0.01 + at / 100, epochs=1, build=build) for at in range(2))))
    (line,) = made.lines
    assert line == "trained by `resident`: it has layers without a batched form over members"


# ---- no memory left


def _no_memory(*_):
    raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating")


@pytest.mark.slow
def test_no_memory_to_stack_a_group(engine, scripted, monkeypatch):
    whole = group._stacked
    monkeypatch.setattr(
        group, "_stacked", lambda trials: (_no_memory if trials[0].epoch else whole)(trials)
    )
    source = scripted(*_jobs(2))
    made = engine("resident")
    made.run(source)
    assert {one.engine for one in source.outcomes} == {"fit"}
    assert [one.status for one in source.outcomes] == ["completed"] * 2
    assert "ResourceExhaustedError" in made.lines[0]


def test_a_narrower_program_that_cannot_be_made(engine, scripted, monkeypatch):
    """One for the last two trials, and for the last three of the next stage."""
    monkeypatch.setattr(programs, "_WORTH_SECONDS", 0.0)
    made = engine("population")
    for left, error in ((2, Unsupported("no memory to compile")), (3, MemoryError("full"))):
        widths = []

        def cannot(program, trial, width, widths=widths, error=error):
            widths.append(width)
            raise error

        monkeypatch.setattr(programs, "_make", cannot)
        source = scripted(*_jobs(6), stop=lambda job, epoch, _, left=left: job.number >= left)
        made.run(source)
        assert len(widths) == 1
        assert {one.engine for one in source.outcomes} == {"population"}
    assert made.lines == []
