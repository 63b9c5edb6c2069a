"""Which cells have several facts, and which only look so."""

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

import dlrecipes as dlr
from dlrecipes.data.sources import infer_columns
from dlrecipes.data.sources.scan_cells import items_of
from dlrecipes.errors import DataError


def column(cells, name="x", **options):
    frame = pd.DataFrame({name: cells, "other": np.arange(len(cells)) % 7 / 3})
    return infer_columns(frame, **options)[0]


def shuffled(items, rows=200, mark="; ", seed=0):
    generator = np.random.default_rng(seed)
    return [
        mark.join(generator.permutation(items)[: generator.integers(1, len(items))])
        for _ in range(rows)
    ]


def test_the_patients():
    found = infer_columns(dlr.lesson.make_patients(600), target=["Treated"])
    kinds = {one.name: (one.kind, one.separator, one.heads) for one in found}
    assert kinds == {
        "Gender/Age": ("parts", "/", ()),
        "Clinical findings": ("list", ";", ()),
        "Mutation site": ("list", "", ("Exon", "Intron")),
        "Mutation": ("list", ")", ()),
        "Treated": ("category", "", ()),
    }
    assert [(part.name, part.kind) for part in found[0].parts] == [
        ("Gender/Age: Gender", "category"),
        ("Gender/Age: Age", "number"),
    ]


@pytest.mark.parametrize("mark", ["; ", " | ", "\n", ", ", ";"])
def test_lists_between_any_mark(mark):
    found = column(shuffled(["bone pain", "kyphosis", "fever", "cough"], mark=mark))
    assert (found.kind, found.separator) == ("list", mark.strip(" ") or "\n")
    assert "4 different items" in found.evidence


def _addresses():
    generator = np.random.default_rng(1)
    towns = ["Oslo, Norway", "Bergen, Norway", "Rome, Italy", "Bari, Italy"]
    return list(generator.choice(towns, 200))


def _sentences():
    generator = np.random.default_rng(2)
    words = [f"word{at}" for at in range(90)]
    return [
        ", then ".join(" ".join(generator.choice(words, 4)) for _ in range(2)) for _ in "x" * 99
    ]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (_addresses(), "category"),  # each half has its place
        (_sentences(), "text"),
        (["came late", "came late, left early", "never came"] * 40, "category"),
        ([f"{a};{b}" for a in range(9) for b in range(9)] * 2, "parts"),  # two numbers
        ([f"{a};{b};{a}" if b % 2 else f"{b}" for a in range(9) for b in range(9)], "category"),
        (["red/large", "red/small", "blue/large", "blue/small"] * 20, "category"),
        (["A/1", "A/2", "B/1"] * 20, "category"),  # few: codes
        ([f"A/{at}" for at in range(1, 101)], "ignored"),  # numbers of the rows
        ([f"{'FM'[at % 2]}/0{at % 40}" for at in range(100)], "category"),  # leading zeros
        ([f"{'FM'[at % 2]}/{at % 40}" for at in range(100)] + ["F"], "category"),  # not all
        (["C23 C25", "C23", "E10", "C25 C23 C26"] * 10, "category"),
        (["17:30", "09:15", "12:00"] * 20, "number"),
        (["31/05/2024", "01/06/2024", "15/01/2024"] * 20, "date"),
    ],
)
def test_what_only_looks_like_several_facts(cells, kind):
    assert column(cells).kind == kind


def test_parts_may_be_missing_and_have_decimal_commas():
    cells = [f"{'FM'[at % 2]} / {at % 30},5" for at in range(90)] + ["F/", "/3", "M/?", "-", None]
    found = column(cells)
    assert [(part.name, part.kind) for part in found.parts] == [
        ("x: 1", "category"),
        ("x: 2", "number"),
    ]
    assert "missing" in found.evidence


def test_the_option_that_overrules():
    cells = shuffled(["a", "b", "c", "d"])
    assert column(cells, kinds={"x": "category"}).kind == "category"
    assert column(cells, target=["x"]).kind == "category"  # a target is never taken apart
    assert column(["a;b", "c"], kinds={"x": "list"}).separator == ";"
    assert column(["F/3", "M/4"], kinds={"x": "parts"}).parts[1].kind == "number"
    with pytest.raises(DataError, match=r"must hold lists, as kinds asks.*'a'"):
        column(["a", "b"], kinds={"x": "list"})
    with pytest.raises(DataError, match=r"same number of parts.*'a'"):
        column(["a", "b"], kinds={"x": "parts"})


@settings(max_examples=50)
@given(st.lists(st.sampled_from(["a", "b c", "d (e)"]), max_size=5), st.sampled_from([";", "|"]))
def test_items_are_those_between_the_marks(items, mark):
    assert items_of(f" {mark} ".join(items), mark) == items


def test_the_column_comes_back_from_its_configuration():
    for one in infer_columns(dlr.lesson.make_patients(200)):
        assert dlr.results.Column.from_config(asdict(one)) == one
