"""How long a command took, as its user waited."""

import pytest

from dlrecipes.cli import messages
from dlrecipes.cli.messages import waited


@pytest.mark.parametrize(
    ("phases", "text"),
    [
        ((), "42.5 s"),
        (
            (("data", 103.0), ("check", 103.2), ("search", 110.0)),
            "42.5 s: 3.0 s loading, 6.8 s check, 32.5 s search",
        ),
    ],
)
def test_it_is_the_time_of_the_clock_with_its_parts(monkeypatch, phases, text):
    monkeypatch.setattr(messages, "monotonic", lambda: 142.5)
    assert waited(100.0, phases) == text
