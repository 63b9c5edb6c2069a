"""Every method of `tables.py` has the same rows, and its table says what was measured."""

import json
import subprocess
import sys
from importlib import metadata

import numpy as np
import pandas as pd
import pytest
import tables
from measuring import compared_methods
from measuring.compared_methods import make_frames, run_peer, run_trees, write_exchange
from measuring.compared_tables import TABLES, ComparedTable
from measuring.fresh_process import ProcessFailed
from measuring.readme_page import END, begin_mark
from sklearn.ensemble import HistGradientBoostingRegressor

from dlrecipes.data import ColumnRules, load_table
from dlrecipes.errors import DataError


def _homes(rows=400):
    generator = np.random.default_rng(0)
    size = generator.normal(100, 20, rows)
    town = generator.choice(["Oslo", "Bergen", "Rome"], rows)
    built = pd.Timestamp("2000-01-01") + pd.to_timedelta(generator.integers(0, 4000, rows), "D")
    price = size * np.where(town == "Oslo", 3.0, 2.0) + generator.normal(0, 5, rows)
    return pd.DataFrame(
        {
            "size, in {m²}": np.where(generator.random(rows) < 0.1, np.nan, size),
            "town": np.where(generator.random(rows) < 0.1, None, town),
            "built": built.strftime("%Y-%m-%d"),
            "target": price,
        }
    )


def _sold(rows=400):
    homes = _homes(rows)
    return homes.assign(target=np.where(homes.target > homes.target.median(), "sold", "not"))


@pytest.fixture
def made(monkeypatch):
    monkeypatch.setitem(TABLES, "homes", ComparedTable("rmse", 2, make=_homes))
    monkeypatch.setitem(TABLES, "sold", ComparedTable("roc_auc", 2, make=_sold))


@pytest.fixture(scope="module")
def splits():
    return load_table(_homes(), "target")


@pytest.fixture(scope="module")
def frames(splits):
    return make_frames(splits, compared_methods._opened(splits))


def test_frames_have_numbers_categories_and_dates_as_they_are(splits, frames):
    train = frames[0]
    sizes = splits.train.x["size, in {m²}"]
    np.testing.assert_array_equal(train["column_0"], sizes)
    assert train["column_0"].isna().any()
    towns = splits.train.x["town"]
    np.testing.assert_array_equal(train["column_1"].isna(), towns == "")
    np.testing.assert_array_equal(train["column_1"].dropna().astype(object), towns[towns != ""])
    days = pd.to_datetime(pd.Series(splits.train.x["built"]))
    years = (days - days.min()).dt.days / 365.2425
    np.testing.assert_allclose(train["column_2_0"], years, atol=1e-5)
    phase = 2 * np.pi * days.dt.day_of_week / 7
    cycles = train.filter(like="column_2_").to_numpy(np.float64)
    waves = np.stack([np.ones(len(days)), np.sin(phase), np.cos(phase)], axis=1)
    left = np.linalg.lstsq(waves, cycles, rcond=None)[1]
    # Wherever a week begins, two columns are its sine and cosine, and one is all zeros.
    assert np.sum(left < 1e-6) == 3
    assert [len(frame) for frame in frames] == [240, 80, 80]
    assert all(frame.dtypes.equals(train.dtypes) for frame in frames)


def test_a_category_that_training_does_not_have_is_missing():
    frame = _homes().assign(town=["Oslo", "Bergen"] * 200)
    splits = load_table(frame, "target")
    splits.validation.x["town"][:3] = ["Paris", "", "Oslo"]
    _, validation, _ = make_frames(splits, compared_methods._opened(splits))
    assert validation["column_1"].iloc[:3].isna().tolist() == [True, True, False]


def test_a_table_with_texts_is_refused():
    words = np.random.default_rng(0).choice(["warm", "cold", "near", "far", "new"], (400, 8))
    frame = _homes().assign(town=[" ".join(row) + f" {at}" for at, row in enumerate(words)])
    splits = load_table(frame, "target", column_rules=ColumnRules(kinds={"town": "text"}))
    with pytest.raises(DataError, match="numbers, categories and dates. Received: 'town', a text"):
        make_frames(splits, compared_methods._opened(splits))


def test_a_score_is_of_the_test_rows(made, splits, frames):
    found = run_trees(table="homes", split=0, library="scikit-learn")
    trees = HistGradientBoostingRegressor(random_state=0).fit(frames[0], splits.train.y)
    y = compared_methods._opened(splits).y.astype(np.float64)
    rmse = np.sqrt(np.mean((trees.predict(frames[2]) - y) ** 2))
    assert found["score"] == found["scores"]["rmse"] == pytest.approx(rmse, rel=1e-9)
    assert found["versions"] == {"scikit-learn": metadata.version("scikit-learn")}
    other = run_trees(table="homes", split=1, library="scikit-learn")
    assert not set(found["parts"]) & set(other["parts"])


