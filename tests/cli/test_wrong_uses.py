"""Wrong uses: each ends with status 2 and one message, and neither leaves nor loses anything."""

import errno
import json
import os
import re
import resource
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from dlrecipes.rundir import RunDirectory

COMPILE_LOGITS = "keras.optimizers.Adam(rate), keras.losses.BinaryCrossentropy(from_logits=True)"


def assert_one_error(result, pattern):
    code = getattr(result, "exit_code", None)
    code = result.returncode if code is None else code
    errors = result.stderr
    assert code == 2, (result.stdout, errors)
    assert "Traceback" not in result.stdout + errors
    assert len(re.findall(r"^Error: ", errors, re.MULTILINE)) == 1, errors
    assert re.search(pattern, errors, re.DOTALL), errors
    assert errors.startswith("Error: "), errors


def left_behind(folder):
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if "__pycache__" not in str(path)
    }


# ---- the recipe's file


@pytest.mark.parametrize(
    ("word", "pattern"),
    [
        ("no_such", r"must be a bundled one .* Received: 'no_such'.*Bundled: .*digits_mlp"),
        ("no_such.py", r"must be a bundled one .* Received: 'no_such.py'"),
        ("tiny.txt", r"path of a \.py file.* Received: 'tiny.txt'"),
        (".", r"path of a \.py file.* Received: '\.'"),
    ],
)
@pytest.mark.parametrize("command", ["tune", "copy"])
def test_no_recipe(cli, tmp_path, command, word, pattern):
    (tmp_path / "tiny.txt").write_text("RECIPE = 1")
    assert_one_error(cli(command, word), pattern)
    assert left_behind(tmp_path) == {"tiny.txt"}


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("x = 1\ndef broken(:\n", r"importable.*Received: tiny.py, line 2: SyntaxError"),
        ("x = 1\n\nx / 0\n", r"importable.*Received: tiny.py, line 3: ZeroDivisionError"),
        ("import no_such_module\n", r"line 1: ModuleNotFoundError: No module named"),
        ("x = 1\n", r"must define `RECIPE = Recipe\(.*with RECIPE=None.*dlrecipes copy digits"),
        ("RECIPE = 7\n", r"must define `RECIPE = Recipe\(.*with RECIPE=7"),
        ("x = '\0'\n", r"importable.*null bytes"),
    ],
)
def test_broken_recipe_file(cli, tmp_path, text, pattern):
    (tmp_path / "tiny.py").write_text(text)
    assert_one_error(cli("tune", "tiny.py"), pattern)
    assert left_behind(tmp_path) == {"tiny.py"}


DATA = {
    "no splits": ("return rows()", r"`load` must return `Splits`.*Received: tuple"),
    "nothing": ("pass", r"`load` must return `Splits`.*Received: NoneType"),
    "raises": ("raise OSError('disk gone')", r"`load` must run.*Received: .*OSError: disk gone"),
    "no file": ("open('no.csv')", r"`load` must run.*FileNotFoundError.*no\.csv"),
    "nan": (
        "x, y = rows(); x[3, 1] = np.nan; return from_arrays(x, y)",
        r"finite float32.*NaN or infinity in 1 of 120 rows, first in row 3",
    ),
    "infinite target": (
        "x, y = rows(); return from_arrays(x, np.r_[x[:-1, 0], np.inf])",
        r"`y` must have a finite value.*1 of 120 missing.*row 119",
    ),
    "one class": (
        "x, y = rows(); return from_arrays(x, np.full(120, 'a'))",
        r"at least two classes.*only 'a' in 120 examples",
    ),
    "rare class": (
        "x, y = rows(); return from_arrays(x, np.arange(120) > 117)",
        r"at least 3 examples.*2 of class 'True'",
    ),
    "fewer examples than classes": (
        "x, y = rows(6); return from_arrays(x, list('abcdef'))",
        r"Every class must have at least 3 examples.*1 of class",
    ),
    "lengths": (
        "x, y = rows(); return from_arrays(x, y[:-1])",
        r"same number of examples.*x\.shape=\(120, 4\), y\.shape=\(119,\)",
    ),
    "empty": ("return from_arrays([], [])", r"at least one example"),
    "text in x": ("x, y = rows(); return from_arrays([['a']] * 120, y)", r"must work on.*'a'"),
    "text for regression": (
        "x, y = rows(); return from_arrays(x, y, task='regression')",
        r"regression target must be numbers.*text such as '(yes|no)'",
    ),
    "nothing counts": (
        "import dataclasses; splits = from_arrays(*rows()); part = splits.validation; return "
        "dataclasses.replace(splits, validation=dataclasses.replace(part, sample_weight="
        "np.zeros(len(part))))",
        r"Some example of the validation part must have a weight above 0.*zeros",
    ),
    "a name that is misspelt": (
        "from dlrecipes.data import load; return load('digit')",
        r"Received: name='digit'\. Did you mean 'digits'\?",
    ),
    "wrong name": (
        "from dlrecipes.data import load; return load('mnist')",
        r"bundled data sets are .*Received: name='mnist'",
    ),
}


@pytest.mark.parametrize("case", DATA)
def test_wrong_data(cli, tmp_path, recipe_text, case):
    load, pattern = DATA[case]
    (tmp_path / "tiny.py").write_text(recipe_text(load=load))
    assert_one_error(cli("tune", "tiny.py", "--out", "run"), pattern)
    assert left_behind(tmp_path) == {"tiny.py"}


def test_preprocess_raises(cli, tmp_path, recipe_text):
    (tmp_path / "tiny.py").write_text(recipe_text(preprocess="lambda spec: spec.no_such"))
    assert_one_error(cli("tune", "tiny.py"), r"`preprocess` must run.*AttributeError.*no_such")
    assert left_behind(tmp_path) == {"tiny.py"}


