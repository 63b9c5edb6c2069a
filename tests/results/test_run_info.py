"""What `run.json` holds, of this version and of an earlier one."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from dlrecipes.errors import RunError
from dlrecipes.results import (
    GapPenalty,
    RunInfo,
    RunSettings,
    dump_json,
    parse_json,
    upgrade_info,
)

OLD = (Path(__file__).parent / "run_json_of_version_1.json").read_text(encoding="utf-8")


def read(text):
    return parse_json(RunInfo, upgrade_info(text), source="run.json")


def test_the_settings_of_an_earlier_version():
    info = read(OLD)
    assert info.settings == RunSettings(
        engine="population",
        seed=3,
        threshold="f1",
        ensemble=2,
        gap_penalty="sex: accuracy=0.5",
        sealed=True,
    )
    assert info.settings.storage is None  # which was an empty text
    assert (info.settings.goal, info.settings.penalty) == ("f1", GapPenalty("sex", "accuracy", 0.5))
    written = json.loads(OLD)
    assert (info.origin.recipe, info.origin.path) == (written["recipe"], written["recipe_path"])
    assert (info.origin.text, info.origin.source) == (written["recipe_text"], written["source"])
    assert (info.run, info.policy, info.parameters) == ("old", "float32", 23451)
    assert info.engines[0].engine == "population"
    assert [one.name for one in info.builder.space][:1] == [
        json.loads(OLD)["builder"]["space"][0]["name"]
    ]


def test_it_is_written_as_this_version_writes_it():
    info = read(OLD)
    text = dump_json(info)
    assert upgrade_info(text) == text
    assert read(text) == info
    written = json.loads(text)
    assert written["schema_version"] == 1  # its options are text of the command line
    assert written["settings"]["seed"] == 3
    assert "seed" not in written


def test_nothing_asked_for_comes_back_as_nothing():
    info = replace(read(OLD), settings=RunSettings())
    again = read(dump_json(info)).settings
    assert again == RunSettings()
    assert (again.goal, again.penalty) == ("", None)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", OLD.replace('"seed": 3', '"seed": "none"')])
def test_what_is_damaged_is_said_by_the_reader(text):
    with pytest.raises(RunError, match=r"run\.json must hold a RunInfo"):
        read(text)