@pytest.mark.parametrize(
    ("table", "library", "tuned"),
    [
        ("sold", "scikit-learn", False),
        ("homes", "lightgbm", False),
        ("sold", "lightgbm", True),
        ("homes", "catboost", False),
        ("sold", "catboost", True),
        ("homes", "catboost", True),
    ],
)
def test_trees_learn(made, monkeypatch, table, library, tuned):
    if library != "scikit-learn":
        pytest.importorskip(library)
    monkeypatch.setattr(compared_methods, "_ROUNDS", 60)
    score = run_trees(table=table, split=1, library=library, tuned=tuned)["score"]
    assert score > 0.9 if table == "sold" else score < 30


# ---- peers

_PEER = """
import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor


class RealMLP_TD_Regressor:
    def __init__(self, device, random_state):
        self.trees = HistGradientBoostingRegressor(random_state=random_state)

    def fit(self, x, y, X_val, y_val):
        assert list(x.columns) == list(X_val.columns)
        assert not x.select_dtypes("number").isna().any().any()
        assert str(x["column_1"].dtype) == "category"
        assert not any(name.startswith("dlrecipes") for name in __import__("sys").modules)
        self.trees.fit(x, y)

    def predict(self, x):
        return self.trees.predict(x)[:, np.newaxis]
"""


@pytest.fixture
def python(tmp_path):
    """A Python in which something calls itself pytabkit."""
    (tmp_path / "pytabkit.py").write_text(_PEER)
    for name in ("pytabkit", "torch"):
        folder = tmp_path / f"{name}-9.9.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 9.9\n")
    program = tmp_path / "python"
    # `-I`, which comes first, would hide the folder.
    program.write_text(f'#!/bin/sh\nshift\nPYTHONPATH={tmp_path} exec {sys.executable} "$@"\n')
    program.chmod(0o755)
    return str(program)


def test_a_peer_gets_the_same_rows_and_is_scored_here(made, python):
    found = run_peer(
        table="homes",
        split=1,
        method="pytabkit-realmlp-td",
        minutes=0.1,
        python=python,
        seconds=100.0,
    )
    trees = run_trees(table="homes", split=1, library="scikit-learn")
    assert found["parts"] == trees["parts"]
    # Medians and marks in the place of gaps move a few splits.
    assert found["score"] == pytest.approx(trees["score"], rel=0.3)
    assert found["versions"] == {"pytabkit": "9.9", "torch": "9.9"}


def test_a_peer_that_fails_says_why(made, tmp_path):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho no module of that name >&2\nexit 3\n")
    python.chmod(0o755)
    asked = {"table": "homes", "split": 0, "method": "autogluon", "minutes": 0.1, "seconds": 100.0}
    with pytest.raises(RuntimeError, match="failed:\nno module of that name"):
        run_peer(**asked, python=str(python))
    python.write_text("#!/bin/sh\nexec sleep 60\n")
    with pytest.raises(subprocess.TimeoutExpired):
        run_peer(**{**asked, "seconds": 0.1}, python=str(python))


def test_the_files_hold_the_rows_without_the_test_targets(splits, frames, tmp_path):
    write_exchange(tmp_path, frames, splits, {"method": "any"})
    task = json.loads((tmp_path / "task.json").read_text())
    assert task == {"method": "any", "target": "target", "classes": 0, "categories": ["column_1"]}
    for name, frame, y in zip(
        ("train", "validation", "test"), frames, (splits.train.y, splits.validation.y, None),
        strict=True,
    ):  # fmt: skip
        read = pd.read_parquet(tmp_path / f"{name}.parquet")
        if y is not None:
            np.testing.assert_array_equal(read.pop("target"), y)
        assert list(read) == list(frame)
        np.testing.assert_array_equal(read["column_0"], frame["column_0"])
        np.testing.assert_array_equal(read["column_1"].isna(), frame["column_1"].isna())


# ---- what it comes to


def _run(score, seconds=1.0, parts=("a", "b", "c")):
    return {"score": score, "seconds": seconds, "parts": list(parts), "versions": {"x": "1"}}


MEASURED = {
    "wine_quality split=0 dlrecipes": _run(0.60, 100.0),
    "wine_quality split=1 dlrecipes": _run(0.62, 120.0),
    "wine_quality split=0 lightgbm": _run(0.62),
    "wine_quality split=1 lightgbm": _run(0.60),
    "wine_quality split=0 autogluon": _run(0.60),
    "wine_quality split=1 autogluon": _run(0.61),
    "german_credit split=0 dlrecipes": _run(0.80),
    "german_credit split=1 dlrecipes": _run(0.81),
    "german_credit split=0 lightgbm": _run(0.78),
    "german_credit split=1 lightgbm": _run(0.79),
}
METHODS = ["dlrecipes", "lightgbm", "catboost", "autogluon"]
ASKED = ["wine_quality", "german_credit"]