@pytest.mark.parametrize(
    ("arguments", "words", "pattern"),
    [
        ("", ("--data", "x.csv"), r"'tiny' takes no arguments.*Received: data='x.csv'"),
        ("data", ("--target", "y"), r"'tiny' takes data for its data.*Received: target='y'"),
        ("data", (), r"'tiny' needs data for its data.*--data"),
    ],
)
def test_wrong_source(cli, tmp_path, recipe_text, arguments, words, pattern):
    (tmp_path / "tiny.py").write_text(recipe_text(arguments=arguments))
    assert_one_error(cli("tune", "tiny.py", *words), pattern)
    assert left_behind(tmp_path) == {"tiny.py"}


# ---- the builder and the objective

EAGER = """
@keras.saving.register_keras_serializable("tiny")
class Eager(keras.layers.Layer):
    def call(self, x):
        return keras.ops.convert_to_tensor(np.tanh(np.asarray(x)))

    def compute_output_shape(self, shape):
        return shape
"""
"""It runs, and is saved as `.keras`, but cannot be traced."""

BUILDER = {
    "unknown metric": (
        {"objective": "'val_f1_score'"},
        r"must be one of the model's metrics.*objective='val_f1_score'.*val_accuracy",
    ),
    "a metric that is misspelt": (
        {"objective": "'val_acurracy'"},
        r"objective='val_acurracy'\. Did you mean 'val_accuracy'\?",
    ),
    "another metric that is misspelt": (
        {"objective": "'val_accurcy'"},
        r"objective='val_accurcy'\. Did you mean 'val_accuracy'\?",
    ),
    "unknown direction": (
        {"objective": "'val_goodness'"},
        r"direction of an objective must be known.*objective='val_goodness'.*Objective\(",
    ),
    "no objective": ({"objective": "7"}, r"`objective` must be a metric's name.*objective=7"),
    "uncompiled": (
        {"before": "return keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])"},
        r"must return a compiled model.*model\.compile",
    ),
    "none": ({"after": "pass"}, r"must return a compiled keras.Model.*Received: NoneType"),
    "raises": (
        {"before": "hp.Boolean('flag'); {}['key']"},
        r"must run with the hyperparameters it asks for \(flag=False\).*Received: KeyError: 'key'",
    ),
    "low above high": (
        {"before": "hp.Float('dropout', 0.5, 0.1)"},
        r"(lower end of 'dropout' must lie below|must run with.*greater)",
    ),
    "log from 0": (
        {"before": "hp.Float('decay', 0.0, 0.5, sampling='log')"},
        r"(must run|log).*",
    ),
    "two ranges under one name": (
        {"before": "hp.Int('units', 32, 64, step=8); hp.Int('units', 8, 16, step=4)"},
        r"one range under one name.*'units' whole numbers from 32 to 64 by 8, and .*another name",
    ),
    "a range that depends on a value": (
        {"before": "hp.Int('narrow', 4, hp.Int('wide', 8, 64))"},
        r"one range under one name.*'narrow' .* from 4 to 8, and .* from 4 to 36.*ask for a share",
    ),
    "wrong input shape": (
        {"before": "import dataclasses; spec = dataclasses.replace(spec, input_shape=(9,))"},
        r"must take the data's shape.*\(None, 9\), data \(4,\)",
    ),
    "logits as probabilities": (
        {"compile": "rate, 'binary_crossentropy', metrics=['accuracy']".replace("rate", "'adam'")},
        r"loss expects probabilities, but the last layer is linear.*from_logits=True",
    ),
    "loss for other labels": (
        {"units": "2", "compile": "'adam', 'categorical_crossentropy', metrics=['accuracy']"},
        r"The (loss|last).*",
    ),
    "range of an unknown hyperparameter": (
        {"plan": "Plan((Stage('only', 2, 1, ranges={'momentum': (0.1, 0.9)}),))"},
        r"must belong to a numeric hyperparameter.*ranges\['momentum'\].*learning_rate",
    ),
    "log range from 0 in the plan": (
        {"plan": "Plan((Stage('only', 2, 1, ranges={'learning_rate': (0.0, 0.9)}),))"},
        r"low > 0 on a log scale.*ranges\['learning_rate'\]=\(0, 0\.9\)",
    ),
    "limit of an unknown hyperparameter": (
        {"plan": "CoarseToFine(trials=3, epochs=1, limits={'momentum': (0.1, 0.9)})"},
        r"limit must belong to a numeric hyperparameter.*limits\['momentum'\].*learning_rate",
    ),
    "a grid that does not fit into its trials": (
        {"plan": "Plan((Stage('only', 1, 1, sampler='grid'),))"},
        r"grid needs a trial for each combination.*1 trial for .*\"random\"",
    ),
    "no stage": ({"plan": "Plan(())"}, r"at least one stage.*stages=\[\]"),
    "one trial": ({"plan": "CoarseToFine(trials=1)"}, r"`trials` must be an integer, at least 2"),
    "a layer that no SavedModel can have": (
        {
            "extra": EAGER,
            "before": "model = keras.Sequential([keras.Input(spec.input_shape), Eager(), "
            "keras.layers.Dense(spec.outputs)]); model.compile('adam', "
            "keras.losses.BinaryCrossentropy(from_logits=True), run_eagerly=True, metrics=["
            "keras.metrics.BinaryAccuracy(threshold=0.0, name='accuracy')]); return model",
        },
        r"SavedModel of the untrained model must be written and loaded before anything trains"
        r".*Received: NotImplementedError.*keras\.ops",
    ),
    "opens the test set": (
        {
            "extra": "SEALED = []",
            "load": "SEALED.append(from_arrays(*rows())); return SEALED[-1]",
            "before": "SEALED[-1].test.open('a look')",
        },
        r"stays closed while a study runs.*reason='a look'",
    ),
}


@pytest.mark.parametrize("case", BUILDER)
def test_wrong_builder(cli, tmp_path, recipe_text, case):
    parts, pattern = BUILDER[case]
    (tmp_path / "tiny.py").write_text(recipe_text(**parts))
    assert_one_error(cli("tune", "tiny.py", "--out", "run"), pattern)
    assert left_behind(tmp_path) == {"tiny.py"}


