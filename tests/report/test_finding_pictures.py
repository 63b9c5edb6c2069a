"""What the report opens with: what matters, with its picture and the line to copy."""

from dataclasses import replace

import numpy as np
import pytest

from dlrecipes.diagnose import calibration, check_calibration
from dlrecipes.report import write_report
from dlrecipes.report.finding_pictures import picture
from dlrecipes.results import BiasVariance, Finding, FitResult
from tests.report.test_write_report import read

ERRORS = BiasVariance(
    train=0.0,
    validation=0.12,
    reference=0.03,
    scale=0.9,
    bias=-0.03,
    variance=0.12,
    behind=0.09,
    reference_name="the best baseline, logistic regression,",
)
NEXT = Finding(
    "next step",
    "High variance: …",
    {"line": "dlrecipes curve digits"},
    "See: dlrecipes curve digits",
)
BIAS = Finding(
    "bias and variance", "High variance.", {"variance": 0.12}, "More data.", severity="warning"
)
CODE = Finding(
    "labels", "Labels are odd.", advice="Use `Rescaling(1 / 255)` <now>.", severity="error"
)


@pytest.fixture
def page(make_run, tmp_path):
    run = make_run("table")
    fit = FitResult("accuracy", 300, {"accuracy": 1.0}, ERRORS)
    findings = (*run.result.findings, BIAS, CODE, NEXT)
    run = replace(run, result=replace(run.result, fit=fit, findings=findings))
    directory = run.write(tmp_path / "run")
    return read(directory), write_report(directory).read_text(encoding="utf-8")


def test_the_report_opens_with_what_matters(page):
    text = page[0].text
    order = ["High variance: …", "Labels are odd", "learning_rate lies at the upper edge"]
    order += ["2 checks with nothing to do", "Network and baselines"]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert text.count("dlrecipes curve digits") == 1  # as a line to copy only
    assert "<code>Rescaling(1 / 255)</code> &lt;now&gt;" in page[1]


def test_each_has_its_picture(page):
    plots = page[0].plots
    (bars,) = [
        plot
        for name, plot in plots.items()
        if "finding" in name and plot["data"][0]["type"] == "bar"
    ]
    shown = dict(zip(bars["data"][0]["y"], bars["data"][0]["x"], strict=True))
    assert shown == {
        "validation part": 0.12,
        "training part": 0.0,
        "logistic regression": 0.03,
        "knowing nothing": 0.9,
    }
    panels = [plot for name, plot in plots.items() if name.startswith("data-finding")]
    assert len(panels) == 2  # and that of the learning rate, which is also among all of them
    assert "data-hp-0" in plots


def test_the_reliability_of_probabilities():
    rng = np.random.default_rng(0)
    sure = rng.uniform(size=1000)
    y = (rng.random(1000) < sure**2).astype(int)
    plot = picture(check_calibration(y, sure), 3, None, {})
    measured = calibration(y, sure)
    points = plot.figure.data[1]
    assert plot.name == "finding-3"
    assert list(points.x) == pytest.approx(measured.confidence, rel=1e-3)
    assert list(points.y) == pytest.approx(measured.right, abs=1e-3)
    highest = np.add(points.y, points.error_y.array)
    assert list(highest) == pytest.approx(measured.high, abs=1e-3)
    few = check_calibration(y[:9], sure[:9])
    assert picture(few, 1, None, {}) is None
