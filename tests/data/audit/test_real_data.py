"""Good data passes: a false alarm is a defect."""

import pytest

from dlrecipes.data import audit, load, load_table
from dlrecipes.data.load import BUNDLED


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_data_has_no_errors(name, seed):
    found = audit(load(name, split_seed=seed))
    assert [one for one in found if one.severity == "error"] == []


def test_bundled_table_gives_information_only():
    assert {finding.severity for finding in audit(load_table())} == {"info"}