def test_columns_that_keras_cannot_load_together(cli, tmp_path):
    rows = "".join(f"{at % 7},{at % 5},{'yes' if at % 3 else 'no'}\n" for at in range(60))
    (tmp_path / "x.csv").write_text("class_name,config,y\n" + rows)
    result = cli("tune", "tabular", "--data", "x.csv", "--target", "y", "--out", "run")
    assert_one_error(result, r"'class_name' and 'config' at once.*Rename one.*drop=\['config'\]")
    assert left_behind(tmp_path) == {"x.csv"}


@pytest.mark.parametrize(
    ("part", "pattern"),
    [
        ("eval", r"Parts must be train and test.*Rename the one to be tested on to test"),
        ("more", r"parts \(train, validation, test\) or classes.*'more' beside 'train'"),
    ],
)
def test_parts_that_would_be_classes(cli, tmp_path, part, pattern):
    for folder in ("train", part):
        for name in ("cat", "dog"):
            (tmp_path / "set" / folder / name).mkdir(parents=True)
            (tmp_path / "set" / folder / name / "1.png").write_bytes(b"")
    before = left_behind(tmp_path)
    assert_one_error(cli("tune", "images", "--data", "set"), pattern)
    assert left_behind(tmp_path) == before


def test_column_of_parts_in_other_words(cli, tmp_path):
    rows = "".join(f"{at % 9}.5,{['fit', 'holdout'][at % 2]},{at % 3}\n" for at in range(60))
    (tmp_path / "x.csv").write_text("a,part,y\n" + rows)
    result = cli("tune", "tabular", "--data", "x.csv", "--target", "y", "--part", "part")
    assert_one_error(result, r"Received: 'fit', 'holdout'\. Write train, validation or test into")
    assert left_behind(tmp_path) == {"x.csv"}


# ---- cells that nobody can read for sure, and files that are cut in another way


def table(*cells, header="n,x,y", separator=","):
    rows = [
        separator.join((str(cell), f"{at * 7 % 11}", "yes" if at % 3 else "no"))
        for at, cell in enumerate(cells)
    ]
    return "\n".join([header.replace(",", separator), *rows]) + "\n"


DAYS = [f"{at % 12 + 1:02}/{at % 9 + 1:02}/2024" for at in range(60)]
CELLS = {
    "thousands or decimals": (
        table(*("1.200" if at % 2 else at for at in range(60)), separator=";"),
        (),
        r"mark in the numbers of column 'n' means.*'1\.200'.*1200.*--decimal ,",
    ),
    "day or month": (table(*DAYS), (), r"dates of column 'n' begin with the day.*n=day-first"),
    "a word among numbers": (
        table("soon", *range(1, 60)),
        (),
        r"'n' must hold numbers only.*'soon' in row 0.*--missing \+soon",
    ),
    "a word among dates": (
        table("never", *(f"2024-{at % 9 + 1:02}-01" for at in range(120))),
        (),
        r"'n' must hold dates only.*'never' in row 0.*--missing \+never",
    ),
    "two zones": (
        table(*(f"2024-01-01T00:00+0{at % 2 * 5}:00" for at in range(60))),
        (),
        r"'n' must be in one time zone.*\+00:00, \+05:00",
    ),
    "another decimal mark": (
        table(*(at + 0.5 for at in range(60))),
        ("--decimal", "'"),
        r"`decimal` must be one of ',', '\.'",
    ),
    "an unknown kind": (table(*range(60)), ("--kinds", "n=time"), r"'day-first', 'month-first'"),
    "a test file written otherwise": (
        table(*(f"2024-01-{at % 28 + 1:02}" for at in range(60))),
        ("--test", "test.csv"),
        r"'n' must hold dates.*'05/31/2024' in row 0 of the test table",
    ),
    "no target at all": (
        table(*range(60)).replace("yes", "NA").replace("no", "NA"),
        (),
        r'must have a target.*\'NA\': 60.*--missing ""',
    ),
    "a comment among the rows": (
        table(*range(60)).replace("5,2,", "# by hand\n5,2,"),
        (),
        r"1 cell in line 7, 3 expected\. If it is a comment, remove it",
    ),
    "a zero byte": (table(*range(60)).replace("5,2,", "5\0,2,"), (), r"zero bytes in its text"),
    "another encoding": (table(*(["Köln", "Rom"] * 30)), (), r"--encoding cp1252"),
    "UTF-8 after all": (
        table(*(["Köln", "Rom"] * 30)).encode(),
        ("--encoding", "cp1252"),
        r"in UTF-8.*--encoding utf-8",
    ),
}


@pytest.mark.parametrize("case", CELLS)
def test_cells_that_nobody_can_read(cli, tmp_path, case):
    text, options, pattern = CELLS[case]
    (tmp_path / "x.csv").write_bytes(text if isinstance(text, bytes) else text.encode("cp1252"))
    (tmp_path / "test.csv").write_text(table("05/31/2024", "2024-05-31", "2024-05-30"))
    result = cli("tune", "tabular", "--data", "x.csv", "--target", "y", "--out", "run", *options)
    assert_one_error(result, pattern)
    assert left_behind(tmp_path) == {"x.csv", "test.csv"}


# ---- options

