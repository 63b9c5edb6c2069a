"""What a run says of the data that it has read."""

import numpy as np
import pandas as pd
import pytest

from dlrecipes.data import ColumnRules, from_arrays, load_table
from dlrecipes.run.messages import describe_data


@pytest.fixture
def customers(tmp_path):
    """A file with an identifier, numbers, a category, a date and two columns to choose from."""
    rows = 200
    generator = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "number": [f"C{row:05d}x" for row in generator.permutation(rows)],
            "age": generator.normal(40, 10, rows).round(2),
            "income": generator.normal(3000, 500, rows).round(2),
            "town": generator.choice(["Oslo", "Bergen", "Moss"], rows),
            "since": pd.date_range("2024-01-01", periods=rows).strftime("%Y-%m-%d"),
            "later": generator.normal(size=rows).round(3),
            "left": np.where(np.arange(rows) % 4 == 0, "yes", "no"),
        }
    )
    path = tmp_path / "customers.csv"
    table.to_csv(path, index=False)
    return str(path)


def test_a_table_with_the_target_that_nobody_named(customers):
    splits = load_table(customers, column_rules=ColumnRules(drop=["later"]))
    first, second = describe_data(splits, {"data": customers, "drop": ["later"]})
    assert first == (
        f"{customers}: 200 rows, 120 to train, 40 to validate, 40 to test; 4 input columns: "
        "2 numbers, 1 category, 1 date; left out: 'number' (identifier: all 200 values are "
        "different), 'later' (as asked)"
    )
    assert second == (
        "to predict: 'left', the last column (--target names another), 2 classes ('no' 75.0%, "
        "'yes' 25.0%)"
    )


def test_a_target_that_was_named(customers):
    source = {"data": customers, "target": "income"}
    _, second = describe_data(load_table(**source), source)
    assert second.startswith("to predict: 'income', a number, in the training part from 1,")
    source["target"] = "left"
    _, second = describe_data(load_table(**source), source)
    assert second.startswith("to predict: 'left', the last column, 2 classes")
    _, second = describe_data(load_table(customers, ["income", "left"]), {})
    assert second.startswith("to predict: 'income', a number, in the training part from 1,")
    assert second.endswith("; 'left', 2 classes ('no' 75.0%, 'yes' 25.0%)")


def test_arrays_and_images():
    generator = np.random.default_rng(0)
    y = np.arange(200) % 10
    flat = from_arrays(generator.normal(size=(200, 1)), y, name="flat")
    assert describe_data(flat, {}) == (
        "flat: 200 examples, 120 to train, 40 to validate, 40 to test; each 1 number",
        "to predict: 10 classes ('0', '1', '2', …, '9')",
    )
    images = from_arrays(generator.normal(size=(200, 8, 8)), y, name="digits", kind="image")
    first, _ = describe_data(images, {})
    assert first.endswith(
        "200 images, 120 to train, 40 to validate, 40 to test; each 8 × 8 × 1 "
        "(height, width, channels)"
    )
    series = from_arrays(generator.normal(size=(200, 24, 3)), y, name="series")
    assert describe_data(series, {})[0].endswith("; each 24 × 3 (steps, features)")
