import numpy as np
import pandas as pd

from dlrecipes.data import ColumnRules, SplitRule, from_table


def table(rows=60):
    generator = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "uuid": [f"{row:x}-{row * 7:x}" for row in range(rows)],
            "x": generator.normal(size=rows),
            "invoice": np.arange(5000, 5000 + rows),
            "later": generator.normal(size=rows),
            "unclear": ["1.234"] * (rows - 1) + ["1,234"],
            "patient": np.repeat(np.arange(rows // 3), 3),
            "y": np.tile(["a", "b"], rows // 2),
        }
    )


def test_names_and_numbers_of_rows_whether_found_or_dropped():
    splits = from_table(
        table(), "y", column_rules=ColumnRules(drop=["invoice", "later", "unclear", "patient"])
    )
    assert splits.raw_spec.identifiers == ("uuid", "invoice")
    kinds = {"uuid": "ignored", "later": "ignored", "unclear": "ignored"}
    splits = from_table(
        table(), "y", split_rule=SplitRule(group="patient"), column_rules=ColumnRules(kinds=kinds)
    )
    assert splits.raw_spec.identifiers == ("uuid", "invoice", "patient")
    assert splits.raw_spec.time == ()


def test_an_input_is_no_identifier():
    splits = from_table(table()[["x", "later", "y"]], "y")
    assert splits.raw_spec.identifiers == ()
