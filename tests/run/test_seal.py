"""The test set: closed while a study runs, opened once, every opening counted."""

import json
from dataclasses import replace

import numpy as np
import pytest

import dlrecipes as dlr
from dlrecipes.data import from_arrays
from dlrecipes.data.parts.sealed_split import _peek
from dlrecipes.errors import RunError, SealError
from dlrecipes.run import Run, prepare, procedure, refits, same_builder
from dlrecipes.rundir import RunDirectory
from dlrecipes.search import Listener


def test_neither_builder_nor_listener_can_open_it(splits, build, plan, settings, tmp_path):
    refused = []

    def peek(who):
        try:
            splits.test.open("a look", ledger=tmp_path / "ledger")
        except SealError:
            refused.append(who)

    def peeking(hp):
        peek("builder")
        return build(hp)

    class Curious(Listener):
        def on_phase(self, name):
            if name not in ("check", "audit"):
                peek("phase")

        def on_trial(self, record):
            peek("trial")

    dlr.tune(peeking, splits, plan=plan(), settings=settings(), listener=Curious())
    assert refused.count("builder") >= 5  # two for the check, a trial, a refit and its export
    assert refused.count("trial") == 2
    assert refused.count("phase") == 3
    assert not (tmp_path / "ledger").exists()


def test_builder_that_opens_it_ends_the_study(splits, build, plan, settings, tmp_path):
    def peeking(hp):
        splits.test.open("a look", ledger=tmp_path / "ledger")
        return build(hp)

    with pytest.raises(SealError, match=r"stays closed while a study runs.*a look"):
        dlr.tune(peeking, splits, plan=plan(), settings=settings())
    assert not list(tmp_path.iterdir())


def test_opens_once(splits, tuned_copy, tmp_path):
    run = Run(tuned_copy(), splits)
    assert run.result.test is None
    assert run.result.verdict is None
    assert not (tmp_path / "test_sets.jsonl").exists()
    assert run.result.artifacts == {"saved_model": "saved_model"}
    assert run.export("keras").is_file()  # compared with the validation predictions
    with pytest.raises(SealError, match=r"opens only for a reason.*reason=' '"):
        run.open_test_set(" ")
    with pytest.raises(RunError, match="Opening the test set needs the data"):
        Run(run.directory).open_test_set("later")
    first = run.open_test_set("final score")
    assert run.open_test_set("again") == first == Run(run.directory).open_test_set("and again")
    lines = (tmp_path / "test_sets.jsonl").read_text().splitlines()
    assert [json.loads(line)["reason"] for line in lines] == ["final score"]
    assert json.loads(lines[0])["study"].startswith("run-")
    # ---- a second study on the same data is counted, and the first keeps what it found
    directory = RunDirectory(tuned_copy("second"))
    directory.write(replace(directory.read_info(), study="second-0"))
    second = Run(directory, splits)
    found = second.open_test_set("final score")
    assert (found.opened, found.studies) == (2, 2)
    assert (run.result.test.opened, run.result.test.studies) == (1, 1)


@pytest.mark.slow
def test_data_split_again_is_the_same_test_set(build, plan, settings, tmp_path):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(90, 4))
    for number, name in enumerate(("a", "b"), start=1):
        splits = from_arrays(x, x[:, 0] > 0)
        run = dlr.tune(build, splits, plan=plan(), settings=settings(out=tmp_path / name, seed=9))
        found = run.open_test_set("final score")
        assert (found.opened, found.studies) == (number, number)


def test_nothing_that_a_study_is_given_leads_to_it(
    reachable, build, plan, settings, monkeypatch, recipe
):
    tiny = recipe()
    splits = tiny.load()
    given = []

    def watched(module, name):
        inner = getattr(module, name)

        def call(*arguments, **named):
            given.extend([*arguments, *named.values()])
            return inner(*arguments, **named)

        monkeypatch.setattr(module, name, call)

    for module, name in (
        (same_builder, "discover_space"),
        (prepare, "check_model"),
        (procedure, "search"),
        (procedure, "make_engine"),
        (procedure, "BaselineFit"),
        (refits, "refit"),
        (refits, "build_inference_model"),
    ):
        watched(module, name)
    listener = Listener()
    dlr.tune(tiny.builder(splits), splits, plan=plan(), settings=settings(), listener=listener)
    for one in given:
        if hasattr(one, "listener"):
            # The log leads to the handlers of the process, and those to whatever runs it.
            object.__setattr__(one, "listener", one.listener._inner)
    kinds = {type(one).__name__ for one in given}
    assert {"StudyContext", "Store", "SideBySideEngine", "Development", "Plan", "function"} <= kinds
    test = _peek(splits.test)
    checked = 0
    for root in given:
        for array in reachable(root):
            checked += 1
            assert not np.shares_memory(array, test.x)
            assert not np.shares_memory(array, test.y)
            if array.dtype.kind == "f" and array.size:
                assert not np.isin(test.x, array).any()
    assert checked > 10
