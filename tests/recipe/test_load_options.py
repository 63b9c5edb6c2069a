"""The arguments of a recipe's `load` as options: found, read from text, and put together."""

import inspect
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Optional

import pytest
from hypothesis import given, strategies as st

from dlrecipes.data import ColumnRules, ImageReading, SplitRule, TableReading, load_images
from dlrecipes.data.option_text import as_option
from dlrecipes.errors import ArgumentError
from dlrecipes.recipe.load_options import (
    LoadOption,
    gather,
    load_options,
    split_list,
    value_of_text,
)

if TYPE_CHECKING:
    from nowhere import Unheard

REQUIRED = inspect.Parameter.empty


def read(kind, text, name="it"):
    return value_of_text(LoadOption(name, None, kind=kind), text)


# ---- text becomes a value


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (str, "7", "7"),
        (str, "a,b", "a,b"),
        (str, "yes", "yes"),
        (int, "3", 3),
        (int, "-1", -1),
        (float, ".5", 0.5),
        (float, "2", 2.0),
        (bool, "yes", True),
        (bool, "No", False),
        (bool, "TRUE", True),
        (bool, "false", False),
        (str | None, "None", "None"),
        (int | None, "7", 7),
        (Optional[int], "7", 7),  # noqa: UP045  (as some write it)
        (bool | None, "no", False),
        (float | None, "0.3", 0.3),
        (int | str, "7", "7"),
        (int | float | None, "7", 7),
        (int | float | None, "1.0", 1.0),
        (int | float | None, "0.5", 0.5),
        (Path, "a/b", "a/b"),
        (str | Path | None, "a/b", "a/b"),
        (Literal["a", "b"], "b", "b"),
        (None, "7", "7"),
        # ---- lists
        (Sequence[str], "a", ["a"]),
        (Sequence[str], "a, b", ["a", "b"]),
        (Sequence[str], "", []),
        (Sequence[str] | None, "", []),
        (Sequence[str], 'age,"price, in dollars"', ["age", "price, in dollars"]),
        (list[str], "a,7", ["a", "7"]),
        (list, "a,b", ["a", "b"]),
        (tuple[str, ...], "a,b", ("a", "b")),
        (Sequence[int], "1,2", [1, 2]),
        (Sequence[float], "1,.5", [1.0, 0.5]),
        (str | Sequence[str] | None, "a", "a"),
        (str | Sequence[str] | None, "a,b", ["a", "b"]),
        (str | Sequence[str] | None, '"price, in dollars"', "price, in dollars"),
        (str | int | Sequence[str | int], "step", "step"),
        (str | int | Sequence[str | int], "7", 7),
        (str | int | Sequence[str | int], "24h, 7", ["24h", 7]),
        # ---- mappings
        (Mapping[str, str], "zip=category,notes=ignored", {"zip": "category", "notes": "ignored"}),
        (Mapping[str, str], '"area, in m2=number"', {"area, in m2": "number"}),
        (Mapping[str, str], "a=b=number", {"a=b": "number"}),
        (
            Mapping[str, Sequence[str]],
            "grade=poor < fair<good",
            {"grade": ["poor", "fair", "good"]},
        ),
        (dict[str, str], "a=1", {"a": "1"}),
        (dict, "a=1", {"a": "1"}),
        (str | Mapping[str, str] | None, "count", "count"),
        (str | Mapping[str, str] | None, "a=count", {"a": "count"}),
        # ---- sizes, and a name or a flag
        (int | tuple[int, int] | None, "32", 32),
        (int | tuple[int, int] | None, "32x48", (32, 48)),
        (int | tuple[int, int] | None, "32 X 48", (32, 48)),
        (int | tuple[int, int] | None, "32×48", (32, 48)),
        (int | tuple[int, int] | None, "32,48", (32, 48)),
        (tuple[int, int], "32x48", (32, 48)),
        (bool | str, "yes", True),
        (bool | str, "no", False),
        (bool | str, "sex", "sex"),
    ],
)
def test_each_type(kind, text, value):
    found = read(kind, text)
    assert (found, type(found)) == (value, type(value))
    json.dumps(found)  # as a run remembers it


