"""Columns that ask for an option, and those that only look as if they did."""

import numpy as np
import pandas as pd
import pytest

from dlrecipes.data import ColumnRules, SplitRule, from_table
from dlrecipes.data.audit.column_values import words_of


def families(seed=0, *, values=lambda family: family, name="family", agree=1.0):
    """Return a table of 100 families × 3 rows, most rows with the label of their family."""
    generator = np.random.default_rng(seed)
    family = np.repeat(np.arange(100), 3)
    ill = (generator.random(100) < 0.4)[family]
    ill = np.where(generator.random(300) < agree, ill, ~ill)
    return pd.DataFrame(
        {
            name: values(family),
            "a": generator.normal(size=300),
            "b": generator.normal(size=300),
            "label": np.where(ill, "ill", "well"),
        }
    )


@pytest.mark.parametrize(
    "values",
    [lambda family: family, lambda family: np.char.add("F", family.astype(str)).astype(object)],
)
@pytest.mark.parametrize("name", ["family", "q7"])
def test_a_family_with_one_label_is_asked_about(named, values, name):
    splits = from_table(families(values=values, name=name), "label")
    finding = named(splits)["group candidates"]
    assert finding.severity == "warning"
    assert list(finding.evidence) == [name]
    assert f"--group {name}" in finding.advice


def test_labels_that_are_nearly_the_same_are_information(named):
    found = named(from_table(families(agree=0.95, name="q7"), "label"))["group candidates"]
    assert (found.severity, list(found.evidence)) == ("info", ["q7"])


def test_a_group_that_was_asked_for_is_not_asked_about(named):
    rule = SplitRule(group="family")
    assert "group candidates" not in named(from_table(families(), "label", split_rule=rule))


@pytest.mark.parametrize("seed", range(3))
def test_what_is_no_group(named, seed):
    generator = np.random.default_rng(seed)
    rows = 600
    length = generator.normal(0, 20, rows).round() + 100
    table = pd.DataFrame(
        {
            # A quantity that tells the target well: neighbours have the same.
            "length": length,
            # Many values, and the target does not depend on them.
            "town": generator.choice([f"town {at}" for at in range(120)], rows),
            "row": generator.permutation(rows),
            "few": generator.choice(list("abcdef"), rows),
            "y": np.where(length > 100, "long", "short"),
        }
    )
    twice = pd.concat([table, table]).sample(frac=1, random_state=seed)
    for data in (table, twice):  # copies of rows are alike, and no groups
        assert named(from_table(data, "y"))["group candidates"].evidence == {}


def test_columns_of_people_in_several_languages(named):
    generator = np.random.default_rng(0)
    rows = 200
    table = pd.DataFrame(
        {
            "Geschlecht": generator.choice(["m", "w"], rows),
            "âge": generator.integers(18, 90, rows),
            "nationalité": generator.choice(["F", "D", "I"], rows),
            "who": generator.choice(["male single", "female married", "male married"], rows),
            "house_age": generator.integers(0, 90, rows),
            "usage": generator.integers(0, 90, rows),
            "country": generator.choice(["F", "D", "I"], rows),
            "size": generator.choice(["S", "M", "L"], rows),
            "y": generator.choice(["no", "yes"], rows),
        }
    )
    found = named(from_table(table, "y"))["subgroup candidates"]
    assert found.severity == "info"
    assert found.evidence == {
        "Geschlecht": "sex",
        "âge": "age",
        "nationalité": "origin",
        "who": "sex",
    }
    assert "--subgroup Geschlecht,âge,nationalité,who" in found.advice.replace("'", "")
    rules = ColumnRules(subgroup=["Geschlecht", "âge", "nationalité", "who"])
    asked = named(from_table(table, "y", column_rules=rules))["subgroup candidates"]
    assert (asked.advice, asked.evidence) == ("", {})


def test_words_of_a_name():
    assert words_of("patientID") == {"patient", "id"}
    assert words_of("Âge_en-années") == {"age", "en", "annees"}
    assert words_of("性别") == {"性别"}


@pytest.mark.parametrize("task", ["classes", "values"])
def test_codes_are_asked_about_and_quantities_are_not(named, task):
    generator = np.random.default_rng(0)
    rows = 1500
    codes = generator.integers(1, 8, rows)
    hour = generator.integers(0, 24, rows)
    rooms = generator.poisson(3, rows)
    worth = np.array([0, 2, -1, 1.5, -2, 0.5, -1, 2.0])[codes] + np.sin(hour / 24 * 2 * np.pi)
    worth = worth - 0.3 * (rooms - 3) ** 2 + generator.normal(size=rows)
    y = np.where(worth > 0, "good", "bad") if task == "classes" else worth
    table = pd.DataFrame({"kind": codes, "hour": hour, "rooms": rooms, "y": y})
    found = named(from_table(table, "y"))["codes"]
    assert (found.severity, list(found.evidence)) == ("info", ["kind"])
    assert "--kinds kind=category" in found.advice
    table["kind"] = "k" + table["kind"].astype(str)  # as categories, there is nothing to ask
    assert named(from_table(table, "y"))["codes"].advice == ""


def test_chance_makes_no_codes(named):
    generator = np.random.default_rng(1)
    table = pd.DataFrame({f"c{at}": generator.integers(0, 7, 1000) for at in range(20)})
    table["y"] = generator.normal(size=1000)
    assert named(from_table(table, "y"))["codes"].evidence == {}
