"""Dates in a model's graph are what they are in a file."""

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from dlrecipes.data.sources.dates import of_one_place, offset_of, read_dates
from dlrecipes.data.tables.graph_dates import read_graph_dates

# Each order of day and month, each way to write a year, each of the ways through the graph.
FORMS = [
    "ISO8601", "%Y/%m/%d", "%Y%m%d", "%B",
    "%d.%m.%Y", "%d/%m/%y", "%m/%d/%Y", "%m/%d/%y", "%d-%m-%y", "%m-%d-%Y",
    "epoch s", "epoch ns",
]  # fmt: skip
DAYS = [
    "2024-05-31", "2024-5-1", "2024-05", "2024-5", "2024/05/31", "2024.5.31", "2024/05", "20240531",
    "20240531.0", "2024-05-31.0", "31.12.2024", "12/31/2024", "31/12/2024", "1/2/2024", "1-2-2024",
    "1.2.24", "1/2/69", "1/2/68", "31-12-24", "12-31-24", "Tue, 1/2/2024", "Mo. 1.2.2024",
    "6 May 2021", "6-May-21", "May 6, 2021", "Sunday, 6th May 2021", "6. März 2021",
    "12 février 99", "1 AOÛT 2020", "3 Jän 2020", "3 Bogus 2020", "décembre 3 2020",
    "2024-02-29", "2023-02-29", "2024-04-31", "2024-13-01",
    "0000-01-01", "0001-01-01", "9999-12-31", "1900-02-29",
    "1717171200", "-86400.5", "1717171200.0", "1717171200000", "1717171200000000000",
    "9300000000000000000", "99999999999", "+5.", "31.12.2024.", "2024-05-31x", "soon",
]  # fmt: skip
TIMES = [
    "", " 17:30", "T17:30:15", " 1730", ", 5:30 PM", " 12:00 a.m.", " 12:00pm", " 13:00 PM",
    "T05:06:07.25Z", " 00:00+02:00", " 09:10 +0100", " 09:10 \u22125", " 24:00", " 23:60", " 7",
    " 23:59:60", "\u202f5:30\u202fPM", " 10:00UTC", " 10:00-00:00",
]  # fmt: skip


def in_a_file(texts, form, offsets):
    """What each text is read as in a table; empty where that is refused."""
    read = read_dates(pd.Series(texts), form)
    fits = [
        of_one_place([*offsets, offset_of(text)]) if offsets else not offset_of(text)
        for text in read
    ]
    return [text if fit else "" for text, fit in zip(read, fits, strict=True)]


def moment(text):
    """A date to the second, which is as far as a network looks, and its offset."""
    offset = offset_of(text)
    clock = text.removesuffix(offset).partition(".")[0]
    return (clock if len(clock) > 16 else f"{clock}:00") + offset


@pytest.mark.parametrize(
    ("form", "offsets"),
    [*((form, ()) for form in FORMS), *((form, ("+01:00", "+02:00")) for form in FORMS[::5])],
)
def test_every_way_to_write_a_date(form, offsets):
    @tf.function(input_signature=[tf.TensorSpec((None,), tf.string)])
    def read(texts):
        return read_graph_dates(texts, form, offsets, "since")

    texts = [f" {day}{time}" for day in DAYS for time in TIMES]
    expected = dict(zip(texts, in_a_file(texts, form, offsets), strict=True))
    good = [text for text in texts if expected[text]]
    found = [text.decode() for text in read(tf.constant([*good, "", " ", "NA"])).numpy()]
    assert found == [*(moment(expected[text]) for text in good), "", "", ""]
    bad = [text for text in texts if not expected[text]]
    for text in np.random.default_rng(0).choice(bad, 8, replace=False):
        with pytest.raises(tf.errors.InvalidArgumentError, match="Column since must hold dates"):
            read(tf.constant(["", text]))


def test_what_training_was_given_stays():
    texts = ["", "2024-05-31", "2024-05-31 17:30", "2024-05-31 17:30:15.25"]
    assert [text.decode() for text in read_graph_dates(tf.constant(texts), "%B").numpy()] == texts