@pytest.fixture
def summary():
    return tables.summarize(MEASURED, ASKED, METHODS, 2)


def test_a_row_has_mean_and_deviation_over_the_splits(summary):
    ours = summary[0]
    assert (ours["table"], ours["method"], ours["metric"]) == ("wine_quality", "dlrecipes", "rmse")
    assert ours["mean"] == pytest.approx(0.61)
    assert ours["spread"] == pytest.approx(0.02 / 2**0.5)
    assert ours["seconds"] == 110.0
    assert ours["whole"]
    # A peer is not asked of a table that is none of theirs.
    assert [row["method"] for row in summary if row["table"] == "german_credit"] == METHODS[:3]


def test_ranks_are_of_means_and_ties_share_theirs(summary):
    # An RMSE is better low, an area under a curve high.
    assert tables.mean_ranks(summary, ASKED) == {"dlrecipes": 1.25, "lightgbm": 1.75}
    of_wine = {"dlrecipes": 2.5, "lightgbm": 2.5, "autogluon": 1.0}
    assert tables.mean_ranks(summary, ["wine_quality"]) == of_wine


def test_how_far_behind(summary):
    wine = [row for row in summary if row["table"] == "wine_quality"]
    best, by = tables.how_far_behind(wine)
    assert best == "autogluon"
    assert by == pytest.approx(0.005)
    assert tables.how_far_behind([row for row in summary if row["table"] != "wine_quality"]) is None


def test_a_method_without_all_splits_has_no_rank():
    some = {key: run for key, run in MEASURED.items() if key != "wine_quality split=1 lightgbm"}
    summary = tables.summarize(some, ASKED, METHODS, 2)
    assert "lightgbm" not in tables.mean_ranks(summary, ["wine_quality"])
    assert "0.6200; 1.00 s; not all splits" in tables.make_page(summary)


def test_other_rows_are_no_comparison():
    other = {**MEASURED, "wine_quality split=1 lightgbm": _run(0.61, parts=("a", "b", "other"))}
    with pytest.raises(SystemExit, match="must have the same rows"):
        tables.summarize(other, ASKED, METHODS, 2)


def test_the_page_has_ranks_over_all_tables_and_over_those_of_all_methods(summary):
    page = tables.make_page(summary)
    assert "catboost" not in page
    assert "| wine_quality | RMSE | 0.6100 ± 0.014; 110 s |" in page
    assert "| 0.00500 (autogluon) |" in page
    assert "| mean rank of 2 | tables: 2 |" in page
    assert "| mean rank of 3 | tables: 1 |" in page
    assert page.endswith("x 1.")


def test_the_program_measures_what_is_missing(tmp_path, monkeypatch, capsys):
    asked = []

    def measure(function, **arguments):
        asked.append((function.partition(":")[2], arguments.get("minutes")))
        if arguments.get("library") == "catboost":
            raise ProcessFailed("no catboost here")
        return _run(0.5 + 0.1 * len(asked))

    page = tmp_path / "README.md"
    page.write_text(begin_mark(tables.PROGRAM) + END)
    monkeypatch.setattr(tables, "README", page)
    monkeypatch.setattr(tables, "in_fresh_process", measure)
    words = ["tables.py", "--tables", "friedman1", "classification", "--minutes", "0.2", "--page"]
    words += ["--methods", "dlrecipes", "catboost", "autogluon", "--json", str(tmp_path / "a.json")]
    monkeypatch.setattr("sys.argv", words)
    tables.main()
    assert asked == [("run_dlrecipes", 0.2), ("run_trees", None)] * 2
    said = capsys.readouterr()
    assert "autogluon: not run without --peers-python" in said.err
    assert "friedman1 split=0 catboost failed: the next start tries it again" in said.err
    assert "| friedman1 | RMSE | 0.6000; 1.00 s |" in page.read_text()
    asked.clear()
    python = tmp_path / "python"
    python.touch()
    monkeypatch.setattr("sys.argv", [*words, "--peers-python", str(python)])
    tables.main()
    assert asked == [("run_trees", None), ("run_trees", None), ("run_peer", 0.2)]
    assert (
        "| classification | accuracy | 0.8000; 1.00 s | 0.8000; 1.00 s | |" not in page.read_text()
    )


def test_the_peer_program_needs_nothing_of_the_project(tmp_path):
    (tmp_path / "task.json").write_text("{}")
    command = [sys.executable, "-I", "-X", "importtime", str(compared_methods.PEER_PROGRAM)]
    ended = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, check=False)
    assert "FileNotFoundError" in ended.stderr
    assert not any(word in ended.stderr for word in ("dlrecipes", "tensorflow", "measuring."))
