"""One message: rule, what was received, fix."""

import inspect

import pytest

from dlrecipes import errors

KINDS = [
    kind for _, kind in inspect.getmembers(errors, inspect.isclass) if not issubclass(kind, Warning)
]


@pytest.mark.parametrize("kind", KINDS)
def test_kinds(kind):
    assert issubclass(kind, errors.DlrecipesError)
    message = str(kind("A rate must be positive.", received="rate=-1", fix="Give another."))
    assert message == "A rate must be positive. Received: rate=-1. Give another."


def test_parts_may_be_left_out():
    assert str(errors.ArgumentError("Rule.")) == "Rule."
    assert str(errors.ArgumentError("Rule.", fix="Fix.")) == "Rule. Fix."
    assert str(errors.ArgumentError("Rule.", received="x=1")) == "Rule. Received: x=1."


@pytest.mark.parametrize("received", ["KeyError: no such key.", "what?", "Stop!"])
def test_no_full_stop_twice(received):
    assert str(errors.ArgumentError("Rule.", received=received, fix="Fix.")) == (
        f"Rule. Received: {received} Fix."
    )


def test_they_are_also_what_python_would_raise():
    assert issubclass(errors.ArgumentError, ValueError)
    assert issubclass(errors.DataError, ValueError)
    assert issubclass(errors.RunError, RuntimeError)
