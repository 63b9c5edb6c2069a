import copy
import gc
import json
import pickle

import numpy as np
import pytest

from dlrecipes.data import SealedSplit, Split, load, study_running
from dlrecipes.data.parts.sealed_split import _vault
from dlrecipes.errors import RunError, SealError


@pytest.fixture
def split():
    return Split(np.arange(12.0).reshape(6, 2), np.arange(6), ids=np.arange(6) + 100)


def test_open_records_then_returns_copies(split, tmp_path):
    sealed = SealedSplit(split)
    path = tmp_path / "runs" / "test_sets.jsonl"
    opened = sealed.open("final score", study="run-1", ledger=path)
    assert len(sealed) == len(opened) == 6
    np.testing.assert_array_equal(opened.x, split.x)
    np.testing.assert_array_equal(opened.ids, split.ids)
    entry = json.loads(path.read_text())
    assert entry["reason"] == "final score"
    assert entry["study"] == "run-1"
    assert entry["fingerprint"] == sealed.fingerprint
    opened.x[:] = 0
    np.testing.assert_array_equal(sealed.open("again", ledger=path).x, split.x)


def test_changes_to_the_source_do_not_reach_the_sealed_rows(split, tmp_path):
    sealed = SealedSplit(split)
    split.x[:] = -1
    assert sealed.open("x", ledger=tmp_path / "l").x.max() == 11


def test_default_ledger_is_in_the_runs_folder(split, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    SealedSplit(split).open("final score")
    assert (tmp_path / "runs" / "test_sets.jsonl").exists()


def test_fingerprint_is_of_the_data(split):
    sealed = SealedSplit(split)
    assert len(sealed.fingerprint) == 16
    assert SealedSplit(Split(split.x.copy(), split.y.copy())).fingerprint == sealed.fingerprint
    others = [
        Split(split.x + 1, split.y),
        Split(split.x, split.y + 1),
        Split(split.x.astype("float32"), split.y),
        Split(split.x[:, :, None], split.y),
    ]
    prints = {SealedSplit(other).fingerprint for other in others}
    assert len(prints) == 4
    assert sealed.fingerprint not in prints


def test_stays_closed_while_any_study_over_the_same_data_runs(split, tmp_path):
    sealed, again = SealedSplit(split), SealedSplit(split)
    other = SealedSplit(Split(split.x + 1, split.y))
    path = tmp_path / "ledger.jsonl"
    with study_running(sealed.fingerprint):
        with study_running(sealed.fingerprint):
            pass
        for closed in (sealed, again):
            with pytest.raises(SealError, match=r"stays closed while a study runs.*'peek'"):
                closed.open("peek", ledger=path)
        assert not path.exists()
        other.open("another test set", ledger=path)
    assert len(sealed.open("final score", ledger=path)) == 6


def test_seal_lifts_when_a_study_fails(split, tmp_path):
    sealed = SealedSplit(split)
    with pytest.raises(KeyError), study_running(sealed.fingerprint):
        raise KeyError
    assert len(sealed.open("x", ledger=tmp_path / "l")) == 6


@pytest.mark.parametrize("reason", ["", "  ", None])
def test_needs_a_reason(split, tmp_path, reason):
    with pytest.raises(SealError, match="only for a reason"):
        SealedSplit(split).open(reason, ledger=tmp_path / "l")


def test_stays_closed_without_a_ledger(split, tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "file" / "ledger.jsonl"):
        with pytest.raises(RunError, match=r"ledger.*writable.*stays closed"):
            SealedSplit(split).open("x", ledger=path)


def test_no_test_part_cannot_be_opened(tmp_path):
    sealed = SealedSplit(None)
    assert (len(sealed), sealed.fingerprint, repr(sealed)) == (0, "", "SealedSplit(no test part)")
    assert len(sealed.of_classes([0])) == 0
    with pytest.raises(SealError, match="Only a test part can be opened.*all for training"):
        sealed.open("final score", ledger=tmp_path / "ledger")
    assert not (tmp_path / "ledger").exists()


def test_cannot_be_pickled_or_changed(split):
    sealed = SealedSplit(split)
    with pytest.raises(SealError, match=r"cannot be pickled.*development"):
        pickle.dumps(sealed)
    with pytest.raises(SealError, match="cannot be pickled"):
        pickle.dumps(load("iris"))
    assert copy.copy(sealed) is copy.deepcopy(sealed) is sealed
    with pytest.raises(AttributeError):
        sealed.fingerprint = "0"
    assert pickle.loads(pickle.dumps(load("iris").development())).model_spec.name == "iris"


def test_rows_are_forgotten_with_the_object(split):
    before = len(_vault)
    sealed = SealedSplit(split)
    assert len(_vault) == before + 1
    del sealed
    gc.collect()
    assert len(_vault) <= before
