"""Whatever a file holds: one clear message, or data that can be trained on and a finding."""

import gzip

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from dlrecipes.data import TablePreprocess, audit, load_table
from dlrecipes.errors import DlrecipesError

ROWS = 60


def people(rows=ROWS, **columns):
    """A sound table, with columns replaced or, by None, left out."""
    generator = np.random.default_rng(0)
    age = generator.normal(40, 10, rows).round(1)
    sound = {
        "age": age,
        "town": generator.choice(["Oslo", "Rome", "Lima"], rows),
        "since": pd.date_range("2020-01-01", periods=rows, freq="3D").strftime("%Y-%m-%d"),
        "left": np.where(generator.permutation(rows) % 3 == 0, "yes", "no"),
    }
    given_columns = {**sound, **columns}
    return pd.DataFrame(
        {name: values for name, values in given_columns.items() if values is not None}
    )


def csv(**columns):
    return people(**columns).to_csv(index=False)


def changed(row, column, value):
    """The sound table with one cell changed."""
    table = people().astype(object)
    table.loc[row, column] = value
    return table.to_csv(index=False)


def lines(text, edit):
    """A text with its lines edited: `edit(lines)` returns them."""
    return "\n".join(edit(text.splitlines())) + "\n"


def times(values):
    return csv(since=[values[at % len(values)] for at in range(ROWS)])


@pytest.fixture
def load(as_written):
    """`load(path, options)`: splits, for options as the command line has them."""

    def load(path, options):
        splits = as_written(load_table, path, **{"target": "left", **options})
        return splits.with_preprocess(TablePreprocess(splits.raw_spec.columns))

    return load


