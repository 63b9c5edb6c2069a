"""What a run remembers of its data, of this version and of earlier ones, when it goes on."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from dlrecipes.errors import ArgumentError
from dlrecipes.recipe import load_recipe
from dlrecipes.results import RunInfo, RunSettings, parse_json, upgrade_info
from dlrecipes.search import Listener

OLD = Path(__file__).parents[1] / "results" / "run_json_of_version_1.json"

TEXTS = {
    "data": "a.csv",
    "target": "a,b",
    "drop": "a,b",
    "quoting": "no",
    "kinds": "a=number",
    "time": "day",
    "lags": "7",
    "split_seed": 3,  # a number stood there as one
    "test_fraction": "0.3",
    "examples": "0.5",
}
TYPED = {
    "data": "a.csv",
    "target": ["a", "b"],
    "drop": ["a", "b"],
    "quoting": False,
    "kinds": {"a": "number"},
    "time": "day",
    "lags": 7,
    "split_seed": 3,
    "test_fraction": 0.3,
    "examples": 0.5,
}


def info_of(version, source):
    info = parse_json(RunInfo, upgrade_info(OLD.read_text(encoding="utf-8")), source="run.json")
    return replace(info, schema_version=version, origin=replace(info.origin, source=source))


@pytest.mark.parametrize("version", [1, 2])
def test_texts_of_an_earlier_version_become_values(version):
    assert load_recipe("tabular").source_of(info_of(version, TEXTS)) == TYPED


@pytest.mark.parametrize("version", [1, 2])
def test_values_that_python_gave_an_earlier_version_stay(version):
    assert load_recipe("tabular").source_of(info_of(version, TYPED)) == TYPED


@pytest.mark.parametrize("source", [TEXTS, TYPED])
def test_what_this_version_wrote_is_left_as_it_is(source):
    assert load_recipe("tabular").source_of(info_of(3, source)) == source


def test_options_that_a_recipe_does_not_have_stay_text():
    assert load_recipe("digits").source_of(info_of(1, {"mine": "a,b"})) == {"mine": "a,b"}


# ---- and so it goes on

IMPORTS = "from dlrecipes.data import ColumnRules, TableReading"
ARGUMENTS = (
    "target: 'str | list[str] | None' = None, reading: TableReading = TableReading(), "
    "column_rules: ColumnRules = ColumnRules()"
)
SAID = "[target, list(column_rules.drop), reading.quoting]"
WRITTEN = {"target": "a,b", "drop": "a,b", "quoting": "no"}
VALUES = {"target": ["a", "b"], "drop": ["a", "b"], "quoting": False}


@pytest.fixture(scope="module")
def begun(recipe_text, made_once):
    """The folder of a finished run whose recipe writes down what its data was asked for."""

    def tune(folder):
        text = recipe_text(
            name="grouped",
            arguments=ARGUMENTS,
            load=(
                f"import json, pathlib; said = {SAID}; "
                "pathlib.Path(__file__).with_name('said.json').write_text(json.dumps(said)); "
                "return from_arrays(*rows(), name='tiny')"
            ),
            plan="CoarseToFine(trials=2, epochs=1, refit_seeds=1)",
        )
        text = text.replace(
            "from dlrecipes.recipe import", f"{IMPORTS}\nfrom dlrecipes.recipe import"
        )
        (folder / "grouped.py").write_text(text)
        recipe = load_recipe(folder / "grouped.py")
        recipe.tune(settings=RunSettings(out=folder / "run"), listener=Listener(), **VALUES)

    return made_once("begun-with-groups", tune)


@pytest.fixture
def resumed(begun, tmp_path):
    """`resumed(change)`: what the data of the resumed run is asked for, `run.json` changed."""

    def resume(change):
        folder = shutil.copytree(begun, tmp_path / "begun")
        file = folder / "run" / "run.json"
        info = json.loads(file.read_text())
        assert (info["schema_version"], info["origin"]["source"]) == (4, VALUES)
        change(info)
        file.write_text(json.dumps(info))
        (folder / "said.json").unlink()
        load_recipe(folder / "grouped.py").resume(folder / "run", listener=Listener())
        return json.loads((folder / "said.json").read_text())

    return resume


def _of_version_3(info):
    _of_version_2(info)
    info |= {"schema_version": 3, "source": VALUES}


def _of_version_2(info):
    origin = info.pop("origin")
    info |= {"recipe": origin["recipe"], "recipe_path": origin["path"]}
    info |= {"recipe_text": origin["text"], "source": WRITTEN, "schema_version": 2}


def _without_a_version(info):
    _of_version_2(info)
    settings = {name: "" if kept is None else kept for name, kept in info.pop("settings").items()}
    info |= settings
    del info["schema_version"]


@pytest.mark.parametrize(
    "change", [_of_version_3, _of_version_2, _without_a_version, lambda info: None]
)
def test_a_run_goes_on_with_the_values_it_began_with(resumed, change):
    assert resumed(change) == list(VALUES.values())


def test_text_is_no_value_in_a_run_of_this_version(resumed):
    with pytest.raises(ArgumentError, match="`drop` must be a list. Received: drop='a,b'"):
        resumed(lambda info: info["origin"].update(source=WRITTEN))
