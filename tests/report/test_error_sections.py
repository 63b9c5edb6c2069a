"""What the report says of the errors, target by target."""

import numpy as np

from dlrecipes.report.error_sections import error_sections
from dlrecipes.report.saved_predictions import SavedPredictions
from dlrecipes.results import ClassTarget, DataSpec, OrdinalTarget, ValueTarget
from dlrecipes.targets import join_predictions

PRICE = ValueTarget("price", mean=5.0, std=2.0, known=9)
SOLD = ClassTarget("sold", priors=(0.5, 0.5), known=9, class_names=("no", "yes"))
GRADE = OrdinalTarget("grade", priors=(0.4, 0.3, 0.3), known=9, class_names=("a", "b", "c"))
SPEC = DataSpec("data", (2,), "float32", "table", (PRICE, SOLD, GRADE), 9)


def saved():
    y = np.array([[3.0, 1, 2], [np.nan, 0, 1], [4.0, np.nan, 0], [9.0, 1, np.nan], [5.0, 0, 0]])
    one = join_predictions(
        {
            "price": [3.5, 7.0, 4.0, 1.0, 5.0],
            "sold": [[0.2, 0.8], [0.9, 0.1], [0.5, 0.5], [0.7, 0.3], [0.6, 0.4]],
            "grade": np.eye(3)[[2, 1, 1, 0, 0]],
        }
    )
    x = np.arange(6.0).reshape(3, 2)  # of the first three examples only
    return SavedPredictions(("r0", "r1", "r2", "r3", "r4"), x, y, np.stack([one, one]))


def test_each_target_has_its_own_examples():
    price, sold, grade = error_sections(saved(), SPEC, None)
    assert [one.name for one in (price, sold, grade)] == ["price", "sold", "grade"]
    assert price.regression
    assert [one.name for one in price.mistakes.mistakes] == ["r0"]  # among those with inputs
    assert price.mistakes.examples == 4
    assert sum(total for _, total, _ in sold.cells) == 4
    assert sold.thresholds is not None
    assert [label for label, _, _ in grade.cells] == ["a", "b", "c"]
    assert [one.name for one in grade.mistakes.mistakes] == ["r2"]


def test_no_two_pictures_have_one_name():
    sections = error_sections(saved(), SPEC, None)
    plots = [plot.name for one in sections for plot in one.regression]
    plots += [plot.name for one in sections if one.thresholds for plot in one.thresholds.plots]
    plots += [plot.name for one in sections for plot in one.curves]
    assert len(set(plots)) == len(plots) == 6
    assert len({one.suffix for one in sections}) == 3


def test_nothing_while_the_test_set_is_sealed():
    assert error_sections(None, SPEC, None) == ()