OPTIONS = [
    (("--trails", "5"), r"argument of 'tiny'.*Received: --trails\. Did you mean '--trials'\?"),
    (("--splitseed=5",), r"Received: --splitseed\. Did you mean '--split-seed'\?"),
    (("--engine", "popultion"), r"engine='popultion'\. Did you mean 'population'\?"),
    (("--set", "coarse.trails=4"), r"coarse\.trails=4\. Did you mean 'coarse\.trials'\?.*Known: "),
    (("--set", "corse.trials=4"), r"corse\.trials=4\. Did you mean 'coarse\.trials'\?.*Known: "),
    (("--set", "coarse.sampler=Sobol"), r"sampler='Sobol'\. Did you mean 'sobol'\?"),
    (
        ("--engine", "warp"),
        r"`engine` must be one of 'auto', 'fit', 'population', 'resident'.*engine='warp'",
    ),
    (("--precision", "int8"), r"`precision` must be one of .*'mixed_bfloat16'.*precision='int8'"),
    (("--trials", "-1"), r"`trials` must be an integer, at least 0.*trials=-1"),
    (("--trials", "0"), r"new run must have at least one trial.*0.*--resume"),
    (("--epochs", "0"), r"`epochs` must be an integer, at least 1.*epochs=0"),
    (("--minutes", "0"), r"`minutes` must be a finite number in \(0, 1e\+06\].*minutes=0"),
    (("--minutes", "nan"), r"`minutes` must be a finite number.*minutes=nan"),
    (("--seed", "-1"), r"`seed` must be an integer, in \[0, 2147483647\].*seed=-1"),
    (("--set", "coarse.trials"), r"`stage\.field=value`.*--set coarse\.trials.*Known: "),
    (("--set", "medium.trials=4"), r"`stage\.field=value`.*--set medium\.trials=4.*coarse\.epochs"),
    (("--set", "coarse.colour=4"), r"--set coarse\.colour=4.*coarse\.sampler"),
    (("--set", "batch_size=many"), r"must be a whole number.*--set batch_size=many"),
    (("--set", "batch_size=0"), r"`batch_size` must be an integer, at least 1.*batch_size=0"),
    (("--set", "coarse.narrow=maybe"), r"must be true or false.*--set coarse\.narrow=maybe"),
    (("--set", "coarse.sampler=dice"), r"`sampler` must be one of .*'sobol'.*sampler='dice'"),
    (("--set", "coarse.epochs=none"), r"`epochs` must be an integer.*epochs=None"),
    (("--storage", "study.db"), r"`storage` must be a database URL.*storage='study\.db'.*sqlite"),
    (
        ("--storage", "postgresql+no_such_driver://me:secret@127.0.0.1:1/x"),
        r"database must be reachable.*me@127\.0\.0\.1:1/x",
    ),
    (("--storage", "postgresql://me:secret@127.0.0.1:1/x"), r"me@127\.0\.0\.1:1/x"),
    (("--storage", "sqlite:////no/such/folder/x.db"), r"must be reachable.*unable to open"),
    (("--resume", "elsewhere"), r"holds a `run\.json`.*Received: elsewhere"),
    (("--resume", "newest"), r"unfinished run to resume.*none of 'tiny' in runs"),
]


@pytest.mark.parametrize(("words", "pattern"), OPTIONS, ids=[" ".join(one[0]) for one in OPTIONS])
def test_wrong_option(cli, tmp_path, recipe_text, words, pattern):
    (tmp_path / "tiny.py").write_text(recipe_text(arguments="split_seed=0"))
    result = cli("tune", "tiny.py", *words)
    assert_one_error(result, pattern)
    assert "secret" not in result.output
    assert left_behind(tmp_path) <= {"tiny.py", "runs"}


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("tune", "digit_mlp"), "Did you mean 'digits_mlp'?"),
        (("tune", "breast-cancer"), "Did you mean 'breast_cancer'?"),
        (("copy", "tabluar"), "Did you mean 'tabular'?"),
        (("tunne", "digits_mlp"), "Did you mean 'tune'?"),
        (("tune", "digits_mlp", "--trails"), "Did you mean '--trials'?"),
        (("report", "run", "--formt"), "No such option"),
    ],
)
def test_a_word_that_is_close_to_a_known_one(cli, tmp_path, words, hint):
    result = cli(*words)
    assert result.exit_code == 2
    assert hint in " ".join(result.output.replace("│", " ").split())
    assert not left_behind(tmp_path)


@pytest.mark.parametrize("words", [("--trials", "many"), ("--no-such-option",), ("--set",)])
def test_what_is_no_option_at_all(cli, tmp_path, words):
    result = cli("tune", "digits_mlp", *words)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert "Error" in result.output
    assert not left_behind(tmp_path)


# ---- run directories


@pytest.mark.parametrize("out", ["/dev/null/run", "tiny.py/run"])
def test_unwritable_directory(cli, tmp_path, recipe_text, out):
    (tmp_path / "tiny.py").write_text(recipe_text())
    result = cli("tune", "tiny.py", "--out", out)
    assert_one_error(result, rf"must be writable.*Received: {out} \(Not a directory\)")
    assert left_behind(tmp_path) == {"tiny.py"}


@pytest.mark.parametrize("out", ["run[1]", "my [runs]/run", "a\\b"])
def test_directory_that_tensorflow_takes_for_a_pattern(cli, tmp_path, recipe_text, out):
    (tmp_path / "tiny.py").write_text(recipe_text())
    result = cli("tune", "tiny.py", "--out", out)
    pattern = r"no \[brackets\] and no backslash.*Received: out=.*Choose another name for"
    assert_one_error(result, pattern)
    assert left_behind(tmp_path) == {"tiny.py"}


def test_directory_whose_name_is_too_long(cli, tmp_path, recipe_text):
    (tmp_path / "tiny.py").write_text(recipe_text())
    assert_one_error(
        cli("tune", "tiny.py", "--out", "a" * 300), r"File name too long.*shorter name"
    )
    assert left_behind(tmp_path) == {"tiny.py"}


def test_run_that_was_moved_to_such_a_place(cli, tmp_path, copied, contents):
    moved = copied().rename(tmp_path / "run[1]")
    before = contents(moved)
    for words in (("export", moved.name), ("tune", "tiny.py", "--resume", moved.name)):
        assert_one_error(cli(*words), r"no \[brackets\].*Received: run\[1\]\. Choose another name")
        assert contents(moved) == before


@pytest.mark.slow
def test_what_still_works_in_such_a_place(cli, tmp_path, copied):
    """What needs no SavedModel, and the rest where the folder is renamed."""
    moved = copied().rename(tmp_path / "run[1]")
    assert cli("report", moved.name).exit_code == 0
    assert cli("export", moved.name, "--format", "keras").exit_code == 0
    moved.rename(tmp_path / "run 1")
    assert cli("export", "run 1").exit_code == 0


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_directory_that_holds_something(cli, tmp_path, recipe_text, kind):
    (tmp_path / "tiny.py").write_text(recipe_text())
    if kind == "file":
        (tmp_path / "mine").write_text("precious")
    else:
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "thesis.txt").write_text("precious")
    before = left_behind(tmp_path)
    result = cli("tune", "tiny.py", "--out", "mine")
    assert_one_error(result, r"directory of its own.*out=mine, which exists.*--resume mine")
    assert left_behind(tmp_path) == before