@pytest.mark.parametrize(
    ("kind", "text", "wanted"),
    [
        (int, "1.5", "must be a whole number"),
        (int, "", "must be a whole number"),
        (float, "half", "must be a number"),
        (bool, "maybe", "must be yes or no"),
        (int | None, "none", "must be a whole number"),
        (bool | None, "perhaps", "must be yes or no"),
        (int | float | None, "many", "must be a whole number or a number"),
        (Sequence[int], "1,b", "must be a list"),
        (int | tuple[int, int], "large", "must be a whole number or height x width, as in 32x48"),
        (int | tuple[int, int], "1x2x3", "must be a whole number or height x width"),
        (tuple[int, int], "32", "must be height x width"),
        (Literal["a", "b"], "c", "must be of its type"),
    ],
)
def test_text_that_is_no_value(kind, text, wanted):
    with pytest.raises(ArgumentError, match=f"`it` {wanted}") as raised:
        read(kind, text)
    assert f"Received: it={text!r}." in str(raised.value)


@pytest.mark.parametrize(
    ("kind", "example"),
    [
        (Mapping[str, str], "zip=category,notes=ignored"),
        (Mapping[str, Sequence[str]], "condition=poor<fair<good"),
    ],
)
def test_pairs_without_an_equals_sign(kind, example):
    message = f"`it` is given as column=value, with commas between. Received: it='age'.*{example}"
    with pytest.raises(ArgumentError, match=message):
        read(kind, "age")


@given(st.lists(st.text("ab ,=x'", min_size=1).filter(lambda name: name == name.strip())))
def test_what_advice_writes_is_read_as_the_same_list(names):
    import shlex

    _, text = shlex.split(as_option("drop", *names))
    assert split_list(text) == names


def test_a_list_with_a_line_end_in_a_name():
    assert split_list('a\nb, c"\nd') == ["a\nb", 'c"\nd']


# ---- arguments are options, and so are fields of a group


@dataclass(frozen=True)
class Mixing:
    """How recordings are mixed.

    Args:
        gain: Loudness,
            above 0.
        names: Who plays.
        folder: Where they lie.
        channels: 1 or 2.
    """

    gain: float
    names: Sequence[str] = ()
    folder: Path = Path("takes")
    channels: Literal[1, 2] = 1
    made: int = field(default=0, init=False)


def load_music(
    data: str,
    names: str = "all",
    *,
    seed: int = 0,
    mixing: Mixing = Mixing(gain=2.0, folder=Path("mine")),
    split_rule: SplitRule | None = None,
    free=None,
    **options: str,
):
    """Load music.

    Args:
        data: The folder.
        names: Whose it is.
        seed: Of nothing.
        mixing: How it is mixed.
        split_rule: How it is split.
        free: Anything.
        **options: More.
    """
    return locals()


def test_options_of_a_function_with_groups():
    options = load_options(load_music)
    assert list(options)[:4] == ["data", "names", "seed", "free"]
    assert not {"mixing", "split_rule", "options", "made"} & set(options)
    assert options["data"] == LoadOption("data", REQUIRED, "The folder.", str)
    assert options["free"] == LoadOption("free", None, "Anything.")
    assert options["gain"] == LoadOption("gain", 2.0, "Loudness, above 0.", float, "mixing")
    assert options["folder"].default == Path("mine")
    assert (options["time"].group, options["time"].default) == ("split_rule", None)
    assert options["test_fraction"].default == SplitRule().test_fraction


def test_an_argument_goes_before_a_field_of_its_name():
    option = load_options(load_music)["names"]
    assert (option.group, option.kind, option.help) == ("", str, "Whose it is.")
    found = gather(load_music, {"data": "x", "names": "Ann", "gain": 3})
    assert found == {"data": "x", "names": "Ann", "mixing": Mixing(3.0, (), Path("mine"))}


