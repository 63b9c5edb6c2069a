"""The functions that return data, without a page."""

import base64
import io
import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest

from dlrecipes.report.confusion import confused_pairs, confusion, confusion_cells
from dlrecipes.report.format import format_number, format_seconds, format_time, format_value
from dlrecipes.report.hyperparameters import hyperparameter_panels, plot_hyperparameters
from dlrecipes.report.interactions import plot_interactions
from dlrecipes.report.mistakes import find_mistakes, picture_uri, value_span
from dlrecipes.report.parallel_coordinates import coordinate_axes, plot_parallel_coordinates
from dlrecipes.report.plot import linear_ticks, log_ticks
from dlrecipes.report.saved_predictions import SavedPredictions
from dlrecipes.report.search_history import number_ticks, running_best
from dlrecipes.report.trial_points import fit_scale, order_trials
from dlrecipes.results import Hyperparameter, Objective
from dlrecipes.search.ranges import position


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (float("nan"), "–"), (0.97123, "0.9712"), (3e-7, "3e-7"), (12345.6, "12,346")],
)
def test_format_number(value, text):
    assert format_number(value) == text


def test_format_others():
    assert format_seconds(0.25) == "250 ms"
    assert format_seconds(214) == "3 min 34 s"
    assert format_value(1e-05) == "1e-5"
    assert format_value(True) == "True"
    assert format_time("2026-11-20T10:15:00+00:00") == "2026-11-20 10:15 UTC"
    assert format_time("yesterday") == "yesterday"


def test_ticks():
    assert [text for _, text in log_ticks(1e-5, 1.0)] == [
        "1e-5",
        "1e-4",
        "0.001",
        "0.01",
        "0.1",
        "1",
    ]
    assert [text for _, text in log_ticks(8, 256)][:3] == ["10", "20", "50"]
    assert [text for _, text in linear_ticks(0, 0.6)][1] == "0.1"
    assert linear_ticks(1.0, 1.0) == [(1.0, "1")]


@pytest.mark.parametrize("direction", ["max", "min"])
@pytest.mark.parametrize("scores", [[], [0.5], [0.5, 0.5, 0.5], [1e-12, 1e12], [-3.0, 2.0, 1.0]])
def test_scale_always_holds_the_best_score(direction, scores):
    scale = fit_scale(scores, Objective("m", direction))
    assert scale.span[0] < scale.span[1]
    if scores:
        best = max(scores) if direction == "max" else min(scores)
        assert scale.fits(best)
        assert scale.span[0] <= scale.place(best) <= scale.span[1]
    assert scale.span[0] <= scale.place(None) <= scale.span[1]


def test_running_best_only_improves(make_run):
    for kind in ("table", "regression"):
        study = make_run(kind, trials=40).study
        steps = running_best(order_trials(study))
        scores = [score for _, score in steps[:-1]]
        better = study.objective.better
        assert all(better(after, before) for before, after in zip(scores, scores[1:], strict=False))
        assert scores[-1] == study.best.score


@pytest.mark.parametrize("count", [1, 2, 7, 24, 400, 3000])
def test_a_trial_has_one_number_in_plots_and_tables(make_run, count):
    trials = order_trials(make_run("table", trials=count).study)
    ticks = number_ticks(trials)
    assert ticks[0] == (0, "0")
    assert len(ticks) <= 12 + len(trials.stages)
    for place, text in ticks:
        record = trials.points[int(place)].record
        assert text == f"{record.number:,}"
        assert (
            trials.points[int(place)].hover().startswith(f"{record.stage} trial {record.number},")
        )


def test_axes_of_parallel_coordinates_say_where_they_end(make_run):
    study = make_run("table", trials=40).study
    trials = order_trials(study)
    axes = {axis.label: axis for axis in coordinate_axes(study, trials, trials.scored)}
    rate = axes["learning_rate"]
    assert (rate.ticks[0], rate.ticks[-1], rate.scale) == ((0.0, "1e-5"), (1.0, "1"), "log")
    assert [text for _, text in axes["activation"].ticks] == ["relu", "gelu", "tanh"]
    # ---- where it is not active, a trial passes below the range
    assert axes["momentum"].ticks[0] == (0.0, "–")
    assert axes["momentum"].ticks[1][0] > 0.1
    for axis in axes.values():
        places = [place for place, _ in axis.ticks]
        gaps = [above - below for below, above in zip(places, places[1:], strict=False)]
        assert all(gap > 0.05 for gap in gaps)
        assert 0 <= min(axis.places) <= max(axis.places) <= 1


def test_scales_of_a_reversed_log_range(make_run):
    study = make_run("table", trials=40).study
    kept = Hyperparameter("kept", "float", 0.01, 0.99, log=True, mirror=1.0)
    values = (0.99, 0.9, 0.5, 0.01)
    some = tuple(
        replace(trial, values={"kept": value})
        for trial, value in zip(study.trials, values, strict=False)
    )
    study = replace(study, space=(kept,), trials=some, best=some[0], stages=study.stages[:1])
    study = replace(study, stages=(replace(study.stages[0], ranges={"kept": (0.01, 0.99)}),))
    trials = order_trials(study)
    # ---- side by side
    axis = coordinate_axes(study, trials, trials.points)[0]
    assert axis.places == pytest.approx([position(kept, value) for value in values])
    for place, text in axis.ticks:
        assert place == pytest.approx(position(kept, float(text)), abs=1e-3)
    assert [text for _, text in axis.ticks] == ["0.01", "0.5", "0.8", "0.9", "0.95", "0.98", "0.99"]
    # ---- against the score
    panels = hyperparameter_panels(study, trials)
    (plot,) = plot_hyperparameters(panels, trials)
    assert "reversed log scale" in plot.caption
    shown = plot.figure.layout.xaxis
    assert shown.type == "log"
    assert shown.range[0] > shown.range[1]  # the mirrored numbers, the smallest at the right
    assert list(plot.figure.data[0].x) == pytest.approx([0.01, 0.1, 0.5, 0.99])
    ticks = dict(zip(shown.ticktext, shown.tickvals, strict=True))
    assert (ticks["0.9"], ticks["0.99"]) == (0.1, 0.01)