def test_existing_run_is_not_overwritten(cli, copied, contents):
    run = copied()
    before = contents(run)
    assert_one_error(cli("tune", "tiny.py", "--out", "run"), r"out=run, which exists")
    assert contents(run) == before


def _other_data(run):
    recipe = run.parent / "tiny.py"
    recipe.write_text(recipe.read_text().replace("default_rng(0)", "default_rng(1)"))


def _torn_journal(run):
    lines = (run / "study.journal").read_bytes().splitlines(keepends=True)
    lines[3] = lines[3][:20] + b"\n"
    (run / "study.journal").write_bytes(b"".join(lines))


def _change(name, old, new):
    def change(run):
        text = (run / name).read_text()
        assert old in text
        (run / name).write_text(text.replace(old, new, 1))

    return change


def _changed(old, new):
    return _change("../tiny.py", old, new)


def _begun_with(name, value, **others):
    """As if the run had begun with another option."""

    def change(run):
        info = json.loads((run / "run.json").read_text())
        info["settings"] |= {name: value, **others}
        (run / "run.json").write_text(json.dumps(info))

    return change


RATE = 'hp.Float("learning_rate", 1e-3, 1e-1, sampling="log")'
NOT_THE_BUILDER = r"must be resumed with the builder that it began with.*Received: "

RESUMED = {
    "a constant for a hyperparameter": (
        _changed(RATE, "1e-2"),
        (),
        NOT_THE_BUILDER + r"no 'learning_rate' any more; line \d+, `rate = 1e-2`, begun with "
        r"`rate = hp.*`\. Restore the builder, or start a new run",
    ),
    "a hyperparameter with another name": (
        _changed(RATE, RATE.replace("learning_rate", "rate")),
        (),
        NOT_THE_BUILDER + r"no 'learning_rate' any more; a new 'rate'",
    ),
    "another range": (
        _changed(RATE, RATE.replace("1e-1", "1.0")),
        (),
        NOT_THE_BUILDER + r"'learning_rate' from 0\.001 to 1 on a log scale, begun with .* 0\.1 on",
    ),
    "another default": (
        _changed(RATE, RATE.replace(", sampling", ", default=0.05, sampling")),
        (),
        NOT_THE_BUILDER + r"'learning_rate' with default 0\.05, begun with 0\.001",
    ),
    "another activation": (
        _changed('activation="relu"', 'activation="tanh"'),
        (),
        NOT_THE_BUILDER + r"another network with learning_rate=.*line \d+, .*tanh.*begun.*relu",
    ),
    "another optimizer": (
        _changed("optimizers.Adam", "optimizers.Nadam"),
        ("--trials", "6"),
        NOT_THE_BUILDER + r"another optimizer with learning_rate=",
    ),
    "another objective": (
        _changed("objective='val_accuracy'", "objective='val_loss'"),
        (),
        r"keeps its objective.*val_loss \(min\) in the recipe, begun with val_accuracy \(max\)",
    ),
    "other names of the classes": (
        _changed('"yes", "no"', '"oui", "no"'),
        (),
        r"must be resumed with the data that it began with.*classes \('no', 'oui'\), not \('no',",
    ),
    "another preprocessing": (
        _changed("keras.layers.Normalization()", "keras.layers.Rescaling(0.5)"),
        (),
        r"must be resumed with the data that it began with.*training data with fingerprint",
    ),
    "seed 0 of a run with another": (
        _begun_with("seed", 5),
        ("--seed", "0"),
        r"keeps its seed.*seed=0, begun with 5",
    ),
    "no ensemble of a run with one": (
        _begun_with("ensemble", 3),
        ("--ensemble", "0"),
        r"keeps its ensemble.*ensemble=0, begun with 3",
    ),
    "one repeat of a run with several": (
        _begun_with("repeats", 2, folds=3),
        ("--repeats", "1"),
        r"keeps its repeats.*repeats=1, begun with 2",
    ),
    "folds of a run without": (lambda run: None, ("--folds", "2"), r"keeps its folds.*folds=2"),
    "auto where an engine was named": (
        _begun_with("engine", "fit"),
        ("--engine", "auto"),
        r"keeps its engine.*engine='auto', begun with 'fit'",
    ),
    "auto where a precision was named": (
        _begun_with("precision", "float32"),
        ("--precision", "auto"),
        r"keeps its precision.*precision='auto', begun with 'float32'",
    ),
    "a directory besides the run's": (
        lambda run: None,
        ("--out", "other"),
        r"keeps its directory.*'other'.*begun with 'run'",
    ),
    "a 0 for the data": (
        lambda run: None,
        ("--split-seed", "0"),
        r"keeps its split_seed.*split_seed='0', begun with None",
    ),
    "other data": (
        _other_data,
        (),
        r"must be resumed with the data that it began with.*fingerprint \w{16}, not \w{16}",
    ),
    "torn journal": (_torn_journal, (), r"one JSON object a line.*line 4 of run/study.journal"),
    "torn journal, more trials": (_torn_journal, ("--trials", "9"), r"line 4 of run/study.journal"),
    "run.json cut off": (
        lambda run: (run / "run.json").write_text((run / "run.json").read_text()[:300]),
        (),
        r"run/run\.json must hold a RunInfo.*Received: .*damaged or was written by another version",
    ),
    "run.json with another seed": (
        _change("run.json", '"seed": 0', '"seed": "none"'),
        (),
        r"run/run\.json must hold a RunInfo.*Received: settings\.seed: ",
    ),
    "run.json is no text": (
        lambda run: (run / "run.json").write_bytes(b"\xff\xfe\x00"),
        (),
        r"must be (readable|hold)",
    ),
    "result.json cut off": (
        lambda run: (run / "result.json").write_text("{"),
        (),
        r"run/result\.json must hold a RunResult",
    ),
    "another recipe": (
        _change("../tiny.py", "name='tiny',\n", "name='small',\n"),
        (),
        r"belongs to its own recipe.*Received: .*'small'.*'tiny'",
    ),
    "another seed": (lambda run: None, ("--seed", "5"), r"keeps its seed.*seed=5.*0"),
    "another precision": (
        lambda run: None,
        ("--precision", "mixed_bfloat16"),
        r"keeps its precision.*precision='mixed_bfloat16'.*'auto'",
    ),
    "another storage": (
        lambda run: None,
        ("--storage", "sqlite:///x.db"),
        r"keeps its storage.*storage='sqlite:///.*x.db'",
    ),
    "other arguments for the data": (
        lambda run: None,
        ("--data", "x.csv"),
        r"keeps its data.*data='x.csv'",
    ),
}


