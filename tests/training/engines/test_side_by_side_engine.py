from dataclasses import replace
from functools import partial
from typing import NamedTuple

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings, strategies as st

from dlrecipes.layers import PeriodicEmbedding, ScheduledDropout
from dlrecipes.results import Hyperparameter, Objective
from dlrecipes.training.engines import SideBySideEngine, make_engine
from dlrecipes.training.engines.compiled import programs
from dlrecipes.training.engines.compiled.program import Program
from dlrecipes.training.engines.compiled.supported import Unsupported
from dlrecipes.training.job import Job
from dlrecipes.training.schedules import CosLog4, FlatCos, ScheduledAdamW

ACCURACY = Objective("val_accuracy", "max")
LAYERS = keras.layers
# Beside each job of the contract, so many of the same kind.
CROWD = {"population": 3, "resident": 0, "auto": 3}
ENGINES = {name: partial(make_engine, name) for name in CROWD}
FAST = {
    "check_the_outcome",
    "check_the_best_epochs_weights",
    "check_pruning",
}


def _contract(check_engine, name, question):
    if question == "check_the_same_as_keras":
        pytest.skip("with the batches of `fit`; compiled/test_equality.py asks the same")
    check_engine(ENGINES[name], question, crowd=CROWD[name])


def test_contract(check_engine, question):
    if question not in FAST:
        pytest.skip("in the slow tests")
    _contract(check_engine, "population", question)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "population",
        *(pytest.param(one, marks=pytest.mark.exhaustive) for one in ("resident", "auto")),
    ],
)
def test_contract_of_all(check_engine, name, question):
    if name == "auto" and question not in FAST:
        pytest.skip("it is one of the other two")
    if name == "population" and question in FAST:
        pytest.skip("in the fast tests")
    _contract(check_engine, name, question)


class _Builder:
    """A network with numbers and structure.

    Args:
        layers: Further layers.
        kind: What a model of many units is.
    """

    space = (
        Hyperparameter("rate", "float", 1e-3, 1.0, log=True),
        Hyperparameter("dropout", "float", 0.0, 0.5),
        Hyperparameter("units", "int", 4, 16),
    )

    def __init__(self, *layers, kind=keras.Sequential):
        self.layers, self.kind, self.calls = layers, kind, 0

    def __call__(self, values):
        self.calls += 1
        kind = self.kind if values.get("units", 8) > 8 else keras.Sequential
        model = kind(
            [
                keras.Input((4,)),
                *(layer() for layer in self.layers),
                LAYERS.Dense(values.get("units", 8), activation="relu"),
                LAYERS.Dropout(values["dropout"]),
                LAYERS.Dense(3, dtype="float32"),
            ]
        )
        model.compile(
            keras.optimizers.Adam(values["rate"]),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
            jit_compile=False,
            run_eagerly=kind is not keras.Sequential,  # `fit` trains it, here without a graph
        )
        return model

    def job(self, number, *, epochs=3, shared_seed=5, seed=None, keep_weights=False, **values):
        return Job(
            number,
            values,
            lambda: self(values),
            seed=100 + number if seed is None else seed,
            epochs=epochs,
            batch_size=16,
            rebuild=self,
            space=self.space,
            shared_seed=shared_seed,
            keep_weights=keep_weights,
        )

    def jobs(self, count, **options):
        return [
            self.job(at, rate=0.002 * 1.5**at, dropout=0.04 * at + 0.02, **options)
            for at in range(count)
        ]


class _Watched:
    """An engine with what it says.

    Args:
        name: The engine's name.
        development: The data.
        objective: What is better.
        options: Those of the engine.
    """

    def __init__(self, name, development, objective=ACCURACY, **options):
        self.choices, self.lines, self.steps = [], [], []
        self.engine = SideBySideEngine(
            name,
            development(),
            objective,
            "float32",
            on_choice=self.choices.append,
            log=self.lines.append,
            on_step=self.steps.append,
            **options,
        )

    def run(self, source):
        self.engine.run(source)
        return source

    @property
    def programs(self):
        return self.engine._programs.kept


