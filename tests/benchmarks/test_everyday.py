"""The builders of `everyday.py` vary in structure, and its figures are what was measured."""

import everyday
import keras
import keras_tuner
import numpy as np
import pytest
from measuring.everyday_builders import EVERYDAY, make_parts
from measuring.readme_page import END, begin_mark

NAMES = [one.name for one in EVERYDAY]


def test_the_program_knows_the_builders():
    assert tuple(NAMES) == (*everyday.BUILDERS, everyday.FIXED)


@pytest.mark.parametrize("builder", EVERYDAY, ids=NAMES)
def test_the_structure_varies_or_is_fixed(builder):
    parts = make_parts(builder)
    space = keras_tuner.HyperParameters()
    builder.build(space)
    structures = set()
    for seed in range(6):
        hp = keras_tuner.HyperParameters()
        for place, one in enumerate(space.space):
            hp.values[one.name] = one.random_sample(100 * seed + place)
        model = builder.build(hp)
        if not model.built:
            model(keras.tree.map_structure(lambda values: values[:2], parts.train[0]))
        shapes = (tuple(weight.shape) for weight in model.weights)
        structures.add((*map(type, model.layers), *shapes))
    assert len(structures) == 1 if builder.name == everyday.FIXED else len(structures) > 2


@pytest.mark.parametrize("builder", EVERYDAY, ids=NAMES)
def test_the_parts_are_small_and_the_same_each_time(builder):
    parts, again = make_parts(builder), make_parts(builder)
    sizes = [len(part[1]) for part in (parts.train, parts.validation, parts.test)]
    assert 400 <= sum(sizes) <= 2_000
    assert sizes[1] == sizes[2] == pytest.approx(sizes[0] / 3, abs=2)
    pairs = zip(keras.tree.flatten(parts.test), keras.tree.flatten(again.test), strict=True)
    for one, other in pairs:
        np.testing.assert_array_equal(one, other)


def _measured(search, whole, trials):
    figures = {"search": search, "whole": whole, "trials": trials, "epochs": 10 * trials}
    return {**figures, "best": 0.9, "peak_rss_mb": 1000.0, "mb_per_trial": None}


@pytest.fixture
def summary():
    measurements = {
        "round 1 mlp dlrecipes": _measured(40.0, 80.0, 40),
        "round 2 mlp dlrecipes": _measured(80.0, 120.0, 40),
        "round 1 mlp keras-tuner-random": _measured(30.0, 34.0, 10),
        "round 2 mlp keras-tuner-random": _measured(40.0, 44.0, 10),
    }
    methods = ("dlrecipes", "keras-tuner-random")
    return [everyday.summarize(measurements, "mlp", method, 2, 40) for method in methods]


def test_the_rest_of_a_run_is_spread_over_as_many_trials(summary):
    ours, peer = summary
    assert ours["search"] == [1.0, 2.0]
    assert ours["whole"] == [2.0, 3.0]
    assert peer["search"] == [3.0, 4.0]
    assert peer["whole"] == pytest.approx([3.1, 4.1])
    assert peer["search_ratios"] == [3.0, 2.0]
    assert everyday.of_builders(summary, "keras-tuner-random")[0] == [2.5]


def test_the_page_has_both_tables(summary):
    page = everyday.make_page(summary, ["dlrecipes", "keras-tuner-random"])
    assert "| mlp | 1.50 (1.00-2.00) | 2.50 (2.00-3.00) | 2.50 (2.00-3.00) |" in page
    assert "| mlp | 0.9000; 1,000 MB; - | 0.9000; 1,000 MB; - |" in page


def test_the_program_measures_what_is_missing(tmp_path, monkeypatch, capsys):
    asked = []

    def measure(function, **arguments):
        asked.append((function.partition(":")[2], arguments.get("engine")))
        if function.endswith("find_best_steps"):
            return {"steps": 8}
        assert arguments.get("steps_per_execution", 8) == 8
        return _measured(arguments["trials"] * 2.0, 100.0, arguments["trials"])

    page = tmp_path / "README.md"
    page.write_text(begin_mark(everyday.PROGRAM) + END)
    monkeypatch.setattr(everyday, "README", page)
    monkeypatch.setattr(everyday, "in_fresh_process", measure)
    words = [
        "everyday.py",
        "--quick",
        "--only",
        "mlp",
        "--page",
        "--json",
        str(tmp_path / "a.json"),
    ]
    monkeypatch.setattr("sys.argv", words)
    everyday.main()
    assert sorted(asked, key=str) == [
        ("find_best_steps", None),
        ("run_dlrecipes", "fit"),
        ("run_dlrecipes", None),
        ("run_dlrecipes", None),
        ("run_keras_tuner", None),
        ("run_optuna", None),
    ]
    assert "| mlp | 2.00 | " in page.read_text()
    assert "Everyday builders: 6 trials of dlrecipes, 3 of the others" in capsys.readouterr().out
    asked.clear()
    everyday.main()
    assert not asked
