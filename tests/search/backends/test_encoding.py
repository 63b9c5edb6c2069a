"""What Optuna holds of a builder's values, and that each value is one of KerasTuner's."""

import math
import warnings
from dataclasses import asdict

import keras_tuner
import optuna
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.results import Hyperparameter, Objective, Plan, Stage
from dlrecipes.search import Store, discover_space, search, suggest
from dlrecipes.search.backends.distributions import value_at
from dlrecipes.search.backends.encoding import Encoding, to_distribution
from dlrecipes.search.backends.space import read_hyperparameter
from dlrecipes.search.ranges import position

SAMPLERS = ("sobol", "random", "tpe", "keras_tuner_random")
_TYPES = keras_tuner.engine.hyperparameters


@st.composite
def numbers(draw):
    """A number of KerasTuner, of any sampling, with a step or without."""
    sampling = draw(st.sampled_from(["linear", "log", "reverse_log"]))
    if draw(st.booleans()):
        low = draw(st.integers(-50 if sampling == "linear" else 1, 100))
        high = low + draw(st.integers(0, 1000))
        step = draw(st.sampled_from([None, 2, 3, 10]))
        return _TYPES.Int("x", low, high, step=step, sampling=sampling)
    if sampling == "linear":
        low = draw(st.sampled_from([-1.0, 0.0, 0.05, 1e-9]))
        high = low + draw(st.floats(0, 100) | st.floats(1e-12, 1e-9))
        steps = [None, 0.1, 0.3] if high - low > 0.1 else [None]
        return _TYPES.Float("x", low, high, step=draw(st.sampled_from(steps)))
    low = 10.0 ** draw(st.floats(-8, 3))
    high = low * 10.0 ** draw(st.floats(0, 8))
    return _TYPES.Float(
        "x", low, high, step=draw(st.sampled_from([None, 2.0, 10.0])), sampling=sampling
    )


def check_possible(theirs, value):
    """The value is one that KerasTuner itself gives of this hyperparameter."""
    assert type(value) is (int if isinstance(theirs, _TYPES.Int) else float)
    if theirs.step is None:
        assert theirs.min_value <= value <= theirs.max_value
        assert -1e-9 <= theirs.value_to_prob(value) <= 1 + 1e-9
        return
    if theirs.sampling == "linear":  # its last step is lost to rounding, unlike in its words
        steps = (value - theirs.min_value) / theirs.step
        assert math.isclose(steps, round(steps), abs_tol=1e-6)
        assert theirs.min_value <= value <= theirs.max_value
        return
    count = theirs._get_n_values()
    assert value in {theirs.prob_to_value((at + 0.5) / count) for at in range(count)}


@given(numbers(), st.floats(0, 1, exclude_max=True))
def test_a_number_there_and_back(theirs, unit):
    one = read_hyperparameter(theirs)
    if one.kind == "fixed":
        check_possible(theirs, one.choices[0])
        return
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        distribution = to_distribution(one)
    encoding = Encoding((one,))
    (name,) = encoding.distributions
    assert (name == "x") == (one.mirror is None and not one.choices)
    held = value_at(distribution, unit)
    values = encoding.decode({name: held})
    check_possible(theirs, values["x"])
    again = encoding.encode(values)
    assert distribution._contains(distribution.to_internal_repr(again[name]))
    assert encoding.decode(again) == values
    for end in (one.low, one.high):
        end = int(end) if one.kind == "int" else end
        if one.step is None or end in one.grid:
            assert encoding.decode(encoding.encode({"x": end})) == {"x": end}


@given(st.floats(-6, 3), st.floats(0.01, 6), st.floats(0, 0.999))
def test_a_reversed_scale_is_keras_tuners(low, decades, unit):
    low = 10.0**low
    theirs = _TYPES.Float("x", low, low * 10.0**decades, sampling="reverse_log")
    one = read_hyperparameter(theirs)
    value = Encoding((one,)).decode({"x (mirrored)": value_at(to_distribution(one), 1 - unit)})["x"]
    assert value == pytest.approx(theirs.prob_to_value(unit), rel=1e-6)
    assert position(one, value) == pytest.approx(theirs.value_to_prob(value), abs=1e-6)


_CHOICES = st.one_of(
    st.lists(st.integers(-5, 5), min_size=1, max_size=4),
    st.lists(st.floats(-1, 1), min_size=1, max_size=4),
    st.lists(st.sampled_from(["a", "b", "c", "long" * 400]), min_size=1, max_size=4),
    st.lists(st.booleans(), min_size=1, max_size=2),
)


@st.composite
def branches(draw):
    """A builder's space with one name in several scopes, which exclude each other."""
    space = [Hyperparameter("branch", "choice", choices=("a", "b", "c"))]
    for branch in "abc":
        theirs = draw(
            st.one_of(numbers(), st.builds(lambda values: _TYPES.Choice("x", values), _CHOICES))
        )
        one = asdict(read_hyperparameter(theirs)) | {"conditions": (("branch", (branch,)),)}
        space.append(Hyperparameter(**one))
    return tuple(space)