@pytest.mark.parametrize("case", RESUMED)
def test_wrong_resume(cli, copied, contents, case):
    run = copied()
    spoil, words, pattern = RESUMED[case]
    spoil(run)
    before = contents(run)
    assert_one_error(cli("tune", "tiny.py", "--resume", "run", *words), pattern)
    assert contents(run) == before


def test_a_second_process_holds_the_run(cli, copied, contents):
    run = copied()
    before = contents(run)
    with RunDirectory(run).locked():
        for words in (("tune", "tiny.py", "--resume", "run"), ("report", "run")):
            assert_one_error(cli(*words), r"Only one process.*Received: run, which another.*holds")
    assert contents(run) == before


# ---- predict

HEADER = "a,b,c,d\n"


def _npz(path, **arrays):
    np.savez(path, **arrays)


INPUTS = {
    "missing": ("x.csv", None, r"file must exist.*Received: x\.csv"),
    "suffix": ("x.txt", "1,2,3,4\n", r"\.csv, an \.npy or an \.npz file.*x\.txt"),
    "width": ("x.csv", "1,2,3\n", r"must have the shape \(4,\).*examples of shape \(3,\)"),
    "nan": (
        "x.csv",
        HEADER + "1,2,3,4\n1,,3,4\n",
        r"finite float32 numbers.*NaN or infinity in row 1",
    ),
    "too large": ("x.csv", "1,2,3,1e300\n", r"finite.*row 0"),
    "text": ("x.csv", HEADER + "1,2,3,4\n1,x,3,4\n", r"CSV must be numbers.*'x'"),
    "empty": ("x.csv", "", r"CSV must be numbers.*No columns"),
    "header only": ("x.csv", HEADER, r"at least one example"),
    "ragged": ("x.csv", "1,2,3,4\n1,2,3,4,5,6\n", r"CSV must be numbers"),
    "bytes": ("x.csv", b"\xff\xfe\x00\x81", r"CSV must be numbers"),
    "npz without x": ("x.npz", {"a": [1], "b": [2]}, r"array `x`.*with a, b"),
    "npz of text": ("x.npz", {"x": [["a"] * 4]}, r"must be numbers.*dtype <U1"),
    "npz of objects": ("x.npz", {"x": np.array([[None] * 4], object)}, r"whole \.npz of numeric"),
    "npz of complex numbers": ("x.npz", {"x": np.ones((2, 4)) * 1j}, r"must be numbers.*complex"),
    "npz of no rows": ("x.npz", {"x": np.ones((0, 4))}, r"at least one example"),
    "npz of a scalar": ("x.npz", {"x": np.float32(1)}, r"at least one example"),
    "npz that is none": ("x.npz", b"PK\x03\x04 rubbish", r"whole \.npz"),
    "npz that is a table": ("x.npz", "1,2,3,4\n", r"whole \.npz"),
    "folder": ("folder.csv/", None, r"file must exist"),
}


@pytest.mark.parametrize("case", INPUTS)
def test_wrong_inputs(cli, tmp_path, finished, contents, case):
    name, content, pattern = INPUTS[case]
    if name.endswith("/"):
        (tmp_path / name).mkdir()
    elif isinstance(content, dict):
        np.savez(tmp_path / name, **content)
    elif content is not None:
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / name).write_bytes(data)
    run = finished("binary")
    before = contents(run)
    assert_one_error(cli("predict", run, name, "--out", "answer.csv"), pattern)
    assert not (tmp_path / "answer.csv").exists()
    assert contents(run) == before


def test_a_header_is_yes_or_no(cli, tmp_path, finished):
    (tmp_path / "x.csv").write_text("1,2,3,4\n")
    result = cli("predict", finished("binary"), "x.csv", "--header", "perhaps")
    assert_one_error(result, r"`header` must be yes or no.*header='perhaps'")


def test_npz_of_one_npy(cli, tmp_path, finished):
    np.save(tmp_path / "x.npy", np.ones((2, 4)))
    (tmp_path / "x.npy").rename(tmp_path / "x.npz")
    assert_one_error(cli("predict", finished("binary"), "x.npz"), r"whole \.npz")


def test_npz_with_damage_inside(cli, tmp_path, finished):
    np.savez_compressed(tmp_path / "x.npz", x=np.random.default_rng(0).normal(size=(50, 4)))
    content = bytearray((tmp_path / "x.npz").read_bytes())
    for at in range(200, 400):
        content[at] ^= 0xFF
    (tmp_path / "x.npz").write_bytes(content)
    assert_one_error(cli("predict", finished("binary"), "x.npz"), r"whole \.npz")


def test_predict_cannot_write(cli, tmp_path, finished):
    (tmp_path / "x.csv").write_text("1,2,3,4\n")
    result = cli("predict", finished("binary"), "x.csv", "--out", "/dev/null/x.csv")
    assert_one_error(result, r"read and write.*Received: Not a directory: /dev/null/x\.csv")


# ---- export, report, copy


def test_export_of_an_unknown_format(cli, finished, contents):
    run = finished("binary")
    before = contents(run)
    assert_one_error(
        cli("export", run, "--format", "onnx"), r"`format` must be one of .*'keras', 'saved_model'"
    )
    assert contents(run) == before


