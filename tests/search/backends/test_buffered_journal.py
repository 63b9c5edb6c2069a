import errno
import os
import resource
import signal
from contextlib import contextmanager

import optuna
import pytest
from optuna.storages.journal import JournalFileBackend

from dlrecipes.search.backends import buffered_journal
from dlrecipes.search.backends.buffered_journal import BufferedJournal, BufferedStorage

LOGS = [{"op_code": 4, "study_id": at, "name": "ü"} for at in range(5)]


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "study.journal"
    path.touch()
    return path


@pytest.fixture
def clock(monkeypatch):
    """`clock(seconds)`: let time pass; it stands still otherwise."""
    now = [1000.0]
    monkeypatch.setattr(buffered_journal.time, "monotonic", lambda: now[0])

    def wait(seconds):
        now[0] += seconds

    return wait


def _on_disk(path):
    return list(JournalFileBackend(str(path)).read_logs(0))


def test_lines_are_read_from_memory_and_written_by_flush(path, clock):
    journal = BufferedJournal(path)
    journal.append_logs(LOGS[:2])
    journal.append_logs(LOGS[2:3])
    assert list(journal.read_logs(0)) == LOGS[:3]
    assert list(journal.read_logs(2)) == LOGS[2:3]
    assert path.read_bytes() == b""
    journal.flush()
    assert _on_disk(path) == LOGS[:3]
    journal.append_logs(LOGS[3:])
    # ---- some from the file, some from memory
    for start in range(6):
        assert list(journal.read_logs(start)) == LOGS[start:]
    journal.flush()
    journal.flush()
    assert _on_disk(path) == LOGS
    assert list(BufferedJournal(path).read_logs(1)) == LOGS[1:]


def test_one_write_and_one_wait_a_flush(path, clock, monkeypatch):
    waits = []
    monkeypatch.setattr(os, "fsync", waits.append)
    journal = BufferedJournal(path)
    for log in LOGS:
        journal.append_logs([log])
    assert waits == []
    journal.flush()
    assert len(waits) == 1


def test_a_line_flushes_when_the_last_flush_is_long_ago(path, clock):
    journal = BufferedJournal(path)
    journal.append_logs(LOGS[:1])
    clock(0.9)
    journal.append_logs(LOGS[1:2])
    assert _on_disk(path) == []
    clock(0.2)
    journal.append_logs(LOGS[2:3])
    assert _on_disk(path) == LOGS[:3]
    clock(0.9)
    journal.append_logs(LOGS[3:])
    assert _on_disk(path) == LOGS[:3]


def test_what_is_no_json_is_refused_at_once(path, clock):
    journal = BufferedJournal(path)
    journal.append_logs(LOGS[:1])
    with pytest.raises(TypeError):
        journal.append_logs([{"op_code": object()}])
    assert list(journal.read_logs(0)) == LOGS[:1]
    journal.flush()
    assert _on_disk(path) == LOGS[:1]


def test_a_full_disk_leaves_the_file_as_it_was(path, clock, monkeypatch):
    journal = BufferedJournal(path)
    journal.append_logs(LOGS[:2])
    journal.flush()
    journal.append_logs(LOGS[2:])
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", _no_space)
        for _ in range(2):
            with pytest.raises(OSError, match="No space"):
                journal.flush()
            assert _on_disk(path) == LOGS[:2]
    # ---- and nothing is lost once there is space again
    journal.flush()
    assert _on_disk(path) == LOGS


def _no_space(_):
    raise OSError(errno.ENOSPC, "No space left on device")


@contextmanager
def _room_for(size):
    """Let no file grow beyond so many bytes: a write takes what fits, the next one fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("room", [1, 400])
def test_a_disk_that_takes_a_part_leaves_the_file_as_it_was(path, clock, room):
    journal = BufferedJournal(path)
    journal.append_logs(LOGS)
    journal.flush()
    before = path.read_bytes()
    more = [{"number": at} for at in range(100)]
    journal.append_logs(more)
    with _room_for(len(before) + room), pytest.raises(OSError, match="too large"):
        journal.flush()
    assert path.read_bytes() == before
    journal.flush()
    assert _on_disk(path) == [*LOGS, *more]


def test_another_writer_is_noticed(path, clock):
    first, second = BufferedJournal(path), BufferedJournal(path)
    first.append_logs(LOGS[:1])
    second.append_logs(LOGS[1:2])
    second.flush()
    with pytest.raises(OSError, match="another process has written"):
        first.flush()
    assert _on_disk(path) == LOGS[1:2]


def test_optuna_reads_the_same_from_its_own_storage(path):
    """A study with every kind of entry, in memory, from the file, and in Optuna's own class."""
    storage = BufferedStorage(path)
    study = optuna.create_study(storage=storage, study_name="study", direction="maximize")
    study.set_user_attr("space", [{"name": "rate", "choices": [1, None, "a"]}])
    study.enqueue_trial({"rate": 0.1, "kind": "b"})
    for at in range(3):
        trial = study.ask()
        trial.suggest_float("rate", 1e-3, 1.0, log=True)
        trial.suggest_categorical("kind", ["a", "b"])
        trial.report(0.5, 1)
        trial.set_user_attr("record", {"history": [0.5, None]})
        if at < 2:
            study.tell(trial, 0.5) if at else study.tell(trial, state=optuna.trial.TrialState.FAIL)
    in_memory = study.trials
    storage.flush()
    plain = optuna.storages.JournalStorage(JournalFileBackend(str(path)))
    for again in (plain, BufferedStorage(path)):
        loaded = optuna.load_study(study_name="study", storage=again)
        assert loaded.trials == in_memory
        assert loaded.user_attrs == study.user_attrs
        assert loaded.direction is study.direction


def _write_and_die(path):
    """What a process does that is killed long after its last flush."""
    try:
        buffered_journal._SECONDS = 60.0
        journal = BufferedJournal(path)
        for at in range(2000):
            journal.append_logs([{"number": at}])
            if at in (99, 1499):
                journal.flush()
    finally:
        os.kill(os.getpid(), signal.SIGKILL)


def test_what_was_flushed_outlives_the_process(path):
    child = os.fork()  # a new interpreter would import TensorFlow
    if child == 0:
        _write_and_die(path)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert _on_disk(path) == [{"number": at} for at in range(1500)]
    # ---- and the next process goes on from there
    journal = BufferedJournal(path)
    journal.append_logs(LOGS)
    journal.flush()
    assert _on_disk(path)[1499:] == [{"number": 1499}, *LOGS]