def _histories(source):
    return {number: outcome.history for number, outcome in source.ended.items()}


# ---- engines for several tests: they compile what their first trials are


@pytest.fixture(scope="module")
def resident(development):
    """`resident(source)`: train a source's trials by one engine."""
    return _Watched("resident", development).run


class _Population(NamedTuple):
    """An engine, its builder, its first source, and what it said meanwhile."""

    watched: _Watched
    builder: _Builder
    source: object
    steps: list


@pytest.fixture(scope="module")
def population(development, scripted):
    """A population that has trained 11 trials; each third was pruned after its first epoch."""
    watched, builder = _Watched("population", development), _Builder()
    source = scripted(*builder.jobs(11), stop=lambda job, epoch, _: job.number % 3 == 1)
    return _Population(watched, builder, watched.run(source), list(watched.steps))


@pytest.mark.parametrize("compares", [True, False])
def test_trials_that_are_compared_take_turns(resident, scripted, compares):
    source = scripted(*_Builder().jobs(6))
    source.compares = compares
    resident(source)
    epochs = [epoch for _, epoch, _ in source.reports]
    if compares:  # all are at an epoch before one is two epochs further
        latest = [max(epochs[:at]) - min(epochs[at:]) for at in range(1, len(epochs))]
        assert max(latest) <= 1
        assert epochs[:6] == [0] * 6
    else:  # two at a time, each to its end
        assert epochs.index(2) <= 6
    assert {len(one.history["loss"]) for one in source.outcomes} == {3}


def test_what_a_trial_reaches_does_not_depend_on_whose_turn_it_is(resident, scripted):
    found = []
    for compares in (True, False):
        source = scripted(*_Builder().jobs(4))
        source.compares = compares
        found.append(_histories(resident(source)))
    assert found[0] == found[1]


def test_one_program_for_all_trials_of_a_structure(population, scripted):
    watched, builder, source, steps = population
    assert {outcome.engine for outcome in source.outcomes} == {"population"}
    (program,) = watched.programs
    assert (program.traces, program.width, program.layout.stacked) == (1, 16, True)
    assert [choice.engine for choice in watched.choices] == ["population"]
    assert steps == [
        "building the models of 11 trials",
        "compiling one program for 11 trials of one structure",
        "training 11 trials",
    ]
    # ---- three to see what is dynamic, and one for each of the initial weights
    assert builder.calls <= 3 + 4
    watched.run(scripted(*builder.jobs(11)))
    assert builder.calls <= 3 + 4
    assert program.traces == 1
    # ---- another structure
    watched.run(scripted(builder.job(20, units=16, rate=0.01, dropout=0.1)))
    assert len(watched.programs) == 2
    assert len({choice.structure for choice in watched.choices}) == 2
    assert watched.lines == ["trained by `resident`: a single trial"]


def _begun_by(values):
    spread = keras.initializers.TruncatedNormal(stddev=values["spread"])
    hidden = [LAYERS.Dense(values["units"])] if "units" in values else []
    model = keras.Sequential(
        [
            keras.Input((4,)),
            PeriodicEmbedding(3, 5, spread),
            *hidden,
            LAYERS.Dense(3, dtype="float32"),
        ]
    )
    model.compile(
        keras.optimizers.SGD(values["rate"]),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )
    return model


