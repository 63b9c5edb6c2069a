"""What a reader of the report relies on."""

import base64
import gzip
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from dlrecipes.errors import RunError
from dlrecipes.report import write_report
from dlrecipes.report.scores import score_table
from dlrecipes.results import ClassTarget, Origin, TestResult, TrialRecord


class Page(HTMLParser):
    """The page's elements, its visible text and the plots' data."""

    def __init__(self, html):
        super().__init__()
        self.loads, self.tags, self.texts, self.plots = [], [], [], {}
        self._inside, self._plot = "", ""
        self.feed(html)
        self.text = re.sub(r"\s+", " ", " ".join(self.texts))

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.append(tag)
        self.loads += [found[name] for name in ("src", "href", "action", "data") if name in found]
        if tag in ("script", "style"):
            self._inside, self._plot = tag, found.get("id", "")

    def handle_endtag(self, tag):
        if tag == self._inside:
            self._inside = self._plot = ""

    def handle_data(self, data):
        if self._plot:
            self.plots[self._plot] = json.loads(data)
        elif not self._inside:
            self.texts.append(data)


def read(directory):
    return Page(write_report(directory).read_text(encoding="utf-8"))


@pytest.mark.parametrize("kind", ["image", "table", "regression"])
def test_report_is_complete_and_loads_nothing(make_run, tmp_path, kind):
    run = make_run(kind)
    path = write_report(run.write(tmp_path / "run"))
    html = path.read_text(encoding="utf-8")
    page = Page(html)
    assert path == tmp_path / "run" / "report.html"
    assert all(link.startswith(("#", "data:")) for link in page.loads)
    assert "@import" not in html
    assert "default-src 'none'" in html
    (packed,) = re.findall(r"data-packed=\"plotly\">([^<]+)<", html)
    assert b"plotly.js" in gzip.decompress(base64.b64decode(packed))[:200]
    assert run.result.verdict.sentence in page.text
    assert "opened once" in page.text
    for hyperparameter in run.study.space:
        assert hyperparameter.name in page.text
    for baseline in run.result.baselines:
        assert baseline in page.text
    assert "learning_rate lies at the upper edge" in page.text
    assert page.text.index("upper edge") < page.text.index("classes are balanced")
    # Checks that found nothing to do are one line, until it is opened.
    folded = html.split("<details><summary>2 checks with nothing to do</summary>")[1]
    assert "classes are balanced" in folded.split("</details>")[0]
    assert "upper edge" not in folded.split("</details>")[0]
    assert "measured: really run" in page.text
    assert "estimated from the recorded curves" in page.text
    assert "def build(hp, spec)" in page.text
    plots = {"search-history", "parallel-coordinates", "interactions", "curves-0"}
    assert {f"data-{name}" for name in plots} <= set(page.plots)
    assert not list(tmp_path.rglob("*.partial*"))


def test_image_mistakes_are_pictures_and_table_mistakes_rows(make_run, tmp_path):
    image = read(make_run("image").write(tmp_path / "image"))
    assert sum(link.startswith("data:image/png") for link in image.loads) == 12
    table = read(make_run("table").write(tmp_path / "table"))
    assert not any(link.startswith("data:image/png") for link in table.loads)
    assert "x0" in table.text
    assert "probability" in table.text


def test_regression_shows_predictions_and_residuals(make_run, tmp_path):
    page = read(make_run("regression").write(tmp_path))
    assert {"data-predicted-true", "data-residuals"} <= set(page.plots)
    assert "The largest errors" in page.text
    assert "Confusion" not in page.text


def test_repeated_openings_are_a_warning(make_run, tmp_path):
    run = make_run("table")
    test = replace(run.result.test, opened=5, studies=3)
    run.result = replace(run.result, test=test)
    page = read(run.write(tmp_path))
    assert "Caution. This test set has been opened 5 times, by 3 different runs" in page.text


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("better", "Better than the strongest baseline"),
        ("equal", "Equal to the strongest baseline within the noise"),
        ("worse", "Worse than the strongest baseline"),
    ],
)
def test_outcome_is_said_in_words(make_run, tmp_path, outcome, words):
    run = make_run("table")
    run.result = replace(run.result, verdict=replace(run.result.verdict, outcome=outcome))
    assert words in read(run.write(tmp_path)).text


def test_closed_test_set(make_run, tmp_path):
    run = make_run("image")
    refits = tuple(replace(refit, test={}) for refit in run.result.refits)
    run.result = replace(run.result, test=None, verdict=None, refits=refits)
    run.predictions = None
    page = read(run.write(tmp_path))
    assert "The test set has not been opened. Every score here is a validation score" in page.text
    assert "validation accuracy, mean" in page.text
    assert "most confident mistakes" not in page.text


def test_nothing_searched_yet(make_run, tmp_path):
    run = make_run("table")
    run.study = run.predictions = None
    run.result = replace(
        run.result, stages=(), best=None, refits=(), test=None, verdict=None,
        importances={}, comparisons=(), findings=(), seconds={}, artifacts={},
    )  # fmt: skip
    page = read(run.write(tmp_path))
    assert "No network has a score yet." in page.text
    assert "Nothing has been searched yet." in page.text
    assert "logistic regression" in page.text