@settings(deadline=None)
@given(branches(), st.sampled_from("abc"), st.floats(0, 1, exclude_max=True), st.booleans())
def test_branches_there_and_back(space, branch, unit, late):
    """Optuna takes all of them into one study, whether they are known before or asked for late."""
    study = optuna.create_study()
    encoding = Encoding(space[:1] if late else space)
    if late:
        for one in space:
            for name, stored in encoding.late(one).items():
                study.set_user_attr(name, stored)
        encoding = Encoding(space[:1], study.user_attrs)
    for here in "abc":
        trial = study.ask()
        (one,) = (one for one in space if one.active({"branch": here}) and one.conditions)
        if one.kind == "fixed":
            continue
        parameter, known = encoding.find(one)
        trial._suggest(parameter, to_distribution(known))
        value = encoding.decode(trial.params)["x"]
        assert value in one.choices if one.choices else one.low <= value <= one.high
    (one,) = (one for one in space if one.active({"branch": branch}) and one.conditions)
    if one.kind != "fixed" and not late:
        parameter, known = encoding.find(one)
        held = {"branch": branch, parameter: value_at(to_distribution(known), unit)}
        values = encoding.decode(held)
        assert set(values) == {"branch", "x"}
        assert encoding.decode(encoding.encode(values)) == values


def strange(hp):
    """A builder with what Optuna has no distribution of."""
    hp.Int("one", 16, 16)
    hp.Int("powers", 4, 100, step=2, sampling="log")
    hp.Float("rates", 1e-4, 1.0, step=10, sampling="log")
    hp.Float("momentum", 0.01, 0.99, sampling="reverse_log")
    hp.Int("kept", 2, 60, sampling="reverse_log")
    hp.Int("backwards", 1, 100, step=3, sampling="reverse_log")
    hp.Choice("same", [2, 2, 4])
    hp.Choice("flag", [True, False])
    size = hp.Choice("size", ["small", "large", "none"])
    with hp.conditional_scope("size", ["small"]):
        if size == "small":
            hp.Choice("units", [4, 8])
    with hp.conditional_scope("size", ["large"]):
        if size == "large":
            hp.Int("units", 32, 256, step=2, sampling="log")
    for at in range(hp.Int("layers", 1, 2)):
        kind = hp.Choice(f"kind_{at}", ["dense", "drop"])
        with hp.conditional_scope(f"kind_{at}", ["dense"]):
            if kind == "dense":
                hp.Int(f"width_{at}", 2, 32, step=2, sampling="log")
        with hp.conditional_scope(f"kind_{at}", ["drop"]):
            if kind == "drop":
                hp.Float(f"width_{at}", 0.1, 0.9, sampling="reverse_log")
    return dict(hp.values)


def check_strange(values):
    hp = keras_tuner.HyperParameters()
    hp.values = dict(values)
    assert strange(hp) == values
    for theirs in hp.space:
        if isinstance(theirs, _TYPES.Float | _TYPES.Int) and hp.is_active(theirs):
            check_possible(theirs, values[theirs.name])
        elif hp.is_active(theirs):
            assert values[theirs.name] in theirs.values


def score(values, epochs):
    top = values["momentum"] - 0.1 * abs(math.log10(values["rates"]) + 2)
    return [top * (1 - 0.5 ** (epoch + 1)) for epoch in range(epochs)]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_whole_search_and_its_resume(tmp_path, sampler, fake_engine, context):
    """Every value is one of KerasTuner's, and a broken search ends as an unbroken one."""

    def run(name, epochs=None):
        stages = (
            Stage("first", 10, 2, sampler, "none"),
            Stage("second", 4, 2, sampler, "none", narrow=True, widen=True),
        )
        space = discover_space(strange)
        store = Store.open(tmp_path / name, "run")
        return search(Plan(stages), space, fake_engine(score, epochs), store, context(strange))

    whole = run("whole")
    for trial in whole.trials:
        values = trial.values
        if trial.stage in ("first", "second"):
            check_strange(values)
    assert any("units" in trial.values for trial in whole.trials)
    for epochs in (7, 12, 6):
        with pytest.raises(KeyboardInterrupt):
            run("broken", epochs)
    assert run("broken") == whole
    carried = [trial.values for trial in whole.trials if trial.stage == "second"][0]
    assert carried in [trial.values for trial in whole.trials if trial.stage == "first"]


def test_in_a_plain_objective_of_optuna():
    def objective(trial):
        values = suggest(trial, strange)
        check_strange(values)
        assert trial.user_attrs["values"] == values
        return values["momentum"]

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=1, n_startup_trials=4))
    study.optimize(objective, n_trials=15)
    names = {name for trial in study.trials for name in trial.params}
    assert {"powers (index)", "momentum (mirrored)", "size", "layers"} <= names


def test_a_study_of_before_is_read(tmp_path, record):
    """One name in two scopes stood there under one name; its values are kept."""

    def build(hp):
        kind = hp.Choice("kind", ["sgd", "adam"])
        for name, low, high in (("sgd", 1e-3, 1.0), ("adam", 1e-5, 1e-2)):
            with hp.conditional_scope("kind", [name]):
                if kind == name:
                    hp.Float("rate", low, high, sampling="log")
        return dict(hp.values)

    space = discover_space(build)
    stored = [asdict(one) for one in space]
    for one in stored:
        del one["mirror"]
    store = Store.open(tmp_path / "study.journal", "run")
    study = optuna.create_study(storage=store.storage, study_name="run/only", direction="maximize")
    study.set_user_attr("dlrecipes:space", stored)
    study.enqueue_trial({"kind": "adam", "rate": 2e-4})
    study.enqueue_trial({"kind": "adam", "rate": 3e-4})
    left = study.ask()  # a process died here
    left.suggest_categorical("kind", ["sgd", "adam"])
    left.suggest_float("rate", 1e-5, 1e-2, log=True)
    backend = store.study(Stage("only", 5, 1, "tpe"), space, Objective("val_score", "max"), 0)
    assert backend.space == space
    for expected in (2e-4, 3e-4):
        proposal = backend.ask(build)
        assert proposal.build() == {"kind": "adam", "rate": expected}
        told = backend.tell(proposal.number, record(proposal.number, 0.5, values=proposal.values))
        assert told.values == {"kind": "adam", "rate": expected}
