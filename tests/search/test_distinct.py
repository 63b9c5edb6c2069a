"""A study trains no configuration twice, unless asked."""

from zlib import crc32

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from dlrecipes.results import Hyperparameter, Plan, Stage
from dlrecipes.search import CoarseToFine, Store, discover_space, refit, refit_stage, search
from dlrecipes.search.backends import count_configurations
from dlrecipes.search.backends.distinct_sampler import configuration, configurations

SAMPLERS = ("sobol", "random", "tpe", "keras_tuner_random")


def _score(values, epochs):
    return [0.5 + 1e-3 * (crc32(repr(sorted(values.items())).encode()) % 7)] * epochs


@pytest.fixture
def study(tmp_path, fake_engine, recorder, context):
    """`study(build, *stages)`: a search in the journal of this test; `.heard`, `.engine`."""

    def run(build, *stages, plan=None, curve=_score, epochs=None, journal="study"):
        run.heard = recorder()
        run.engine = fake_engine(curve, epochs)
        run.store = Store.open(tmp_path / f"{journal}.journal", "run")
        run.context = context(build, listener=run.heard)
        return search(
            plan or Plan(stages), discover_space(build), run.engine, run.store, run.context
        )

    return run


def _values(result, stage="only"):
    return [tuple(sorted(one.values.items())) for one in result.trials if one.stage == stage]


def _two(hp):
    hp.Choice("units", [8, 16])
    return dict(hp.values)


def test_two_configurations(study):
    """One that fits a stage is trained again only with another stage's epochs."""
    result = study(_two, plan=CoarseToFine(trials=6, epochs=3))
    assert [(one.stage, one.number) for one in result.trials] == [
        ("coarse", 0),
        ("coarse", 1),
        ("fine", 0),
        ("fine", 1),
    ]
    for stage in ("coarse", "fine"):
        assert sorted(_values(result, stage)) == [(("units", 8),), (("units", 16),)]
    # ---- and it is said
    (finding,) = result.findings
    assert finding.verdict == (
        "The ranges of stage coarse hold 2 configurations only: 2 of its 4 trials were not needed."
    )
    assert (finding.severity, study.heard.findings) == ("warning", [finding])
    assert "refit_seeds" in finding.advice
    assert [trials for _, trials, _ in study.heard.stages] == [2, 2]
    # ---- a resumed run finds nothing more to do
    again = study(_two, plan=CoarseToFine(trials=12, epochs=3))
    assert again.trials == result.trials
    assert study.engine.jobs == []


@pytest.mark.parametrize("build", [lambda hp: {}, lambda hp: {"a": hp.Fixed("a", 1)}])
def test_nothing_that_varies(study, build):
    result = study(build, Stage("only", 24, 2, "sobol", "none"))
    assert len(result.trials) == 1
    assert "hold 1 configuration only: 23 of its 24" in result.findings[0].verdict


def _mixed(hp):
    """2 * 3 + 4 + 1 configurations."""
    kind = hp.Choice("kind", ["a", "b", "c"])
    with hp.conditional_scope("kind", ["a"]):
        if kind == "a":
            hp.Boolean("norm")
            hp.Int("units", 8, 16, step=4)
    with hp.conditional_scope("kind", ["b"]):
        if kind == "b":
            hp.Float("dropout", 0.0, 0.3, step=0.1)
    return dict(hp.values)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_configuration_once(study, sampler):
    result = study(_mixed, Stage("only", 30, 1, sampler, "none"))
    assert len(result.trials) == len(set(_values(result))) == 11
    assert [one.number for one in result.trials] == list(range(11))
    (finding,) = [one for one in result.findings if one.name == "configurations"]
    assert finding.evidence["spared"] == 19


@pytest.mark.parametrize("sampler", ["sobol", "tpe"])
@pytest.mark.parametrize("epochs", [0, 3, 7])
def test_an_interrupted_search_of_few_configurations(study, sampler, epochs):
    stages = (Stage("only", 9, 1, sampler, "none"), Stage("more", 20, 1, sampler, "none"))
    whole = study(_mixed, *stages, journal="unbroken")
    with pytest.raises(KeyboardInterrupt):
        study(_mixed, *stages, epochs=epochs)
    assert study(_mixed, *stages) == whole
    assert len(set(_values(whole))) == 9
    assert len(set(_values(whole, "more"))) == len(_values(whole, "more")) == 11