def test_refits_not_done_shows_the_winning_trial(make_run, tmp_path):
    run = make_run("table")
    run.result = replace(run.result, refits=(), test=None, verdict=None)
    run.predictions = None
    assert "it has not been trained again yet" in read(run.write(tmp_path)).text


def test_names_are_escaped(make_run, tmp_path):
    run = make_run("table")
    nasty = "<b>bold</b></script><script>alert(1)</script>"
    target = run.info.raw_spec.target
    named = replace(target, class_names=(nasty, *target.class_names[1:]))
    spec = replace(run.info.raw_spec, targets=(named,))
    run.info = replace(run.info, raw_spec=spec, spec=spec, origin=Origin(nasty, text=nasty))
    first = replace(run.study.space[0], name=nasty)
    trials = tuple(
        replace(trial, values={nasty: 0.1, "activation": nasty}) for trial in run.study.trials
    )
    run.study = replace(run.study, space=(first, *run.study.space[1:]), trials=trials)
    page = read(run.write(tmp_path))
    assert nasty in page.text
    assert "alert(1)" not in page.tags
    assert page.tags.count("script") == 2 + len(page.plots)
    assert page.tags.count("b") < 60
    assert "&lt;b&gt;bold" in str(page.plots["data-search-history"])


@pytest.mark.parametrize("trials", [1, 2, 3])
def test_few_trials(make_run, tmp_path, trials):
    page = read(make_run("table", trials=trials).write(tmp_path))
    assert "data-search-history" in page.plots
    assert ("data-parallel-coordinates" in page.plots) == (trials > 1)


def test_one_refit_says_that_the_spread_is_unknown(make_run, tmp_path):
    page = read(make_run("table", refits=1).write(tmp_path))
    assert "one training, so its spread is not known" in page.text


def test_all_trials_diverged(make_run, tmp_path):
    run = make_run("table")
    trials = tuple(
        replace(trial, status="diverged", score=None, best_epoch=None, history={"loss": [None]})
        for trial in run.study.trials
    )
    run.study = replace(run.study, trials=trials, best=trials[0], importances={})
    run.result = replace(run.result, best=None, refits=(), test=None, verdict=None, importances={})
    run.predictions = None
    page = read(run.write(tmp_path))
    assert "No trial of the search has a score yet." in page.text
    assert "No trial has a score." in page.text
    assert "Learning curves" not in page.text
    assert "data-hp-0" in page.plots


@pytest.mark.parametrize("score", [float("nan"), float("inf"), None])
def test_scores_that_are_no_numbers(make_run, tmp_path, score):
    run = make_run("regression")
    trials = (replace(run.study.trials[0], score=score), *run.study.trials[1:])
    run.study = replace(run.study, trials=trials)
    assert "data-search-history" in read(run.write(tmp_path)).plots


def test_empty_space_and_no_importances(make_run, tmp_path):
    run = make_run("table")
    trials = tuple(replace(trial, values={}) for trial in run.study.trials)
    stages = tuple(replace(stage, ranges={}, values={}) for stage in run.study.stages)
    run.study = replace(
        run.study, space=(), trials=trials, best=trials[0], importances={}, stages=stages
    )
    page = read(run.write(tmp_path))
    assert "data-hp-0" not in page.plots
    assert "data-search-history" in page.plots


def test_very_bad_scores_do_not_stretch_the_axis(make_run, tmp_path):
    run = make_run("regression", trials=60)
    awful = replace(run.study.trials[0], score=1e12, status="completed", best_epoch=0, epochs=1)
    run.study = replace(run.study, trials=(awful, *run.study.trials[1:]))
    plot = read(run.write(tmp_path)).plots["data-search-history"]
    assert max(plot["layout"]["yaxis"]["range"]) < 1e5


def test_losses_over_many_decades_are_logarithmic(make_run, tmp_path):
    run = make_run("regression", trials=60)
    trials = tuple(
        replace(trial, score=10.0 ** (i % 6 - 3), status="completed", best_epoch=0, epochs=1)
        for i, trial in enumerate(run.study.trials)
    )
    run.study = replace(run.study, trials=trials)
    plot = read(run.write(tmp_path)).plots["data-search-history"]
    assert plot["layout"]["yaxis"]["type"] == "log"


@pytest.mark.parametrize(("classes", "plot"), [(2, False), (60, True), (1000, False)])
def test_any_number_of_classes(make_run, tmp_path, classes, plot):
    run = make_run("table")
    names = tuple(f"class {i}" for i in range(classes))
    spec = replace(run.info.raw_spec, targets=(ClassTarget(class_names=names),))
    run.info = replace(run.info, raw_spec=spec, spec=spec)
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(classes), (2, 50)).astype(np.float32)
    y = rng.integers(0, classes, 50)
    run.predictions |= {
        "ids": np.arange(50), "y": y, "x": run.predictions["x"][:50], "predictions": probabilities,
    }  # fmt: skip
    page = read(run.write(tmp_path))
    assert ("data-confusion" in page.plots) == plot
    assert ("The most frequent confusions" in page.text) == (classes > 20)
    assert ("Confusion matrix: what" in page.text) == (classes <= 20)