def test_export_without_saved_predictions(cli, copied, contents):
    run = copied()
    (run / "test_predictions.npz").unlink()
    before = contents(run)
    assert_one_error(
        cli("export", run), r"compared with saved predictions.*run without those of the test part"
    )
    assert contents(run) == before


@pytest.mark.parametrize("format", ["keras", "saved_model"])
@pytest.mark.parametrize("damage", ["checkpoint missing", "checkpoint cut", "predictions cut"])
def test_export_of_a_damaged_run(cli, copied, contents, format, damage):
    run = copied()
    name = "refit-0.keras" if format == "keras" else "refit-0/saved_model.pb"
    checkpoint = next(run.glob(f"checkpoints/*/{name}"))
    if damage == "checkpoint missing":
        checkpoint.unlink()
    else:
        file = checkpoint if damage == "checkpoint cut" else run / "test_predictions.npz"
        file.write_bytes(file.read_bytes()[:500])
    before = contents(run)
    result = cli("export", "run", "--format", format)
    assert_one_error(
        result, r"and whole|must be a whole|[Ff]ile (must exist|or directory: run)|saved pred"
    )
    assert contents(run) == before


@pytest.mark.parametrize("command", ["report", "export", "predict"])
@pytest.mark.parametrize("kind", ["nowhere", "folder", "no result", "damaged", "damaged result"])
def test_what_is_no_finished_run(cli, tmp_path, copied, contents, command, kind):
    run = tmp_path / "run"
    if kind != "nowhere":
        run.mkdir() if kind == "folder" else copied()
    if kind == "no result":
        (run / "result.json").unlink()
    if kind == "damaged":
        (run / "run.json").write_text("{")
    if kind == "damaged result":
        (run / "result.json").write_text(json.dumps({"recipe": 1}))
    (tmp_path / "x.csv").write_text("1,2,3,4\n")
    before = contents(tmp_path)
    words = ("predict", "run", "x.csv") if command == "predict" else (command, "run")
    pattern = {
        "nowhere": r"holds a `run\.json`.*Received: run\.",
        "folder": r"holds a `run\.json`.*Received: run\.",
        "no result": r"must have a `result\.json`.*run without one.*--resume run",
        "damaged": r"run\.json must hold a RunInfo",
        "damaged result": r"result\.json must hold a RunResult.*Received: ",
    }[kind]
    assert_one_error(cli(*words), pattern)
    assert contents(tmp_path) == before


def test_copy_onto_an_existing_file(cli, tmp_path):
    (tmp_path / "digits_mlp.py").write_text("precious")
    for dest in ((), (".",), ("digits_mlp.py",)):
        result = cli("copy", "digits_mlp", *dest)
        assert_one_error(result, r"must not overwrite.*digits_mlp\.py, which exists")
    assert (tmp_path / "digits_mlp.py").read_text() == "precious"


@pytest.mark.parametrize(
    ("dest", "pattern"),
    [
        ("no/such/mine.py", r"read and write.*No such file or directory: no/such"),
        ("mine", r"copy must be a \.py file.*Received: mine"),
    ],
)
def test_copy_to_where_it_is_of_no_use(cli, tmp_path, dest, pattern):
    assert_one_error(cli("copy", "digits_mlp", dest), pattern)
    assert not left_behind(tmp_path)


# ---- what the operating system refuses

LONG = "n" * 256


@pytest.mark.parametrize(
    "words",
    [
        ("tune", f"{LONG}.py"),
        ("tune", "tiny.py", "--out", f"runs/{LONG}"),
        ("tune", "tiny.py", "--out", "folder/" * 700 + "run"),
        ("tune", "tiny.py", "--resume", LONG),
        ("tune", "tiny.py", "--resume=newest", "--out", LONG),
        ("copy", "digits_mlp", f"{LONG}.py"),
        ("report", LONG),
        ("export", LONG),
        ("predict", LONG, "x.csv"),
        ("predict", "run", f"{LONG}.csv"),
        ("predict", "run", "x.csv", "--out", f"{LONG}.csv"),
    ],
    ids=" ".join,
)
def test_a_name_that_is_too_long(cli, tmp_path, copied, contents, words):
    copied()
    (tmp_path / "runs").mkdir()
    (tmp_path / "x.csv").write_text("1,2,3,4\n")
    before = contents(tmp_path)
    result = cli(*words)
    assert_one_error(result, "name too long|must be an unfinished run")
    assert len(result.stderr) < 5_000
    assert contents(tmp_path) == before


