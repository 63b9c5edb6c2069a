import tempfile
from datetime import datetime, timedelta
from io import FileIO
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.data import Ledger
from dlrecipes.errors import RunError

fields = st.tuples(st.sampled_from(["aa", "bb"]), st.text(max_size=20), st.text(max_size=5))


@settings(deadline=None, max_examples=40)
@given(st.lists(fields, max_size=8))
def test_round_trip(entries):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.jsonl"
        for fingerprint, reason, study in entries:
            Ledger(path).append(fingerprint, reason=reason, study=study)
        for fingerprint in ("aa", "bb"):
            expected = [entry[1:] for entry in entries if entry[0] == fingerprint]
            openings = Ledger(path).openings(fingerprint)
            assert [(entry.reason, entry.study) for entry in openings] == expected
            counts = (len(expected), len({study for _, study in expected}))
            assert Ledger(path).counts(fingerprint) == counts


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 200), st.binary(max_size=30))
def test_survives_a_torn_or_garbage_end(cut, garbage):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.jsonl"
        ledger = Ledger(path)
        ledger.append("aa", reason="first")
        whole = path.read_bytes()
        path.write_bytes(whole + whole[: min(cut, len(whole) - 2)] + garbage)
        ledger.append("aa", reason="last")
        reasons = [entry.reason for entry in ledger.openings("aa")]
        assert reasons[0] == "first"
        assert reasons[-1] == "last"


def test_time_is_utc_and_lines_are_only_added(tmp_path):
    ledger = Ledger(tmp_path / "deep" / "ledger.jsonl")
    opening = ledger.append("aa", reason="x", study="s")
    assert datetime.fromisoformat(opening.time).utcoffset() == timedelta(0)
    first = ledger.path.read_bytes()
    ledger.append("aa", reason="y")
    assert ledger.path.read_bytes().startswith(first)
    assert ledger.openings("aa")[0] == opening


def test_garbage_lines_are_skipped(tmp_path):
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(b'\xff\xfe\n[]\n{"fingerprint": "aa"}\n{"time": 1}\nnull\n\n')
    assert Ledger(path).counts("aa") == (0, 0)
    assert Ledger(tmp_path / "missing").openings("aa") == []


def test_unreadable(tmp_path):
    with pytest.raises(RunError, match="must be readable"):
        Ledger(tmp_path).openings("aa")


def test_an_opening_that_is_cut_is_none(tmp_path, monkeypatch):
    """A disk that is nearly full takes part of a line without an error."""
    ledger = Ledger(tmp_path / "test_sets.jsonl")
    ledger.append("0123", reason="first")
    whole = FileIO.write

    class Cut(FileIO):
        def write(self, line):
            return whole(self, line[:20])

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda path, mode, buffering: Cut(path, "ab+"))
        with pytest.raises(RunError, match=r"must be writable.*No space left on device"):
            ledger.append("0123", reason="second")
    assert [opening.reason for opening in ledger.openings("0123")] == ["first"]
    ledger.append("0123", reason="third")
    assert [opening.reason for opening in ledger.openings("0123")] == ["first", "third"]
