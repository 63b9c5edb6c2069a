import numpy as np
import pandas as pd
import pytest

from dlrecipes.data import from_arrays, from_table
from dlrecipes.data.audit.identifiers import check_identifiers


def check(splits):
    return check_identifiers(splits.train, splits.validation, splits.spec, 1000)


@pytest.mark.parametrize(
    "numbers",
    [
        np.arange(1000),
        np.random.default_rng(0).permutation(1000) + 50_000,
        np.arange(1000) * 997 + 13,
        np.where(np.arange(1000) % 100 == 0, np.nan, np.arange(1000)),
    ],
)
def test_numbers_of_rows(numbers):
    x = np.random.default_rng(0).normal(size=(1000, 2))
    table = pd.DataFrame(x, columns=["a", "b"]).assign(number=numbers, y=x[:, 0] > 0)
    splits = from_table(table, "y", kinds={"number": "number"})
    finding = check(splits)
    assert finding.severity == "warning"
    assert list(finding.evidence) == ["number"]
    assert "drop=['number']" in finding.advice


def test_numbers_of_rows_in_an_array():
    x = np.random.default_rng(0).normal(size=(1000, 2))
    finding = check(from_arrays(np.column_stack([x, np.arange(1000)]), x[:, 0] > 0))
    assert list(finding.evidence) == ["2"]


def test_names(people):
    generator = np.random.default_rng(0)
    names = [f"name {at}" for at in generator.integers(0, 100_000, len(people))]
    finding = check(from_table(people.assign(name=names), "left"))
    assert list(finding.evidence) == ["name"]
    assert "training never saw" in finding.evidence["name"]


def test_ordinary_columns(people):
    generator = np.random.default_rng(0)
    table = people.assign(
        year=generator.integers(1900, 2020, 1000),
        price=generator.integers(10_000, 1_000_000, 1000),
        count=np.arange(1000) // 2,
        often=generator.choice([f"street {at}" for at in range(400)], 1000),
        whole=generator.normal(0, 1e6, 1000).round(),
    )
    finding = check(from_table(table, "left"))
    assert (finding.severity, finding.evidence, finding.advice) == ("info", {}, "")