def test_no_mistakes(make_run, tmp_path):
    run = make_run("table")
    y = run.predictions["y"]
    run.predictions["predictions"] = np.eye(3, dtype=np.float32)[y][None]
    assert "None among 70 test examples" in read(run.write(tmp_path)).text


@pytest.mark.slow
def test_large_study_stays_usable(make_run, tmp_path):
    directory = make_run("image", trials=5000).write(tmp_path)
    assert write_report(directory).stat().st_size < 10e6


@pytest.mark.parametrize("kind", ["image", "table", "regression"])
def test_a_report_is_small_enough_to_be_sent(make_run, tmp_path, kind):
    assert write_report(make_run(kind).write(tmp_path)).stat().st_size < 3e6


@pytest.mark.parametrize("name", ["result.json", "run.json"])
def test_missing_file_is_named(make_run, tmp_path, name):
    run = make_run("table")
    (run.write(tmp_path) / name).unlink()
    with pytest.raises(RunError, match=rf"must have a `{name}`.*go on with it"):
        write_report(tmp_path)


@pytest.mark.parametrize("name", ["result.json", "run.json", "study.json"])
@pytest.mark.parametrize("text", ["", "{", "[]", '{"recipe": 1}'])
def test_damaged_file_is_named(make_run, tmp_path, name, text):
    (make_run("table").write(tmp_path) / name).write_text(text, encoding="utf-8")
    with pytest.raises(RunError, match=rf"{name} must hold a .*damaged"):
        write_report(tmp_path)
    assert not (tmp_path / "report.html").exists()


def test_undecodable_file_is_named(make_run, tmp_path):
    (make_run("table").write(tmp_path) / "result.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RunError, match=r"files must be readable.*result\.json"):
        write_report(tmp_path)


@pytest.mark.parametrize("damage", ["cut", "shape", "key", "label"])
def test_damaged_predictions_are_named(make_run, tmp_path, damage):
    run = make_run("table")
    if damage == "shape":
        run.predictions["predictions"] = run.predictions["predictions"][:, 1:]
    if damage == "key":
        del run.predictions["y"]
    if damage == "label":
        run.predictions["y"] = run.predictions["y"] + 5
    path = run.write(tmp_path) / "test_predictions.npz"
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(RunError, match=r"test_predictions\.npz must hold ids, x, y"):
        write_report(tmp_path)


def test_no_directory(tmp_path):
    with pytest.raises(RunError, match="written from a run directory"):
        write_report(tmp_path / "nowhere")


def test_unknown_stage_and_failed_trials(make_run, tmp_path):
    run = make_run("table")
    extra = TrialRecord("refined", 0, {}, "failed", error="<out of memory>")
    run.study = replace(run.study, trials=(*run.study.trials, extra))
    page = read(run.write(tmp_path))
    assert "refined" in str(page.plots["data-search-history"])


def test_metric_without_a_known_direction(make_run, tmp_path):
    run = make_run("table")
    run.result = replace(
        run.result, test=TestResult("quality", "max", {"quality": 0.5}, {"quality": 0.0}, 1, 1)
    )
    assert "test quality" in read(run.write(tmp_path)).text


def test_the_metric_is_named_as_in_the_verdict_and_its_reason_is_given(make_run, tmp_path):
    run = make_run("regression")
    reason = "Why RMSE: it is in the units of the target."
    run.result = replace(run.result, test=replace(run.result.test, reason=reason))
    text = read(run.write(tmp_path)).text
    assert reason in text
    assert "test RMSE, mean ± standard deviation" in text
    assert "pr auc" not in text


def test_a_strongest_baseline_that_is_not_the_best_says_why(make_run):
    run = make_run("table")
    reached = {name: one.validation["accuracy"] for name, one in run.result.baselines.items()}
    best, worst = max(reached, key=reached.get), min(reached, key=reached.get)
    for baseline, note in [
        (best, "the strongest baseline on the validation part"),
        (
            worst,
            "the strongest baseline: of those within a standard error of the best validation "
            "accuracy, the one with the lowest log loss",
        ),
    ]:
        result = replace(run.result, verdict=replace(run.result.verdict, baseline=baseline))
        notes = {row.name: row.note for row in score_table(result).rows if row.kind == "baseline"}
        assert {name for name, said in notes.items() if said} == {baseline}
        assert notes[baseline] == note


def test_a_metric_of_the_trial_alone_is_no_column(make_run, tmp_path):
    run = make_run("table")
    best = replace(run.result.best, validation={"loss": 0.25})
    run.result = replace(run.result, best=best)
    table = score_table(run.result)
    assert "loss" not in [name for name, _ in table.metrics]
    (trial,) = [row for row in table.rows if row.kind == "trial"]
    assert trial.note.endswith("therefore optimistic; validation loss 0.2500")