@contextmanager
def files_of_at_most(size):
    """Let no file grow beyond a number of bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize(
    ("words", "size"),
    [
        (("report", "run"), 1_000),
        (("report", "run"), 50_000),
        (("export", "run"), 5_000),
        (("export", "run"), 20_000),
        (("export", "run", "--format", "keras"), 20_000),
        (("predict", "run", "x.csv", "--out", "answer.csv"), 400),
        (("copy", "digits_mlp", "mine.py"), 1_000),
        (("tune", "tiny.py", "--out", "new"), 1_000),
        (("tune", "tiny.py", "--out", "new"), 200),
        (("tune", "tiny.py", "--resume", "run"), 1_000),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, tuple) else None,
)
def test_a_full_disk(cli, tmp_path, copied, contents, words, size):
    run = copied()
    (tmp_path / "x.csv").write_text("1,2,3,4\n" * 29)  # fewer than are compared with training
    (tmp_path / "answer.csv").write_text("of yesterday\n")
    before = contents(tmp_path)
    with files_of_at_most(size):
        result = cli(*words)
    assert_one_error(result, r"File too large.*raise the limit")
    # A run that goes on is unfinished until its report is written again.
    if "--resume" in words:
        before.pop("run/report.html")
    assert {file: contents(tmp_path).get(file) for file in before} == before
    assert not [file for file in left_behind(tmp_path) if "partial" in file or "unchecked" in file]
    assert cli("predict", run, "x.csv").exit_code == 0


def test_a_new_run_that_wrote_nothing_leaves_nothing(cli, tmp_path, recipe_text):
    (tmp_path / "tiny.py").write_text(recipe_text())
    with files_of_at_most(200):
        assert_one_error(cli("tune", "tiny.py", "--out", "new"), r"File too large")
    assert left_behind(tmp_path) == {"tiny.py"}


@pytest.mark.slow
def test_a_disk_that_is_full_at_every_stage_loses_nothing(cli, tmp_path, recipe_text):
    (tmp_path / "tiny.py").write_text(recipe_text())
    assert cli("tune", "tiny.py", "--out", "elsewhere/whole").exit_code == 0
    words = ("tune", "tiny.py", "--out", "run")
    for size in (4_000, 6_000, 9_000, 15_000, 50_000, 500_000):
        with files_of_at_most(size):
            result = cli(*words)
        assert_one_error(result, r"File too large")
        if (tmp_path / "run" / "run.json").exists():
            assert re.search(r"--resume run goes on|kept", result.stderr), result.stderr
            words = ("tune", "tiny.py", "--resume", "run")
    assert cli(*words).exit_code == 0
    broken, whole = (RunDirectory(tmp_path / name) for name in ("run", "elsewhere/whole"))
    tried = [
        [
            (trial.stage, trial.number, trial.values, trial.score)
            for trial in run.read_study().trials
        ]
        for run in (broken, whole)
    ]
    assert tried[0] == tried[1]
    assert broken.read_result().test.mean == whole.read_result().test.mean
    # Where the predictions could not be written, it had to be opened again: that is counted.
    openings = broken.ledger.read_text().splitlines()
    assert broken.read_result().test.opened == len(openings)


REFUSALS = {
    "a disk that cannot be read": (
        OSError(errno.EIO, os.strerror(errno.EIO), "x.csv"),
        r"Received: Input/output error: x\.csv\. Check the disk",
    ),
    "no permission": (
        PermissionError(errno.EACCES, os.strerror(errno.EACCES), "x.csv"),
        r"Received: Permission denied: x\.csv\. Choose another place",
    ),
    "too many files": (
        OSError(errno.EMFILE, os.strerror(errno.EMFILE), "x.csv"),
        r"Received: Too many open files: x\.csv\. .*ulimit -n",
    ),
    "no memory": (
        np._core._exceptions._ArrayMemoryError((10**12,), np.dtype("float32")),
        r"Received: Unable to allocate 3\.64 TiB .*\. Free some memory, or take fewer examples",
    ),
    "no memory for a list": (MemoryError(), r"Received: Cannot allocate memory\. Free some memory"),
    "a library's own words": (
        RuntimeError("Can't write data (errno = 28, error message = 'No space left on device')"),
        r"Received: .*'No space left on device'\)\. Free some space\.",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_reading_raises(cli, tmp_path, finished, contents, monkeypatch, case):
    error, pattern = REFUSALS[case]
    (tmp_path / "x.csv").write_text("1,2,3,4\n")

    def refuse(*arguments, **options):
        raise error

    monkeypatch.setattr("pandas.read_csv", refuse)
    before = contents(finished("binary"))
    assert_one_error(cli("predict", finished("binary"), "x.csv"), pattern)
    assert contents(finished("binary")) == before


def test_a_directory_that_is_removed_meanwhile(cli, tmp_path, copied, monkeypatch):
    run = copied()

    def remove(directory):
        shutil.rmtree(run)
        (run / "x").read_bytes()

    monkeypatch.setattr("dlrecipes.run.handle.write_report", remove)
    result = cli("report", run)
    assert_one_error(result, r"Received: No such file or directory: .*/x\. It was moved or removed")
    assert "kept" not in result.stderr


def test_a_mistake_of_ours_is_still_a_traceback(cli, copied, monkeypatch):
    def mistake(directory):
        raise KeyError("units")

    monkeypatch.setattr("dlrecipes.run.handle.write_report", mistake)
    assert isinstance(cli("report", copied()).exception, KeyError)


def test_pipes_are_written_to_and_stay_pipes(cli, tmp_path, finished):
    (tmp_path / "x.csv").write_text("1,2,3,4\n")
    result = cli("predict", finished("binary"), "x.csv", "--out", "/dev/full")
    assert_one_error(result, r"Received: No space left on device")
    assert Path("/dev/full").is_char_device()
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    assert cli("predict", finished("binary"), "x.csv", "--out", "pipe").exit_code == 0
    assert os.read(reader, 1000).startswith(b"label,")
    os.close(reader)


@pytest.mark.parametrize("name", ["pipe.csv", "pipe.npz", "pipe"])
def test_a_pipe_is_no_file_to_read(cli, tmp_path, finished, name):
    os.mkfifo(tmp_path / name)
    assert_one_error(cli("predict", finished("binary"), name), r"file must exist")


@pytest.mark.slow
@pytest.mark.parametrize("words", ["list", "tune tiny.py --out run"])
def test_a_reader_that_has_gone(tmp_path, recipe_text, words):
    (tmp_path / "tiny.py").write_text(recipe_text())
    command = f"{Path(sys.executable).with_name('dlrecipes')} {words} | head -c 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=tmp_path)
    assert "Traceback" not in done.stderr
    assert "Error" not in done.stderr


# ---- the same in processes of their own: TensorFlow's own lines must not show either


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "pattern"),
    [
        (("tune", "tiny.py", "--engine", "warp"), r"`engine` must be one of"),
        (("predict", "run", "missing.csv"), r"file must exist"),
    ],
)
def test_in_a_process_of_its_own(process, tmp_path, copied, contents, words, pattern):
    run = copied()
    before = contents(run)
    done = process(*words)
    assert_one_error(done, pattern)
    assert done.stdout == ""
    assert contents(run) == before


@pytest.mark.slow
def test_builder_error_in_a_process_of_its_own(process, tmp_path, recipe_text):
    other = "import dataclasses; spec = dataclasses.replace(spec, input_shape=(9,))"
    (tmp_path / "tiny.py").write_text(recipe_text(before=other))
    shutil.rmtree(tmp_path / "run", ignore_errors=True)
    assert_one_error(process("tune", "tiny.py", "--json"), r"must take the data's shape")
    assert left_behind(tmp_path) == {"tiny.py"}