def test_several_in_flight_are_different(study, tmp_path, context):
    from dlrecipes.search.trial_source import TrialSource

    store = Store.open(tmp_path / "flight.journal", "run")
    stage = Stage("only", 30, 1, "tpe", "none")
    shared = context(_mixed)
    backend = store.study(stage, discover_space(_mixed), shared.objective, 0)
    source = TrialSource(backend, stage, shared)
    assert source.remaining == 11
    first, rest = source.next_jobs(5), source.next_jobs(30)
    assert len({str(sorted(job.values.items())) for job in [*first, *rest]}) == 11
    assert (source.remaining, source.next_jobs(1)) == (0, [])


def test_values_asked_for_late_make_other_configurations(study):
    def build(hp):
        if hp.Boolean("deep"):
            hp.Float("dropout", 0.0, 0.5)
        return dict(hp.values)

    result = study(build, Stage("only", 12, 1, "random", "none"))
    assert len(result.trials) == len(set(_values(result))) == 12
    assert sum(not one.values["deep"] for one in result.trials) == 1
    assert result.findings == ()


def test_late_values_that_come_again_are_told(study):
    def build(hp):
        if hp.Choice("kind", ["a", "b"]) == "b":
            hp.Int("width", 3, 6)
        return dict(hp.values)

    result = study(build, Stage("only", 11, 1, "random", "none"))
    repeated = len(_values(result)) - len(set(_values(result)))
    assert repeated > 0
    (finding,) = result.findings
    assert finding.verdict.startswith(f"Of the 11 trials of stage only, {repeated} have the values")
    assert "hp.conditional_scope" in finding.advice
    assert study.heard.findings == [finding]


def test_a_branch_without_end_is_searched_on(study):
    def build(hp):
        kind = hp.Choice("kind", ["a", "b"])
        with hp.conditional_scope("kind", ["b"]):
            if kind == "b":
                hp.Float("rate", 0.0, 1.0)
        return dict(hp.values)

    result = study(build, Stage("only", 20, 1, "random", "none"))
    assert len(set(_values(result))) == 20


def test_refits_train_the_winner_again(study):
    result = study(_two, Stage("only", 2, 1, "random", "none"))
    stage = refit_stage(Plan((Stage("only", 2, 1),), refit_seeds=3), result.best)
    refits = refit(
        stage,
        [result.best] * 3,
        result.space,
        study.engine,
        study.store,
        study.context,
        lambda job, outcome: None,
    )
    assert [one.values for one in refits] == [result.best.values] * 3
    assert len({one.seed for one in refits}) == 3


def test_what_is_carried_over_is_different(study):
    """Inside narrower ranges, two of the best may be one configuration."""

    def build(hp):
        hp.Int("units", 1, 9)
        return dict(hp.values)

    stages = (
        Stage("first", 9, 1, "random", "none"),
        Stage("second", 3, 1, "random", "none", ranges={"units": (4, 6)}, narrow=True),
    )
    result = study(build, *stages, curve=lambda values, epochs: [values["units"] / 10] * epochs)
    assert sorted(_values(result, "second")) == [(("units", at),) for at in (4, 5, 6)]


_NUMBERS = strategies.builds(
    lambda name, low, wide, step, whole: (
        Hyperparameter(
            name, "int" if whole else "float", low, low + wide * step, step if not whole else None
        )
        if not whole
        else Hyperparameter(name, "int", low, low + wide * 2, 2)
    ),
    strategies.sampled_from("ab"),
    strategies.integers(-3, 3),
    strategies.integers(1, 4),
    strategies.sampled_from([0.1, 0.25, 2.0]),
    strategies.booleans(),
)
_CHOICES = strategies.builds(
    lambda name, number: Hyperparameter(name, "choice", choices=tuple("xyz"[:number])),
    strategies.sampled_from("cd"),
    strategies.integers(1, 3),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    strategies.lists(
        strategies.one_of(_NUMBERS, _CHOICES), max_size=3, unique_by=lambda one: one.name
    ),
    strategies.integers(0, 2**31),
)
def test_configurations_are_counted_and_named_once(hyperparameters, start):
    space = tuple(hyperparameters)
    listed = list(configurations(space, start))
    expected = 1
    for one in space:
        expected *= len(one.choices) or round((one.high - one.low) / one.step) + 1
    assert len({configuration(space, values) for values in listed}) == len(listed) == expected
    assert count_configurations(space) == expected
    for values in listed:
        assert all(one.low <= values[one.name] <= one.high for one in space if one.numeric)


def test_what_cannot_be_counted():
    assert count_configurations((Hyperparameter("rate", "float", 0.0, 1.0),)) is None
    assert count_configurations((Hyperparameter("units", "int", 1, 10**9),)) is None