def test_panels_of_one_name_in_two_scopes(make_run):
    study = make_run("table", trials=40).study
    size = Hyperparameter("size", "choice", choices=("small", "large"))
    small = Hyperparameter("units", "int", 1, 8, conditions=(("size", ("small",)),))
    large = Hyperparameter("units", "choice", choices=(32, 64), conditions=(("size", ("large",)),))
    some = tuple(
        replace(trial, values=values)
        for trial, values in zip(
            study.trials,
            ({"size": "small", "units": 4}, {"size": "large", "units": 64}) * 2,
            strict=False,
        )
    )
    study = replace(study, space=(size, small, large), trials=some, best=some[0], importances={})
    trials = order_trials(study)
    panels = hyperparameter_panels(study, trials)
    assert [len(panel.points) for panel in panels] == [4, 2, 2]
    assert panels[2].choices == (32, 64)
    captions = [plot.caption for plot in plot_hyperparameters(panels, trials)]
    assert "where size='small'" in captions[1]
    assert len(coordinate_axes(study, trials, trials.points)) == 4


def test_a_line_of_parallel_coordinates_is_a_trial(make_run):
    study = make_run("table", trials=900).study
    trials = order_trials(study)
    plot = plot_parallel_coordinates(study, trials)
    assert len(plot.figure.data) <= 300
    assert plot.figure.data[-1].text == trials.winner.hover()
    assert plot.figure.data[-1].opacity == 1


def test_thinning_keeps_the_best(make_run):
    trials = order_trials(make_run("table", trials=900).study)
    drawn = trials.thin_out(trials.points, 100)
    assert len(drawn) <= 100
    assert trials.winner in drawn


def test_confusion_counts():
    y = np.array([0, 0, 1, 2])
    matrix = confusion(y, np.eye(3)[[0, 1, 1, 1]], ("a", "b", "c"))
    assert matrix.counts.tolist() == [[1, 1, 0], [0, 1, 0], [0, 1, 0]]
    assert confused_pairs(matrix)[0] == ("a", "b", 1, "50%")
    assert confusion_cells(matrix)[2][2][1].tone == "miss"


def test_mistakes_are_the_most_confident_first_and_only_where_inputs_are(make_run):
    run = make_run("image")
    saved = SavedPredictions(
        tuple(run.predictions["ids"]), run.predictions["x"], run.predictions["y"],
        run.predictions["predictions"].astype(np.float64),
    )  # fmt: skip
    found = find_mistakes(saved, run.info.raw_spec)
    first = saved.predictions[0][: len(saved.x)]
    wrong = first.argmax(axis=1) != saved.y[: len(saved.x)]
    assert found.wrong == wrong.sum()
    assert found.looked_at == len(saved.x) < found.examples
    assert found.mistakes[0].weight == f"{first.max(axis=1)[wrong].max():.1%}"
    assert all(m.true != m.predicted and m.picture for m in found.mistakes)


@pytest.mark.parametrize(
    ("shape", "channels"), [((5, 4), 1), ((5, 4, 1), 1), ((5, 4, 3), 3), ((5, 4, 4), 3)]
)
def test_png_holds_the_pixels(shape, channels):
    image = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    data = base64.b64decode(picture_uri(image, value_span(image)).split(",")[1])
    stream = io.BytesIO(data[8:])
    chunks = {}
    while header := stream.read(8):
        length, kind = struct.unpack(">I4s", header)
        chunks[kind] = stream.read(length)
        assert struct.unpack(">I", stream.read(4))[0] == zlib.crc32(kind + chunks[kind])
    assert struct.unpack(">II", chunks[b"IHDR"][:8]) == (4, 5)
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(5, -1)[:, 1:]
    expected = image.reshape(5, 4, -1)[:, :, :channels]
    assert (rows.reshape(5, 4, channels) == expected).all()


def test_value_span():
    assert value_span(np.array([0.0, 16.0])) == (0.0, 16.0)
    assert value_span(np.array([0.2, 0.8])) == (0.0, 1.0)
    assert value_span(np.array([np.nan])) == (0.0, 1.0)
    assert value_span(np.zeros(3, np.uint8)) == (0.0, 255.0)


def test_what_two_explain_together(make_run):
    found = make_run().study.interactions
    plot = plot_interactions(found)
    alone, together = plot.figure.data
    assert list(alone.y) == ["learning_rate", "units", "activation"]
    assert list(together.y) == ["learning_rate × units", "normalise × momentum"]  # not what is 1 %
    assert list(together.x) == [0.14, 0.03]
    assert "R² = 0.71" in plot.caption
    nothing = plot_interactions(replace(found, pairs=found.pairs[2:]))
    assert len(nothing.figure.data) == 1
    assert "may be tuned by itself" in nothing.caption
    assert plot_interactions(None) is None