def test_one_program_for_trials_that_begin_differently(development, scripted):
    """Only the frequencies do, by their spread; a rate of next to nothing keeps them there."""
    space = (
        Hyperparameter("spread", "float", 0.01, 100.0, log=True),
        Hyperparameter("rate", "float", 1e-30, 1.0, log=True),
    )
    jobs = [
        Job(at, values, partial(_begun_by, values), seed=at, epochs=1, batch_size=16,
            rebuild=_begun_by, space=space, shared_seed=5, keep_weights=True)
        for at, values in enumerate({"spread": 0.02 * 3**at, "rate": 1e-30} for at in range(6))
    ]  # fmt: skip
    watched = _Watched("population", development)
    source = watched.run(scripted(*jobs))
    assert watched.lines == []
    assert {outcome.engine for outcome in source.outcomes} == {"population"}
    (program,) = watched.programs
    assert program.traces == 1
    drawn = set()
    for job, outcome in zip(jobs, source.outcomes, strict=True):
        frequencies, kernel, *_ = outcome.weights
        unit = frequencies / job.values["spread"]
        assert np.std(unit) == pytest.approx(0.88, abs=0.25)
        # The others begin as those of the same seed, of which there are a few.
        drawn.add((tuple(unit.ravel().round(4)), tuple(kernel.ravel())))
        model = _begun_by(job.values)
        model.run_eagerly = True  # which costs less than a graph for each
        model.set_weights(outcome.weights)
        held_out = watched.engine._development.validation
        loss, accuracy = model.evaluate(held_out.x, held_out.y, verbose=0)
        assert outcome.history["val_loss"] == [pytest.approx(loss, rel=1e-5)]
        assert outcome.history["val_accuracy"] == [pytest.approx(accuracy)]
    assert 1 < len(drawn) <= 4


