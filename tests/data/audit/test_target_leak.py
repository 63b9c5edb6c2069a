import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from dlrecipes.data import ColumnRules, from_arrays, from_table
from dlrecipes.data.audit import check_target_leak

CLASSES = ["no", "perhaps", "yes"]


def check(splits):
    return check_target_leak(splits.train, splits.validation, splits.raw_spec)


@pytest.fixture
def survey():
    """1,000 rows with three classes."""
    generator = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "age": generator.normal(40, 10, 1000),
            "job": generator.choice(["clerk", "cook", "smith"], 1000),
            "answer": generator.choice(CLASSES, 1000, p=[0.7, 0.2, 0.1]),
        }
    )


def test_ordinary_columns(survey):
    finding = check(from_table(survey, "answer"))
    assert (finding.severity, finding.advice) == ("info", "")
    assert finding.evidence["its balanced accuracy alone"] < 0.5


@pytest.mark.parametrize(
    "names",
    [
        CLASSES,
        ["A", "C", "B"],
        [3.5, -1.0, 900.0],
        ["2024-05-01", "2023-01-01", "2024-01-01"],
    ],
)
def test_the_target_under_another_name(survey, names):
    table = survey.assign(outcome=survey["answer"].map(dict(zip(CLASSES, names, strict=True))))
    finding = check(from_table(table, "answer"))
    assert finding.severity == "error"
    assert finding.evidence["same as the target"] == ["outcome"]
    assert "drop=['outcome']" in finding.advice


def test_a_copy_beside_nothing_but_texts(survey):
    words = survey["job"] + " said " + survey["age"].round(3).astype(str)
    table = pd.DataFrame({"note": words, "outcome": survey["answer"], "answer": survey["answer"]})
    finding = check(from_table(table, "answer", column_rules=ColumnRules(kinds={"note": "text"})))
    assert finding.severity == "error"
    assert finding.evidence["columns looked at"] == 1


def test_a_copy_with_gaps_is_still_one(survey):
    table = survey.assign(outcome=survey["answer"].where(np.arange(1000) % 50 != 0))
    assert check(from_table(table, "answer")).severity == "error"


@pytest.mark.parametrize("wrong", [1, 2])
def test_almost_the_target(survey, wrong):
    table = survey.assign(outcome=survey["answer"])
    table.loc[table.index[table["answer"] == "no"][:wrong], "outcome"] = "perhaps"
    finding = check(from_table(table, "answer"))
    assert finding.severity == "warning"
    assert finding.evidence["almost tell the target"] == ["outcome"]


def test_a_number_that_tells_the_class():
    generator = np.random.default_rng(0)
    y = generator.random(2000) < 0.1
    x = generator.normal(size=(2000, 3))
    x[:, 1] += 8 * y
    finding = check(from_arrays(x, y))
    assert finding.severity == "warning"
    assert finding.evidence["almost tell the target"] == ["1"]


def test_many_values_learned_by_heart_are_no_leak():
    generator = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "name": [f"name {at % 700}" for at in range(1000)],
            "number": generator.permutation(1000) * 3,
            "y": generator.choice(["a", "b"], 1000),
        }
    )
    assert check(from_table(table, "y")).evidence["its balanced accuracy alone"] < 0.65


@pytest.mark.parametrize(
    "change",
    [lambda y: y, lambda y: -1.8 * y + 32, lambda y: np.exp(y / 5)],
)
def test_values_in_another_unit(change):
    generator = np.random.default_rng(0)
    y = generator.normal(size=500)
    x = np.stack([generator.normal(size=500), change(y)], axis=1)
    finding = check(from_arrays(x, y))
    assert finding.severity == "error"
    assert finding.evidence["same as the target"] == ["1"]


def test_almost_the_value():
    generator = np.random.default_rng(0)
    y = generator.normal(size=1000)
    x = np.stack([generator.normal(size=1000), y + 0.02 * generator.normal(size=1000)], axis=1)
    finding = check(from_arrays(x, y))
    assert finding.severity == "warning"
    assert finding.evidence["almost tell the target"] == ["1"]
    weak = np.stack([x[:, 0], y + 0.5 * generator.normal(size=1000)], axis=1)
    assert check(from_arrays(weak, y)).severity == "info"


