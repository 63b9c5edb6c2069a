import json
import shutil
import time

import pytest

from dlrecipes.errors import StorageError
from dlrecipes.results import Objective, Stage
from dlrecipes.search import Store
from dlrecipes.search.backends import open_storage, storage_errors

STAGE = Stage("coarse", 8, 2, sampler="sobol")
OBJECTIVE = Objective("val_accuracy", "max")


@pytest.fixture
def written(tmp_path, space, builder, record):
    """A journal with two finished trials."""
    path = tmp_path / "written.journal"
    study = Store.open(path, "run").study(STAGE, space, OBJECTIVE, 0)
    for _ in range(2):
        proposal = study.ask(builder)
        study.report([(proposal.number, 1, 0.5)])
        study.tell(proposal.number, record(proposal.number, 0.5, values=proposal.values))
    study.flush()
    return path


def test_a_last_line_torn_at_every_byte(written, tmp_path, space):
    content = written.read_bytes()
    start = content.rstrip(b"\n").rfind(b"\n") + 1
    assert len(content) - start > 50
    torn = tmp_path / "torn.journal"
    for end in range(start, len(content) + 1):
        torn.write_bytes(content[:end])
        open_storage(torn)
        assert torn.read_bytes() == (content if end == len(content) else content[:start])


def test_a_torn_study_goes_on(written, tmp_path, space, builder, record):
    """The last line is the second trial's end: it is handed out again, under its number."""
    written.write_bytes(written.read_bytes()[:-7])
    study = Store.open(written, "run").study(STAGE, space, OBJECTIVE, 0)
    assert [one.number for one in study.records] == [0]
    proposal = study.ask(builder)
    assert proposal.number == 1
    study.tell(proposal.number, record(1, 0.7, values=proposal.values))
    study.flush()
    again = Store.open(written, "run").study(STAGE, space, OBJECTIVE, 0)
    assert [one.score for one in again.records] == [0.5, 0.7]


@pytest.mark.parametrize("end", [b"\0\0\0\0", b"\0\0\n", b'{"op_code": 4\n', b"\xff\xfe\n"])
def test_rubbish_at_the_end_is_cut_off(written, end):
    content = written.read_bytes()
    written.write_bytes(content + end)
    open_storage(written)
    assert written.read_bytes() == content


def test_a_damaged_line_in_the_middle(written):
    lines = written.read_bytes().split(b"\n")
    lines[4] = lines[4][:10]
    written.write_bytes(b"\n".join(lines))
    with pytest.raises(StorageError, match=r"one JSON object a line\. Received: line 5 of .*copy"):
        Store.open(written, "run")


def test_whole_lines_that_are_no_journal(tmp_path):
    path = tmp_path / "study.journal"
    path.write_text(json.dumps({"hello": "world"}) + "\n")
    with pytest.raises(StorageError, match=r"storage must be readable\. Received: .*KeyError"):
        Store.open(path, "run")


def test_an_empty_file_and_none_are_new_studies(tmp_path, space):
    (tmp_path / "empty.journal").touch()
    for name in ("empty.journal", "new.journal"):
        store = Store.open(tmp_path / name, "run")
        assert not store.has("coarse")
        assert store.study(STAGE, space, OBJECTIVE, 0).records == ()
        assert store.has("coarse")


def test_the_lock_of_a_dead_process_costs_nothing(written, space):
    lock = written.with_name(written.name + ".lock")
    lock.symlink_to(written)
    (written.parent / f"{lock.name}0a-b.rename").symlink_to(written)
    start = time.monotonic()
    assert len(Store.open(written, "run").study(STAGE, space, OBJECTIVE, 0).records) == 2
    assert time.monotonic() - start < 5
    assert not list(written.parent.glob("*.lock*"))


def test_several_runs_share_one_storage(database, space, builder, record):
    for run, score in (("one", 0.1), ("two", 0.2)):
        study = Store.open(database, run).study(STAGE, space, OBJECTIVE, 0)
        proposal = study.ask(builder)
        study.tell(proposal.number, record(0, score, values=proposal.values))
    for run, score in (("one", 0.1), ("two", 0.2)):
        store = Store.open(database, run)
        (read,) = store.study(STAGE, space, OBJECTIVE, 0).records
        assert read.score == score
        assert store.space("coarse") == space
        assert not store.has("fine")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ada:s3cret@localhost:1/study",
        "postgresql+psycopg://ada:s3cret@localhost:1/study",
        "mysql://ada:s3@cret@localhost/study",
        "nosuch://ada:s3cret@localhost/study",
        "postgresql://localhost/study?user=ada&password=s3cret",
        "sqlite:////nowhere/at/all/study.db",
    ],
)
def test_a_database_that_cannot_be_opened(url):
    with pytest.raises(StorageError, match=r"database must|driver of a database") as caught:
        Store.open(url, "run")
    message = str(caught.value)
    assert url.partition(":")[0] in message
    assert "\n" not in message
    assert "s3" not in message
    assert "cret" not in message
    assert ("sqlite" in url) or "ada" in message


def test_no_password_in_a_later_message():
    with (
        pytest.raises(StorageError, match=r"postgresql://ada@host/study \(OSError: gone\)"),
        storage_errors("postgresql://ada:s3cret@host/study"),
    ):
        raise OSError("gone")


def test_a_copied_journal_is_the_same_study(written, tmp_path, space):
    shutil.copy(written, tmp_path / "copy.journal")
    first, second = (
        Store.open(path, "run").study(STAGE, space, OBJECTIVE, 0).records
        for path in (written, tmp_path / "copy.journal")
    )
    assert first == second
