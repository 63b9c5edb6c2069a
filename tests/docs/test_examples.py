"""Every example in a docstring runs, and every public name has one."""

import doctest
import importlib
import inspect
import os
from pathlib import Path

import pytest

import dlrecipes

pytestmark = pytest.mark.docs

PACKAGE = Path(dlrecipes.__file__).parent
PUBLIC = ("", "layers", "losses", "metrics", "models", "data", "training")
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
FIRST_RUN = "runs/first"


def _modules():
    """Return the names of the modules that have an example, without importing them."""
    files = [file for file in sorted(PACKAGE.rglob("*.py")) if ">>> " in file.read_text()]
    parts = [file.relative_to(PACKAGE.parent).with_suffix("").parts for file in files]
    return [".".join(part for part in names if part != "__init__") for names in parts]


def _public():
    """Return `(package, name, object)` of the public classes and functions."""
    for package in PUBLIC:
        module = importlib.import_module(f"dlrecipes.{package}".rstrip("."))
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isclass(value) or inspect.isfunction(value):
                yield package or "dlrecipes", name, value


def _namespace(module):
    import keras
    import numpy as np

    return {"dlr": dlrecipes, "keras": keras, "np": np, "__name__": module}


def _run(test, capsys):
    printed = []
    result = doctest.DocTestRunner(optionflags=FLAGS).run(test, out=printed.append)
    capsys.readouterr()  # what a library says of itself
    assert not result.failed, "".join(printed)


@pytest.fixture(scope="module")
def first_run(tmp_path_factory):
    """The folder in which the example of `dlr.tune` has left its run."""
    folder = tmp_path_factory.mktemp("first")
    before = Path.cwd()
    os.chdir(folder)
    try:
        test = doctest.DocTestParser().get_doctest(
            inspect.getdoc(dlrecipes.tune), _namespace("tune"), "tune", None, 0
        )
        result = doctest.DocTestRunner(optionflags=FLAGS).run(test, out=lambda text: None)
    finally:
        os.chdir(before)
    assert not result.failed
    return folder


def _tests(name):
    """Return the module's examples, each with names of its own.

    What a user reads presupposes three imports and nothing else; a helper's example may use what
    stands beside it.
    """
    module = importlib.import_module(name)
    public = {id(value) for _, _, value in _public()}
    tests = []
    for test in doctest.DocTestFinder(exclude_empty=True).find(module, globs={}):
        own = getattr(module, test.name.rpartition(".")[2], None)
        beside = {} if id(own) in public else vars(module)
        test.globs = {**beside, **_namespace(name)}
        tests.append(test)
    return [test for test in tests if test.examples]


@pytest.mark.parametrize("name", _modules())
def test_examples_run(name, request, tmp_path, monkeypatch, capsys):
    for test in _tests(name):
        if FIRST_RUN in test.docstring and "dlr.tune(" not in test.docstring:
            folder = request.getfixturevalue("first_run")
        else:
            folder = tmp_path
        monkeypatch.chdir(folder)
        _run(test, capsys)


def test_every_public_name_has_an_example():
    bare = []
    for package, name, value in _public():
        examples = doctest.DocTestParser().get_examples(inspect.getdoc(value) or "")
        if not any(example.want.strip() or example.exc_msg for example in examples):
            bare.append(f"{package}.{name}")
    assert not bare, f"without an example that shows a value: {bare}"


def test_an_example_that_is_wrong_fails(capsys):
    test = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, 0)
    with pytest.raises(AssertionError, match=r"Got:\s+2"):
        _run(test, capsys)