def test_a_single_input_is_the_task_itself():
    x = np.linspace(0, 1, 300).reshape(-1, 1)
    assert check(from_arrays(x, 3 * x[:, 0] + 1)).severity == "warning"


def test_a_mark_in_the_corner_of_the_images():
    generator = np.random.default_rng(0)
    y = generator.integers(0, 2, 500)
    images = generator.random((500, 6, 6))
    images[:, 0, 0] = y
    finding = check(from_arrays(images, y))
    assert (finding.severity, finding.evidence["same as the target"]) == ("error", ["0"])


def test_few_validation_examples_are_no_evidence():
    generator = np.random.default_rng(0)
    y = np.arange(60) % 2
    x = np.stack([generator.normal(size=60), y + generator.uniform(0, 0.4, 60)], axis=1)
    assert check(from_arrays(x, y)).severity == "info"


# ---- what a few validation examples tell


def told(rows, noise):
    generator = np.random.default_rng(0)
    y = np.arange(rows) % 2
    columns = [generator.normal(size=(rows, noise)), y + generator.uniform(0, 0.4, rows)]
    return check(from_arrays(np.column_stack(columns), y))


@pytest.mark.parametrize(("rows", "examples", "sure"), [(60, 12, 76), (100, 20, 84)])
@pytest.mark.parametrize("noise", [1, 50])
def test_a_perfect_column_and_too_few_examples_to_be_sure(rows, examples, sure, noise):
    finding = told(rows, noise)
    assert finding.severity == "info"
    assert finding.verdict.startswith(
        f"'{noise}' alone reaches a balanced accuracy of 1.000, but with {examples} validation "
        f"examples it is surely right in {sure}% only"
    )
    lucky = "may be so by luck" in finding.verdict  # 51 columns that guess 12 times: 1 in 80
    assert lucky == (noise == 50 and examples == 12)
    assert finding.evidence["best column"] == str(noise)
    assert "known only after the fact" in finding.advice


def test_a_perfect_column_and_enough_examples():
    assert told(1000, 50).severity == "warning"


def test_the_best_of_many_columns_may_be_luck():
    generator = np.random.default_rng(0)
    finding = check(from_arrays(generator.normal(size=(30, 1000)), np.arange(30) % 2))
    assert finding.evidence["its balanced accuracy alone"] == 1.0
    assert finding.severity == "info"
    assert finding.verdict.endswith("and the best of 1,000 columns may be so by luck.")


@pytest.mark.parametrize("seed", range(5))
def test_one_far_value_does_not_make_a_leak(seed):
    generator = np.random.default_rng(seed)
    x, y = generator.normal(size=(2, 300))
    row = from_arrays(x.reshape(-1, 1), y).validation.ids[0]
    others = from_arrays(x.reshape(-1, 1), y).train.ids[:5]
    x[[row, *others]] = y[[row, *others]] = 1e4
    finding = check(from_arrays(np.stack([x, generator.normal(size=300)], axis=1), y))
    assert finding.evidence["its R² alone"] > 0.99
    assert finding.severity == "info"
    assert "60 validation examples cannot tell it from 0.00" in finding.verdict


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(20, 300), st.integers(2, 5), st.integers(1, 30))
def test_noise_gives_nothing_away(seed, rows, classes, columns):
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(rows, columns)).round(1)
    y = np.arange(rows) % classes
    finding = check(from_arrays(x, generator.permutation(y)))
    assert finding.severity == "info"
    said_none = finding.verdict.startswith("No column gives the target away")
    assert said_none == (finding.evidence["its balanced accuracy alone"] < 0.99)


def test_many_classes_of_few_rows_are_no_warning(recwarn):
    classes = (np.arange(120) % 40).astype(str)
    check(from_arrays(np.random.default_rng(0).normal(size=(120, 2)), classes))
    assert not recwarn.list
