"""The groups in the report."""

from dataclasses import replace

import numpy as np
import pytest

from dlrecipes.data import Columns
from dlrecipes.diagnose import measure_subgroups
from dlrecipes.report import write_report
from dlrecipes.report.subgroup_tables import subgroup_tables
from dlrecipes.results import Estimate, Gap, GroupResult, SubgroupResult


def with_groups(run, names, parts=("validation", "test")):
    y, predictions = run.predictions["y"], run.predictions["predictions"][0]
    columns = Columns({"<sex>": np.array(names, dtype=object)[np.arange(len(y)) % len(names)]})
    found = [
        one
        for part in parts
        for one in measure_subgroups(y, predictions, columns, run.info.spec, part=part)
    ]
    run.result = replace(run.result, subgroups=tuple(found))
    return run


@pytest.mark.parametrize("kind", ["table", "regression"])
def test_groups_are_in_the_report(make_run, tmp_path, kind):
    run = with_groups(make_run(kind), ["woman", "man", "<b>", "x" * 99])
    html = write_report(run.write(tmp_path)).read_text(encoding="utf-8")
    assert '<a href="#subgroups">' in html
    section = html.split('<section id="subgroups">')[1].split("</section>")[0]
    assert section.index("&lt;sex&gt; on the test part") < section.index("on the validation part")
    assert "<b>" not in section
    assert "x" * 41 not in section
    assert ("accuracy of each label" in section) == (kind == "table")
    assert ("RMSE" in section) == (kind == "regression")


def test_no_groups_no_section(make_run, tmp_path):
    html = write_report(make_run("table").write(tmp_path)).read_text(encoding="utf-8")
    assert 'id="subgroups"' not in html


def test_cells():
    shown = {
        "accuracy": Estimate(0.51234, 0.4, 0.6, 12),
        "calibration": Estimate(0.02, -0.01, 0.05, 400),
    }
    groups = (
        GroupResult("a", "", 400, shown),
        GroupResult("other (9 rarer values)", "", 1, {"accuracy": Estimate(1.0, 0.2, 1.0, 1)}),
    )
    gap = Gap("the gap", "mean_error", 0.1, 0.01, 0.19, "a", 0.6, "b", 0.5)
    run = SubgroupResult("sex", "validation", "Said.", groups, (), (gap,))
    (table,) = subgroup_tables(_Result((run,)))
    assert [name for name, _ in table.measures] == ["accuracy", "calibration"]
    accuracy, calibration = table.rows[0][2]
    assert (accuracy.text, accuracy.interval, accuracy.small) == ("0.512", "0.400–0.600", True)
    assert (calibration.text, calibration.interval) == ("+0.020", "-0.010 to +0.050")
    assert not calibration.small
    assert table.rows[1][2][1].text == "–"
    assert table.pooled
    assert not table.folded
    assert table.gaps == (
        ("the gap", "mean error", "0.1000", "0.0100 to 0.1900", "0.6000 in a", "0.5000 in b"),
    )


def test_many_labels_have_no_table(make_run):
    run = with_groups(make_run("image"), ["a", "b"], parts=["test"])
    cells = tuple(
        replace(one, label=f"{one.label}{at}")
        for at in range(2)
        for one in run.result.subgroups[0].cells
    )
    result = replace(run.result.subgroups[0], cells=cells)
    assert len(subgroup_tables(run.result)[0].labels) == 10
    assert subgroup_tables(_Result((result,)))[0].cell_rows == ()


class _Result:
    def __init__(self, subgroups):
        self.subgroups = subgroups
