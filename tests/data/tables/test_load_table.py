import pytest

from dlrecipes.data import ColumnRules, SplitRule, TableReading, load_table
from dlrecipes.errors import ArgumentError, DataError

ROWS = "\n".join(f"{20 + at % 40}, {'cook' if at % 3 else 'clerk'}, {at % 2}" for at in range(90))


@pytest.fixture
def file(tmp_path):
    """`file(text)`: a CSV file of that text."""

    def write(text, name="people.csv"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_options_as_a_command_line_gives_them(file, as_written):
    splits = as_written(
        load_table,
        file(ROWS),
        target="left",
        task="classification",
        header="no",
        columns="age,job,left",
        validation_fraction="0.3",
        split_seed="4",
        kinds="age=category",
        drop="job",
    )
    assert [(column.name, column.kind) for column in splits.raw_spec.columns] == [
        ("age", "category")
    ]
    assert splits.raw_spec.name == "people"
    assert splits.raw_spec.target.class_names == ("0", "1")
    assert (len(splits.validation), splits.split_seed) == (27, 4)


def test_subgroups_as_a_command_line_gives_them(file, as_written):
    path = file("age,job,left\n" + ROWS)
    splits = as_written(load_table, path, "left", drop="job", subgroup="job, age", reweigh="job")
    assert splits.train.x.names == ("age",)
    assert splits.train.subgroups.names == ("job", "age")
    assert set(splits.validation.subgroups["job"]) == {"clerk", "cook"}
    assert splits.train.sample_weight.mean() == pytest.approx(1)
    assert splits.validation.sample_weight is not None


def test_the_last_column_is_the_target(file):
    splits = load_table(file("age,job,left\n" + ROWS))
    assert splits.train.x.names == ("age", "job")


def test_separator_and_official_test(file):
    text = "age;job;left\n" + ROWS.replace(", ", ";")
    splits = load_table(
        file(text), "left", test=file(text, "later.csv"), reading=TableReading(separator=";")
    )
    assert (len(splits.train) + len(splits.validation), len(splits.test)) == (90, 90)


def test_flags_as_a_resumed_run_gives_them(file):
    # ---- JSON keeps False as 0
    splits = load_table(
        file('age,job,left\n30,"cook,1\n' + ROWS), reading=TableReading(quoting=0, header=1)
    )
    assert splits.raw_spec.file.quoting is False


def test_how_the_file_was_read_is_recorded(file):
    text = ROWS.replace(", ", ";")
    splits = load_table(
        file(text),
        "left",
        reading=TableReading(
            header=False, columns=["age", "job", "left"], separator=";", missing=["-9", "?"]
        ),
    )
    recorded = splits.raw_spec.file
    assert (recorded.columns, recorded.targets) == (("age", "job", "left"), ("left",))
    assert (recorded.separator, recorded.missing) == (";", ("-9", "?"))
    assert (recorded.encoding, recorded.quoting) == ("utf-8", True)
    usual = load_table(file("age,job,left\n" + ROWS))
    assert (usual.raw_spec.file.separator, usual.raw_spec.file.missing) == (None, None)


def test_wine_without_a_file():
    splits = load_table()
    assert splits.raw_spec.target.class_names == ("class_0", "class_1", "class_2")
    assert len(splits.raw_spec.columns) == 13
    assert splits.raw_spec.file.columns[-1] == "cultivar"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"header": "perhaps"}, "`header` must be yes or no"),
        ({"kinds": "age"}, "kinds='age'"),
        ({"validation_fraction": "half"}, "`validation_fraction` must be a number"),
        ({"validation_fraction": "1.5"}, "validation_fraction"),
        ({"split_seed": "x"}, "`split_seed` must be a whole number"),
        ({"columns": "age,job"}, "2"),
        ({"subgroup": "gone"}, r"subgroup\[0\]='gone'"),
        ({"header": "no", "reweigh": "column 2"}, "must be one of the subgroups"),
    ],
)
def test_wrong_options(file, as_written, options, message):
    with pytest.raises((ArgumentError, DataError), match=message):
        as_written(load_table, file(ROWS), **options)


@pytest.mark.parametrize(
    ("group", "options", "message"),
    [
        (TableReading, {"header": "no"}, "`header` must be True or False. Received: header='no'"),
        (TableReading, {"quoting": "no"}, "`quoting` must be True or False"),
        (TableReading, {"columns": "age,job"}, "`columns` must be a list of text"),
        (TableReading, {"missing": ""}, "`missing` must be a list of text"),
        (TableReading, {"decimal": "comma"}, "`decimal` must be one of"),
        (ColumnRules, {"drop": "age,job"}, "`drop` must be a list of text"),
        (ColumnRules, {"drop": [1]}, "`drop` must be a list of text"),
        (ColumnRules, {"subgroup": "job"}, "`subgroup` must be a list of text"),
        (ColumnRules, {"kinds": "age=category"}, "`kinds` must be a dictionary of columns"),
        (ColumnRules, {"orders": "left=0<1"}, "`orders` must be a dictionary of columns"),
        (SplitRule, {"time": []}, "The time is a column, or several"),
    ],
)
def test_text_of_the_command_line_is_no_value_of_a_group(group, options, message):
    with pytest.raises(ArgumentError, match=message):
        group(**options)


@pytest.mark.parametrize("options", [{"validation_fraction": "0.3"}, {"split_seed": "4"}])
def test_text_is_no_number(file, options):
    (name,) = options
    with pytest.raises(ArgumentError, match=f"`{name}` must be"):
        load_table(file("age,job,left\n" + ROWS), "left", split_rule=SplitRule(**options))


WITH_A_COMMA = 'age,"job, if any",left\n' + ROWS


def test_a_name_with_a_comma(file, as_written):
    path = file(WITH_A_COMMA)
    assert load_table(path, "job, if any").train.x.names == ("age", "left")
    for words in ({"target": '"job, if any"'}, {"drop": '"job, if any"'}):
        splits = as_written(load_table, path, **words)
        assert "job, if any" not in splits.train.x.names
    in_time = as_written(load_table, file(WITH_A_COMMA.replace("job, if any", "t, in s")
                         .replace("cook", "2").replace("clerk", "1") + "\n1,3,1" * 20),
                         "left", time='"t, in s"')  # fmt: skip
    assert in_time.raw_spec.time == ("t, in s",)


@pytest.mark.parametrize("option", ["target", "time", "drop", "subgroup"])
def test_a_name_with_a_comma_without_quotes(file, as_written, option):
    message = (
        rf"{option}\[0\]='job'. A name with a comma stands in quotes on the command line "
        rf"\(--{option} '\"job, if any\"'\)"
    )
    with pytest.raises(DataError, match=message):
        as_written(load_table, file(WITH_A_COMMA), **{option: "job, if any"})


def test_several_columns_in_one_text(file):
    with pytest.raises(DataError, match=r"Several columns are a list: target=\['job', 'left'\]"):
        load_table(file("age,job,left\n" + ROWS), "job, left")