def test_the_first_of_two_groups_has_a_field_of_both():
    def load(reading: ImageReading = ImageReading(), table: TableReading = TableReading()):
        pass

    options = load_options(load)
    assert (options["missing"].group, options["header"].group) == ("reading", "table")


def test_groups_are_put_together():
    assert gather(load_music, {}) == {}
    found = gather(load_music, {"time": ["day", "hour"], "split_seed": 3, "folder": "other"})
    assert found == {
        "split_rule": SplitRule(time=["day", "hour"], split_seed=3),
        "mixing": Mixing(2.0, (), Path("other")),
    }
    assert gather(load_music, {"data": "x", "other": "kept"}) == {"data": "x", "other": "kept"}
    assert load_music(**gather(load_music, {"data": "x", "gain": 1, "other": "kept"}))[
        "options"
    ] == {"other": "kept"}


def test_a_default_of_a_group_stays_where_nothing_is_said():
    def load(column_rules: ColumnRules = ColumnRules(lags="step", drop=["id"])):
        pass

    assert load_options(load)["lags"].default == "step"
    rules = gather(load, {"kinds": {"a": "number"}})["column_rules"]
    assert (rules.lags, rules.drop, rules.kinds) == ("step", ["id"], {"a": "number"})
    assert gather(load, {"lags": "none"})["column_rules"] == ColumnRules(lags="none", drop=["id"])


def test_a_group_that_must_be_given():
    def load(mixing: Mixing, split_rule: SplitRule):
        pass

    options = load_options(load)
    assert options["gain"].default is REQUIRED
    assert options["channels"].default == 1
    assert gather(load, {"gain": 1.5}) == {"mixing": Mixing(1.5), "split_rule": SplitRule()}


def test_a_list_of_a_run_s_file_is_a_size_again():
    found = gather(load_images, {"size": [32, 48], "skip_damaged": False})
    assert found == {"reading": ImageReading(size=(32, 48))}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"drop": "a,b"}, "`drop` must be a list. Received: drop='a,b'"),
        ({"kinds": "a=number"}, "`kinds` must be names with values. Received: kinds='a=number'"),
        ({"kinds": {"a": 3}}, "`kinds` must be names with values"),
        ({"drop": 3}, "`drop` must be a list"),
        ({"validation_fraction": "0.3"}, "`validation_fraction` must be a number"),
        ({"split_seed": "3"}, "`split_seed` must be a whole number"),
        ({"split_seed": 1.5}, "`split_seed` must be a whole number"),
        ({"quoting": "no"}, "`quoting` must be True or False. Received: quoting='no'"),
        ({"header": "perhaps"}, "`header` must be True or False"),
        ({"columns": "a,b"}, "`columns` must be a list"),
    ],
)
def test_python_gives_values_not_text(given, message):
    def load(
        reading: TableReading = TableReading(),
        split_rule: SplitRule = SplitRule(),
        column_rules: ColumnRules = ColumnRules(),
    ):
        pass

    with pytest.raises(ArgumentError, match=message):
        gather(load, given)


def test_annotations_for_type_checkers_alone_leave_what_is_given():
    def load(seed: "Unheard" = 0, share: float = 1.0):
        pass

    options = load_options(load)
    assert [option.kind for option in options.values()] == [None, float]
    assert value_of_text(options["seed"], "1") == "1"
    assert value_of_text(options["share"], "0.5") == 0.5
    assert gather(load, {"seed": "1", "share": 0.5}) == {"seed": "1", "share": 0.5}

    @dataclass
    class Group:
        seed: "Unheard" = 0

    def load_group(group: Group = Group()):  # noqa: B008
        pass

    load_group.__annotations__["group"] = Group
    assert load_options(load_group)["seed"] == LoadOption("seed", 0, group="group")
    assert gather(load_group, {"seed": "1"})["group"].seed == "1"