REFUSED = {
    # ---- the file
    "an empty file": (b"", {}, r"must not be empty.*0 bytes"),
    "blank lines only": (b"\n\n\n", {}, r"at least one row"),
    "a header only": (b"age,town,left\n", {}, r"at least one row below its header"),
    "one row": (b"age,town,left\n30,Oslo,yes\n", {}, r"at least (two classes|3 examples|one)"),
    "two rows": (b"age,left\n30,yes\n31,no\n", {}, r"at least 3 examples"),
    "one column": (b"left\n" + b"yes\nno\n" * 30, {}, r"at least one column to learn from"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, {}, r"text|encoding|UTF-8|utf-8"),
    "zero bytes": (b"a,b,left\n1,\x002,yes\n" * 30, {}, r"(?i)zero|nul|binary|text"),
    "Latin-1": (csv().replace("Lima", "São").encode("latin-1"), {}, r"encoding"),
    "UTF-16": (csv().encode("utf-16-le"), {}, r"(?i)encoding|zero|nul|binary|text"),
    "an unknown encoding": (csv(), {"encoding": "klingon"}, r"encoding"),
    "a workbook": ("table.xlsx", csv(), {}, r"must end in"),
    "no suffix": ("table", csv(), {}, r"must end in"),
    "a damaged gz": (
        "table.csv.gz",
        gzip.compress(csv().encode())[:-20],
        {},
        r"(?i)gz|packed|unpack|damaged",
    ),
    "a text named gz": ("table.csv.gz", csv(), {}, r"(?i)gz|packed|unpack"),
    "a text named parquet": ("table.parquet", csv(), {}, r"(?i)parquet"),
    # ---- rows and cells
    "a short row": (
        lines(csv(), lambda x: [*x[:7], "41,Oslo", *x[7:]]),
        {},
        r"2 cells in line 8, 4 expected",
    ),
    "a long row": (
        lines(csv(), lambda x: [*x[:7], "1,2,3,4,5", *x[7:]]),
        {},
        r"5 cells in line 8, 4 expected",
    ),
    "a quote left open": (
        lines(csv(), lambda x: [*x[:5], '"41,Oslo,2020-01-01,yes', *x[5:]]),
        {},
        r"quote",
    ),
    "text behind a quote": (
        lines(csv(), lambda x: [*x[:5], '"41"x,Oslo,2020-01-01,yes', *x[5:]]),
        {},
        r"quote",
    ),
    "a name twice": (csv().replace("age,town", "town,town", 1), {}, r"different names.*'town'"),
    "text among numbers": (
        changed(9, "age", "unknown age"),
        {},
        r"'age' must hold numbers only.*'unknown age' in row 9",
    ),
    "infinity": (changed(9, "age", "inf"), {}, r"(?i)infinit.*"),
    "minus infinity": (changed(9, "age", "-Infinity"), {}, r"(?i)infinit|numbers only"),
    "beyond float32": (changed(9, "age", "1e300"), {}, r"(?i)float32|infinit"),
    "mixed time zones": (times(["2020-01-01T00:00+05:00", "2020-01-02T00:00Z"]), {}, r"time zone"),
    "a number among names": (
        csv(**{"2019": np.arange(ROWS) * 1.5}),
        {},
        r"clear whether the first row names.*'2019'.*header=True",
    ),
    "two different rows": (
        csv(age=[1.0] * ROWS, town=["Oslo", "Rome"] * 30, since=None),
        {},
        r"three different rows of inputs.*2 in 60 rows",
    ),
    # ---- the target
    "no such target": (csv(), {"target": "gone"}, r"target='gone'.*'age', 'town'"),
    "a target in other letters": (csv(), {"target": "LEFT"}, r"target='LEFT'"),
    "no target at all": (csv(left=["NA"] * ROWS), {}, r"must have a target.*60 rows.*'NA': 60"),
    "one class": (csv(left=["yes"] * ROWS), {}, r"at least two classes.*'yes'"),
    "a class of two": (
        csv(left=["no"] * (ROWS - 2) + ["yes"] * 2),
        {},
        r"at least 3 examples.*2 of class 'yes'",
    ),
    "every label different": (
        csv(left=[f"label {at}" for at in range(ROWS)]),
        {},
        r"at least 3 examples",
    ),
    "a constant to predict": (
        csv(left=[1.5] * ROWS),
        {"task": "regression"},
        r"must not be constant",
    ),
    "text to predict as values": (csv(), {"task": "regression"}, r"must be numbers.*text"),
    "an unknown task": (csv(), {"task": "ranking"}, r"task"),
    "classes or values": (csv(left=np.arange(ROWS) % 4 + 0.0), {}, r"classes or values"),
    "an infinite target": (csv(left=[np.inf, *np.arange(1.5, ROWS)]), {}, r"(?i)infinit|finite"),
    # ---- columns
    "nothing to learn from": (
        csv(age=None, town=["Oslo"] * ROWS, since=None),
        {},
        r"at least one column to learn from.*constant",
    ),
    "only row numbers": (
        csv(age=range(ROWS), town=None, since=None),
        {},
        r"at least one column to learn from.*identifier",
    ),
    "only gaps": (
        csv(age=[np.nan] * ROWS, town=None, since=None),
        {},
        r"at least one column to learn from.*missing",
    ),
    "all dropped": (csv(), {"drop": "age,town,since"}, r"at least one column to learn from"),
    "dropping an unknown column": (csv(), {"drop": "height"}, r"drop\[0\]='height'"),
    "dropping the target": (csv(), {"drop": "left"}, r"(?i)target|left"),
    "an unknown kind": (csv(), {"kinds": "town=colour"}, r"'colour' for column 'town'"),
    "a kind of nothing": (csv(), {"kinds": "height=number"}, r"'height'"),
    "a kind that does not fit": (csv(), {"kinds": "town=number"}, r"town"),
    "a kind without a name": (csv(), {"kinds": "number"}, r"column=value"),
    "too few names": (csv(), {"header": "no", "columns": "a,b"}, r"2 names for 4 columns"),
    # ---- the parts
    "no such group": (csv(), {"group": "family"}, r"group='family'"),
    "one group": (csv(family=["a"] * ROWS), {"group": "family"}, r"group"),
    "a group missing": (
        csv(family=["", *(f"f{at % 9}" for at in range(1, ROWS))]),
        {"group": "family"},
        r"(?i)missing",
    ),
    "no such time": (csv(), {"time": "day"}, r"time.*='day'"),
    "a time of text": (csv(), {"time": "town"}, r"numbers or dates"),
    "one time": (times(["2020-01-01"]), {"time": "since"}, r"time"),
    "a time missing": (changed(9, "since", ""), {"time": "since"}, r"(?i)missing|time"),
    "a gap without a time": (csv(), {"gap": "3D"}, r"gap"),
    "a gap longer than the data": (csv(), {"time": "since", "gap": "900D"}, r"gap"),
    "a gap that is none": (csv(), {"time": "since", "gap": "soon"}, r"gap='soon'"),
    "group and time": (
        csv(family=np.arange(ROWS) % 9),
        {"group": "family", "time": "since"},
        r"(?i)group|time",
    ),
    "no such part": (csv(), {"part": "fold"}, r"part='fold'"),
    "parts of other names": (csv(part=["a", "b", "c"] * (ROWS // 3)), {"part": "part"}, r"train"),
    "no validation part": (
        csv(part=["train", "test"] * (ROWS // 2)),
        {"part": "part"},
        r"validation",
    ),
    "fractions above one": (
        csv(),
        {"test_fraction": "0.7", "validation_fraction": "0.6"},
        r"fraction",
    ),
    "a fraction of text": (csv(), {"test_fraction": "some"}, r"test_fraction='some'"),
    "a negative seed": (csv(), {"split_seed": "-1"}, r"seed"),
    "a seed of text": (csv(), {"split_seed": "x"}, r"split_seed='x'"),
    "no file": (None, {}, r"must exist"),
    "no test file": (csv(), {"test": "gone.csv"}, r"must exist"),
}

TAKEN = {
    # ---- the file
    "a byte order mark": (b"\xef\xbb\xbf" + csv().encode(), {}),
    "Windows line ends": (csv().replace("\n", "\r\n"), {}),
    "blank lines between": (csv().replace("\n", "\n\n"), {}),
    "no last line end": (csv().rstrip("\n"), {}),
    "semicolons and decimal commas": (people().to_csv(index=False, sep=";", decimal=","), {}),
    "bars": (people().to_csv(index=False, sep="|"), {}),
    "spaces around cells": (csv().replace(",", " , "), {}),
    "packed": ("table.csv.gz", gzip.compress(csv().encode()), {}),
    "no header": (
        people().to_csv(index=False, header=False),
        {"header": "no", "target": "column_4"},
    ),
    "Latin-1 as said": (csv().replace("Lima", "São").encode("latin-1"), {"encoding": "latin-1"}),
    # ---- values
    "question marks": (changed(3, "age", "?"), {}),
    "gaps in every column": (csv(age=[np.nan if at % 4 else 1.5 * at for at in range(ROWS)]), {}),
    "unsorted time": (
        people().sample(frac=1, random_state=0).to_csv(index=False),
        {"time": "since"},
    ),
    "a constant column": (csv(planet=["Earth"] * ROWS), {}),
    "a column of gaps": (csv(notes=[""] * ROWS), {}),
    "row numbers": (csv(number=range(ROWS)), {}),
    "10,000 categories": (
        people(12_000, town=[f"town {at % 10_000}" for at in range(12_000)]).to_csv(index=False),
        {},
    ),
    "huge numbers": (csv(age=np.linspace(-1e30, 1e30, ROWS)), {}),
    "tiny numbers": (csv(age=np.linspace(1e-30, 2e-30, ROWS)), {}),
    "a far outlier": (changed(9, "age", 1e9), {}),
    "names with odd letters": (
        csv(**{"größe / cm": np.arange(ROWS) * 1.5, "a.b": ["x", "y"] * 30}),
        {},
    ),
    "a very long cell": (changed(9, "town", "x" * 50_000), {}),
    "categories seen once": (csv(town=["Oslo"] * (ROWS - 3) + ["Rome", "Lima", "Bern"]), {}),
    # ---- rows
    "a missing target": (changed(4, "left", ""), {}),
    "every row twice": (pd.concat([people(), people()]).to_csv(index=False), {}),
    "copies with other labels": (
        csv(age=np.arange(ROWS) % 6, town=["Oslo"] * ROWS, since=None),
        {},
    ),
    "a class of three": (csv(left=["no"] * (ROWS - 3) + ["yes"] * 3), {}),
    "a label with spaces": (csv(left=[" yes ", "no"] * 30), {}),
    "a class in validation only": (
        csv(
            part=(["train"] * 4 + ["validation"] + ["test"]) * 10,
            left=["no", "yes", "no", "yes", "maybe", "no"] * 10,
        ),
        {"part": "part"},
    ),
    "equal times at the border": (
        times(["2020-01-01", "2020-01-02", "2020-01-03"]),
        {"time": "since"},
    ),
}


def written(folder, case):
    """Write a case's file; return its path and the rest of the case."""
    named = len(case) > 1 and not isinstance(case[1], dict)
    name, content, *rest = case if named else ("table.csv", *case)
    path = folder / name
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path, *rest


@pytest.mark.parametrize("name", REFUSED)
def test_one_clear_message(name, tmp_path, load):
    path, options, message = written(tmp_path, REFUSED[name])
    with pytest.raises(DlrecipesError, match=f"(?s){message}") as caught:
        load(path, options).development()
    assert "Received: " in str(caught.value)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("name", TAKEN)
def test_data_that_can_be_trained_on(name, tmp_path, load):
    path, options = written(tmp_path, TAKEN[name])
    splits = load(path, options)
    data = splits.development()
    for part in (data.train, data.validation):
        assert np.isfinite(part.array).all()
        assert part.array.shape[1:] == data.model_spec.input_shape
        assert part.y.max() < len(data.model_spec.target.class_names)
    assert all(finding.verdict for finding in audit(splits))


@pytest.mark.parametrize(
    ("name", "kind", "evidence"),
    [
        ("a constant column", "planet", "constant: always Earth"),
        ("a column of gaps", "notes", "all missing"),
        ("row numbers", "number", "identifier"),
    ],
)
def test_what_is_left_out_is_said(name, kind, evidence, tmp_path, load):
    path, options = written(tmp_path, TAKEN[name])
    left_out = {column.name: column.evidence for column in load(path, options).raw_spec.ignored}
    assert evidence in left_out[kind]


CELLS = st.one_of(
    st.sampled_from(["", "?", "NA", "nan", "inf", "1e400", "0", "1", "-3.5", "yes", "no", "1,5"]),
    st.integers(-5, 10**12).map(str),
    st.floats(width=32).map(str),
    st.dates().map(str),
    st.text(max_size=12),
)


@settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_a_random_table_is_data_or_one_message(tmp_path, load, data):
    names = data.draw(st.lists(st.text(max_size=8), min_size=1, max_size=5))
    pools = [data.draw(st.lists(CELLS, min_size=1, max_size=6)) for _ in names]
    generator = np.random.default_rng(data.draw(st.integers(0, 99)))
    rows = data.draw(st.integers(0, 60))
    table = pd.DataFrame({at: generator.choice(pool, rows) for at, pool in enumerate(pools)})
    table.columns = names
    path = tmp_path / "table.csv"
    table.to_csv(path, index=False, sep=data.draw(st.sampled_from(",;\t|")), escapechar="\\")
    single, several = st.sampled_from([None, *names]), st.lists(st.sampled_from(names), max_size=3)
    options = {"target": data.draw(single | several)}
    if data.draw(st.booleans()):
        options["time" if data.draw(st.booleans()) else "group"] = data.draw(st.sampled_from(names))
    try:
        splits = load(path, options)
        development = splits.development()
    except DlrecipesError:
        return
    assert np.isfinite(development.train.array).all()
    audit(splits)