def test_one_family_of_networks_that_begin_differently(development, scripted):
    space = (
        Hyperparameter("spread", "float", 0.01, 100.0, log=True),
        Hyperparameter("units", "int", 2, 9),
        Hyperparameter("rate", "float", 1e-3, 1.0, log=True),
    )
    all_values = [{"spread": 0.1 * 4**at, "units": units, "rate": 0.1}
                  for at, units in enumerate((5, 7, 5))]  # fmt: skip
    jobs = [
        Job(at, values, partial(_begun_by, values), seed=9, epochs=2, batch_size=16,
            rebuild=_begun_by, space=space, shared_seed=5, keep_weights=True)
        for at, values in enumerate(all_values)
    ]  # fmt: skip
    watched = _Watched("auto", development)
    source = watched.run(scripted(*jobs))
    assert [program.traces for program in watched.programs] == [1]
    (alone,) = _Watched("auto", development).run(scripted(jobs[2])).outcomes
    assert source.outcomes[2].history == alone.history
    for ours, theirs in zip(source.outcomes[2].weights, alone.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert not np.array_equal(source.outcomes[0].weights[0], source.outcomes[2].weights[0])


@pytest.mark.slow
def test_embeddings_are_trained_side_by_side(development, scripted):
    indices = partial(LAYERS.Rescaling, 1.0, 4.0)  # 0 to 8
    embed = [indices, partial(LAYERS.Embedding, 9, 3), LAYERS.Flatten]
    watched = _Watched("population", development)
    source = watched.run(scripted(*_Builder(*embed).jobs(5)))
    assert watched.lines == []
    assert {outcome.engine for outcome in source.outcomes} == {"population"}


@pytest.mark.slow
def test_models_of_several_outputs_are_trained_side_by_side(
    development_of_two, make_model_of_two, scripted
):
    """Each with a focusing exponent of its own; a trial of a hopeless one is pruned."""
    space = (
        Hyperparameter("gamma", "float", 0.0, 8.0),
        Hyperparameter("rate", "float", 1e-3, 1.0, log=True),
    )
    all_values = [{"gamma": 0.5 + at, "rate": 0.01 * 2**at} for at in range(3)]
    jobs = [
        Job(at, values, partial(make_model_of_two, **values), seed=at, epochs=2, batch_size=16,
            rebuild=lambda values: make_model_of_two(**values), space=space, shared_seed=5)
        for at, values in enumerate(all_values)
    ]  # fmt: skip
    watched = _Watched("population", development_of_two, objective=Objective("val_loss", "min"))
    source = watched.run(scripted(*jobs, stop=lambda job, epoch, _: job.number == 2))
    assert watched.lines == []
    assert [program.traces for program in watched.programs] == [1]
    assert {one.engine for one in source.outcomes} == {"population"}
    assert [one.status for one in source.outcomes] == ["completed"] * 2 + ["pruned"]
    losses = {one.history["val_grade_loss"][0] for one in source.outcomes}
    assert len(losses) == len(jobs)


@pytest.mark.slow
def test_few_that_are_left_get_a_narrower_program(development, scripted, monkeypatch):
    def run(worth):
        monkeypatch.setattr(programs, "_WORTH_SECONDS", worth)
        watched = _Watched("population", development)
        source = scripted(
            *_Builder().jobs(11, epochs=5),
            # ---- three are left after one epoch, one after three
            stop=lambda job, epoch, _: job.number > 2 or (job.number > 0 and epoch == 2),
        )
        return watched.run(source), watched.programs

    wide, (program,) = run(1e9)
    assert program.narrower == {}
    narrow, (program,) = run(0.0)
    assert {width: one.traces for width, one in program.narrower.items()} == {4: 1, 2: 1}
    assert program.traces == 1
    found, expected = _histories(narrow), _histories(wide)
    assert [len(found[number]["loss"]) for number in (0, 1, 2, 3)] == [5, 3, 3, 1]
    for number, history in expected.items():
        for name, values in history.items():
            assert found[number][name] == pytest.approx(values, rel=1e-4)


def test_recorded_choices_are_kept(population, development, scripted):
    resumed = _Watched("auto", development, choices=population.watched.choices)
    source = resumed.run(scripted(_Builder().jobs(11)[5]))
    assert resumed.choices == []
    assert [program.width for program in resumed.programs] == [16]
    assert source.outcomes[0].engine == "population"
    assert _histories(source)[5] == _histories(population.source)[5]


def test_trainings_without_a_shared_seed_are_independent(development, scripted):
    builder = _Builder()
    watched = _Watched("population", development)
    jobs = [
        builder.job(at, rate=0.01, dropout=0.2, shared_seed=None, seed=seed)
        for at, seed in enumerate((1, 2, 1))
    ]
    histories = _histories(watched.run(scripted(*jobs)))
    assert histories[0] == histories[2]
    assert histories[0] != histories[1]
    alone = _Watched("population", development)
    assert _histories(alone.run(scripted(jobs[1])))[1] == histories[1]


class OwnStep(keras.Sequential):
    def train_step(self, data):
        return super().train_step(data)


@pytest.mark.slow
def test_what_no_program_trains_is_trained_by_fit(development, scripted):
    """With one line for all of them."""

    builder = _Builder(kind=OwnStep)
    units = (8, 16, 8, 12)
    jobs = [
        builder.job(at, rate=0.01, dropout=0.1, units=number, epochs=2)
        for at, number in enumerate(units)
    ]
    watched = _Watched("population", development)
    source = watched.run(scripted(*jobs))
    assert [one.error for one in source.outcomes] == [""] * 4
    assert [one.engine for one in source.outcomes] == ["population", "fit", "population", "fit"]
    (line,) = watched.lines
    assert "`train_step` of its own" in line
    assert [step for step in watched.steps if "fit" in step] == [
        f"trial {at}: building the model, first epoch by `fit`" for at in (1, 3)
    ]
    assert sorted(choice.engine for choice in watched.choices) == ["fit", "population"]


@pytest.mark.slow
def test_out_of_memory_in_a_program(development, scripted, monkeypatch):
    """The structure's trials are trained by `fit`, each is finished once."""

    def full(self, *arguments, **options):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating")

    builder = _Builder()
    watched = _Watched("population", development)
    monkeypatch.setattr(Program, "epoch", full)
    source = watched.run(scripted(*builder.jobs(3, epochs=1)))
    assert [one.status for one in source.outcomes] == ["completed"] * 3
    assert [one.engine for one in source.outcomes] == ["fit"] * 3
    assert len(watched.lines) == 1
    assert "ResourceExhaustedError" in watched.lines[0]


@pytest.mark.slow
def test_a_program_that_breaks_after_an_epoch(development, scripted, monkeypatch):
    """No epoch of a trial is reported twice, though `fit` trains it from the beginning."""
    calls, whole = [], Program.epoch

    def breaks(self, *arguments, **options):
        calls.append(1)
        if len(calls) > 1:
            raise MemoryError("full")
        return whole(self, *arguments, **options)

    monkeypatch.setattr(Program, "epoch", breaks)
    watched = _Watched("population", development)
    source = watched.run(scripted(*_Builder().jobs(3, epochs=3)))
    reported = sorted((number, epoch) for number, epoch, _ in source.reports)
    assert reported == [(number, epoch) for number in range(3) for epoch in range(3)]
    assert [len(one.history["loss"]) for one in source.outcomes] == [3] * 3


# ---- networks that differ in their sizes

WIDTHS = (4, 7, 16, 11)


def _of_widths(builder, widths=WIDTHS, **options):
    return [
        builder.job(at, units=width, rate=0.01 * (at + 1), dropout=0.1 * at, **options)
        for at, width in enumerate(widths)
    ]


def test_one_program_for_networks_that_differ_in_sizes(development, scripted):
    """Each reaches what it reaches alone, to the last bit: a resumed run may have it alone."""
    builder = _Builder()
    jobs = _of_widths(builder, keep_weights=True)
    watched = _Watched("auto", development)
    source = watched.run(scripted(*jobs))
    assert builder.calls == len(jobs)
    assert watched.lines == []
    assert {one.engine for one in source.outcomes} == {"resident"}
    # ---- at a dropout of zero there is another graph
    assert [program.traces for program in watched.programs] == [1, 1]
    resumed = _Watched("auto", development, choices=watched.choices[:2])
    for job in jobs[2:]:
        alone = _Watched("auto", development)
        for outcome in (
            alone.run(scripted(job)).outcomes[0],
            resumed.run(scripted(job)).outcomes[0],
        ):
            wanted = source.ended[job.number]
            assert outcome.history == wanted.history
            for got, one in zip(outcome.weights, wanted.weights, strict=True):
                np.testing.assert_array_equal(got, one)


@pytest.mark.parametrize("compares", [pytest.param(True, marks=pytest.mark.slow), False])
def test_the_first_networks_are_trained_before_the_last_are_built(development, scripted, compares):
    builder, built = _Builder(), []
    jobs = [builder.job(at, units=4 + at, rate=0.01, dropout=0.1, epochs=1) for at in range(14)]
    source = scripted(*jobs, stop=lambda *_: built.append(builder.calls))
    source.compares = compares
    watched = _Watched("auto", development)
    watched.engine._workers = 2
    watched.run(source)
    assert built[0] <= 1 + (4 if compares else 1) * 2 < 14
    assert (built[-1], len(source.outcomes)) == (14, 14)


def test_what_a_class_of_ones_own_does_is_not_taken_for_granted(development, scripted):
    """Only some of the networks are of one, whose configuration shows nothing of it."""
    builder = _Builder(kind=OwnStep)
    watched = _Watched("auto", development)
    source = watched.run(scripted(*_of_widths(builder, epochs=1)))
    engines = ["fit" if width > 8 else "resident" for width in WIDTHS]
    assert [one.engine for one in source.outcomes] == engines


def test_graphs_that_know_sizes_have_a_program_each(development, scripted):

    def build(values):
        layers = [LAYERS.Dense(values["units"]), LAYERS.LayerNormalization(), LAYERS.Dense(3)]
        model = keras.Sequential([keras.Input((4,)), *layers])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("sgd", loss, metrics=["accuracy"], jit_compile=False)
        return model

    jobs = [
        replace(job, build=partial(build, job.values), rebuild=build)
        for job in _of_widths(_Builder(), epochs=1)[1:]
    ]
    watched = _Watched("auto", development)
    source = watched.run(scripted(*jobs))
    assert watched.lines == []
    assert {one.engine for one in source.outcomes} == {"resident"}
    assert len(watched.programs) == len(jobs)


@pytest.mark.parametrize("fails", ["disagrees", "cannot be traced"])
def test_a_program_of_a_family_that_is_none(fails, development, scripted, monkeypatch):
    """Each network then has its own, with sizes that are known."""
    prepare = Program.prepare

    def refuse(program, *arguments):
        if program.shapes is not None:
            raise Unsupported("of sizes that are open")
        prepare(program, *arguments)

    if fails == "disagrees":
        monkeypatch.setattr(Program, "agrees", lambda *arguments: False)
    else:
        monkeypatch.setattr(Program, "prepare", refuse)
    watched = _Watched("auto", development)
    source = watched.run(scripted(*_of_widths(_Builder(), epochs=1)[1:]))
    assert watched.lines == []
    assert {one.engine for one in source.outcomes} == {"resident"}
    assert [program.shapes for program in watched.programs] == [None] * 3


def test_convolutions_are_trained_one_by_one(development, scripted):
    builder = _Builder(lambda: LAYERS.Reshape((4, 1)), lambda: LAYERS.Conv1D(2, 2), LAYERS.Flatten)
    watched = _Watched("auto", development)
    source = watched.run(scripted(*builder.jobs(3, epochs=1)))
    assert {one.engine for one in source.outcomes} == {"resident"}
    (program,) = watched.programs
    assert (program.width, program.traces) == (1, 1)
    assert "batched form" in watched.choices[0].reason


def test_recurrent_networks_are_trained_one_by_one(development, scripted, capfd):
    """Whichever engine was asked for, with one line that says why."""
    builder = _Builder(partial(LAYERS.Reshape, (2, 2)), partial(LAYERS.GRU, 3))
    watched = _Watched("population", development)
    source = watched.run(scripted(*builder.jobs(3, epochs=1)))
    assert {one.engine for one in source.outcomes} == {"resident"}
    (line,) = watched.lines
    assert line == ("trained by `resident`: it has layers without a batched form over members")
    assert capfd.readouterr().err.count("\n") < 5


class _Random:
    """Hands out as many jobs as it likes and prunes as it likes.

    Args:
        jobs: The jobs.
        portions: How many it hands out each time, at most.
        pruned: Pairs of a trial's number and the epoch after which it is pruned.
        parallel: How many may be in flight.
        compares: Whether they take turns.
    """

    def __init__(self, jobs, portions, pruned, parallel, compares):
        self.compares = compares
        self.jobs, self.portions, self.pruned = list(jobs), list(portions), set(pruned)
        self.parallel, self.in_flight, self.ended, self.epochs = parallel, set(), {}, {}

    @property
    def remaining(self):
        return len(self.jobs)

    def next_jobs(self, limit):
        assert limit >= 1
        portion = min(limit, self.portions.pop() if self.portions else limit)
        handed_out, self.jobs = self.jobs[:portion], self.jobs[portion:]
        self.in_flight |= {job.number for job in handed_out}
        assert len(self.in_flight) <= self.parallel
        return handed_out

    def report(self, reports):
        for one in reports:
            assert one.job.number in self.in_flight
            epochs = self.epochs.setdefault(one.job.number, [])
            epochs.append(one.epoch)
            assert epochs == list(range(one.epoch + 1))
        return {one.job.number for one in reports if (one.job.number, one.epoch) in self.pruned}

    def finish(self, ended):
        for job, outcome in ended:
            assert job.number not in self.ended
            self.in_flight.discard(job.number)
            self.ended[job.number] = outcome


TRIALS, EPOCHS = 14, 4


@pytest.mark.parametrize("examples", [8, pytest.param(40, marks=pytest.mark.slow)])
def test_a_result_does_not_depend_on_when_it_began(population, scripted, examples):
    """Nor on the others, on pruning, or on how many are trained at the same time."""
    builder, watched = _Builder(), population.watched
    # One diverges after a while.
    jobs = [
        builder.job(
            at, rate=0.003 * 1.6**at if at != 5 else 1e25, dropout=0.03 * at + 0.01, epochs=EPOCHS
        )
        for at in range(TRIALS)
    ]
    alone = {}
    for job in jobs:
        alone |= watched.run(scripted(job)).ended
    assert alone[5].status == "diverged"
    assert sum(one.status == "completed" for one in alone.values()) == TRIALS - 1

    @settings(max_examples=examples, deadline=None, database=None, derandomize=True)
    @given(
        portions=st.lists(st.integers(1, 9), max_size=20),
        pruned=st.lists(st.tuples(st.integers(0, TRIALS - 1), st.integers(0, EPOCHS - 1))),
        parallel=st.integers(1, 2 * TRIALS),
        compares=st.booleans(),
    )
    def check(portions, pruned, parallel, compares):
        source = watched.run(_Random(jobs, portions, pruned, parallel, compares))
        assert set(source.ended) == set(range(TRIALS))
        for number, outcome in source.ended.items():
            ends = [epoch for one, epoch in pruned if one == number]
            wanted = alone[number]
            epochs = len(wanted.history["loss"])
            if outcome.status == "pruned":
                assert len(outcome.history["loss"]) == min(ends) + 1
            else:
                assert outcome.status == wanted.status
                assert len(outcome.history["loss"]) == epochs
            for name, curve in outcome.history.items():
                assert curve == wanted.history[name][: len(curve)], (number, name)

    check()
    assert {program.traces for program in watched.programs} == {1}


class _Scheduled(_Builder):
    """A network whose rates, decay and dropout follow schedules of 3 epochs."""

    def __call__(self, values):
        self.calls += 1
        steps = 12
        kernels = ScheduledAdamW(CosLog4(values["rate"], steps), FlatCos(0.25, steps))
        biases = keras.optimizers.Adam(CosLog4(0.1 * values["rate"], steps))
        patterns = keras.optimizers.OptimizerMap(kernels, {".*/bias": biases})
        dropout = ScheduledDropout(FlatCos(values["dropout"], steps))
        layers = [LAYERS.Dense(8, activation="selu"), dropout, LAYERS.Dense(3)]
        model = keras.Sequential([keras.Input((4,)), *layers])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        optimizer = keras.optimizers.MultiOptimizer(patterns)
        model.compile(optimizer, loss, metrics=["accuracy"], jit_compile=False)
        return model


@pytest.mark.slow
def test_schedules_go_on_where_a_trial_was_in_other_company(development, scripted):
    watched, builder = _Watched("population", development), _Scheduled()
    jobs = builder.jobs(6)
    wanted = _histories(watched.run(scripted(*jobs)))
    assert builder.calls <= 3 + 6  # numbers of one graph
    source = watched.run(_Random(jobs, [2, 1, 1, 2], {(0, 0), (3, 1)}, 3, compares=False))
    for number, outcome in source.ended.items():
        assert outcome.engine == "population"
        for name, curve in outcome.history.items():
            assert curve == wanted[number][name][: len(curve)], (number, name)
    assert {program.traces for program in watched.programs} == {1}


class _Kinds(_Builder):
    """Networks of one graph whose rate has a name by kind."""

    space = (
        Hyperparameter("kind", "choice", choices=("a", "b", "c"), default="a"),
        *(Hyperparameter(f"rate_{kind}", "float", 1e-3, 1.0, log=True) for kind in "abc"),
    )

    def __call__(self, values):
        return super().__call__({"rate": values["rate_" + values["kind"]], "dropout": 0.0})


def test_one_graph_behind_other_names_has_each_ones_own_numbers(development, scripted):
    builder = _Kinds()
    jobs = [
        builder.job(0, kind="a", rate_a=0.001, seed=1, keep_weights=True),
        builder.job(1, kind="a", rate_a=0.002, seed=1, keep_weights=True),
        builder.job(2, kind="b", rate_b=0.001, seed=1, keep_weights=True),
        builder.job(3, kind="c", rate_c=0.5, seed=1, keep_weights=True),
    ]
    for name in ("population", "resident", "auto"):
        source = _Watched(name, development).run(scripted(*jobs))
        sizes = {n: max(np.abs(a).max() for a in one.weights) for n, one in source.ended.items()}
        assert max(sizes[at] for at in range(3)) < 1 < sizes[3], (name, sizes)
