from measuring.table_cost import write_table

from dlrecipes.data import load_table
from dlrecipes.data.sources import read_table


def test_the_table_is_what_the_program_says(tmp_path):
    path = tmp_path / "table.csv"
    written = write_table(str(path), rows=2000, seed=0)
    table = read_table(path)
    assert written["megabytes"] > 0.1
    assert table.shape == (2000, 30)
    assert table.isna().any().sum() == 8
    assert table.duplicated().sum() == 2
    kinds = [one.kind for one in load_table(path).raw_spec.columns]
    assert {kind: kinds.count(kind) for kind in kinds} == {"number": 20, "category": 8, "date": 1}
