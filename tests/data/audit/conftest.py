"""Tables with something wrong in them."""

import numpy as np
import pandas as pd
import pytest

from dlrecipes.data import Splits, audit


def _named(splits: Splits):
    return {finding.name: finding for finding in audit(splits)}


@pytest.fixture(scope="session")
def named():
    """`named(splits)`: the audit's findings by name."""
    return _named


@pytest.fixture
def people():
    """1,000 rows: two numbers, two categories and a date, none of which tells `left` surely."""
    generator = np.random.default_rng(0)
    rows = 1000
    age = generator.normal(40, 10, rows).round(2)
    return pd.DataFrame(
        {
            "age": age,
            "pay": generator.lognormal(8, 0.5, rows).round(2),
            "job": generator.choice(["Clerk", "Cook", "Smith"], rows),
            "town": generator.choice([f"town {at}" for at in range(40)], rows),
            "day": pd.Timestamp("2024-01-01")
            + pd.to_timedelta(generator.integers(0, 300, rows), unit="D"),
            "left": np.where(age + generator.normal(0, 10, rows) > 40, "yes", "no"),
        }
    )
