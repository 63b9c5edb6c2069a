"""The last rows of the table: all seeds together."""

import argparse
import io

import pytest
import time_to_target
from rich.console import Console


@pytest.fixture
def last_row():
    """`last_row(scores)`: the table's last row, where dlrecipes ends each seed with a score.

    Each peer reaches 0.9 after 100 of 600 s, dlrecipes what it reaches after 50 s.
    """

    def make(*scores):
        peer = {"best": 0.9, "trials": 1, "epochs": 1, "improvements": [(100.0, 0.9)]}
        summary = []
        for seed, score in enumerate(scores):
            ours = {**peer, "best": score, "improvements": [(50.0, score)], "seconds": 60.0}
            runs = {**dict.fromkeys(time_to_target.PEERS, peer), time_to_target.OURS: ours}
            summary.append(time_to_target._summarize(seed, runs, 600.0))
        options = argparse.Namespace(
            task="task", minutes=10, trials=1, epochs=1, coarse_epochs=None
        )
        table = time_to_target._make_table(summary, options, "source")
        out = io.StringIO()
        Console(file=out, width=300).print(table)
        (row,) = [line for line in out.getvalue().splitlines() if "the better one" in line]
        return [cell.strip() for cell in row.strip("│ ").split("│")][-3:]

    return make


def test_a_seed_that_does_not_reach_it_counts(last_row):
    assert last_row(0.9, 0.95) == ["50.0 (50.0-50.0)", "12.0 (12.0-12.0)", "2.00 (2.00-2.00)"]
    two_of_three = last_row(0.9, 0.8, 0.95)
    assert two_of_three[0] == "50.0 (50.0-not reached)"
    assert two_of_three[1] == "12.0 (not reached-12.0)"
    one_of_three = last_row(0.8, 0.8, 0.95)
    assert one_of_three[0] == "not reached (50.0-not reached)"
    assert one_of_three[2] == "not reached (not reached-2.00)"
