import optuna
import pytest

from dlrecipes.results import Objective, Stage
from dlrecipes.search import Store, discover_space

SAMPLERS = ("sobol", "random", "tpe", "keras_tuner_random", "keras_tuner_bayesian")


DRAWN = ("tpe", "keras_tuner_random")
# A Gaussian process is fitted again for each of its proposals.
DEAR = pytest.param(SAMPLERS[-1], marks=[pytest.mark.slow, pytest.mark.exhaustive])


@pytest.mark.parametrize("sampler", [*SAMPLERS[:-1], DEAR])
def test_contract(check_backend, sampler, journal):
    check_backend(sampler, journal)


@pytest.mark.slow
@pytest.mark.parametrize(
    "sampler",
    [pytest.param(one, marks=[] if one in DRAWN else pytest.mark.exhaustive) for one in SAMPLERS],
)
def test_contract_in_a_database(check_backend, sampler, database):
    check_backend(sampler, database)


def test_halving_prunes_what_is_not_in_the_best_third(tmp_path, space, builder):
    stage = Stage("coarse", 9, 9, sampler="random", pruner="halving")
    store = Store.open(tmp_path / "study.journal", "run")
    study = store.study(stage, space, Objective("val_accuracy", "max"), 0)
    pruned = []
    for score in (0.5, 0.6, 0.4, 0.7, 0.1, 0.8):
        proposal = study.ask(builder)
        study.report([(proposal.number, 1, score)])
        pruned.append(bool(study.report([(proposal.number, 2, score)])))
    assert pruned == [False, False, True, False, True, False]


def test_who_came_first_is_judged_again_by_those_that_came_later(tmp_path, space, builder):
    stage = Stage("coarse", 9, 9, sampler="random", pruner="halving")
    store = Store.open(tmp_path / "study.journal", "run")
    study = store.study(stage, space, Objective("val_accuracy", "max"), 0)
    numbers = [study.ask(builder).number for _ in range(3)]
    assert study.report([(numbers[0], 2, 0.5)]) == set()  # alone at the rung
    assert study.report([(numbers[1], 2, 0.6), (numbers[2], 2, 0.7)]) == {numbers[1]}
    # ---- by what it had reached at the rung, not by what it has reached since
    assert study.report([(numbers[0], 3, 0.9), (numbers[2], 3, 0.7)]) == {numbers[0]}


def test_a_trial_that_died_while_being_pruned_is_still_pruned(tmp_path, space, builder, record):
    stage = Stage("coarse", 9, 8, sampler="random", pruner="halving")

    def reopened():
        store = Store.open(tmp_path / "study.journal", "run")
        return store.study(stage, space, Objective("val_accuracy", "max"), 0)

    study = reopened()
    good = study.ask(builder)
    for epoch in range(1, 9):
        assert not study.report([(good.number, epoch, 0.9)])
    study.tell(good.number, record(good.number, 0.9))
    poor = study.ask(builder)
    assert not study.report([(poor.number, 1, 0.2)])
    assert study.report([(poor.number, 2, 0.2)])
    # Here the process dies, before the trial is told; the next one trains it from the start.
    study.flush()
    study = reopened()
    again = study.ask(builder)
    assert again.number == poor.number
    assert not study.report([(again.number, 1, 0.2)])
    assert study.report([(again.number, 2, 0.2)])


def test_a_diverged_trial_that_died_while_being_told_is_stored_once(
    tmp_path, space, builder, record, monkeypatch
):
    stage = Stage("coarse", 9, 8, sampler="random", pruner="halving")

    def reopened():
        store = Store.open(tmp_path / "study.journal", "run")
        return store, store.study(stage, space, Objective("val_accuracy", "max"), 0)

    def train(study):
        proposal = study.ask(builder)
        study.report([(proposal.number, 1, 0.7)])
        diverged = record(proposal.number, 0.1, status="diverged", epochs=2)
        study.tell(proposal.number, diverged)

    _, study = reopened()
    with monkeypatch.context() as patch:
        patch.setattr(optuna.Trial, "set_user_attr", _die)
        with pytest.raises(KeyboardInterrupt):
            train(study)
    study.flush()
    store, study = reopened()
    train(study)
    (stored,) = optuna.load_study(study_name="run/coarse", storage=store.storage).trials
    assert stored.intermediate_values == {1: 0.7, 3: 0.1}
    assert stored.value == 0.1


def _die(*_):
    raise KeyboardInterrupt


def test_a_study_keeps_the_ranges_it_began_with(tmp_path, rate_builder, record):
    stage = Stage("fine", 4, 2, sampler="tpe")
    wide = discover_space(rate_builder)
    narrow = tuple(type(one)(**{**vars(one), "low": 1e-3, "high": 1e-2}) for one in wide)
    for ranges in (narrow, wide):
        store = Store.open(tmp_path / "study.journal", "run")
        study = store.study(stage, ranges, Objective("val_accuracy", "max"), 0)
        for _ in range(2):
            proposal = study.ask(rate_builder)
            study.tell(proposal.number, record(proposal.number, 0.5, values=proposal.values))
        study.flush()
    assert all(1e-3 <= one.values["learning_rate"] <= 1e-2 for one in study.records)
    assert store.space("fine") == narrow
    assert store.space("coarse") is None


def test_late_hyperparameters_do_not_depend_on_what_else_was_drawn(tmp_path, space, builder):
    """Two trials in flight, built in either order, as an engine with slots would do."""
    stage = Stage("coarse", 4, 2, sampler="random")
    drawn = []
    for order in ((0, 1), (1, 0)):
        store = Store.open(tmp_path / f"{order[0]}.journal", "run")
        study = store.study(stage, space, Objective("val_accuracy", "max"), 0)
        study.enqueue([{"norm": True}, {"norm": True}])
        proposals = [study.ask(builder) for _ in order]
        built = {at: proposals[at].build() for at in order}
        drawn.append([built[0], built[1]])
    assert drawn[0] == drawn[1]
    assert drawn[0][0]["epsilon"] != drawn[0][1]["epsilon"]
